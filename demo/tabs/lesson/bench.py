"""What the lesson's exercises are made of, and the images and networks that they are measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from demo.core.images import ImageStore
from demo.core.models import ModelStore
from stn.distort import Controls, apply_controls
from stn.errors import StnError
from stn.explain import Stage

DATASET = "mnist"
TRIED = 12  # images of a class that are tried, at most, until both networks know one


@dataclass(frozen=True)
class Exercise:
    """One question. `controls` is what the learner sees first, `slider` what may be moved once it is answered."""

    title: str
    question: str
    choices: tuple[str, ...]
    digit: int
    controls: Controls
    slider: str
    solve: Callable[[Bench, Exercise, int], tuple[int, str]]  # (.., sample) -> the right choice, and why
    compare: str = "trained"  # the networks whose answers it shows


@dataclass(frozen=True, eq=False)
class Bench:
    """The images and networks that exercises are measured on."""

    images: ImageStore
    models: ModelStore

    def given(self, sample: int, controls: Controls) -> torch.Tensor:
        """One image, distorted: (1, C, S, S)."""
        chosen = self.images.get(DATASET)
        canvas = self.models.pair(DATASET, None)[0].info.canvas
        return apply_controls(chosen.image(sample), controls, canvas, chosen.clutter_from)

    def stage(self, x: torch.Tensor) -> Stage:
        """What the transformer does with images. Raises StnError where there is none."""
        stages = self.models.pair(DATASET, None)[0].explain(x).stages
        if not stages:
            raise StnError("The network of this lesson has no spatial transformer.")
        return stages[-1]

    def sample_for(self, exercise: Exercise) -> int:
        """The first image of the exercise's digit that both networks know as it is shown, else the first there is."""
        chosen = self.images.get(DATASET)
        first = [i for i, label in enumerate(chosen.labels) if label == exercise.digit][:TRIED]
        for sample in first:
            x = self.given(sample, exercise.controls)
            if all(int(net.explain(x).logits.argmax()) == exercise.digit for net in self.models.pair(DATASET, None)):
                return sample
        return first[0]
