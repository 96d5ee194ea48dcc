"""Networks' files without PyTorch: what they say of themselves, their weights as arrays, and how files are written."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from stn.config import Recipe, check_recipe, recipe_from_dict
from stn.data import dataset_info
from stn.errors import StnError, first_line
from stn.shipped import find_checkpoint

if TYPE_CHECKING:
    from torch import Tensor

FORMAT_VERSION = 2  # 1 had no int8
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


@contextlib.contextmanager
def opened(path: Path, framework: str) -> Iterator[Any]:
    """A safetensors file, its tensors as "np" or "pt" has them. Raises StnError for what goes wrong in the block."""
    try:
        with safe_open(path, framework=framework) as file:
            yield file
    except StnError:
        raise
    # ValueError: no JSON, or a number of thousands of digits in it; RecursionError: it is too deep.
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise StnError(
            f"'{path}' is not a checkpoint of this package, or is damaged; give a shipped name or a .safetensors file "
            "that `python -m stn train` wrote."
        ) from error


def read_info(name: str | os.PathLike) -> CheckpointInfo:
    """What a checkpoint says of itself, without its weights."""
    path = find_checkpoint(name)
    with opened(path, "np") as file:
        metadata = json.loads(file.metadata()["json"])
    return info_of(path, metadata)


def info_of(path: Path, metadata: Any) -> CheckpointInfo:
    """What the metadata of a file says of its network. Raises StnError where that cannot be."""
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


def read_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The weights of a checkpoint by their names, in float32 whatever the file keeps, and its metadata.

    Raises StnError where it is no such file.
    """
    with opened(path, "np") as file:
        header = file.metadata()
        metadata = json.loads(header["json"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        said = ((name, f"torch.{array.dtype}", array.shape, array.tobytes()) for name, array in arrays.items())
        check(path, header, said)
    return _unpacked(arrays), metadata


def _unpacked(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    state = {}
    for name, array in arrays.items():
        if name + SCALE in arrays:
            state[name] = array * arrays[name + SCALE]
        elif not name.endswith(SCALE):
            state[name] = array.astype(np.float32) if array.dtype.kind == "f" else array
    return state


Part = tuple[str, str, tuple[int, ...], bytes]  # a tensor's name, its type in PyTorch, its shape and its bytes


def check(path: Path, header: dict[str, str], parts: Iterable[Part]) -> None:
    """Raises StnError for a file whose tensors are not those that it was written with."""
    # Files of the first version have no checksum.
    if header.get("sha256") not in (None, checksum(parts, header["json"])):
        raise StnError(f"'{path}' is damaged: its content does not match its checksum; download or train it again.")


def checksum(parts: Iterable[Part], text: str) -> str:
    """SHA-256 of the metadata's text and of every tensor's name, type, shape and bytes."""
    digest = hashlib.sha256(text.encode())
    for name, kind, shape, content in sorted(parts):
        digest.update(f"{name} {kind} {tuple(shape)}".encode())
        digest.update(content)
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
