"""Data-parallel training: `torchrun --nproc-per-node N -m stn train RECIPE`; alone, a group of one.

Every process takes its share of each batch and the gradients are averaged, so the batch size stays the recipe's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from stn.errors import GroupError, StnError, first_line


class ProcessGroup:
    """The processes that train one network together; this one is number `rank` of `size`."""

    def __init__(self) -> None:
        ready = dist.is_available() and dist.is_initialized()
        self.rank = dist.get_rank() if ready else 0
        self.size = dist.get_world_size() if ready else 1

    def share(self, index: Tensor) -> tuple[Tensor, float]:
        """This process's part of a batch's image numbers (B,), and the weight of its mean in the group's."""
        part = index[self.rank :: self.size]
        # A batch smaller than the group: one image for nothing, for everybody takes part in every message.
        return (part, self.size * len(part) / len(index)) if len(part) else (index[:1], 0.0)

    def average_gradients(self, model: nn.Module, loss: Tensor, weight: float) -> Tensor:
        """Replaces every gradient by the group's mean, each process's counted `weight` times; returns the loss's.

        One message for all of them: with small networks a message costs more than what is in it.
        """
        if self.size == 1:
            return loss
        means = [loss, *(parameter.grad for parameter in model.parameters() if parameter.grad is not None)]
        flat = torch.cat([mean.flatten() for mean in means]).mul_(weight / self.size)
        with _message():
            dist.all_reduce(flat)
        for mean, part in zip(means, flat.split([mean.numel() for mean in means]), strict=True):
            mean.copy_(part.view_as(mean))
        return loss

    def after_first(self, work: Callable[[], Any]) -> Any:
        """What `work` returns: the first process does it alone, then the others. Where it fails, it fails on all."""
        if self.size == 1:
            return work()
        done, failure = None, None
        if self.rank == 0:
            try:
                done = work()
            except Exception as error:  # the others wait to hear of any
                failure = error
        told = [failure and str(failure)]
        with _message():
            dist.broadcast_object_list(told)
        if failure is not None:
            raise failure
        if told[0] is not None:
            raise StnError(told[0])
        return done if self.rank == 0 else work()


def join_group(device: str) -> str:
    """Joins the processes that torchrun started, if it did; returns this process's device.

    Raises StnError where they are more than the GPUs.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return device
    if device == "cuda":
        here, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", size)), torch.cuda.device_count()
        if here > gpus:
            raise StnError(
                f"{here} processes need one GPU each, and there are {gpus}; give torchrun --nproc-per-node {gpus}."
            )
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    try:
        dist.init_process_group("nccl" if device != "cpu" else "gloo")
    except (RuntimeError, ValueError) as error:  # ValueError: torchrun's variables are not all set
        raise GroupError(
            f"The processes do not find each other ({first_line(error)}); start them with torchrun."
        ) from error
    return device


def wait_for_group() -> None:
    """Returns when every process has come here: one that hangs up early can take down another that still works.

    Raises GroupError where a process has stopped and will not come.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return
    with _message():
        dist.barrier()


@contextmanager
def _message() -> Iterator[None]:
    """Round what a group's processes tell each other: GroupError where one does not answer any more."""
    try:
        yield
    except RuntimeError as error:
        raise GroupError(
            "Another process of the group stopped; the same command with --resume goes on, without torchrun it says "
            "why."
        ) from error


def leave_group() -> None:
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
