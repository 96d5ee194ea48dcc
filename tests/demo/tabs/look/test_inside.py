"""What the tab that looks inside is told, on untrained networks of every family."""

import base64
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from demo.core.distortion import distort
from demo.core.encoding import bend_of
from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.core.state import parse_request
from demo.tabs.look import inside
from stn.checkpoint import save_checkpoint
from stn.errors import StnError
from stn.explain import explain
from stn.families import FAMILY_NAMES, get_family
from stn.geometry import sample
from stn.models import build_model
from stn.modules import Localizer
from stn.recipes import get_recipe
from stn.zooming import ZoomLocalizer

FAMILIES = ("affine", "projective", "tps")


def floats(encoded: dict) -> torch.Tensor:
    """The values (C, H, W) of an image, or the points (H, W, 2) of a grid, as the browser decodes them."""
    values = np.frombuffer(base64.b64decode(encoded["data"]), "<f4").copy()
    if "channels" not in encoded:
        return torch.from_numpy(values.reshape(encoded["height"], encoded["width"], 2))
    shape = encoded["height"], encoded["width"], encoded["channels"]
    return torch.from_numpy(values.reshape(shape)).permute(2, 0, 1)


def disturbed(model: torch.nn.Module) -> torch.nn.Module:
    """A net fresh from the start says the identity; this one says something else for each image."""
    for module in model.modules():
        if isinstance(module, Localizer):
            torch.nn.init.normal_(module.head[-1].weight, std=0.03)
            module.head[-1].bias.data += 0.1
    return model


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    for dataset, family in (("mnist", "affine"), ("cifar10", "affine"), ("mnist", "projective"), ("mnist", "tps")):
        recipe = get_recipe(f"{dataset}-play-affine")
        recipe = replace(recipe, name=f"{dataset}-play-{family}", model=replace(recipe.model, family=family))
        record = {"result": {"accuracy": 10.0, "loss": 2.3, "n": 10}, "seed": 0}
        save_checkpoint(folder / f"{recipe.name}.safetensors", recipe, disturbed(build_model(recipe.model)), record)
    recipe = get_recipe("mnist-play-affine")
    feature = replace(recipe, name="mnist-play-feature", model=replace(recipe.model, placement="feature"))
    save_checkpoint(folder / "mnist-play-feature.safetensors", feature, build_model(feature.model), record)
    return ImageStore(tmp_path_factory.mktemp("no-data")), ModelStore(folder)


def request(dataset: str = "mnist", family: str = "affine", **more) -> dict:
    return {"dataset": dataset, "model": f"{dataset}-play-{family}", "sample": 3, "rotation": 20, **more}


@pytest.mark.parametrize(("dataset", "family"), [("mnist", f) for f in FAMILIES] + [("cifar10", "affine")])
def test_the_four_steps_are_the_models_own(resources, dataset, family):
    answer = inside.look_inside(*resources, request(dataset, family, noise=0.1))
    loaded = resources[1].get(f"{dataset}-play-{family}")
    images = resources[0].get(dataset)
    controls = parse_request(request(dataset, family, noise=0.1)).controls
    x = torch.from_numpy(distort(images.image(3), [controls], loaded.info.canvas, [images.clutter_from]))
    seen = explain(loaded.model, x)
    stage = seen.stages[0]
    assert torch.allclose(floats(answer["input"]), x[0], atol=1e-6)
    assert torch.allclose(floats(answer["grid"]), stage.grid[0], atol=1e-6)
    assert torch.allclose(floats(answer["output"]), loaded.info.unnormalize(stage.output)[0], atol=1e-6)
    assert answer["stage"]["family"] == family
    assert answer["stage"]["values"] == pytest.approx(stage.theta[0].tolist(), abs=1e-6)
    assert answer["network"]["probabilities"] == pytest.approx(seen.logits.softmax(1)[0].tolist(), abs=1e-5)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.parametrize(("dataset", "family"), [("mnist", f) for f in FAMILIES] + [("cifar10", "affine")])
def test_the_sampler_on_the_sent_numbers_gives_the_sent_output(resources, dataset, family):
    # In [0, 1], although the model samples normalised images: the weights add up to one.
    answer = inside.look_inside(*resources, request(dataset, family))
    x, grid = floats(answer["input"])[None], floats(answer["grid"])[None]
    assert answer["average"] and answer["padding"] == "border" and answer["outside"] is None
    assert torch.allclose(sample(x, grid, "border", average=True)[0], floats(answer["output"]), atol=1e-5)


def test_the_level_says_how_many_pixels_apart_the_samples_are(resources):
    # The identity from 60 x 60 to 28 x 28 pixels: 60 / 28 of a pixel from sample to sample.
    answer = inside.by_hand(*resources, {"state": request(), "theta": [1, 0, 0, 0, 1, 0]})
    assert 2 ** answer["level"] == pytest.approx(60 / 28, abs=1e-3)
    assert inside.by_hand(*resources, {"state": request(), "theta": [0.3, 0, 0, 0, 0.3, 0]})["level"] == 0


@pytest.mark.parametrize(("dataset", "family"), [("mnist", f) for f in FAMILIES] + [("cifar10", "affine")])
def test_without_averaging_the_sampler_mixes_four_neighbours(resources, dataset, family):
    own = inside.look_inside(*resources, request(dataset, family))
    plain = inside.look_inside(*resources, request(dataset, family, average=False))
    x, grid = floats(plain["input"])[None], floats(plain["grid"])[None]
    assert torch.allclose(sample(x, grid, "border")[0], floats(plain["output"]), atol=1e-5)
    assert plain["stage"]["values"] == own["stage"]["values"], "theta stays the network's own"
    assert plain["average"] and not plain["averages"] and plain["level"] == 0
    assert own["averages"] and own["level"] > 0 and plain["apart"] == own["apart"] == 2 ** own["level"]
    hand = inside.by_hand(
        *resources, {"state": request(dataset, family, average=False), "theta": own["stage"]["values"]}
    )
    assert torch.allclose(floats(hand["output"]), floats(plain["output"]), atol=1e-5) and not hand["averages"]
    # Afterwards the model averages again.
    assert inside.look_inside(*resources, request(dataset, family))["output"] == own["output"]


def test_average_is_true_or_false(resources):
    said = inside.look_inside(*resources, request(average=1))["error"]
    assert said == "average is 1; give true or false."


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_slopes_give_the_affine_matrix_nearest_to_a_spline(family):
    slopes = inside.slopes_of(get_family(family), (9, 12))
    if family != "tps":
        assert slopes is None
        return
    theta = get_family(family).identity() + 0.2 * torch.randn(1, 32, generator=torch.Generator().manual_seed(0))
    nearest, _ = bend_of(get_family(family).grid(theta, (9, 12))[0].numpy())
    points = theta.view(-1, 2)  # (16, 2)
    assert torch.allclose((torch.tensor(slopes) @ points).T, torch.tensor(nearest)[:, :2], atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_networks_own_theta_by_hand_changes_nothing(resources, family):
    own = inside.look_inside(*resources, request(family=family))
    hand = inside.by_hand(*resources, {"state": request(family=family), "theta": own["stage"]["values"]})
    assert hand["network"]["probabilities"] == pytest.approx(own["network"]["probabilities"], abs=1e-5)
    assert torch.allclose(floats(hand["output"]), floats(own["output"]), atol=1e-5)
    assert hand["stage"]["values"] == pytest.approx(own["stage"]["values"], abs=1e-6)
    assert hand["stage"]["words"] == own["stage"]["words"]


@pytest.mark.parametrize("family", FAMILIES)
def test_theta_by_hand_is_where_the_sampler_looks(resources, family):
    theta = get_family(family).identity()[0] * 0.5
    hand = inside.by_hand(*resources, {"state": request(family=family), "theta": theta.tolist()})
    assert torch.allclose(floats(hand["grid"]), get_family(family).grid(theta[None], (28, 28))[0], atol=1e-6)
    # Afterwards the model goes its own way again.
    own = inside.look_inside(*resources, request(family=family))
    assert own["stage"]["values"] != pytest.approx(theta.tolist(), abs=1e-3)


BAD = [None, 3, "1,0,0", [], [1, 0, 0], [1] * 7, [math.nan] * 6, [math.inf] * 6, [9] * 6, [10**400] * 6, [True] * 6]


@pytest.mark.parametrize("theta", [*BAD, ["1"] * 6, [None] * 6, {"0": 1}, [[1, 0, 0], [0, 1, 0]]])
def test_a_bad_theta_is_one_sentence(resources, theta):
    answer = inside.by_hand(*resources, {"state": request(), "theta": theta})
    assert set(answer) == {"error"} and "6 numbers from -8 to 8" in answer["error"] and "\n" not in answer["error"]


@pytest.mark.parametrize(
    "bad",
    [None, [], {}, {"state": request()}, {"state": None, "theta": []}, {"state": request(sample=-1), "theta": []}],
)
def test_any_other_object_is_one_sentence_too(resources, bad):
    assert set(inside.by_hand(*resources, bad)) == {"error"}
    assert set(inside.look_inside(*resources, bad)) == {"error"}


def test_a_transformer_on_feature_maps_is_refused_with_a_remedy(resources):
    said = inside.look_inside(*resources, request(family="feature"))["error"]
    assert "mnist-play-feature reads feature maps" in said and "choose" in said


def test_a_theta_that_leaves_the_image_is_shown_and_finite(resources):
    for theta in ([8] * 6, [0] * 6, [-8, 8, 8, 8, -8, 8]):
        answer = inside.by_hand(*resources, {"state": request(), "theta": theta})
        assert json.loads(json.dumps(answer, allow_nan=False)) == answer and "error" not in answer
    tilted = {"state": request(family="projective"), "theta": [1, 0, 0, 0, 1, 0, 8, -8]}
    assert floats(inside.by_hand(*resources, tilted)["grid"]).isfinite().all()


def test_maps_are_those_that_end_each_stage_and_the_net_is_left_as_it_was():
    localizer = Localizer(1, "affine", widths=(4, 8, 6), depths=(1, 2, 1)).eval()
    x = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = localizer(x)
        with inside.watch_maps(localizer) as seen:
            watched = localizer(x)
            localizer(1 - x)  # of several runs the first counts
    assert torch.equal(before, watched)
    assert [tuple(maps.shape) for _, maps in seen] == [(1, 4, 14, 14), (1, 8, 7, 7), (1, 6, 4, 4)]
    with torch.no_grad():  # the first stage, by hand: Identity, Conv, MaxPool, BatchNorm, ReLU
        assert torch.equal(seen[0][1], localizer.features[:5](x))
    assert not any(module._forward_hooks for module in localizer.modules())


def test_the_maps_of_two_nets_are_told_apart():
    zoom = ZoomLocalizer(1, "affine", widths=(4, 8)).eval()
    with torch.no_grad(), inside.watch_maps(zoom) as seen:
        zoom(torch.rand(1, 1, 60, 60, generator=torch.Generator().manual_seed(0)))
    shapes = [(name, tuple(maps.shape[1:])) for name, maps in seen]
    coarse = [("Coarse", (16, 15, 15)), ("Coarse", (32, 8, 8)), ("Coarse", (48, 4, 4))]
    assert shapes == [*coarse, ("Fine", (4, 14, 14)), ("Fine", (8, 7, 7))]


def test_the_most_active_maps_are_chosen_and_normalised():
    maps = torch.stack([k * torch.tensor([[1.0, 2.0], [3.0, 5.0]]) for k in (1, 4, 0, 3)])
    chosen = inside.most_active(maps, 3)
    assert chosen.chosen == (1, 3, 0) and chosen.channels == 4
    assert torch.allclose(chosen.maps, torch.tensor([[0.0, 0.25], [0.5, 1.0]]).expand(3, 2, 2))
    assert chosen.ranges.tolist() == [[4, 20], [3, 15], [1, 5]], "the values that black and white stand for"
    assert inside.most_active(maps, 9).maps.shape == (4, 2, 2)
    assert inside.most_active(torch.full((1, 2, 2), math.nan)).maps.isfinite().all()


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_every_familys_identity_is_taken(family):
    identity = get_family(family).identity()
    assert torch.equal(inside.read_theta(identity[0].tolist(), get_family(family)), identity)
    with pytest.raises(StnError, match=f"{identity.shape[1]} numbers"):
        inside.read_theta([*identity[0].tolist(), 0], get_family(family))
