"""What the numbers of a theta mean, family by family, without PyTorch. Tests hold it to `stn.families`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Rows = tuple[tuple[float, float, float], ...]
LAST = (0.0, 0.0, 1.0)

MATRICES: dict[str, tuple[tuple[str, ...], Callable[..., Rows]]] = {  # family -> its numbers' names, what they make
    "translation": (("shift x", "shift y"), lambda x, y: ((1, 0, x), (0, 1, y), LAST)),
    "rotation": (
        ("angle",),
        lambda a: ((math.cos(a), -math.sin(a), 0), (math.sin(a), math.cos(a), 0), LAST),
    ),
    "attention": (("scale", "shift x", "shift y"), lambda s, x, y: ((s, 0, x), (0, s, y), LAST)),
    "similarity": (
        ("scale cos", "scale sin", "shift x", "shift y"),
        lambda c, s, x, y: ((c, -s, x), (s, c, y), LAST),
    ),
    "affine": (
        ("xx", "xy", "shift x", "yx", "yy", "shift y"),
        lambda a, b, c, d, e, f: ((a, b, c), (d, e, f), LAST),
    ),
    "projective": (
        ("xx", "xy", "shift x", "yx", "yy", "shift y", "tilt x", "tilt y"),
        lambda a, b, c, d, e, f, g, h: ((a, b, c), (d, e, f), (g, h, 1.0)),
    ),
}
FAMILIES = (*MATRICES, "tps")


@dataclass(frozen=True)
class ThetaFamily:
    """A family by its name; `points` x `points` control points are those of a thin plate spline."""

    name: str
    points: int = 4

    @property
    def parameter_names(self) -> tuple[str, ...]:
        if self.name in MATRICES:
            return MATRICES[self.name][0]
        cells = [(row, column) for row in range(self.points) for column in range(self.points)]
        return tuple(f"{axis}({row + 1},{column + 1})" for row, column in cells for axis in "xy")

    def matrix(self, theta: Sequence[float]) -> list[list[float]] | None:
        """The 3x3 matrix that a theta is; None of a spline, which is none."""
        if self.name not in MATRICES:
            return None
        return [[float(value) for value in row] for row in MATRICES[self.name][1](*theta)]
