import errno
import gzip
import hashlib
import os
import shutil
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch

import stn.data
from stn import StnError
from stn._torchvision import import_torchvision
from stn.data import DATASETS, download, is_available, load_dataset
from tests.helpers import real_data

COUNTS = {"train": {"mnist": 60_000, "cifar10": 50_000}, "test": {"mnist": 10_000, "cifar10": 10_000}}


def write_idx(path, array: np.ndarray, packed: bool = False) -> None:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    data = header + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(data) if packed else data)


@pytest.fixture
def tiny_mnist(tmp_path, monkeypatch):
    """Two images in torchvision's layout, in place of the published files."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix in ("train", "t10k"):
        write_idx(raw / f"{prefix}-images-idx3-ubyte", np.arange(2 * 28 * 28).reshape(2, 28, 28) % 251)
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", np.array([3, 7]))
    info = DATASETS["mnist"]
    files = {s: {name: md5(tmp_path / name) for name in names} for s, names in info.files.items()}
    monkeypatch.setitem(DATASETS, "mnist", replace(info, files=files))
    return tmp_path


def md5(path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture
def network(tiny_mnist, monkeypatch):
    """Downloads find the tiny files; returns the names of those fetched."""
    raw, fetched = tiny_mnist / "MNIST" / "raw", []
    whole = {path.name: path.read_bytes() for path in raw.iterdir()}

    def fetch(url, download_root, filename, md5):
        fetched.append(filename)
        (raw / filename.removesuffix(".gz")).write_bytes(whole[filename.removesuffix(".gz")])

    import_torchvision()
    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", fetch)
    return fetched


def test_torchvision_imports_beside_any_torch():
    assert hasattr(import_torchvision().datasets, "MNIST")
    assert import_torchvision() is import_torchvision()


def test_a_folder_in_torchvisions_layout_is_read(tiny_mnist):
    data = load_dataset("mnist", "test", tiny_mnist, download=False)
    assert data.images.shape == (2, 1, 28, 28)
    assert data.images.dtype == torch.uint8
    assert data.labels.tolist() == [3, 7]
    assert data.images[0, 0, 0, :3].tolist() == [0, 1, 2]
    assert len(data.subset(slice(1, 2))) == 1


def test_the_folder_may_be_named_in_the_environment(tiny_mnist, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("STN_DATA", str(tiny_mnist))
    assert load_dataset("mnist", "test", download=False).labels.tolist() == [3, 7]
    monkeypatch.setenv("STN_DATA", str(tmp_path_factory.mktemp("empty")))
    assert not is_available("mnist")


@pytest.mark.parametrize("name", DATASETS)
def test_a_missing_data_set_is_one_sentence(name, tmp_path):
    assert not is_available(name, tmp_path)
    with pytest.raises(StnError, match=r"missing or damaged in '.*': set STN_DATA"):
        load_dataset(name, "test", tmp_path, download=False)


@pytest.mark.parametrize("damage", [lambda whole: b"\0\0\x08\x03 cut", lambda whole: whole[:-1] + b"?"])
@pytest.mark.parametrize("file", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_damaged_file_is_one_sentence_and_replaced_by_an_explicit_download_alone(damage, file, tiny_mnist, network):
    path = tiny_mnist / "MNIST" / "raw" / file
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert not is_available("mnist", tiny_mnist)
    with pytest.raises(StnError, match=rf"MNIST is damaged: '.*{file}'.*`python -m stn download mnist`"):
        load_dataset("mnist", "test", tiny_mnist)
    assert not network and path.read_bytes() == damage(whole)
    download("mnist", tiny_mnist)
    assert path.read_bytes() == whole
    assert load_dataset("mnist", "test", tiny_mnist, download=False).labels.tolist() == [3, 7]


UNREADABLE = {  # what stands in a file's place, and what is said of it
    "directory": (lambda path: path.mkdir(), "it is not a file"),
    "link loop": (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    "pipe": (lambda path: os.mkfifo(path), "it is not a file"),
    "long name": (lambda path: path.symlink_to("a" * 300), "File name too long"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("file", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_what_cannot_be_read_in_a_files_place_is_one_sentence(kind, file, tiny_mnist):
    put, said = UNREADABLE[kind]
    path = tiny_mnist / "MNIST" / "raw" / file
    path.unlink()
    put(path)
    assert not is_available("mnist", tiny_mnist)
    for read in (lambda: load_dataset("mnist", "test", tiny_mnist), lambda: download("mnist", tiny_mnist)):
        with pytest.raises(StnError, match=f"MNIST cannot be read in .*: {file}: {said}; repair that"):
            read()


def test_a_file_without_permission_is_one_sentence(tiny_mnist, monkeypatch):
    def refuse(file, *_):  # root may read everything
        raise PermissionError(errno.EACCES, "Permission denied", str(file))

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(StnError, match="images-idx3-ubyte: Permission denied; repair that"):
        load_dataset("mnist", "test", tiny_mnist)


@pytest.mark.parametrize("folder", ["a" * 5000, "a\0b"])
def test_a_folder_whose_name_cannot_be_is_one_sentence(folder):
    assert not is_available("mnist", folder)
    with pytest.raises(StnError, match="cannot be read") as caught:
        load_dataset("mnist", "test", folder)
    assert len(str(caught.value)) < 600


def test_a_missing_data_set_is_fetched(tiny_mnist, network):
    shutil.rmtree(tiny_mnist / "MNIST")
    (tiny_mnist / "MNIST" / "raw").mkdir(parents=True)
    assert load_dataset("mnist", "train", tiny_mnist).labels.tolist() == [3, 7]
    assert len(network) == 4


def test_damage_beyond_the_network_is_one_sentence(tiny_mnist, monkeypatch):
    def refuse(*args, **kwargs):
        raise RuntimeError("Error downloading:\nTried one mirror\nTried another")

    import_torchvision()
    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", refuse)
    (tiny_mnist / "MNIST" / "raw" / "t10k-images-idx3-ubyte").write_bytes(b"damaged")
    with pytest.raises(
        StnError, match=r"could not be downloaded \(Error downloading [\w.-]*\): .*connect to a network"
    ):
        download("mnist", tiny_mnist)


def test_a_failed_download_says_why(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("the network is unreachable")

    import_torchvision()

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", refuse)
    with pytest.raises(StnError, match=r"could not be downloaded .*connect to a network"):
        download("mnist", tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir()), "a mistyped folder is left behind"


def test_a_download_reports_its_progress(tmp_path, monkeypatch):
    def write(info, folder, split):
        raw = folder / "MNIST" / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        (raw / "train.gz").write_bytes(bytes(5_000_000))

    monkeypatch.setattr(stn.data, "_fetch", write)
    seen = []
    download("mnist", tmp_path, lambda done, text: seen.append((done, text)))
    assert seen[-2] == (5_000_000 / 11_594_722, "MNIST: 5 of 12 MB")
    assert seen[-1] == (1.0, "MNIST is here.")


def test_unknown_names_are_refused():
    with pytest.raises(StnError, match=r"data set called 'mnits'.*Did you mean 'mnist'"):
        load_dataset("mnits")
    with pytest.raises(StnError, match="split called 'validation'"):
        load_dataset("mnist", "validation")


@pytest.mark.parametrize("name", DATASETS)
def test_real_data_have_the_constants_we_say(name):
    real_data(name)
    info = DATASETS[name]
    for split in ("train", "test"):
        data = load_dataset(name, split, download=False)
        assert data.images.shape == (COUNTS[split][name], info.channels, info.size, info.size)
        assert sorted(data.labels.unique().tolist()) == list(range(10))
    train = load_dataset(name, "train", download=False).images
    for c in range(info.channels):
        counts = torch.bincount(train[:, c].flatten(), minlength=256).double() / train[:, c].numel()
        values = torch.arange(256) / 255
        mean = (counts * values).sum()
        assert mean.item() == pytest.approx(info.mean[c], abs=2e-4)
        assert (counts * (values - mean).square()).sum().sqrt().item() == pytest.approx(info.std[c], abs=2e-4)
