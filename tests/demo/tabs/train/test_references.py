"""The recorded runs: what ships is what the program would record today, and what is said of it follows from it."""

import json

import pytest
import torch

from demo.tabs.train import record, references
from demo.tabs.train.data import draw_images
from demo.tabs.train.measured import Measured
from demo.tabs.train.messages import about_recorded, expectation, with_defaults
from demo.tabs.train.references import RECORDINGS, STEPS, Recording, accuracy_at
from demo.tabs.train.settings import CHOICES, Settings
from stn.config import TrainConfig

SHIPPED = {(one["kind"], one["distortion"], one["source"]): one for one in references.read()}


def key(recording):
    return recording.kind, recording.distortion, recording.source


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_every_task_is_recorded_with_the_defaults_and_without_a_transformer():
    assert {r.distortion for r in RECORDINGS} == set(CHOICES["distortion"])
    assert set(SHIPPED) == set(map(key, RECORDINGS)), "run: python -m demo.tabs.train.record"
    for recording in RECORDINGS:
        usual = Settings(distortion=recording.distortion)
        assert (recording.settings == usual) == (recording.kind == "defaults")
        assert recording.settings.transforms == (recording.kind == "defaults")


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda r: "-".join(key(r)))
def test_what_ships_was_recorded_with_todays_settings(recording):
    entry = SHIPPED[key(recording)]
    assert entry["basis"] == recording.basis(), "out of date; run: python -m demo.tabs.train.record"
    assert record.is_current(entry, recording)
    columns = [entry[name] for name in ("step", "loss", "training", "accuracy")]
    assert {len(column) for column in columns} == {len(entry["step"])} and entry["step"][-1] == STEPS[recording.source]
    assert entry["step"] == sorted(set(entry["step"])) and entry["step"][0] == 0
    assert entry["loss"][0] is entry["training"][0] is None
    assert all(0 <= value <= 100 for value in entry["accuracy"] + entry["training"][1:])
    assert all(value > 0 for value in entry["loss"][1:]) and entry["loss"][-1] < entry["loss"][1]


@pytest.fixture(scope="module")
def drawn():
    return draw_images()


@pytest.mark.parametrize("kind", references.KINDS)
def test_the_first_steps_recorded_again_are_those_that_ship(drawn, kind):
    """With the same code; on another processor sums come out otherwise in the last digits."""
    again = record.record(Recording(kind, "r", "drawings"), drawn, 20)
    shipped = SHIPPED[kind, "r", "drawings"]
    assert again["step"] == shipped["step"][:2] == [0, 20]
    assert again["loss"][1] == pytest.approx(shipped["loss"][1], rel=0.01)
    assert again["training"][1] == pytest.approx(shipped["training"][1], abs=1)
    assert again["accuracy"] == pytest.approx(shipped["accuracy"][:2], abs=2)
    assert (again["trained_on"], again["tested_on"]) == (shipped["trained_on"], shipped["tested_on"])


def test_recording_goes_on_where_it_was_and_again_where_a_default_has_changed(tmp_path, monkeypatch):
    small, file, said = draw_images(variants=2, held_out=1), tmp_path / "references.json", []
    recordings = [r for r in RECORDINGS if (r.distortion, r.source) == ("r", "drawings")]
    monkeypatch.setattr(record, "RECORDINGS", recordings)
    monkeypatch.setitem(STEPS, "drawings", 2)
    monkeypatch.setattr(record, "is_tested", lambda step: True)

    def run():
        said.clear()
        record.record_missing(file, lambda source: small, said.append)
        return len(said)

    assert run() == 2 and run() == 0
    assert [entry["step"] for entry in json.loads(file.read_text())] == [[0, 1, 2]] * 2
    monkeypatch.setattr(references, "OPTIMISER", TrainConfig(epochs=1, batch_size=64, optimizer="adamw", lr=1.0))
    assert run() == 2
    monkeypatch.setitem(STEPS, "drawings", 3)
    assert run() == 2


def test_a_visitor_gets_the_recordings_of_his_images():
    digits = references.references(Settings(rate=30.0), drawn=False)
    drawings = references.references(Settings(), drawn=True)
    assert set(digits) == set(drawings) == set(references.KINDS)
    assert digits["defaults"]["step"][-1] == STEPS["mnist"] and drawings["plain"]["step"][-1] == STEPS["drawings"]
    assert references.references(Settings(distortion="cifar10"), drawn=True) == {}


# --- what is said of them ---------------------------------------------------------------------------------------------

WITH = {"step": [0, 20, 40], "accuracy": [10.0, 50.0, 90.0]}
MADE_UP = {"defaults": WITH, "plain": WITH | {"accuracy": [10.0, 40.0, 80.0]}}


def test_an_accuracy_is_the_last_known_at_a_step():
    assert [accuracy_at(WITH, step) for step in (0, 19, 20, 39, 40, 900)] == [10, 10, 50, 50, 90, 90]


@pytest.mark.parametrize(
    ("plain", "said"), [(80, "10.0 points for"), (90.5, "no difference"), (92, "2.0 points against")]
)
def test_what_the_recordings_came_to_is_said_whoever_won(plain, said):
    recorded = MADE_UP | {"plain": WITH | {"accuracy": [10, 40, plain]}}
    assert said in about_recorded(recorded) and "after 40 steps" in about_recorded(recorded)
    assert about_recorded({}) == ""


def test_another_run_is_compared_with_the_defaults_at_its_own_step():
    def at(step):
        return [Measured(step, 30.0, 54.0, 54.0, 0.0, 0.0, 1.0, "\u00b0")]

    assert "50.0" in with_defaults(Settings(rate=30.0), at(25), MADE_UP)
    assert "90.0" in with_defaults(Settings(placement="none"), at(40), MADE_UP)
    for settings, step in ((Settings(), 25), (Settings(seed=3), 25), (Settings(lr=1.0), 0), (Settings(lr=1.0), 60)):
        assert with_defaults(settings, at(step), MADE_UP) == ""


def test_what_to_expect_of_cifar10_is_said_before_and_at_the_runs_own_pace():
    cifar = Settings(distortion="cifar10")
    before = expectation(cifar, MADE_UP, 50_000)
    assert "3 minutes" in before and "after" in before and "90.0" in before and "80.0" in before
    assert expectation(cifar, MADE_UP, 50_000, steps=2, seconds=1.0) == before, "its pace is not known yet"
    slow = expectation(cifar, MADE_UP, 50_000, steps=1, seconds=6.0)
    assert "about 30 steps" in slow and "there" in slow and "50.0" in slow
    fast = expectation(cifar, MADE_UP, 50_000, steps=60, seconds=10.0)
    assert "1,100 steps" in fast and "at step 40" in fast and "90.0" in fast
    assert expectation(Settings(), MADE_UP, 60_000) == expectation(cifar, {}, 50_000) == ""
