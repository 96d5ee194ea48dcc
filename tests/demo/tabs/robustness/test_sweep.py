"""The robustness tab's curves as data, and one image's sweep against what the live view says of it."""

import base64
import json

import numpy as np
import pytest

from demo.core import compare
from demo.core.models import UPRIGHT
from demo.core.state import COMPARISONS
from demo.tabs.robustness import sweep
from demo.tabs.robustness.lines import CONTROLS, axis, lines, names_of
from stn.distort import CONTROL_RANGES
from stn.evaluation.curves import CONTROLS as MEASURED
from stn.evaluation.curves import Curve, control_values, measured_names

CNN, STN, OTHER = "mnist-play-cnn", "mnist-play-affine", "mnist-play-similarity"
PLAIN, BEHIND = "mnist-upright-cnn", "mnist-upright-cnn behind mnist-play-affine"
REQUEST = {"dataset": "mnist", "sample": 5, "rotation": 20, "clutter": 3, "noise": 0.1, "shift_x": 0.1, "seed": 4}


def measured(control: str, accuracy: float = 97.0, n: int = 10_000) -> Curve:
    values = control_values(control)
    return Curve(control, values, tuple(accuracy - i / 100 for i in range(len(values))), n)


def write_curves(folder, accuracy: dict[str, float]):
    models = {
        name: {"sha256": "", "curves": [measured(c, percent).to_dict() for c in CONTROLS]}
        for name, percent in accuracy.items()
    }
    (folder / "curves.json").write_text(json.dumps({"models": models}))


def test_every_measured_control_has_an_axis_over_its_whole_range():
    assert set(CONTROLS) == set(MEASURED)
    for control in CONTROLS:
        found = axis(control)
        assert (found["low"], found["high"]) == CONTROL_RANGES[control]
        assert found["ticks"][0] == found["low"] and found["ticks"][-1] == pytest.approx(found["high"])
        assert control.replace("_x", "") in found["title"].lower()


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_the_pages_comparison_is_shown_and_the_other_networks_can_be_ticked(comparison):
    found = lines("mnist", STN, comparison, [STN, OTHER, "mnist-play-tps"])
    assert {line.network for line in found if line.shown} == set(names_of(comparison, "mnist", STN))
    assert {line.network for line in found if line.live} == {CNN, STN, PLAIN, BEHIND}
    assert {line.network for line in found} <= set(measured_names()), "what is drawn is measured"
    assert len({(line.dash, line.symbol) for line in found}) == len(found) == 6, "told apart without colour, too"
    assert [line.comparison for line in found] == sorted((line.comparison for line in found), reverse=True)


def test_another_transformer_takes_the_chosen_ones_place():
    found = lines("cifar10", "cifar10-play-similarity", "upright", ["cifar10-play-affine", "cifar10-play-similarity"])
    plain = UPRIGHT["cifar10"]
    assert [(line.network, line.label) for line in found if line.comparison == "upright"] == [
        (plain, "CNN as it is"),
        (f"{plain} behind cifar10-play-similarity", "Behind the transformer"),
        (f"{plain} behind cifar10-play-affine", "Affine transformer"),
    ]


def test_the_figure_follows_the_file(mnist_resources):
    _, models = mnist_resources
    curves, request = sweep.CurveStore(models.folder), {"dataset": "mnist", "curve": "shear"}
    before = sweep.figure(models, curves, request)
    assert not before["measured"] and before["says"] == {}
    labels = ["CNN as it is", "Behind the transformer", "Plain CNN", "With transformer"]
    assert [(line["label"], line["curve"]) for line in before["lines"]] == [(label, None) for label in labels]
    write_curves(models.folder, {PLAIN: 80, BEHIND: 97, CNN: 99})
    after = sweep.figure(models, curves, request)
    assert after["measured"] and after["images"] == "MNIST test images"
    hidden = sweep.figure(models, curves, {**request, "edges": "hidden"})
    assert hidden["images"] == "MNIST test images, their edges shown", "the curves were measured so"
    assert after["lines"][0]["curve"]["n"] == 10_000 and after["lines"][3]["curve"] is None
    assert set(after["says"]) == {"upright"}, "of the other comparison only one network was measured"
    assert after["says"]["upright"].startswith("Sheared by −30°, the CNN as it is gets 80\u00a0% right")
    (models.folder / "curves.json").write_text("{")
    assert not sweep.figure(models, curves, request)["measured"], "a damaged file counts as none"
    (models.folder / "curves.json").unlink()


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize("control", CONTROLS)
def test_a_sweep_says_at_each_value_what_the_live_view_says(mnist_resources, control, comparison):
    request = {**REQUEST, "compare": comparison}
    found = sweep.sweep(*mnist_resources, {**request, "curve": control})
    names = names_of(comparison, "mnist", STN)
    assert found["values"] == list(control_values(control)) and set(found["networks"]) == set(names)
    for i in (0, len(found["values"]) // 2, -1):
        seen = compare.answer(*mnist_resources, {**request, control: found["values"][i]})
        assert found["class"] == seen["classes"][seen["image"]["label"]]
        for name, role in zip(names, COMPARISONS[comparison], strict=True):
            chance = 100 * seen["networks"][role]["probabilities"][seen["image"]["label"]]
            assert found["networks"][name]["percent"][i] == pytest.approx(chance, abs=0.11)
            assert found["networks"][name]["right"][i] == seen["networks"][role]["right"]


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize(("control", "value"), [("rotation", 17), ("scale", 0.93), ("shift_x", -0.11), ("clutter", 3)])
def test_the_reading_at_the_slider_is_the_live_views_very_number(mnist_resources, control, value, comparison):
    """Between the values of a sweep, where a line between its points would say something else."""
    request = {**REQUEST, control: value, "compare": comparison}
    found = sweep.reading(*mnist_resources, {**request, "curve": control})
    assert found["values"] == [value]
    seen = compare.answer(*mnist_resources, request)
    label = seen["image"]["label"]
    for name, role in zip(names_of(comparison, "mnist", STN), COMPARISONS[comparison], strict=True):
        network, live = found["networks"][name], seen["networks"][role]
        assert network["percent"] == [round(100 * live["probabilities"][label], 1)]
        assert network["said"] == [live["percent"][label]]


def test_both_comparisons_are_swept_on_demand_and_judged_by_the_same_class(mnist_resources):
    request = {**REQUEST, "curve": "rotation"}
    both = sweep.sweep(*mnist_resources, {**request, "both": True})
    assert set(both["networks"]) == {CNN, STN, PLAIN, BEHIND} and set(both["says"]) == set(COMPARISONS)
    for comparison in COMPARISONS:
        one = sweep.sweep(*mnist_resources, {**request, "compare": comparison})
        assert one["networks"] == {name: both["networks"][name] for name in names_of(comparison, "mnist", STN)}
        assert one["says"] == {comparison: both["says"][comparison]}


def test_of_a_visitors_image_the_reading_is_of_the_class_that_the_sweep_is_of(mnist_resources):
    image = base64.b64encode(np.tile(np.arange(28, dtype=np.uint8) * 9, (28, 1)).tobytes()).decode()
    request = {"dataset": "mnist", "image": image, "rotation": 33, "curve": "rotation"}
    whole, point = (ask(*mnist_resources, request) for ask in (sweep.sweep, sweep.reading))
    assert whole["class"] == point["class"] and whole["at"] == point["at"] == 0
    assert point["values"] == [33] and len(point["networks"][BEHIND]["percent"]) == 1
    assert f"“{whole['class']}”" in whole["says"]["upright"]


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
        {"dataset": "mnist", "curve": "noise", "both": "yes"},
        {"dataset": "mnist", "curve": "noise", "sample": 10**9},
    ],
)
def test_bad_requests_get_one_sentence(mnist_resources, bad):
    answers = [ask(*mnist_resources, bad) for ask in (sweep.sweep, sweep.reading)]
    if not isinstance(bad, dict) or "sample" not in bad:
        answers.append(sweep.figure(mnist_resources[1], sweep.CurveStore(mnist_resources[1].folder), bad))
    for answer in answers:
        assert set(answer) == {"error"} and "\n" not in answer["error"] and len(answer["error"]) < 300
