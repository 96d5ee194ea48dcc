"""What a visitor sees first makes the page's point, with the shipped networks, on the test set and on the drawings."""

import os

import pytest

from demo.core import compare
from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.core.state import OPENING
from stn.data import is_available


@pytest.mark.parametrize("real", [True, False])
def test_the_opening_image_is_wrong_as_it_is_and_right_behind_the_transformer(tmp_path, real):
    folder = os.environ.get("STN_DATA") if real else tmp_path
    if real and not (folder and is_available(OPENING.dataset, folder)):
        pytest.skip("MNIST is not here: set STN_DATA")
    seen = compare.for_view(compare.compare(ImageStore(folder), ModelStore(), OPENING))
    as_it_is, behind = (seen["networks"][role] for role in ("upright", "behind"))
    assert not as_it_is["right"] and as_it_is["probabilities"][as_it_is["top"]] > 0.8
    assert behind["right"] and behind["probabilities"][behind["top"]] > 0.8
    assert seen["turn"]["off"] == "" and abs(seen["turn"]["left"]) < 15
    assert seen["image"]["drawn"] == (not real)
