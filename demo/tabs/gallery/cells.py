"""Many images with what was made of each: a batch, or the mistakes among more of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from demo.core import words
from demo.core.compare import probabilities
from demo.core.encoding import encode_lattice, encode_pixels, lattice_of
from demo.core.images import ImageSet
from demo.core.pairs import Pair
from demo.tabs.gallery.distortions import distorted, draw_controls, drawing_seed, shuffled
from demo.tabs.gallery.wanted import Wanted
from stn.controls import Controls
from stn.data import dataset_info

CELLS = 24  # images a page of the gallery
LOOKED_AT = 240  # images in which mistakes are looked for, at most
BATCH = 24  # at a time through a network: no one who plays waits longer than for these
FRAME_POINTS = 5  # a side of the lattice that a frame is drawn from
WRONG = {  # role -> "12 of 24 wrong ..."
    "upright": "as they are",
    "behind": "behind the transformer",
    "cnn": "without a transformer",
    "stn": "with a transformer",
}


def find_cells(chosen: ImageSet, pair: Pair, wanted: Wanted) -> dict[str, Any]:
    """A page of images, both answers to each, the state of Play that shows the same, and how many are wrong."""
    cells: list[dict[str, Any]] = []
    looked_at, wrong = 0, dict.fromkeys(pair.roles, 0)
    for which, controls in _batches(chosen, wanted):
        x = distorted(chosen, which, controls, pair.stn.info.canvas)
        seen = pair.explain(x)
        labels = np.array([chosen.labels[i] for i in which])
        mistaken = {role: (logits.argmax(1) != labels).tolist() for role, logits in seen.logits.items()}
        outputs = pair.corrected(seen)
        for k, index in enumerate(which):
            looked_at += 1
            for role in pair.roles:
                wrong[role] += mistaken[role][k]
            if wanted.kind == "mistakes" and not mistaken[wanted.of][k]:
                continue
            lattice = lattice_of(seen.stages[-1].grid[k], FRAME_POINTS)
            cells.append(
                {
                    "sample": index,
                    "controls": _moved(controls[k]),
                    "label": chosen.labels[index],
                    "input": encode_pixels(x[k]),
                    "output": encode_pixels(outputs[k]),
                    "lattice": encode_lattice(lattice),
                    "answers": {role: _answer(logits[k : k + 1]) for role, logits in seen.logits.items()},
                }
            )
            if len(cells) == CELLS:
                break
        if len(cells) == CELLS:
            break
    return {
        "cells": cells,
        "looked_at": looked_at,
        "wrong": wrong,
        "words": _count_words(chosen, wanted, looked_at, wrong),
    }


def _batches(chosen: ImageSet, wanted: Wanted) -> Iterator[tuple[list[int], list[Controls]]]:
    """Batches of images in the seed's order, each with an equal share of time for everybody else."""
    order = shuffled(chosen, wanted.seed)
    if wanted.kind == "mistakes":  # a few drawings are gone through again, distorted differently
        order = (order * -(-LOOKED_AT // len(order)))[:LOOKED_AT]
    for number, start in enumerate(range(0, len(order), BATCH)):
        which = order[start : start + BATCH]
        yield which, draw_controls(wanted.distortion, len(which), drawing_seed(wanted.seed, 0, number), wanted.edges)


def _moved(controls: Controls) -> dict[str, float | str]:
    """The controls that are not neutral."""
    return {name: value for name, value in asdict(controls).items() if value != getattr(Controls(), name)}


def _answer(logits: np.ndarray) -> dict[str, Any]:
    chances = probabilities(logits)
    top = words.top_class(chances)
    return {"top": top, "percent": words.percent(chances[top])}


def images_called(chosen: ImageSet, wanted: Wanted) -> str:
    """What the page calls these images, such as "distorted drawings"."""
    what = "drawings" if chosen.drawn else f"{dataset_info(wanted.dataset).title} test images"
    what = f"{what} without their edges" if wanted.edges == "hidden" else what
    return what if wanted.distortion == "none" else f"distorted {what}"


def _count_words(chosen: ImageSet, wanted: Wanted, looked_at: int, wrong: dict[str, int]) -> str:
    what = images_called(chosen, wanted)
    plain, helped = (f"{WRONG[role]}" for role in wrong)
    first, second = wrong.values()
    among = looked_at if wanted.kind == "batch" or looked_at == LOOKED_AT else f"the first {looked_at}"
    said = f"{what[0].upper()}{what[1:]}: {first} of {among} wrong {plain}, {second} {helped}."
    if wanted.kind == "mistakes" and wrong[wanted.of] == 0:
        return f"{said} Nothing to show: choose a stronger distortion or another sample."
    return said
