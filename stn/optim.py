"""Optimisers and learning rates."""

from __future__ import annotations

import torch
from torch import nn

from stn.config import TrainConfig
from stn.errors import unknown
from stn.modules import SpatialTransformer

OPTIMIZERS = ("sgd", "adamw")
SCHEDULES = ("constant", "one-cycle")
PRECISIONS = ("fp32", "bf16")


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """SGD or AdamW with the localisation nets and the classifier's norms at their own rates, no decay on vectors."""
    if config.optimizer not in OPTIMIZERS:
        raise unknown("optimizer", config.optimizer, OPTIMIZERS)
    if config.schedule not in SCHEDULES:
        raise unknown("schedule", config.schedule, SCHEDULES)
    if config.precision not in PRECISIONS:
        raise unknown("precision", config.precision, PRECISIONS)
    transformers = [m for m in model.modules() if isinstance(m, SpatialTransformer)]
    locating = {id(p) for t in transformers for p in t.localizer.parameters()}
    norms = {id(p) for m in model.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters()} - locating
    groups: dict[tuple[bool, bool, bool], list] = {}
    for parameter in model.parameters():
        kind = (id(parameter) in locating, id(parameter) in norms, parameter.ndim > 1)
        groups.setdefault(kind, []).append(parameter)
    rows = []
    for (locates, normalises, decays), parameters in groups.items():
        lr = config.lr * (config.localizer_lr_scale if locates else config.norm_lr_scale if normalises else 1)
        decay = config.weight_decay if decays else 0.0
        rows.append({"params": parameters, "lr": lr, "base_lr": lr, "weight_decay": decay, "locates": locates})
    if config.optimizer == "sgd":
        return torch.optim.SGD(rows, lr=config.lr, momentum=config.momentum, nesterov=config.nesterov, fused=True)
    return torch.optim.AdamW(rows, lr=config.lr, betas=(0.9, 0.99), fused=True)


def lr_factor(step: int, steps: int, config: TrainConfig) -> float:
    """What the learning rate is multiplied with at a step: 1, or a linear rise and fall."""
    if config.schedule == "constant":
        return 1.0
    rise = min(config.warmup, 0.99) * steps
    return min((step + 1) / rise, (steps - step) / (steps - rise)) if rise else 1 - step / steps
