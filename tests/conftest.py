"""Small stand-ins for the data sets, so that every test but the ones on real data runs anywhere."""

from __future__ import annotations

import os

import pytest
import torch

from demo.pictures import PictureShelf
from demo.shelf import ModelShelf
from stn.checkpoint import save_checkpoint
from stn.data import Dataset, dataset_info, is_available
from stn.models import build_model
from stn.recipes import get_recipe


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def bars(n: int, dataset: str = "mnist", seed: int = 0) -> Dataset:
    """A data set whose class is the place of a bright bar: learnt within seconds, and by anything that sees."""
    info = dataset_info(dataset)
    g = torch.Generator().manual_seed(seed)
    labels = torch.randint(10, (n,), generator=g)
    images = torch.randint(0, 60, (n, info.channels, info.size, info.size), generator=g, dtype=torch.uint8)
    for i, label in enumerate(labels.tolist()):
        row = 4 + 2 * label
        images[i, :, row : row + 3, 8:20] = 250
    return Dataset(info, images, labels)


@pytest.fixture(scope="module")
def mnist_shelves(tmp_path_factory) -> tuple[PictureShelf, ModelShelf]:
    """MNIST's drawings, and an untrained pair of networks in place of the playground's."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    for name in ("mnist-play-cnn", "mnist-play-affine"):
        recipe = get_recipe(name)
        save_checkpoint(folder / f"{name}.safetensors", recipe, build_model(recipe.model), {"result": {}})
    return PictureShelf(tmp_path_factory.mktemp("no-data")), ModelShelf(folder)


@pytest.fixture
def small_mnist() -> Dataset:
    return bars(320)


@pytest.fixture
def no_data(monkeypatch):
    """Small generated data in place of the real ones."""
    for module in ("experiment", "evaluate"):
        monkeypatch.setattr(f"stn.{module}.load_dataset", lambda name, split, folder: bars(200, name))


def real_data(name: str) -> None:
    """Skips the test where the data set is not on this machine; in CI, a folder that is named must have it."""
    if not is_available(name):
        assert not (os.environ.get("CI") and os.environ.get("STN_DATA")), f"no {name} in $STN_DATA"
        pytest.skip(f"no {name} here; set STN_DATA")
