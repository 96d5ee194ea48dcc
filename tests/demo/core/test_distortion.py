"""Images are distorted in NumPy as `stn.distort` distorts them in PyTorch, to less than a gray level."""

import random

import numpy as np
import pytest
import torch

from demo.core.distortion import distort
from demo.core.geometry import placements
from demo.core.images import drawings
from stn.controls import CONTROL_RANGES, Controls
from stn.distort import apply_each, placement_matrix

NEAR = 1e-4
CANVAS = {"mnist": 60, "cifar10": 48}
ENDS = [Controls(**{name: end}, seed=3) for name, range_ in CONTROL_RANGES.items() for end in range_]
HIDDEN = [Controls(rotation=r, scale=0.7, shift_x=0.1, clutter=4, noise=0.2, edges="hidden") for r in (0, 33, 90)]
CORNERS = [  # where an image shrinks most, and leaves the canvas
    Controls(rotation=r, scale=s, shear=h, shift_x=0.4, shift_y=-0.4)
    for r in (-90, 37)
    for s in (0.5, 1.5)
    for h in (-30, 30)
]


def anything(seed: int) -> Controls:
    rng = random.Random(seed)
    drawn = {name: rng.uniform(*range_) for name, range_ in CONTROL_RANGES.items()}
    return Controls(**{**drawn, "clutter": round(drawn["clutter"])}, seed=rng.randrange(2**31))


@pytest.mark.parametrize("dataset", CANVAS)
def test_images_are_distorted_as_stn_distorts_them_at_every_slider(dataset):
    chosen = drawings(dataset)
    controls = [*ENDS, *HIDDEN, *CORNERS, *map(anything, range(20))]
    images = np.concatenate([chosen.image(i % len(chosen)) for i in range(len(controls))])
    stock = [chosen.clutter_from] * len(controls)
    found = distort(images, controls, CANVAS[dataset], stock)
    tensors = torch.from_numpy(images), [torch.from_numpy(each) for each in stock]
    wanted = apply_each(tensors[0], controls, CANVAS[dataset], tensors[1]).numpy()
    assert found.shape == wanted.shape and found.dtype == np.float32
    for one, image, other in zip(controls, found, wanted, strict=True):
        assert np.abs(image - other).max() < NEAR, one


def test_an_image_is_distorted_among_others_as_alone():
    chosen, controls = drawings("mnist"), [anything(seed) for seed in range(4)]
    images, stock = np.concatenate([chosen.image(i) for i in range(4)]), chosen.clutter_from
    together = distort(images, controls, 60, [stock] * 4)
    for i, one in enumerate(controls):
        assert np.array_equal(distort(images[i : i + 1], [one], 60, [stock])[0], together[i])


def test_placements_are_the_matrices_of_stn():
    controls = [*ENDS, *CORNERS]
    rotation, scale, shear = torch.tensor([[c.rotation, c.scale, c.shear] for c in controls]).T
    shift = torch.tensor([[c.shift_x, c.shift_y] for c in controls])
    wanted = placement_matrix(rotation, scale, shift, shear, 60, 28)
    assert np.allclose(placements(controls, 60, 28), wanted.numpy(), atol=1e-5)
