import argparse
import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from stn._torchvision import import_torchvision
from stn.checkpoint import save_checkpoint, shipped_names
from stn.cli.benchmark import benchmark_train
from stn.cli.main import main, parser
from stn.evaluation.accuracy import evaluate_model
from stn.models import build_model
from stn.recipes import get_recipe, list_recipes
from stn.training.experiment import run_recipe


def test_list_as_json_is_json_alone(capsys):
    main(["list", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(list_recipes())
    assert set(rows[0]) == {"name", "title", "dataset", "distortion", "shipped"}


def test_training_prints_the_printed_form(capsys, tmp_path, no_data):
    main(["train", "mnist-tutorial", "--epochs", "1", "--out", str(tmp_path)])
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("Train Epoch: 1 [0/200 (0%)]\tLoss: ")
    assert out[1].startswith("Test set: Average loss: ")
    assert "Accuracy: " in out[1]
    main(["evaluate", str(tmp_path / "mnist-tutorial" / "seed-0-epochs-1.safetensors"), "--json"])
    row = json.loads(capsys.readouterr().out)
    wanted = {"name", "dataset", "distortion", "accuracy", "error", "loss", "n", "params"}
    assert wanted <= set(row)
    assert row["accuracy"] + row["error"] == pytest.approx(100)
    assert row["n"] == 200


def test_a_dry_run_prints_the_configuration_and_trains_nothing(capsys, tmp_path):
    main(["train", "cifar10-wide-50", "--dry-run", "--out", str(tmp_path)])
    row = json.loads(capsys.readouterr().out)
    assert row["model"]["localizer_widths"] == [64, 128]
    assert row["params"] == 1_585_008
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "mnist-tutoral"], "Did you mean 'mnist-tutorial'?"),
        (["train"], "Name one recipe"),
        (["evaluate", "nosuch"], "no checkpoint called 'nosuch'"),
        (["train", "mnist-tutorial", "--data-dir", "/nonexistent/folder"], "MNIST is missing or damaged"),
        (["ship", "mnist-tutorial", "--out", "/nonexistent/folder"], "python -m stn train mnist-tutorial"),
        (["train", "mnist-tutorial", "--device", "cuda:0"], "choose among several GPUs by CUDA_VISIBLE_DEVICES"),
        (["train", "mnist-tutorial", "--device", "gpu"], "--device is cpu, cuda or auto, not 'gpu'"),
        (["train", "mnist-tutorial", "--ray", "local"], "--ray and --seeds are for --missing"),
        (["curves", "--device", "gpu"], "--device is cpu, cuda or auto, not 'gpu'"),
        (["table", "--write", "/nonexistent/README.md"], "/nonexistent/README.md: No such file"),
    ],
)
def test_mistakes_get_one_line_and_status_2(arguments, message, capsys, monkeypatch):
    def refuse(self):
        raise OSError("offline")

    monkeypatch.setattr(import_torchvision().datasets.MNIST, "download", refuse)
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert captured.out == ""
    assert captured.err.startswith("stn: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


@pytest.mark.parametrize(
    "threads", ["0", "1025", "20000", "100000", "3000000000", "9" * 5000, "1e3", "-1"], ids=lambda text: text[:10]
)
def test_a_number_of_threads_is_checked_before_pytorch_sees_it(threads, capsys, monkeypatch):
    monkeypatch.setattr(torch, "set_num_threads", interrupt)
    with pytest.raises(SystemExit) as stopped:
        main(["train", "mnist-tutorial", "--threads", threads])
    assert stopped.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "is not a whole number from 1 to 1024" in error and len(error) < 150


@pytest.mark.slow
def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "stn", "table", "--json"], capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)
    assert [row["name"] for row in rows] == [name for name in list_recipes() if name in shipped_names()]
    wanted = {"name", "error_mean", "error_sd", "n_seeds", "params", "minutes", "published"}
    assert all(wanted <= set(row) for row in rows)


def test_missing_ships_what_it_can_and_names_what_failed(monkeypatch, tmp_path, capsys, no_data):
    good = get_recipe("mnist-tutorial")
    good = replace(good, train=replace(good.train, epochs=1))
    bad = replace(good, name="bad", train=replace(good.train, lr=1e9))
    recipes = {"bad": bad, "mnist-tutorial": good}
    monkeypatch.setattr("stn.cli.train.list_recipes", lambda: recipes)
    monkeypatch.setattr("stn.training.experiment.SHIPPED", tmp_path / "shipped")
    with pytest.raises(SystemExit):
        main(["train", "--missing", "--out", str(tmp_path)])
    captured = capsys.readouterr()
    assert "stn: bad: The loss is" in captured.err
    assert "Not trained: bad" in captured.err
    assert [file.name for file in (tmp_path / "shipped").iterdir()] == ["mnist-tutorial.safetensors"]


def test_missing_recovers_from_stale_and_damaged_files(monkeypatch, tmp_path, capsys, no_data):
    recipe = get_recipe("mnist-tutorial")
    recipe = replace(recipe, train=replace(recipe.train, epochs=1))
    monkeypatch.setattr("stn.cli.train.list_recipes", lambda: {recipe.name: recipe})
    monkeypatch.setattr("stn.training.experiment.SHIPPED", tmp_path / "shipped")
    runs = tmp_path / recipe.name
    run_recipe(replace(recipe, train=replace(recipe.train, lr=0.02)), 0, None, "cpu", tmp_path)  # what it used to be
    model = build_model(recipe.model)
    save_checkpoint(runs / "seed-1.safetensors", recipe, model, {})
    (runs / "seed-2.safetensors").write_bytes((runs / "seed-0.safetensors").read_bytes()[:-100])
    save_checkpoint(runs / "seed-3.safetensors", replace(recipe, published=1.0), model, {"result": {}})
    main(["train", "--missing", "--out", str(tmp_path)])
    error = [line for line in capsys.readouterr().err.splitlines() if "seed-" in line]
    assert "seed-0.state' is the state of a run with another recipe" in error[0]
    assert [f"seed-{n}.safetensors' is skipped" in line for n, line in enumerate(error)] == [False, True, True, True]
    assert [file.name for file in (tmp_path / "shipped").iterdir()] == ["mnist-tutorial.safetensors"]


@pytest.mark.parametrize("seed", ["-1", "1.5", "x", "99999999999999999999"])
def test_a_seed_out_of_range_is_refused_before_anything_is_done(seed, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["train", "mnist-tutorial", "--dry-run", f"--seed={seed}"])
    assert stopped.value.code == 2
    assert f"{seed!r} is not a whole number from 0 to 2147483647" in capsys.readouterr().err


def test_missing_takes_no_other_schedule(capsys):
    for option in (["--epochs", "1"], ["--holdout"]):
        with pytest.raises(SystemExit):
            main(["train", "--missing", *option])
        assert "--missing trains whole recipes" in capsys.readouterr().err


def test_the_training_benchmark_reports_its_ratios(monkeypatch, small_mnist):
    class Loop:
        def __init__(self, data_dir):
            pass

        def epoch(self):
            return 60.0

    monkeypatch.setattr("stn.cli.benchmark.PlainLoop", Loop)
    monkeypatch.setattr("stn.cli.benchmark.load_dataset", lambda *a: small_mnist)
    monkeypatch.setattr("stn.cli.benchmark.get_recipe", lambda name: replace(get_recipe(name), published=5.0))
    row = benchmark_train(epochs=1, target_epochs=2, log=lambda text: None)
    assert row["loop_s_per_epoch"] == 60
    assert row["ratio"] == pytest.approx(60 / row["engine_s_per_epoch"])
    assert row["ratio_of_convolutions_alone"] == pytest.approx(60 / row["convolutions_s_per_epoch"])
    assert row["to_target_ratio"] == pytest.approx(row["to_target_s"] / (20 * 60))
    assert row["to_target_epochs"] in (1, 2)


def test_a_stopped_run_is_resumed(monkeypatch, tmp_path, capsys, no_data):
    command = ["train", "mnist-tutorial", "--epochs", "2", "--out", str(tmp_path)]
    with pytest.raises(SystemExit) as stopped, monkeypatch.context() as patch:
        tests = iter([evaluate_model, interrupt])  # in the second epoch
        patch.setattr("stn.training.engine.evaluate_model", lambda *arguments: next(tests)(*arguments))
        main(command)
    assert stopped.value.code == 130
    error = capsys.readouterr().err
    assert error.endswith("stn: stopped; the same command with --resume continues after the last complete epoch.\n")
    main([*command, "--resume"])
    folder = tmp_path / "mnist-tutorial"
    log = (folder / "seed-0-epochs-2.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in log] == [1, 2]
    out = capsys.readouterr().out
    assert "Train Epoch: 2" in out and "Train Epoch: 1" not in out
    main([*command, "--resume"])
    assert "Train Epoch" not in capsys.readouterr().out, "nothing is left to train"


def interrupt(*arguments):
    raise KeyboardInterrupt


def test_other_commands_that_are_stopped_advise_nothing(monkeypatch, capsys):
    monkeypatch.setattr("stn.cli.main.list_recipes", interrupt)
    with pytest.raises(SystemExit) as stopped:
        main(["list"])
    assert stopped.value.code == 130
    assert capsys.readouterr().err == "stn: stopped.\n"


def test_an_error_without_words_of_its_own_is_said(monkeypatch, capsys):
    def fail():
        raise OSError("the disk has gone")

    monkeypatch.setattr("stn.cli.main.list_recipes", fail)
    with pytest.raises(SystemExit):
        main(["list"])
    assert "a file: the disk has gone; give another path." in capsys.readouterr().err


@pytest.mark.slow
def test_a_reader_that_has_had_enough_gets_no_advice():
    command = [sys.executable, "-m", "stn", "list", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_help_says_what_the_program_is_for(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "Train, test, ship and export spatial transformer networks." in capsys.readouterr().out


def test_every_option_of_every_command_is_explained():
    (commands,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert len(commands.choices) == len(commands._choices_actions) == 9
    for command in commands._choices_actions:
        assert re.fullmatch(r"[a-z].*[^.]", command.help), command.dest
    for name, command in commands.choices.items():
        assert command.description.endswith(".")
        for action in command._actions:
            assert action.help and not action.help.endswith("."), f"{name} {action.dest}"
        assert command.format_help()  # a lone % in a text would raise


def test_the_table_is_written_between_the_markers(tmp_path, capsys):
    file = tmp_path / "a.md"
    file.write_text("before\n<!-- table -->\nold\n<!-- end of table -->\nafter, ° too\n", encoding="utf-8")
    main(["table", "--write", str(file)])
    assert capsys.readouterr().out == ""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("before", "after, ° too")
    assert "old" not in lines
    assert {line.split("`")[1] for line in lines if line.startswith("| `")} == set(shipped_names())


def test_download_says_where_the_data_are(monkeypatch, tmp_path, capsys):
    asked = []

    def fetch(name, data_dir, on_progress):
        on_progress(0.5, "half")
        asked.append((name, data_dir))

    monkeypatch.setattr("stn.cli.main.download", fetch)
    main(["download", "mnist", "--data-dir", str(tmp_path)])
    assert asked == [("mnist", str(tmp_path))]
    assert capsys.readouterr().out == f"mnist is in '{tmp_path}'\n"


def test_the_inference_benchmark_prints_its_ratio(monkeypatch, capsys):
    class Slow(torch.nn.Module):
        def forward(self, x):
            time.sleep(0.005)

    models = {"mnist-play-affine": Slow(), "mnist-play-cnn": torch.nn.Identity()}
    info = SimpleNamespace(channels=1, canvas=28)
    monkeypatch.setattr("stn.cli.benchmark.load_checkpoint", lambda name: (models[name], info))
    main(["benchmark", "infer", "--json"])
    row = json.loads(capsys.readouterr().out)
    assert (row["stn"], row["cnn"]) == ("mnist-play-affine", "mnist-play-cnn")
    assert row["stn_ms"] >= 5 > row["cnn_ms"] and row["ratio"] == row["stn_ms"] / row["cnn_ms"]
