"""What a recipe is: frozen dataclasses, written to plain data for a checkpoint and read back."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from stn.data import dataset_info
from stn.errors import StnError

PADDINGS = ("zeros", "border", "reflection")  # what a transformer may read outside its input
LONGEST = 200  # characters of a text, parts of a list
LARGEST = 4096  # of a network's whole numbers that have no range of their own
RANGES = {  # of a network's numbers: beyond them there is none, or none that a machine can hold
    **{"channels": (1, 16), "canvas": (1, 1024), "out_size": (1, 1024), "classes": (1, LARGEST)},
    **{
        "widths": (1, LARGEST),
        "localizer_widths": (1, LARGEST),
        "hidden": (1, LARGEST),
        "localizer_hidden": (1, LARGEST),
    },
    **{
        "depths": (1, 64),
        "localizer_depths": (1, 64),
        "localizer_shrink": (1, 64),
        "iterations": (1, 16),
        "transformers": (1, 16),
        "points": (2, 16),
    },
    **{"dropout": (0, 1), "mean": (-100, 100), "std": (1e-6, 100)},
}


@dataclass(frozen=True)
class ModelConfig:
    """What `stn.models.build_model` needs.

    `widths`, `hidden` and the `localizer_` fields mean what each network says of them.
    """

    net: str  # a key of stn.models.NETS
    channels: int
    canvas: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    family: str | None  # None: no transformer
    widths: tuple[int, ...]
    depths: tuple[int, ...] | None = None
    hidden: int = 50
    localizer_widths: tuple[int, ...] = ()
    localizer_depths: tuple[int, ...] | None = None
    localizer_hidden: int = 32
    localizer_shrink: int = 1
    localizer_zoom: int = 0  # width of the window that a ZoomLocalizer crops, pixels; 0: a Localizer, of everything
    localizer_sides: bool = False  # the window lies along the image's edges: a QuarterTurnLocalizer
    localizer_decides: bool = False  # it turns by the likeliest quarter turn (`hard`), not by their mean direction
    luminance: bool = False
    random_transform: bool = False
    dropout: float = 0.5
    out_size: tuple[int, int] | None = None
    padding: str = "zeros"
    average: bool = False
    iterations: int = 1
    points: int = 4
    placement: str = "input"  # or "feature": before the second stage of a "conv" net; or "both"
    transformers: int = 1  # side by side at the input of a "conv" net, which sees all their outputs
    classes: int = 10


@dataclass(frozen=True)
class TrainConfig:
    """How a recipe is trained; every field is what its name says in PyTorch unless a comment says more."""

    epochs: int
    batch_size: int = 64
    optimizer: str = "sgd"  # or "adamw", or "muon": for the convolutions, with "adamw" for all else
    lr: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    localizer_lr_scale: float = 1.0  # of lr; at 1 a deep one that labels alone teach collapses
    norm_lr_scale: float = 1.0  # of lr, for the classifier's batch norms
    schedule: str = "constant"  # or "one-cycle": linear warm-up, then linear decay to zero
    warmup: float = 0.2  # part of all steps
    clip_norm: float | None = None
    ema: float = 0.0  # decay a step; 0: none
    label_smoothing: float = 0.0
    flip: bool = False  # left to right, by chance
    flip_alternates: bool = False  # by chance in the first epoch only; from then on each image in turn
    shift: int = 0  # pixels, each way, the edge repeated
    precision: str = "fp32"  # or "bf16": autocast of all but geometry, where the device computes in it
    pose_epochs: int = 0  # first epochs that teach only the localisation net to undo the known distortion
    pose_weight: float = 0.0  # of that pose supervision afterwards, beside the classification loss


@dataclass(frozen=True)
class Recipe:
    name: str
    title: str
    dataset: str
    model: ModelConfig
    train: TrainConfig
    distortion: str | None = None
    published: float | None = None  # accuracy in percent
    train_distortion: str | None = None  # where training has another one than the test


def model_config(dataset: str, net: str, **options: Any) -> ModelConfig:
    """A network for a data set's images: of their channels, mean, sd and classes, and size unless `options` has a
    `canvas`."""
    info = dataset_info(dataset)
    given = {"canvas": info.size, "classes": len(info.classes), **options}
    return ModelConfig(net=net, channels=info.channels, mean=info.mean, std=info.std, **given)


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain data, for a checkpoint."""
    return asdict(recipe)


def recipe_from_dict(data: dict[str, Any]) -> Recipe:
    """The recipe that `recipe_to_dict` wrote. Raises StnError for unknown or missing keys and for wrong types."""
    try:
        parts = {"model": _build(ModelConfig, data["model"]), "train": _build(TrainConfig, data["train"])}
        return _build(Recipe, {**data, **parts})
    except (KeyError, TypeError, AttributeError) as error:
        raise StnError(
            f"The configuration is incomplete or not a recipe's ({_printable(str(error))}); train the recipe again."
        ) from error


def check_recipe(recipe: Recipe) -> None:
    """Raises StnError for a recipe that cannot be, as in a file made by hand: of no size, endless, of strange text."""
    model = recipe.model
    for part in (recipe, model, recipe.train):
        for key, value in vars(part).items():
            if isinstance(value, str) and not (len(value) <= LONGEST and value.isprintable()):
                raise StnError(f"The configuration has {_short(value)} for {key}, which is no name; train it again.")
            if isinstance(value, float) and not math.isfinite(value):
                raise StnError(f"The configuration has {value} for {key}, which is no number; train it again.")
    for name, value in asdict(model).items():
        low, high = RANGES.get(name, (0, LARGEST))
        if isinstance(value, tuple) and len(value) > LONGEST:
            raise StnError(f"The configuration has {len(value)} {name}; train the recipe again.")
        for number in value if isinstance(value, tuple) else [value]:
            if isinstance(number, int | float) and not low <= number <= high:
                raise StnError(
                    f"The configuration has {_short(number)} for {name}, which goes from {low} to {high}; train the "
                    "recipe again."
                )
    if not len(model.mean) == len(model.std) == model.channels:
        raise StnError(
            f"The configuration has {len(model.mean)} means and {len(model.std)} standard deviations for "
            f"{model.channels} channels; train the recipe again."
        )


def _short(value: object) -> str:
    """What was found, in few characters that can be printed anywhere."""
    return _printable(repr(value))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:80])


def _build(kind: type, data: dict[str, Any]) -> Any:
    takes = {field.name: field.type for field in fields(kind)}
    odd = set(data) - set(takes)
    if odd:
        names = _printable(", ".join(sorted(odd)))
        raise StnError(
            f"The configuration has {names}, which this version's {kind.__name__} does not know; "
            "update the package to the version that wrote it."
        )
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    hints = _hints(kind)
    for key, value in values.items():
        if not _fits(value, hints[key]):
            raise StnError(
                f"The configuration has {_short(value)} for {key}, which takes {takes[key]}; train the recipe again."
            )
    return kind(**values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)  # which takes longer than all the rest: the page reads sixty recipes


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of an annotated type; a whole number is also a float, a bool is no number."""
    if isinstance(hint, UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if get_origin(hint) is tuple:
        kinds = get_args(hint)
        if kinds[-1] is Ellipsis:
            kinds = kinds[:1] * len(value) if isinstance(value, tuple) else ()
        return isinstance(value, tuple) and len(value) == len(kinds) and all(map(_fits, value, kinds))
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)
