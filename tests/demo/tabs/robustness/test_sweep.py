"""The robustness tab's figures as data, and one image's sweep against what the live view says of it."""

import json

import plotly.graph_objects as go
import pytest

from demo.core import compare
from demo.tabs.robustness import sweep
from demo.tabs.robustness.figures import DARK, LIGHT, floor_of, line_styles, robustness_figure
from stn.distort import CONTROL_RANGES
from stn.evaluation.curves import Curve, control_values

CNN, STN, OTHER = "mnist-play-cnn", "mnist-play-affine", "mnist-play-similarity"
NAMES = [CNN, STN, OTHER]
LABELS = {name: sweep.label(name) for name in NAMES}


def measured(control: str, accuracy: float = 97.0) -> Curve:
    values = control_values(control)
    return Curve(control, values, tuple(accuracy - i / 100 for i in range(len(values))), 10_000)


def drawn(control="rotation", names=NAMES, palette=LIGHT):
    curves = {name: measured(control) for name in names}
    return robustness_figure(control, curves, line_styles(NAMES, STN, palette), LABELS, [CNN, STN], palette)


def write_curves(folder, names=(CNN, STN)):
    models = {name: {"sha256": "", "curves": [measured(c).to_dict() for c in sweep.CONTROLS]} for name in names}
    (folder / "curves.json").write_text(json.dumps({"models": models}))


@pytest.mark.parametrize("control", sweep.CONTROLS)
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_plotly_accepts_every_figure(control, palette):
    for names in (NAMES, []):
        figure = drawn(control, names, palette)
        go.Figure(data=figure["data"], layout=figure["layout"])


def test_both_charts_share_the_axis_over_the_whole_range_and_are_named():
    for control in sweep.CONTROLS:
        figure = drawn(control)
        low, high = figure["layout"]["xaxis"]["range"]
        assert low < CONTROL_RANGES[control][0] and high > CONTROL_RANGES[control][1]
        assert {trace["xaxis"] for trace in figure["data"]} == {"x"}
        assert [t["yaxis"] for t in figure["data"]] == ["y", "y", "y", "y2", "y2"]
        top, below = (a["text"] for a in figure["layout"]["annotations"])
        assert "test images" in top and "This image" in below
        assert control in figure["layout"]["xaxis"]["title"]["text"].lower()


def test_no_two_networks_differ_by_colour_alone():
    lines = line_styles([*NAMES, "mnist-play-tps"], STN, LIGHT).values()
    assert len({(line.dash, line.symbol) for line in lines}) == 4
    cnn, stn = (line_styles(NAMES, STN, palette)[CNN].colour for palette in (LIGHT, DARK))
    assert cnn == LIGHT.cnn and stn == DARK.cnn


def test_without_curves_only_this_image_has_a_chart():
    figure = drawn(names=[])
    assert "yaxis" not in figure["layout"] and len(figure["layout"]["annotations"]) == 1
    assert [trace["meta"]["part"] for trace in figure["data"]] == ["live", "live"]


def test_the_accuracy_axis_starts_below_every_value_and_at_zero_for_low_ones():
    assert floor_of({"a": Curve("scale", (0, 1), (83.0, 99.0), 1)}) == 80
    assert floor_of({"a": Curve("scale", (0, 1), (81.0, 99.0), 1)}) == 70
    assert floor_of({"a": Curve("scale", (0, 1), (30.0, 99.0), 1)}) == 0


def test_the_figure_follows_the_file(mnist_resources):
    _, models = mnist_resources
    curves, request = sweep.CurveStore(models.folder), {"dataset": "mnist", "curve": "shear", "theme": "dark"}
    before = sweep.figure(models, curves, request)
    assert not before["measured"] and [entry["label"] for entry in before["legend"]] == [
        "plain CNN",
        "affine transformer",
    ]
    write_curves(models.folder)
    after = sweep.figure(models, curves, request)
    assert after["measured"] and after["images"] == "10,000 MNIST test images"
    assert after["figure"]["data"][0]["line"]["color"] == DARK.cnn
    (models.folder / "curves.json").write_text("{")
    assert not sweep.figure(models, curves, request)["measured"], "a damaged file counts as none"
    (models.folder / "curves.json").unlink()


@pytest.mark.parametrize("control", sweep.CONTROLS)
def test_a_sweep_says_at_each_value_what_the_live_view_says(mnist_resources, control):
    request = {
        "dataset": "mnist",
        "sample": 5,
        "rotation": 20,
        "clutter": 3,
        "noise": 0.1,
        "seed": 4,
        "compare": "trained",
    }
    found = sweep.sweep(*mnist_resources, {**request, "curve": control})
    assert found["values"] == list(control_values(control))
    for i in (0, len(found["values"]) // 2, -1):
        seen = compare.answer(*mnist_resources, {**request, control: found["values"][i]})
        assert found["class"] == seen["classes"][seen["image"]["label"]]
        for name, key in ((CNN, "cnn"), (STN, "stn")):
            chance = 100 * seen["networks"][key]["probabilities"][seen["image"]["label"]]
            assert found["networks"][name]["percent"][i] == pytest.approx(chance, abs=0.11)
            assert found["networks"][name]["right"][i] == seen["networks"][key]["right"]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {"curve": "rotation"},
        {"dataset": "mnist"},
        {"dataset": "mnist", "curve": "colour"},
        {"dataset": "mnist", "curve": "noise", "colour": "red"},
        {"dataset": "mnist", "curve": ["rotation"]},
        {"dataset": "mnist", "curve": "x" * 10_000},
        {"dataset": "mnist", "curve": "noise", "rotation": float("nan")},
        {"dataset": "mnist", "curve": "noise", "model": "../x"},
        {"dataset": "mnist", "curve": "noise", "sample": 10**9},
    ],
)
def test_bad_requests_get_one_sentence(mnist_resources, bad):
    answers = [sweep.sweep(*mnist_resources, bad)]
    if not isinstance(bad, dict) or "sample" not in bad:
        answers.append(sweep.figure(mnist_resources[1], sweep.CurveStore(mnist_resources[1].folder), bad))
    for answer in answers:
        assert set(answer) == {"error"} and "\n" not in answer["error"] and len(answer["error"]) < 300
