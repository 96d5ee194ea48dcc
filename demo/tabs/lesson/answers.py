"""The answers to the lesson's exercises, measured on the networks that are there: the right choice, and why."""

from __future__ import annotations

import math

import torch

from demo.core.words import MINUS, number, rotation_words
from demo.tabs.lesson.bench import DATASET, Bench, Exercise
from stn import geometry
from stn.data import dataset_info
from stn.distort import Controls, apply_controls
from stn.evaluation.rectify import fraction_in_frame
from stn.explain import Stage

ANGLES = tuple(range(0, 91, 15))  # degrees, of the third exercise
A_CLASS = 2  # images of each class in the third exercise
KEEPS = 0.9  # of its images, as long as which a network counts as not failing


def turn_of(stage: Stage) -> float:
    """By how many degrees counter-clockwise a transformer turns its image."""
    radians, _ = geometry.polar(geometry.nearest_affine(stage.grid))
    return math.degrees(float(radians))


def which_way(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    turn = turn_of(bench.stage(bench.given(sample, exercise.controls)))
    if abs(turn) < 5:
        return 2, "This network does not turn its grid here: the classifier sees the digit as it lies."
    said = f"On the input, the grid is turned {rotation_words(-turn)}. "
    if turn > 0:
        return 1, said + "It should be turned the other way: the transformer gets this image wrong."
    return 0, (
        f"{said}It is turned like the digit, because the top of the output has to be read where the top of the digit "
        f"is. Seen from the output, the image turns {rotation_words(turn)}, back upright. Theta itself, which leads "
        "from the output to the input, turns the way the digit was turned. Move the slider: the grid follows."
    )


def where_it_looks(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    x = bench.given(sample, exercise.controls)
    stage = bench.stage(x)
    matrix = geometry.nearest_affine(stage.grid)[0]
    size, right = float(matrix[:2, :2].det().abs().sqrt()), float(matrix[0, 2])
    side, whole = x.shape[-1], dataset_info(DATASET).size
    said = (
        f"The frame is {number(size)} times as wide as the input, and its middle, t_x, is at {number(right)}. An "
        f"MNIST image is {whole} of the input's {side} pixels wide: a frame around all of it would be "
        f"{number(whole / side)}, and {number(exercise.controls.scale * whole / side)} around the shrunk one. "
    )
    if size < 0.97 and right > 0.1:
        return 0, (
            f"{said}A small frame enlarges what is in it, here {number(1 / size, 1)} times; a frame on the right "
            "brings what is there to the middle. The signs look wrong only as long as you think of moving the image; "
            "theta moves the frame."
        )
    return (1 if size > 1.03 and right < -0.1 else 2), said + "That is not where it should be."


def who_fails_first(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    chosen = bench.images.get(DATASET)
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
    what = "drawings" if chosen.drawn else "test images"
    said = (
        f"Of {len(which)} {what}, the plain CNN gets {known['cnn'][0]} right when upright, {known['cnn'][-1]} at "
        f"90\u00b0 and {min(known['cnn'])} at its worst angle; the spatial transformer network {known['stn'][0]}, "
        f"{known['stn'][-1]} and {min(known['stn'])}. "
    )
    if fails["cnn"] is None and fails["stn"] is None:
        return 2, (
            f"{said}Both were trained on digits turned by up to 90\u00b0 either way, and a plain CNN learns the "
            "rotations that it is shown. It needs no transformer for that, only images and capacity. What the "
            "transformer adds can be seen: the digit stands upright in its output."
        )
    if fails["stn"] == fails["cnn"]:
        return 2, f"{said}Both get more than one in ten wrong from the same angle on, {fails['cnn']}\u00b0."
    if fails["stn"] is None or (fails["cnn"] is not None and fails["cnn"] < fails["stn"]):
        return 0, f"{said}The plain CNN is the first to get more than one in ten wrong, at {fails['cnn']}\u00b0."
    return (
        1,
        f"{said}The spatial transformer network is the first to get more than one in ten wrong, at "
        f"{fails['stn']}\u00b0.",
    )


def does_it_crop(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    x = bench.given(sample, exercise.controls)
    clean = bench.given(sample, Controls(**{**vars(exercise.controls), "clutter": 0}))
    stage = bench.stage(x)
    clutter = (x - clean).clamp(min=0).mean(1, keepdim=True)  # (1, 1, S, S), what the patches added
    inside, digit = (
        float(fraction_in_frame(clutter, stage.grid)),
        float(fraction_in_frame(clean.mean(1, keepdim=True), stage.grid)),
    )
    said = (
        f"Its frame holds {100 * digit:.0f} % of the digit and {100 * inside:.0f} % of what the patches added; the "
        "rest stays outside. "
    )
    return 0, (
        f"{said}An affine transformer can only choose where to read. The classifier sees all that lies inside the "
        "frame, patches too, and has to cope. Change the number of patches: the frame may be pulled aside."
    )


def what_is_up(bench: Bench, exercise: Exercise, sample: int) -> tuple[int, str]:
    turn = turn_of(bench.stage(bench.given(sample, exercise.controls)))
    left = (exercise.controls.rotation + turn + 180) % 360 - 180
    was, does = rotation_words(exercise.controls.rotation), rotation_words(turn)
    said = f"The 1 was turned {was}, and the transformer turns it {does}"
    if abs(left) > 110:
        return 1, (
            f"{said}: further, not back, so it ends upside down. For a 1 that is as good as upright: hardly anything "
            f"in the image tells +90\u00b0 from {MINUS}90\u00b0, so it cannot be learnt. Where two answers are equally "
            "good, a localisation network jumps from one to the other; move the slider slowly and watch where."
        )
    if abs(left) < 45:
        return 0, (
            f"{said}: back upright. Yet hardly anything in a 1 tells +90\u00b0 from {MINUS}90\u00b0: move the slider "
            f"to {MINUS}90\u00b0 and watch where the network changes its mind."
        )
    return 2, (
        f"{said}: it ends at a slant. Hardly anything in a 1 tells +90\u00b0 from {MINUS}90\u00b0, and between two "
        "equally good answers the network gives neither. Move the slider and watch where it finds one again."
    )
