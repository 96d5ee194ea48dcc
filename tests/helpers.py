"""What tests share besides fixtures: small data, short recipes, when a test needs the real data, and waiting."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from stn.config import Recipe
from stn.data import Dataset, dataset_info, is_available
from stn.recipes import get_recipe


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


def short(name: str, **options) -> Recipe:
    """The recipe for two epochs of small batches, with other options of its training."""
    recipe = get_recipe(name)
    return replace(recipe, train=replace(recipe.train, epochs=2, batch_size=32, **options))


TUNED = short("mnist-tutorial-tuned")


def real_data(name: str) -> None:
    """Skips the test where the data set is not on this machine; in CI, a folder that is named must have it."""
    if not is_available(name):
        assert not (os.environ.get("CI") and os.environ.get("STN_DATA")), f"no {name} in $STN_DATA"
        pytest.skip(f"no {name} here; set STN_DATA")


def unpack_pixels(encoded: dict) -> np.ndarray:
    """As the page's JavaScript reads them: uint8 (H, W, C)."""
    raw = np.frombuffer(base64.b64decode(encoded["data"]), dtype=np.uint8)
    return raw.reshape(encoded["height"], encoded["width"], encoded["channels"])


def until(condition, seconds: float = 10) -> None:
    """Waits until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def run_alone(scene: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine in a thread of its own: Playwright leaves a running loop in that of the tests."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, scene).result()
