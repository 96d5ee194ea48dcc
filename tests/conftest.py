"""Small stand-ins for the data sets, so that every test but the ones on real data runs anywhere."""

from __future__ import annotations

import pytest
import torch
from hypothesis import settings

from demo.core.models import ModelStore
from demo.core.pictures import ImageStore
from stn.checkpoint import save_checkpoint
from stn.data import Dataset
from stn.models import build_model
from stn.recipes import get_recipe
from tests.helpers import bars

# The same examples at every run; --hypothesis-profile=search looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, max_examples=100, database=None)
settings.register_profile("search", deadline=None, max_examples=5000, database=None)
settings.load_profile("same")


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="module")
def mnist_resources(tmp_path_factory) -> tuple[ImageStore, ModelStore]:
    """MNIST's drawings, and an untrained pair of networks in place of the playground's."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    for name in ("mnist-play-cnn", "mnist-play-affine"):
        recipe = get_recipe(name)
        save_checkpoint(folder / f"{name}.safetensors", recipe, build_model(recipe.model), {"result": {}})
    return ImageStore(tmp_path_factory.mktemp("no-data")), ModelStore(folder)


@pytest.fixture
def small_mnist() -> Dataset:
    return bars(320)


@pytest.fixture
def no_data(monkeypatch):
    """Small generated data in place of the real ones."""
    for module in ("training.experiment", "evaluation.accuracy"):
        monkeypatch.setattr(f"stn.{module}.load_dataset", lambda name, split, folder: bars(200, name))
