"""The soak: what it takes for the same answer and what not, and that a short one finds nothing wrong with the page."""

import base64
import copy

import numpy as np
import pytest

from demo.core.compare import answer
from demo.measuring.server import MeasuringError
from demo.measuring.visitor import Target, User
from demo.soak import alike, soak


@pytest.fixture(scope="module")
def answers(mnist_resources):
    user = User(Target("", 0, "", ""), 0, "mnist")
    return [answer(*mnist_resources, user.state()) for _ in range(3)]


def test_the_same_answer_is_alike_whatever_it_took(answers):
    first = answers[0]
    assert alike(first, copy.deepcopy(first) | {"milliseconds": 10**6})


def test_what_sums_in_another_order_change_is_alike(answers):
    other = copy.deepcopy(answers[0])
    pixels = np.frombuffer(base64.b64decode(other["output"]["data"]), np.uint8).copy()
    pixels[::7] ^= 1
    other["output"]["data"] = base64.b64encode(pixels).decode()
    assert alike(answers[0], other)
    assert alike({"says": "Turned by 40.1 degrees."}, {"says": "Turned by 40.2 degrees."})


def test_the_answer_to_the_next_slider_is_another(answers):
    for one in answers:
        assert [alike(one, other) for other in answers].count(True) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"b": 1}),
        ([1], [1, 1]),
        ({"a": "left"}, {"a": "right"}),
        (0.5, 0.6),
        (None, 1),
        ("a" * 600, "b" * 600),
    ],
    ids=str,
)
def test_what_is_another_answer(one, other):
    assert not alike(one, other) and alike(one, one)


@pytest.mark.parametrize("given", [(0, 1, 1), (float("nan"), 1, 1), (1, 0, 1), (1, 1, -1), (1, 1001, 1)])
def test_nonsense_is_one_sentence(given):
    with pytest.raises(MeasuringError) as caught:
        soak(*given)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_short_soak_mixes_nothing_up(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_DATA", str(tmp_path))
    seen = soak(minutes=0.1, users=3, trainings=1, minute=2)
    assert (seen["mixed"], seen["errors"], seen["first_error"]) == (0, 0, None)
    assert seen["answers"] > 10 and seen["updates"] > 0 and seen["runs"] == 1
    assert len(seen["rss_mb"]) >= 2
