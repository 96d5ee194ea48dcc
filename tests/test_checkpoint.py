import json

import pytest
import torch
from safetensors.torch import save_file

from stn import StnError, load_checkpoint
from stn.checkpoint import SHIPPED, count_parameters, read_info, save_checkpoint, shipped_names, write_tensors
from stn.data import load_dataset
from stn.evaluate import evaluate_model
from stn.models import build_model
from stn.recipes import get_recipe, list_recipes, recipe_from_dict, recipe_to_dict
from tests.conftest import real_data

RECORD = {"result": {"accuracy": 12.5}, "seed": 3}


@pytest.mark.parametrize("half", [False, True])
def test_a_checkpoint_rebuilds_itself(half, tmp_path, generator):
    recipe = get_recipe("mnist-play-affine")
    model = build_model(recipe.model).eval()
    path = tmp_path / "some.safetensors"
    save_checkpoint(path, recipe, model, RECORD, half)
    rebuilt, info = load_checkpoint(path)
    x = torch.rand(3, 1, 60, 60, generator=generator)
    torch.testing.assert_close(rebuilt(x), model(x), rtol=0, atol=5e-2 if half else 0)
    assert (info.recipe, info.canvas, info.classes[3], info.result) == (recipe, 60, "3", {"accuracy": 12.5})
    assert not rebuilt.training and [p.name for p in tmp_path.iterdir()] == ["some.safetensors"]


@pytest.mark.parametrize("name", list_recipes())
def test_recipes_survive_json(name):
    recipe = get_recipe(name)
    assert recipe_from_dict(json.loads(json.dumps(recipe_to_dict(recipe)))) == recipe


def test_unknown_configuration_keys_are_refused():
    data = recipe_to_dict(get_recipe("mnist-tutorial"))
    data["train"]["rate"] = 1
    with pytest.raises(StnError, match="has rate, which this version's TrainConfig does not know"):
        recipe_from_dict(data)


def test_unknown_names_and_broken_files_get_one_sentence(tmp_path):
    with pytest.raises(StnError, match="no checkpoint called 'nosuch'"):
        load_checkpoint("nosuch")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"not a checkpoint at all")
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    for path in (broken, foreign):
        with pytest.raises(StnError, match="is no checkpoint of this package"):
            load_checkpoint(path)


def test_another_format_and_wrong_weights_are_refused(tmp_path):
    path = tmp_path / "new.safetensors"
    recipe = recipe_to_dict(get_recipe("mnist-tutorial"))
    write_tensors(path, {"a": torch.zeros(1)}, {"format": 99, "recipe": recipe, "record": RECORD})
    with pytest.raises(StnError, match="format 99; this version reads 1"):
        load_checkpoint(path)
    write_tensors(path, {"a": torch.zeros(1)}, {"format": 1, "recipe": recipe, "record": RECORD})
    with pytest.raises(StnError, match="do not fit its own recipe"):
        load_checkpoint(path)


def test_all_checkpoints_together_fit():
    assert shipped_names(), "none is shipped"
    assert sum(file.stat().st_size for file in SHIPPED.glob("*.safetensors")) <= 48e6


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_checkpoints_are_small_and_are_their_recipes(name):
    info = read_info(name)
    assert info.recipe == get_recipe(name)
    assert info.path.stat().st_size <= 10e6
    assert info.record["params"] == count_parameters(build_model(info.recipe.model))
    assert info.record["tested_on"] == "the test set" and info.result["n"] == 10_000


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_checkpoints_reach_their_recorded_accuracy(name):
    info = read_info(name)
    real_data(info.dataset)
    model, _ = load_checkpoint(name)
    result = evaluate_model(model, load_dataset(info.dataset, "test", download=False), info.recipe)
    # Other processors round differently; two pictures in ten thousand may fall on the other side.
    assert result.accuracy == pytest.approx(info.result["accuracy"], abs=0.021)
