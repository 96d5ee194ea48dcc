"""MNIST and CIFAR-10, and pairs of MNIST: as arrays, as tensors, and their files, which torchvision downloads.

Neither PyTorch nor torchvision is imported before a tensor or a download is asked for: the page reads arrays.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import pickle
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stn.errors import StnError, first_line, unknown
from stn.pairs import paired

if TYPE_CHECKING:
    from torch import Tensor


class MissingError(StnError):
    """A data set whose files are not all in the folder."""


@dataclass(frozen=True)
class DatasetInfo:
    """Constants of a data set; mean and standard deviation are the training images', per channel, in [0, 1]."""

    name: str
    title: str
    torchvision_name: str
    channels: int
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...]
    download_bytes: int
    files: dict[str, dict[str, str]]  # by split: path in the data folder -> MD5


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
        files={
            "train": {
                "MNIST/raw/train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
                "MNIST/raw/train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
            },
            "test": {
                "MNIST/raw/t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
                "MNIST/raw/t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
            },
        },
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
        files={
            "train": {
                "cifar-10-batches-py/data_batch_1": "c99cafc152244af753f735de768cd75f",
                "cifar-10-batches-py/data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
                "cifar-10-batches-py/data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
                "cifar-10-batches-py/data_batch_4": "634d18415352ddfa80567beed471001a",
                "cifar-10-batches-py/data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
            },
            "test": {"cifar-10-batches-py/test_batch": "40351d587109b95175f43aff81a1287e"},
        },
    ),
}


MNIST = DATASETS["mnist"]
# Two digits, a channel each, and their sum (Jaderberg et al. 2015, appendix A.1). The page does not offer it.
ADDITION = replace(
    MNIST,
    name="mnist-addition",
    title="MNIST addition",
    channels=2,
    mean=2 * MNIST.mean,
    std=2 * MNIST.std,
    classes=tuple(map(str, range(19))),
)


def dataset_info(name: str) -> DatasetInfo:
    """The constants of a data set. Raises StnError for an unknown name."""
    known = {**DATASETS, ADDITION.name: ADDITION}
    if name not in known:
        raise unknown("data set", name, known)
    return known[name]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory: images uint8 (N, C, H, W), labels int64 (N,).

    `clutter_from` (M, C, H, W), uint8, are the images that clutter is cut out of; None: these images themselves.
    """

    info: DatasetInfo
    images: Tensor
    labels: Tensor
    clutter_from: Tensor | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        return self.info.classes

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, part: slice) -> Dataset:
        return replace(self, images=self.images[part], labels=self.labels[part])


def default_data_dir() -> Path:
    """$STN_DATA, else data/ in the current folder."""
    return Path(os.environ.get("STN_DATA") or "data")


def is_available(name: str, data_dir: str | os.PathLike | None = None) -> bool:
    """Whether the data set's test images are there and whole."""
    try:
        load_arrays(name, "test", data_dir)
    except StnError:
        return False
    return True


def load_dataset(
    name: str, split: str = "train", data_dir: str | os.PathLike | None = None, download: bool = True
) -> Dataset:
    """The "train" or "test" images of "mnist", "cifar10" or "mnist-addition", which is made of MNIST's.

    Looks in `data_dir`, else $STN_DATA, else data/. With `download`, fetches what is missing; what is damaged, only
    `stn.data.download` replaces. Raises StnError for unknown names and where the data set is missing or damaged.
    """
    import torch

    try:
        images, labels = load_arrays(name, split, data_dir)
    except MissingError:
        if not download:
            raise
        _fetch(dataset_info(name), _folder(data_dir), split)
        images, labels = load_arrays(name, split, data_dir)
    return Dataset(dataset_info(name), torch.from_numpy(images), torch.from_numpy(labels))


def load_arrays(
    name: str, split: str = "train", data_dir: str | os.PathLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (N, C, H, W) and labels int64 (N,), as `load_dataset` finds them, without a download.

    Raises StnError, a MissingError where the files are not all there.
    """
    if name == ADDITION.name:
        return paired(*load_arrays(MNIST.name, split, data_dir))
    info, folder = dataset_info(name), _folder(data_dir)
    if split not in ("train", "test"):
        raise unknown("split", split, ("train", "test"))
    if broken := _damaged(info, folder, split):
        raise StnError(
            f"{info.title} is damaged: '{broken[0]}' does not match its checksum; run `python -m stn download {name}` "
            "with a network to replace it, or set STN_DATA or --data-dir to a folder where it is whole."
        )
    try:
        contents = [(folder / file).read_bytes() for file in info.files[split]]
    except OSError as missing:
        raise MissingError(
            f"{info.title} is missing or damaged in '{folder}': set STN_DATA or --data-dir to a folder in "
            f"torchvision's layout that holds it, or run `python -m stn download {name}` with a network."
        ) from missing
    images, labels = _parse_mnist(*contents) if name == "mnist" else _parse_cifar10(contents)
    return images.reshape(-1, info.channels, info.size, info.size), labels


def _folder(data_dir: str | os.PathLike | None) -> Path:
    return Path(data_dir) if data_dir is not None else default_data_dir()


def _parse_mnist(images: bytes, labels: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Two files of LeCun's format: a word that says what they hold, the sizes in words of 4 bytes, the values."""
    values = np.frombuffer(images, np.uint8, offset=16).copy()  # a copy may be written to, as a tensor's memory has to
    return values, np.frombuffer(labels, np.uint8, offset=8).astype(np.int64)


def _parse_cifar10(batches: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Pickles, of which `_damaged` knows that they are the published ones."""
    read = [pickle.loads(batch, encoding="latin1") for batch in batches]
    return np.concatenate([batch["data"] for batch in read]), np.concatenate([batch["labels"] for batch in read])


def download(
    name: str,
    data_dir: str | os.PathLike | None = None,
    on_progress: Callable[[float, str], None] = lambda fraction, text: None,
) -> None:
    """Fetches a data set once, whole and checked; files that are there and damaged are replaced.

    `on_progress` gets the part done, 0 to 1, and a sentence about it.
    Raises StnError with the reason where that fails.
    """
    info, folder = dataset_info(name), _folder(data_dir)
    failures: list[Exception] = []

    def work() -> None:
        try:
            for split in info.files:
                for path in _damaged(info, folder, split):
                    path.unlink()  # or torchvision would leave it as it is
            for split in info.files:
                _fetch(info, folder, split)
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


def _fetch(info: DatasetInfo, folder: Path, split: str) -> None:
    from stn._torchvision import import_torchvision

    new = [path for path in (folder / next(iter(info.files[split]))).parents if not os.path.lexists(path)]
    try:
        source = getattr(import_torchvision().datasets, info.torchvision_name)
        source(folder, train=split == "train", download=True)
    except Exception as error:
        raise StnError(
            f"{info.title} is missing or damaged in '{folder}' and could not be downloaded ({first_line(error)}): "
            "delete what is there and connect to a network, or set STN_DATA or --data-dir to a folder that has it."
        ) from error
    finally:
        for path in new:  # torchvision makes the folders before it knows whether there is anything for them
            with contextlib.suppress(OSError):
                path.rmdir()


def _damaged(info: DatasetInfo, folder: Path, split: str) -> list[Path]:
    """The split's files that are there but differ from what was published; torchvision does not look at MNIST's.

    Raises StnError for what is there and cannot be read, or is no file: whoever opens a pipe waits for ever.
    """
    found = []
    for name, md5 in info.files[split].items():
        path = folder / name
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise OSError(errno.EINVAL, "it is not a file")
            with path.open("rb") as file:
                if hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() != md5:
                    found.append(path)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError) as error:  # ValueError: no file's name holds a NUL
            why = getattr(error, "strerror", None) or first_line(error)
            raise StnError(
                f"{info.title} cannot be read in '{str(folder)[:200]}': {path.name}: {why}; repair that, or set "
                "STN_DATA or --data-dir to a folder where it can be."
            ) from error
    return found


def _downloaded_bytes(folder: Path, info: DatasetInfo) -> int:
    archives = (folder / info.torchvision_name).glob("raw/*.gz") if info.name == "mnist" else folder.glob("cifar*.gz")
    return sum(file.stat().st_size for file in archives)
