"""What the transformers inside a model did, without the model knowing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from stn.families import Family
from stn.modules import Sampler, SpatialTransformer


@dataclass(frozen=True, eq=False)
class Stage:
    """One pass through one transformer, in the order they ran."""

    name: str  # the transformer's name inside the model
    family: Family
    theta: Tensor  # (B, n)
    grid: Tensor  # (B, h, w, 2), points (x, y) of this stage's input
    input: Tensor  # (B, C, H, W)
    output: Tensor  # (B, C, h, w)


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a model answered, and what each of its transformers did on the way."""

    logits: Tensor  # (B, classes)
    stages: tuple[Stage, ...]  # empty for a model without transformers


class Pass(NamedTuple):
    """One pass through one transformer, as `watch` collects it."""

    name: str  # the transformer's name inside the model
    sampler: Sampler
    input: Tensor  # (B, C, H, W)
    theta: Tensor  # (B, n)
    output: Tensor | None  # (B, C, h, w), where `watch` is to keep it


class _Enough(Exception):
    """Ends a forward pass of which nobody needs the rest."""


def transformers_of(model: nn.Module) -> dict[str, SpatialTransformer]:
    """The transformers inside a model, by their names there."""
    return {name: module for name, module in model.named_modules() if isinstance(module, SpatialTransformer)}


@contextmanager
def watch(transformers: dict[str, SpatialTransformer], keep_output: bool = False) -> Iterator[list[Pass]]:
    """Collects every pass through the transformers in the block; with `keep_output`, copies, outputs included."""
    seen: list[Pass] = []
    with ExitStack() as hooks:
        for name, transformer in transformers.items():

            def record(sampler: Sampler, arguments: tuple[Tensor, Tensor], output: Tensor, name: str = name) -> None:
                x, theta = arguments
                # Copies: the layers that follow may work in place, on the input too (h += stn(h)).
                kept = (x.clone(), theta, output.clone()) if keep_output else (x, theta, None)
                seen.append(Pass(name, sampler, *kept))

            hooks.enter_context(transformer.sampler.register_forward_hook(record))
        yield seen


def run_to_last(model: nn.Module, transformers: dict[str, SpatialTransformer], x: Tensor) -> Pass:
    """Runs `model` on x (B, C, H, W) as far as the theta of its last transformer, and returns that pass.

    For teaching localisation nets without the layers behind them. Those of the transformers before, `watch` collects.
    """
    name, last = list(transformers.items())[-1]
    found: list[Pass] = []

    def stop(sampler: Sampler, arguments: tuple[Tensor, Tensor]) -> None:
        found.append(Pass(name, sampler, *arguments, None))
        raise _Enough

    with last.sampler.register_forward_pre_hook(stop), suppress(_Enough):
        model(x)
    return found[0]


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Puts a model in evaluation mode while the block runs; afterwards each of its modules has its own mode again."""
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


def explain(model: nn.Module, x: Tensor) -> Explanation:
    """Runs `model` on x (B, C, H, W) and returns its logits and what each of its transformers saw and did.

    The model runs in evaluation mode, whatever mode it is in, so that looking at it does not change it. One thread at a
    time: every pass through the model is listened to.

    Example:
        >>> from stn import Localizer
        >>> model = nn.Sequential(SpatialTransformer(Localizer(1, "affine")), nn.Flatten(), nn.Linear(28 * 28, 10))
        >>> seen = explain(model, torch.zeros(2, 1, 28, 28))
        >>> seen.logits.shape, seen.stages[0].theta[0].tolist()
        (torch.Size([2, 10]), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
        >>> seen.stages[0].grid.shape, seen.stages[0].output.shape
        (torch.Size([2, 28, 28, 2]), torch.Size([2, 1, 28, 28]))
    """
    with evaluating(model):
        return explain_again(model, transformers_of(model), x)


@torch.no_grad()
def explain_again(model: nn.Module, transformers: dict[str, SpatialTransformer], x: Tensor) -> Explanation:
    """`explain` for a model in evaluation mode whose transformers are known: for who asks sixty times a second."""
    with watch(transformers, keep_output=True) as seen:
        logits = model(x)
    return Explanation(logits, stages_of(seen))


def stages_of(passes: Iterable[Pass]) -> tuple[Stage, ...]:
    """The stages that `watch` has seen, those of which it kept the output."""
    return tuple(
        Stage(one.name, one.sampler.family, one.theta, one.sampler.grid(one.input, one.theta), one.input, one.output)
        for one in passes
        if one.output is not None
    )
