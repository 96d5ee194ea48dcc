"""The recipes of MNIST addition (Jaderberg et al. 2015, appendix A.1): two digits, each in a channel of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stn.config import Recipe, TrainConfig, model_config


def addition(train: TrainConfig) -> Iterator[Recipe]:
    """A plain CNN, two transformers in parallel, and one, with parameters within 5 %; the label is the sum.

    Every transformer sees and transforms both channels. Of the two, each is taught to undo what was done to one of
    them; "alone", the sum alone teaches, as in the paper.
    """
    train = replace(train, epochs=12, batch_size=128, optimizer="muon", weight_decay=0.1)
    net = model_config("mnist-addition", "conv", canvas=42, family=None, widths=(8, 24, 64, 120), dropout=0.1)
    locating: dict[str, Any] = {"localizer_widths": (16, 32, 32), "localizer_hidden": 32, "localizer_shrink": 2}
    stn = replace(net, widths=(16, 32, 64), family="affine", transformers=2, out_size=(28, 28), **locating)
    cnn = Recipe("mnist-addition-cnn", "plain CNN on MNIST addition", "mnist-addition", net, train, "rts-each")
    yield replace(cnn, published=85.3)  # the paper's transformers have a fully connected net behind them
    words = "two affine transformers in parallel on MNIST addition"
    supervised = replace(train, pose_epochs=3, pose_weight=1.0)
    parallel = replace(cnn, name="mnist-addition-affine-parallel", title=words, model=stn, train=supervised)
    yield parallel
    alone = replace(train, localizer_lr_scale=0.1)  # at more, classification alone lets the transformer run away
    name, words = f"{parallel.name}-alone", f"{words}; by classification alone"
    yield replace(parallel, name=name, title=words, train=alone)
    one = replace(stn, transformers=1, localizer_widths=(24, 40, 48), localizer_hidden=48)
    words = "affine STN on MNIST addition; by classification alone"
    yield replace(cnn, name="mnist-addition-affine-alone", title=words, model=one, train=alone)
