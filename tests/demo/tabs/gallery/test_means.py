"""The mean images of the classes."""

import numpy as np
import pytest
import torch

from demo.tabs.gallery import means
from demo.tabs.gallery.distortions import MOST_BATCHES, drawing_seed
from tests.helpers import unpack_pixels


def test_class_means_grow_part_by_part_and_are_kept(gallery, ask, monkeypatch):
    monkeypatch.setattr(means, "PARTS", 4)
    first, second = (ask(gallery, kind="means", part=part) for part in (0, 1))
    assert (first["n"], second["n"]) == (means.PART, 2 * means.PART)
    assert not second["done"] and len(second["means"]["before"]) == len(second["means"]["after"]) == 10
    assert ask(gallery, kind="means", part=0) == second, "who comes later gets what is there"
    assert ask(gallery, kind="means", part=3)["n"] == 3 * means.PART, "one request makes one part at most"
    last = ask(gallery, kind="means", part=3)
    assert last["done"] and last["n"] == 4 * means.PART


def test_they_are_the_same_whatever_is_compared(gallery, ask):
    upright, trained = (ask(gallery, kind="means", compare=name) for name in ("upright", "trained"))
    assert upright["means"] == trained["means"] and upright["n"] == trained["n"], "and made once"


def test_the_mean_of_images_without_distortion_is_that_of_the_class(mnist_resources, ask):
    found = ask(kind="means", distortion="none")
    chosen = mnist_resources[0].get("mnist")
    threes = np.mean([chosen.images[i] for i, label in enumerate(chosen.labels) if label == 3], 0)
    mean = unpack_pixels(found["means"]["before"][3])[16:44, 16:44, 0]
    assert abs(mean - threes[0]).max() <= 1, "each of the four drawings counts twice"


def test_equal_images_keep_all_their_detail_and_unequal_ones_lose_it():
    def kept(images):
        sums = {}
        means._add(sums, "before", images, torch.zeros(len(images), dtype=torch.long), 2)
        return means.kept_detail(sums, "before")

    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    assert kept(image.repeat(5, 1, 1, 1)) == pytest.approx(1)
    assert kept(torch.rand(400, 1, 8, 8, generator=torch.Generator().manual_seed(1))) == pytest.approx(0.05, abs=0.02)


def test_every_batch_of_the_means_has_a_seed_of_its_own(gallery, ask, monkeypatch):
    used = []
    whole = means.draw_controls

    def noting(distortion, n, seed, edges):
        used.append(seed)
        return whole(distortion, n, seed, edges)

    monkeypatch.setattr(means, "draw_controls", noting)
    for seed in (1, 2):
        for part in (0, 1):
            ask(gallery, kind="means", seed=seed, part=part)
    batches = len(used) // 4
    assert used == [drawing_seed(s, part, n) for s in (1, 2) for part in (0, 1) for n in range(batches)]
    assert batches <= MOST_BATCHES
