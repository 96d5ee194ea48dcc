"""The shipped models, found by the names of their files and loaded when they are first asked for."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from demo.core.cache import LruCache
from demo.core.engine import engine
from demo.core.images import ImageStore
from demo.core.rooms import Rooms
from stn.errors import StnError, unknown
from stn.files import CheckpointInfo, info_of, read_arrays
from stn.recipes import UPRIGHT as UPRIGHT
from stn.shipped import SHIPPED

if TYPE_CHECKING:
    from torch import Tensor

    from stn.explain import Explanation
    from stn.models import Normalized
    from stn.modules import SpatialTransformer

log = logging.getLogger(__name__)
PLAY_NAME = re.compile(r"(?P<dataset>[a-z0-9]+)-play-(?P<architecture>[a-z0-9]+)")


class Loaded:
    """A network's record and weights, and the network itself once somebody asks for it, which takes PyTorch.

    explain() hangs hooks on the model, so one thread at a time may look inside it.
    """

    def __init__(self, info: CheckpointInfo, weights: dict[str, np.ndarray]):
        self.info, self.weights = info, weights
        self.lock = threading.Lock()
        self._networks = LruCache(1)

    @property
    def model(self) -> Normalized:
        """In evaluation mode. Raises StnError."""
        return self._network[0]

    @property
    def transformers(self) -> dict[str, SpatialTransformer]:
        """Those in the model, by their names."""
        return self._network[1]

    @property
    def _network(self) -> tuple[Normalized, dict[str, SpatialTransformer]]:
        return self._networks.get((), self._load)

    def _load(self) -> tuple[Normalized, dict[str, SpatialTransformer]]:
        from stn.checkpoint import load_checkpoint
        from stn.explain import transformers_of

        with _readable(self.info.path):
            model, _ = load_checkpoint(self.info.path)
        if engine() == "torch":
            import torch

            # In this format, which torch's types do not know, it is a quarter faster for one image. onnxruntime
            # would need a second copy of the weights.
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return model, transformers_of(model)

    def explain(self, x: Tensor) -> Explanation:
        from stn.explain import explain_again

        with self.lock:
            return explain_again(self.model, self.transformers, x)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raises StnError for what goes wrong with a checkpoint in the block."""
    try:
        yield
    except Exception as error:  # its sentence names files of the server: for the log, not for visitors
        log.warning("%s cannot be loaded: %s", path.stem, error)
        raise StnError(
            f"The checkpoint {path.stem} is damaged, or another version wrote it: {_remedy(path.stem)}"
        ) from error


class ModelStore:
    """The page's networks in a folder of checkpoints.

    Trained on distorted images: `<dataset>-play-<family>`, `<dataset>-play-cnn`. On upright ones: those of UPRIGHT.
    """

    def __init__(self, folder: str | os.PathLike = SHIPPED):
        self._folder = Path(folder)
        self._loaded: dict[str, Loaded] = {}
        self._lock = threading.Lock()
        self.pairs = LruCache(64)  # what `find_pair` makes of two of them

    @property
    def folder(self) -> Path:
        return self._folder

    def names(self) -> list[str]:
        """Every checkpoint in the folder that is the page's."""
        files = (p.stem for p in self._folder.glob("*.safetensors"))
        return sorted(name for name in files if of_page(name))

    def transformers(self, dataset: str) -> list[str]:
        """The networks with a transformer that are shipped for a data set, affine first."""
        names = [n for n in self.names() if architecture_of(n) != "cnn" and dataset_of(n) == dataset]
        return sorted(names, key=lambda n: (architecture_of(n) != "affine", n))

    def choose(self, dataset: str, model: str | None) -> str:
        """`model` if it is a transformer for the data set, the first there is for None. Raises StnError."""
        wanted = model or f"{dataset}-play-affine"  # the first there is, where it is there
        if wanted in self._loaded and dataset_of(wanted) == dataset and architecture_of(wanted) != "cnn":
            return wanted  # every step of a drag asks, and looking through the folder takes as long as a layer
        names = self.transformers(dataset)
        if not names:
            raise StnError(
                f"No trained transformer for {dataset} is in {self._folder.name}/: {_remedy(f'{dataset}-play-affine')}"
            )
        if model is None:
            return names[0]
        if model not in names:
            raise unknown(f"transformer for {dataset}", model, names)
        return model

    def get(self, name: str) -> Loaded:
        """A checkpoint by name, loaded once. Raises StnError."""
        with self._lock:
            if name not in self._loaded:
                path = self._folder / f"{name}.safetensors"
                if not of_page(name) or not path.is_file():
                    raise StnError(f"The checkpoint {name} is not in {self._folder.name}/: {_remedy(name)}")
                with _readable(path):
                    weights, metadata = read_arrays(path)
                    self._loaded[name] = Loaded(info_of(path, metadata), weights)
            return self._loaded[name]


@dataclass(frozen=True, eq=False)
class Resources:
    """What every tab takes from: the images, the models, the rooms."""

    images: ImageStore
    models: ModelStore
    rooms: Rooms = field(default_factory=Rooms)  # in which classes predict; tabs give them the questions


def _remedy(name: str) -> str:
    """What puts a checkpoint where the page looks for it."""
    return f"run `python -m stn train {name} && python -m stn ship {name}`."


def of_page(name: str) -> bool:
    """Whether a checkpoint of this name is one of the page's."""
    return bool(PLAY_NAME.fullmatch(name)) or name in UPRIGHT.values()


def dataset_of(name: str) -> str:
    return name.partition("-")[0]


def architecture_of(name: str) -> str:
    """The family in a checkpoint's name, or `cnn`."""
    return name.rpartition("-")[2]


def model_label(name: str) -> str:
    """How the picker calls a model: `affine transformer`."""
    return f"{family_title(name)} transformer"


def family_title(name: str) -> str:
    """The family of a model's transformer in words: `thin plate spline`."""
    family = architecture_of(name)
    return "thin plate spline" if family == "tps" else family
