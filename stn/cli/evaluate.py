"""`python -m stn evaluate`: a checkpoint on the test set of its recipe, or what its transformers do there."""

from __future__ import annotations

import argparse
from dataclasses import replace

from torch import nn

from stn.checkpoint import count_parameters, load_checkpoint
from stn.cli.output import dump
from stn.errors import StnError
from stn.evaluation.accuracy import Result, evaluate_model, load_test
from stn.evaluation.curves import Curve, curve, on_the_page
from stn.evaluation.frames import Frame, Frames, frames
from stn.evaluation.rectify import IMAGES, UPRIGHT, Rectification, rectification


def run_evaluate(options: argparse.Namespace) -> None:
    """test a checkpoint on the test set of its recipe"""
    if options.behind is not None and not (options.curve or options.rectification):
        raise StnError(
            "--behind is measured over the range of a distortion; add --curve rotation, --rectification, or another."
        )
    loaded, info = load_checkpoint(options.checkpoint)
    test, edges = load_test(info.recipe, options.data_dir), options.edges
    if options.images:
        test = replace(test, images=test.images[: options.images], labels=test.labels[: options.images])
    model: nn.Module = loaded
    recipe = info.recipe
    if options.curve or options.behind is not None:
        model, recipe = on_the_page(loaded, info.recipe, options.behind)
    found: Rectification | Curve | Frames | Result
    if options.rectification:
        found = upright = rectification(model, test, recipe, options.images or IMAGES, edges)
        text = (
            f"residual rotation {upright.left_sd:.1f}° of {upright.input_sd:.1f}°, "
            f"{upright.left_sd_within:.1f}° within an image; {100 * upright.upright:.1f}% of the outputs within "
            f"{UPRIGHT:.0f}° of upright, {upright.accuracy:.1f}% right"
        )
    elif options.curve:
        found = swept = curve(model, test, recipe, options.curve, edges=edges)
        points = zip(swept.values, swept.accuracy, strict=True)
        text = "\n".join(f"{options.curve} {value:g}: {accuracy:.2f}%" for value, accuracy in points)
    elif options.frames:
        found = measured = frames(model, test, recipe, edges)
        text = "\n".join(map(_frame_words, measured.transformers))
    else:
        found = result = evaluate_model(model, test, recipe, edges=edges)
        text = f"{result.accuracy:.2f}% of {result.n} right, loss {result.loss:.4f}"
    if options.json:
        dump({"name": info.name, "dataset": info.dataset, **found.to_dict(), "params": count_parameters(loaded)})
    else:
        print(f"{info.name}: {text}")


def _frame_words(frame: Frame) -> str:
    """What was measured of a transformer's frame, a channel after the other."""
    rows = zip(frame.nearest, frame.distance, frame.ink_inside, frame.left_sd, strict=True)
    words = (
        f"channel {i} nearest in {100 * nearest:.1f}%, {distance:.1f} pixels away, {100 * inside:.1f}% of it inside, "
        f"residual rotation {left:.1f}°"
        for i, (nearest, distance, inside, left) in enumerate(rows)
    )
    return f"{frame.transformer}: {'; '.join(words)}"
