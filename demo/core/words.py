"""theta, predictions and images in words. Pure: numbers in, sentences out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

MINUS = "\u2212"
TIMES = "\u00d7"
NOT_FINITE = "gives no transformation: theta is not finite"
STRETCHED = 1.1  # the ratio of the two stretches from which a stretch is worth a word


def number(value: float, digits: int = 2) -> str:
    """A number as it is set in print: a real minus sign, and no minus before a zero."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        return text.lstrip("-")
    return text.replace("-", MINUS)


def percent(probability: float) -> str:
    """`0.973` -> `97 %`; certainty is only claimed where it is one."""
    if not math.isfinite(probability):
        return "? %"
    if 0.995 <= probability < 1:
        return "> 99 %"
    if 0 < probability < 0.005:
        return "< 1 %"
    return f"{100 * probability:.0f} %"


def describe_matrix(matrix: Sequence[Sequence[float]]) -> str:
    """What a theta, a 2x3 or 3x3 matrix from output to input coordinates, does to the image: `turns it 31° clockwise`.

    The image moves by the inverse of the matrix: it is shifted by -t, then turned, then enlarged. A positive angle of
    the matrix turns the image counter-clockwise on the screen, where y points down.
    """
    (a, b, tx), (c, d, ty) = (tuple(row) for row in matrix[:2])
    if not all(math.isfinite(v) for v in (a, b, tx, c, d, ty)):
        return NOT_FINITE
    parts = _shift(-tx, -ty)
    mirrored = a * d - b * c < 0
    if mirrored:  # look at A diag(-1, 1) instead, and say so
        a, c = -a, -c
    if a * d - b * c < 1e-4:
        return "collapses it onto a line"
    # `stn.geometry.polar` in numbers: a tensor for four of them would take as long as the rest of the words.
    angle = math.atan2(c - b, a + d)
    turned, mirror = math.hypot(a + d, c - b), math.hypot(a - d, b + c)
    most, least = (turned + mirror) / 2, (turned - mirror) / 2
    if abs(math.degrees(angle)) >= 0.5:
        parts.append(f"turns it {rotation_words(math.degrees(angle))}")
    zoom = 1 / math.sqrt(most * least)
    if zoom >= 1.02:
        parts.append(f"enlarges it {number(zoom, 1 if zoom >= 1.1 else 2)}{TIMES}")
    elif zoom <= 0.98:
        parts.append(f"shrinks it to {number(zoom)}{TIMES}")
    parts += _stretch((a, b, c, d), angle, most / least)
    if mirrored:
        parts.append("mirrors it")
    if len(matrix) == 3:
        tilt = max(abs(matrix[2][0]), abs(matrix[2][1]))
        if tilt >= 0.03:
            parts.append("tilts it in perspective")
    return _join(parts) if parts else "leaves the image as it is"


def _shift(right: float, down: float) -> list[str]:
    parts = []
    if abs(right) >= 0.015:
        parts.append(f"{number(abs(right))} {'right' if right > 0 else 'left'}")
    if abs(down) >= 0.015:
        parts.append(f"{number(abs(down))} {'down' if down > 0 else 'up'}")
    return [f"shifts it {' and '.join(parts)}"] if parts else []


def rotation_words(degrees: float) -> str:
    """`-52` -> `52\u00b0 clockwise`; positive is counter-clockwise, as the page's slider has it."""
    size = number(abs(degrees), 0)
    way = "" if size in ("0", "180") else " counter-clockwise" if degrees > 0 else " clockwise"
    return f"{size}\u00b0{way}"


def signed_degrees(degrees: float) -> str:
    """`-58.3` -> `\u221258\u00b0`, `60` -> `+60\u00b0`; positive is counter-clockwise, as the page's slider has it."""
    said = number(degrees, 0)
    return f"{said if said == '0' or said.startswith(MINUS) else f'+{said}'}\u00b0"


def _stretch(linear: tuple[float, float, float, float], angle: float, ratio: float) -> list[str]:
    """What the polar decomposition A = R P of `linear` holds besides a turn and an enlargement, if worth a word."""
    if ratio < STRETCHED:
        return []
    # P = R^T A is symmetric; the image is stretched most along the eigenvector of its smaller eigenvalue.
    (a, b, c, d), cos, sin = linear, math.cos(angle), math.sin(angle)
    p, q, r = cos * a + sin * c, cos * b + sin * d, cos * d - sin * b
    axis = math.degrees(0.5 * math.atan2(-2 * q, r - p)) % 180  # of the smaller eigenvalue, y down
    ways = ("horizontally", "along the falling diagonal", "vertically", "along the rising diagonal", "horizontally")
    return [f"stretches it {number(ratio, 1 if ratio >= 1.15 else 2)}{TIMES} {ways[int((axis + 22.5) // 45)]}"]


def describe_bend(worst: float) -> str:
    """How far a grid is from the nearest affine one; `worst` is the largest distance in half-widths."""
    return "" if worst < 0.02 else f"bends it by up to {number(worst)}"


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def add_words(words: str, more: str) -> str:
    return f"{words}, and {more}" if more else words


def top_class(probabilities: Sequence[float]) -> int:
    return max(range(len(probabilities)), key=lambda i: probabilities[i])


def verdict(probabilities: Sequence[float], classes: Sequence[str], label: int | None) -> str:
    """`says 5 (62 %), wrong`"""
    top = top_class(probabilities)
    ending = "" if label is None else (", right" if top == label else ", wrong")
    return f"says {classes[top]} ({percent(probabilities[top])}){ending}"


def comparison(said: Mapping[str, str]) -> str:
    """What is read out when the image has come to rest, from the networks' names and their verdicts."""
    return " ".join(f"{name}: {verdict}." for name, verdict in said.items())


def image_sentence(title: str, index: int, name: str, drawn: bool) -> str:
    """`MNIST test image no. 7: 9`"""
    if drawn:
        return f"Drawing no. {index}, not from {title}: {name}"
    return f"{title} test image no. {index}: {name}"
