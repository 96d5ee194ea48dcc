import math

import pytest
import torch
from torch import nn

from stn import StnError
from stn.behind import BehindTransformer, put_back
from stn.distort import Controls, apply_controls
from stn.families import get_family
from stn.models import build_model
from stn.recipes import get_recipe


class Undoing(nn.Module):
    """A localisation net that knows the pose of every image: turned by so many degrees and scaled."""

    family = get_family("affine")

    def __init__(self, degrees: float, scale: float, inside: float):
        super().__init__()
        angle = math.radians(degrees)
        # theta takes the frame to the canvas as the distortion took the image there.
        c, s = inside * scale * math.cos(angle), inside * scale * math.sin(angle)
        self.theta = torch.tensor([[c, s, 0, -s, c, 0]])

    def forward(self, x):
        return self.theta.expand(len(x), -1)


def network(dataset, *pose):
    model = build_model(get_recipe(f"{dataset}-play-affine").model).eval()
    size = {"mnist": 28, "cifar10": 32}[dataset]
    canvas = get_recipe(f"{dataset}-play-affine").model.canvas
    model.net.stn.localizer = Undoing(*pose, size / canvas)
    return model, size, canvas


@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
def test_an_image_that_is_turned_by_a_quarter_comes_back_to_the_pixel(dataset, generator):
    model, size, canvas = network(dataset, 90, 1.0)
    images = torch.rand(2, model.mean.shape[1], size, size, generator=generator)
    classifier = build_model(get_recipe(f"{dataset}-play-cnn").model).eval()
    behind = BehindTransformer(model, classifier)
    given = apply_controls(images, Controls(rotation=90), canvas, images)
    untouched = apply_controls(images, Controls(), canvas, images)
    corrected = behind.correct(given)
    assert corrected.shape == untouched.shape
    torch.testing.assert_close(corrected, untouched, rtol=0, atol=1e-4)
    with torch.no_grad():
        torch.testing.assert_close(behind(given), classifier(untouched), rtol=1e-3, atol=1e-3)


def test_what_the_classifier_gets_is_the_frame_and_black_around_it():
    frame = torch.ones(1, 1, 2, 4)
    assert put_back(frame, (4, 6)).sum() == 8
    assert put_back(frame, (4, 6))[0, 0, 1:3, 1:5].eq(1).all()
    assert torch.equal(put_back(frame, (2, 4)), frame)
    for canvas in ((5, 6), (4, 2)):
        with pytest.raises(StnError, match="even number of pixels"):
            put_back(frame, canvas)


def test_networks_that_do_not_fit_are_refused():
    build = {
        name: build_model(get_recipe(name).model)
        for name in ("mnist-play-cnn", "mnist-play-affine", "cifar10-play-cnn")
    }
    with pytest.raises(StnError, match="no transformer at its input"):
        BehindTransformer(build["mnist-play-cnn"], build["mnist-play-cnn"])
    with pytest.raises(StnError, match="1 and of 3 channels"):
        BehindTransformer(build["mnist-play-affine"], build["cifar10-play-cnn"])
