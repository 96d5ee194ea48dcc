"""The recipes of the five printed systems, a published tutorial's network and what others made of it, and ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stn.config import Recipe, TrainConfig, model_config

TUTORIAL: dict[str, Any] = {"family": "affine", "widths": (10, 20), "localizer_widths": (8, 10)}
WIDE: dict[str, Any] = {"family": "affine", "localizer_widths": (64, 128)}
MNIST = model_config("mnist", "reference", **TUTORIAL)
CIFAR10 = model_config("cifar10", "reference", **TUTORIAL)
WIDE_20 = model_config("cifar10", "reference", **WIDE, widths=(32, 64))
WIDE_50 = model_config("cifar10", "reference", **WIDE, widths=(16, 32), hidden=1024, localizer_hidden=256)


def printed_systems() -> Iterator[Recipe]:
    """The five printed systems and their baseline, as printed."""
    yield Recipe("mnist-tutorial", "the PyTorch tutorial's STN", "mnist", MNIST, TrainConfig(20), published=98.86)
    long = TrainConfig(50, precision="bf16")
    tutorial = Recipe("cifar10-tutorial", "the tutorial's STN on CIFAR-10", "cifar10", CIFAR10, long)
    yield replace(tutorial, published=60.0)
    yield replace(
        tutorial,
        name="cifar10-luminance",
        title="the tutorial's STN on CIFAR-10; its localisation net sees luminance only",
        model=replace(CIFAR10, luminance=True),
    )
    yield replace(
        tutorial,
        name="cifar10-tutorial-ticnn",
        title="the tutorial's CNN without a transformer; its pictures and maps are transformed at random (TI-CNN)",
        model=replace(CIFAR10, family=None, random_transform=True),
    )
    title, short = "a wider tutorial STN on CIFAR-10, 20 epochs", replace(long, epochs=20)
    yield Recipe("cifar10-wide-20", title, "cifar10", WIDE_20, short, published=63.08)
    title = "a wide localisation net and classifier on CIFAR-10, 50 epochs"
    yield Recipe("cifar10-wide-50", title, "cifar10", WIDE_50, long, published=58.97)


def tuned_systems() -> Iterator[Recipe]:
    """The same nets for as many epochs with a recipe of ours."""
    train = TrainConfig(
        epochs=20,
        optimizer="adamw",
        lr=4e-3,
        weight_decay=1e-2,
        localizer_lr_scale=0.1,
        schedule="one-cycle",
        clip_norm=1.0,
        ema=0.99,
        shift=2,
    )
    title = "the tutorial's STN with our recipe"
    model = replace(MNIST, dropout=0.05)
    yield Recipe("mnist-tutorial-tuned", title, "mnist", model, replace(train, batch_size=128))
    title, train = "the same net with our recipe", replace(train, flip=True, precision="bf16")
    # Upright images alone leave these two transformers constant: there is nothing to undo. So some are turned.
    supervision: dict[str, Any] = {"batch_size": 128, "pose_epochs": 2, "pose_weight": 2.0}
    model, supervised = replace(CIFAR10, dropout=0.0), replace(train, epochs=50, **supervision)
    yield Recipe("cifar10-tutorial-tuned", title, "cifar10", model, supervised, train_distortion="mild")
    model, supervised = replace(WIDE_20, dropout=0.2), replace(train, lr=2e-3, **supervision)
    yield Recipe("cifar10-wide-20-tuned", title, "cifar10", model, supervised, train_distortion="mild")
    train = replace(train, epochs=50, lr=2e-3)
    yield Recipe("cifar10-wide-50-tuned", title, "cifar10", replace(WIDE_50, dropout=0.3), train)
