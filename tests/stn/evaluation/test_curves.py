import contextlib
import hashlib
import json

import pytest
import torch
from torch import nn

from stn import StnError
from stn.checkpoint import SHIPPED, load_checkpoint, save_checkpoint, shipped_names
from stn.evaluation.curves import (
    BEHIND,
    CONTROLS,
    FILE,
    Curve,
    behind_name,
    control_values,
    curve,
    load_measured,
    measured_names,
    read_curves,
    update_curves,
)
from stn.explain import evaluating
from stn.models import build_model
from stn.recipes import UPRIGHT, get_recipe
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
    put(tmp_path, "mnist-play-cnn")
    monkeypatch.setattr("stn.shipped.SHIPPED", tmp_path)
    monkeypatch.setattr("stn.evaluation.curves.SHIPPED", tmp_path)
    monkeypatch.setattr("stn.evaluation.curves.load_test", lambda recipe, folder: bars(20))
    monkeypatch.setattr("stn.evaluation.curves.POINTS", 3)
    monkeypatch.setattr("stn.evaluation.curves.TEST_IMAGES", 20)
    return tmp_path


def put(folder, name: str) -> None:
    recipe = get_recipe(name)
    save_checkpoint(folder / f"{name}.safetensors", recipe, build_model(recipe.model), {"result": {}})


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
    torch.manual_seed(1)
    put(shelf, "mnist-play-cnn")
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


def test_a_curve_of_fewer_images_is_measured_again_on_more_and_kept_for_fewer(shelf):
    file, measured = shelf / "curves.json", []
    for images, again in ((8, True), (5, False), (None, True), (8, False)):
        measured.clear()
        update_curves(None, file, lambda name, found: measured.append(found.n), images=images)
        assert measured == [images or 20] * len(CONTROLS) * again
    assert {found.n for found in read_curves(file)["mnist-play-cnn"].values()} == {20}


def test_the_upright_cnn_is_measured_as_it_is_and_behind_each_transformer(shelf):
    for name in ("mnist-upright-cnn", "mnist-play-affine"):
        put(shelf, name)
    behind, file = behind_name("mnist-upright-cnn", "mnist-play-affine"), shelf / "curves.json"
    assert sorted(measured_names()) == ["mnist-play-affine", "mnist-play-cnn", "mnist-upright-cnn", behind]
    update_curves(None, file)
    before = read_curves(file)
    assert set(before) == set(measured_names())
    measured = []
    torch.manual_seed(1)
    put(shelf, "mnist-play-affine")  # another one: what is behind it is measured again, too
    update_curves(None, file, lambda name, found: measured.append(name))
    assert set(measured) == {"mnist-play-affine", behind}


@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
def test_upright_cnns_are_shown_the_pages_canvas(dataset, monkeypatch, generator):
    """As it is, the one that knows a smaller canvas sees its middle."""
    plain = UPRIGHT[dataset]
    page = get_recipe(f"{dataset}-play-cnn")
    size = page.model.canvas
    x = torch.rand(2, len(page.model.mean), size, size, generator=generator)
    classifier, info = load_checkpoint(plain)
    edge = (size - info.canvas) // 2
    model, recipe = load_measured(plain)
    assert (recipe.model.canvas, recipe.distortion) == (size, page.distortion)
    with torch.no_grad(), evaluating(model), evaluating(classifier):
        middle = x[..., edge : size - edge, edge : size - edge]
        torch.testing.assert_close(model(x), classifier(middle), rtol=1e-4, atol=1e-4)
        behind = load_measured(behind_name(plain, f"{dataset}-play-affine"))[0]
        with evaluating(behind):
            torch.testing.assert_close(behind(x), classifier(behind.correct(x)), rtol=1e-4, atol=1e-4)


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
    assert set(models) == set(measured_names())
    assert set(shipped_names()) >= set(UPRIGHT.values())
    for name, entry in models.items():
        assert [row["control"] for row in entry["curves"]] == list(CONTROLS)
        for row in entry["curves"]:
            # The whole test set, where it was measured before there was anything behind a transformer.
            whole = name not in UPRIGHT.values() and BEHIND not in name and row["control"] != "shift_x"
            assert row["values"] == list(control_values(row["control"])) and row["n"] >= (10_000 if whole else 500)
        files = [SHIPPED / f"{part}.safetensors" for part in name.split(" behind ")]
        now = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        assert entry["sha256"] == now, f"{name} is another file now; run python -m stn curves"
