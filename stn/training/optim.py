"""Optimisers and learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import unwrap
from typing import Any

import torch
from torch import Tensor, nn

from stn.config import TrainConfig
from stn.errors import unknown
from stn.modules import SpatialTransformer

OPTIMIZERS = ("sgd", "adamw", "muon")
SCHEDULES = ("constant", "one-cycle")


class _Light:
    """A mixin for PyTorch's optimisers that leaves out what they tell its compiler.

    Whoever does not compile the update itself needs none of it, and it imports the compiler: seconds and 100 MB.
    """

    add_param_group: Any = unwrap(torch.optim.Optimizer.add_param_group)
    load_state_dict: Any = unwrap(torch.optim.Optimizer.load_state_dict)
    state_dict: Any = unwrap(torch.optim.Optimizer.state_dict)
    zero_grad: Any = unwrap(torch.optim.Optimizer.zero_grad)


class SGD(_Light, torch.optim.SGD):
    """Stochastic gradient descent, as `torch.optim.SGD`."""

    step: Any = torch.no_grad()(unwrap(torch.optim.SGD.step))


class AdamW(_Light, torch.optim.AdamW):
    """AdamW (Loshchilov and Hutter 2019), as `torch.optim.AdamW`."""

    step: Any = torch.no_grad()(unwrap(torch.optim.AdamW.step))


class Muon(AdamW):
    """Muon (Jordan et al. 2024) for the groups that say `orthogonal`, AdamW for the others.

    A weight (out, in, ...) there is moved along its averaged gradient, seen as a matrix (out, in * ...) and made nearly
    orthogonal: by as much in every direction, also in those in which the gradient is small. The move is scaled to the
    size of AdamW's, so that one rate serves both (Liu et al. 2025, section 2.2). PyTorch's own takes matrices only.
    """

    MOMENTUM = 0.95

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One update; returns what `closure`, which computes the loss and its gradients again, gives (None without)."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            if not group["orthogonal"]:
                continue
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["average"] = torch.zeros_like(weight)
                    state["step"] = torch.zeros(())  # AdamW wants one when it reads a state
                state["average"].lerp_(weight.grad, 1 - self.MOMENTUM)
                move = weight.grad.lerp(state["average"], self.MOMENTUM).flatten(1)  # Nesterov's
                size = 0.2 * math.sqrt(max(move.shape))
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.sub_(orthogonalized(move).view_as(weight), alpha=group["lr"] * size)
                weight.grad = None  # AdamW leaves it alone then
        super().step()
        return loss


def orthogonalized(matrix: Tensor) -> Tensor:
    """A matrix (m, n) with its singular values brought near 1 (0.7 to 1.2), by five Newton-Schulz iterations."""
    a, b, c = 3.4445, -4.7750, 2.0315  # Jordan's, for which small values grow fastest
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser, with the localisation nets and the classifier's norms at their own rates, no decay on vectors.

    "muon" is Muon for the convolutions and AdamW for all else.
    """
    if config.optimizer not in OPTIMIZERS:
        raise unknown("optimizer", config.optimizer, OPTIMIZERS)
    if config.schedule not in SCHEDULES:
        raise unknown("schedule", config.schedule, SCHEDULES)
    transformers = [m for m in model.modules() if isinstance(m, SpatialTransformer)]
    locating = {id(p) for t in transformers for p in t.localizer.parameters()}
    norms = {id(p) for m in model.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters()} - locating
    groups: dict[tuple[bool, bool, bool, bool], list] = {}
    for parameter in model.parameters():
        kind = (id(parameter) in locating, id(parameter) in norms, parameter.ndim > 1, parameter.ndim == 4)
        groups.setdefault(kind, []).append(parameter)
    rows = []
    for (locates, normalizes, decays, convolves), parameters in groups.items():
        lr = config.lr * (config.localizer_lr_scale if locates else config.norm_lr_scale if normalizes else 1)
        decay = config.weight_decay if decays else 0.0
        rates = {"lr": lr, "base_lr": lr, "weight_decay": decay}
        rows.append(rates | {"params": parameters, "locates": locates, "orthogonal": convolves})
    if config.optimizer == "sgd":
        return SGD(rows, lr=config.lr, momentum=config.momentum, nesterov=config.nesterov, fused=True)
    adamw = Muon if config.optimizer == "muon" else AdamW
    return adamw(rows, lr=config.lr, betas=(0.9, 0.99), fused=True)


def lr_factor(step: int, steps: int, config: TrainConfig) -> float:
    """What the learning rate is multiplied with at a step: 1, or a linear rise and fall."""
    if config.schedule == "constant":
        return 1.0
    rise = min(config.warmup, 0.99) * steps
    return min((step + 1) / rise, (steps - step) / (steps - rise)) if rise else 1 - step / steps
