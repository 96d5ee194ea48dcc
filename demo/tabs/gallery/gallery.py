"""Many images at once, before and after the transformer: batches, mistakes, and the mean image of each class."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from demo.core import words
from demo.core.cache import LruCache, Means
from demo.core.compare import answer_or_error
from demo.core.encoding import encode_lattice, encode_pixels, lattice_of
from demo.core.images import ImageSet, ImageStore
from demo.core.models import Loaded, ModelStore, model_label
from demo.core.requests import choice, mapping, text, whole
from stn.data import DATASETS, dataset_info
from stn.distort import get_distortion, placement_matrix, warp
from stn.errors import StnError

# What there is to choose from, name in requests and links -> title; the first is what stands there unasked.
KINDS = {"batch": "A batch", "mistakes": "Mistakes", "means": "Class means"}
DISTORTIONS = {
    "all": "all sliders at random",
    "turned": "turned by up to 90\u00b0",
    "placed": "turned, scaled, shifted",
    "cluttered": "shifted, with clutter",
    "none": "none",
}
RECIPES = {"all": "play", "turned": "r", "placed": "rts", "cluttered": "tc"}  # their names in stn.distort
NETWORKS = {"stn": "transformer", "cnn": "plain CNN"}
CELLS = 24  # images a page of the gallery
LOOKED_AT = 240  # images in which mistakes are looked for, at most
BATCH = 24  # at a time through a network: no one who plays waits longer than for these
FRAME_POINTS = 5  # a side of the lattice that a frame is drawn from
PART = 8  # images of each class that one request adds to the class means
PARTS = 25  # so that a mean has at most 200 images
MAX_MEANS = 16  # different class means kept at a time
MAX_PAGES = 32  # different pages of images; a page takes 0.3 MB
ROOM = 24  # visitors who may wait at a time; the page's 40 threads serve everything else too
SEEDS = 10_000
MOST_BATCHES = 1000  # that one seed draws, of a part


@dataclass(frozen=True)
class Wanted:
    """What a visitor asks the gallery for."""

    kind: str
    dataset: str
    model: str | None
    distortion: str
    of: str  # whose mistakes
    seed: int
    part: int


KEYS = tuple(field.name for field in fields(Wanted))


class Gallery:
    """What the gallery shows, made when it is first asked for and kept a while."""

    def __init__(self, images: ImageStore, models: ModelStore):
        self._images, self._models = images, models
        self._means, self._pages = Means(MAX_MEANS), LruCache(MAX_PAGES)
        self._room = threading.BoundedSemaphore(ROOM)

    def answer(self, given: object) -> dict[str, Any]:
        """The gallery's server function: any object in, what js/gallery/ draws or {"error": one sentence} out."""
        if not self._room.acquire(blocking=False):
            return {"error": "Many visitors are asking for images right now; try again in a few seconds."}
        try:
            return answer_or_error(lambda: self._answer(read_request(given)))
        finally:
            self._room.release()

    def _answer(self, wanted: Wanted) -> dict[str, Any]:
        note = ""
        try:
            stn, cnn = self._models.pair(wanted.dataset, wanted.model)
        except StnError as error:  # a link may name a network that is not there: then the first one, and a sentence
            note = str(error)
            stn, cnn = self._models.pair(wanted.dataset, None)
        chosen = self._images.get(wanted.dataset)
        about = {
            "kind": wanted.kind,
            "model": stn.info.name,
            "note": note,
            "networks": [[name, model_label(name)] for name in self._models.transformers(wanted.dataset)],
            "drawn": chosen.drawn,
            "classes": list(stn.info.classes),
        }
        if wanted.kind == "means":
            return about | class_means(chosen, stn, self._means, wanted)
        key = (wanted, stn.info.name, chosen.drawn)  # drawings give way to images that a visitor fetches
        return about | self._pages.get(key, lambda: _cells(chosen, stn, cnn, wanted))


def read_request(given: object) -> Wanted:
    """Anything, checked. Raises StnError."""
    request = mapping("request", given, KEYS, required=["dataset"])
    return Wanted(
        kind=choice("kind of gallery", request.get("kind", next(iter(KINDS))), KINDS),
        dataset=choice("data set", request["dataset"], DATASETS),
        model=text("model", request.get("model")),
        distortion=choice("distortion", request.get("distortion", next(iter(DISTORTIONS))), DISTORTIONS),
        of=choice("network", request.get("of", next(iter(NETWORKS))), NETWORKS),
        seed=whole("seed", request.get("seed", 0), 0, SEEDS - 1),
        part=whole("part", request.get("part", 0), 0, PARTS - 1),
    )


def drawing_seed(seed: int, part: int, number: int) -> int:
    """What fixes the distortions of batch `number`: another one for every seed, part and batch."""
    return number + MOST_BATCHES * (seed + SEEDS * part)


def shuffled(chosen: ImageSet, seed: int) -> list[int]:
    """All images in a fixed order for each seed."""
    return torch.randperm(len(chosen), generator=torch.Generator().manual_seed(seed)).tolist()


def distorted(chosen: ImageSet, which: list[int], name: str, canvas: int, seed: int) -> Tensor:
    """Images `which` as floats (B, C, canvas, canvas) in [0, 1], each distorted in its own way."""
    images = chosen.images[which].float() / 255
    if name not in RECIPES:
        zero = torch.zeros(len(images))
        matrix = placement_matrix(zero, zero + 1, torch.zeros(len(images), 2), zero, canvas, images.shape[-1])
        return warp(images, matrix, canvas)
    generator = torch.Generator().manual_seed(seed)
    return get_distortion(RECIPES[name])(images, chosen.clutter_from, canvas, generator).images


def _batches(chosen: ImageSet, wanted: Wanted, canvas: int) -> Iterator[tuple[list[int], Tensor]]:
    """Batches of distorted images in the seed's order, each with an equal share of time for everybody else."""
    order = shuffled(chosen, wanted.seed)
    if wanted.kind == "mistakes":  # a few drawings are gone through again, distorted differently
        order = (order * -(-LOOKED_AT // len(order)))[:LOOKED_AT]
    for number, start in enumerate(range(0, len(order), BATCH)):
        which = order[start : start + BATCH]
        yield which, distorted(chosen, which, wanted.distortion, canvas, drawing_seed(wanted.seed, 0, number))


@torch.inference_mode()
def _cells(chosen: ImageSet, stn: Loaded, cnn: Loaded, wanted: Wanted) -> dict[str, Any]:
    cells, looked_at, wrong = [], 0, {"stn": 0, "cnn": 0}
    for which, x in _batches(chosen, wanted, stn.info.canvas):
        seen = stn.explain(x)
        if not seen.stages:
            raise StnError(f"The model {stn.info.name} has no spatial transformer, so there is nothing to show.")
        labels = torch.tensor([chosen.labels[i] for i in which])
        logits = {"stn": seen.logits, "cnn": cnn.explain(x).logits}
        mistaken = {name: found.argmax(1) != labels for name, found in logits.items()}
        outputs = stn.info.unnormalize(seen.stages[-1].output)
        for k, index in enumerate(which):
            looked_at += 1
            for name in NETWORKS:
                wrong[name] += int(mistaken[name][k])
            if wanted.kind == "mistakes" and not mistaken[wanted.of][k]:
                continue
            lattice = lattice_of(seen.stages[-1].grid[k], FRAME_POINTS)
            cells.append(
                {
                    "sample": index,
                    "label": chosen.labels[index],
                    "input": encode_pixels(x[k]),
                    "output": encode_pixels(outputs[k]),
                    "lattice": encode_lattice(lattice),
                    **{name: _said(found[k]) for name, found in logits.items()},
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
        "words": _cell_words(chosen, wanted, looked_at, wrong),
    }


def _said(logits: Tensor) -> dict[str, Any]:
    chances = logits.float().softmax(0).nan_to_num().tolist()
    top = words.top_class(chances)
    return {"top": top, "percent": words.percent(chances[top])}


def _kind(chosen: ImageSet, wanted: Wanted) -> str:
    """What the page calls these images, such as "distorted drawings"."""
    what = "drawings" if chosen.drawn else f"{dataset_info(wanted.dataset).title} test images"
    return what if wanted.distortion == "none" else f"distorted {what}"


def _cell_words(chosen: ImageSet, wanted: Wanted, looked_at: int, wrong: dict[str, int]) -> str:
    what = _kind(chosen, wanted)
    if wanted.kind == "batch":
        return (
            f"{looked_at} {what}. The spatial transformer network gets {looked_at - wrong['stn']} right, "
            f"the plain CNN {looked_at - wrong['cnn']}."
        )
    who, n = (
        ("The spatial transformer network", wrong["stn"]) if wanted.of == "stn" else ("The plain CNN", wrong["cnn"])
    )
    if n == 0:
        return f"{who} gets all {looked_at} {what} right. Choose a stronger distortion or another sample."
    return f"{who} gets {n} of the first {looked_at} {what} wrong."


@torch.inference_mode()
def class_means(chosen: ImageSet, stn: Loaded, means: Means, wanted: Wanted) -> dict[str, Any]:
    """The mean image of each class as the network gets it and as its transformer hands it on."""
    classes = len(stn.info.classes)
    members = [[i for i in shuffled(chosen, wanted.seed) if chosen.labels[i] == k] for k in range(classes)]
    key = (wanted.dataset, stn.info.name, chosen.drawn, wanted.distortion, wanted.seed)

    def make(part: int) -> dict[str, Tensor]:
        # Going round a class that has only a few drawings: each time they are distorted differently.
        which = [m[(PART * part + n) % len(m)] for m in members if m for n in range(PART)]
        sums: dict[str, Tensor] = {}
        for number, start in enumerate(range(0, len(which), 2 * PART)):
            some = which[start : start + 2 * PART]
            x = distorted(chosen, some, wanted.distortion, stn.info.canvas, drawing_seed(wanted.seed, part, number))
            seen = stn.explain(x)
            if not seen.stages:
                raise StnError(f"The model {stn.info.name} has no spatial transformer, so there is nothing to show.")
            labels = torch.tensor([chosen.labels[i] for i in some])
            for name, found in (("before", x), ("after", stn.info.unnormalize(seen.stages[-1].output))):
                _add(sums, name, found, labels, classes)
        return sums

    sums = means.get(key, wanted.part, make)
    counts = sums["before count"].clamp(min=1)[:, None, None, None]
    shown = {name: sums[name] / counts for name in ("before", "after")}
    kept = {name: kept_detail(sums, name) for name in ("before", "after")}
    n = int(sums["before count"].max())
    return {
        "means": {name: [encode_pixels(mean) for mean in found] for name, found in shown.items()},
        "n": n,
        "done": n >= PART * PARTS,
        "words": f"Each image is the mean of {n} {_kind(chosen, wanted)}. Averaging keeps {100 * kept['before']:.0f} % "
        f"of the detail before the transformer, {100 * kept['after']:.0f} % after.",
    }


def _add(sums: dict[str, Tensor], name: str, found: Tensor, labels: Tensor, classes: int) -> None:
    """Adds images (B, C, h, w) to their classes' sums (classes, C, h, w), with their number and their detail."""
    for key, value in ((name, found), (f"{name} detail", detail(found)), (f"{name} count", torch.ones(len(found)))):
        total = sums.setdefault(key, value.new_zeros(classes, *value.shape[1:]))
        total.index_add_(0, labels, value)


def detail(images: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels of images (B, C, h, w): (B,)."""
    down, right = images.diff(dim=2).square().mean((1, 2, 3)), images.diff(dim=3).square().mean((1, 2, 3))
    return (down + right) / 2


def kept_detail(sums: dict[str, Tensor], name: str) -> float:
    """How much of its images' detail a class's mean keeps, as a part of the root mean square, mean over classes.

    1 where all images of a class are the same; near 0 where they are blurred into a blob.
    """
    count = sums[f"{name} count"]
    there = count > 0
    mean = sums[name][there] / count[there][:, None, None, None]
    own = (sums[f"{name} detail"][there] / count[there]).clamp(min=1e-12)
    return float((detail(mean) / own).sqrt().mean())
