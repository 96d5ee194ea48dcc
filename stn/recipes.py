"""Every named experiment: data, distortion, network and training, as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from stn.data import dataset_info
from stn.errors import StnError, unknown
from stn.models import ModelConfig


@dataclass(frozen=True)
class TrainConfig:
    """How a recipe is trained; every field is what its name says in PyTorch unless a comment says more."""

    epochs: int
    batch_size: int = 64
    optimizer: str = "sgd"  # or "adamw"
    lr: float = 0.01
    momentum: float = 0.0
    weight_decay: float = 0.0
    localizer_lr_scale: float = 1.0  # of lr; at 1 a deep localisation net collapses
    schedule: str = "constant"  # or "one-cycle": linear warm-up, then linear decay to zero
    warmup: float = 0.2  # part of all steps
    clip_norm: float | None = None
    ema: float = 0.0  # decay a step; 0: none
    label_smoothing: float = 0.0
    flip: bool = False
    shift: int = 0  # pixels, each way, the edge repeated
    precision: str = "fp32"  # or "bf16": autocast of everything but geometry
    pose_epochs: int = 0  # first epochs that teach only the localisation net to undo the known distortion
    pose_weight: float = 0.0  # of that lesson afterwards, beside the classification loss


@dataclass(frozen=True)
class Recipe:
    name: str
    title: str
    dataset: str
    model: ModelConfig
    train: TrainConfig
    distortion: str | None = None
    published: float | None = None  # accuracy in percent


def _model(dataset: str, net: str, **options: Any) -> ModelConfig:
    info = dataset_info(dataset)
    options.setdefault("canvas", info.size)
    return ModelConfig(net=net, channels=info.channels, mean=info.mean, std=info.std, **options)


def _reference() -> Iterator[Recipe]:
    """The five printed systems and their baseline, as printed; then ours: the same nets for as many epochs."""
    small = {"family": "affine", "widths": (10, 20), "localizer_widths": (8, 10)}
    wide = {"family": "affine", "localizer_widths": (64, 128)}
    mnist = _model("mnist", "reference", **small)
    cifar = _model("cifar10", "reference", **small)
    wide20 = _model("cifar10", "reference", **wide, widths=(32, 64))
    wide50 = _model("cifar10", "reference", **wide, widths=(16, 32), hidden=1024, localizer_hidden=256)
    bf16 = "bf16"
    yield Recipe("mnist-tutorial", "the PyTorch tutorial's STN", "mnist", mnist, TrainConfig(20), published=98.86)
    long = TrainConfig(50, precision=bf16)
    tutorial = Recipe("cifar10-tutorial", "the tutorial's STN on CIFAR-10", "cifar10", cifar, long)
    yield replace(tutorial, published=60.0)
    yield replace(
        tutorial,
        name="cifar10-luminance",
        title="the tutorial's STN on CIFAR-10; its localisation net sees luminance only",
        model=replace(cifar, luminance=True),
    )
    yield replace(
        tutorial,
        name="cifar10-tutorial-ticnn",
        title="the tutorial's CNN without a transformer; its maps are transformed at random in training (TI-CNN)",
        model=replace(cifar, family=None, random_transform=True),
    )
    yield Recipe(
        "cifar10-wide-20",
        "a wider tutorial STN on CIFAR-10, 20 epochs",
        "cifar10",
        wide20,
        TrainConfig(20, precision=bf16),
        published=63.08,
    )
    yield Recipe(
        "cifar10-wide-50",
        "a wide localisation net and classifier on CIFAR-10, 50 epochs",
        "cifar10",
        wide50,
        long,
        published=58.97,
    )

    tuned = TrainConfig(
        epochs=20,
        optimizer="adamw",
        lr=4e-3,
        weight_decay=1e-2,
        localizer_lr_scale=0.1,
        schedule="one-cycle",
        clip_norm=1.0,
        ema=0.99,
    )
    yield Recipe(
        "mnist-tutorial-tuned",
        "the tutorial's STN with our recipe",
        "mnist",
        replace(mnist, dropout=0.05),
        replace(tuned, batch_size=128, shift=2),
    )
    for name, model, options in [
        ("cifar10-tutorial-tuned", replace(cifar, dropout=0.0), {"epochs": 50, "batch_size": 128, "precision": bf16}),
        ("cifar10-wide-20-tuned", replace(wide20, dropout=0.2), {"batch_size": 128, "lr": 2e-3, "precision": bf16}),
        ("cifar10-wide-50-tuned", replace(wide50, dropout=0.3), {"epochs": 50, "lr": 2e-3, "precision": bf16}),
    ]:
        yield Recipe(
            name,
            "the same net with our recipe",
            "cifar10",
            model,
            replace(tuned, flip=True, shift=2, **options),
        )


def _play() -> Iterator[Recipe]:
    """The playground's pairs, trained over everything the page's sliders can do."""
    train = TrainConfig(
        epochs=10,
        batch_size=256,
        optimizer="adamw",
        lr=4e-3,
        weight_decay=1e-2,
        localizer_lr_scale=0.25,
        schedule="one-cycle",
        clip_norm=1.0,
        ema=0.99,
        label_smoothing=0.05,
        precision="bf16",
    )
    looks = {"family": "affine", "localizer_shrink": 2, "padding": "border", "average": True}
    mnist = {"localizer_widths": (16, 32, 64), "localizer_hidden": 64, "out_size": (28, 28)}
    cifar = {"localizer_widths": (32, 64, 128), "localizer_hidden": 128, "out_size": (32, 32)}
    title = "trained over all of the page's sliders"
    for name, canvas, widths, cnn_widths, transformer, config, pose_epochs in [
        ("mnist", 60, (24, 48, 96), (16, 24, 48, 96), mnist, train, 4),
        ("cifar10", 48, (32, 64, 128, 192), (32, 64, 128, 192), cifar, replace(train, flip=True), 5),
    ]:
        cnn = _model(name, "conv", canvas=canvas, family=None, widths=cnn_widths, dropout=0.1)
        stn = replace(cnn, widths=widths, localizer_depths=(1, 2, 2), **looks, **transformer)
        lesson = replace(config, pose_epochs=pose_epochs, pose_weight=10.0, localizer_lr_scale=0.5)
        yield Recipe(f"{name}-play-affine", f"STN {title}, taught to undo them", name, stn, lesson, "play")
        yield Recipe(f"{name}-play-cnn", f"plain CNN {title}", name, cnn, config, "play")


def list_recipes() -> dict[str, Recipe]:
    """Every recipe by name, in the order of the tables."""
    return {recipe.name: recipe for group in (_play, _reference) for recipe in group()}


def get_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises StnError, with the nearest name, where there is none."""
    recipes = list_recipes()
    if name not in recipes:
        raise unknown("recipe", name, recipes)
    return recipes[name]


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain data, for a checkpoint."""
    return asdict(recipe)


def recipe_from_dict(data: dict[str, Any]) -> Recipe:
    """The recipe that `recipe_to_dict` wrote. Raises StnError for keys this version does not know or misses."""
    try:
        parts = {"model": _build(ModelConfig, data["model"]), "train": _build(TrainConfig, data["train"])}
        return _build(Recipe, {**data, **parts})
    except (KeyError, TypeError) as error:
        raise StnError(f"The configuration is incomplete or no recipe ({error}); train the recipe again.") from error


def _build(kind: type, data: dict[str, Any]) -> Any:
    odd = set(data) - {field.name for field in fields(kind)}
    if odd:
        raise StnError(
            f"The configuration has {', '.join(sorted(odd))}, which this version's {kind.__name__} does not know; "
            "update the package to the version that wrote it."
        )
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})
