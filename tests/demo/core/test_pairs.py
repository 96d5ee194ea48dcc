"""Both comparisons, on untrained stand-ins: who is asked, and with which image."""

import numpy as np
import pytest
import torch

from demo.core.pairs import TITLES, find_pair
from demo.core.state import COMPARISONS
from stn.behind import BehindTransformer
from stn.errors import StnError


@pytest.fixture
def x(generator):
    return torch.rand(3, 1, 60, 60, generator=generator)


def test_every_role_has_a_title_and_belongs_to_one_comparison():
    roles = [role for pair in COMPARISONS.values() for role in pair]
    assert len(set(roles)) == len(roles) == 4 and set(TITLES) == set(roles)


def test_the_upright_cnn_is_asked_twice_as_if_each_were_alone(mnist_resources, x):
    models = mnist_resources[1]
    seen = find_pair(models, "mnist", None, "upright").explain(x.numpy())
    stn, cnn = models.get("mnist-play-affine").model, models.get("mnist-upright-cnn").model
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(seen.logits["upright"]), cnn(x), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(
            torch.from_numpy(seen.logits["behind"]), BehindTransformer(stn, cnn)(x), rtol=1e-4, atol=1e-4
        )
    assert list(seen.logits) == list(COMPARISONS["upright"])
    assert seen.stages[0].name == "net.stn" and seen.stages[0].output.shape == (3, 1, 28, 28)


def test_the_trained_pair_are_two_networks_with_weights_of_their_own(mnist_resources, x):
    models = mnist_resources[1]
    seen = find_pair(models, "mnist", None, "trained").explain(x.numpy())
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(seen.logits["cnn"]), models.get("mnist-play-cnn").model(x))
        torch.testing.assert_close(torch.from_numpy(seen.logits["stn"]), models.get("mnist-play-affine").model(x))


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_predictions_are_the_likeliest_classes_the_plain_network_first(mnist_resources, x, comparison):
    pair = find_pair(mnist_resources[1], "mnist", None, comparison)
    logits = pair.explain(x.numpy()).logits
    for found, role in zip(pair.predict(x.numpy()), pair.roles, strict=True):
        assert found.tolist() == logits[role].argmax(1).tolist()


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_nobody_is_held_up_after_an_error(mnist_resources, comparison):
    pair = find_pair(mnist_resources[1], "mnist", None, comparison)
    with pytest.raises((StnError, RuntimeError)):
        pair.explain(np.zeros((1, 3, 60, 60), np.float32))
    assert not pair.stn.lock.locked() and not pair.cnn.lock.locked()
