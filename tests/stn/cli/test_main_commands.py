"""Every command of `python -m stn`, in both of its forms."""

import json
from dataclasses import replace

import pytest

from stn import load_checkpoint
from stn.checkpoint import read_info, shipped_names
from stn.cli.main import main
from stn.evaluation.accuracy import load_test
from stn.evaluation.curves import CONTROLS, Curve, behind_name, control_values, curve, load_measured
from stn.evaluation.rectify import rectification
from stn.recipes import get_recipe, list_recipes
from tests.helpers import bars


def printed(capsys, *command: str) -> str:
    main([*command])
    return capsys.readouterr().out


def test_the_list_names_every_recipe_and_what_is_shipped(capsys):
    lines = printed(capsys, "list").splitlines()
    assert [line.split()[0] for line in lines] == list(list_recipes())
    assert {line.split()[0] for line in lines if line.split()[1] == "shipped"} == set(shipped_names())


def test_evaluate_says_what_it_measured(capsys, no_data):
    name = "mnist-play-affine"
    text, row = printed(capsys, "evaluate", name), json.loads(printed(capsys, "evaluate", name, "--json"))
    assert text == f"{name}: {row['accuracy']:.2f}% of 200 right, loss {row['loss']:.4f}\n"


def test_evaluate_hides_edges_and_takes_the_first_images(capsys, no_data):
    asked = ["evaluate", "mnist-play-affine", "--images", "5", "--json"]
    shown, hidden = (json.loads(printed(capsys, *asked, "--edges", edges)) for edges in ("shown", "hidden"))
    assert shown["n"] == hidden["n"] == 5 and shown["loss"] != hidden["loss"]
    upright = json.loads(printed(capsys, *asked, "--edges", "hidden", "--rectification"))
    assert upright["pictures"] == 5 and 0 <= upright["upright"] <= 1


@pytest.mark.slow
def test_evaluate_measures_poses_and_curves(capsys, monkeypatch):
    monkeypatch.setattr("stn.evaluation.accuracy.load_dataset", lambda name, split, folder: bars(20, name))
    name, recipe = "mnist-play-affine", get_recipe("mnist-play-affine")
    model, _ = load_checkpoint(name)
    poses = rectification(model, load_test(recipe), recipe)
    row = json.loads(printed(capsys, "evaluate", name, "--rectification", "--json"))
    assert row["left_sd"] == pytest.approx(poses.left_sd, abs=1e-3) and row["pictures"] == 20
    assert f"residual rotation {row['left_sd']:.1f}° of {row['input_sd']:.1f}°" in printed(
        capsys, "evaluate", name, "--rectification"
    )
    shear = curve(model, load_test(recipe), recipe, "shear")
    row = json.loads(printed(capsys, "evaluate", name, "--curve", "shear", "--json"))
    assert row["accuracy"] == list(shear.accuracy) and row["values"] == list(control_values("shear"))
    lines = printed(capsys, "evaluate", name, "--curve", "shear").splitlines()
    assert len(lines) == 25 and lines[-1] == f"shear 30: {shear.accuracy[-1]:.2f}%"


@pytest.mark.slow
def test_evaluate_measures_an_upright_cnn_as_it_is_and_behind_a_transformer(capsys, monkeypatch):
    monkeypatch.setattr("stn.evaluation.accuracy.load_dataset", lambda name, split, folder: bars(20, name))
    cnn, network = "mnist-upright-cnn", "mnist-play-affine"
    rows = []
    for more, name in (([], cnn), (["--behind", network], behind_name(cnn, network))):
        model, recipe = load_measured(name)
        wanted = curve(model, load_test(recipe), recipe, "rotation")
        rows.append(json.loads(printed(capsys, "evaluate", cnn, "--curve", "rotation", *more, "--json")))
        assert rows[-1]["accuracy"] == list(wanted.accuracy)
    assert rows[0]["accuracy"] != rows[1]["accuracy"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mnist-upright-cnn", "--behind", "mnist-play-affine"], "add --curve rotation, --rectification"),
        (["mnist-play-cnn", "--curve", "rotation", "--behind", "mnist-play-affine"], "not for upright images only"),
        (["mnist-upright-cnn", "--curve", "rotation", "--behind", "mnist-play-cnn"], "no transformer at its input"),
        (["mnist-upright-cnn", "--curve", "rotation", "--behind", "nothing"], "nothing"),
    ],
)
def test_what_cannot_stand_behind_a_transformer_is_told_in_a_sentence(capsys, no_data, arguments, said):
    with pytest.raises(SystemExit):
        main(["evaluate", *arguments])
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_curves_are_told_as_they_come(capsys, monkeypatch):
    def measure(data_dir, on_curve, device, images):
        assert (device, images) == ("cpu", 500)
        for control in CONTROLS:
            on_curve("mnist-play-cnn", Curve(control, (0.0,), (90.0,), 10))

    monkeypatch.setattr("stn.cli.main.update_curves", measure)
    lines = printed(capsys, "curves", "--device", "cpu", "--images", "500").splitlines()
    assert lines == [f"mnist-play-cnn: {control}" for control in CONTROLS]


def test_a_run_is_trained_and_shipped_by_two_commands(capsys, monkeypatch, tmp_path, no_data):
    short = get_recipe("mnist-tutorial")
    short = replace(short, train=replace(short.train, epochs=1))
    for module in ("train", "main"):
        monkeypatch.setattr(f"stn.cli.{module}.get_recipe", lambda name: short)
    monkeypatch.setattr("stn.training.experiment.SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr("stn.training.experiment.HOLDOUT", 50)
    printed(capsys, "train", "mnist-tutorial", "--out", str(tmp_path))
    printed(capsys, "train", "mnist-tutorial", "--out", str(tmp_path), "--holdout", "--epochs", "2")
    assert "mnist-tutorial" in printed(capsys, "ship", "mnist-tutorial", "--out", str(tmp_path))
    info = read_info(tmp_path / "shipped" / "mnist-tutorial.safetensors")
    assert info.recipe == short and len(info.record["seeds"]) == 1, "a trial is not shipped"
    trial = read_info(tmp_path / "mnist-tutorial" / "seed-0-holdout-epochs-2.safetensors")
    assert (info.result["n"], trial.result["n"]) == (200, 50)


@pytest.mark.slow
@pytest.mark.parametrize(("lessons", "warnings"), [(0, 2), (1, 1), (2, 0)])
def test_a_transformer_that_does_nothing_after_its_lessons_is_a_warning(
    capsys, monkeypatch, tmp_path, no_data, lessons, warnings
):
    recipe = get_recipe("mnist-r-affine")
    still = replace(recipe.train, epochs=2, pose_epochs=lessons, localizer_lr_scale=0.0)
    monkeypatch.setattr("stn.cli.train.get_recipe", lambda name: replace(recipe, train=still))
    main(["train", recipe.name, "--out", str(tmp_path)])
    assert capsys.readouterr().err.count("theta is the same for every image") == warnings


@pytest.mark.parametrize(("native", "precision"), [(True, "bf16"), (False, "fp32")])
def test_training_says_when_the_processor_has_no_bfloat16(native, precision, capsys, monkeypatch, tmp_path, no_data):
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx2": True, "avx512_bf16": native})
    recipe = get_recipe("mnist-r-cnn")
    assert recipe.train.precision == "bf16"
    main(["train", recipe.name, "--epochs", "1", "--out", str(tmp_path)])
    assert ("is trained in fp32" in capsys.readouterr().err) == (not native)
    assert read_info(tmp_path / recipe.name / "seed-0-epochs-1.safetensors").record["precision"] == precision


def test_the_tables_are_printed(capsys):
    text = printed(capsys, "table")
    assert text == printed(capsys, "table", "--markdown")
    assert {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")} == set(shipped_names())
