"""Requests and links of every kind: a state or a sentence, and a link gives back the state that it was made from."""

import math
from dataclasses import asdict, fields, replace
from urllib.parse import parse_qsl, urlencode

from hypothesis import given
from hypothesis import strategies as st

from demo.core.state import COMPARISONS, CONTROL_NAMES, TABS, TYPES, VIEWS, ViewState, from_query, parse_request
from stn.controls import CONTROL_RANGES, EDGES, Controls
from stn.data import DATASETS
from stn.errors import StnError
from tests.generated import JSON

KEYS = [*(f.name for f in fields(ViewState) if f.name != "controls"), *CONTROL_NAMES]
RIGHT = {
    "dataset": st.sampled_from(sorted(DATASETS)),
    "sample": st.integers(0, 2**31 - 1),
    "model": st.one_of(st.none(), st.sampled_from(["mnist-play-affine", "nosuch", "ü &=?#%+"])),
    **{name: st.floats(low, high) for name, (low, high) in CONTROL_RANGES.items() if name != "clutter"},
    "clutter": st.integers(*map(int, CONTROL_RANGES["clutter"])),
    "seed": st.integers(0, 2**31 - 1),
    "edges": st.sampled_from(EDGES),
    "compare": st.sampled_from(sorted(COMPARISONS)),
    "tab": st.sampled_from(TABS),
    "view": st.sampled_from(VIEWS),
    "type": st.sampled_from(TYPES),
    "room": st.one_of(st.none(), st.sampled_from(["K3JX4", "ü &=?#%+"])),
    "teacher": st.one_of(st.none(), st.sampled_from(["4iX_-9", "ü &=?#%+"])),
}
STATES = st.fixed_dictionaries(RIGHT).map(parse_request)


def check(state: ViewState) -> None:
    """What all code behind parse_request() relies on."""
    assert state.dataset in DATASETS and state.tab in TABS and state.view in VIEWS
    assert state.compare in COMPARISONS and state.type in TYPES and state.controls.edges in EDGES
    assert state.model is None or (isinstance(state.model, str) and 0 < len(state.model) <= 80)
    for name, (low, high) in CONTROL_RANGES.items():
        assert low <= getattr(state.controls, name) <= high and math.isfinite(getattr(state.controls, name))
    for whole in (state.sample, state.controls.seed, state.controls.clutter):
        assert type(whole) is int and 0 <= whole < 2**31


def parse_or_refuse(request) -> ViewState | None:
    try:
        state = parse_request(request)
    except StnError as error:
        assert "\n" not in str(error) and len(str(error)) < 400
        return None
    check(state)
    return state


def test_the_generated_requests_have_every_key():
    assert set(RIGHT) == set(KEYS)


@given(JSON)
def test_anything_is_a_state_or_a_sentence(request_):
    parse_or_refuse(request_)


@given(st.fixed_dictionaries({}, optional={key: st.one_of(right, JSON) for key, right in RIGHT.items()}))
def test_a_request_with_some_keys_wrong_is_a_state_or_a_sentence(request_):
    parse_or_refuse(request_)


@given(st.fixed_dictionaries(RIGHT))
def test_what_is_right_arrives(request_):
    state = parse_request(request_)
    found = {**asdict(state), **asdict(state.controls)}
    assert {key: found[key] for key in KEYS} == request_


def written(value: object) -> str:
    """As link.js writes it: a number with at most four decimals, none of them a last 0."""
    if not isinstance(value, int | float):
        return str(value)
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def link_of(state: ViewState) -> str:
    """The query that link.js writes for a state: what differs from the defaults, the data set and the sample always."""
    neutral = {**asdict(Controls()), "tab": TABS[0], "view": VIEWS[0], "type": TYPES[0], "model": None}
    neutral |= {"room": None, "teacher": None}
    found = {**asdict(state), **asdict(state.controls)}
    return urlencode({key: written(found[key]) for key in KEYS if key not in neutral or found[key] != neutral[key]})


@given(STATES)
def test_a_link_gives_the_state_that_it_was_made_from(state):
    values = {name: round(getattr(state.controls, name), 4) for name in CONTROL_RANGES}
    found, complaints = from_query(dict(parse_qsl(link_of(state), strict_parsing=True)))
    assert (found, complaints) == (replace(state, controls=replace(state.controls, **values)), [])


@given(st.dictionaries(st.one_of(st.sampled_from([*KEYS, "show"]), st.text(max_size=8)), st.text(max_size=100)))
def test_any_link_gives_a_state_and_sentences(query):
    state, complaints = from_query(query)
    check(state)
    assert all("\n" not in sentence and len(sentence) < 400 for sentence in complaints)
