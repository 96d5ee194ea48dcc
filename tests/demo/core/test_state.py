"""Requests and links: what is accepted, and the one sentence for what is not."""

import json
import math

import pytest

from demo.core.state import CONTROL_NAMES, KEYS, OPENING, SLIDERS, ViewState, for_scripts, from_query, parse_request
from stn.controls import CONTROL_RANGES, EDGES, Controls
from stn.errors import StnError


def refusal(request) -> str:
    with pytest.raises(StnError) as caught:
        parse_request(request)
    message = str(caught.value)
    assert "\n" not in message and message.endswith((".", "?"))
    return message


def test_everything_but_the_data_set_has_a_default():
    assert parse_request({"dataset": "mnist"}) == ViewState("mnist", 0, None, Controls(), "play", "page")


def test_every_control_arrives():
    values = {"rotation": -31, "scale": 0.8, "shift_x": 0.1, "shift_y": -0.2, "shear": 5, "clutter": 3, "noise": 0.1}
    assert parse_request({"dataset": "cifar10", **values, "seed": 7}).controls == Controls(**values, seed=7)


@pytest.mark.parametrize("bad", [None, "mnist", 7, [], [("dataset", "mnist")]])
def test_what_is_no_object_is_refused(bad):
    assert "object" in refusal(bad)


@pytest.mark.parametrize("bad", ["svhn", "", None, 3, ["mnist"], {"a": 1}])
def test_an_unknown_data_set_gets_the_list(bad):
    assert "cifar10, mnist" in refusal({"dataset": bad})


def test_a_missing_data_set_and_an_unknown_key_are_named():
    assert "dataset" in refusal({"rotation": 3})
    assert "'rotation'" in refusal({"dataset": "mnist", "rotatoin": 3})


@pytest.mark.parametrize("name", CONTROL_RANGES)
@pytest.mark.parametrize(
    "bad", [math.nan, math.inf, -math.inf, 1e9, -1e9, 10**400, -(10**400), "3", None, True, [1], {"value": 1}]
)
def test_a_control_that_is_no_number_in_its_range_is_refused_with_the_range(name, bad):
    low, high = CONTROL_RANGES[name]
    message = refusal({"dataset": "mnist", name: bad})
    assert message.startswith(name) and f"from {low:g} to {high:g}" in message


@pytest.mark.parametrize("name", CONTROL_RANGES)
def test_the_ends_of_every_range_belong_to_it(name):
    for end in CONTROL_RANGES[name]:
        assert getattr(parse_request({"dataset": "mnist", name: end}).controls, name) == end


@pytest.mark.parametrize("name", ["clutter", "seed", "sample"])
def test_counts_are_whole_and_not_negative(name):
    assert "whole number" in refusal({"dataset": "mnist", name: 1.5})
    refusal({"dataset": "mnist", name: -1})
    refusal({"dataset": "mnist", name: 10**400})
    assert parse_request({"dataset": "mnist", name: 2.0}) == parse_request({"dataset": "mnist", name: 2})


def test_long_rubbish_is_not_echoed_at_length():
    assert len(refusal({"dataset": "x" * 100_000})) < 200
    assert len(refusal({"dataset": "mnist", "y" * 100_000: 1})) < 300
    assert len(refusal({"dataset": "mnist", "rotation": "z" * 100_000})) < 200
    refusal({"dataset": "mnist", "model": "m" * 100_000})


@pytest.mark.parametrize("digits", [400, 9000])
def test_a_number_of_any_length_is_named_in_40_characters(digits):
    message = refusal({"dataset": "mnist", "rotation": 10**digits})
    assert len(message.removeprefix("rotation is ").split(";")[0]) <= 40
    refusal({"dataset": 10**digits})
    refusal({"dataset": "mnist", "rotation": [10**digits]})


def test_the_link_in_the_design_is_understood():
    query = {"dataset": "mnist", "sample": "7", "rotation": "30", "scale": "0.8", "clutter": "4", "view": "class"}
    state, trouble = from_query(query)
    assert (state.sample, state.view, trouble) == (7, "class", [])
    assert state.controls == Controls(rotation=30, scale=0.8, clutter=4)


def test_gradios_own_panels_under_the_same_key_are_no_mistake():
    assert from_query({"view": "api", "dataset": "mnist", "sample": "7"}) == (ViewState(sample=7), [])
    assert from_query({"view": "settings"}) == (OPENING, [])


def test_no_link_gives_the_opening_and_foreign_keys_are_left_alone():
    assert from_query({}) == (OPENING, [])
    assert from_query({"__theme": "dark"}) == (OPENING, [])
    state, _ = from_query({"view": "class"})
    assert state.view == "class" and state.controls == OPENING.controls


def test_a_bad_part_of_a_link_is_named_and_the_rest_is_kept():
    state, trouble = from_query(
        {"dataset": "mnist", "rotation": "900", "scale": "0.7", "noise": "nan", "shear": "lots"}
    )
    assert state.controls == Controls(scale=0.7)
    assert [sentence.split()[0] for sentence in trouble] == ["rotation", "noise", "shear"]


@pytest.mark.parametrize("name", ["rotation", "clutter", "sample", "seed"])
@pytest.mark.parametrize(
    "text",
    [
        "1_0",
        " 1",
        "1 ",
        "+1",
        "1e1",
        "1E1",
        "infinity",
        "nan",
        "0x1",
        "\uff11",
        "\u0663",
        "1,5",
        "--1",
        ".",
        "-",
        "1.2.3",
        "1\n",
    ],
)
def test_a_number_in_a_link_is_plain_decimal_notation(name, text):
    state, trouble = from_query({"dataset": "mnist", name: text})
    assert state == ViewState() and len(trouble) == 1 and trouble[0].startswith(f"{name} is ")


def test_plain_numbers_of_a_link_are_taken():
    for text, value in (("-12.5", -12.5), ("7", 7), ("7.", 7), (".5", 0.5), ("-0", 0), ("007", 7), ("0.0001", 1e-4)):
        assert from_query({"dataset": "mnist", "rotation": text}) == (ViewState(controls=Controls(rotation=value)), [])


def test_a_bad_data_set_in_a_link_falls_back_to_mnist():
    state, trouble = from_query({"dataset": "<script>", "rotation": "10"})
    assert state.dataset == "mnist" and state.controls.rotation == 10 and "data set" in trouble[0]


def test_the_table_agrees_with_the_state_it_describes():
    assert set(CONTROL_NAMES) == {*CONTROL_RANGES, "seed", "edges"} and set(SLIDERS) == set(CONTROL_RANGES)
    assert parse_request({"dataset": KEYS["dataset"].default}) == ViewState()
    for name, (low, high) in CONTROL_RANGES.items():
        key = KEYS[name]
        assert (key.low, key.high, key.default) == (low, high, getattr(Controls(), name)) and key.label
        steps = (key.default - low) / key.step
        assert steps == pytest.approx(round(steps)), "the slider stops where it rests"


def test_edges_are_shown_or_hidden_and_a_link_says_so():
    assert KEYS["edges"].choices == EDGES == ("shown", "hidden")
    assert parse_request({"dataset": "mnist", "edges": "hidden"}).controls == Controls(edges="hidden")
    assert from_query({"dataset": "cifar10", "edges": "hidden"}) == (
        ViewState("cifar10", controls=Controls(edges="hidden")),
        [],
    )
    for bad in (None, True, 1, ["hidden"], "Hidden"):
        assert "hidden, shown" in refusal({"dataset": "mnist", "edges": bad})
    state, trouble = from_query({"dataset": "mnist", "edges": "no", "rotation": "30"})
    assert state.controls == Controls(rotation=30) and len(trouble) == 1


def test_the_table_for_the_scripts_is_json_and_says_the_same():
    sent = json.loads(json.dumps(for_scripts(), allow_nan=False))
    assert list(sent) == list(KEYS)
    assert (sent["shear"]["low"], sent["shear"]["high"], sent["shear"]["step"]) == (-30, 30, 1)
    assert sent["tab"]["choices"] == list(KEYS["tab"].choices)
