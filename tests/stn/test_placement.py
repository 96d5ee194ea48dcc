"""What Finnveden, Jansson, Lindeberg (2020) say of transformers on feature maps, on a network with one."""

import pytest
import torch

from stn import geometry, load_checkpoint
from stn.distort import warp
from stn.evaluation.accuracy import load_test
from stn.evaluation.rectify import correlation, turned
from stn.modules import SpatialTransformer
from tests.helpers import real_data


@pytest.mark.slow
@torch.no_grad()
def test_maps_turned_back_are_not_the_maps_of_the_image_turned_back():
    real_data("mnist")
    model, info = load_checkpoint("mnist-rts-affine-feature")
    model.eval()
    layers = model.net.features
    place = next(i for i, layer in enumerate(layers) if isinstance(layer, SpatialTransformer))
    test, canvas = load_test(info.recipe), info.recipe.model.canvas
    digits = test.images[:300].float() / 255

    def maps(images):
        return layers[:place]((images - model.mean) / model.std)

    upright = maps(warp(digits, turned(0.0, 300, canvas, 28), canvas))
    by_maps, by_images = [], []
    for angle in torch.linspace(-45, 45, 13).tolist():
        if angle == 0:
            continue
        given = warp(digits, turned(angle, 300, canvas, 28), canvas)
        back = geometry.product(geometry.invert(turned(angle, 300, canvas, 28)), turned(0.0, 300, canvas, 28))
        seen = maps(given)
        by_maps.append(correlation(geometry.sample(seen, geometry.affine_grid(back, seen.shape[-2:])), upright))
        straight = geometry.sample(given, geometry.affine_grid(back, (canvas, canvas)))
        by_images.append(correlation(maps(straight), upright))
    # The figures in checkpoints/EXPERIMENTS.md.
    assert torch.stack(by_maps).mean().item() == pytest.approx(0.80, abs=0.01)
    assert torch.stack(by_images).mean().item() == pytest.approx(0.91, abs=0.01)
