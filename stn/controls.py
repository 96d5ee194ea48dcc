"""The playground's controls and what they may be. Imports no torch: whoever reads a request or a link needs none."""

from __future__ import annotations

from dataclasses import dataclass

from stn.errors import StnError

# What each of the playground's controls may be, lowest and highest.
CONTROL_RANGES = {
    "rotation": (-90.0, 90.0),  # degrees, counter-clockwise
    "scale": (0.5, 1.5),
    "shift_x": (-0.4, 0.4),  # half-widths of the canvas, to the right
    "shift_y": (-0.4, 0.4),  # half-heights, down
    "shear": (-30.0, 30.0),  # degrees
    "clutter": (0, 8),  # patches
    "noise": (0.0, 0.3),  # standard deviation, images being in [0, 1]
}
EDGES = ("shown", "hidden")  # hidden: all but the image's inscribed disc is black
DISC = 15.5 / 16  # its radius, in half-widths of the image


@dataclass(frozen=True)
class Controls:
    """The playground's controls, in the units of CONTROL_RANGES. Raises StnError for a value outside its range."""

    rotation: float = 0.0
    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    shear: float = 0.0
    clutter: int = 0
    noise: float = 0.0
    seed: int = 0
    edges: str = "shown"

    def __post_init__(self) -> None:
        for name in (*CONTROL_RANGES, "seed"):
            value = getattr(self, name)
            whole = name in ("clutter", "seed")
            low, high = CONTROL_RANGES.get(name, (0, 2**31 - 1))
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise StnError(f"{name} is {value!r}; give a number from {low:g} to {high:g}.")
            if whole and value != int(value):
                raise StnError(f"{name} is {value!r}; give a whole number from {low:g} to {high:g}.")
            object.__setattr__(self, name, int(value) if whole else float(value))
        if self.edges not in EDGES:
            raise StnError(f"edges is {str(self.edges)[:40]!r}; give one of: {', '.join(EDGES)}.")
