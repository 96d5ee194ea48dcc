"""What the lesson's exercises are made of, and the images and networks that they are measured on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from demo.core.cache import LruCache
from demo.core.distortion import distort
from demo.core.images import ImageSet, ImageStore, in_unit_range
from demo.core.pairs import Pair, Seen
from demo.core.turns import QUARTER_OFF, Turn, find_turns
from stn.controls import Controls
from stn.errors import StnError

TRIED = 12  # images of a class that are tried, at most, until both networks know one
A_CLASS = 2  # images of each class on a sheet
SHEETS = 40  # kept: every angle of a sheet, of drawings and of test images


@dataclass(frozen=True)
class Answer:
    """What an exercise found, all of it measured on the images that it shows."""

    right: int  # the right choice
    words: str  # why
    learnt: str  # in one sentence, for the lesson's end
    table: tuple[tuple[str, ...], ...] = ()  # rows of cells, the heads first


@dataclass(frozen=True)
class Exercise:
    """One question. `controls` is what the learner sees first, `slider` what may be moved once it is answered.

    Either about one image, of the class `digit`, or, where there are `angles`, about a sheet of all classes, which is
    turned to these and no others; `marked` then says which of its images get a mark.
    """

    title: str
    question: str
    choices: tuple[str, ...]
    controls: Controls
    slider: str
    solve: Callable[[Bench, Exercise, list[int]], Answer]  # (.., the images that it shows)
    digit: int | None = None
    compare: str = "trained"  # the networks whose answers it shows
    angles: tuple[int, ...] = ()
    marked: str = "wrong"  # or "off": not upright in the output
    dataset: str = "mnist"
    upright: float = QUARTER_OFF  # degrees up to which an output counts as upright


@dataclass(frozen=True, eq=False)
class Shown:
    """Images under the same controls, and what the networks made of them."""

    pair: Pair
    samples: list[int]
    labels: tuple[int, ...]
    input: np.ndarray  # (B, C, S, S)
    seen: Seen
    turns: tuple[Turn, ...]

    @property
    def grid(self) -> np.ndarray:
        return self.seen.stages[-1].grid  # (B, h, w, 2)

    @property
    def output(self) -> np.ndarray:
        """The images (B, C, h, w) in [0, 1] as the last transformer hands them on."""
        return self.pair.corrected(self.seen)

    def right(self, role: str) -> list[bool]:
        """Of each image, whether the network of that role knows it."""
        found = self.seen.logits[role].argmax(1).tolist()
        return [top == label for top, label in zip(found, self.labels, strict=True)]

    def off(self, upright: float) -> list[bool]:
        """Of each image, whether the transformer leaves it more than so many degrees from upright."""
        return [abs(turn.left or 0) > upright for turn in self.turns]


@dataclass(frozen=True, eq=False)
class Bench:
    """The images and networks of one data set, which exercises are measured on."""

    images: ImageStore
    pair_of: Callable[[str], Pair]  # comparison -> its networks. Raises StnError
    dataset: str = "mnist"
    _sheets: LruCache = field(default_factory=lambda: LruCache(SHEETS))

    @property
    def chosen(self) -> ImageSet:
        return self.images.get(self.dataset)

    def given(self, samples: Sequence[int], controls: Controls, canvas: int) -> np.ndarray:
        """Images, distorted: (B, C, canvas, canvas)."""
        chosen, n = self.chosen, len(samples)
        images = in_unit_range(chosen.images[list(samples)])
        return distort(images, [controls] * n, canvas, [chosen.clutter_from] * n)

    def show(self, samples: list[int], controls: Controls, comparison: str = "trained") -> Shown:
        """Shows images to the networks of a comparison. Raises StnError."""
        chosen, pair = self.chosen, self.pair_of(comparison)
        canvas = pair.stn.info.canvas
        x = self.given(samples, controls, canvas)
        seen = pair.explain(x)
        grid = seen.stages[-1].grid
        if not np.isfinite(grid).all():
            raise StnError("The transformer gives no transformation here: its theta is not finite.")
        turns = find_turns(grid, [controls] * len(x), canvas, chosen.shape[-1])
        return Shown(pair, samples, tuple(chosen.labels[i] for i in samples), x, seen, tuple(turns))

    def sheet(self, exercise: Exercise, angle: int, **others: Any) -> Shown:
        """The images of a sheet at one of its angles, each worked out once; others: controls. Raises StnError."""
        samples = self.samples_for(exercise)
        controls = replace(exercise.controls, rotation=angle, **others)
        key = (self.chosen.drawn, exercise.compare, controls)
        return self._sheets.get(key, lambda: self.show(samples, controls, exercise.compare))

    def samples_for(self, exercise: Exercise) -> list[int]:
        """A sheet's images, the first of each class; or one, the first of its digit that both networks know as shown.

        Where they know none, it is the first there is.
        """
        chosen = self.chosen
        if exercise.digit is None:
            return [i for label in range(len(chosen.classes)) for i in chosen.of_class(label)[:A_CLASS]]
        first = chosen.of_class(exercise.digit)[:TRIED]
        for sample in first:
            shown = self.show([sample], exercise.controls, exercise.compare)
            if all(shown.right(role) == [True] for role in shown.pair.roles):
                return [sample]
        return first[:1]
