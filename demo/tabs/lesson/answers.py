"""The answers to the lesson's exercises, measured on the networks that are there: the right choice, and why.

Every number, and every sentence that could be false of other networks, comes from the images that the exercise shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from demo.core import words
from demo.core.compare import describe_network
from demo.core.geometry import nearest_affine
from demo.core.images import ImageSet
from demo.core.pairs import TITLES
from demo.core.state import KEYS
from demo.core.turns import QUARTER_OFF
from demo.core.words import number, rotation_words, signed_degrees
from demo.tabs.lesson.bench import Answer, Bench, Exercise
from stn.controls import EDGES
from stn.data import dataset_info

SWEEP = tuple(range(-90, 91, 15))  # degrees
KEEPS = 0.9  # of its images, as long as which a network counts as not failing
TURNS = 5.0  # degrees from which a grid counts as turned
STAYS = 0.25  # of its width, by which a frame's corners may move while it counts as staying
BEHIND = "behind"  # the transformer: its role
HALF_TURN = 180 - QUARTER_OFF
CORNERS = np.array([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]])  # of the output, (x, y, 1), clockwise


def which_way(bench: Bench, exercise: Exercise, samples: list[int]) -> Answer:
    turn = bench.show(samples, exercise.controls).turns[0]
    done, left = turn.done or 0.0, turn.left or 0.0
    if abs(done) < TURNS:
        said = "This network does not turn its grid here: the classifier sees the digit as it lies."
        return Answer(2, said, said)
    grid = f"On the input, the grid is turned {rotation_words(-done)}"
    if done > 0:
        learnt = "Theta leads from the output to the input; here it was turned against the digit, which was wrong."
        return Answer(1, f"{grid}, against the digit: the transformer gets this image wrong.", learnt)
    said = (
        f"{grid}, like the digit: the top of the output has to be read where the top of the digit is. Seen from the "
        f"output, the image turns {rotation_words(done)}, to {number(abs(left), 0)}\u00b0 from upright. Theta leads "
        f"from the output to the input, so it turns the way the digit was turned. {_follows(bench, exercise, samples)}"
    )
    return Answer(
        0, said, "Theta leads from the output to the input: the sampling grid turns with the digit, not against it."
    )


def _follows(bench: Bench, exercise: Exercise, samples: list[int]) -> str:
    left = {
        angle: abs(bench.show(samples, replace(exercise.controls, rotation=angle)).turns[0].left or 0)
        for angle in SWEEP
    }
    lost = [signed_degrees(angle) for angle in SWEEP if left[angle] > QUARTER_OFF]
    if not lost:
        worst = number(max(left.values()), 0)
        return f"Move the slider: the grid follows, to within {worst}\u00b0 at every angle tried."
    return f"Move the slider: the grid follows, but is more than 45\u00b0 off at {_listed(lost)}."


def where_it_looks(bench: Bench, exercise: Exercise, samples: list[int]) -> Answer:
    shown = bench.show(samples, exercise.controls)
    matrix = nearest_affine(shown.grid)[0]
    size, right = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))), float(matrix[0, 2])
    side, whole = shown.input.shape[-1], dataset_info(bench.dataset).size
    frame = f"{number(size)} times as wide as the input"
    said = (
        f"The frame is {frame}, and its middle, t_x, is at {number(right)}. An MNIST image is {whole} of the input's "
        f"{side} pixels wide: a frame around all of it would be {number(whole / side)}, and "
        f"{number(exercise.controls.scale * whole / side)} around the shrunk one. "
    )
    if size < 0.97 and right > 0.1:
        low, high = (KEYS["shift_x"].low, KEYS["shift_x"].high)
        ends = [bench.show(samples, replace(exercise.controls, shift_x=shift)).grid for shift in (low, high)]
        at = [number(float(nearest_affine(grid)[0, 0, 2])) for grid in ends]
        return Answer(
            0,
            f"{said}A small frame enlarges what is in it, here {number(1 / size, 1)} times; a frame on the right "
            "brings what is there to the middle. Theta moves the frame, not the image. Move the slider: shifted by "
            f"{number(low)}, t_x is {at[0]}, by {number(high)}, {at[1]}.",
            f"Theta moves a frame, not the image: {frame}, it enlarges {number(1 / size, 1)} times; on the right, it "
            "brings what is there to the middle.",
        )
    wrong = 1 if size > 1.03 and right < -0.1 else 2
    return Answer(wrong, f"{said}That is not where it should be.", f"Here the frame was {frame}, which is no help.")


def upright_only(bench: Bench, exercise: Exercise, samples: list[int]) -> Answer:
    sheets = [bench.sheet(exercise, angle) for angle in exercise.angles]
    plain, helped = sheets[0].pair.roles
    known = {role: [sum(sheet.right(role)) for sheet in sheets] for role in (plain, helped)}
    n, shown = len(samples), exercise.angles.index(int(exercise.controls.rotation))
    alone, behind = known[plain][shown], known[helped][shown]
    at = f"{exercise.angles[shown]}\u00b0"
    fails = next((a for a, right in zip(exercise.angles, known[plain], strict=True) if right < KEEPS * n), None)
    upright = n - sum(sheets[shown].off(exercise.upright))
    first = (
        f"As it is, it never gets more than one in ten wrong, up to {exercise.angles[-1]}\u00b0."
        if fails is None
        else f"As it is, it first gets more than one in ten wrong at {fails}\u00b0."
    )
    said = (
        f"At {at} this CNN gets {alone} of the {n} {_what(bench.chosen)} right as it is, and {behind} behind the "
        f"transformer, with not one of its weights changed. {first} Behind the transformer it gets at least "
        f"{min(known[helped])} right at every angle tried. At {at} the transformer leaves {upright} of the {n} within "
        "45\u00b0 of upright, and upright digits are what this CNN knows."
    )
    choice = 1 if 2 * behind < n else 0 if 2 * alone < n else 2
    table = (
        ("Turned by", *(f"{a}\u00b0" for a in exercise.angles)),
        *((TITLES[role], *map(str, known[role])) for role in (plain, helped)),
    )
    learnt = (
        f"A CNN that saw upright digits only got {alone} of {n} right at {at}; with a transformer put in front of it, "
        f"the same CNN got {behind}."
    )
    return Answer(choice, said, learnt, table)


def what_clutter_does(bench: Bench, exercise: Exercise, samples: list[int]) -> Answer:
    import torch  # not before somebody asks: the page does not wait for it

    from stn.evaluation.rectify import fraction_in_frame

    patches = exercise.controls.clutter
    by_patches = [bench.show(samples, replace(exercise.controls, clutter=n)) for n in range(patches + 1)]
    corners = [CORNERS @ nearest_affine(shown.grid)[0, :2].T for shown in by_patches]  # (4, 2) each
    clean, shown = by_patches[0], by_patches[-1]
    width = np.linalg.norm(corners[0][0] - corners[0][1])
    moved = max(float(np.linalg.norm(each - corners[0], axis=1).max()) for each in corners) / float(width)
    grid = torch.from_numpy(shown.grid)
    before, after = (torch.from_numpy(each.input).mean(1, keepdim=True) for each in (clean, shown))  # (1, 1, S, S)
    inside = 100 * float(fraction_in_frame((after - before).clamp(min=0), grid))
    digit = 100 * float(fraction_in_frame(before, grid))
    says = " ".join(_said(bench.chosen, shown, role) for role in shown.pair.roles)
    said = (
        f"However many patches there are, up to {patches}, no corner of the frame moves by more than "
        f"{number(100 * moved, 0)} % of the frame's width. With all {patches} the frame holds {number(digit, 0)} % of "
        f"the digit and {number(inside, 0)} % of what the patches added. The rest is left out of the output; what lies "
        "inside stays, for an affine transformer only chooses where to read, and the classifier has to cope. "
        f"{says}"
    )
    learnt = (
        "A transformer leaves out what lies outside its frame and erases nothing inside: here "
        f"{number(inside, 0)} % of the clutter stayed."
    )
    return Answer(0 if moved <= STAYS else 1, said, learnt)


def what_is_up(bench: Bench, exercise: Exercise, samples: list[int]) -> Answer:
    off = {angle: bench.sheet(exercise, angle).off(exercise.upright) for angle in exercise.angles}
    names, n = [bench.chosen.classes[label] for label in bench.sheet(exercise, 0).labels], len(samples)
    first = int(exercise.controls.rotation)
    found = {angle: sum(off[angle]) for angle in (first, -first)}
    classes = {a: [name for name, is_off in zip(names, off[a], strict=True) if is_off] for a in found}
    missed = {a: f"{found[a]} ({_listed(classes[a])})" if found[a] else "none" for a in found}
    half = sum(abs(turn.left or 0) > HALF_TURN for a in found for turn in bench.sheet(exercise, a).turns)
    upside = f"; {half} of these {'ends' if half == 1 else 'end'} upside down" if sum(found.values()) else ""
    good = _upright_up_to(off)
    every = "" if good is None else f"Turned by up to {good}\u00b0 either way, all end within 45\u00b0. "
    said = (
        f"Of the {n} {_what(bench.chosen)}, it leaves {missed[first]} more than 45\u00b0 from upright at "
        f"{signed_degrees(first)}, and {missed[-first]} at {signed_degrees(-first)}{upside}. {every}The transformer is "
        "told nothing but the image; it has learnt what upright digits look like. Where an image looks much the same "
        "half a turn further, both answers are equally good."
    )
    learnt = (
        f"Which way is up has to be seen in the image itself: at {first}\u00b0, {found[first] or 'none'} of {n} ended "
        "more than 45\u00b0 from upright."
    )
    return Answer(0 if not found[first] else 1 if 4 * found[first] <= n else 2, said, learnt)


def what_it_looks_at(bench: Bench, exercise: Exercise, samples: list[int]) -> Answer:
    n, at = len(samples), exercise.angles.index(int(exercise.controls.rotation))
    sheets = [[bench.sheet(exercise, angle, edges=edges) for angle in exercise.angles] for edges in EDGES]
    upright = [[n - sum(sheet.off(exercise.upright)) for sheet in row] for row in sheets]
    (shown, hidden), (known, left) = (row[at] for row in upright), (sum(row[at].right(BEHIND)) for row in sheets)
    choice = 0 if hidden >= shown else 1 if 2 * hidden >= shown else 2
    turned = f"{exercise.angles[at]}\u00b0"
    within = f"within {exercise.upright:g}\u00b0 of upright"
    corners = "the black corners that a turned image has here. A tilted photograph has none."
    why = (
        "So what it goes by is inside the disc: it has learnt to look at the content.",
        f"So it goes by the edges, too: by {corners}",
        f"So it was not the content that told it which way is up: it has learnt to read {corners}",
    )[choice]
    said = (
        f"Turned by {turned}, {shown} of the {n} {_what(bench.chosen)} come out {within} as long as the edges show, "
        f"and {hidden} with the edges hidden; the CNN behind the transformer gets {known} and {left} right. Inside the "
        f"disc not one pixel has changed. {why}"
    )
    learnt = (
        f"A network learns whatever gives the answer away: turned by {turned}, {shown} of {n} images came out {within}"
        f", {'and' if choice == 0 else 'but'} {hidden} with the black corners hidden."
    )
    rows = [(f"Upright, edges {edges}", *map(str, row)) for edges, row in zip(EDGES, upright, strict=True)]
    return Answer(choice, said, learnt, (("Turned by", *map(signed_degrees, exercise.angles)), *rows))


def _upright_up_to(off: dict[int, list[bool]]) -> int | None:
    """The largest angle up to which, either way, no image is off; None if there is one off upright."""
    good = None
    for angle in sorted(abs(angle) for angle in off):
        if any(off[angle]) or any(off[-angle]):
            break
        good = angle
    return good


def _said(chosen: ImageSet, shown, role: str) -> str:
    """`Plain CNN: says 4 (98 %), right.`"""
    found = describe_network(shown.seen.logits[role], list(chosen.classes), shown.labels[0])
    return words.comparison({TITLES[role]: found["words"]})


def _what(chosen: ImageSet) -> str:
    return "drawings" if chosen.drawn else "test images"


def _listed(names: Sequence[str]) -> str:
    """`0, 8 and 9`"""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
