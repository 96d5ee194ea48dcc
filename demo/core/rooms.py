"""Rooms in which a class predicts together: one question at a time, one answer a student. In memory, nothing on disk.

All calls come from one event loop, so nothing is locked. Every one takes microseconds: what a question's right answer
is, which takes the networks, is found out before it is asked.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stn.errors import StnError

ADDRESS = "stn-room"  # of the route that leads here, relative to the page
MOST_ROOMS = 100
MOST_STUDENTS = 200  # in a room
ALONE = 3 * 3600.0  # seconds without the teacher, after which a room is gone
OVER = 600.0  # seconds that a class which has ended is still told so
UNUSED = 120.0  # seconds without the teacher, after which a room that nobody entered may give way to another
AWAY = 60.0  # seconds after which a student who says nothing counts as away
WINDOWS = 3  # of one student, or of the teacher, that may wait for a change
SIGNS = "34679CDFGHJKMNPQRTVWXY"  # of codes: none looks like another, and no words come of them
CODE_LENGTH = 5
SESSION = re.compile(r"[0-9a-f]{32}")

GONE = "There is no class with this code. Check the code; a class is gone three hours after its teacher left."
FULL = f"This class is full: it has {MOST_STUDENTS} students."
BUSY = "Too many requests at once; wait a few seconds."
OTHER_QUESTION = "The class has moved on to another question."
TOLD = "The answer has been revealed; this question takes no more answers."
ENDED = "This class has ended."
NOT_THE_TEACHER = "Only the teacher, who opened the class, can do that."
ALL_TAKEN = f"There are {MOST_ROOMS} classes on this server already; try again later."


class Refused(StnError):
    """What cannot be done in a room. `why` is a word for programs."""

    def __init__(self, why: str, sentence: str):
        super().__init__(sentence)
        self.why = why


@dataclass(frozen=True)
class Question:
    """What a class is asked. What is right, and why, is told at the reveal and not before."""

    title: str
    text: str
    choices: tuple[str, ...]
    right: int
    words: str
    asked: Mapping[str, Any]  # the request that it was made of, for the teacher's page


@dataclass
class Allowance:
    """So many at once, so many a second."""

    rate: float
    burst: float
    _left: float = field(init=False)
    _at: float | None = field(init=False, default=None)

    def __post_init__(self):
        self._left = self.burst

    def take(self, now: float) -> bool:
        self._left = min(self.burst, self._left + self.rate * (now - (now if self._at is None else self._at)))
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass
class Student:
    seen: float
    choice: int | None = None  # in the question that is asked now
    asks: Allowance = field(default_factory=lambda: Allowance(rate=4, burst=20))


class Room:
    """One class: its question, its students by their sessions, and who waits to hear of a change."""

    def __init__(self, code: str, question: Question, now: float):
        self.code = code
        self.token = secrets.token_urlsafe(16)
        self.students: dict[str, Student] = {}
        self.taught = now  # when the teacher was there last
        self.asks = Allowance(rate=1, burst=10)  # questions
        self.round = 0
        self.version = 0  # of what students see
        self.stirred = 0  # counts what only the teacher sees as well
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}  # by session, "" for the teacher; until a change
        self.ask(question)

    def ask(self, question: Question) -> None:
        """Moves everyone on to a question."""
        self.question, self.told, self.over = question, False, False
        self.round += 1
        for student in self.students.values():
            student.choice = None
        self._changed()

    def reveal(self, number: int) -> None:
        """Tells the answer of a question; the number says of which, so that a second press reveals no other."""
        if self.over:
            raise Refused("over", ENDED)
        if number != self.round:
            raise Refused("over", OTHER_QUESTION)
        if not self.told:
            self.told = True
            self._changed()

    def end(self) -> None:
        self.over = True
        self._changed()

    def answer(self, session: str, number: int, choice: int) -> None:
        """A student's answer, instead of the one before."""
        if self.over:
            raise Refused("over", ENDED)
        if number != self.round:
            raise Refused("over", OTHER_QUESTION)
        if self.told:
            raise Refused("over", TOLD)
        if not 0 <= choice < len(self.question.choices):
            raise StnError(f"choice is {choice}; give a whole number from 0 to {len(self.question.choices) - 1}.")
        student = self.students[session]
        if student.choice is None:
            self.stir()
        student.choice = choice

    def counts(self) -> list[int]:
        """How many gave each answer."""
        given = Counter(student.choice for student in self.students.values())
        return [given[k] for k in range(len(self.question.choices))]

    def stir(self) -> None:
        """Something changed that the teacher sees."""
        self.stirred += 1
        self._wake("")

    def _changed(self) -> None:
        self.version += 1
        for session in list(self._waiting):
            self._wake(session)

    def change(self, session: str = "") -> asyncio.Future[None]:
        """Done when there is something new for a student, or for the teacher; or too many windows wait in his name."""
        waiting = [change for change in self._waiting.get(session, []) if not change.done()]
        if len(waiting) >= WINDOWS:
            waiting.pop(0).set_result(None)
        change = asyncio.get_running_loop().create_future()
        self._waiting[session] = [*waiting, change]
        return change

    def _wake(self, session: str) -> None:
        for change in self._waiting.pop(session, []):
            if not change.done():
                change.set_result(None)

    def for_student(self, session: str) -> dict[str, Any]:
        """What a student sees: of the answer nothing until it is told."""
        return {**self._view(), "version": self.version, "choice": self.students[session].choice}

    def for_teacher(self, now: float) -> dict[str, Any]:
        """What the projector shows: until the reveal how many have answered, not what."""
        answered = sum(self.counts())
        here = sum(now - s.seen < AWAY or s.choice is not None for s in self.students.values())
        own = {"asked": self.question.asked, "answered": answered, "students": here}
        return {**self._view(), **own, "version": f"{self.version}.{self.stirred}"}

    def _view(self) -> dict[str, Any]:
        question = self.question
        told = {"right": question.right, "words": question.words, "counts": self.counts()} if self.told else None
        return {
            "room": self.code,
            "round": self.round,
            "phase": "over" if self.over else "told" if self.told else "open",
            "title": question.title,
            "text": question.text,
            "choices": question.choices,
            "told": told,
        }


class Rooms:
    """All rooms of this page. `clock`: seconds, from anywhere on.

    `makers`: kind of a question -> what makes one of a request, in its own time. Raises StnError.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self.makers: dict[str, Callable[[object], Question]] = {}
        self._rooms: dict[str, Room] = {}
        self._openings = Allowance(rate=1 / 3, burst=20)
        self._wrong_codes = Allowance(rate=20, burst=300)  # so that nobody tries them all

    def __len__(self) -> int:
        return len(self._rooms)

    def may_open(self) -> None:
        """Raises Refused where there is no place for another room, or too many are opened at once."""
        now = self.clock()
        for room in [room for room in self._rooms.values() if self._is_gone(room, now)]:
            self._close(room)
        if len(self._rooms) >= MOST_ROOMS:
            unused = [r for r in self._rooms.values() if not r.students and now - r.taught > UNUSED]
            if not unused:
                raise Refused("full", ALL_TAKEN)
            self._close(min(unused, key=lambda room: room.taught))
        if not self._openings.take(now):
            raise Refused("busy", BUSY)

    def open(self, question: Question) -> Room:
        """A room of its own for a class; whoever holds its token is the teacher."""
        if len(self._rooms) >= MOST_ROOMS:  # since may_open() said yes
            raise Refused("full", ALL_TAKEN)
        while (code := "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH))) in self._rooms:
            pass
        self._rooms[code] = Room(code, question, self.clock())
        return self._rooms[code]

    def find(self, code: object) -> Room:
        """The room with a code, however its letters are written. Raises Refused."""
        now = self.clock()
        room = self._rooms.get(code.strip().upper()) if isinstance(code, str) else None
        if room and self._is_gone(room, now):
            self._close(room)
            room = None
        if room is None:
            # Who is right hears so however many are wrong.
            raise Refused("gone", GONE) if self._wrong_codes.take(now) else Refused("busy", BUSY)
        return room

    def teach(self, code: object, token: object) -> Room:
        """The room of a teacher, who shows the token. Raises Refused."""
        room = self.find(code)
        if not isinstance(token, str) or not secrets.compare_digest(token.encode(), room.token.encode()):
            raise Refused("teacher", NOT_THE_TEACHER)
        room.taught = self.clock()
        return room

    def attend(self, code: object, session: object) -> Room:
        """The room that a student is in, who enters it where he is not. Raises Refused."""
        room, now = self.find(code), self.clock()
        if not isinstance(session, str) or not SESSION.fullmatch(session):
            raise StnError("session must be 32 hexadecimal digits; open the link of the class again.")
        student = room.students.get(session)
        if student is None:
            if len(room.students) >= MOST_STUDENTS and not self._make_place(room, now):
                raise Refused("full", FULL)
            student = room.students[session] = Student(now)
            room.stir()
        if not student.asks.take(now):
            raise Refused("busy", BUSY)
        student.seen = now
        return room

    def _make_place(self, room: Room, now: float) -> bool:
        """Whether somebody who has been away for long, and has given no answer, gave up his place."""
        away = (k for k, s in room.students.items() if s.choice is None and now - s.seen > AWAY)
        session = next(away, None)
        return session is not None and room.students.pop(session) is not None

    def _is_gone(self, room: Room, now: float) -> bool:
        return now - room.taught > (OVER if room.over else ALONE)

    def _close(self, room: Room) -> None:
        room.end()
        del self._rooms[room.code]
