from dataclasses import replace

import pytest
import torch
from torch import nn

import stn.training.engine
from stn import StnError
from stn.checkpoint import read_tensors, write_tensors
from stn.config import TrainConfig
from stn.evaluation.accuracy import FIRST, distorted_batches, evaluate_model, with_clutter_from
from stn.explain import Pass
from stn.models import build_model
from stn.precision import precision_on
from stn.recipes import get_recipe
from stn.training.engine import Run, lr_factor, make_optimizer, random_shift, train, with_epochs
from stn.training.monitor import ThetaMonitor
from tests.helpers import TUNED, bars, short


def test_training_learns(small_mnist):
    recipe = short("mnist-tutorial-tuned", lr=1e-2, shift=0)
    recipe = replace(recipe, train=replace(recipe.train, epochs=8, ema=0.8))
    outcome = train(recipe, small_mnist, bars(200, seed=1))
    assert outcome.history[-1]["result"]["accuracy"] > 90
    assert not outcome.model.training
    assert outcome.history[-1]["theta"]["det"] == pytest.approx(1, abs=0.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [
        TUNED,
        short("mnist-tutorial", momentum=0.9),
        short("mnist-play-affine", pose_epochs=1, optimizer="muon"),
        short("mnist-rts-affine-both", pose_epochs=1),
    ],
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
    for other in ({"seed": 1}, {"data": small_mnist.subset(slice(0, 300))}):
        options = {"data": small_mnist, "test": small_mnist, "state_file": state} | other
        with pytest.raises(StnError, match=r"another recipe, seed or part of the data"):
            train(TUNED, **options)


def test_a_damaged_state_is_one_sentence(tmp_path):
    data, state, recipe = bars(64), tmp_path / "run.state", short("mnist-tutorial", momentum=0.9)
    train(recipe, data, data, state_file=state)
    whole = state.read_bytes()
    tensors, metadata = read_tensors(state)
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}  # they lie in the file that is damaged below
    shorter = {name: tensor.flatten()[:1] for name, tensor in tensors.items()}
    odd = {name.replace("optimizer.0", "optimizer.999"): tensor for name, tensor in tensors.items()}
    for damage in (
        lambda: state.write_bytes(whole[:-100]),
        lambda: state.write_bytes(b"nothing of the kind"),
        lambda: write_tensors(state, shorter, metadata),
        lambda: write_tensors(state, odd, metadata),
        lambda: write_tensors(state, {"model": torch.zeros(1)}, metadata),
        lambda: write_tensors(state, tensors, {}),
        lambda: write_tensors(state, tensors, metadata | {"history": 5}),
        lambda: write_tensors(state, tensors, metadata | {"recipe": {"name": "of another version"}}),
    ):
        damage()
        with pytest.raises(
            StnError, match=r"^'.*run.state' is damaged or another version wrote it; .*to start over\.$"
        ):
            train(recipe, data, data, state_file=state)


def test_seeds_differ_and_repeat(small_mnist):
    a, b, c = (train(TUNED, small_mnist, small_mnist, seed=seed).history[0]["train_loss"] for seed in (0, 0, 1))
    assert a == b != c


@pytest.mark.parametrize("seed", [-1, 2**31, 10**20, 0.5, "0"])
def test_a_seed_out_of_range_is_one_sentence(seed, small_mnist):
    with pytest.raises(StnError, match=r"The seed is .*; give a whole number from 0 to 2147483647"):
        train(TUNED, small_mnist, small_mnist, seed)


def test_a_lost_loss_stops_with_advice(small_mnist):
    with pytest.raises(StnError, match=r"The loss is .*clip gradients"):
        train(short("mnist-tutorial", lr=1e6), small_mnist, small_mnist)


def test_a_loss_lost_in_the_last_steps_is_not_saved(small_mnist, tmp_path):
    recipe = short("mnist-tutorial", lr=1e6)
    recipe = replace(recipe, train=replace(recipe.train, epochs=1))
    state = tmp_path / "run.state"
    with pytest.raises(StnError, match=r"The loss is nan"):
        train(recipe, small_mnist, small_mnist, state_file=state)
    assert not state.exists()


def test_a_lost_theta_is_a_sentence_also_where_the_sampler_averages(small_mnist):
    recipe = short("mnist-play-affine", lr=1e6, clip_norm=None, pose_epochs=0)
    with pytest.raises(StnError, match=r"clip gradients"):
        train(recipe, small_mnist, small_mnist)


@pytest.mark.parametrize(("epochs", "lessons"), [(None, 4), (10, 4), (20, 8), (5, 2), (2, 1), (1, 0)])
def test_another_number_of_epochs_leaves_some_to_the_classifier(epochs, lessons):
    recipe = get_recipe("mnist-play-affine")
    recipe = replace(recipe, train=replace(recipe.train, epochs=10, pose_epochs=4))
    assert with_epochs(recipe, epochs).train.pose_epochs == lessons
    assert with_epochs(get_recipe("mnist-tutorial"), 1).train.pose_epochs == 0


@pytest.mark.parametrize("lessons", [1, 0])
def test_the_coarse_net_is_taught_its_window(small_mnist, monkeypatch, lessons):
    recipe = short("mnist-play-affine", pose_epochs=lessons)
    monkeypatch.setattr("stn.training.pose.window_loss", lambda found, *others: 100 + 0 * found.sum())
    loss, _ = Run(recipe, small_mnist, 0, torch.device("cpu")).epoch(1, lambda report: None)
    weight = 1 if lessons else recipe.train.pose_weight
    assert 100 * weight < loss < 100 * weight + 20


def test_the_classifiers_schedule_begins_after_the_lessons(small_mnist):
    recipe = get_recipe("mnist-play-affine")
    run = Run(recipe, small_mnist, 0, torch.device("cpu"))
    lessons = recipe.train.pose_epochs * run.steps
    peaks = {}
    for step in range(recipe.train.epochs * run.steps):
        run.set_rates(step)
        for group in run.optimizer.param_groups:
            if step >= lessons or group["locates"]:
                peaks.setdefault(group["locates"], []).append(group["lr"] / group["base_lr"])
    for rates in peaks.values():
        assert rates[0] < 0.6
        assert max(rates) > 0.9
        assert rates[-1] < 0.2


def passes(model, theta):
    transformer = model.net.stn
    x = torch.rand(len(theta), 1, 28, 28)
    return [Pass("stn", transformer.sampler, x, theta, transformer.warp(x, theta))]


def test_a_theta_that_ran_away_stops_with_advice():
    model = build_model(TUNED.model)
    monitor = ThetaMonitor()
    monitor.add(passes(model, torch.tensor([[30.0, 0, 0, 0, 30.0, 0]] * 4)))
    with pytest.raises(StnError, match=r"theta of stn has run away.*localizer_lr_scale"):
        monitor.stats()


def test_one_dead_transformer_beside_one_alive_is_seen(generator):
    model = build_model(TUNED.model)
    identity = torch.tensor([[1.0, 0, 0, 0, 1.0, 0]] * 8)
    alive = identity + 0.2 * torch.randn(8, 6, generator=generator)
    monitor = ThetaMonitor()
    for name, theta in (("alive", alive), ("dead", identity)):
        monitor.add([row._replace(name=name) for row in passes(model, theta)])
    assert monitor.stats().to_dict()["theta_constant"]


def test_one_image_alone_is_no_collapse(small_mnist):
    recipe = replace(TUNED, train=replace(TUNED.train, epochs=1, batch_size=1))
    assert train(recipe, small_mnist.subset(slice(0, 3)), small_mnist).history[0]["theta"] is None


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


def test_random_shift_moves_whole_pixels_and_repeats_the_edge(generator):
    images = torch.rand(50, 1, 8, 8, generator=generator)
    moved = random_shift(images, 2, generator)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2), mode="replicate")
    for image, original in zip(moved, padded, strict=True):
        windows = original.unfold(1, 8, 1).unfold(2, 8, 1)  # (1, 5, 5, 8, 8)
        assert (windows == image[:, None, None]).all(-1).all(-1).any()
    assert not torch.equal(moved, images)


def test_flips_that_alternate_show_each_image_both_ways(monkeypatch):
    recipe = get_recipe("cifar10-clean-cnn")
    recipe = replace(recipe, train=replace(recipe.train, shift=0))
    data = bars(70, "cifar10")
    run = Run(recipe, data, 0, torch.device("cpu"))
    shown = torch.zeros(4, *data.images.shape)

    def look(index, generator, lesson, passes):
        shown[epoch, index] = run.batch(index, generator)[0] * 255
        return torch.zeros(())

    monkeypatch.setattr(run, "step", look)
    for epoch in (1, 2, 3):
        run.epoch(epoch, lambda report: None)
    first = (shown[1] - data.images).abs().amax((1, 2, 3)) < 0.01
    assert 20 < first.sum() < 50
    assert torch.equal(shown[2], shown[1].flip(-1)) and torch.equal(shown[3], shown[1])


def test_evaluation_is_the_same_every_time_and_for_every_model():
    cnn, affine = get_recipe("mnist-play-cnn"), get_recipe("mnist-play-affine")
    for (a, _), (b, _) in zip(distorted_batches(bars(600), cnn), distorted_batches(bars(600), affine), strict=True):
        assert torch.equal(a, b)
    recipe, model = cnn, build_model(cnn.model)
    a, b = (evaluate_model(model, bars(60), recipe) for _ in range(2))
    assert a == b and a.n == 60 and a.distortion == "play"
    assert model.training


def test_the_first_images_of_a_test_set_are_tested_alike_without_the_others():
    recipe, test = get_recipe("mnist-play-cnn"), with_clutter_from(bars(FIRST + 200), bars(50, seed=1))
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(recipe.model.canvas**2, 10))
    whole, part = (evaluate_model(model, data, recipe) for data in (test, test.subset(slice(FIRST))))
    assert whole.n == FIRST + 200 and whole.correct > whole.first_correct == part.correct == part.first_correct > 0


@pytest.mark.parametrize(
    "flags, native", [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx2": True}, False)]
)
def test_bf16_is_float32_on_a_processor_that_would_emulate_it(flags, native, small_mnist, monkeypatch):
    """Emulated, a step of a CIFAR-10 network takes ten times as long as in float32, or longer."""
    seen = []

    def evaluate(model, test, *arguments):
        seen.append(torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32)
        return evaluate_model(model, test, *arguments)

    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: flags)
    # Between the epochs, in the precision of training.
    monkeypatch.setattr("stn.training.engine.evaluate_model", evaluate)
    for precision in ("bf16", "fp32"):
        recipe = replace(TUNED, train=replace(TUNED.train, epochs=1, precision=precision))
        train(recipe, small_mnist.subset(slice(64)), bars(20))
    assert seen == [torch.bfloat16 if native else torch.float32, torch.float32]
    assert precision_on("cuda", "bf16") == "bf16"


def test_training_may_have_a_distortion_of_its_own():
    def first_batch(**options):
        recipe = replace(get_recipe("cifar10-rsc-rotated"), **options)
        run = Run(recipe, bars(40, "cifar10"), 0, torch.device("cpu"))
        return run.batch(torch.arange(8), torch.Generator().manual_seed(0))[0]

    own, like_test, turned = first_batch(), first_batch(train_distortion=None), first_batch(distortion="r")
    assert torch.equal(own, turned) and not torch.equal(own, like_test)


def test_unknown_optimisers_are_refused():
    with pytest.raises(StnError, match=r"adamw, muon, sgd"):
        stn.training.engine.make_optimizer(build_model(TUNED.model), replace(TUNED.train, optimizer="adam"))
