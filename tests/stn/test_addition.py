"""MNIST addition: pairs of digits, each placed by itself, and networks with one transformer or two in parallel."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from stn import Localizer, ParallelTransformers, SpatialTransformer, StnError, explain, geometry
from stn.config import recipe_from_dict, recipe_to_dict
from stn.data import DATASETS, Dataset, dataset_info, load_dataset
from stn.distort import Distorted, get_distortion, hide_edges
from stn.explain import Pass
from stn.families import AFFINE
from stn.models import build_model
from stn.pairs import PAIRED_AMONG, paired
from stn.recipes import get_recipe
from stn.training.engine import Run
from stn.training.experiment import HOLDOUT
from stn.training.pose import Said, pose_supervision, pose_supervision_loss
from tests.helpers import bars, real_data

PARALLEL = get_recipe("mnist-addition-affine-parallel")


def numbered(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of four pixels that say which one they are, and digits."""
    return np.arange(n, dtype=np.int64).repeat(4).reshape(n, 1, 2, 2), np.random.default_rng(1).integers(0, 10, n)


def test_a_pair_is_two_images_and_the_sum_of_their_numbers():
    images, labels = numbered(12_000)
    pairs, sums = paired(images, labels)
    first, second = pairs[:, 0, 0, 0], pairs[:, 1, 0, 0]
    assert pairs.shape == (12_000, 2, 2, 2) and (pairs[:, :, 1, 1] == pairs[:, :, 0, 0]).all()
    assert (first == np.arange(12_000)).all() and sorted(second) == list(range(12_000))
    assert (sums == labels[first] + labels[second]).all() and set(sums) == set(range(19))
    again = paired(images, labels)
    assert (again[0] == pairs).all() and (again[1] == sums).all()
    assert (first != second).mean() > 0.99


def test_what_is_held_out_is_in_no_other_pair():
    assert PAIRED_AMONG == HOLDOUT
    second = paired(*numbered(60_000))[0][:, 1, 0, 0]
    assert second[:-HOLDOUT].max() < 60_000 - HOLDOUT <= second[-HOLDOUT:].min()


def test_the_pairs_are_made_of_mnists_files_and_say_so(tmp_path):
    with pytest.raises(StnError, match=r"MNIST is missing or damaged in .*`python -m stn download mnist`"):
        load_dataset("mnist-addition", "test", tmp_path, download=False)
    assert "mnist-addition" not in DATASETS, "the page offers those"


def test_real_pairs_are_pairs_of_real_images():
    real_data("mnist")
    digits, pairs = (load_dataset(name, "test", download=False) for name in ("mnist", "mnist-addition"))
    info = dataset_info("mnist-addition")
    assert pairs.images.shape == (10_000, info.channels, info.size, info.size) and len(info.classes) == 19
    assert torch.equal(pairs.images[:, :1], digits.images)
    other = pairs.labels - digits.labels
    assert other.min() == 0 and other.max() == 9
    assert torch.equal(other.sort().values, digits.labels.sort().values)


def test_every_channel_is_placed_by_itself(generator):
    digit = torch.zeros(200, 1, 28, 28)
    digit[:, :, 8:20, 12:16] = 1  # its middle is the image's
    images = torch.cat([digit, digit, 0 * digit], dim=1)
    found = get_distortion("rts-each")(images, images, 42, generator)
    assert found.images.shape == (200, 3, 42, 42) and found.matrix.shape == (200, 3, 3, 3)
    assert not found.images[:, 2].any(), "no channel takes from another"
    side = (2 * torch.arange(42) + 1) / 42 - 1
    places = torch.stack([(found.images * at).sum((2, 3)) for at in (side, side[:, None])], dim=-1)[:, :2]
    places = places / found.images[:, :2].sum((2, 3))[..., None]  # (200, 2, 2)
    middles = geometry.invert(found.matrix[:, :2].flatten(0, 1))[:, :2, 2].view(200, 2, 2)
    torch.testing.assert_close(places, middles, rtol=0, atol=0.02)
    assert torch.corrcoef(places[..., 0].T)[0, 1].abs() < 0.3, "where one is says nothing of the other"


def test_a_disc_lies_on_every_channels_own_place(generator):
    white = torch.ones(5, 2, 28, 28)
    found = get_distortion("rts-each")(white, white, 42, generator)
    for c, alone in enumerate(hide_edges(found).images.unbind(1)):
        own = hide_edges(Distorted(found.images[:, c : c + 1], found.matrix[:, c]))
        assert torch.equal(alone, own.images[:, 0]) and alone.any()


def test_each_transformer_is_taught_the_pose_of_its_own_channel(generator):
    images = torch.rand(4, 2, 28, 28, generator=generator)
    matrix = get_distortion("rts-each")(images, images, 42, generator).matrix
    layers = [SpatialTransformer(Localizer(2, "affine"), out_size=(28, 28)) for _ in range(2)]
    undone = [AFFINE.from_matrix(geometry.invert(own)) for own in matrix.unbind(1)]
    x = torch.zeros(4, 2, 42, 42)
    passes = [Pass("", one.sampler, x, theta, None) for one, theta in zip(layers, undone, strict=True)]
    assert pose_supervision_loss(passes, matrix, Said()) < 1e-6
    assert pose_supervision_loss(passes[::-1], matrix, Said()) > 0.1
    with pytest.raises(StnError, match=r"need 2 transformers side by side .*, and this model has 1; or set both to 0"):
        pose_supervision_loss(passes[:1], matrix, Said())
    net = ParallelTransformers(layers)
    assert pose_supervision(net, x, matrix) > 0.1


def test_two_transformers_see_both_channels_and_the_net_sees_all_they_give():
    config = PARALLEL.model
    model = build_model(config).eval()
    x = torch.rand(3, 2, 42, 42)
    seen = explain(model, x)
    assert [stage.name for stage in seen.stages] == ["net.stn.transformers.0", "net.stn.transformers.1"]
    for stage in seen.stages:
        assert stage.input.shape == (3, 2, 42, 42) and stage.output.shape == (3, 2, 28, 28)
        assert stage.theta.tolist() == [[1, 0, 0, 0, 1, 0]] * 3, "they start at the identity"
    assert model.net.features[0].in_channels == 4 and seen.logits.shape == (3, 19)
    assert isinstance(build_model(replace(config, transformers=1)).net.stn, SpatialTransformer)
    assert len(build_model(replace(config, transformers=3)).net.stn.transformers) == 3


def test_transformers_in_parallel_need_a_family_and_the_input():
    for wrong in ({"placement": "feature"}, {"placement": "both"}, {"family": None}):
        with pytest.raises(StnError, match="transformers=2 stand side by side at the input only"):
            build_model(replace(PARALLEL.model, **wrong))
    with pytest.raises(StnError, match="'reference' has no use for transformers=2"):
        build_model(replace(get_recipe("mnist-tutorial").model, transformers=2))


def test_a_configuration_from_before_has_one_transformer():
    data = recipe_to_dict(get_recipe("mnist-rts-affine"))
    assert data["model"].pop("transformers") == 1
    assert recipe_from_dict(data) == get_recipe("mnist-rts-affine")


def small_run(batch: int = 4) -> Run:
    """By classification alone."""
    train = replace(PARALLEL.train, batch_size=batch, precision="fp32", pose_epochs=0, pose_weight=0.0)
    data: Dataset = bars(2 * batch, PARALLEL.dataset)
    return Run(replace(PARALLEL, train=train), data, 0, torch.device("cpu"))


def test_the_label_teaches_both_and_the_watch_hears_of_the_one_that_does_nothing():
    run = small_run()
    assert isinstance(run.model.net.stn, ParallelTransformers)
    first, second = run.model.net.stn.transformers
    before = [one.localizer.head[-1].weight.clone() for one in (first, second)]
    run.epoch(1, lambda report: None)
    after = [one.localizer.head[-1].weight for one in (first, second)]
    assert not any(torch.equal(old, new) for old, new in zip(before, after, strict=True))
    nn.init.normal_(first.localizer.head[-1].weight, std=0.2)
    nn.init.zeros_(second.localizer.head[-1].weight)
    second.requires_grad_(False)
    _, theta = run.epoch(2, lambda report: None)
    assert theta is not None and theta["theta_constant"] and theta["theta_sd"] == 0
