from dataclasses import replace

import pytest
import torch
from torch import nn

from stn import StnError, explain
from stn.data import dataset_info
from stn.distort import get_distortion
from stn.models import PLACEMENTS, RandomTransform, build_model
from stn.recipes import get_recipe, list_recipes, plain_cnn_of
from tests.stn.tutorial_net import Net


@pytest.mark.parametrize("name", list_recipes())
def test_every_recipe_builds_and_classifies(name):
    recipe = get_recipe(name)
    config = recipe.model
    model = build_model(config).eval()
    seen = explain(model, torch.rand(2, config.channels, config.canvas, config.canvas))
    assert seen.logits.shape == (2, len(dataset_info(recipe.dataset).classes))
    places = 0 if config.family is None else len(PLACEMENTS[config.placement])
    assert len(seen.stages) == places * config.transformers


@pytest.mark.parametrize("name", ["mnist-tutorial", "mnist-play-affine", "cifar10-clean-affine"])
def test_a_network_in_float64_stays_in_it(name):
    config = get_recipe(name).model
    model = build_model(config).double().eval()
    images = torch.rand(2, config.channels, config.canvas, config.canvas, dtype=torch.float64)
    assert model(images).dtype == torch.float64


@pytest.mark.parametrize(("placement", "sizes"), [("input", [28]), ("feature", [14]), ("both", [28, 14])])
def test_a_transformer_can_stand_at_the_input_or_on_feature_maps(placement, sizes):
    config = replace(get_recipe("mnist-rts-affine").model, placement=placement)
    seen = explain(build_model(config).eval(), torch.rand(2, 1, 42, 42))
    assert [stage.output.shape[-1] for stage in seen.stages] == sizes
    with pytest.raises(StnError, match=r"placement called 'middle'.*input"):
        build_model(replace(config, placement="middle"))


EQUAL = [name for name in list_recipes() if name.endswith("-cnn") and "-upright-" not in name]


@pytest.mark.parametrize("name", EQUAL)
def test_a_cnn_and_its_stns_are_trained_alike_with_as_many_parameters(name):
    cnn, recipes = get_recipe(name), list_recipes()
    stns = [r for n, r in recipes.items() if plain_cnn_of(n, recipes) == name and r.model.family]
    assert stns
    sizes = [sum(p.numel() for p in build_model(r.model).parameters()) for r in (cnn, *stns)]
    assert max(sizes) <= 1.05 * min(sizes)
    if cnn.distortion in ("r", "rts", "p", "e", "tc"):
        assert max(sizes) <= 400_000
    for stn in stns:
        same = {"pose_epochs": 0, "pose_weight": 0.0, "localizer_lr_scale": cnn.train.localizer_lr_scale}
        assert replace(stn.train, **same) == cnn.train
        assert stn.distortion == cnn.distortion and stn.model.canvas == cnn.model.canvas


@pytest.mark.parametrize("dataset", ["mnist", "cifar10"])
def test_the_upright_cnn_is_the_pages_and_never_sees_a_turned_image(dataset, generator):
    upright = get_recipe(f"{dataset}-upright-cnn")
    assert upright.model == get_recipe(f"{dataset}-play-cnn").model
    images = torch.rand(50, upright.model.channels, 32, 32, generator=generator)
    for name in {upright.distortion, upright.train_distortion} - {None}:
        given = get_distortion(name)(images, images, upright.model.canvas, generator)
        linear = given.matrix[:, :2, :2]
        unmoved = torch.eye(2) * upright.model.canvas / 32
        torch.testing.assert_close(linear, unmoved.expand_as(linear))
        assert given.matrix[:, :2, 2].std(0).min() > 0.1, "placed anywhere"


@pytest.mark.parametrize(
    ("name", "decides"),
    [("cifar10-play-affine", True), ("cifar10-rsc-similarity", True), ("cifar10-rsc-small-affine", False)],
)
def test_the_recipe_says_whether_a_net_decides_for_a_side(name, decides):
    assert build_model(get_recipe(name).model).net.stn.localizer.hard is decides


# Parameters counted by hand from the table of the reference systems.
COUNTS = {
    "mnist-tutorial": 8 * 50 + 10 * 201 + 91 * 32 + 33 * 6 + 10 * 26 + 20 * 251 + 321 * 50 + 51 * 10,
    "cifar10-tutorial": 8 * 148 + 10 * 201 + 161 * 32 + 33 * 6 + 10 * 76 + 20 * 251 + 501 * 50 + 51 * 10,
    "cifar10-luminance": 8 * 50 + 10 * 201 + 161 * 32 + 33 * 6 + 10 * 76 + 20 * 251 + 501 * 50 + 51 * 10,
    "cifar10-tutorial-ticnn": 10 * 76 + 20 * 251 + 501 * 50 + 51 * 10,
    "cifar10-wide-20": 64 * 148 + 128 * 1601 + 2049 * 32 + 33 * 6 + 32 * 76 + 64 * 801 + 1601 * 50 + 51 * 10,
    "cifar10-wide-50": 64 * 148 + 128 * 1601 + 2049 * 256 + 257 * 6 + 16 * 76 + 32 * 401 + 801 * 1024 + 1025 * 10,
}


@pytest.mark.parametrize("name", COUNTS)
def test_reference_nets_have_the_printed_layers(name):
    model = build_model(get_recipe(name).model)
    assert sum(p.numel() for p in model.parameters()) == COUNTS[name]
    tuned = name + "-tuned"
    if tuned in list_recipes():
        assert [p.shape for p in build_model(get_recipe(tuned).model).parameters()] == [
            p.shape for p in model.parameters()
        ]


@pytest.mark.parametrize(("name", "net"), [("mnist-tutorial", Net()), ("cifar10-tutorial", Net(3, 160, 500))])
def test_the_tutorials_own_net_computes_the_same(name, net, generator):
    config = get_recipe(name).model
    model = build_model(config).eval()
    nn.init.normal_(model.net.stn.localizer.fc_loc[2].weight, std=0.05)
    x = torch.rand(5, config.channels, config.canvas, config.canvas, generator=generator)
    net.load_state_dict(model.net.tutorial_state(), strict=True)
    normalised = (x - torch.tensor(config.mean).view(1, -1, 1, 1)) / torch.tensor(config.std).view(1, -1, 1, 1)
    torch.testing.assert_close(model(x), net.eval()(normalised), rtol=0, atol=1e-5)


def test_a_luminance_localiser_is_blind_to_colour(generator):
    model = build_model(get_recipe("cifar10-luminance").model).eval()
    nn.init.normal_(model.net.stn.localizer.fc_loc[2].weight, std=0.1)
    x = torch.rand(1, 3, 32, 32, generator=generator)
    weights, std = torch.tensor([0.299, 0.587, 0.114]), torch.tensor(get_recipe("cifar10-luminance").model.std)
    # Red up, green down, so that the luminance of the normalised image stays as it is.
    change = torch.tensor([0.1, -0.1 * weights[0] / std[0] * std[1] / weights[1], 0.0]).view(1, 3, 1, 1)
    a, b = explain(model, x), explain(model, x + change)
    torch.testing.assert_close(a.stages[0].theta, b.stages[0].theta, rtol=0, atol=1e-5)
    assert (a.logits - b.logits).abs().max() > 1e-4


def test_random_transforms_only_in_training(generator):
    x = torch.rand(2, 3, 12, 12, generator=generator)
    layer = RandomTransform()
    assert torch.equal(layer.eval()(x), x)
    assert not torch.equal(layer.train()(x), x)
    assert not list(layer.parameters())


def test_a_ticnn_transforms_images_and_maps_and_has_the_cnns_weights(generator):
    configs = [get_recipe(f"cifar10-rsc-{kind}").model for kind in ("cnn", "ticnn")]
    cnn, ticnn = map(build_model, configs)
    ticnn.load_state_dict(dict(zip(ticnn.state_dict(), cnn.state_dict().values(), strict=True)))
    x = torch.rand(2, 3, 48, 48, generator=generator)
    assert torch.equal(cnn.eval()(x), ticnn.eval()(x))
    sizes = []
    for layer in ticnn.modules():
        if isinstance(layer, RandomTransform):
            layer.register_forward_hook(lambda module, given, out: sizes.append(tuple(out.shape[1:])))
    ticnn.train()(x)
    assert sizes == [(3, 48, 48), (configs[0].widths[0], 24, 24)]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mnist-tutorial", {"family": "tps"}, "affine transformer or none, not 'tps'"),
        ("mnist-tutorial", {"iterations": 2}, "no use for iterations=2; leave it at 1"),
        ("mnist-tutorial", {"average": True}, "no use for average=True"),
        ("mnist-tutorial", {"out_size": (28, 28)}, "no use for out_size"),
        ("mnist-play-affine", {"luminance": True}, "no use for luminance=True"),
        ("mnist-r-affine", {"localizer_sides": True}, "give its width as localizer_zoom"),
        ("mnist-r-affine", {"localizer_decides": True}, "set localizer_sides=True too"),
        ("cifar10-clean-cnn", {"random_transform": True}, "no use for random_transform"),
    ],
)
def test_what_a_network_would_ignore_is_refused(name, options, message):
    with pytest.raises(StnError, match=message):
        build_model(replace(get_recipe(name).model, **options))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mnist-tutorial", {"widths": (8,)}),
        ("mnist-tutorial", {"localizer_widths": ()}),
        ("mnist-r-cnn", {"widths": (), "depths": None}),
    ],
)
def test_widths_that_a_network_cannot_have_are_refused(name, options):
    with pytest.raises(StnError, match="widths"):
        build_model(replace(get_recipe(name).model, **options))


def test_unknown_networks_are_refused():
    with pytest.raises(StnError, match="network called 'resnet'"):
        build_model(replace(get_recipe("mnist-tutorial").model, net="resnet"))
