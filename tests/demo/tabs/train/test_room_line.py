"""The line of those who wait for a place to train in: who may stand in it, and how often."""

import pytest
from gradio.helpers import special_args
from starlette.requests import Request

from demo.core.models import Resources
from demo.tabs.train import api, tab
from demo.tabs.train.room import MAX_NEAR, MAX_OWN, MAX_WAITING, PLACES, network_of
from demo.tabs.train.run import DROP_AFTER
from demo.tabs.train.settings import Settings
from stn.errors import StnError


def test_the_line_has_an_end(room):
    for _ in range(PLACES + MAX_WAITING):
        room.start(Settings())
    with pytest.raises(StnError, match=f"^{MAX_WAITING} visitors wait .* try again in some minutes.$"):
        room.start(Settings())


def test_one_browser_and_one_network_hold_so_much_of_the_line_and_a_class_of_thirty_has_room(room):
    for seed in range(30):
        room.start(Settings(), owner=f"student {seed}", address="192.0.2.7")
    for _ in range(MAX_OWN):
        mine = room.start(Settings(), owner="me", address="192.0.2.7")
    with pytest.raises(StnError, match=f"^{MAX_OWN} runs of yours wait .* stop one of them first.$"):
        room.start(Settings(), owner="me", address="198.51.100.1")
    assert room.start(Settings(), replaces=mine.id, owner="me", address="192.0.2.7").state == "waiting"
    while room.line(room.start(Settings(), address="192.0.2.7"))[0] < MAX_NEAR:
        pass
    with pytest.raises(StnError, match=f"^{MAX_NEAR} visitors from your network wait"):
        room.start(Settings(), address="192.0.2.7")
    assert room.start(Settings(), address="192.0.2.8").state == "waiting", "others still have room"


def test_a_network_is_an_address_of_the_old_kind_or_half_of_one_of_the_new():
    same = {network_of(address) for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")}
    assert same == {"2001:db8:1:2::/64"} and network_of("2001:db8:1:3::1") not in same
    assert network_of("192.0.2.7") == "192.0.2.7" != network_of("192.0.2.8")
    assert network_of("testclient") == "testclient" and network_of("") == ""


def test_the_tab_tells_where_its_visitor_is(monkeypatch):
    built = []
    monkeypatch.setattr(tab, "live", lambda name, place, functions, **_: built.extend(functions))
    monkeypatch.setattr(api, "answer", lambda room, request, address: address)
    tab.build(Resources(None, None))
    for client, address in ((("192.0.2.7", 50000), "192.0.2.7"), (None, "")):
        given, *_ = special_args(built[0], [{}], Request({"type": "http", "client": client, "headers": []}))
        assert built[0](*given) == address


def test_who_leaves_the_line_without_a_word_is_dropped(room, clock):
    runs = [room.start(Settings()) for _ in range(PLACES + 2)]
    clock.now = DROP_AFTER - 1
    for run in (*runs[:PLACES], runs[-1]):
        room.find(run.id)
    clock.now = DROP_AFTER + 1
    assert room.line(room.find(runs[-1].id))[0] == 1 and runs[-2].state == "stopped"


def test_who_waits_pauses_nothing_and_may_leave(room):
    for _ in range(PLACES):
        room.start(Settings())
    run, other = room.start(Settings()), room.start(Settings())
    for action in ("pause", "resume", "step"):
        run.act(action)
        assert run.state == "waiting"
    run.act("stop")
    assert run.state == "stopped" and room.line(other)[0] == 1
    run.begin()
    assert run.state == "stopped" and run.trainer is None
