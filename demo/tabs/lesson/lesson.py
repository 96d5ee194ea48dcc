"""The lesson's server functions: an exercise's image, and its answer, measured once on the shipped networks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import torch

from demo.core.compare import answer_or_error
from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.core.requests import mapping, whole
from demo.tabs.lesson.bench import DATASET, Bench, Exercise
from demo.tabs.lesson.exercises import EXERCISES

Found = TypeVar("Found")


class Lesson:
    """The exercises with their answers, each worked out once for the images that are there."""

    def __init__(self, images: ImageStore, models: ModelStore):
        self._bench = Bench(images, models)
        self._found: dict[tuple[str, bool, int], Any] = {}
        self._lock = threading.Lock()

    def set_up(self, given: object) -> dict[str, Any]:
        """An exercise's image and its state as a request for compare.answer; {"error": ..} for nonsense."""

        def work():
            n, exercise = read_number(given)
            return {
                "exercise": n,
                "request": {
                    **{"dataset": DATASET, "sample": self._sample(n), "compare": exercise.compare},
                    **vars(exercise.controls),
                },
                "slider": exercise.slider,
            }

        return answer_or_error(work)

    def solve(self, given: object) -> dict[str, Any]:
        """The right choice and the reason, measured: {"exercise", "right", "words"}."""

        def work():
            n, exercise = read_number(given)
            sample = self._sample(n)
            right, words = self._once("answer", n, lambda: exercise.solve(self._bench, exercise, sample))
            return {"exercise": n, "right": right, "words": words}

        return answer_or_error(work)

    def _sample(self, n: int) -> int:
        return self._once("sample", n, lambda: self._bench.sample_for(EXERCISES[n - 1]))

    def _once(self, what: str, n: int, work: Callable[[], Found]) -> Found:
        """Keyed also by whether drawings or test images are there: a visitor may have fetched these."""
        with self._lock:
            key = (what, self._bench.images.get(DATASET).drawn, n)
            if key not in self._found:
                with torch.inference_mode():
                    self._found[key] = work()
            return self._found[key]


def read_number(given: object) -> tuple[int, Exercise]:
    """The exercise that a request {"exercise": n} names. Raises StnError."""
    request = mapping("request", given, ["exercise"], required=["exercise"])
    n = whole("exercise", request["exercise"], 1, len(EXERCISES))
    return n, EXERCISES[n - 1]
