"""How a visitor of the load tests keeps time."""

import pytest

from demo.measuring import visitor
from demo.measuring.visitor import PERIOD, Target, User


@pytest.fixture
def asked(monkeypatch):
    """When a user asks for `periods` periods, by how long his answers take: the n-th `taken(n)`. All in periods."""

    def drag(taken, periods: int = 10) -> list[float]:
        now, times = 0.0, []

        def pass_by(seconds):
            nonlocal now
            now += seconds

        def ask(_):
            times.append(now / PERIOD)
            pass_by(taken(len(times)) * PERIOD)

        monkeypatch.setattr(visitor.time, "perf_counter", lambda: now)
        monkeypatch.setattr(visitor.time, "sleep", pass_by)
        monkeypatch.setattr(User, "ask", ask)
        User(Target("127.0.0.1", 1, "/", "/"), 0, "mnist").drag(0.0, (periods - 0.5) * PERIOD)
        return times

    return drag


def test_who_is_late_asks_at_once_and_then_in_his_own_time_again(asked):
    assert asked(lambda n: 0.1) == pytest.approx([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert asked(lambda n: 1.5 if n == 2 else 0.1) == pytest.approx([0, 1, 2.5, 3, 4, 5, 6, 7, 8, 9])
    assert asked(lambda n: 3.2 if n == 2 else 0.1) == pytest.approx([0, 1, 4.2, 5, 6, 7, 8, 9])


def test_who_is_always_late_asks_as_often_as_he_is_answered(asked):
    assert asked(lambda n: 1.25, periods=20)[:16] == pytest.approx([1.25 * n for n in range(16)])
