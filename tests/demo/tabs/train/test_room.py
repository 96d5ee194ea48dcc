"""The room where live runs go on: places, time, memory."""

import json
import subprocess
import sys
import time

import pytest

from demo.tabs.train import api
from demo.tabs.train.room import MAX_RUNS, PLACES, TrainingRoom
from demo.tabs.train.run import DROP_AFTER, ENDED, MAX_CHANGES, MAX_SECONDS, RECLAIM_AFTER, Change
from demo.tabs.train.settings import Settings
from demo.tabs.train.trainer import Update
from stn.errors import StnError
from tests.helpers import until


def test_a_run_trains_pauses_steps_and_stops(room, gate):
    run = room.start(Settings())
    gate.release(4)
    until(lambda: len(run.losses) == 4)
    run.act("pause")
    gate.release()  # of the update that was under way
    until(lambda: run.state == "paused" and len(run.losses) == 5)
    run.act("step")
    gate.release(3)
    until(lambda: len(run.losses) == 6 and run.snapshot.step == 6)  # every single step is shown
    time.sleep(0.05)
    assert len(run.losses) == 6, "one step is one update"
    run.act("resume")
    gate.release(1000)
    until(lambda: len(run.losses) > 9)
    run.act("stop")
    until(lambda: run.trainer is None)
    assert run.state == "stopped" and run.snapshot is not None
    run.act("resume")
    assert run.state == "stopped"


def test_learning_rates_move_in_the_middle_of_a_run(room, gate):
    run = room.start(Settings())
    gate.release(4)
    until(lambda: len(run.losses) == 4)
    trainer = run.trainer
    for lr in (0.5, 0.002):  # both before the next update but one: the last counts
        run.change_rates(lr, 3.0)
    run.change_rates(0.002, 3.0)  # nothing new
    gate.release(2)
    until(lambda: len(run.losses) == 6)
    assert [rates[1:] for rates in trainer.rates] == [(0.002, 3.0)], "the update under way had its own"
    assert run.changes == [Change(4, 0.002, 3.0)] and (run.settings.lr, run.settings.rate) == (0.002, 3.0)
    for step in range(2 * MAX_CHANGES):
        run.change_rates(0.001 * (step + 1), 3.0)
        gate.release()
        until(lambda step=step: len(run.losses) == 7 + step)
    assert len(run.changes) <= MAX_CHANGES, "a run's memory has an end"
    run.act("stop")
    gate.release()
    until(lambda: run.trainer is None)
    run.change_rates(1.0, 1.0)
    assert run.settings.rate == 3.0


def test_a_run_ends_after_its_last_update(room, monkeypatch):
    monkeypatch.setattr("demo.tabs.train.run.MAX_STEPS", 7)
    run = room.start(Settings())
    until(lambda: run.state == "finished")
    assert len(run.losses) == 7 and run.tests[-1].step == 7 and run.snapshot.step == 7
    assert room.find(run.id) is run, "what it did can still be seen"


def test_a_run_ends_when_its_time_is_up(room, clock, monkeypatch, still_trainer):
    def slow(self):
        clock.now += 61
        run.touch()
        self.step_number += 1
        return Update(1.0, 12.5)

    monkeypatch.setattr(still_trainer, "step", slow)
    run = room.start(Settings(), paused=True)
    until(lambda: run.inputs)
    run.act("resume")
    until(lambda: run.state in ENDED)
    assert run.state == "finished" and len(run.losses) == 3 and run.seconds == pytest.approx(183)


def test_a_run_whose_visitor_left_is_dropped(room, clock):
    run, kept = room.start(Settings()), room.start(Settings(), paused=True)
    clock.now = DROP_AFTER - 1
    room.find(kept.id)
    clock.now = DROP_AFTER + 1
    until(lambda: run.state == "stopped" and run.trainer is None)
    assert len(room) == 1
    with pytest.raises(StnError, match="no longer on the server"):
        room.find(run.id)


def test_two_at_once_and_the_third_waits_in_line(room):
    first, second = room.start(Settings()), room.start(Settings())
    third, fourth = room.start(Settings()), room.start(Settings(), paused=True)
    assert [run.state for run in (third, fourth)] == ["waiting", "waiting"] and third.trainer is None
    most = MAX_SECONDS + RECLAIM_AFTER
    assert [room.line(run) for run in (third, fourth)] == [(1, most), (2, most)]
    assert room.line(room.start(Settings())) == (3, most + MAX_SECONDS)
    again = room.start(Settings(), replaces=first.id)
    assert first.state == "stopped" and third.state == "running", "who has had a place goes to the end of the line"
    assert room.line(again)[0] == 3 and room.line(third) == (0, 0.0)
    second.act("stop")
    assert room.find(fourth.id).state == "paused"


def test_a_step_that_was_asked_for_in_line_is_made(room):
    places = [room.start(Settings()) for _ in range(PLACES)]
    run = room.start(Settings(), paused=True)
    run.act("step")
    places[0].act("stop")
    room.find(run.id)
    until(lambda: len(run.losses) == 1)
    assert run.state == "paused"


def test_thirty_take_turns_and_nobody_keeps_a_place(room, clock, gate):
    """Each polls, and pauses for as long as it may; every one of them gets a place."""
    runs = [room.start(Settings(seed=seed), paused=True) for seed in range(30)]
    had = set()
    for now in range(0, 30 * RECLAIM_AFTER, 15):
        clock.now = now
        for run in runs:
            if run.state not in ENDED:
                room.find(run.id)
        had |= {run.settings.seed for run in runs if run.state == "paused"}
        assert sum(run.state == "paused" for run in runs) <= PLACES
    assert had == set(range(30))


def test_a_place_that_is_only_held_is_given_away(room, clock):
    runs = [room.start(Settings(), paused=True) for _ in range(PLACES)]
    until(lambda: all(run.inputs for run in runs))
    waits = room.start(Settings())
    for now in range(0, RECLAIM_AFTER + 30, 15):
        clock.now = now
        for run in (*runs, waits):
            room.find(run.id)
    assert waits.state == "running" and [run.state for run in runs] == ["stopped", "paused"]


def test_a_place_cannot_be_held_by_going_on_for_a_moment(room, clock):
    runs = [room.start(Settings(), paused=True) for _ in range(PLACES)]
    until(lambda: all(run.inputs for run in runs))
    waits = room.start(Settings())
    for now in range(15, RECLAIM_AFTER + 15, 15):
        clock.now = now
        for run in runs:
            before = len(room.find(run.id).losses)
            run.act("resume")
            until(lambda run=run, before=before: len(run.losses) > before)
            run.act("pause")
            until(lambda run=run: run.state == "paused")
        assert room.find(waits.id).state == "waiting"
    clock.now += 1
    assert room.find(waits.id).state == "running" and [run.state for run in runs] == ["stopped", "paused"]


def test_a_run_that_trains_keeps_its_place(room, clock, gate, monkeypatch):
    monkeypatch.setattr("demo.tabs.train.room.PLACES", 1)
    run = room.start(Settings())
    until(lambda: run.inputs)
    waits = room.start(Settings())
    for count in range(1, 11):
        clock.now += 15
        room.find(run.id)
        gate.release()
        until(lambda count=count: len(run.losses) == count)
        assert room.find(waits.id).state == "waiting"
    assert run.idle < DROP_AFTER < RECLAIM_AFTER < run.seconds


def test_others_look_on_at_all_runs_of_a_visitor(room, clock):
    first = room.start(Settings())
    assert room.shared(first.share) is first and first.share not in (first.id, first.owner)
    second = room.start(Settings(), replaces=first.id, owner=first.owner)
    assert room.shared(first.share) is second
    second.act("stop")
    for now in range(0, 5 * DROP_AFTER, 5):
        clock.now = now
        assert room.shared(first.share) is second, "what it came to can be seen for as long as somebody does"
    stranger = room.start(Settings(), owner=first.share)
    assert stranger.share != first.share, "who looks on cannot put a run of his own in its place"
    with pytest.raises(StnError, match="Nobody trains under this link right now"):
        room.shared("another")


def test_looking_on_keeps_no_place(room, clock):
    run = room.start(Settings())
    for now in range(0, DROP_AFTER + 1, 5):
        clock.now = now
        room.shared(run.share)
    clock.now += 1
    with pytest.raises(StnError, match="Nobody trains"):
        room.shared(run.share)
    assert run.state == "stopped"


def test_ended_runs_are_forgotten_when_they_are_many(room):
    for _ in range(MAX_RUNS + 10):
        room.start(Settings(), paused=True).act("stop")
    assert len(room) <= MAX_RUNS


def test_a_loss_that_is_no_number_ends_the_run(room, monkeypatch, still_trainer):
    monkeypatch.setattr(still_trainer, "loss", float("nan"))
    run = room.start(Settings())
    until(lambda: run.state == "failed")
    told = api.news(run, 0, 0, -1)
    assert "no longer a number" in told["problem"] and told["losses"] == [None]
    json.dumps(told, allow_nan=False)


def test_an_error_in_the_program_is_one_sentence(room, monkeypatch, still_trainer):
    def broken(self):
        raise RuntimeError("/srv/secret")

    monkeypatch.setattr(still_trainer, "step", broken)
    run = room.start(Settings())
    until(lambda: run.state == "failed")
    assert "secret" not in run.problem and run.problem.endswith(".")
    monkeypatch.setattr(TrainingRoom, "preview", broken)
    assert "secret" not in api.answer(room, {"action": "preview"})["error"]


def test_a_program_that_ends_waits_for_its_runs(room):
    runs = [room.start(Settings()), room.start(Settings(seed=1), paused=True)]
    until(lambda: len(runs[0].losses) > 3)
    room.close()
    steps = len(runs[0].losses)
    time.sleep(0.05)
    assert [run.state for run in runs] == ["stopped", "stopped"] and len(runs[0].losses) == steps


ENDING = """
import atexit, sys, time, torch
from demo.tabs.train.data import draw_images
from demo.tabs.train.room import TrainingRoom
from demo.tabs.train.settings import Settings

class Data:
    images = draw_images(variants=4, held_out=2)
    def get(self, dataset):
        return self.images

torch.set_num_threads(1)
room = TrainingRoom(Data())
atexit.register(room.close)
run = room.start(Settings())
while len(run.losses) < 3 and run.state == "running":
    time.sleep(0.01)
sys.exit(7 if run.state == "running" else 1)
"""


@pytest.mark.slow
def test_a_process_ends_in_the_middle_of_an_update():
    assert subprocess.run([sys.executable, "-c", ENDING], timeout=120, check=False).returncode == 7


def test_ids_cannot_be_guessed(room):
    ids = {room.start(Settings(), paused=True, replaces=None).id for _ in range(2)}
    assert len(ids) == 2 and all(len(run_id) >= 20 for run_id in ids)
