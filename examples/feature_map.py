"""Transformers on a feature map: two in parallel, each with a start of its own, behind the first convolutions.

Run it:

    python examples/feature_map.py
"""

from __future__ import annotations

import torch
from torch import nn

from stn import Localizer, ParallelTransformers, SpatialTransformer, explain, export_onnx

STARTS = ((0.5, -0.5, 0.0), (0.5, 0.5, 0.0))  # scale and shift: the left half, the right half


def network(classes: int = 10) -> nn.Sequential:
    """From images (B, 3, 32, 64) to logits (B, classes)."""
    layers = [SpatialTransformer(Localizer(16, "attention", start=start), out_size=(16, 16)) for start in STARTS]
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),  # (B, 16, 16, 32)
        ParallelTransformers(layers),  # (B, 32, 16, 16)
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(32 * 16, classes),
    )


def main(onnx: str | None = None) -> list[list[float]]:
    """Where each transformer looks; `onnx`: a file to write the network to."""
    torch.manual_seed(0)
    net = network()
    stages = explain(net, torch.rand(2, 3, 32, 64)).stages
    if onnx:
        export_onnx(net, torch.rand(2, 3, 32, 64)).save(onnx)
    return [stage.theta[0].tolist() for stage in stages]


if __name__ == "__main__":
    for found in main():
        print("scale, shift x, shift y:", found)
