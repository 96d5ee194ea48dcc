"""From a recipe to a shipped checkpoint: what is written when, and which seed is shipped."""

import itertools
import json
import os

import pytest
import torch
from safetensors.torch import load_file

import stn.training.engine
from stn import StnError, load_checkpoint
from stn.checkpoint import read_info, save_checkpoint
from stn.evaluation.accuracy import Result, evaluate_model
from stn.models import build_model
from stn.recipes import get_recipe
from stn.training.experiment import finished_runs, load_splits, run_recipe, ship, write_tested
from tests.helpers import TUNED, bars, short


def test_a_run_is_written_logged_shipped_and_rebuilt(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr("stn.training.experiment.load_splits", lambda *a: (small_mnist, bars(100, seed=1)))
    # In so few steps, no transformer comes alive: a printed system is shipped all the same.
    recipe, seen = short("mnist-tutorial"), []
    (tmp_path / "mnist-tutorial").mkdir()
    for name in (".seed-1.jsonl.77", ".seed-1.state.77", ".tmpAbC123"):  # of a run that was killed
        (tmp_path / "mnist-tutorial" / name).touch()
        os.utime(tmp_path / "mnist-tutorial" / name, (0, 0))
    for seed in (0, 1, 2):
        path = run_recipe(recipe, seed, out=tmp_path, on_epoch=seen.append)
    assert len(seen) == 6
    log = [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in log] == [1, 2] and "theta_sd" in log[0]["theta"]
    info = ship(recipe, tmp_path, tmp_path / "shipped")
    assert info.recipe == recipe and len(info.record["seeds"]) == 3
    model, again = load_checkpoint(info.path)
    assert again == info
    result = evaluate_model(model, bars(100, seed=1), recipe)
    assert result.accuracy == info.result["accuracy"] in [run["accuracy"] for run in info.record["seeds"]]
    assert not list(tmp_path.rglob(".*")), "temporary files stay behind"


def test_what_is_held_out_is_not_trained_on(monkeypatch):
    whole = bars(100)
    monkeypatch.setattr("stn.training.experiment.HOLDOUT", 20)
    monkeypatch.setattr("stn.training.experiment.load_dataset", lambda name, split, folder: {"train": whole}[split])
    training, held_out = load_splits(get_recipe("mnist-play-cnn"), None, holdout=True)
    assert torch.equal(training.images, whole.images[:80]) and torch.equal(training.labels, whole.labels[:80])
    assert torch.equal(held_out.images, whole.images[80:]) and torch.equal(held_out.labels, whole.labels[80:])
    assert torch.equal(held_out.clutter_from, training.images)


def fake_run(out, seed: int, accuracy: float, name: str = "mnist-tutorial", constant: bool = False) -> None:
    result = {"accuracy": accuracy, "loss": 1.0, "n": 100}
    own = {"seed": seed, "accuracy": accuracy, "loss": 1.0, "minutes": 1.0}
    record = {"result": result, "seeds": [own], "seed": seed, "tested_on": "the test set", "weights": "float16"}
    record["theta"] = {"theta_sd": 0.0012, "theta_constant": constant}
    recipe = get_recipe(name)
    path = out / recipe.name / f"seed-{seed}.safetensors"
    save_checkpoint(path, recipe, build_model(recipe.model), record, "float16")


@pytest.mark.parametrize(
    ("accuracies", "shipped", "why"),
    [
        ((98.9, 99.0, 99.2), 1, "nearest the mean"),  # the mean, 99.03, reaches the published 98.86
        ((98.0, 98.5, 98.9), 2, "the best seed, for the mean falls short of the published number"),
    ],
)
def test_which_seed_is_shipped(accuracies, shipped, why, tmp_path):
    for seed, accuracy in enumerate(accuracies):
        fake_run(tmp_path, seed, accuracy)
    info = ship(get_recipe("mnist-tutorial"), tmp_path, tmp_path / "shipped")
    assert info.record["seed"] == shipped
    assert info.record["shipped"] == why
    assert [run["accuracy"] for run in info.record["seeds"]] == list(accuracies)


def test_a_dead_transformer_is_shipped_only_as_a_printed_system(tmp_path):
    for name in ("mnist-tutorial", "mnist-r-affine"):
        fake_run(tmp_path, 0, 99.9, name, constant=True)
    assert ship(get_recipe("mnist-tutorial"), tmp_path, tmp_path / "shipped").record["theta"]["theta_constant"]
    with pytest.raises(StnError, match=r"'mnist-r-affine' is not shipped: its transformer failed.*sd 0\.0012"):
        ship(get_recipe("mnist-r-affine"), tmp_path, tmp_path / "shipped")


def test_seeds_shipped_before_count_where_their_runs_are_gone(tmp_path):
    recipe, to = get_recipe("mnist-tutorial"), tmp_path / "shipped"
    for seed, accuracy in enumerate((99.0, 99.4)):
        fake_run(tmp_path / "one", seed, accuracy)
    assert ship(recipe, tmp_path / "one", to).record["seed"] == 0
    fake_run(tmp_path / "two", 1, 99.3)  # again, on another machine
    fake_run(tmp_path / "two", 2, 98.5)
    info = ship(recipe, tmp_path / "two", to)
    assert {run["seed"]: run["accuracy"] for run in info.record["seeds"]} == {0: 99.0, 1: 99.3, 2: 98.5}
    assert info.record["seed"] == 0, "the shipped file is nearest their mean, 98.93"


@pytest.mark.parametrize(
    ("weights", "accuracies"),  # of the model, then of each kind of weights; allowed are 0.02 and 0.075 points
    [
        ("int8", [99.5, 99.48]),
        ("float16", [99.5, 99.47, 99.49]),
        ("float32", [99.5, 99.47, 99.47, 99.5]),
        ("int8", [90.0, 89.93]),
        ("float16", [90.0, 89.92, 89.93]),
    ],
)
def test_small_weights_are_refused_where_they_cost_accuracy(weights, accuracies, tmp_path, monkeypatch):
    recipe = TUNED
    model = build_model(recipe.model)
    results = iter([Result(percent, 1.0, round(100 * percent), 900, 10_000, None, None) for percent in accuracies])
    monkeypatch.setattr("stn.training.experiment.evaluate_model", lambda *a: next(results))
    path = tmp_path / "a.safetensors"
    write_tested(path, recipe, model, bars(10), {"seed": 0, "minutes": 1.0})
    info = read_info(path)
    assert info.record["weights"] == weights
    assert info.result["accuracy"] == accuracies[-1]
    assert load_file(path)["net.conv1.weight"].dtype == getattr(torch, weights)
    assert [file.name for file in tmp_path.iterdir()] == ["a.safetensors"]


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("moment", ["before the log", "before the state", "after both"])
def test_a_run_stopped_at_any_moment_keeps_its_log(moment, last, tmp_path, monkeypatch):
    monkeypatch.setattr("stn.training.experiment.load_splits", lambda *a: (bars(64), bars(20)))
    epoch, calls = TUNED.train.epochs if last else 1, itertools.count(1)

    def stopping(do):
        def stopped(*arguments):
            if next(calls) == epoch:
                raise KeyboardInterrupt
            do(*arguments)

        return stopped

    with pytest.raises(KeyboardInterrupt), monkeypatch.context() as patch:
        if moment == "before the log":
            patch.setattr("stn.training.engine.write_file", stopping(stn.training.engine.write_file))
        elif moment == "before the state":
            patch.setattr("stn.training.engine.write_tensors", stopping(stn.training.engine.write_tensors))
        run_recipe(TUNED, out=tmp_path, on_epoch=stopping(print) if moment == "after both" else lambda report: None)
    path = run_recipe(TUNED, out=tmp_path, resume=True)
    log = [json.loads(line)["epoch"] for line in path.with_suffix(".jsonl").read_text().splitlines()]
    assert log == [1, 2]


def test_a_trial_leaves_the_recipes_own_run_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("stn.training.experiment.load_splits", lambda *a: (bars(64), bars(20)))
    run_recipe(TUNED, out=tmp_path, epochs=2)  # the recipe's own number, so no trial
    before = {file.name: file.read_bytes() for file in (tmp_path / TUNED.name).iterdir()}
    assert set(before) == {"seed-0.safetensors", "seed-0.state", "seed-0.jsonl"}
    for options in ({"epochs": 1}, {"holdout": True}, {"epochs": 1, "holdout": True}):
        run_recipe(TUNED, out=tmp_path, **options)
    after = {file.name: file.read_bytes() for file in (tmp_path / TUNED.name).iterdir()}
    assert before == {name: after[name] for name in before}
    trials = {"seed-0-epochs-1", "seed-0-holdout", "seed-0-holdout-epochs-1"}
    assert {name.removesuffix(".safetensors") for name in after if name.endswith(".safetensors")} == trials | {"seed-0"}
    assert [info.path.stem for info in finished_runs(TUNED, tmp_path)] == ["seed-0"]


def test_shipping_without_a_run_says_what_to_do(tmp_path):
    with pytest.raises(StnError, match=r"python -m stn train mnist-tutorial-tuned"):
        ship(TUNED, tmp_path)
