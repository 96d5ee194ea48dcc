"""The lesson's five exercises: what is asked, on which picture, and the answer, measured on the shipped networks."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from demo.explain_api import guarded
from demo.pictures import PictureShelf
from demo.shelf import ModelShelf
from demo.words import MINUS, number
from stn import geometry
from stn.distort import Controls, apply_controls
from stn.errors import StnError
from stn.explain import Stage
from stn.rectify import held

DATASET = "mnist"
TRIED = 12  # pictures of a class that are tried, at most, until both networks know one
ANGLES = tuple(range(0, 91, 15))  # degrees, of the third exercise
A_CLASS = 2  # pictures of each class in the third exercise
KEEPS = 0.9  # of its pictures, as long as which a network counts as not failing


@dataclass(frozen=True)
class Exercise:
    """One question. `controls` is what the learner sees first, `slider` what may be moved once it is answered."""

    title: str
    question: str
    choices: tuple[str, ...]
    digit: int
    controls: Controls
    slider: str
    solve: Callable[[Bench, Exercise, int], tuple[int, str]]  # (.., sample) -> the right choice, and why


@dataclass(frozen=True)
class Bench:
    """The pictures and networks that exercises are measured on."""

    pictures: PictureShelf
    models: ModelShelf

    def given(self, sample: int, controls: Controls) -> torch.Tensor:
        """One picture, distorted: (1, C, S, S)."""
        chosen = self.pictures.get(DATASET)
        canvas = self.models.pair(DATASET, None)[0].info.canvas
        return apply_controls(chosen.picture(sample), controls, canvas, chosen.clutter_from)

    def stage(self, x: torch.Tensor) -> Stage:
        """What the transformer does with pictures. Raises StnError where there is none."""
        stages = self.models.pair(DATASET, None)[0].explain(x).stages
        if not stages:
            raise StnError("The network of this lesson holds no spatial transformer.")
        return stages[-1]

    def sample_for(self, exercise: Exercise) -> int:
        """The first picture of the exercise's digit that both networks know as it is shown; else the first there "
        "is."""
        chosen = self.pictures.get(DATASET)
        first = [i for i, label in enumerate(chosen.labels) if label == exercise.digit][:TRIED]
        for sample in first:
            x = self.given(sample, exercise.controls)
            if all(int(net.explain(x).logits.argmax()) == exercise.digit for net in self.models.pair(DATASET, None)):
                return sample
        return first[0]


class Lesson:
    """The exercises with their answers, each worked out once for the pictures that are there."""

    def __init__(self, pictures: PictureShelf, models: ModelShelf):
        self._bench = Bench(pictures, models)
        self._found: dict[tuple[str, bool, int], Any] = {}
        self._lock = threading.Lock()

    def set_up(self, given: object) -> dict[str, Any]:
        """An exercise's picture and its state as a request for explain_api.answer; {"error": ..} for nonsense."""

        def work():
            n, exercise = read_number(given)
            return {
                "exercise": n,
                "request": {"dataset": DATASET, "sample": self._sample(n), **vars(exercise.controls)},
                "slider": exercise.slider,
            }

        return self._answer(work)

    def solve(self, given: object) -> dict[str, Any]:
        """The right choice and the reason, measured: {"exercise", "right", "words"}."""

        def work():
            n, exercise = read_number(given)
            sample = self._sample(n)
            right, said = self._once("answer", n, lambda: exercise.solve(self._bench, exercise, sample))
            return {"exercise": n, "right": right, "words": said}

        return self._answer(work)

    def _sample(self, n: int) -> int:
        return self._once("sample", n, lambda: self._bench.sample_for(EXERCISES[n - 1]))

    def _once(self, what: str, n: int, work: Callable[[], Any]) -> Any:
        """Keyed also by whether drawings or test pictures are there: a visitor may have fetched these."""
        with self._lock:
            key = (what, self._bench.pictures.get(DATASET).drawn, n)
            if key not in self._found:
                with torch.inference_mode():
                    self._found[key] = work()
            return self._found[key]

    def _answer(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return guarded(work)
        except StnError as error:
            return {"error": str(error)}


def read_number(given: object) -> tuple[int, Exercise]:
    """The exercise that a request {"exercise": n} names. Raises StnError."""
    n = given.get("exercise") if isinstance(given, dict) else None
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= len(EXERCISES):
        raise StnError(f"There is no such exercise; they are numbered 1 to {len(EXERCISES)}.")
    return n, EXERCISES[n - 1]


def turn_of(stage: Stage) -> float:
    """By how many degrees counter-clockwise a transformer turns its picture."""
    radians, _ = geometry.polar(geometry.nearest_affine(stage.grid))
    return math.degrees(float(radians))


def degrees(value: float) -> str:
    return f"{number(value, 0)}\u00b0"


# --- the answers ------------------------------------------------------------------------------------------------------


def which_way(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    turn = turn_of(bench.stage(bench.given(sample, exercise.controls)))
    if abs(turn) < 5:
        return 2, "This network does not turn its grid here, and hands the digit on as it lies."
    way = "counter-clockwise" if turn < 0 else "clockwise"
    said = f"The grid lies turned by {degrees(abs(turn))} {way} on the input. "
    if turn > 0:
        return 1, said + "Theory asks for the other way: this network has this picture wrong."
    return 0, (
        f"{said}It is turned as the digit is, since the top of the output has to be read where the top of the digit "
        f"is. Seen from the output, the picture turns by {degrees(turn)}, back upright: theta is the inverse of what "
        "was done to the picture. Move the slider: the grid goes with the digit."
    )


def where_it_looks(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    stage = bench.stage(bench.given(sample, exercise.controls))
    matrix = geometry.nearest_affine(stage.grid)[0]
    size, right = float(matrix[:2, :2].det().abs().sqrt()), float(matrix[0, 2])
    said = f"The frame is {number(size)} times as wide as the picture, and its middle, t_x, lies at {number(right)}. "
    if size < 0.97 and right > 0.1:
        return 0, (
            f"{said}A small frame enlarges what is in it, here {number(1 / size, 1)} times; a frame on the right "
            "brings what is there to the middle. Signs look the wrong way round only as long as one thinks of moving "
            "the picture; theta moves the frame."
        )
    return (1 if size > 1.03 and right < -0.1 else 2), said + "That is not where theory wants it to be."


def who_fails_first(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    chosen = bench.pictures.get(DATASET)
    which = [i for digit in range(10) for i in [i for i, label in enumerate(chosen.labels) if label == digit][:A_CLASS]]
    images, labels = chosen.images[which].float() / 255, torch.tensor([chosen.labels[i] for i in which])
    stn, cnn = bench.models.pair(DATASET, None)
    known: dict[str, list[int]] = {"cnn": [], "stn": []}
    for angle in ANGLES:
        x = apply_controls(images, Controls(rotation=angle), stn.info.canvas, chosen.clutter_from)
        for name, net in (("cnn", cnn), ("stn", stn)):
            known[name].append(int((net.explain(x).logits.argmax(1) == labels).sum()))
    fails = {
        name: next((a for a, n in zip(ANGLES, found, strict=True) if n < KEEPS * len(which)), None)
        for name, found in known.items()
    }
    what = "drawings" if chosen.drawn else "test pictures"
    said = (
        f"Of {len(which)} {what}, the plain CNN knows {known['cnn'][0]} upright and {known['cnn'][-1]} at 90\u00b0, "
        f"at the worst angle {min(known['cnn'])}; the network with the transformer {known['stn'][0]}, "
        f"{known['stn'][-1]} and {min(known['stn'])}. "
    )
    if fails["cnn"] is None and fails["stn"] is None:
        return 2, (
            f"{said}Both were taught with digits turned by up to 90\u00b0 either way, and a plain CNN learns a "
            "rotation that it is shown. It needs no transformer for that, only pictures and capacity. What the "
            "transformer adds can be seen: the digit stands upright in its output."
        )
    if fails["stn"] is None or (fails["cnn"] is not None and fails["cnn"] < fails["stn"]):
        return 0, f"{said}The plain CNN is the first to lose more than one in ten, at {fails['cnn']}\u00b0."
    return (
        1,
        f"{said}The network with the transformer is the first to lose more than one in ten, at {fails['stn']}\u00b0.",
    )


def does_it_crop(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    x = bench.given(sample, exercise.controls)
    clean = bench.given(sample, Controls(**{**vars(exercise.controls), "clutter": 0}))
    stage = bench.stage(x)
    clutter = (x - clean).clamp(min=0).mean(1, keepdim=True)  # (1, 1, S, S), what the patches added
    inside, digit = float(held(clutter, stage.grid)), float(held(clean.mean(1, keepdim=True), stage.grid))
    said = (
        f"Its frame holds {100 * digit:.0f} % of the digit and {100 * inside:.0f} % of what the patches added; the "
        "rest of them it leaves outside. "
    )
    return 0, (
        f"{said}An affine transformer can only choose where to read. What lies inside the frame it hands on, patches "
        "too, and the classifier after it has to cope. Change the number of patches: the frame may be pulled aside."
    )


def what_is_up(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    turn = turn_of(bench.stage(bench.given(sample, exercise.controls)))
    left = (exercise.controls.rotation + turn + 180) % 360 - 180
    said = f"The 1 was turned by {degrees(exercise.controls.rotation)}, and the transformer turns it by {degrees(turn)}"
    if abs(left) > 110:
        return 1, (
            f"{said}: on, not back, so it ends upside down. For a 1 that is as good as upright: hardly anything in "
            f"the picture tells +90\u00b0 from {MINUS}90\u00b0, so it cannot be learnt. Where two answers are "
            "equally good, a localisation net jumps from one to the other; move the slider slowly and watch where."
        )
    if abs(left) < 45:
        return 0, (
            f"{said}: back upright. Yet hardly anything in a 1 tells +90\u00b0 from {MINUS}90\u00b0: move the slider "
            f"to {MINUS}90\u00b0 and watch where the net changes its mind."
        )
    return 2, (
        f"{said}: it lies askew. Hardly anything in a 1 tells +90\u00b0 from {MINUS}90\u00b0, and between two "
        "equally good answers the net gives neither. Move the slider and watch where it finds one again."
    )


EXERCISES = (
    Exercise(
        "Which way does theta turn?",
        "This 5 was turned by 40\u00b0 counter-clockwise. Theta takes every point of the output to the point of the "
        "input that is read for it. How does the sampling grid lie on the input, so that the output stands upright?",
        (
            "Turned counter-clockwise, as the digit is",
            "Turned clockwise, against the digit's turn",
            "Not turned: only the output is",
        ),
        5,
        Controls(rotation=40),
        "rotation",
        which_way,
    ),
    Exercise(
        "Where does it look?",
        "This digit was shrunk to 0.7 and shifted to the right by 0.3 of the picture's half-width. What will theta's "
        "scale be, and its shift t_x?",
        (
            "Scale below 1 and t_x above 0: a small frame on the right",
            "Scale above 1 and t_x below 0: enlarge it and move it back",
            "Scale 1 and t_x 0: the classifier copes with it",
        ),
        3,
        Controls(scale=0.7, shift_x=0.3),
        "shift_x",
        where_it_looks,
    ),
    Exercise(
        "Which network fails first?",
        "Twenty digits, two of each class, are turned from 0\u00b0 to 90\u00b0. Both networks were trained on turned "
        "digits. Which is the first to lose more than one in ten?",
        ("The plain CNN", "The network with the transformer", "Neither of them, up to 90\u00b0"),
        2,
        Controls(rotation=90),
        "rotation",
        who_fails_first,
    ),
    Exercise(
        "Does it crop the clutter away?",
        "Eight patches cut out of other digits lie about this 4. What can an affine transformer do against them?",
        (
            "Leave out what lies outside its frame; inside, they stay",
            "Erase them, wherever they are",
            "Nothing: it does not see them",
        ),
        4,
        Controls(scale=1.2, clutter=8),
        "clutter",
        does_it_crop,
    ),
    Exercise(
        "What if nothing says which way is up?",
        "Half a turn makes a 1 into a 1 again. This one lies on its side, turned by 90\u00b0. What does the "
        "transformer do?",
        (
            f"Turns it back by about {MINUS}90\u00b0, as it was turned",
            "Turns it on, until it stands on its head",
            "Leaves it lying, or askew",
        ),
        1,
        Controls(rotation=90),
        "rotation",
        what_is_up,
    ),
)
