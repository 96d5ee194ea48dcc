"""Several transformers side by side (Jaderberg et al. 2015, sections 3.4 and 4.3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stn.errors import StnError
from stn.modules import SpatialTransformer


class ParallelTransformers(nn.Module):
    """Transformers that all see the same image, each for another part of it: (B, C, H, W) to (B, n C, h, w).

    Their outputs are one behind the other in the channels, so they need one `out_size`. Give their localizers different
    starts (`Localizer(start=...)`): those that start alike learn alike. `stn.explain` lists each as a stage of its own.
    Raises StnError where there is no transformer, and for what is none.

    Example:
        >>> from stn import Localizer
        >>> starts = ((0.5, -0.5, 0), (0.5, 0.5, 0))  # the left half and the right one
        >>> layers = [SpatialTransformer(Localizer(3, "attention", start=s), out_size=(14, 14)) for s in starts]
        >>> ParallelTransformers(layers)(torch.zeros(2, 3, 28, 28)).shape
        torch.Size([2, 6, 14, 14])
    """

    def __init__(self, transformers: list[SpatialTransformer]):
        super().__init__()
        if not transformers or not all(isinstance(one, SpatialTransformer) for one in transformers):
            raise StnError("ParallelTransformers takes a list of one SpatialTransformer or more.")
        if len({one.sampler.out_size for one in transformers}) > 1:
            raise StnError("Parallel transformers need one out_size, for their outputs are joined; give them the same.")
        self.transformers = nn.ModuleList(transformers)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([one(x) for one in self.transformers], dim=1)
