"""Every named experiment: data, distortion, network and training, as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

from stn.addition import addition
from stn.config import ModelConfig, Recipe, TrainConfig, model_config
from stn.errors import unknown
from stn.reference_systems import printed_systems, tuned_systems

Options = dict[str, Any]  # fields of a configuration by name

OURS = TrainConfig(
    epochs=16,
    batch_size=256,
    optimizer="adamw",
    lr=4e-3,
    weight_decay=1e-2,
    localizer_lr_scale=0.5,
    schedule="one-cycle",
    clip_norm=1.0,
    ema=0.99,
    label_smoothing=0.05,
    precision="bf16",
)
SUPERVISED: Options = {"pose_epochs": 4, "pose_weight": 1.0}
# Data set -> the CNN that has seen upright images only, which the page shows as it is and behind a transformer.
# CIFAR-10's knows nothing of the page's canvas, either: it looks at the 32x32 pixels in the middle.
UPRIGHT = {"mnist": "mnist-upright-cnn", "cifar10": "cifar10-clean-cnn"}
UNSUPERVISED: Options = {"localizer_lr_scale": 0.1}  # at more, classification alone lets the transformer run away


def _play() -> Iterator[Recipe]:
    """The playground's models, trained over everything the page's sliders can do."""
    title = "trained over all of the page's sliders"
    shared: Options = {"padding": "border", "average": True, "dropout": 0.1}
    # MNIST: parameters within 5 %, equal data and steps. How a digit is turned is learnt best where that is all.
    train = replace(OURS, epochs=20)
    supervised = replace(train, pose_epochs=8, pose_weight=4.0)
    cnn = model_config("mnist", "conv", canvas=60, family=None, widths=(16, 32, 96, 184), depths=(1, 1, 1, 2), **shared)
    locating: Options = {"localizer_zoom": 28, "localizer_widths": (24, 48, 80), "localizer_depths": (1, 2, 3)}
    stn = replace(cnn, widths=(32, 48, 88), depths=(1, 1, 2), out_size=(28, 28), localizer_hidden=96, **locating)
    yield Recipe("mnist-play-cnn", f"plain CNN {title}", "mnist", cnn, train, "play", train_distortion="play-turned")
    for family in ("affine", "similarity", "tps"):
        model, words = replace(stn, family=family), f"{family} STN {title}, taught to undo them"
        yield Recipe(f"mnist-play-{family}", words, "mnist", model, supervised, "play", train_distortion="play-turned")
    # CIFAR-10: likewise. Its images have edges.
    stn, cnn = _turned_cifar10()
    locating = {"localizer_widths": (40, 80, 112), "localizer_depths": (1, 2, 3), "localizer_decides": True}
    stn = replace(stn, widths=(48, 88, 144), **locating)
    train = replace(OURS, epochs=128, batch_size=512, lr=6e-3, flip=True)
    supervised = replace(train, pose_epochs=10, pose_weight=4.0)
    name, words = "cifar10-play-cnn", f"plain CNN {title}"
    plain = Recipe(name, words, "cifar10", cnn, train, "play", train_distortion="play-moved")
    yield plain
    for family in ("affine", "similarity"):
        name, words = f"cifar10-play-{family}", f"{family} STN {title}, taught to undo them"
        yield replace(plain, name=name, title=words, model=replace(stn, family=family), train=supervised)


def _turned_cifar10() -> tuple[ModelConfig, ModelConfig]:
    """An STN without its family and a plain CNN of the same size for turned CIFAR-10 on 48x48.

    More than half of the STN is its localisation net: to know what is up, it has to know what is there.
    """
    shared: Options = {"padding": "border", "average": True, "dropout": 0.1}
    widths, depths = (48, 96, 152, 224), (1, 1, 1, 2)
    cnn = model_config("cifar10", "conv", canvas=48, family=None, widths=widths, depths=depths, **shared)
    locating: Options = {"localizer_zoom": 32, "localizer_sides": True, "localizer_hidden": 64}
    locating |= {"localizer_widths": (48, 96, 112, 96), "localizer_depths": (1, 1, 2, 1)}
    return replace(cnn, widths=(48, 96, 160), depths=(1, 1, 2), out_size=(32, 32), **locating), cnn


def _upright() -> Iterator[Recipe]:
    """The page's CNN trained on upright images only: what a transformer rescues, put in front of it as a part."""
    title = "plain CNN trained on upright images, placed at random"
    for base in _play():
        if base.name == "mnist-play-cnn":
            train = replace(base.train, epochs=5, optimizer="muon", weight_decay=0.1)
        elif base.name == "cifar10-play-cnn":
            train = replace(base.train, epochs=10, batch_size=256, lr=4e-3, optimizer="muon", weight_decay=0.1)
        else:
            continue
        name = f"{base.dataset}-upright-cnn"
        yield replace(base, name=name, title=title, train=train, distortion="placed", train_distortion=None)


# set -> canvas, accuracy of the paper's CNN and of its affine, projective and spline STN (table 1; TC: section 4.1)
ZOO = {
    "r": (28, (98.8, 99.3, 99.2, 99.3)),
    "rts": (42, (99.2, 99.5, 99.4, 99.5)),
    "p": (42, (98.5, 99.2, 99.2, 99.2)),
    "e": (42, (98.6, 98.8, 98.7, 98.9)),
    "tc": (60, (96.5, 98.3, None, None)),
}


def _distorted_mnist() -> Iterator[Recipe]:
    """The paper's distorted MNIST: a CNN and three STNs a set, all below 400,000 parameters and within 5 %."""
    shared: Options = {
        "localizer_widths": (16, 32, 64),
        "localizer_depths": (1, 2, 2),
        "localizer_hidden": 64,
        "dropout": 0.1,
    }
    for name, (canvas, published) in ZOO.items():
        stn = model_config(
            "mnist", "conv", canvas=canvas, family=None, widths=(32, 64, 128), depths=(1, 1, 2), **shared
        )
        stn = replace(stn, out_size=(28, 28), localizer_shrink=2 if canvas == 60 else 1)
        cnn = replace(stn, widths=(32, 72, 152), depths=(1, 2, 2), out_size=None)
        if canvas == 60:
            cnn = replace(cnn, widths=(24, 48, 88, 128), depths=(1, 1, 2, 2))
        # What is turned takes longer to learn; Muon gets on R in 16 epochs about where AdamW gets in 32.
        turned = name in ("r", "rts")
        ours = replace(OURS, epochs=24, optimizer="muon", weight_decay=0.1) if turned else OURS
        for family, accuracy in zip((None, "affine", "projective", "tps"), published, strict=True):
            # E is bent, not mapped by a matrix: there is no pose to supervise.
            train = ours if family is None else replace(ours, **(UNSUPERVISED if name == "e" else SUPERVISED))
            model = replace(stn, family=family) if family else cnn
            what = f"{family} STN" if family else "plain CNN"
            title = f"{what} on distorted MNIST, {name.upper()}"
            yield Recipe(f"mnist-{name}-{family or 'cnn'}", title, "mnist", model, train, name, accuracy)


def _placement() -> Iterator[Recipe]:
    """The same transformer elsewhere in the network, or run twice."""
    # Two localisation nets with about as many parameters as one.
    for name, small in {"mnist-rts-affine": (12, 24, 36), "cifar10-rsc-small-affine": (24, 44, 60, 60)}.items():
        yield _variant(name, "feature", "before the second stage", {"placement": "feature"})
        yield _variant(name, "both", "at both places", {"placement": "both", "localizer_widths": small})
        yield _variant(name, "iterated", "at the input, run twice", {"iterations": 2})


def _teaching() -> Iterator[Recipe]:
    """The same transformer with less pose supervision than its base, which begins with it alone and then goes on."""
    alone = {**UNSUPERVISED, "pose_epochs": 0, "pose_weight": 0.0}
    for name in ("mnist-r-affine", "cifar10-rsc-small-affine"):
        yield _variant(name, "alone", "by classification alone", train=alone)
        yield _variant(name, "warmup", "taught its pose at first only", train={"pose_weight": 0.0})


def _variant(name: str, suffix: str, words: str, model: Options | None = None, train: Options | None = None) -> Recipe:
    base = next(recipe for recipe in (*_distorted_mnist(), *_rsc()) if recipe.name == name)
    return replace(
        base,
        name=f"{base.name}-{suffix}",
        title=f"{base.title}; {words}",
        published=None,
        model=replace(base.model, **model or {}),
        train=replace(base.train, **train or {}),
    )


def _cifar10() -> Iterator[Recipe]:
    """Plain CIFAR-10 with an airbench-like network, with and without a transformer in front."""
    # airbench94's own rates (Jordan 2024): 11.5 and a decay of 0.0153 for 1,024 examples, whose losses are summed, over
    # kilostep = 1024 * (1 + 1 / (1 - 0.85)), so that they do not depend on the momentum. Here the loss is the mean over
    # 512, and SGD multiplies the decay with the rate. The gradients are clipped for the transformer: the classifier's
    # own stay below that.
    train = TrainConfig(
        epochs=30,
        batch_size=512,
        lr=0.75,  # 11.5 / kilostep * 512
        momentum=0.85,
        nesterov=True,
        weight_decay=1.33e-3,  # 0.0153 * 512 / kilostep / 0.75 = 0.00133043
        localizer_lr_scale=0.1,
        norm_lr_scale=64.0,  # its bias_scaler
        schedule="one-cycle",
        warmup=0.23,
        clip_norm=2.0,
        ema=0.99,
        label_smoothing=0.2,
        flip=True,
        flip_alternates=True,
        shift=2,
        precision="bf16",
    )
    shared: Options = {"localizer_widths": (16, 32, 48), "localizer_hidden": 32, "padding": "border"}
    net = model_config("cifar10", "airbench", family=None, widths=(64, 256, 256), **shared)
    cnn = Recipe("cifar10-clean-cnn", "airbench-like CNN on CIFAR-10", "cifar10", net, train)
    yield cnn
    yield replace(
        cnn,
        name="cifar10-clean-affine",
        title="the same with an affine STN in front",
        model=replace(net, family="affine", localizer_shrink=2),
        train=replace(train, pose_epochs=2, pose_weight=2.0),
        train_distortion="seldom-mild",  # what is moved in training costs accuracy on what is not
    )


def _rsc() -> Iterator[Recipe]:
    """CIFAR-10 turned, scaled and cluttered: STN against CNN and two other remedies.

    The small nets, trained for less long, are there for the questions that need many trainings; their STNs turn by the
    mean of the quarter turns, not by the likeliest.
    """
    small_stn, small_cnn = _turned_cifar10()
    cnn = replace(small_cnn, widths=(64, 112, 168, 216), depths=(2, 2, 3, 2))
    locating: Options = {"localizer_widths": (40, 72, 104), "localizer_depths": (2, 2, 3), "localizer_decides": True}
    stn = replace(small_stn, widths=(64, 112, 152), depths=(2, 3, 4), **locating)
    train = replace(OURS, epochs=72, batch_size=512, lr=6e-3, flip=True)
    supervision: Options = {"pose_epochs": 6, "pose_weight": 4.0}
    plain = Recipe("cifar10-rsc-cnn", "plain CNN on CIFAR-10, RSC", "cifar10", cnn, train, "rsc")
    yield plain
    for family in ("affine", "similarity"):
        title, model = f"{family} STN on CIFAR-10, RSC", replace(stn, family=family)
        yield replace(
            plain, name=f"cifar10-rsc-{family}", title=title, model=model, train=replace(train, **supervision)
        )
    yield replace(
        plain,
        name="cifar10-rsc-ticnn",
        title="the plain CNN, its pictures and first maps transformed at random in training (TI-CNN)",
        model=replace(cnn, random_transform=True),
    )
    yield replace(
        plain,
        name="cifar10-rsc-rotated",
        title="the plain CNN trained on pictures that are turned only (R)",
        train_distortion="r",
    )
    train = replace(OURS, epochs=20, flip=True)
    name, title = "cifar10-rsc-small-cnn", "small plain CNN on CIFAR-10, RSC"
    plain = replace(plain, name=name, title=title, model=small_cnn, train=train)
    yield plain
    supervised = replace(train, pose_epochs=8, pose_weight=4.0)
    for family in ("affine", "similarity"):
        name, title = f"cifar10-rsc-small-{family}", f"small {family} STN on CIFAR-10, RSC"
        yield replace(plain, name=name, title=title, model=replace(small_stn, family=family), train=supervised)


GROUPS: dict[str, Callable[[], Iterator[Recipe]]] = {  # heading of a result table -> its recipes, most wanted first
    "The playground": _play,
    "Trained on upright images only": _upright,
    "The five printed systems": printed_systems,
    "The same networks with our recipe": tuned_systems,
    "Distorted MNIST": _distorted_mnist,
    "MNIST addition": partial(addition, OURS),
    "Plain CIFAR-10": _cifar10,
    "Distorted CIFAR-10 (RSC)": _rsc,
    "How the transformer is taught": _teaching,
    "Where the transformer stands": _placement,
}


def list_recipes() -> dict[str, Recipe]:
    """Every recipe by name, in the order of the tables.

    Example:
        >>> [name for name in list_recipes() if name.startswith("mnist-play-")]
        ['mnist-play-cnn', 'mnist-play-affine', 'mnist-play-similarity', 'mnist-play-tps']
    """
    return dict(_recipes())


@cache
def _recipes() -> dict[str, Recipe]:
    return {recipe.name: recipe for group in GROUPS.values() for recipe in group()}


def recipe_groups(names: Iterable[str]) -> dict[str, list[str]]:
    """The given recipes by the heading of their table; what a variant varies stands above it, again where need be."""
    given, groups = set(names), {}
    for heading, group in GROUPS.items():
        found = (recipe.name for recipe in group() if recipe.name in given)
        rows = dict.fromkeys(row for name in found for row in (name.rpartition("-")[0], name) if row in given)
        if rows:
            groups[heading] = list(rows)
    return groups


def get_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises StnError, with the nearest name, where there is none.

    Example:
        >>> recipe = get_recipe("mnist-r-affine")
        >>> recipe.distortion, recipe.model.family, recipe.train.epochs
        ('r', 'affine', 24)
    """
    recipes = _recipes()
    if name not in recipes:
        raise unknown("recipe", name, recipes)
    return recipes[name]


def plain_cnn_of(name: str, names: Container[str]) -> str | None:
    """The plain CNN among `names` that a recipe is compared with: its set's. None for that CNN, or without a set."""
    rest = name
    while "-" in rest:
        rest = rest.rpartition("-")[0]
        if f"{rest}-cnn" in names:
            return None if f"{rest}-cnn" == name else f"{rest}-cnn"
    return None
