"""What a visitor asks the gallery for, and what there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass, fields

from demo.core.requests import choice, mapping, text, whole
from demo.core.state import COMPARISONS, KEYS
from demo.tabs.gallery.distortions import DISTORTIONS, PARTS, SEEDS
from stn.data import DATASETS

# Name in requests and links -> title; the first is what stands there unasked.
KINDS = {"batch": "A batch", "mistakes": "Mistakes", "means": "Class means"}


@dataclass(frozen=True)
class Wanted:
    """A request, checked."""

    kind: str
    dataset: str
    model: str | None
    compare: str
    distortion: str
    of: str  # whose mistakes: one of the two roles that are compared
    seed: int
    part: int  # of the class means
    edges: str


FIELDS = tuple(field.name for field in fields(Wanted))


def read_request(given: object) -> Wanted:
    """Anything, checked. Raises StnError."""
    request = mapping("request", given, FIELDS, required=["dataset"])
    compare = choice("compare", request.get("compare", KEYS["compare"].default), COMPARISONS)
    roles = COMPARISONS[compare]
    return Wanted(
        kind=choice("kind of gallery", request.get("kind", next(iter(KINDS))), KINDS),
        dataset=choice("data set", request["dataset"], DATASETS),
        model=text("model", request.get("model")),
        compare=compare,
        distortion=choice("distortion", request.get("distortion", next(iter(DISTORTIONS))), DISTORTIONS),
        of=choice("network", request.get("of", roles[0]), roles),
        seed=whole("seed", request.get("seed", 0), 0, SEEDS - 1),
        edges=choice("edges", request.get("edges", KEYS["edges"].default), KEYS["edges"].choices),
        part=whole("part", request.get("part", 0), 0, PARTS - 1),
    )
