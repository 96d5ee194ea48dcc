"""Networks in files, and back: safetensors files whose metadata rebuilds the model. Nothing is unpickled.

Together with `stn.files`, which needs no PyTorch, the only reader and writer of weights.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from stn.config import Recipe, recipe_to_dict
from stn.errors import StnError, unknown
from stn.files import (
    FORMAT_VERSION,
    SCALE,
    CheckpointInfo,
    Part,
    check,
    checksum,
    info_of,
    opened,
    read_arrays,
    read_info,
    write_file,
)
from stn.models import Normalized, build_model
from stn.shipped import SHIPPED, find_checkpoint, shipped_names

__all__ = [
    "SHIPPED",
    "WEIGHTS",
    "CheckpointInfo",
    "count_parameters",
    "find_checkpoint",
    "load_checkpoint",
    "read_info",
    "read_state",
    "read_tensors",
    "save_checkpoint",
    "shipped_names",
    "write_file",
    "write_tensors",
]

WEIGHTS = ("int8", "float16", "float32")  # what kernels and matrices may be kept as, smallest first


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, Any]) -> None:
    """Writes a safetensors file of tensors and JSON metadata. Raises StnError where that fails."""
    # A fresh copy each: safetensors refuses tensors that share memory.
    flat = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    text = json.dumps(metadata)
    header = {"json": text, "sha256": checksum(_parts(flat), text)}
    # As bytes: save_file goes by a temporary name of its own, which a kill leaves behind.
    write_file(path, lambda temporary: temporary.write_bytes(save(flat, metadata=header)))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the metadata of a file of `write_tensors`. Raises StnError where it is no such file."""
    with opened(path, "pt") as file:
        header = file.metadata()
        metadata = json.loads(header["json"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        check(path, header, _parts(tensors))
    return tensors, metadata


def _parts(tensors: dict[str, Tensor]) -> Iterator[Part]:
    for name, tensor in tensors.items():
        content = tensor.contiguous().flatten().view(torch.uint8).numpy()
        yield name, str(tensor.dtype), tuple(tensor.shape), content.tobytes()


def save_checkpoint(
    path: Path, recipe: Recipe | None, model: nn.Module, record: dict[str, Any], weights: str = "float32"
) -> None:
    """Writes a checkpoint whose kernels and matrices are kept as `weights`, one of WEIGHTS.

    Without a recipe, for a network of one's own, it cannot rebuild the model: see read_state. `record`: any JSON.

    As int8 they are whole numbers from -127 to 127 with a factor for each output channel. Vectors, which hardly need
    room, stay float32; among them are the batch norms' statistics: rounded, they change all of a channel alike.
    Raises StnError for other weights and where writing fails.
    """
    if weights not in WEIGHTS:
        raise unknown("kind of weights", weights, WEIGHTS)
    tensors: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        tensors |= _packed(name, tensor, weights) if tensor.is_floating_point() and tensor.ndim > 1 else {name: tensor}
    written = recipe and recipe_to_dict(recipe)
    write_tensors(path, tensors, {"format": FORMAT_VERSION, "recipe": written, "record": record})


def _packed(name: str, tensor: Tensor, weights: str) -> dict[str, Tensor]:
    if weights != "int8":
        return {name: tensor.to(getattr(torch, weights))}
    most = tensor.abs().amax(tuple(range(1, tensor.ndim)), keepdim=True)  # (out, 1, ...)
    scale = torch.where(most > 0, most / 127, 1.0)
    return {name: (tensor / scale).round().to(torch.int8), name + SCALE: scale}


def read_state(name: str | os.PathLike) -> dict[str, Tensor]:
    """The weights of a checkpoint, a shipped name or a path, by their names, in float32 whatever the file keeps.

    For networks of one's own, and for whoever wants the numbers in a file of 8-bit weights. Raises StnError where there
    is none or where it is damaged.

    Example:
        >>> state = read_state("mnist-play-affine")
        >>> sum(tensor.numel() for tensor in state.values() if tensor.is_floating_point()) > 100_000
        True
    """
    return _state(read_arrays(find_checkpoint(name))[0])


def _state(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def load_checkpoint(name: str | os.PathLike) -> tuple[Normalized, CheckpointInfo]:
    """The model, ready to predict (eval, float32), and what its checkpoint says of it.

    Its weights are frozen, so that predicting keeps no graph: `model.requires_grad_(True)` makes it trainable again,
    also an airbench net's whitening and norm scales, which were never learnt. `name` is a shipped name such as
    "mnist-tutorial", or a path. Raises StnError where there is none, where the file is damaged or where a newer version
    wrote it.

    Example:
        >>> model, info = load_checkpoint("mnist-play-affine")
        >>> images = torch.zeros(4, info.channels, info.canvas, info.canvas)  # in [0, 1]; the model normalizes them
        >>> model(images).shape, info.classes[3]
        (torch.Size([4, 10]), '3')
    """
    path = find_checkpoint(name)
    arrays, metadata = read_arrays(path)
    info = info_of(path, metadata)
    try:
        state = _state(arrays)
        with torch.device("meta"):  # which takes no memory, however large the recipe says that it is
            _check_weights(path, state, build_model(info.recipe.model).state_dict())
        model = build_model(info.recipe.model)
        model.load_state_dict(state)
    except StnError:
        raise
    except (RuntimeError, TypeError, ValueError, ArithmeticError) as error:  # what PyTorch says of sizes that cannot be
        raise StnError(
            f"The weights in '{info.path}' do not fit its own recipe; the file is damaged, download it again."
        ) from error
    return model.eval().requires_grad_(False), info


def _check_weights(path: Path, state: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    """Raises ValueError for weights of other names, shapes or kinds, StnError for ones that are no numbers."""
    for name, tensor in wanted.items():
        found = state.get(name)
        if found is None or found.shape != tensor.shape or found.is_floating_point() != tensor.is_floating_point():
            raise ValueError(name)
        if not found.isfinite().all():
            raise StnError(
                f"The weights in '{path}' are not all numbers; the run that wrote it failed, train it again."
            )


def count_parameters(model: nn.Module) -> int:
    """The number of parameters, with the few that are computed from the data instead of learnt."""
    return sum(p.numel() for p in model.parameters())
