import json
import os

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from stn import StnError, load_checkpoint
from stn.checkpoint import (
    SHIPPED,
    count_parameters,
    read_info,
    save_checkpoint,
    shipped_names,
    write_file,
    write_tensors,
)
from stn.config import recipe_from_dict, recipe_to_dict
from stn.evaluation.accuracy import FIRST, evaluate_model, load_test
from stn.files import remove_leftovers
from stn.models import build_model
from stn.recipes import get_recipe, list_recipes
from stn.reference_systems import printed_systems
from tests.helpers import real_data

RECORD = {"result": {"accuracy": 12.5}, "seed": 3}


@pytest.mark.parametrize(("weights", "off"), [("float32", 0), ("float16", 1e-3), ("int8", 0.5 / 127)])
def test_a_checkpoint_rebuilds_itself(weights, off, tmp_path, generator):
    recipe = get_recipe("mnist-play-affine")
    model = build_model(recipe.model).eval()
    path = tmp_path / "some.safetensors"
    save_checkpoint(path, recipe, model, RECORD, weights)
    rebuilt, info = load_checkpoint(path)
    for (name, a), b in zip(model.state_dict().items(), rebuilt.state_dict().values(), strict=True):
        if a.ndim > 1:  # each output channel by its largest weight
            assert ((a - b).abs().flatten(1).amax(1) <= 1.001 * off * a.abs().flatten(1).amax(1)).all(), name
        else:
            assert torch.equal(a, b), name
    x = torch.rand(3, 1, 60, 60, generator=generator)
    torch.testing.assert_close(rebuilt(x), model(x), rtol=0, atol=50 * off)
    assert (info.recipe, info.canvas, info.classes[3], info.result) == (recipe, 60, "3", {"accuracy": 12.5})
    kept = {(tensor.ndim > 1, tensor.dtype) for name, tensor in load_file(path).items() if "int8_scale" not in name}
    assert kept == {(True, getattr(torch, weights)), (False, torch.float32), (False, torch.int64)}
    assert not any(parameter.requires_grad for parameter in rebuilt.parameters())
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


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("model", "canvas", "28"),
        ("model", "widths", 10),
        ("model", "widths", [10, "20"]),
        ("model", "family", 3),
        ("model", "out_size", [28]),
        ("model", "average", 1),
        ("model", "hidden", True),
        ("train", "lr", "0.1"),
        ("train", "clip_norm", [1.0]),
        (None, "name", None),
        (None, "published", "99"),
    ],
)
def test_values_of_another_type_are_refused(part, key, value):
    data = recipe_to_dict(get_recipe("mnist-tutorial"))
    (data[part] if part else data)[key] = value
    with pytest.raises(StnError, match=rf"for {key}, which takes \w+"):
        recipe_from_dict(data)


@pytest.mark.parametrize("data", [None, 5, [], {}, {"model": [], "train": {}}, {"model": {}, "train": None}])
def test_what_is_no_configuration_is_refused(data):
    with pytest.raises(StnError, match="configuration is incomplete"):
        recipe_from_dict(data)


def test_flipped_bytes_are_found(tmp_path):
    path, recipe = tmp_path / "a.safetensors", get_recipe("mnist-tutorial")
    save_checkpoint(path, recipe, build_model(recipe.model), RECORD, "float16")
    whole = path.read_bytes()
    with safe_open(path, framework="pt") as file:
        assert file.get_tensor("net.conv1.weight").dtype == torch.float16
    for place, old, new in [(-1, whole[-1:], bytes([whole[-1] ^ 1])), (whole.index(b"12.5"), b"12.5", b"92.5")]:
        start = place % len(whole)
        path.write_bytes(whole[:start] + new + whole[start + len(old) :])
        with pytest.raises(StnError, match="does not match its checksum"):
            load_checkpoint(path)


def test_a_file_without_a_checksum_is_read(tmp_path):
    path, recipe = tmp_path / "a.safetensors", get_recipe("mnist-tutorial")
    text = json.dumps({"format": 1, "recipe": recipe_to_dict(recipe), "record": RECORD})
    save_file(build_model(recipe.model).state_dict(), path, metadata={"json": text})
    assert load_checkpoint(path)[1].record == RECORD


def test_unknown_names_and_broken_files_get_one_sentence(tmp_path):
    with pytest.raises(StnError, match="no checkpoint called 'nosuch'"):
        load_checkpoint("nosuch")
    for file in ("mnist-tutorial.safetensors", tmp_path / "mnist-tutorial", f"{'long' * 100}.safetensors"):
        with pytest.raises(StnError, match=r"no file '.*'; give the path of .*, or a shipped name alone"):
            load_checkpoint(file)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"not a checkpoint at all")
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    for path in (broken, foreign):
        with pytest.raises(StnError, match="is not a checkpoint of this package"):
            load_checkpoint(path)


def test_another_format_and_wrong_weights_are_refused(tmp_path):
    path = tmp_path / "new.safetensors"
    recipe = recipe_to_dict(get_recipe("mnist-tutorial"))
    write_tensors(path, {"a": torch.zeros(1)}, {"format": 99, "recipe": recipe, "record": RECORD})
    with pytest.raises(StnError, match="format 99; this version reads 1 to 2"):
        load_checkpoint(path)
    for record in ({}, {"result": None}, [1]):
        write_tensors(path, {"a": torch.zeros(1)}, {"format": 1, "recipe": recipe, "record": record})
        with pytest.raises(StnError, match="has no record of its test"):
            read_info(path)
    impossible = recipe | {"model": recipe["model"] | {"widths": [-1, 20]}}
    for config, said in ((recipe, "do not fit its own recipe"), (impossible, "has -1 for widths, which goes from")):
        write_tensors(path, {"a": torch.zeros(1)}, {"format": 1, "recipe": config, "record": RECORD})
        with pytest.raises(StnError, match=said):
            load_checkpoint(path)
    write_tensors(path, {"a": torch.zeros(1)}, {"format": 1, "recipe": recipe | {"dataset": "svhn"}, "record": RECORD})
    with pytest.raises(StnError, match="no data set called 'svhn'"):
        read_info(path)


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path, full_disk):
    (tmp_path / "file").touch()
    write_tensors(tmp_path / "a.safetensors", {"a": torch.ones(1)}, {})
    before = (tmp_path / "a.safetensors").read_bytes()
    with pytest.raises(StnError, match=r"cannot be written \((Not a directory|File exists)\)"):
        write_tensors(tmp_path / "file" / "a.safetensors", {"a": torch.zeros(1)}, {})
    with full_disk, pytest.raises(StnError, match=r"cannot be written \(File too large\); .*give another path"):
        write_tensors(tmp_path / "a.safetensors", {"a": torch.zeros(100_000)}, {})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.safetensors", "file"]
    assert (tmp_path / "a.safetensors").read_bytes() == before, "what was there is whole"


@pytest.mark.skipif(os.name == "nt", reason="no such files")
@pytest.mark.parametrize("there", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_only_a_file_is_written_over(there, tmp_path):
    there(tmp_path / "a")
    with pytest.raises(StnError, match="is not a file"):
        write_file(tmp_path / "a", lambda temporary: temporary.write_bytes(b"a"))
    assert not (tmp_path / "a").is_file() and len(list(tmp_path.iterdir())) == 1


def test_what_a_killed_process_left_of_a_file_is_removed_and_nothing_else(tmp_path):
    path = tmp_path / "seed-1.jsonl"
    others = [".seed-1.jsonl.old", ".seed-10.jsonl.77", "seed-1.jsonl.77", ".seed-1.state.77"]
    for name in [*others, ".seed-1.jsonl.77"]:
        (tmp_path / name).touch()
    remove_leftovers(path, age=60)
    assert (tmp_path / ".seed-1.jsonl.77").exists(), "somebody may be writing it right now"
    os.utime(tmp_path / ".seed-1.jsonl.77", (0, 0))
    write_file(path, lambda temporary: temporary.write_bytes(b"a"))
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([*others, path.name])


def test_what_a_checkpoint_says_is_read_without_its_weights(tmp_path, monkeypatch):
    path, recipe = tmp_path / "a.safetensors", get_recipe("mnist-tutorial")
    save_checkpoint(path, recipe, build_model(recipe.model), RECORD)

    def refuse(*arguments):
        raise AssertionError("the weights are read")

    monkeypatch.setattr("stn.files.read_arrays", refuse)
    monkeypatch.setattr("stn.files.checksum", refuse)
    assert read_info(path).record == RECORD


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
    printed = name in {recipe.name for recipe in printed_systems()}
    assert info.family is None or printed or not info.record["theta"]["theta_constant"]


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_names())
def test_shipped_checkpoints_reach_their_recorded_accuracy(name):
    info = read_info(name)
    real_data(info.dataset)
    model, _ = load_checkpoint(name)
    test = load_test(info.recipe)
    # Other processors round differently: an image or two may fall on the other side.
    if "first_correct" in info.result:
        result = evaluate_model(model, test.subset(slice(FIRST)), info.recipe)
        assert result.correct == pytest.approx(info.result["first_correct"], abs=1)
    else:  # a file from before that was recorded
        result = evaluate_model(model, test, info.recipe)
        assert result.correct == pytest.approx(info.result["correct"], abs=2)
