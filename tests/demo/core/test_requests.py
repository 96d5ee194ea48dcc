"""The one validator: what is clean passes as it is, anything else is refused in one short sentence."""

import json
import math

import pytest

from demo.core.requests import LARGEST, choice, flag, mapping, number, numbers, shorten, split, text, whole
from stn.errors import StnError


def nested(depth: int) -> list:
    inner: list = []
    for _ in range(depth):
        inner = [inner]
    return inner


NOT_NUMBERS = [math.nan, math.inf, -math.inf, 10**400, -(10**9000), 1e308, True, None, "3", [1], {"value": 1}]
RUBBISH = [
    *NOT_NUMBERS,
    "",
    "x" * 10**6,
    "\ud800",  # half a character, which JSON may hold and UTF-8 may not
    "a\nb\r\u2028c",
    "\u202egnp.exe",
    "\U000e0001" * 100,
    nested(50_000),
    {"a": {"b": {"c": [1] * 10**5}}},
    object(),
    b"bytes",
]
CHECKS = {
    "mapping": lambda given: mapping("request", given, ["dataset"], ["dataset"]),
    "choice": lambda given: choice("data set", given, ["mnist", "cifar10"]),
    "flag": lambda given: flag("paused", given),
    "whole": lambda given: whole("part", given, 0, 24),
    "number": lambda given: number("rotation", given, -90, 90),
    "numbers": lambda given: numbers("theta", given, ["angle", "scale"], -8, 8),
    "each number": lambda given: numbers("theta", [0, given], ["angle", "scale"], -8, 8),
    "a key": lambda given: mapping("request", {given: 1}, ["dataset"]),
}


def sentence(check, given) -> str:
    with pytest.raises(StnError) as caught:
        check(given)
    said = str(caught.value)
    assert said.isprintable() and len(said) < 200 and said.endswith((".", "?"))
    json.dumps(said, ensure_ascii=False).encode()  # as the server sends it
    return said


@pytest.mark.parametrize("given", RUBBISH, ids=range(len(RUBBISH)))
@pytest.mark.parametrize("check", CHECKS)
def test_anything_is_refused_in_one_short_sentence(check, given):
    if check == "flag" and given is True:
        assert CHECKS[check](given) is True
    elif check == "a key" and isinstance(given, list | dict):
        return  # no object has such a key
    else:
        sentence(CHECKS[check], given)


@pytest.mark.parametrize("given", RUBBISH, ids=range(len(RUBBISH)))
def test_a_name_is_short_text_or_nothing(given):
    if given is None or given == "":
        assert text("model", given) is None
    elif isinstance(given, str) and len(given) <= 80:
        assert text("model", given) == given, "only its reader knows which names there are"
    else:
        assert "name" in sentence(lambda one: text("model", one), given)


def test_a_choice_names_the_valid_ones_and_the_nearest():
    assert choice("data set", "mnist", ["mnist", "cifar10"]) == "mnist"
    said = sentence(lambda one: choice("data set", one, {"mnist": 1, "cifar10": 2}), "minst")
    assert "'minst'" in said and "cifar10, mnist" in said and "Did you mean 'mnist'?" in said
    assert "cifar10, mnist" in sentence(CHECKS["choice"], ["mnist"])


def test_the_ends_of_a_range_belong_to_it_and_are_named():
    assert [whole("n", n, -1, 24) for n in (-1, 24)] == [-1, 24]
    assert [number("n", n, 0.5, 1.5) for n in (0.5, 1.5)] == [0.5, 1.5]
    assert "from -1 to 24" in sentence(lambda one: whole("n", one, -1, 24), 25)
    assert "from 0.5 to 1.5" in sentence(lambda one: number("n", one, 0.5, 1.5), math.nextafter(1.5, 2))
    assert "from 0 to 2147483647" in sentence(lambda one: whole("n", one), LARGEST + 1)


def test_a_number_comes_back_as_what_it_is_asked_for():
    assert whole("n", 2.0) == 2 and isinstance(whole("n", 2.0), int)
    assert isinstance(number("n", 2, 0, 5), float)
    assert numbers("theta", [1, 0.5], ["a", "b"], -8, 8) == [1.0, 0.5]
    assert "whole number" in sentence(lambda one: whole("n", one), 1.5)


def test_a_list_of_numbers_says_which_one_is_wrong_and_how_many_there_must_be():
    check = CHECKS["numbers"]
    assert "length 3" in sentence(check, [1, 2, 3]) and "2 numbers from -8 to 8" in sentence(check, [1])
    assert sentence(check, [1, 9]).startswith("theta's scale is 9;")


def test_unknown_and_missing_keys_are_named():
    keys = ["dataset", "sample"]
    assert mapping("request", {"sample": 1}, keys) == {"sample": 1}
    said = sentence(lambda one: mapping("request", one, keys), {"smaple": 1})
    assert "'smaple'" in said and "dataset, sample" in said and "Did you mean 'sample'?" in said
    assert "lacks dataset" in sentence(lambda one: mapping("request", one, keys, ["dataset"]), {"sample": 1})
    assert "not a list" in sentence(lambda one: mapping("request", one, keys), [("dataset", "mnist")])


def test_what_a_tab_adds_is_taken_off():
    assert split({"dataset": "mnist", "curve": "noise"}, "curve", "theme") == ({"dataset": "mnist"}, ["noise", None])
    assert split([1], "curve") == ([1], [None])


@pytest.mark.parametrize("given", RUBBISH, ids=range(len(RUBBISH)))
def test_what_was_given_is_named_in_40_characters(given):
    said = shorten(given)
    assert len(said) <= 40 and (said.isprintable() or not said)
