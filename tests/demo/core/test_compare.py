"""From a request to everything the page shows, on untrained stand-ins for the shipped checkpoints."""

import json
import math

import numpy as np
import pytest
import torch

from demo.controls.choices import link_problems
from demo.core import compare
from demo.core.images import ImageStore
from demo.core.models import UPRIGHT, ModelStore, architecture_of, model_label
from demo.core.state import ViewState, parse_request
from stn.checkpoint import save_checkpoint, write_tensors
from stn.config import recipe_to_dict
from stn.distort import apply_controls
from stn.errors import StnError
from stn.models import build_model
from stn.recipes import get_recipe
from tests.helpers import unpack_pixels

PLAYED = tuple(f"{dataset}-play-{rest}" for dataset in ("mnist", "cifar10") for rest in ("affine", "cnn"))
NAMES = (*PLAYED, *UPRIGHT.values())  # what the page needs
TRAINED, UPRIGHT = ({"dataset": "mnist", "compare": compare} for compare in ("trained", "upright"))


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    for name in NAMES:
        recipe = get_recipe(name)
        record = {"result": {"accuracy": 10.0, "loss": 2.3, "n": 10}, "seed": 0}
        save_checkpoint(folder / f"{name}.safetensors", recipe, build_model(recipe.model), record)
    return folder


@pytest.fixture(scope="module")
def resources(checkpoints, tmp_path_factory):
    return ImageStore(tmp_path_factory.mktemp("no-data")), ModelStore(checkpoints)


def test_certainty_is_not_claimed_for_what_only_rounds_to_it():
    logits = np.array([[0.0, 20.0, *[0.0] * 8]])
    said = compare.describe_network(logits, list("0123456789"), 1)
    assert said["probabilities"][1] == 1.0 and said["probabilities"][0] == 0.0
    assert said["percent"][:2] == ["< 1 %", "> 99 %"] and "> 99 %" in said["words"]


@pytest.mark.parametrize(("dataset", "canvas", "channels"), [("mnist", 60, 1), ("cifar10", 48, 3)])
def test_an_answer_holds_the_distorted_image_to_the_last_level(resources, dataset, canvas, channels):
    request = {"dataset": dataset, "sample": 3, "rotation": 30, "scale": 0.8, "clutter": 4, "noise": 0.1, "seed": 5}
    answer = compare.answer(*resources, request)
    pixels = unpack_pixels(answer["input"])
    assert pixels.shape == (canvas, canvas, channels)
    images = resources[0].get(dataset)
    controls = parse_request(request).controls
    stock = torch.from_numpy(images.clutter_from)
    wanted = apply_controls(torch.from_numpy(images.image(3)), controls, canvas, stock)[0]
    assert np.abs(pixels - 255 * wanted.permute(1, 2, 0).numpy()).max() <= 0.5 + 1e-3


def test_hidden_edges_are_black_and_the_networks_see_that(resources):
    asked = {"dataset": "cifar10", "sample": 3, "rotation": 60}
    shown, hidden = (compare.answer(*resources, {**asked, "edges": edges}) for edges in ("shown", "hidden"))
    at = np.arange(48) - 23.5
    inside = (at[:, None] ** 2 + at[None, :] ** 2 <= 15.5**2)[..., None]
    assert np.array_equal(unpack_pixels(hidden["input"]), unpack_pixels(shown["input"]) * inside)
    assert hidden["networks"]["upright"]["probabilities"] != shown["networks"]["upright"]["probabilities"]
    assert "corners are hidden" in " ".join(hidden["warnings"]) and "corners around" in " ".join(shown["warnings"])
    api = compare.for_api(*resources, parse_request({**asked, "edges": "hidden"}))
    assert api["probabilities"]["upright"] == hidden["networks"]["upright"]["probabilities"]


def test_an_untrained_transformer_shows_the_input_itself_in_zero_to_one(resources):
    # Identity at the start: its output is the input resampled, so their means agree; an image left normalised
    # would be far off.
    answer = compare.answer(*resources, {"dataset": "cifar10", "sample": 0})
    assert answer["stages"][0]["words"] == "leaves the image as it is"
    assert unpack_pixels(answer["output"]).mean() == pytest.approx(unpack_pixels(answer["input"]).mean(), abs=6)


def test_an_answer_is_json_and_complete(resources):
    answer = compare.answer(*resources, {"dataset": "mnist", "sample": 1})
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert answer["classes"] == list("0123456789") and answer["image"]["drawn"]
    for network in answer["networks"].values():
        assert math.isclose(sum(network["probabilities"]), 1, abs_tol=1e-4)
        assert network["right"] == (network["top"] == answer["image"]["label"])
    assert answer["stages"][0]["family"] == "affine" and len(answer["stages"][0]["values"]) == 6


@pytest.mark.parametrize(
    "bad",
    [
        None,
        {},
        {"dataset": "mnist", "rotation": float("nan")},
        {"dataset": "mnist", "sample": 10**8},
        {"dataset": "mnist", "sample": 10**400},
        {"dataset": "mnist", "rotation": 10**400},
        {"dataset": "mnist", "model": "cifar10-play-affine"},
        {"dataset": "mnist", "model": "mnist-play-cnn"},
        {"dataset": "mnist", "model": "../../etc/passwd"},
    ],
)
def test_a_bad_request_is_answered_with_one_sentence(resources, bad):
    answer = compare.answer(*resources, bad)
    assert set(answer) == {"error"} and "\n" not in answer["error"] and len(answer["error"]) < 300


def test_a_missing_checkpoint_is_one_sentence_that_says_what_to_run(resources, tmp_path):
    error = compare.answer(resources[0], ModelStore(tmp_path), {"dataset": "mnist"})["error"]
    assert "`python -m stn train mnist-play-affine && python -m stn ship mnist-play-affine`" in error
    only_stn = tmp_path / "mnist-play-affine.safetensors"
    only_stn.write_bytes((resources[1]._folder / only_stn.name).read_bytes())
    for request, name in ((TRAINED, "mnist-play-cnn"), (UPRIGHT, "mnist-upright-cnn")):
        error = compare.answer(resources[0], ModelStore(tmp_path), request)["error"]
        assert f"`python -m stn train {name} && python -m stn ship {name}`" in error


def not_a_checkpoint(path):
    path.write_bytes(b"not a checkpoint")


def of_a_later_version(path):
    write_tensors(path, {"a": torch.zeros(1)}, {"format": 99})


def of_an_unknown_recipe(path):
    write_tensors(path, {"a": torch.zeros(1)}, {"format": 1, "recipe": {"nonesuch": 1}, "record": {}})


def without_a_recipe(path):
    write_tensors(path, {"a": torch.zeros(1)}, {"format": 1})


def without_weights(path):
    recipe = recipe_to_dict(get_recipe(path.stem))
    write_tensors(path, {"a": torch.zeros(1)}, {"format": 1, "recipe": recipe, "record": {"result": {}}})


@pytest.mark.parametrize(
    "damage", [not_a_checkpoint, of_a_later_version, of_an_unknown_recipe, without_a_recipe, without_weights]
)
def test_a_damaged_checkpoint_is_one_sentence_that_names_no_folder(resources, tmp_path, caplog, damage):
    for name in NAMES:
        damage(tmp_path / f"{name}.safetensors")
    error = compare.answer(resources[0], ModelStore(tmp_path), {"dataset": "mnist"})["error"]
    assert "mnist-play-affine is damaged" in error and "python -m stn ship" in error
    assert str(tmp_path) not in error and ".safetensors" not in error
    assert "mnist-play-affine cannot be loaded" in caplog.text, "whoever runs the page must find the reason"


def test_what_nobody_foresaw_is_one_sentence_for_the_visitor_and_a_trace_in_the_log(resources, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("shapes cannot be multiplied in /srv/secret")

    monkeypatch.setattr(compare, "find_subject", broken)
    error = compare.answer(*resources, {"dataset": "mnist"})["error"]
    assert "could not be shown" in error and "secret" not in error
    assert "shapes cannot be multiplied" in caplog.text


def test_a_link_to_what_is_not_there_is_named_part_by_part(resources):
    images, models = resources
    assert link_problems(ViewState("mnist", 3, "mnist-play-affine"), images, models) == []
    sample, model = link_problems(ViewState("mnist", 10**6, "mnist-play-tps"), images, models)
    assert "no image 1000000" in sample and "'mnist-play-tps'" in model


OTHERS = ("cifar10-play-affine", "mnist-upright-cnn", "mnist-upright-affine", "mnist-tutorial", "x")


def test_the_picker_lists_what_lies_in_the_folder_affine_first(tmp_path):
    for name in ("mnist-play-tps", "mnist-play-affine", "mnist-play-cnn", *OTHERS):
        (tmp_path / f"{name}.safetensors").touch()
    models = ModelStore(tmp_path)
    assert models.transformers("mnist") == ["mnist-play-affine", "mnist-play-tps"]
    played = ["cifar10-play-affine", "mnist-play-affine", "mnist-play-cnn", "mnist-play-tps"]
    assert models.names() == [*played, "mnist-upright-cnn"]
    assert (
        architecture_of("mnist-play-cnn") == "cnn" and model_label("mnist-play-tps") == "thin plate spline transformer"
    )


def test_the_list_of_models_gives_family_and_accuracy(resources):
    listed = {entry["name"]: entry for entry in compare.list_models(resources[1])}
    assert set(listed) == set(NAMES)
    assert listed["mnist-play-affine"]["family"] == "affine" and listed["mnist-play-cnn"]["family"] is None
    assert listed["mnist-play-affine"]["canvas"] == 60 and listed["cifar10-play-cnn"]["canvas"] == 48
    assert all(entry["accuracy"] == 10.0 for entry in listed.values())


@pytest.mark.parametrize(("comparison", "roles"), [("upright", ["upright", "behind"]), ("trained", ["cnn", "stn"])])
def test_the_api_and_the_page_agree(resources, comparison, roles):
    state = parse_request({"dataset": "mnist", "sample": 2, "rotation": 10, "compare": comparison})
    for_api, for_view = compare.for_api(*resources, state), compare.for_view(compare.compare(*resources, state))
    assert for_view["compared"] == list(for_view["networks"]) == roles
    assert list(for_api["probabilities"]) == ["upright", "behind", "cnn", "stn"]
    for role in roles:
        assert for_view["networks"][role]["probabilities"] == pytest.approx(for_api["probabilities"][role], abs=2e-6)
    assert (for_api["asked"], for_api["done"]) == (10, for_view["turn"]["done"])
    assert for_api["label"] == for_view["image"]["label"] == resources[0].get("mnist").labels[2]


def test_an_uploaded_image_has_no_label(resources):
    from demo.core.encoding import png_data_uri

    state, image = parse_request({"dataset": "mnist", "rotation": 30}), png_data_uri(np.zeros((1, 28, 28)))
    told = compare.for_api(*resources, state, image)
    assert told["label"] is told["asked"] is told["done"] is None
    seen = compare.for_view(compare.compare(*resources, state, image))
    assert seen["networks"]["upright"]["right"] is None
    assert seen["turn"]["asked"] is seen["turn"]["left"] is None and "undone" not in seen["turn"]["words"]


def test_many_threads_get_the_answer_that_one_gets(resources):
    from concurrent.futures import ThreadPoolExecutor

    requests = [{"dataset": "mnist", "sample": i % 5, "rotation": 10 * i - 60} for i in range(12)]
    strip = lambda a: {k: v for k, v in a.items() if k != "milliseconds"}  # noqa: E731
    alone = [strip(compare.answer(*resources, r)) for r in requests]
    with ThreadPoolExecutor(6) as pool:
        assert [strip(a) for a in pool.map(lambda r: compare.answer(*resources, r), requests)] == alone


def test_a_model_without_a_transformer_is_refused(resources, tmp_path):
    cnn = (resources[1]._folder / "mnist-play-cnn.safetensors").read_bytes()
    for name in ("mnist-play-affine", "mnist-play-cnn", "mnist-upright-cnn"):
        (tmp_path / f"{name}.safetensors").write_bytes(cnn)
    for request in (TRAINED, UPRIGHT):
        with pytest.raises(StnError, match="no spatial transformer"):
            compare.compare(resources[0], ModelStore(tmp_path), parse_request(request))


def test_visitors_who_ask_together_get_what_each_gets_alone(resources):
    requests = [
        {"dataset": "mnist", "sample": 3, "rotation": 40},
        {"dataset": "mnist", "sample": 4, "clutter": 3, "noise": 0.2, "seed": 5, "compare": "trained"},
        {"dataset": "mnist", "sample": 4, "clutter": 3, "noise": 0.2, "seed": 5},
        {"dataset": "mnist", "sample": 10**6},
        "nothing of the kind",
        {"dataset": "mnist", "sample": 5, "noise": 0.1, "seed": 6, "scale": 0.7},
    ]
    together = compare.answer_together(*resources, requests)
    assert ["error" in one for one in together] == [False, False, False, True, True, False]
    for one, request in zip(together, requests, strict=True):
        alone = compare.answer(*resources, request)
        assert one.keys() == alone.keys()
        for key in one.keys() - {"milliseconds", "networks", "output", "stages", "turn"}:
            assert one[key] == alone[key], key
        if "error" not in one:
            assert one["turn"]["done"] == pytest.approx(alone["turn"]["done"], abs=1e-3)
            for role, network in one["networks"].items():
                assert network["probabilities"] == pytest.approx(alone["networks"][role]["probabilities"], abs=1e-4)


def test_a_program_error_reaches_all_whom_it_concerns_as_a_sentence(resources, monkeypatch):
    monkeypatch.setattr(compare, "compare_together", lambda pair, shown: 1 / 0)
    answers = compare.answer_together(*resources, [{"dataset": "mnist"}, {"dataset": "mnist", "sample": -1}])
    assert "an error in the program" in answers[0]["error"] and "sample" in answers[1]["error"]
