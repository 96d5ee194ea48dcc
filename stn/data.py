"""MNIST and CIFAR-10 as tensors, read and checked by torchvision."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from stn._torchvision import import_torchvision
from stn.errors import StnError, unknown


@dataclass(frozen=True)
class DatasetInfo:
    """Constants of a data set; mean and standard deviation are the training pictures', per channel, in [0, 1]."""

    name: str
    title: str
    torchvision_name: str
    channels: int
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...]
    download_bytes: int


DATASETS = {
    "mnist": DatasetInfo(
        name="mnist",
        title="MNIST",
        torchvision_name="MNIST",
        channels=1,
        size=28,
        mean=(0.1307,),
        std=(0.3081,),
        classes=tuple("0123456789"),
        download_bytes=11_594_722,
    ),
    "cifar10": DatasetInfo(
        name="cifar10",
        title="CIFAR-10",
        torchvision_name="CIFAR10",
        channels=3,
        size=32,
        mean=(0.4914, 0.4822, 0.4465),
        std=(0.2470, 0.2435, 0.2616),
        classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        download_bytes=170_498_071,
    ),
}


def dataset_info(name: str) -> DatasetInfo:
    """The constants of a data set. Raises StnError for an unknown name."""
    if name not in DATASETS:
        raise unknown("data set", name, DATASETS)
    return DATASETS[name]


@dataclass(frozen=True)
class Dataset:
    """A data set in memory: images uint8 (N, C, H, W), labels int64 (N,)."""

    info: DatasetInfo
    images: Tensor
    labels: Tensor

    @property
    def classes(self) -> tuple[str, ...]:
        return self.info.classes

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, part: slice) -> Dataset:
        return Dataset(self.info, self.images[part], self.labels[part])


def default_data_dir() -> Path:
    """$STN_DATA, else data/ in the current folder."""
    return Path(os.environ.get("STN_DATA") or "data")


def is_available(name: str, data_dir: str | os.PathLike | None = None) -> bool:
    """Whether torchvision can read the data set's test pictures there (CIFAR-10's checksums are compared)."""
    try:
        load_dataset(name, "test", data_dir, download=False)
    except StnError:
        return False
    return True


def load_dataset(
    name: str, split: str = "train", data_dir: str | os.PathLike | None = None, download: bool = True
) -> Dataset:
    """The "train" or "test" pictures of "mnist" or "cifar10".

    Looks in `data_dir`, else $STN_DATA, else data/. With `download`, fetches what is missing or damaged. Raises
    StnError for unknown names and where the data set is missing or damaged and could not be fetched.
    """
    info = dataset_info(name)
    if split not in ("train", "test"):
        raise unknown("split", split, ("train", "test"))
    folder = Path(data_dir) if data_dir is not None else default_data_dir()
    source = getattr(import_torchvision().datasets, info.torchvision_name)
    try:
        raw = source(folder, train=split == "train", download=False)
    except Exception as missing:  # torchvision raises whatever a damaged file makes it stumble over
        if not download:
            raise StnError(
                f"{info.title} is missing or damaged in '{folder}': set STN_DATA or --data-dir to a folder in "
                f"torchvision's layout that holds it, or run `python -m stn download {name}` with a network."
            ) from missing
        try:
            raw = source(folder, train=split == "train", download=True)
        except Exception as failed:
            raise StnError(
                f"{info.title} is missing or damaged in '{folder}' and could not be downloaded "
                f"({_first_line(failed)}): delete what is there of it and connect to a network, or set STN_DATA or "
                "--data-dir to where it is."
            ) from failed
    images = torch.as_tensor(raw.data)
    images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)
    return Dataset(info, images.contiguous(), torch.as_tensor(raw.targets))


def download(
    name: str,
    data_dir: str | os.PathLike | None = None,
    on_progress: Callable[[float, str], None] = lambda fraction, text: None,
) -> None:
    """Fetches a data set once, whole and checked. `on_progress` gets the part done, 0 to 1, and a sentence about it.

    Raises StnError with the reason where that fails.
    """
    info = dataset_info(name)
    folder = Path(data_dir) if data_dir is not None else default_data_dir()
    failures: list[Exception] = []

    def work():
        try:
            load_dataset(name, "test", folder, download=True)
        except Exception as error:  # a thread's exceptions are lost unless they are carried out of it
            failures.append(error)

    # torchvision reports nothing while it downloads; the files it writes grow, so those are watched.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.25)
        done = min(1.0, _downloaded_bytes(folder, info) / info.download_bytes)
        on_progress(done, f"{info.title}: {done * info.download_bytes / 1e6:.0f} of {info.download_bytes / 1e6:.0f} MB")
    if failures:
        raise failures[0]
    on_progress(1.0, f"{info.title} is here.")


def _downloaded_bytes(folder: Path, info: DatasetInfo) -> int:
    archives = (folder / info.torchvision_name).glob("raw/*.gz") if info.name == "mnist" else folder.glob("cifar*.gz")
    return sum(file.stat().st_size for file in archives)


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
