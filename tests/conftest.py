"""Small stand-ins for the data sets, so that every test but the ones on real data runs anywhere."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from demo.core.images import ImageStore
from demo.core.models import ModelStore
from stn.checkpoint import save_checkpoint
from stn.data import Dataset
from stn.models import build_model
from stn.recipes import get_recipe
from tests.helpers import bars

# Tests run in several processes at a time, and whatever they start has a core each.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["STN_FETCH"] = "0"  # no page that a test starts downloads data sets
torch.set_num_threads(1)

# The same examples at every run; --hypothesis-profile=search looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, max_examples=100, database=None)
settings.register_profile("search", deadline=None, max_examples=5000, database=None)
settings.load_profile("same")


def pytest_xdist_auto_num_workers(config) -> int:
    """A process a core, but no more than four and none for each file that is named: one file runs in this process."""
    named = {arg.split("::")[0] for arg in config.args}
    files = len(named) if all(Path(name).is_file() for name in named) else 4
    workers = min(os.cpu_count() or 1, files, 4)
    return workers if workers > 1 else 0


def pytest_collection_modifyitems(items) -> None:
    """Files with slow tests first, then those with a browser: quick ones are what fills the processes at the end."""

    def rank(marks: set[str]) -> int:
        return 0 if "slow" in marks else 1 if "browser" in marks else 2

    marks: dict[Path, set[str]] = {}
    for item in items:
        marks.setdefault(item.path, set()).update(mark.name for mark in item.iter_markers())
    items.sort(key=lambda item: rank(marks[item.path]))


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="module")
def mnist_resources(tmp_path_factory) -> tuple[ImageStore, ModelStore]:
    """MNIST's drawings, and an untrained pair of networks in place of the playground's."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    for name in ("mnist-play-cnn", "mnist-play-affine", "mnist-upright-cnn"):
        recipe = get_recipe(name)
        save_checkpoint(folder / f"{name}.safetensors", recipe, build_model(recipe.model), {"result": {}})
    return ImageStore(tmp_path_factory.mktemp("no-data")), ModelStore(folder)


@pytest.fixture
def small_mnist() -> Dataset:
    return bars(320)


@pytest.fixture
def full_disk():
    """A block in which no file may grow beyond 4 kB: where it is not for root to fill a disk, that fails likewise."""
    resource = pytest.importorskip("resource")

    @contextlib.contextmanager
    def full():
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return full()


@pytest.fixture
def no_data(monkeypatch):
    """Small generated data in place of the real ones."""
    for module in ("training.experiment", "evaluation.accuracy"):
        monkeypatch.setattr(f"stn.{module}.load_dataset", lambda name, split, folder: bars(200, name))
