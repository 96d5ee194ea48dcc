"""The server function of live runs: what a visitor is told, and requests from anybody."""

import base64
import json

import pytest

from demo.tabs.train import api
from demo.tabs.train.room import PLACES, PREVIEWS
from demo.tabs.train.settings import MAX_STEPS, Settings
from tests.helpers import until


def ask(room, **request):
    told = api.answer(room, request)
    json.dumps(told, allow_nan=False)
    return told


def test_a_visitor_is_told_everything_once(room, gate):
    run_id = ask(room, action="start", settings={"seed": 3})["run"]
    gate.release(60)
    until(lambda: len(ask(room, action="look", run=run_id)["losses"]) == 60)
    ask(room, action="pause", run=run_id)
    gate.release()  # of the update that was under way
    until(lambda: len(ask(room, action="look", run=run_id)["losses"]) == 61)
    told = ask(room, action="look", run=run_id)
    assert told["step"] == len(told["losses"]) == len(told["training"]) and told["training"][0] == 12.5
    assert told["tests"][0]["step"] == 0 and told["verdict"] and told["changes"] == []
    assert told["changed"] == "Both can be moved during a run."
    assert len(base64.b64decode(told["inputs"]["data"])) == 12 * 28 * 28
    assert len(base64.b64decode(told["look"]["lattices"])) == 12 * 9 * 9 * 2 * 2
    seen = {"losses": len(told["losses"]), "tests": len(told["tests"]), "look": told["look"]["step"]}
    again = ask(room, action="rates", run=run_id, lr=0.01, **seen)
    assert again["changes"] == [{"step": 61, "lr": 0.01, "rate": Settings.rate}] and again["training"] == []
    assert "Since step 61 the learning rate is 0.01" in again["changed"]
    assert again["losses"] == again["tests"] == [] and "look" not in again and "inputs" not in again


def test_who_waits_is_told_the_place_and_the_time(room):
    for _ in range(PLACES):
        ask(room, action="start")
    told = [ask(room, action="look", run=ask(room, action="start")["run"]) for _ in range(3)]
    assert [each["state"] for each in told] == ["waiting"] * 3 and told[0]["losses"] == []
    for number, minutes, each in zip((1, 2, 3), (5, 5, 8), told, strict=True):
        assert f"You are number {number} in line" in each["verdict"] and f"about {minutes} min." in each["verdict"]


def test_others_see_all_of_a_run_and_steer_nothing(room, gate):
    run = ask(room, action="start", settings={"seed": 3})
    gate.release(5)
    until(lambda: len(ask(room, action="look", run=run["run"])["losses"]) == 5)
    seen = ask(room, action="follow", share=run["share"])
    assert len(seen["losses"]) == 5 and seen["settings"]["seed"] == 3 and "inputs" in seen and "look" in seen
    assert not {run["run"], run["owner"]} & set(str(seen).replace("'", " ").split())
    known = {"which": seen["which"], "losses": 5, "tests": len(seen["tests"]), "look": seen["look"]["step"]}
    again = ask(room, action="follow", share=run["share"], **known)
    assert again["losses"] == again["tests"] == [] and "look" not in again
    for action in ("stop", "pause"):
        assert "no longer" in ask(room, action=action, run=run["share"])["error"]
        assert "no longer" in ask(room, action=action, run=seen["which"])["error"]
    new = ask(room, action="start", replaces=run["run"], owner=run["owner"])
    assert new["share"] == run["share"]
    assert ask(room, action="follow", share=run["share"], **known)["which"] != seen["which"]


def test_what_is_wrong_about_a_learning_rate_is_said_and_changes_nothing(room):
    run_id = ask(room, action="start", paused=True)["run"]
    for name, wrong in (("lr", 0), ("lr", float("nan")), ("lr", "1"), ("lr", None), ("rate", 1e9), ("rate", True)):
        said = ask(room, action="rates", run=run_id, **{"lr": 0.1, "rate": 1.0, name: wrong})["error"]
        assert said.startswith(f"{name} is ") and said.endswith(".")
    assert "error" in ask(room, action="look", run=run_id, lr=0.1)
    assert room.find(run_id).changes == [] and room.find(run_id).settings == Settings()


def test_a_preview_takes_no_place(room):
    told = ask(room, action="preview", settings={"distortion": "tc"})
    assert told["look"]["step"] == 0 and told["watch"] and len(room) == 0
    for seed in range(PREVIEWS + 5):
        ask(room, action="preview", settings={"seed": seed})
    assert len(room._previews) <= PREVIEWS


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (None, "object"),
        ([], "object"),
        ({}, "action"),
        ({"action": ["start"]}, "action"),
        ({"action": "start", "paused": 1}, "paused"),
        ({"action": "start", "replaces": 7}, "replaces"),
        ({"action": "start", "settings": {"rate": float("inf")}}, "rate"),
        ({"action": "start", "run": "x"}, "run"),
        ({"action": "start", "owner": 7}, "owner"),
        ({"action": "follow"}, "Nobody trains"),
        ({"action": "follow", "share": {"a": 1}, "which": []}, "Nobody trains"),
        ({"action": "follow", "share": "x", "run": "x"}, "run"),
        ({"action": "look"}, "no longer"),
        ({"action": "look", "run": {"a": 1}}, "no longer"),
        ({"action": "look", "run": "x", "losses": -1}, "losses"),
        ({"action": "look", "run": "x", "tests": True}, "tests"),
        ({"action": "look", "run": "x", "look": 10**400}, "look"),
        ({"action": "look", "run": "x", "losses": MAX_STEPS + 2}, "losses"),
        ({"action": "stop", "run": "x"}, "no longer"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(room, request_, said):
    told = api.answer(room, request_)
    assert said in told["error"] and "Traceback" not in told["error"] and len(told["error"]) < 300
    assert len(room) == 0
