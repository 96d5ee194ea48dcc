"""Rooms in whatever order things happen."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from demo.core.rooms import Refused, Rooms
from tests.demo.core.test_rooms import QUESTION, Clock, session


class AClass(RuleBasedStateMachine):
    """Whatever happens in whatever order, the bars hold each student's last answer to this question, once."""

    @initialize()
    def begin(self):
        self.clock = Clock()
        self.rooms = Rooms(self.clock)
        self.room = self.rooms.open(QUESTION)
        self.last = {}
        self.open = True

    @rule(n=st.integers(0, 4), choice=st.integers(0, 2), late=st.integers(0, 1))
    def answer(self, n, choice, late):
        self.clock.now += 1
        self.rooms.attend(self.room.code, session(n))
        try:
            self.room.answer(session(n), self.room.round - late, choice)
        except Refused:
            assert late or not self.open
        else:
            assert self.open and not late
            self.last[n] = choice

    @rule(n=st.integers(0, 4))
    def reload(self, n):
        self.clock.now += 1
        self.rooms.attend(self.room.code, session(n))
        assert self.room.for_student(session(n))["choice"] == self.last.get(n)

    @rule()
    def reveal(self):
        self.room.reveal(self.room.round)
        self.open = False

    @rule()
    def next(self):
        self.room.ask(QUESTION)
        self.open, self.last = True, {}

    @invariant()
    def every_answer_counts_once(self):
        given = Counter(self.last.values())
        assert self.room.counts() == [given[k] for k in range(3)]
        view = self.room.for_teacher(self.clock())
        assert (view["answered"], view["told"] is None) == (len(self.last), self.open)


TestAClass = AClass.TestCase
TestAClass.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
