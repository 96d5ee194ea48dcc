"""The two ways to see what a transformer is for: what is compared with what, and how both answer the same images."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor

from demo.core.models import UPRIGHT, Loaded, ModelStore
from demo.core.state import COMPARISONS
from stn.behind import BehindTransformer
from stn.errors import StnError
from stn.explain import Stage, stages_of, watch

TITLES = {  # role of a network -> what the page calls it
    "upright": "CNN as it is",
    "behind": "Behind the transformer",
    "cnn": "Plain CNN",
    "stn": "With transformer",
}
SIDES = {  # the same beside the other one of its comparison
    "upright": "as it is",
    "behind": "behind the transformer",
    "cnn": "plain",
    "stn": "with transformer",
}


@dataclass(frozen=True, eq=False)
class Seen:
    """What the networks of one or several comparisons made of the same images."""

    logits: dict[str, Tensor]  # role -> (B, classes)
    stages: tuple[Stage, ...]  # of the transformer, never empty


@dataclass(frozen=True, eq=False)
class Pair:
    """A plain CNN, and what is compared with it: a network with a transformer, or the CNN itself behind that one.

    "upright": one CNN that was trained on upright images, given the input, and given the transformer's output, put
    where an untouched image lies. "trained": two networks that were trained on distorted images.
    """

    comparison: str  # "upright" or "trained"
    stn: Loaded  # the network with the transformer
    cnn: Loaded

    @property
    def roles(self) -> tuple[str, str]:
        """What is compared, the plain one first."""
        return COMPARISONS[self.comparison]

    def explain(self, x: Tensor) -> Seen:
        """Both answers to images (B, C, S, S) in [0, 1], and what the transformer did. Raises StnError without one.

        Both passes of the upright CNN are one, which costs a lone visitor less than two.
        """
        if not self.stn.transformers:
            raise StnError(
                f"The model {self.stn.info.name} has no spatial transformer, so there is nothing to look into."
            )
        if self.comparison == "trained":
            explained = self.stn.explain(x)
            return Seen({"cnn": self.cnn.explain(x).logits, "stn": explained.logits}, explained.stages)
        with torch.no_grad(), ExitStack() as locks:
            locks.enter_context(self.stn.lock)
            behind = BehindTransformer(self.stn.model, self.cnn.model, own_canvas(self.cnn, x))
            with watch(self.stn.transformers, keep_output=True) as passes:
                corrected = behind.correct(x)  # (B, C, S, S)
            locks.enter_context(self.cnn.lock)
            logits = self.cnn.model(torch.cat([behind.as_they_are(x), corrected]))  # (2 B, classes)
        as_it_is, rescued = logits.chunk(2)
        return Seen({"upright": as_it_is, "behind": rescued}, stages_of(passes))

    def predict(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The classes (B,) that each of the two finds likeliest for images (B, C, S, S), the plain one first."""
        logits = self.explain(x).logits
        plain, helped = (logits[role].argmax(1) for role in self.roles)
        return plain, helped


def find_pair(models: ModelStore, dataset: str, model: str | None, comparison: str) -> Pair:
    """The networks of a comparison, the transformer from `model` or from the first there is. Raises StnError."""
    stn = models.get(models.choose(dataset, model))
    cnn = models.get(UPRIGHT[dataset] if comparison == "upright" else f"{dataset}-play-cnn")
    return Pair(comparison, stn, cnn)


def own_canvas(cnn: Loaded, x: Tensor) -> tuple[int, int] | None:
    """The canvas (H, W) of a network that has seen smaller ones than that of images x (B, C, S, S), else None."""
    side = cnn.info.canvas
    return (side, side) if side < x.shape[-1] else None
