"""Configurations of every kind: what is written is read back, and what was spoilt is refused in a sentence."""

import json
from dataclasses import fields
from types import UnionType
from typing import get_args, get_origin, get_type_hints

from hypothesis import given
from hypothesis import strategies as st

from stn.config import ModelConfig, Recipe, TrainConfig, recipe_from_dict, recipe_to_dict
from stn.errors import StnError
from stn.recipes import get_recipe, list_recipes
from tests.generated import JSON, spoilt

PLAIN = {
    bool: st.booleans(),
    int: st.integers(),
    float: st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers()),
    str: st.text(max_size=8),
    type(None): st.none(),
}


def of_type(hint) -> st.SearchStrategy:
    """Values that a field with this annotation may have."""
    if hint in (ModelConfig, TrainConfig, Recipe):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: of_type(hints[field.name]) for field in fields(hint)})
    if isinstance(hint, UnionType):
        return st.one_of(*map(of_type, get_args(hint)))
    if get_origin(hint) is tuple:
        first, *rest = get_args(hint)
        if rest == [...]:
            return st.lists(of_type(first), max_size=3).map(tuple)
        return st.tuples(*map(of_type, (first, *rest)))
    return PLAIN[hint]


@given(of_type(Recipe))
def test_any_recipe_survives_json(recipe):
    assert recipe_from_dict(json.loads(json.dumps(recipe_to_dict(recipe)))) == recipe


def read_or_refuse(data) -> Recipe | None:
    try:
        return recipe_from_dict(data)
    except StnError as error:
        assert "\n" not in str(error)
        return None


@given(st.data())
def test_a_spoilt_configuration_is_read_or_refused_in_a_sentence(data):
    whole = recipe_to_dict(get_recipe(data.draw(st.sampled_from(sorted(list_recipes())))))
    changed = json.loads(json.dumps(spoilt(data.draw, whole)))
    recipe = read_or_refuse(changed)
    if recipe is not None:  # nothing was lost: what it was read from is what it writes
        written = recipe_to_dict(recipe)
        kept = {
            key: {name: written[key][name] for name in value} if isinstance(value, dict) else written[key]
            for key, value in changed.items()
        }
        assert json.dumps(kept) == json.dumps(changed)  # as text, where NaN is itself


@given(JSON)
def test_anything_else_is_refused_in_a_sentence(anything):
    assert read_or_refuse(anything) is None
