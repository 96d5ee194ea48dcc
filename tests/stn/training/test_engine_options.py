"""What each option of a training does, one step at a time."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn import StnError
from stn.distort import DISTORTIONS
from stn.evaluation.accuracy import BATCH, distorted_batches, evaluate_model
from stn.models import build_model
from stn.recipes import get_recipe
from stn.training.engine import Run
from stn.training.optim import make_optimizer
from tests.helpers import bars

PLAIN = replace(get_recipe("mnist-tutorial").train, lr=1.0, momentum=0.0, precision="fp32")


def weights_of(model: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def stepped(steps: int = 1, **options) -> list[Tensor]:
    """All weights of `mnist-tutorial`: before some steps on the same images, after each of them, and those kept."""
    recipe = get_recipe("mnist-tutorial")
    recipe = replace(recipe, model=replace(recipe.model, dropout=0.0), train=replace(PLAIN, **options))
    run = Run(recipe, bars(64), 0, torch.device("cpu"))
    weights = [weights_of(run.model)]
    for _ in range(steps):
        run.step(torch.arange(64), torch.Generator().manual_seed(0), False, [])
        weights.append(weights_of(run.model))
    return [*weights, weights_of(run.eval_model)]


def test_gradients_are_clipped_all_together():
    free, clipped = (after - before for before, after, _ in (stepped(), stepped(clip_norm=0.01)))
    assert free.norm() > 0.1
    torch.testing.assert_close(clipped, free * 0.01 / free.norm(), rtol=1e-3, atol=1e-7)


def test_what_is_kept_is_the_average():
    _, first, second, kept = stepped(steps=2, ema=0.75, lr=0.1)
    assert (second - first).norm() > 0.01
    torch.testing.assert_close(kept, 0.75 * first + 0.25 * second, rtol=0, atol=1e-6)
    _, _, last, kept = stepped(steps=2, lr=0.1)
    assert torch.equal(kept, last)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_and_nesterov_s(nesterov):
    start, plain, _ = stepped(lr=0.01)
    _, first, second, _ = stepped(steps=2, lr=0.01, momentum=0.9, nesterov=nesterov)
    torch.testing.assert_close(first - start, (plain - start) * (1.9 if nesterov else 1), rtol=0, atol=1e-6)
    assert (second - first).norm() > 1.3 * (first - start).norm()


def test_smoothed_labels_are_a_mixture_with_all_classes():
    recipe = get_recipe("mnist-tutorial")
    losses = {}
    for smoothing in (0.0, 0.2):
        model = replace(recipe.model, dropout=0.0)
        changed = replace(recipe, model=model, train=replace(PLAIN, label_smoothing=smoothing))
        run = Run(changed, bars(64), 0, torch.device("cpu"))
        with torch.no_grad():
            logits = run.model(run.batch(torch.arange(64), torch.Generator())[0])
        losses[smoothing] = float(run.step(torch.arange(64), torch.Generator(), False, []))
    every = float(-logits.log_softmax(1).mean())
    assert losses[0.2] == pytest.approx(0.8 * losses[0.0] + 0.2 * every, abs=1e-5)
    assert losses[0.2] != pytest.approx(losses[0.0], abs=1e-4)


def test_the_classifiers_norms_have_a_rate_of_their_own():
    recipe = get_recipe("cifar10-clean-affine")
    model, config = build_model(recipe.model), recipe.train
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    located = {id(p) for p in model.net.stn.localizer.parameters()}
    rates = {
        id(p): group["base_lr"] / config.lr
        for group in make_optimizer(model, config).param_groups
        for p in group["params"]
    }
    seen = set()
    for norm in norms:
        for parameter in norm.parameters():
            place = id(parameter) in located
            seen.add(place)
            assert rates[id(parameter)] == pytest.approx(config.localizer_lr_scale if place else config.norm_lr_scale)
    assert seen == {True, False} and config.norm_lr_scale > 1


def test_the_loss_of_a_test_is_the_mean_over_its_images():
    data = bars(BATCH + 20)  # two batches, of which the second is smaller
    table = torch.randn(len(data), 10, generator=torch.Generator().manual_seed(1))
    table[:BATCH] *= 3  # so that the mean of the batches' means is another number

    class Table(nn.Module):
        seen = 0

        def forward(self, x):
            self.seen += len(x)
            return table[self.seen - len(x) : self.seen]

    result = evaluate_model(Table(), data, get_recipe("mnist-tutorial"))
    assert result.loss == pytest.approx(float(F.cross_entropy(table, data.labels)), rel=1e-5)
    assert result.correct == int((table.argmax(1) == data.labels).sum()) and result.n == len(data)
    assert result.accuracy == 100 * result.correct / result.n


def test_flips_in_turn_need_flips():
    with pytest.raises(StnError, match=r"flip_alternates=True .*set flip=True too"):
        stepped(flip_alternates=True)


@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_the_test_set_is_the_same_in_every_precision(distortion):
    recipe, data = replace(get_recipe("mnist-play-cnn"), distortion=distortion), bars(20)
    ((exact, _),) = distorted_batches(data, recipe)
    with torch.autocast("cpu", torch.bfloat16):
        ((half, _),) = distorted_batches(data, recipe)
    assert torch.equal(half, exact)
