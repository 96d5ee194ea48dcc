"""Data-parallel training: `torchrun --nproc-per-node N -m stn train RECIPE`; alone, a team of one.

Every process takes its share of each batch and the gradients are averaged, so the batch size stays the recipe's.
"""

from __future__ import annotations

import os

import torch
import torch.distributed as dist
from torch import Tensor, nn


class Team:
    """The processes that train one network together; this one is number `rank` of `size`."""

    def __init__(self):
        ready = dist.is_available() and dist.is_initialized()
        self.rank = dist.get_rank() if ready else 0
        self.size = dist.get_world_size() if ready else 1

    def share(self, index: Tensor) -> tuple[Tensor, float]:
        """This process's part of a batch's picture numbers (B,), and the weight of its mean in the team's."""
        part = index[self.rank :: self.size]
        # A batch smaller than the team: one picture for nothing, for everybody takes part in every message.
        return (part, self.size * len(part) / len(index)) if len(part) else (index[:1], 0.0)

    def average_gradients(self, model: nn.Module, weight: float) -> None:
        """Replaces every gradient by the mean over the team, each process's counted `weight` times.

        One message for all of them: with small networks a message costs more than what is in it.
        """
        if self.size == 1:
            return
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients]).mul_(weight / self.size)
        dist.all_reduce(flat)
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


def join_team(device: str) -> str:
    """Joins the processes that torchrun started, if it did; returns this process's device."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return device
    dist.init_process_group("nccl" if device == "cuda" else "gloo")
    return f"cuda:{os.environ['LOCAL_RANK']}" if device == "cuda" else device


def leave_team() -> None:
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
