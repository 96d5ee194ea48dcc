"""The plainest fact of two curves, in one sentence. Pure: numbers in, words out."""

from __future__ import annotations

from collections.abc import Sequence

from demo.core.words import MINUS, rotation_words

NAMES = {  # comparison -> what its two networks are called within a sentence, the plain one first
    "upright": ("the CNN as it is", "behind the transformer"),
    "trained": ("the plain CNN", "with a transformer"),
}
PLURALS = {
    "rotation": "rotations",
    "scale": "scales",
    "shear": "shears",
    "clutter": "amounts of clutter",
    "noise": "amounts of noise",
    "shift_x": "shifts",
}
DIFFERENT = 1.0  # points from which two accuracies are worth a word


def accuracy_sentence(
    comparison: str, control: str, values: Sequence[float], plain: Sequence[float], helped: Sequence[float]
) -> str:
    """Where the two differ most, and by what; where each of them is ahead somewhere, both places.

    plain, helped: percentages right at each of the control's values.
    """
    gaps = [b - a for a, b in zip(plain, helped, strict=True)]
    most, least = gaps.index(max(gaps)), gaps.index(min(gaps))
    gain, loss = gaps[most], -gaps[least]
    if max(gain, loss) < DIFFERENT:
        apart = f"{max(gain, loss):.1f}"
        return f"It makes no difference here: the two are never more than {apart} points apart."
    first = most if gain >= loss else least
    name, other = NAMES[comparison]
    near = abs(gaps[first]) < 10
    told = (
        f"{where(control, values[first])}, {name} gets {_percent(plain[first], near)} right, "
        f"{other} {_percent(helped[first], near)}"
    )
    if min(gain, loss) >= DIFFERENT:
        second, does = (least, "costs") if first == most else (most, "gains")
        told += f"; {where(control, values[second])}, the transformer {does} {_points(gaps[second])}"
    return f"{told[0].upper()}{told[1:]}." if gain >= loss else f"The transformer costs up to {_points(loss)}: {told}."


def image_sentence(
    comparison: str, control: str, plain: Sequence[bool], helped: Sequence[bool], own_class: str | None = None
) -> str:
    """At how many of the control's values each of the two is right about one image.

    own_class: of an image of the visitor's own, whose class nobody knows, the one that `plain` and `helped` are of.
    """
    does = "is right" if own_class is None else f"says \u201c{own_class}\u201d"
    counts, n = (sum(plain), sum(helped)), len(plain)
    of = f"{n} {PLURALS[control]}"
    if counts == (0, 0) and own_class is None:
        return f"Both are wrong at all {of}."
    if counts[0] == counts[1]:
        both = "are right" if own_class is None else f"say \u201c{own_class}\u201d"
        return f"Both {both} at {f'all {of}' if counts[0] == n else f'{counts[0]} of {of}'}."
    name = "As it is, the CNN" if comparison == "upright" else "The plain CNN"
    return f"{name} {does} at {counts[0]} of {of}, {NAMES[comparison][1]} at {counts[1]}."


def where(control: str, value: float) -> str:
    """A value of a control, as a sentence begins with it: `turned 60° clockwise`, `at scale 0.5`."""
    size = f"{abs(round(value, 2)):g}"
    if control == "rotation":
        return f"turned {size}\u00b0{rotation_words(value).partition(chr(176))[2]}" if value else "upright"
    if control == "scale":
        return f"at scale {size}"
    if control == "shear":
        return f"sheared by {MINUS if value < 0 else ''}{size}\u00b0" if value else "without shear"
    if control == "shift_x":
        return f"shifted {size} {'right' if value > 0 else 'left'}" if value else "in the middle"
    if control == "noise":
        return f"with noise of {size}" if value else "without noise"
    return f"with {size} patch{'' if value == 1 else 'es'}" if value else "without clutter"


def _percent(value: float, near: bool) -> str:
    """A percentage, with its tenths where the other one is near."""
    return f"{value:.{1 if near else 0}f}\u00a0%"


def _points(gap: float) -> str:
    return f"{abs(gap):.{1 if abs(gap) < 10 else 0}f} points"
