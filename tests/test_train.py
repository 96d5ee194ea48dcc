import json
from dataclasses import replace

import pytest
import torch

import stn.train
from stn import StnError, load_checkpoint
from stn.evaluate import evaluate_model
from stn.experiment import run_recipe, ship
from stn.models import build_model
from stn.monitor import ThetaMonitor
from stn.recipes import TrainConfig, get_recipe
from stn.train import lr_factor, make_optimizer, pose_loss, random_shift, train
from tests.conftest import bars


def short(name: str, **options):
    recipe = get_recipe(name)
    return replace(recipe, train=replace(recipe.train, epochs=2, batch_size=32, **options))


TUNED = short("mnist-tutorial-tuned")


def test_training_learns(small_mnist):
    recipe = short("mnist-tutorial-tuned", lr=1e-2, shift=0)
    recipe = replace(recipe, train=replace(recipe.train, epochs=8, ema=0.8))
    outcome = train(recipe, small_mnist, bars(200, seed=1))
    assert outcome.history[-1]["result"]["accuracy"] > 90
    assert outcome.history[-1]["theta"]["det"] == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize(
    "recipe", [TUNED, short("mnist-tutorial", momentum=0.9), short("mnist-play-affine", pose_epochs=1)]
)
def test_a_resumed_run_ends_with_the_same_bits(recipe, small_mnist, tmp_path, monkeypatch):
    through = train(recipe, small_mnist, small_mnist)
    state = tmp_path / "run.state"

    def stop(report):
        if report.epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe, small_mnist, small_mnist, state_file=state, on_epoch=stop)
    resumed = train(recipe, small_mnist, small_mnist, state_file=state)
    for (name, a), b in zip(through.model.state_dict().items(), resumed.model.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert [row["train_loss"] for row in resumed.history] == [row["train_loss"] for row in through.history]


def test_the_state_of_another_run_is_refused(small_mnist, tmp_path):
    state = tmp_path / "run.state"
    train(TUNED, small_mnist, small_mnist, state_file=state)
    with pytest.raises(StnError, match=r"another recipe or seed"):
        train(TUNED, small_mnist, small_mnist, seed=1, state_file=state)


def test_seeds_differ_and_repeat(small_mnist):
    a, b, c = (train(TUNED, small_mnist, small_mnist, seed=seed).history[0]["train_loss"] for seed in (0, 0, 1))
    assert a == b != c


def test_a_lost_loss_stops_with_advice(small_mnist):
    with pytest.raises(StnError, match=r"The loss is .*clip gradients"):
        train(short("mnist-tutorial", lr=1e6), small_mnist, small_mnist)


def passes(model, theta):
    transformer = model.net.stn
    x = torch.rand(len(theta), 1, 28, 28)
    return [("stn", transformer.sampler, x, theta, transformer.warp(x, theta))]


def test_a_theta_that_ran_away_stops_with_advice():
    model = build_model(TUNED.model)
    monitor = ThetaMonitor()
    monitor.add(passes(model, torch.tensor([[30.0, 0, 0, 0, 30.0, 0]] * 4)))
    with pytest.raises(StnError, match=r"theta has run away.*localizer_lr_scale"):
        monitor.stats()


def test_a_constant_theta_is_called_so(generator):
    model = build_model(TUNED.model)
    identity = torch.tensor([[1.0, 0, 0, 0, 1.0, 0]] * 8)
    for theta, constant in [(identity, True), (identity + 0.1 * torch.randn(8, 6, generator=generator), False)]:
        monitor = ThetaMonitor()
        monitor.add(passes(model, theta))
        stats = monitor.stats().to_dict()
        assert stats["theta_constant"] is constant
    assert stats["theta_sd"] == pytest.approx(0.1, rel=0.3)


def test_the_localiser_has_its_own_rate():
    model = build_model(TUNED.model)
    located = {id(p) for p in model.net.stn.localizer.parameters()}
    for group in make_optimizer(model, TUNED.train).param_groups:
        for parameter in group["params"]:
            scale = TUNED.train.localizer_lr_scale if id(parameter) in located else 1
            assert group["base_lr"] == pytest.approx(TUNED.train.lr * scale)
            assert group["weight_decay"] == (TUNED.train.weight_decay if parameter.ndim > 1 else 0)


def test_the_one_cycle_rises_and_falls_to_nothing():
    config = TrainConfig(1, schedule="one-cycle", warmup=0.25)
    factors = [lr_factor(step, 100, config) for step in range(100)]
    assert max(factors) == 1 and factors.index(1.0) == 24
    assert factors[0] == pytest.approx(0.04) and factors[-1] == pytest.approx(1 / 75)
    assert sorted(factors[:25]) == factors[:25] and sorted(factors[24:], reverse=True) == factors[24:]


def test_pose_loss_is_zero_for_the_undoing_theta_only(generator):
    family = build_model(get_recipe("mnist-play-affine").model).net.stn.family
    matrix = family.matrix(family.identity(3) + 0.3 * torch.rand(3, 6, generator=generator))
    undoing = family.invert(family.from_matrix(matrix))
    assert pose_loss(family, undoing, matrix).item() == pytest.approx(0, abs=1e-8)
    assert pose_loss(family, family.identity(3), matrix).item() > 1e-3
    with pytest.raises(StnError, match=r"need a distortion"):
        pose_loss(family, undoing, None)


def test_random_shift_moves_whole_pixels_and_repeats_the_edge(generator):
    images = torch.rand(50, 1, 8, 8, generator=generator)
    moved = random_shift(images, 2, generator)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2), mode="replicate")
    for image, original in zip(moved, padded, strict=True):
        windows = original.unfold(1, 8, 1).unfold(2, 8, 1)  # (1, 5, 5, 8, 8)
        assert (windows == image[:, None, None]).all(-1).all(-1).any()
    assert not torch.equal(moved, images)


def test_evaluation_is_the_same_every_time_and_for_every_model():
    recipe = get_recipe("mnist-play-cnn")
    model = build_model(recipe.model)
    a, b = (evaluate_model(model, bars(60), recipe) for _ in range(2))
    assert a == b and a.n == 60 and a.distortion == "play"
    assert model.training


def test_a_run_is_written_logged_shipped_and_rebuilt(small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr("stn.experiment.load_splits", lambda *a: (small_mnist, bars(100, seed=1)))
    seen = []
    for seed in (0, 1, 2):
        path = run_recipe(TUNED, seed, out=tmp_path, on_epoch=seen.append)
    assert len(seen) == 6
    log = [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in log] == [1, 2] and "theta_sd" in log[0]["theta"]
    info = ship(TUNED, tmp_path, tmp_path / "shipped")
    assert info.recipe == TUNED and len(info.record["seeds"]) == 3
    model, again = load_checkpoint(info.path)
    assert again == info
    result = evaluate_model(model, bars(100, seed=1), TUNED)
    assert result.accuracy == info.result["accuracy"] in [run["accuracy"] for run in info.record["seeds"]]
    assert not list(tmp_path.rglob(".*")), "temporary files stay behind"


def test_shipping_without_a_run_says_what_to_do(tmp_path):
    with pytest.raises(StnError, match=r"python -m stn train mnist-tutorial-tuned"):
        ship(TUNED, tmp_path)


def test_unknown_optimisers_are_refused():
    with pytest.raises(StnError, match=r"adamw, sgd"):
        stn.train.make_optimizer(build_model(TUNED.model), replace(TUNED.train, optimizer="adam"))
