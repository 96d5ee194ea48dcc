"""The two networks of a comparison as one module: all that the page shows of them, for PyTorch and for a graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from demo.core.models import Loaded
from stn.behind import BehindTransformer
from stn.explain import stages_of, watch


class PairNet(nn.Module):
    """Maps images (B, C, S, S) in [0, 1] to both logits (B, classes) and, for each stage, theta, grid and output.

    "upright": the CNN is given the images, and the transformer's output put where an untouched image lies; what lies
    behind the transformer in its own network is not run. "trained": both networks are given the images. One thread at
    a time: every pass is listened to.
    """

    def __init__(self, comparison: str, stn: Loaded, cnn: Loaded):
        super().__init__()
        self.stn, self.cnn = stn.model, cnn.model
        self.transformers = stn.transformers
        self.behind: list[BehindTransformer] = []  # in a list, or its networks would be registered twice
        if comparison == "upright":
            side = cnn.info.canvas
            self.behind.append(
                BehindTransformer(stn.model, cnn.model, (side, side) if side < stn.info.canvas else None)
            )

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        with watch(self.transformers, keep_output=True) as passes:
            if self.behind:
                corrected = self.behind[0].correct(images)
            else:
                helped = self.stn(images)
        if self.behind:
            # Both passes of the CNN are one, which costs a lone visitor less than two.
            logits = self.cnn(torch.cat([self.behind[0].as_they_are(images), corrected]))  # (2 B, classes)
            plain, helped = logits.unflatten(0, (2, -1)).unbind()
        else:
            plain = self.cnn(images)
        stages = stages_of(passes)
        return (plain, helped, *(tensor for stage in stages for tensor in (stage.theta, stage.grid, stage.output)))
