"""An image of the visitor's own in every tab that shows one image, on untrained stand-ins."""

import base64
import json

import pytest

from demo.core import compare
from demo.core.encoding import to_uint8
from demo.core.state import COMPARISONS
from demo.tabs.look import inside
from demo.tabs.robustness import sweep
from demo.tabs.robustness.lines import names_of
from stn.evaluation.curves import control_values

THETA = [0.8, 0.1, 0, -0.1, 0.8, 0]
CONTROLS = {"rotation": 20, "clutter": 3, "noise": 0.1, "seed": 4}
ASK = {  # tab -> what it asks of the server about a state
    "play": compare.answer,
    "look": inside.look_inside,
    "hand": lambda *shelves_and_state: inside.by_hand(
        *shelves_and_state[:2], {"state": shelves_and_state[2], "theta": THETA}
    ),
    "robustness": lambda *shelves_and_state: sweep.sweep(
        *shelves_and_state[:2],
        {**shelves_and_state[2], "curve": "shear"} if isinstance(shelves_and_state[2], dict) else None,
    ),
}


def pixels_of(mnist_resources, sample: int) -> str:
    """A drawing as the browser would send it."""
    return base64.b64encode(to_uint8(mnist_resources[0].get("mnist").image(sample)[0]).tobytes()).decode()


def pair(mnist_resources, tab: str) -> tuple[dict, dict]:
    """What a tab is told of drawing no. 5, and of the same pixels as the visitor's own over another test image."""
    known = ASK[tab](*mnist_resources, {"dataset": "mnist", "sample": 5, **CONTROLS})
    own = ASK[tab](
        *mnist_resources, {"dataset": "mnist", "sample": 9, **CONTROLS, "image": pixels_of(mnist_resources, 5)}
    )
    assert "error" not in own, own
    assert json.loads(json.dumps(own, allow_nan=False)) == own
    return known, own


def test_play_and_the_panels_show_the_same_pixels_but_claim_no_class(mnist_resources):
    for tab in ("play", "look"):
        known, own = pair(mnist_resources, tab)
        assert own["input"] == known["input"] and own["output"] == known["output"]
        assert own["image"] == {"words": "Your own image", "label": None, "drawn": False, "own": True}
        assert known["image"]["label"] is not None and not known["image"]["own"]
        for network in own["networks"].values() if tab == "play" else [own["network"]]:
            assert network["right"] is None
            assert "right" not in network["words"] and "wrong" not in network["words"]


def test_a_theta_by_hand_looks_at_the_own_image(mnist_resources):
    known, own = pair(mnist_resources, "hand")
    assert own["output"] == known["output"] and own["stage"]["values"] == pytest.approx(THETA)
    assert own["network"]["probabilities"] == known["network"]["probabilities"]
    assert own["network"]["right"] is None


@pytest.mark.parametrize("tab", ASK)
def test_a_number_that_is_not_there_is_one_sentence_in_every_tab(mnist_resources, tab):
    assert "numbered 0 to" in ASK[tab](*mnist_resources, {"dataset": "mnist", "sample": 10**6})["error"]


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize("control", sweep.CONTROLS)
def test_an_own_image_is_swept_for_the_answer_with_the_transformer_at_rest(mnist_resources, control, comparison):
    state = {"dataset": "mnist", "sample": 9, "compare": comparison, **CONTROLS, "image": pixels_of(mnist_resources, 5)}
    found = sweep.sweep(*mnist_resources, {**state, "curve": control})
    rest = 1 if control == "scale" else 0
    assert found["at"] == rest and rest in control_values(control)
    live = compare.answer(*mnist_resources, {**state, control: found["at"]})
    roles, names = COMPARISONS[comparison], names_of(comparison, "mnist", "mnist-play-affine")
    top = live["networks"][roles[1]]["top"]
    assert found["class"] == live["classes"][top]
    here = found["values"].index(found["at"])
    assert found["networks"][names[1]]["right"][here]
    for name, role in zip(names, roles, strict=True):
        chance = 100 * live["networks"][role]["probabilities"][top]
        assert found["networks"][name]["percent"][here] == pytest.approx(chance, abs=0.11)
    assert sweep.sweep(*mnist_resources, {"dataset": "mnist", "sample": 5, "curve": control})["at"] is None


@pytest.mark.parametrize(
    "image", ["", "AAAA", 7, [], {}, "data:image/png;base64,AAAA", "*" * 1048, "A" * 10**6, float("nan")]
)
@pytest.mark.parametrize("tab", ASK)
def test_an_image_that_is_none_is_one_sentence_in_every_tab(mnist_resources, tab, image):
    answer = ASK[tab](*mnist_resources, {"dataset": "mnist", "image": image})
    assert set(answer) == {"error"}
    assert "image" in answer["error"] and "784 bytes" in answer["error"] and "\n" not in answer["error"]
