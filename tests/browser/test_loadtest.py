"""The load test, on a page that runs already: it sends what the page sends, and what it reports adds up."""

import os

import pytest

from demo.loadtest import loadtest
from demo.measuring.attacker import attacks
from demo.measuring.server import MeasuringError, Serving
from demo.measuring.visitor import PERIOD, User, find_view, is_loopback


def test_two_users_for_a_second(address):
    seen = loadtest(users=2, seconds=1, url=address)
    assert seen["errors"] == 0 and seen["first_error"] is None and seen["users"] == 2
    assert 2 <= seen["requests"] <= 2 / PERIOD + 2
    assert seen["requests_per_s"] == pytest.approx(seen["requests"] / seen["seconds"], rel=0.1)
    assert seen["users_of_process"] is None, "one process, and no proxy that names it"
    assert 0 < seen["p50_ms"] <= seen["p95_ms"] <= seen["max_ms"]
    assert seen["seconds"] < 5


def test_beside_an_attacker_nobody_gets_an_error(address):
    seen = loadtest(users=2, seconds=1, url=address, attacker=True)["attacked"]
    assert seen["errors"] == 0 and seen["first_error"] is None and seen["requests_per_s"] > 0
    tried = {answer.partition(":")[0] for answer in seen["attacks"]}
    assert tried <= {name for name, *_ in attacks(find_view(address))} and len(tried) >= 3
    passed = {answer for answer in seen["attacks"] if answer.endswith(": 200")}
    assert passed <= {"place: 200", "unread body: 200"}, "in line for a place, and for an image to be looked at"


def test_no_two_requests_of_a_user_are_the_same(address):
    user = User(find_view(address), 3, "cifar10")
    states = [str(user.state()) for _ in range(100)]
    assert len(set(states)) == 100


def test_an_answer_without_an_image_is_an_error(address):
    user = User(find_view(address), 0, "svhn")
    user.ask()
    assert user.errors == 1 and user.lags == [] and "svhn" in user.said
    with pytest.raises(MeasuringError, match=r"nothing to measure.*svhn"):
        loadtest(users=1, seconds=1, dataset="svhn", url=address)


NOT_HERE = ("http://example.invalid/", "https://127.0.0.1/", "http://10.0.0.1:80/")
NO_ADDRESS = ("127.0.0.1", "http://127.0.0.1:99999/", "http://[::1/", "")


@pytest.mark.parametrize("url", [*NOT_HERE, *NO_ADDRESS])
def test_only_this_computer_is_loaded(url):
    with pytest.raises(MeasuringError, match="of this computer"):
        loadtest(users=1, seconds=1, url=url)


def test_nothing_there_and_nonsense_are_one_sentence():
    for arguments in ({"url": "http://127.0.0.1:9/"}, {"users": 0}, {"seconds": 0.0}, {"seconds": float("nan")}):
        with pytest.raises(MeasuringError) as caught:
            loadtest(**{"users": 1, "seconds": 1.0, **arguments})
        assert "\n" not in str(caught.value)


def test_loopback_addresses():
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "8.8.8.8", "localhost.example.invalid", "", None)))


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="only Linux says how large a process is")
def test_the_memory_of_a_process_is_in_bytes():
    assert 10e6 < Serving("", 0.0, os.getpid(), 0).memory() < 100e9
