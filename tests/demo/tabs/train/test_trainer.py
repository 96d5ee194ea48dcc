"""Live training without a browser: settings, images, the trainer's steps, the words on them."""

import math
from dataclasses import replace

import pytest
import torch

from demo.core.images import ImageStore
from demo.drawings.samples import samples
from demo.drawings.variants import drawn_digits
from demo.tabs.train.data import WATCHED, TrainingData, TrainingImages, draw_images
from demo.tabs.train.measured import Measured, describe
from demo.tabs.train.messages import WATCH, changed, verdict, watch_for, watch_key
from demo.tabs.train.run import Change
from demo.tabs.train.settings import CHOICES, FAILURES, MAX_STEPS, Settings, is_tested, parse_settings, rate_factor
from demo.tabs.train.trainer import LATTICE, Trainer
from stn import geometry
from stn.distort import Distorted
from stn.errors import StnError


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """As on the page; two threads on a busy machine mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def images():
    return draw_images(variants=3, held_out=2)


@pytest.fixture(scope="module")
def photos():
    """The drawings that stand in for CIFAR-10: too few to learn from, enough to see that the parts fit."""
    drawn = samples("cifar10")
    stack = torch.stack([torch.tensor(sample.image).permute(2, 0, 1) for sample in drawn])
    labels = torch.tensor([sample.label for sample in drawn])
    return TrainingImages(stack, labels, stack, labels, drawn=False, dataset="cifar10")


# --- settings ---------------------------------------------------------------------------------------------------------


def test_settings_have_defaults_and_take_every_choice():
    assert parse_settings({}) == Settings()
    for name, valid in CHOICES.items():
        for value in valid:
            assert getattr(parse_settings({name: value}), name) == value


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "settings must be an object"),
        ({"colour": 1}, "colour"),
        ({"distortion": "e"}, "distortion"),
        ({"family": ["affine"]}, "family"),
        ({"rate": 0}, "from 0.01 to 100"),
        ({"rate": math.nan}, "from 0.01 to 100"),
        ({"rate": True}, "from 0.01 to 100"),
        ({"rate": "1"}, "from 0.01 to 100"),
        ({"rate": 10**400}, "from 0.01 to 100"),
        ({"lr": 0}, "from 1e-05 to 1"),
        ({"lr": 2}, "from 1e-05 to 1"),
        ({"lr": math.inf}, "from 1e-05 to 1"),
        ({"lr": [0.1]}, "from 1e-05 to 1"),
        ({"placement": "nowhere"}, "placement"),
        ({"seed": 0.5}, "whole number"),
        ({"seed": -1}, "whole number"),
        ({"seed": 2**31}, "whole number"),
        ({"seed": None}, "whole number"),
    ],
)
def test_wrong_settings_are_refused_in_a_sentence(given, said):
    with pytest.raises(StnError, match=said) as caught:
        parse_settings(given)
    assert len(str(caught.value)) < 250


def test_the_learning_rate_rises_then_falls_and_never_stops():
    factors = [rate_factor(step) for step in range(MAX_STEPS)]
    assert factors[0] < 0.05 and max(factors) > 0.95 and factors[-1] < 0.05 and min(factors) > 0


def test_the_held_out_images_are_looked_at_more_often_at_first():
    assert [step for step in range(1, 250) if is_tested(step)] == [20, 40, 60, 80, 100, 120, 160, 200, 240]


def test_every_failure_is_a_run_of_its_own_kind():
    assert {name: watch_key(Settings(**change)) for name, change in FAILURES.items()} == {
        name: name for name in FAILURES
    }
    others = {"lr": 0.5}, {"placement": "none"}, {"distortion": "cifar10"}, {"placement": "none", "lr": 0.5}
    assert [watch_key(Settings(**change)) for change in others] == ["lr", "none", "photos", "lr"]
    families = ("affine", "translation", "attention")
    assert [watch_key(Settings(family=family)) for family in families] == ["turns", "fixed", "fixed"]
    assert set(map(watch_for, (Settings(**change) for change in FAILURES.values()))) < set(WATCH.values())


# --- images ---------------------------------------------------------------------------------------------------------


def test_drawn_digits_are_all_different_and_like_mnist():
    images, labels = drawn_digits(3, seed=1)
    assert images.shape == (120, 1, 28, 28) and images.dtype == torch.uint8
    assert labels.bincount().tolist() == [12] * 10
    assert len({bytes(image.flatten().tolist()) for image in images}) == 120
    ink = images.float().flatten(1)
    assert bool((images.amax((1, 2, 3)) > 200).all()), "every digit has strokes"
    assert bool((images[:, 0, 0].amax(1) == 0).all()), "and a margin"
    x = torch.arange(28.0).repeat(28)
    assert float(((ink * x).sum(1) / ink.sum(1) - 13.5).abs().max()) < 1.5, "the ink's mean is in the middle"


def test_held_out_drawings_are_other_ones(images):
    trained = {bytes(image.flatten().tolist()) for image in images.images}
    assert not trained & {bytes(image.flatten().tolist()) for image in images.test_images}
    assert torch.equal(draw_images(variants=3, held_out=2).images, images.images), "the same every time"


def test_the_watched_images_show_every_class_in_order(images):
    assert len(images.watched) == len(set(images.watched)) == WATCHED
    assert images.test_labels[images.watched].tolist()[:10] == list(range(10))


def test_without_mnist_the_page_says_what_it_trains_on(tmp_path, monkeypatch, images):
    monkeypatch.setattr("demo.tabs.train.data.draw_images", lambda: images)
    data = TrainingData(ImageStore(tmp_path))
    assert data.get() is data.get() is images and "drawings" in images.words
    with pytest.raises(StnError, match="CIFAR-10's training images are not on this server") as caught:
        data.get("cifar10")
    assert str(tmp_path) not in str(caught.value)


# --- the trainer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("distortion", CHOICES["distortion"])
@pytest.mark.parametrize("placement", ("input", "feature"))
def test_a_run_starts_at_the_identity_and_leaves_it(images, photos, distortion, placement):
    settings = Settings(distortion=distortion, placement=placement, rate=1.0)
    trainer = Trainer(settings, images if settings.scene.dataset == "mnist" else photos)
    first, test = trainer.snapshot(), trainer.test()
    assert test.after == pytest.approx(test.before, rel=1e-3) and test.varies == pytest.approx(0, abs=1e-3)
    assert test.zoom == pytest.approx(1, abs=1e-4) and test.outside == 0
    edge = torch.linspace(-1, 1, LATTICE)
    assert torch.allclose(first.lattices[:, 0, :, 0], edge.expand(WATCHED, -1), atol=1e-4)
    for _ in range(3):
        trainer.step()
    moved = trainer.snapshot()
    assert moved.step == 3 and not torch.allclose(moved.lattices, first.lattices, atol=1e-3)
    assert -0.1 <= float(moved.outputs.min()) <= float(moved.outputs.max()) <= 1.1


@pytest.mark.parametrize("family", CHOICES["family"])
@pytest.mark.parametrize("lesson", CHOICES["lesson"])
def test_every_family_learns_a_step_with_both_lessons(images, family, lesson):
    trainer = Trainer(Settings(family=family, lesson=lesson), images)
    before = [p.detach().clone() for p in trainer.transformer.localizer.head.parameters()]
    assert math.isfinite(trainer.step().loss)
    after = list(trainer.transformer.localizer.head.parameters())
    assert not all(torch.equal(a, b) for a, b in zip(before, after, strict=True)), "the localisation net is taught"


def test_without_a_transformer_on_the_input_the_unwarped_output_is_the_input(images):
    trainer = Trainer(Settings(), images)
    assert torch.allclose(trainer.snapshot().outputs, trainer.inputs, atol=1e-4)


@pytest.mark.parametrize("distortion", CHOICES["distortion"])
def test_without_a_transformer_the_classifier_gets_the_images_as_they_lie(images, photos, distortion):
    settings = Settings(distortion=distortion, placement="none", start="random")
    trainer = Trainer(settings, images if settings.scene.dataset == "mnist" else photos)
    assert trainer.transformer is None
    done, test, seen = trainer.step(), trainer.test(), trainer.snapshot()
    assert math.isfinite(done.loss) and 0 <= done.accuracy <= 100
    assert test.after == pytest.approx(test.before) and test.varies == test.outside == 0 and test.zoom == 1
    assert seen.lattices.numel() == 0 and torch.equal(seen.outputs, trainer.inputs) and len(seen.guesses) == WATCHED


def test_learning_rates_can_be_moved_and_every_group_keeps_its_scale(images):
    trainer, fresh = Trainer(Settings(rate=0.5), images), Trainer(Settings(lr=1e-3, rate=2.0), images)
    trainer.step()
    trainer.set_rates(1e-3, 2.0)
    trainer.step()
    for group, other in zip(trainer.optimizer.param_groups, fresh.optimizer.param_groups, strict=True):
        assert group["base_lr"] == pytest.approx(other["base_lr"]) == pytest.approx(2e-3 if group["locates"] else 1e-3)
        assert group["lr"] == pytest.approx(group["base_lr"] * rate_factor(1)), "the schedule goes on"
    assert {group["locates"] for group in trainer.optimizer.param_groups} == {True, False}


def test_an_update_says_how_many_of_its_batch_were_right(images):
    trainer = Trainer(Settings(placement="none"), images)
    done = [trainer.step() for _ in range(40)]
    assert all(0 <= update.accuracy <= 100 and update.accuracy * 64 % 100 == 0 for update in done)
    assert done[-1].accuracy > done[0].accuracy + 20 and done[-1].loss < done[0].loss


def test_a_seed_fixes_a_run_and_leaves_the_worlds_randomness_alone(images):
    state = torch.get_rng_state()
    first, second, other = (Trainer(Settings(seed=seed), images) for seed in (3, 3, 4))
    assert [first.step() for _ in range(2)] == [second.step() for _ in range(2)]
    assert first.step() != other.step()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.inputs, other.inputs), "every run is shown and tested on the same images"


def test_a_random_start_is_not_the_identity(images):
    test = Trainer(Settings(start="random"), images).test()
    assert abs(test.zoom - 1) > 0.05 or test.outside > 0.05
    assert "random" in verdict(Settings(start="random"), [test])


@pytest.mark.slow
def test_training_turns_the_images_towards_each_other(images):
    trainer = Trainer(Settings(), draw_images(variants=8, held_out=3))
    first = trainer.test()
    for _ in range(120):
        trainer.step()
    last = trainer.test()
    assert last.after < 0.8 * last.before and last.accuracy > first.accuracy + 30
    assert last.before == first.before


def test_the_numbers_of_a_test_know_a_perfect_transformer_and_a_lost_one(images):
    trainer = Trainer(Settings(), images)
    perfect = geometry.affine_grid(geometry.invert(trainer._test.matrix), (8, 8))
    seen = describe(1, 99.0, trainer._test, perfect, True)
    assert seen.after == pytest.approx(0, abs=0.1) and seen.before > 30 and seen.unit == "\u00b0"
    lost = describe(1, 9.0, Distorted(trainer._test.images, trainer._test.matrix), perfect * math.nan, True)
    assert lost.to_dict()["after"] is None


# --- words ------------------------------------------------------------------------------------------------------------

BEGIN = Measured(0, 10.0, 54.0, 54.0, 0.0, 0.0, 1.0, "\u00b0")
LATER = replace(BEGIN, step=400, accuracy=97.4, after=16.0, varies=50.0, outside=0.1)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (BEGIN, "identity"),
        (LATER, "it works"),
        (replace(LATER, after=40.0), "getting there"),
        (replace(LATER, after=53.0), "hardly"),
        (replace(LATER, after=90.0), "worse"),
        (replace(LATER, varies=1.0), "do without it"),
        (replace(LATER, varies=1.0, step=40), "same angle (a spread of 1.0\u00b0) so far"),
        (replace(LATER, outside=1.0, accuracy=9.6), "run away"),
        (replace(LATER, outside=1.0, accuracy=9.6), "guessing"),
        (replace(LATER, zoom=0.05), "collapsed"),
        (replace(LATER, before=math.nan, unit=""), "no longer a number"),
    ],
)
def test_the_verdict_follows_from_the_numbers(now, said):
    assert said in verdict(Settings(), [BEGIN, now])


def test_the_verdict_of_a_run_without_a_transformer_is_about_the_images():
    said = verdict(Settings(placement="none"), [BEGIN, replace(LATER, after=LATER.before, varies=0.0)])
    assert "Nothing turns or moves the digits" in said and "54\u00b0" in said and "97.4" in said
    assert "no transformer" in verdict(Settings(placement="none"), [BEGIN])
    assert "objects" in verdict(Settings(placement="none", distortion="cifar10"), [BEGIN, LATER])


def test_moved_learning_rates_are_said_with_their_step():
    settings = Settings(lr=4e-4, rate=10.0)
    assert "Both" in changed(settings, []) and "It" in changed(replace(settings, placement="none"), [])
    changes = [Change(3, 1.0, 1.0), Change(1240, 4e-4, 10.0)]
    localiser = ", the localisation network\u2019s 0.004."
    assert changed(settings, changes) == f"Since step 1,240 the learning rate is 0.0004{localiser}"
    assert changed(replace(settings, placement="none"), changes) == "Since step 1,240 the learning rate is 0.0004."


def test_the_verdict_never_follows_from_the_settings():
    """A run with a failure's settings that does well is said to do well."""
    assert "it works" in verdict(Settings(rate=30.0, lesson="labels"), [BEGIN, LATER])
    assert "not strokes" in verdict(Settings(placement="feature"), [BEGIN, LATER])
    assert verdict(Settings(), []) == ""
