"""In which arithmetic a network runs."""

from __future__ import annotations

import torch

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
