"""What a network was trained on and how, in words, and where an image leaves that. Pure: records in, sentences out."""

from __future__ import annotations

from demo.core.words import number
from stn.controls import CONTROL_RANGES, Controls
from stn.data import dataset_info
from stn.files import CheckpointInfo

WHAT = {  # distortion of a recipe -> what was done to its training images
    None: "as they are",
    "r": "turned by up to 90\u00b0",
    "rts": "turned, scaled and shifted",
    "p": "tilted in perspective",
    "e": "bent",
    "tc": "shifted, with clutter",
    "rsc": "turned, scaled and shifted, with clutter",
    "mild": "with a quarter of the images slightly turned, scaled and shifted",
    "seldom-mild": "with a tenth of the images slightly turned, scaled and shifted",
    "placed": "upright, at their own size, placed at random",
    "play": "distorted by everything the sliders can do",
    "play-turned": "distorted by everything the sliders can do, three quarters of the images only turned",
    "play-moved": "distorted by everything the sliders can do, most of the images only turned or with one slider moved",
}
COVERED: dict[str | None, dict[str, tuple[float, float]]] = {  # what it was trained on, control by control
    "r": {"rotation": (-90, 90)},
    "rts": {"rotation": (-45, 45), "scale": (0.7, 1.2), "shift_x": (-0.4, 0.4), "shift_y": (-0.4, 0.4)},
    "tc": {"shift_x": (-0.4, 0.4), "shift_y": (-0.4, 0.4), "clutter": (0, 6)},
    "rsc": {
        **{"rotation": (-90, 90), "scale": (0.6, 1.2), "clutter": (0, 4)},
        **{"shift_x": (-0.4, 0.4), "shift_y": (-0.4, 0.4)},
    },
    "placed": {"shift_x": (-0.4, 0.4), "shift_y": (-0.4, 0.4)},
    "play": dict(CONTROL_RANGES),
}
UPRIGHT_ONLY = (None, "placed")  # distortions of CNNs that have never seen a turned image
BY_THE_EDGES = {  # data set -> edges shown or hidden -> what its transformers really look at
    "cifar10": {
        "shown": "The transformer finds the angle by the black corners around the image, not by what the image shows.",
        "hidden": "The black corners are hidden, by which the transformer has learnt to find the angle.",
    },
}
NAMES = {"shift_x": "shift right", "shift_y": "shift down"}


def network_record(info: CheckpointInfo) -> str:
    """`Affine transformer: 520,555 parameters, 20 epochs on MNIST ...; 96.5 % right on such test images.`"""
    family = "thin plate spline" if info.family == "tps" else info.family
    what = f"{family} transformer" if family else "plain CNN"
    if info.recipe.model.localizer_zoom:
        what += ", coarse to fine"
    parts = []
    if isinstance(params := info.record.get("params"), int):
        parts.append(f"{params:,} parameters")
    train, tested = info.recipe.train, WHAT.get(info.distortion, "distorted")
    trained = WHAT.get(info.recipe.train_distortion, "distorted") if info.recipe.train_distortion else tested
    done = info.record.get("epochs", train.epochs)
    parts.append(f"{done} epochs on {dataset_info(info.dataset).title} {trained}")
    said = f"{what[0].upper()}{what[1:]}: {', '.join(parts)}"
    if info.family and train.pose_epochs:
        then = "as well" if train.pose_weight else "alone"
        said += f", the first {train.pose_epochs} epochs to undo the known distortion, the rest to classify {then}"
    if isinstance(accuracy := info.result.get("accuracy"), int | float):
        images = "such test images" if trained == tested else f"test images {tested}"
        said += f"; {number(accuracy, 1)} % right on {images}"
    return f"{said}."


def pair_records(stn: CheckpointInfo, cnn: CheckpointInfo) -> list[str]:
    """How both networks of a comparison were trained, and what happens between them."""
    said = [network_record(stn), network_record(cnn)]
    if cnn.distortion in UPRIGHT_ONLY:
        said.append(
            "Behind the transformer nothing is trained: the transformer's output is put where an untouched image "
            "would lie, in the middle, and the same CNN looks at that."
        )
    if cnn.canvas < stn.canvas:
        said.append(f"As it is, this CNN looks at the middle {cnn.canvas}\u00d7{cnn.canvas} pixels of the input.")
    return said


def beyond(distortion: str | None, controls: Controls) -> list[str]:
    """The controls, in words, that have left what a network trained under `distortion` has seen."""
    covered, neutral, out = COVERED.get(distortion, {}), Controls(), []
    for name in CONTROL_RANGES:
        value, rest = getattr(controls, name), getattr(neutral, name)
        low, high = covered.get(name, (rest, rest))
        if not low <= value <= high:
            out.append(NAMES.get(name, name))
    return out


def warnings(stn: CheckpointInfo, cnn: CheckpointInfo, controls: Controls, own: bool, drawn: bool) -> list[str]:
    """Calm sentences on what these networks have never been trained on, none where all is as in training."""
    said = []
    title = dataset_info(stn.dataset).title
    if own:
        said.append(f"Your own image: the networks know only {title}, so take their answers as guesses.")
    elif drawn:
        said.append(f"A drawing: the networks were trained on {title} itself, not on drawings.")
    if stn.dataset in BY_THE_EDGES:
        said.append(BY_THE_EDGES[stn.dataset][controls.edges])
    plain = [] if cnn.distortion in UPRIGHT_ONLY else [(cnn, "the plain CNN")]  # what is beyond it is the demonstration
    for info, name in ((stn, "the spatial transformer network"), *plain):
        left = beyond(info.distortion, controls)
        if left:
            which = left[0] if len(left) == 1 else ", ".join(left[:-1]) + " and " + left[-1]
            said.append(f"{which[0].upper()}{which[1:]}: beyond what {name} was trained on.")
    return said
