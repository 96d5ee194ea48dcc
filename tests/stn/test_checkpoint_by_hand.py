"""Checkpoints that somebody made by hand: one sentence each."""

import json

import pytest
from safetensors.torch import save_file

from stn import StnError, load_checkpoint
from stn.checkpoint import (
    read_info,
)
from stn.cli.output import dump
from stn.config import recipe_to_dict
from stn.models import build_model
from stn.recipes import get_recipe

RECORD = {"result": {"accuracy": 12.5}, "seed": 3}


def by_hand(path, text: str | None = None, weights=None, **changes) -> None:
    """A checkpoint of the tutorial's recipe with other JSON, other weights or other values in its model's part."""
    recipe = get_recipe("mnist-tutorial")
    data = recipe_to_dict(recipe)
    for name, value in changes.items():
        (data if name in data else data["model"])[name] = value
    text = text or json.dumps({"format": 1, "recipe": data, "record": RECORD})
    state = build_model(recipe.model).state_dict()
    save_file({name: weights(tensor) if weights else tensor for name, tensor in state.items()}, path, {"json": text})


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "[" * 100_000 + "]" * 100_000},
        {"text": '{"a":' * 20_000 + "1" + "}" * 20_000},
        {"text": '{"format": 1' + "0" * 5_000 + "}"},
        {"text": "{"},
        {"dropout": 1.5},
        {"dropout": float("nan")},
        {"canvas": 1e30},
        {"canvas": 10**30},
        {"canvas": 10**6},
        {"canvas": 0},
        {"canvas": -5},
        {"hidden": 10**12},
        {"widths": [10**9, 10**9]},
        {"widths": [4096, 4096], "hidden": 4096, "canvas": 1024},  # each can be, all together take terabytes
        {"widths": [1] * 10_000},
        {"iterations": 10**9},
        {"out_size": [10**6, 10**6]},
        {"mean": []},
        {"mean": [0.1, 0.2, 0.3]},
        {"std": [0.0]},
        {"std": [float("inf")]},
        {"name": 5},
        {"name": ["a"]},
        {"name": "a" * 100_000},
        {"title": "a\nb\x1b[31m"},
        {"title": "\ud800"},
        {"weights": lambda tensor: tensor * float("nan")},
        {"weights": lambda tensor: tensor.float() * float("inf")},
        {"weights": lambda tensor: tensor.long()},
        {"weights": lambda tensor: tensor.bool()},
        {"weights": lambda tensor: tensor[:0]},
    ],
    ids=lambda changes: " ".join(f"{name}={str(value)[:20]}" for name, value in changes.items() if name != "weights"),
)
def test_a_checkpoint_made_by_hand_is_one_sentence(changes, tmp_path):
    path = tmp_path / "by hand.safetensors"
    by_hand(path, **changes)
    with pytest.raises(StnError) as caught:
        load_checkpoint(path)
    said = str(caught.value).replace(str(tmp_path), "")
    assert said.isprintable() and len(said) < 300 and said.endswith((".", "again."))


def test_the_one_made_by_hand_loads_where_nothing_is_changed(tmp_path):
    by_hand(tmp_path / "a.safetensors", dropout=0.25)
    assert load_checkpoint(tmp_path / "a.safetensors")[1].recipe.model.dropout == 0.25


@pytest.mark.parametrize("accuracy", ["12.5", None, [1.0]])
def test_an_accuracy_that_is_no_number_is_refused(accuracy, tmp_path):
    recipe = recipe_to_dict(get_recipe("mnist-tutorial"))
    text = json.dumps({"format": 1, "recipe": recipe, "record": {"result": {"accuracy": accuracy}}})
    by_hand(tmp_path / "a.safetensors", text)
    with pytest.raises(StnError, match="no record of its test"):
        read_info(tmp_path / "a.safetensors")


def test_json_holds_no_nan(capsys):
    dump(
        {
            "loss": float("nan"),
            "losses": [1.5, float("inf"), (float("-inf"), 2)],
            "name": "a",
            "none": None,
            "yes": True,
        }
    )
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert told == {"loss": None, "losses": [1.5, None, [None, 2]], "name": "a", "none": None, "yes": True}
