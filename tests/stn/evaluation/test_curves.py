import contextlib
import hashlib
import json

import pytest
import torch
from torch import nn

from stn import StnError
from stn.checkpoint import SHIPPED, save_checkpoint, shipped_names
from stn.evaluation.curves import CONTROLS, FILE, Curve, control_values, curve, read_curves, update_curves
from stn.models import build_model
from stn.recipes import get_recipe
from tests.helpers import bars


def test_curves_have_25_values_from_end_to_end_and_see_the_control():
    values = control_values("rotation")
    assert (len(values), values[0], values[12], values[-1]) == (25, -90, 0, 90)
    assert control_values("clutter") == tuple(range(9))
    with pytest.raises(StnError, match="control called 'colour'"):
        control_values("colour")

    test = bars(50)

    class Upright(nn.Module):
        """Knows the class by the bar's height on the canvas, so only of images that are not turned."""

        def forward(self, x):
            rows = x[:, 0, 16:44].sum(2)  # the image's own rows
            return torch.stack([rows[:, 4 + 2 * k : 7 + 2 * k].sum(1) for k in range(10)], dim=1)

    found = curve(nn.Sequential(nn.Dropout(0.9), Upright()).train(), test, get_recipe("mnist-play-cnn"), "rotation")
    assert found.accuracy[12] == 100
    assert found.accuracy[0] < 50
    assert found.n == 50


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder with one untrained playground model, 20 test images, and three values a control."""
    recipe = get_recipe("mnist-play-cnn")
    save_checkpoint(tmp_path / f"{recipe.name}.safetensors", recipe, build_model(recipe.model), {"result": {}})
    monkeypatch.setattr("stn.checkpoint.SHIPPED", tmp_path)
    monkeypatch.setattr("stn.evaluation.curves.SHIPPED", tmp_path)
    monkeypatch.setattr("stn.evaluation.curves.load_test", lambda recipe, folder: bars(20))
    monkeypatch.setattr("stn.evaluation.curves.POINTS", 3)
    return tmp_path


@pytest.mark.parametrize("text", ['{"models": {"mnist-play-cnn": ', '{"models": {"mnist-play-cnn": {"curves": []}}}'])
def test_a_damaged_file_is_measured_again(text, shelf):
    file = shelf / "curves.json"
    file.write_text(text)
    with pytest.raises(StnError, match="write it again with `python -m stn curves`"):
        read_curves(file)
    update_curves(None, file)
    assert list(read_curves(file)["mnist-play-cnn"]) == list(CONTROLS)


def test_curves_are_measured_once_for_every_checkpoint(shelf):
    measured = []
    file = shelf / "curves.json"
    for _ in range(2):
        update_curves(None, file, lambda name, found: measured.append((name, found.control)))
    assert measured == [("mnist-play-cnn", control) for control in CONTROLS]
    recipe = get_recipe("mnist-play-cnn")
    torch.manual_seed(1)
    save_checkpoint(shelf / f"{recipe.name}.safetensors", recipe, build_model(recipe.model), {"result": {}})
    update_curves(None, file, lambda name, found: measured.append((name, found.control)))
    assert len(measured) == 2 * len(CONTROLS)
    read = read_curves(file)["mnist-play-cnn"]["rotation"]
    assert isinstance(read, Curve) and read.values == (-90, 0, 90) and read.n == 20
    assert all(0 <= accuracy <= 100 for accuracy in read.accuracy)


def test_measuring_goes_on_where_it_was_stopped(shelf):
    def stop(name, found):
        measured.append(found.control)
        if found.control == CONTROLS[1]:
            raise KeyboardInterrupt

    measured, file = [], shelf / "curves.json"
    with pytest.raises(KeyboardInterrupt):
        update_curves(None, file, stop)
    assert list(read_curves(file)["mnist-play-cnn"]) == list(CONTROLS[:2])
    update_curves(None, file, lambda name, found: measured.append(found.control))
    assert measured == list(CONTROLS) == list(read_curves(file)["mnist-play-cnn"])


def test_a_damaged_file_of_curves_is_one_sentence(tmp_path):
    assert read_curves(tmp_path / "none.json") == {}
    for text in ("{", "[]", "7", '{"models": []}', '{"models": {"a": 1}}', "[" * 100_000):
        (tmp_path / "curves.json").write_text(text)
        with pytest.raises(StnError, match=r"curves\.json' is damaged .*python -m stn curves"):
            read_curves(tmp_path / "curves.json")


ROW = {"control": "noise", "values": [0.0, 0.1], "accuracy": [90.0, 80], "n": 20}
ENTRY = {"sha256": "00", "curves": [ROW]}


@pytest.mark.parametrize(
    ("entry", "curve"),
    [
        *[({key: value for key, value in ENTRY.items() if key != missing}, ROW) for missing in ENTRY],
        *[(ENTRY, {key: value for key, value in ROW.items() if key != missing}) for missing in ROW],
        *[(ENTRY | {"sha256": odd}, ROW) for odd in (None, 7, [])],
        *[(ENTRY, ROW | {"control": odd}) for odd in (None, 1, [])],
        *[(ENTRY, ROW | {"values": odd}) for odd in (None, 1, [0.0], ["0", "1"], [0.0, float("nan")], [0, None])],
        *[(ENTRY, ROW | {"accuracy": odd}) for odd in (None, 1, [90.0], ["90", "80"], [90, 101], [90, float("nan")])],
        *[(ENTRY, ROW | {"n": odd}) for odd in (None, "20", 0, 2.5, True)],
    ],
)
def test_whatever_is_missing_or_odd_in_a_file_of_curves_is_damage(entry, curve, tmp_path):
    file = tmp_path / "curves.json"
    if "curves" in entry:
        entry = entry | {"curves": [curve]}
    file.write_text(json.dumps({"models": {"mnist-play-cnn": entry}}))
    with pytest.raises(StnError, match=r"curves\.json' is damaged .*python -m stn curves"):
        read_curves(file)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_the_model_that_is_measured_stays_where_and_as_it_is(device, monkeypatch):
    """On the meta device, which has no values to compare, as far as the first batch."""
    monkeypatch.setattr("stn.evaluation.curves.POINTS", 3)
    model = build_model(get_recipe("mnist-play-affine").model).train()
    before = {name: (value.device, value.stride(), value.clone()) for name, value in model.state_dict().items()}
    with contextlib.suppress(RuntimeError, NotImplementedError):
        curve(model, bars(4), get_recipe("mnist-play-affine"), "noise", device=device)
    assert model.training
    for name, value in model.state_dict().items():
        was, strides, values = before[name]
        assert value.device == was and value.stride() == strides and torch.equal(value, values), name


def test_the_shipped_curves_were_measured_with_the_shipped_files():
    models = json.loads((SHIPPED / FILE).read_text())["models"]
    assert set(models) == {name for name in shipped_names() if "-play-" in name}
    for name, entry in models.items():
        assert [row["control"] for row in entry["curves"]] == list(CONTROLS)
        for row in entry["curves"]:
            assert row["values"] == list(control_values(row["control"])) and row["n"] == 10_000
        now = hashlib.sha256((SHIPPED / f"{name}.safetensors").read_bytes()).hexdigest()
        assert entry["sha256"] == now, f"{name} is another file now; run python -m stn curves"
