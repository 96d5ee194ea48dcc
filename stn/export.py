"""Weights for programs that do not know this package."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from stn.checkpoint import load_checkpoint, write_file
from stn.errors import StnError, unknown
from stn.models import ReferenceNet

FORMATS = ("tutorial",)


def export(name: str, format: str, out: Path) -> Path:
    """Writes a checkpoint's weights to `out`.

    Format "tutorial": the state dict of the PyTorch STN tutorial's `Net` (conv1, conv2, fc1, fc2, localization,
    fc_loc), which takes normalised pictures; as safetensors where the name ends so, else as `torch.save` writes it.
    Raises StnError for an unknown format, for networks without the tutorial's layers, and where it cannot write.
    """
    if format not in FORMATS:
        raise unknown("export format", format, FORMATS)
    model, info = load_checkpoint(name)
    if not isinstance(model.net, ReferenceNet) or info.family is None:
        raise StnError(f"{info.name!r} does not have the tutorial's layers; export one of the reference systems.")
    state = model.net.tutorial_state()
    write = save_file if out.suffix == ".safetensors" else torch.save
    write_file(out, lambda file: write(state, file))
    return out
