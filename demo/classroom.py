"""How the page bears a class: `python -m demo.classroom --students 60 --dragging 10 --json`. Starts `app.py` itself.

First a teacher goes through the exercises once, as before a lesson: what that computes is kept. Then visitors drag a
slider alone, as in demo.loadtest, and once more while a class predicts beside them: its students open their page,
answer within two seconds of each question, some change their answer and some reload; the teacher watches, reveals
when all have answered, and asks the next question. `miscounted` is how many questions had bars that are not, one by
one, what the students chose last. `bars_p95_ms` is how long after an answer was sent the teacher had it counted,
`reveal_p95_ms` how long after the reveal a student had it, `back_p95_ms` how long a reload took until the student was
where the class is. `drag_ratio` compares the visitors' p95 with what it was without the class.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from demo.core.rooms import ADDRESS, MOST_STUDENTS
from demo.loadtest import WARM_UP, page_at, quantile_ms
from demo.measuring.server import MeasuringError
from demo.measuring.visitor import PATIENCE, Target, User, find_view, rush

ANSWERING = 2.0  # seconds, at most, until a student answers
CHANGE, RELOAD = 0.3, 0.25  # part of the students who do so in a question
EXERCISES = 6


def main() -> None:
    parser = argparse.ArgumentParser(description="Sends the page what a class sends it, and measures.")
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--dragging", type=int, default=10, help="visitors who drag a slider meanwhile")
    parser.add_argument("--seconds", type=float, default=20.0, help="with the class, and as long without it")
    parser.add_argument("--url", help="a page that runs on this computer already (default: start app.py)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    try:
        result = classroom(options.students, options.dragging, options.seconds, options.url)
    except MeasuringError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    print(json.dumps(result) if options.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


def classroom(students: int, dragging: int, seconds: float, url: str | None = None) -> dict[str, Any]:
    """Everything measured. Raises MeasuringError where there is nothing to measure."""
    if not 1 <= students <= MOST_STUDENTS:
        raise MeasuringError(f"--students is {students}; give a whole number from 1 to {MOST_STUDENTS}.")
    if not 0 <= dragging <= 1000:
        raise MeasuringError(f"--dragging is {dragging}; give a whole number from 0 to 1000.")
    if not 0 < seconds <= 3600:
        raise MeasuringError(f"--seconds is {seconds:g}; give a number above 0, at most 3600.")
    # A process of its own: in ours, students would hold up those who drag, and be measured in their lag.
    workers = ProcessPoolExecutor(1, get_context("spawn"))
    with page_at(url) as (where, _), workers:
        workers.submit(time.time).result()  # it is there
        target = find_view(where)
        crowd = [User(target, number, "mnist") for number in range(dragging)]
        rehearse(target)
        for user in crowd:
            user.open()
        rush(crowd, min(WARM_UP, seconds))
        alone = drags(crowd, seconds)
        predicting = workers.submit(predict, target, students, seconds)
        beside = drags(crowd, seconds)
        lesson = predicting.result()
    before, after = quantile_ms(alone), quantile_ms(beside)
    return {
        "students": students,
        "dragging": dragging,
        "seconds": seconds,
        "questions": lesson.questions,
        "answers": lesson.answers,
        "miscounted": lesson.miscounted,
        "bars_p95_ms": quantile_ms(lesson.bars),
        "reveal_p95_ms": quantile_ms(lesson.told),
        "reloads": len(lesson.back),
        "back_p95_ms": quantile_ms(lesson.back),
        "drag_p95_alone_ms": before,
        "drag_p95_ms": after,
        "drag_ratio": round(after / before, 3) if before and after else None,
        "errors": len(lesson.errors) + sum(user.errors for user in crowd),
        "first_error": next(iter([*lesson.errors, *(user.said for user in crowd if user.errors)]), None),
    }


def rehearse(target: Target) -> None:
    """A teacher asks every exercise once, of nobody. Raises MeasuringError where no class can be opened."""
    keys = open_class(line := Line(target, []))
    for exercise in range(2, EXERCISES + 1):
        line.ask("ask", **keys, question={"kind": "exercise", "exercise": exercise})
    line.ask("end", **keys)
    line.close()


def open_class(line: Line) -> dict[str, str]:
    """What a teacher shows from then on: the code and the token. Raises MeasuringError where none can be opened."""
    opened = line.ask("open", question={"kind": "exercise", "exercise": 1})
    if not opened:
        raise MeasuringError(f"No class can be opened, so there is nothing to measure: {line.errors[0]}")
    return {"code": opened["room"], "token": opened["token"]}


def drags(crowd: list[User], seconds: float) -> list[float]:
    """How long the visitors waited for each answer."""
    for user in crowd:
        user.lags = []
    rush(crowd, seconds)
    return [lag for user in crowd for lag in user.lags]


@dataclass
class Predicted:
    """How a class went; lags in seconds."""

    questions: int = 0
    answers: int = 0
    miscounted: int = 0
    bars: list[float] = field(default_factory=list)  # from an answer until the teacher had it counted
    told: list[float] = field(default_factory=list)  # from the reveal until a student had it
    back: list[float] = field(default_factory=list)  # of a reload
    errors: list[str] = field(default_factory=list)


def predict(target: Target, students: int, seconds: float) -> Predicted:
    """A class that goes on for so long. Raises MeasuringError where none can be opened."""
    return Class(target, students).predict(seconds)


@dataclass
class Line:
    """One browser's connection to the room."""

    target: Target
    errors: list[str]
    connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: str | None = None) -> bytes:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.target.host, self.target.port, timeout=PATIENCE + 10)
        self.connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        return self.connection.getresponse().read()

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """The room's answer; an error is noted, and is an empty one."""
        try:
            answer = json.loads(self.send("POST", f"{self.target.page}{ADDRESS}", json.dumps({"do": do, **more})))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            answer = {"error": f"{type(error).__name__}: {error}"}
        if "error" in answer:
            self.errors.append(answer["error"][:200])
            time.sleep(0.5)
            return {}
        return answer

    def close(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None


@dataclass
class Student:
    """One who answers every question once, and sees every reveal."""

    line: Line
    code: str
    number: int
    chosen: dict[int, int] = field(default_factory=dict)  # question -> the last choice that the room took
    sent: dict[int, float] = field(default_factory=dict)  # question -> when the first was sent
    done: set[int] = field(default_factory=set)  # questions that he has answered for good
    seen: dict[int, float] = field(default_factory=dict)  # question -> when the reveal was here
    told: list[float] = field(default_factory=list)  # seconds from the reveal until then
    back: list[float] = field(default_factory=list)  # seconds that a reload took

    def attend(self, over: threading.Event) -> None:
        chance = random.Random(self.number)
        view = self.reload()
        while not over.is_set():
            number = int(view.get("round", 0))
            if view.get("phase") == "open" and number not in self.done:
                self._answer(view, chance)
                if chance.random() < RELOAD:
                    began = time.perf_counter()
                    view = self.reload()
                    self.back.append(time.perf_counter() - began)
                    if view and view["round"] == number and view["choice"] != self.chosen.get(number):
                        self.line.errors.append("A reload lost an answer.")
                    continue
            elif view.get("phase") == "told":
                self.seen.setdefault(number, time.perf_counter())
            view = self._watch(view.get("version"))
        self.line.close()

    def reload(self) -> dict[str, Any]:
        """What a browser does when the page is opened: the page anew, then where the class is."""
        self.line.close()
        try:
            self.line.send("GET", f"{self.line.target.page}?room={self.code}")
        except (OSError, http.client.HTTPException) as error:
            self.line.errors.append(str(error))
        return self._watch(None)

    def _watch(self, seen: int | None) -> dict[str, Any]:
        return self.line.ask("watch", code=self.code, session=f"{self.number:032x}", seen=seen)

    def _answer(self, view: dict[str, Any], chance: random.Random) -> None:
        number, choices = view["round"], len(view["choices"])
        time.sleep(ANSWERING * chance.random() * 0.8)
        for _ in range(2 if chance.random() < CHANGE else 1):
            choice = chance.randrange(choices)
            self.sent.setdefault(number, time.perf_counter())
            answer = self.line.ask("answer", code=self.code, session=f"{self.number:032x}", round=number, choice=choice)
            if answer:
                self.chosen[number] = choice
            time.sleep(ANSWERING * 0.2 * chance.random())
        self.done.add(number)


class Class:
    """A teacher and students, who go through the exercises again and again."""

    def __init__(self, target: Target, students: int):
        self.went = Predicted()
        errors = self.went.errors
        self._line, self._watch = Line(target, errors), Line(target, errors)
        self._keys = open_class(self._line)
        self.students = [Student(Line(target, errors), self._keys["code"], number) for number in range(students)]
        self._over = threading.Event()

    def predict(self, seconds: float) -> Predicted:
        threads = [threading.Thread(target=s.attend, args=(self._over,), daemon=True) for s in self.students]
        for thread in threads:
            thread.start()
        end = time.perf_counter() + seconds
        number = 1
        while True:
            counted = self._gather(number)
            began = time.perf_counter()
            view = self._line.ask("reveal", **self._keys, round=number)
            self._check(number, view, counted)
            deadline = time.perf_counter() + PATIENCE
            while any(number not in s.seen for s in self.students) and time.perf_counter() < deadline:
                time.sleep(0.02)
            for student in self.students:
                if number in student.seen:
                    student.told.append(student.seen[number] - began)
                else:
                    self.went.errors.append("A student never saw the answer.")
            if time.perf_counter() >= end:
                break
            asked = {"kind": "exercise", "exercise": number % EXERCISES + 1}
            number = self._line.ask("ask", **self._keys, question=asked).get("round", number + 1)
        self._over.set()
        self._line.ask("end", **self._keys)
        for thread in threads:
            thread.join(PATIENCE)
        for student in self.students:
            self.went.told += student.told
            self.went.back += student.back
        return self.went

    def _gather(self, number: int) -> list[float]:
        """Waits until all have answered, as the teacher sees it; returns when each number of answers was first seen."""
        counted: list[float] = []
        seen = None
        deadline = time.perf_counter() + ANSWERING + PATIENCE
        while len(counted) < len(self.students) and time.perf_counter() < deadline:
            view = self._watch.ask("watch", **self._keys, seen=seen)
            seen = view.get("version")
            if view.get("round") == number:
                counted += [time.perf_counter()] * (view["answered"] - len(counted))
            time.sleep(0.15)  # as the page's scripts do
        while any(number not in s.done for s in self.students) and time.perf_counter() < deadline:
            time.sleep(0.02)  # changes of mind
        return counted

    def _check(self, number: int, view: dict[str, Any], counted: list[float]) -> None:
        sent = sorted(student.sent[number] for student in self.students if number in student.sent)
        self.went.bars += [seen - asked for seen, asked in zip(counted, sent, strict=False)]
        chosen = Counter(s.chosen[number] for s in self.students if number in s.chosen)
        told = (view.get("told") or {}).get("counts", [])
        self.went.questions += 1
        self.went.answers += sum(told)
        self.went.miscounted += (
            told != [chosen[k] for k in range(len(told))] or not told or len(counted) < len(self.students)
        )


if __name__ == "__main__":
    main()
