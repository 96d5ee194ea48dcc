"""Small stand-ins for the data sets, so that every test but the ones on real data runs anywhere."""

from __future__ import annotations

import pytest
import torch

from stn.data import Dataset, dataset_info, is_available


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


@pytest.fixture
def small_mnist() -> Dataset:
    return bars(320)


def real_data(name: str) -> None:
    """Skips the test where the data set is not on this machine."""
    if not is_available(name):
        pytest.skip(f"no {name} here; set STN_DATA")
