"""Rooms: who may do what when, every answer counted once, and the bounds."""

import json

import pytest

from demo.core.rooms import (
    ALONE,
    AWAY,
    CODE_LENGTH,
    MOST_ROOMS,
    MOST_STUDENTS,
    OVER,
    SIGNS,
    UNUSED,
    WINDOWS,
    Allowance,
    Question,
    Refused,
    Rooms,
)
from stn.errors import StnError
from tests.helpers import run_alone

QUESTION = Question("Up?", "Which way is up?", ("this", "that", "none"), 1, "That is how it is.", {"kind": "test"})
FREE = Question("A digit", "Which?", tuple("0123456789"), 4, "It says 4.", {"kind": "free"})


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def rooms(clock):
    return Rooms(clock)


def session(n: int) -> str:
    return f"{n:032x}"


def refused(why: str, call, *given) -> str:
    with pytest.raises(Refused) as caught:
        call(*given)
    assert caught.value.why == why
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_room_has_a_short_code_and_a_token_that_no_view_holds(rooms, clock):
    room = rooms.open(QUESTION)
    assert len(room.code) == CODE_LENGTH and set(room.code) <= set(SIGNS)
    assert not set("01OIL2Z5S8B") & set(SIGNS), "no sign looks like another"
    assert rooms.find(f" {room.code.lower()} ") is room and rooms.teach(room.code, room.token) is room
    rooms.attend(room.code, session(1))
    told = json.dumps([room.for_student(session(1)), room.for_teacher(clock())])
    assert room.token not in told and len(room.token) >= 20
    assert rooms.open(QUESTION).token != room.token


@pytest.mark.parametrize("token", [None, "", "x", 7, ["a"], "\u00e9"])
def test_nobody_without_the_token_is_the_teacher(rooms, token):
    room = rooms.open(QUESTION)
    refused("teacher", rooms.teach, room.code, token)
    refused("teacher", rooms.teach, room.code, room.token[:-1])


@pytest.mark.parametrize("code", [None, "", "XXXXX", 5, ["C"], "x" * 10_000])
def test_a_wrong_code_is_a_sentence(rooms, code):
    rooms.open(QUESTION)
    assert "code" in refused("gone", rooms.find, code)


@pytest.mark.parametrize("given", [None, "", "1", 7, "g" * 32, "A" * 32, "a" * 33])
def test_a_session_is_32_digits(rooms, given):
    with pytest.raises(StnError, match="32 hexadecimal"):
        rooms.attend(rooms.open(QUESTION).code, given)


def test_the_projector_shows_how_many_have_answered_and_not_what(rooms, clock):
    room = rooms.open(QUESTION)
    for n in range(3):
        rooms.attend(room.code, session(n))
    room.answer(session(0), 1, 2)
    room.answer(session(1), 1, 2)
    view = room.for_teacher(clock())
    assert (view["answered"], view["students"], view["told"], view["phase"]) == (2, 3, None, "open")
    student = room.for_student(session(0))
    assert student["told"] is None and student["choice"] == 2 and QUESTION.words not in json.dumps(student)
    room.reveal(1)
    assert room.for_student(session(2))["told"] == {"right": 1, "words": QUESTION.words, "counts": [0, 0, 2]}
    assert room.for_teacher(clock())["told"]["counts"] == [0, 0, 2]


def test_an_answer_may_change_until_the_reveal_and_counts_once(rooms):
    room = rooms.open(QUESTION)
    rooms.attend(room.code, session(0))
    for choice in (0, 2, 1, 1):
        room.answer(session(0), 1, choice)
    assert room.counts() == [0, 1, 0]
    room.reveal(1)
    refused("over", room.answer, session(0), 1, 0)
    assert room.counts() == [0, 1, 0]


def test_an_answer_to_the_question_before_is_none_to_this_one(rooms):
    room = rooms.open(QUESTION)
    rooms.attend(room.code, session(0))
    room.answer(session(0), 1, 0)
    room.ask(FREE)
    assert room.for_student(session(0))["choice"] is None and sum(room.counts()) == 0
    refused("over", room.answer, session(0), 1, 2)
    refused("over", room.reveal, 1)
    room.answer(session(0), 2, 9)
    with pytest.raises(StnError, match="from 0 to 9"):
        room.answer(session(0), 2, 10)
    assert room.counts()[9] == 1


def test_a_class_that_has_ended_takes_nothing_more_and_says_so_for_a_while(rooms, clock):
    room = rooms.open(QUESTION)
    rooms.attend(room.code, session(0))
    room.end()
    refused("over", room.answer, session(0), 1, 0)
    refused("over", room.reveal, 1)
    assert rooms.attend(room.code, session(0)).for_student(session(0))["phase"] == "over"
    clock.now += OVER + 1
    refused("gone", rooms.attend, room.code, session(0))


def test_a_room_is_gone_three_hours_after_its_teacher(rooms, clock):
    room = rooms.open(QUESTION)
    clock.now += ALONE - 1
    rooms.teach(room.code, room.token)
    clock.now += ALONE - 1
    rooms.attend(room.code, session(0))
    clock.now += 2
    refused("gone", rooms.attend, room.code, session(0))
    refused("gone", rooms.teach, room.code, room.token)
    assert len(rooms) == 0


def test_there_are_so_many_rooms_and_an_unused_one_gives_way(rooms, clock):
    used = []
    for _ in range(MOST_ROOMS):
        clock.now += 3
        rooms.may_open()
        used.append(rooms.open(QUESTION))
    for n, room in enumerate(used[1:]):
        rooms.attend(room.code, session(n))
    rooms.teach(used[0].code, used[0].token)
    clock.now += UNUSED - 1
    assert "100 classes" in refused("full", rooms.may_open)
    clock.now += 2
    rooms.may_open()
    refused("gone", rooms.find, used[0].code)
    rooms.open(QUESTION)
    assert len(rooms) == MOST_ROOMS
    refused("full", rooms.open, QUESTION)
    clock.now += ALONE + 1
    rooms.may_open()
    assert len(rooms) == 0


def test_too_many_openings_at_once_are_refused(rooms, clock):
    for _ in range(20):
        rooms.may_open()
    refused("busy", rooms.may_open)
    clock.now += 3.5
    rooms.may_open()


def test_a_room_holds_so_many_students_and_who_was_away_gives_up_his_place(rooms, clock):
    room = rooms.open(QUESTION)
    for n in range(MOST_STUDENTS):
        rooms.attend(room.code, session(n))
    room.answer(session(0), 1, 0)
    assert "200 students" in refused("full", rooms.attend, room.code, session(999))
    rooms.attend(room.code, session(7))
    clock.now += AWAY + 1
    rooms.attend(room.code, session(999))
    assert len(room.students) == MOST_STUDENTS and session(0) in room.students, "an answer is never lost"
    assert session(1) not in room.students
    assert room.counts() == [1, 0, 0]


def test_a_flood_of_one_session_is_refused_and_of_others_not(rooms, clock):
    room = rooms.open(QUESTION)
    for _ in range(20):
        rooms.attend(room.code, session(0))
    refused("busy", rooms.attend, room.code, session(0))
    rooms.attend(room.code, session(1))
    clock.now += 1
    rooms.attend(room.code, session(0))


def test_trying_codes_is_slowed_down_and_right_ones_still_work(rooms):
    room = rooms.open(QUESTION)
    for _ in range(300):
        refused("gone", rooms.find, "CCCCC" if room.code != "CCCCC" else "DDDDD")
    refused("busy", rooms.find, "CCCC")
    assert rooms.find(room.code) is room


def test_an_allowance_never_exceeds_its_burst():
    allowance = Allowance(rate=2, burst=3)
    assert [allowance.take(0) for _ in range(4)] == [True, True, True, False]
    assert [allowance.take(0.5), allowance.take(0.5)] == [True, False]
    assert [allowance.take(1000) for _ in range(4)] == [True, True, True, False]


def test_students_hear_of_questions_and_reveals_and_the_teacher_of_answers_as_well(rooms, clock):
    async def scene():
        room = rooms.open(QUESTION)
        rooms.attend(room.code, session(0))
        student, teacher = room.change(session(0)), room.change()
        rooms.attend(room.code, session(1))
        assert teacher.done() and not student.done()
        teacher = room.change()
        room.answer(session(0), 1, 0)
        assert teacher.done() and not student.done()
        windows = [room.change(session(1)) for _ in range(WINDOWS + 2)]
        assert [change.done() for change in windows] == [True, True] + [False] * WINDOWS, "no flood of waiting"
        room.reveal(1)
        assert student.done() and all(change.done() for change in windows)
        student = room.change(session(0))
        student.cancel()
        room.ask(FREE)

    run_alone(scene())


def test_a_version_changes_with_what_is_seen_and_only_then(rooms, clock):
    room = rooms.open(QUESTION)
    rooms.attend(room.code, session(0))
    student, teacher = room.for_student(session(0))["version"], room.for_teacher(clock())["version"]
    room.answer(session(0), 1, 0)
    assert room.for_student(session(0))["version"] == student and room.for_teacher(clock())["version"] != teacher
    for change in (lambda: room.reveal(1), lambda: room.ask(FREE), room.end):
        change()
        assert room.for_student(session(0))["version"] != student
        student = room.for_student(session(0))["version"]
    room.end()
