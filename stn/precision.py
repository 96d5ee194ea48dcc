"""In which arithmetic a network runs, and its geometry: that in float32 or better, whatever autocast says."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from stn.errors import unknown

PRECISIONS = ("fp32", "bf16")


def precision_on(device: str | torch.device, wanted: str) -> str:
    """The precision, "fp32" or "bf16", in which a network of which one is wanted runs on a device.

    "bf16" stays so where the device computes in bfloat16. A CPU that does not emulates it, correctly, at a small part
    of float32's speed: there it is "fp32". Raises StnError for another precision.
    """
    if wanted not in PRECISIONS:
        raise unknown("precision", wanted, PRECISIONS)
    return "fp32" if torch.device(device).type == "cpu" and not cpu_has_bf16() else wanted


def cpu_has_bf16() -> bool:
    can = torch.cpu.get_capabilities()
    return any(can.get(name, False) for name in ("avx512_bf16", "amx_bf16"))  # ARM's was not tried


def autocast(device: str | torch.device, wanted: str) -> torch.autocast:
    """A context in which networks run in `precision_on(device, wanted)`."""
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=precision_on(device, wanted) == "bf16")


def no_autocast(device: torch.device) -> AbstractContextManager:
    """Where autocast is off. The meta device, which has none, needs nothing."""
    return nullcontext() if device.type == "meta" else torch.autocast(device.type, enabled=False)


def exact(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Lets a function of tensors compute in float32 or better, outside autocast."""

    @functools.wraps(function)
    def run(*arguments: Any, **named: Any) -> Tensor:
        device = next(a.device for a in (*arguments, *named.values()) if isinstance(a, Tensor))
        with no_autocast(device):
            return function(*map(_as_exact, arguments), **{key: _as_exact(value) for key, value in named.items()})

    return run


def _as_exact(argument: object) -> object:
    return as_float(argument) if isinstance(argument, Tensor) else argument


def as_float(values: Tensor) -> Tensor:
    """The values in float32, or in float64 where they are."""
    return values if values.dtype == torch.float64 else values.float()


@exact
def product(first: Tensor, second: Tensor) -> Tensor:
    """The products (B, n, k) of two batches of matrices (B, n, m) and (B, m, k)."""
    return first @ second


def values_are_unknown(values: Tensor) -> bool:
    """Whether a program is traced, compiled or mapped by vmap: then no number in a tensor can be asked for."""
    if values.is_meta or torch.compiler.is_compiling() or torch.jit.is_tracing():
        return True
    return torch._C._functorch.is_batchedtensor(values)
