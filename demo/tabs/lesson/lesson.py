"""The lesson's server functions: an exercise's image or sheet, and its answer, measured once on the networks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from demo.core.compare import answer_or_error
from demo.core.encoding import encode_pixels
from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.core.pairs import TITLES, find_pair
from demo.core.requests import mapping, whole
from demo.core.rooms import Question
from demo.core.state import KEYS
from demo.core.words import number
from demo.tabs.lesson.bench import Bench, Exercise, Shown
from demo.tabs.lesson.exercises import EXERCISES
from stn.errors import StnError

Found = TypeVar("Found")
CLOSE_UP = 40  # pixels: the middle of the canvas, which holds a turned digit, and a disc


class Lesson:
    """The exercises with their answers, each worked out once for the images that are there."""

    def __init__(self, images: ImageStore, models: ModelStore):
        def bench(dataset: str) -> Bench:
            return Bench(images, lambda comparison: find_pair(models, dataset, None, comparison), dataset)

        self._benches = {dataset: bench(dataset) for dataset in {exercise.dataset for exercise in EXERCISES}}
        self._found: dict[tuple[str, bool, int], Any] = {}
        self._lock = threading.Lock()

    def set_up(self, given: object) -> dict[str, Any]:
        """What an exercise shows first, as a request for compare.answer or for sheet(); {"error": ..} for nonsense."""

        def work():
            n, exercise = read_number(given)
            samples, key = self._samples(n), KEYS[exercise.slider]
            slider = {"name": key.name, "label": key.label, "low": key.low, "high": key.high, "step": key.step}
            state = {"dataset": exercise.dataset, "compare": exercise.compare, **vars(exercise.controls)}
            if exercise.angles:
                low, high = exercise.angles[0], exercise.angles[-1]
                slider |= {"low": low, "high": high, "step": exercise.angles[1] - low}
            else:
                state["sample"] = samples[0]
            return {"exercise": n, "sheet": bool(exercise.angles), "request": state, "slider": slider}

        return answer_or_error(work)

    def sheet(self, given: object) -> dict[str, Any]:
        """The images of a sheet, turned: {"exercise", "rotation"} -> what they are, and what became of them."""

        def work():
            request = mapping("request", given, ["exercise", "rotation"], required=["exercise", "rotation"])
            n, exercise = read_number({"exercise": request["exercise"]})
            if not exercise.angles:
                raise StnError(f"Exercise {n} shows one image; ask for one of those with twenty.")
            angle = whole("rotation", request["rotation"], exercise.angles[0], exercise.angles[-1])
            if angle not in exercise.angles:
                raise StnError(f"rotation is {angle}; give one of {', '.join(map(str, exercise.angles))}.")
            with self._lock:
                return {"exercise": n, "rotation": angle, **for_sheet(self._bench(n).sheet(exercise, angle), exercise)}

        return answer_or_error(work)

    def solve(self, given: object) -> dict[str, Any]:
        """The right choice and the reason, measured: {"exercise", "right", "words", "learnt", "table"}."""

        def work():
            n, exercise = read_number(given)
            samples = self._samples(n)
            found = self._once("answer", n, lambda: exercise.solve(self._bench(n), exercise, samples))
            return {"exercise": n, **asdict(found)}

        return answer_or_error(work)

    def question(self, given: object) -> Question:
        """What a class is asked in an exercise, {"exercise": n}, with its answer. Raises StnError."""
        n, exercise = read_number(given)
        found = self.solve({"exercise": n})
        if "error" in found:
            raise StnError(found["error"])
        asked = {"kind": "exercise", "exercise": n, "of": len(EXERCISES)}
        return Question(exercise.title, exercise.question, exercise.choices, found["right"], found["words"], asked)

    def _bench(self, n: int) -> Bench:
        return self._benches[EXERCISES[n - 1].dataset]

    def _samples(self, n: int) -> list[int]:
        return self._once("samples", n, lambda: self._bench(n).samples_for(EXERCISES[n - 1]))

    def _once(self, what: str, n: int, work: Callable[[], Found]) -> Found:
        """Keyed also by whether drawings or test images are there: a visitor may have fetched these."""
        with self._lock:
            key = (what, self._bench(n).chosen.drawn, n)
            if key not in self._found:
                self._found[key] = work()
            return self._found[key]


def for_sheet(shown: Shown, exercise: Exercise) -> dict[str, Any]:
    """What the page draws of a sheet: each image before and after, with a mark, "" for none, and in words."""
    classes, roles = shown.pair.stn.info.classes, shown.pair.roles
    margin, output = (shown.input.shape[-1] - CLOSE_UP) // 2, shown.output
    inputs = shown.input[..., margin:-margin, margin:-margin]
    right, off = {role: shown.right(role) for role in roles}, shown.off(exercise.upright)
    cells = []
    for k, (sample, label, turn) in enumerate(zip(shown.samples, shown.labels, shown.turns, strict=True)):
        left = f"{number(abs(turn.left or 0), 0)}\u00b0"
        if exercise.marked == "off":
            marks, said = ["", left if off[k] else ""], ["", f", {left} from upright"]
        else:
            tops = [classes[int(shown.seen.logits[role][k].argmax())] for role in roles]
            marks = ["" if right[role][k] else top for role, top in zip(roles, tops, strict=True)]
            said = [f": says {top}, {'wrong' if mark else 'right'}" for top, mark in zip(tops, marks, strict=True)]
        cells.append(
            {
                "sample": sample,
                "input": encode_pixels(inputs[k]),
                "output": encode_pixels(output[k]),
                "marks": marks,
                "words": [classes[label] + words for words in said],
            }
        )
    n, what = len(cells), "how far from upright" if exercise.marked == "off" else "what the CNN says instead"
    noun = "digit" if exercise.dataset == "mnist" else "image"
    return {
        "cells": cells,
        "hint": f"\u2717 and {what}. A click opens the {noun} in Play.",
        "words": f"The transformer leaves {n - sum(off)} of {n} within {exercise.upright:g}\u00b0 of upright.",
        "says": [f"{TITLES[role]}: {sum(right[role])} of {n} right." for role in roles],
    }


def read_number(given: object) -> tuple[int, Exercise]:
    """The exercise that a request {"exercise": n} names. Raises StnError."""
    request = mapping("request", given, ["exercise"], required=["exercise"])
    n = whole("exercise", request["exercise"], 1, len(EXERCISES))
    return n, EXERCISES[n - 1]
