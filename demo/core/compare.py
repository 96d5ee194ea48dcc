"""From a state of the page to everything there is to show: one distortion, both networks, all of it as JSON."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np

from demo.core import records, words
from demo.core.encoding import bend_of, encode_lattice, encode_pixels, lattice_of, png_data_uri
from demo.core.images import ImageStore
from demo.core.models import Loaded, ModelStore, architecture_of, dataset_of
from demo.core.pairs import TITLES, Pair, Seen, SeenStage, find_pair
from demo.core.state import COMPARISONS, ViewState
from demo.core.subject import Subject, distorted_each, find_subject, parse_shown
from demo.core.turns import Turn, find_turns
from stn.errors import StnError

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


@dataclass(frozen=True, eq=False)
class Comparison:
    """One image, and what the networks made of it."""

    state: ViewState
    subject: Subject
    pair: Pair
    input: np.ndarray  # (1, C, S, S)
    seen: Seen
    turn: Turn

    @property
    def output(self) -> np.ndarray:
        """The image (C, h, w) in [0, 1] as the last transformer hands it on."""
        return self.pair.corrected(self.seen)[0]


def compare(
    images: ImageStore, models: ModelStore, state: ViewState, image: object = None, pixels: object = None
) -> Comparison:
    """Distorts the image of a state and shows it to the networks of its comparison. Raises StnError.

    In its place stands an outside image where one is given: `image` as a data URI, `pixels` as the page itself
    sends it, at the data set's size.
    """
    pair = find_pair(models, state.dataset, state.model, state.compare)
    return compare_together(pair, [(state, find_subject(images, state, pixels, image))])[0]


def compare_together(pair: Pair, shown: Sequence[tuple[ViewState, Subject]]) -> list[Comparison]:
    """Distorts images of one data set, each as its state says, and shows them to a pair of networks all at once."""
    subjects, canvas = [subject for _, subject in shown], pair.stn.info.canvas
    x = distorted_each(subjects, [state.controls for state, _ in shown], canvas)  # (B, C, S, S)
    seen = pair.explain(x)
    known = [None if subject.own else state.controls for state, subject in shown]
    turns = find_turns(seen.stages[-1].grid, known, canvas, subjects[0].image.shape[-1])
    return [
        Comparison(state, subject, pair, x[i : i + 1], seen.at(i), turns[i]) for i, (state, subject) in enumerate(shown)
    ]


def for_view(found: Comparison) -> dict[str, Any]:
    """What the page's JavaScript draws."""
    subject, stn, cnn = found.subject, found.pair.stn.info, found.pair.cnn.info
    classes = list(stn.classes)
    networks = {
        role: {"title": TITLES[role], **describe_network(found.seen.logits[role], classes, subject.label)}
        for role in found.pair.roles
    }
    stages = found.seen.stages
    return {
        "image": describe_image(subject),
        "warnings": records.warnings(stn, cnn, found.state.controls, subject.own, subject.drawn),
        "records": records.pair_records(stn, cnn),
        "classes": classes,
        "input": encode_pixels(found.input[0]),
        "stages": [{**describe_stage(s), "lattice": encode_lattice(lattice_of(s.grid[0]))} for s in stages],
        "turn": {**asdict(found.turn), "words": found.turn.words, "off": found.turn.off},
        "output": encode_pixels(found.output),
        "compared": list(found.pair.roles),
        "networks": networks,
        "words": words.comparison({network["title"]: network["words"] for network in networks.values()}),
        "model": stn.name,
    }


def describe_image(subject: Subject) -> dict[str, Any]:
    return {"words": subject.said, "label": subject.label, "drawn": subject.drawn, "own": subject.own}


def for_api(
    images: ImageStore, models: ModelStore, state: ViewState, image: object = None, as_it_is: bool = False
) -> dict[str, Any]:
    """What `/explain` returns: the answers of all comparisons. Raises StnError."""
    pairs = {name: find_pair(models, state.dataset, state.model, name) for name in COMPARISONS}
    subject = find_subject(images, state, None, image, as_it_is)
    by_name = {
        name: compare_together(pair, [(replace(state, compare=name), subject)])[0] for name, pair in pairs.items()
    }
    found = by_name[state.compare]
    logits = {role: answer for each in by_name.values() for role, answer in each.seen.logits.items()}
    return {
        "dataset": state.dataset,
        "model": found.pair.stn.info.name,
        "theta": [describe_stage(stage) for stage in found.seen.stages],
        "classes": list(found.pair.stn.info.classes),
        "probabilities": {role: rounded(probabilities(answer)) for role, answer in logits.items()},
        "asked": found.turn.asked,
        "done": None if found.turn.asked is None else found.turn.done,
        "input": png_data_uri(found.input[0]),
        "output": png_data_uri(found.output),
        "label": found.subject.label,
        "drawn": found.subject.drawn,
        "prepared": list(found.subject.prepared),
    }


def describe_stage(stage: SeenStage) -> dict[str, Any]:
    """theta of one transformer: its numbers by name, its matrix where it has one, and in words."""
    theta = stage.theta[0].tolist()
    numbers = [_finite(v) for v in theta]
    grid = stage.grid[0]
    matrix: list[list[Any]] | None = stage.family.matrix(theta)
    if matrix is not None:
        said = words.describe_matrix(matrix if stage.family.name == "projective" else matrix[:2])
        matrix = [[_finite(v) for v in row] for row in matrix]
    elif np.isfinite(grid).all():
        nearest, worst = bend_of(grid)
        said = words.add_words(words.describe_matrix(nearest), words.describe_bend(worst))
    else:
        said = words.NOT_FINITE
    return {
        "name": stage.name,
        "family": stage.family.name,
        "names": list(stage.family.parameter_names),
        "values": numbers,
        "matrix": matrix,
        "words": said,
    }


def answer(images: ImageStore, models: ModelStore, request: object) -> dict[str, Any]:
    """The live view's server function: any object in, a view or {"error": one sentence} out.

    Its key `image`, which the API's /explain does not take so, holds an image of the visitor's own.
    """
    return answer_together(images, models, [request])[0]


def answer_together(images: ImageStore, models: ModelStore, requests: Sequence[object]) -> list[dict[str, Any]]:
    """`answer` for several visitors at once, which costs far less than one after the other."""
    start = time.perf_counter()
    answers: list[dict[str, Any]] = [{} for _ in requests]
    asked: dict[int, tuple[Pair, list[tuple[int, ViewState, Subject]]]] = {}
    for i, request in enumerate(requests):

        def read(i: int = i, request: object = request) -> dict[str, Any]:
            state, pixels = parse_shown(request)
            pair = find_pair(models, state.dataset, state.model, state.compare)
            subject = find_subject(images, state, pixels)
            asked.setdefault(id(pair), (pair, []))[1].append((i, state, subject))
            return {}

        answers[i] = answer_or_error(read)
    for pair, shown in asked.values():

        def view(pair: Pair = pair, shown: list[tuple[int, ViewState, Subject]] = shown) -> dict[str, Any]:
            found = compare_together(pair, [(state, subject) for _, state, subject in shown])
            return {"views": [for_view(one) for one in found]}

        seen = answer_or_error(view)
        for k, (i, _, _) in enumerate(shown):
            answers[i] = seen["views"][k] if "views" in seen else seen
    milliseconds = round(1000 * (time.perf_counter() - start) / max(1, len(requests)), 1)
    return [one if "error" in one else {**one, "milliseconds": milliseconds} for one in answers]


def timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What answer_or_error(work) returns, and how long it took, which the page's pace goes by."""
    start = time.perf_counter()
    found = answer_or_error(work)
    return found if "error" in found else {**found, "milliseconds": round(1000 * (time.perf_counter() - start), 1)}


def answer_or_error(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `work` returns, or {"error": one sentence}: how every server function ends."""
    try:
        return hide_unexpected(work)
    except StnError as error:
        return {"error": str(error)}


def hide_unexpected(work: Callable[[], Answer]) -> Answer:
    """The result of `work`. Raises nothing but StnError: what nobody foresaw goes to the log, not to a visitor."""
    try:
        return work()
    except StnError:
        raise
    except Exception as error:
        log.exception("An image could not be shown")
        raise StnError("This image could not be shown: an error in the program, which its log describes.") from error


def list_models(models: ModelStore) -> list[dict[str, Any]]:
    """What `/models` returns: the shipped playground networks; `family` is null for a plain CNN."""
    return [_model_entry(name, models.get(name)) for name in models.names()]


def _model_entry(name: str, loaded: Loaded) -> dict[str, Any]:
    info = loaded.info
    return {
        "name": name,
        "dataset": dataset_of(name),
        "family": None if architecture_of(name) == "cnn" else info.family,
        "title": info.title,
        "canvas": info.canvas,
        "classes": list(info.classes),
        "distortion": info.distortion,
        "accuracy": info.result.get("accuracy"),
    }


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (B, classes) in float64; 0 where one is no number."""
    with np.errstate(invalid="ignore"):
        powers = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
        return np.nan_to_num(powers / powers.sum(1, keepdims=True))


def probabilities(logits: np.ndarray) -> list[float]:
    """The ten probabilities of logits (1, classes)."""
    return softmax(logits)[0].tolist()


def rounded(chances: list[float]) -> list[float]:
    """Probabilities to what a reader can use; words are made of the exact ones, or they would claim certainty."""
    return [round(p, 6) for p in chances]


def describe_network(logits: np.ndarray, classes: list[str], label: int | None) -> dict[str, Any]:
    """An answer, logits (1, classes): probabilities, percentages, the top class, whether it is right, and in words."""
    chances = probabilities(logits)
    top = words.top_class(chances)
    return {
        "probabilities": rounded(chances),
        "percent": [words.percent(p) for p in chances],
        "top": top,
        "right": None if label is None else top == label,
        "words": words.verdict(chances, classes, label),
    }


def _finite(value: float) -> float | None:
    """JSON has no NaN and no infinity."""
    return round(value, 6) if abs(value) < float("inf") else None
