"""The only reader and writer of weights: safetensors files whose metadata rebuilds the model. Nothing is unpickled."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from stn.config import Recipe, check_recipe, recipe_from_dict, recipe_to_dict
from stn.data import dataset_info
from stn.errors import StnError, first_line, unknown
from stn.models import Normalized, build_model
from stn.shipped import SHIPPED, find_checkpoint, shipped_names  # noqa: F401  who reads files looks for these here

FORMAT_VERSION = 2  # 1 had no int8
WEIGHTS = ("int8", "float16", "float32")  # what kernels and matrices may be kept as, smallest first
FORGOTTEN = 3600  # seconds after which nobody is still writing a file of a temporary name
SCALE = ".int8_scale"  # behind a tensor's name: what its whole numbers are multiplied with


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint says of itself."""

    recipe: Recipe
    record: dict[str, Any]  # result, seed, epochs, minutes, device, params, torch, seeds (all runs of the recipe)
    path: Path

    @property
    def name(self) -> str:
        return self.recipe.name

    @property
    def title(self) -> str:
        return self.recipe.title

    @property
    def dataset(self) -> str:
        return self.recipe.dataset

    @property
    def distortion(self) -> str | None:
        return self.recipe.distortion

    @property
    def family(self) -> str | None:
        return self.recipe.model.family

    @property
    def canvas(self) -> int:
        return self.recipe.model.canvas

    @property
    def channels(self) -> int:
        return self.recipe.model.channels

    @property
    def classes(self) -> tuple[str, ...]:
        return dataset_info(self.dataset).classes

    @property
    def mean(self) -> tuple[float, ...]:
        return self.recipe.model.mean

    @property
    def std(self) -> tuple[float, ...]:
        return self.recipe.model.std

    @property
    def result(self) -> dict[str, Any]:
        return self.record["result"]

    def unnormalize(self, images: Tensor) -> Tensor:
        """Normalized images (B, C, H, W), as the stages of `explain` hold them, back in [0, 1]."""
        mean, std = (images.new_tensor(v).view(1, -1, 1, 1) for v in (self.mean, self.std))
        return (images * std + mean).clamp(0, 1)


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, Any]) -> None:
    """Writes a safetensors file of tensors and JSON metadata. Raises StnError where that fails."""
    # A fresh copy each: safetensors refuses tensors that share memory.
    flat = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    text = json.dumps(metadata)
    header = {"json": text, "sha256": checksum(flat, text)}
    # As bytes: save_file goes by a temporary name of its own, which a kill leaves behind.
    write_file(path, lambda temporary: temporary.write_bytes(save(flat, metadata=header)))


def checksum(tensors: dict[str, Tensor], text: str) -> str:
    """SHA-256 of the metadata's text and of every tensor's name, type, shape and bytes."""
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a file of a temporary name, then renames it: a reader never sees half a file.

    Raises StnError where that fails, and where something else than a file, such as /dev/null, has the name already.
    """
    if not path.name:
        raise StnError(f"'{path}' is not a file name; give one.")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "there is something that is not a file")
        remove_leftovers(path, FORGOTTEN)
        write(temporary)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or first_line(error)
        raise StnError(f"'{path}' cannot be written ({why}); free some space or give another path.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def remove_leftovers(path: Path, age: float = 0) -> None:
    """Removes what processes that were killed while they wrote this file have left, if it is so many seconds old."""
    for file in path.parent.glob(f".{glob.escape(path.name)}.*"):
        with contextlib.suppress(OSError):
            if file.suffix[1:].isdecimal() and time.time() - file.stat().st_mtime >= age:
                file.unlink()


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the metadata of a file of `write_tensors`. Raises StnError where it is no such file."""
    with _opened(path) as file:
        header = file.metadata()
        metadata = json.loads(header["json"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        # Files of the first version have no checksum.
        if header.get("sha256") not in (None, checksum(tensors, header["json"])):
            raise StnError(f"'{path}' is damaged: its content does not match its checksum; download or train it again.")
    return tensors, metadata


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except StnError:
        raise
    # ValueError: no JSON, or a number of thousands of digits in it; RecursionError: it is too deep.
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise StnError(
            f"'{path}' is not a checkpoint of this package, or is damaged; give a shipped name or a .safetensors file "
            "that `python -m stn train` wrote."
        ) from error


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


def _unpacked(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state of a model in float32 from a checkpoint's tensors."""
    state = {}
    for name, tensor in tensors.items():
        if name + SCALE in tensors:
            state[name] = tensor * tensors[name + SCALE]
        elif not name.endswith(SCALE):
            state[name] = tensor.float() if tensor.is_floating_point() else tensor
    return state


def read_state(name: str | os.PathLike) -> dict[str, Tensor]:
    """The weights of a checkpoint, a shipped name or a path, by their names, in float32 whatever the file keeps.

    For networks of one's own, and for whoever wants the numbers in a file of 8-bit weights. Raises StnError where there
    is none or where it is damaged.

    Example:
        >>> state = read_state("mnist-play-affine")
        >>> sum(tensor.numel() for tensor in state.values() if tensor.is_floating_point()) > 100_000
        True
    """
    return _unpacked(read_tensors(find_checkpoint(name))[0])


def read_info(name: str | os.PathLike) -> CheckpointInfo:
    """What a checkpoint says of itself, without its weights."""
    path = find_checkpoint(name)
    with _opened(path) as file:
        metadata = json.loads(file.metadata()["json"])
    return _info(path, metadata)


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
    tensors, metadata = read_tensors(path)
    info = _info(path, metadata)
    try:
        state = _unpacked(tensors)
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


def _info(path: Path, metadata: Any) -> CheckpointInfo:
    if not isinstance(metadata, dict) or not {"format", "recipe", "record"} <= set(metadata):
        raise StnError(f"'{path}' is not a checkpoint of this package; give one that `python -m stn train` wrote.")
    if metadata["format"] not in range(1, FORMAT_VERSION + 1):
        given = repr(metadata["format"])[:40]
        raise StnError(
            f"'{path}' has checkpoint format {given}; this version reads 1 to {FORMAT_VERSION}: update the package or "
            "train again."
        )
    if metadata["recipe"] is None:
        raise StnError(
            f"'{path}' holds a network without a recipe; build it and call model.load_state_dict(read_state(path))."
        )
    record = metadata["record"]
    result = record.get("result") if isinstance(record, dict) else None
    if not isinstance(result, dict) or not isinstance(result.get("accuracy", 0), int | float):
        raise StnError(f"'{path}' has no record of its test; it is damaged or unfinished, train the recipe again.")
    recipe = recipe_from_dict(metadata["recipe"])
    check_recipe(recipe)
    dataset_info(recipe.dataset)  # raises for an unknown one
    return CheckpointInfo(recipe, record, path)


def count_parameters(model: nn.Module) -> int:
    """The number of parameters, with the few that are computed from the data instead of learnt."""
    return sum(p.numel() for p in model.parameters())
