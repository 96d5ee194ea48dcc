"""The four steps of one spatial transformer, in numbers: for the tab that looks inside. Pure: no Gradio here.

Everything is said of the model's first transformer, which must read the image itself.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from demo.core.compare import describe_network, describe_stage, timed
from demo.core.encoding import GRID_UNIT, encode_lattice, encode_pixels, lattice_of
from demo.core.images import ImageStore
from demo.core.models import Loaded, ModelStore
from demo.core.pairs import SeenStage
from demo.core.requests import flag, mapping, numbers, split
from demo.core.subject import Subject, find_subject, parse_shown
from demo.core.thetas import ThetaFamily
from stn import explain
from stn.errors import StnError
from stn.explain import Explanation, Stage
from stn.families import Family, ThinPlateSpline
from stn.geometry import FAR, mip_level, nearest_affine
from stn.modules import SpatialTransformer
from stn.zooming import QuarterTurnLocalizer, ZoomLocalizer

MAPS = 6  # feature maps shown of each stage of a localisation net
BOUND = 2**15 / GRID_UNIT  # the largest number in a theta given by hand, in either direction; lattices reach as far


@dataclass(frozen=True, eq=False)
class Maps:
    """What one stage of a localisation net made of an image: its most active maps."""

    channels: int  # how many maps the stage has in all
    chosen: tuple[int, ...]  # which ones are shown, the most active first
    maps: Tensor  # (len(chosen), h, w), each from 0 to 1
    ranges: Tensor  # (len(chosen), 2): the values that 0 and 1 stand for


@dataclass(frozen=True, eq=False)
class DistortedSubject:
    """One image, distorted, and the network that is to look at it."""

    loaded: Loaded
    subject: Subject
    x: Tensor  # (1, C, S, S)
    average: bool  # whether a layer that averages where it shrinks does so here, as it did in training


def first_transformer(model: nn.Module) -> SpatialTransformer:
    """The transformer that runs first, by the order of the model's modules. Raises StnError where there is none."""
    for module in model.modules():
        if isinstance(module, SpatialTransformer):
            return module
    raise StnError("This network has no spatial transformer, so there is nothing to look into; choose another.")


@contextmanager
def watch_maps(localizer: nn.Module) -> Iterator[list[tuple[str, Tensor]]]:
    """Collects the feature maps (B, C, h, w) that end each stage of a localisation net while the block runs.

    Each comes with the name of its net where there are two, "" where there is one. A stage ends where the maps have
    become smaller and have been rectified: at the first ReLU of each new size. A net without ReLUs is watched at its
    convolutions. The net knows nothing of it; where it runs more than once, as in a transformer of several iterations,
    the first run counts.
    """
    nets: dict[str, nn.Module] = {"": localizer}
    if isinstance(localizer, ZoomLocalizer):
        nets = {"Coarse": localizer.coarse, "Fine": localizer.fine}
    seen: list[tuple[str, Tensor]] = []
    sizes: set[tuple[str, torch.Size]] = set()
    with ExitStack() as hooks:
        for name, net in nets.items():

            def record(module, arguments, output, name=name):
                if output.ndim == 4 and (name, output.shape[-2:]) not in sizes:
                    sizes.add((name, output.shape[-2:]))
                    seen.append((name, output.detach().clone()))  # a copy: later layers may work in place

            kinds = nn.ReLU if any(isinstance(m, nn.ReLU) for m in net.modules()) else nn.Conv2d
            for module in net.modules():
                if isinstance(module, kinds):
                    hooks.enter_context(module.register_forward_hook(record))
        yield seen


@contextmanager
def steered(transformer: SpatialTransformer, theta: Tensor) -> Iterator[None]:
    """Makes a transformer sample where theta (1, n) says, whatever its localisation net finds, while the block runs."""
    with transformer.sampler.register_forward_pre_hook(lambda _, arguments: (arguments[0], theta)):
        yield


@contextmanager
def averaging(transformer: SpatialTransformer, wanted: bool) -> Iterator[None]:
    """Takes the averaging from a transformer while the block runs, unless it is wanted. Gives it to none."""
    own = transformer.sampler.average
    transformer.sampler.average = own and wanted
    try:
        yield
    finally:
        transformer.sampler.average = own


def most_active(maps: Tensor, most: int = MAPS) -> Maps:
    """Of one image's feature maps (C, h, w) those with the largest mean, each brought to [0, 1] by its own range."""
    maps = maps.float().nan_to_num()
    chosen = maps.abs().mean((1, 2)).topk(min(most, len(maps))).indices  # (k,)
    picked = maps[chosen]  # (k, h, w)
    low, high = picked.amin((1, 2), keepdim=True), picked.amax((1, 2), keepdim=True)
    scaled = (picked - low) / (high - low).clamp(min=1e-6)
    return Maps(len(maps), tuple(chosen.tolist()), scaled, torch.cat([low, high], 1).flatten(1))


def read_theta(given: object, family: Family) -> Tensor:
    """A theta (1, n) that came from a browser. Raises StnError unless it is a list of n finite, bounded numbers."""
    return torch.tensor([numbers("theta", given, family.parameter_names, -BOUND, BOUND)])


def find_distorted_subject(images: ImageStore, models: ModelStore, request: object) -> DistortedSubject:
    """The distorted image that a request is about, and its network. Raises StnError.

    Its key `average`, false for a layer that does not average, is true where it is not given.
    """
    request, (average,) = split(request, "average")
    state, pixels = parse_shown(request)
    loaded = models.get(models.choose(state.dataset, state.model))
    subject = find_subject(images, state, pixels)
    x = torch.from_numpy(subject.distorted(state.controls, loaded.info.canvas))
    return DistortedSubject(loaded, subject, x, average is None or flag("average", average))


def run(distorted: DistortedSubject, theta: object = None) -> tuple[Explanation, list[tuple[str, Tensor]]]:
    """What the network makes of its image, with its own theta or the given one, and its localiser's feature maps."""
    model = distorted.loaded.model
    transformer = first_transformer(model)
    # Hooks, and a layer that is changed for a while: one thread at a time.
    with torch.inference_mode(), distorted.loaded.lock, averaging(transformer, distorted.average):
        if theta is not None:
            with steered(transformer, read_theta(theta, transformer.family)):
                return explain(model, distorted.x), []
        with watch_maps(transformer.localizer) as maps:
            return explain(model, distorted.x), maps


def look_inside(images: ImageStore, models: ModelStore, request: object) -> dict[str, Any]:
    """All four steps for a state of the page. Any object in, a view or {"error": one sentence} out.

    Its key `image` holds an image of the visitor's own; with `average` false, the layer does not average.
    """

    def work():
        distorted = find_distorted_subject(images, models, request)
        explanation, maps = run(distorted)
        info, transformer, subject = distorted.loaded.info, first_transformer(distorted.loaded.model), distorted.subject
        stage = _stage_on_image(explanation, distorted)
        return {
            "image": {"words": subject.said, "label": subject.label, "drawn": subject.drawn, "own": subject.own},
            "classes": list(info.classes),
            "model": info.name,
            "input": encode_values(info.unnormalize(stage.input)[0]),
            "maps": [_encode_maps(net, most_active(of_stage[0])) for net, of_stage in maps],
            "iterations": transformer.iterations,
            "sides": isinstance(transformer.localizer, QuarterTurnLocalizer),
            "padding": transformer.sampler.padding,
            # What the sampler reads as 0 outside the image stands for the mean, for networks normalise first thing.
            "outside": list(info.mean) if transformer.sampler.padding == "zeros" else None,
            "average": transformer.sampler.average,
            "identity": stage.family.identity()[0].tolist(),
            "slopes": slopes_of(stage.family, tuple(stage.grid.shape[1:3])),
            **_result(stage, explanation, distorted),
        }

    return timed(work)


def by_hand(images: ImageStore, models: ModelStore, request: object) -> dict[str, Any]:
    """What comes of a theta given by hand: {"state": as for look_inside, "theta": [n numbers]} in, a view out."""

    def work():
        given = mapping("request", request, ("state", "theta"), required=("state", "theta"))
        distorted = find_distorted_subject(images, models, given["state"])
        theta = given["theta"]
        explanation, _ = run(distorted, [] if theta is None else theta)
        return _result(_stage_on_image(explanation, distorted), explanation, distorted)

    return timed(work)


@functools.cache
def slopes_of(family: Family, size: tuple[int, int]) -> list[list[float]] | None:
    """What a spline's control points contribute to the slopes of the affine matrix nearest to its grid, to x and to y.

    Two lists, one number for each control point; their products with the points' x and y are that matrix's 2x2 part,
    which the words about theta go by. None for a family that is a matrix itself.
    """
    if not isinstance(family, ThinPlateSpline):
        return None
    identity = family.identity()
    each = torch.zeros(identity.shape[1] // 2, identity.shape[1])
    each[:, ::2] = torch.eye(len(each))  # one control point's x after the other; y goes the same way
    return nearest_affine(family.grid(each, size))[:, 0, :2].T.tolist()


def encode_values(image: Tensor) -> dict[str, Any]:
    """An image (C, H, W) as its size and its values in float32, row by row, channels innermost: nothing is lost."""
    channels, height, width = image.shape
    return {"width": width, "height": height, "channels": channels, "data": encode_floats(image.permute(1, 2, 0))}


def encode_floats(values: Tensor) -> str:
    """Any tensor's values as little-endian float32 in base64."""
    return base64.b64encode(values.detach().float().contiguous().numpy().astype("<f4").tobytes()).decode("ascii")


def _stage_on_image(explanation: Explanation, distorted: DistortedSubject) -> Stage:
    stage = explanation.stages[0]
    if stage.input.shape != distorted.x.shape:
        raise StnError(
            f"The transformer of {distorted.loaded.info.name} reads feature maps, not the image; choose a network "
            "that has its transformer at the input."
        )
    return stage


def _result(stage: Stage, explanation: Explanation, distorted: DistortedSubject) -> dict[str, Any]:
    """theta, grid, output and answer: what a theta by hand changes."""
    info, transformer = distorted.loaded.info, first_transformer(distorted.loaded.model)
    grid = stage.grid[:1].nan_to_num(nan=FAR, posinf=FAR, neginf=-FAR)  # as the sampler reads it
    level = mip_level(grid, stage.input.shape[-2:]).item()
    averages = transformer.sampler.average and distorted.average
    return {
        "stage": describe_stage(as_arrays(stage)) | {"lattice": encode_lattice(lattice_of(stage.grid[0]))},
        "grid": {"height": grid.shape[1], "width": grid.shape[2], "data": encode_floats(grid[0])},
        "apart": 2**level,  # input pixels between neighbouring points of the grid, at least 1
        "averages": averages,
        "level": level if averages else 0.0,
        "output": encode_values(info.unnormalize(stage.output)[0]),
        "network": describe_network(explanation.logits.numpy(), list(info.classes), distorted.subject.label),
    }


def as_arrays(stage: Stage) -> SeenStage:
    """A stage as the live view describes it."""
    points = stage.family.points if isinstance(stage.family, ThinPlateSpline) else 0
    family = ThetaFamily(stage.family.name, points if isinstance(points, int) else 0)
    return SeenStage(stage.name, family, stage.theta.numpy(), stage.grid.numpy(), stage.output.numpy())


def _encode_maps(net: str, maps: Maps) -> dict[str, Any]:
    return {
        "net": net,
        "channels": maps.channels,
        "chosen": list(maps.chosen),
        "ranges": maps.ranges.tolist(),
        "images": [encode_pixels(one[None]) for one in maps.maps],
    }
