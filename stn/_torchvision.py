"""Imports torchvision also beside a CPU build of torch.

PyPI's torchvision is built for CUDA. Beside a CPU build of torch its compiled library does not load, and its import
then fails with "operator torchvision::nms does not exist", although data sets and transforms need none of its
operators. Declaring the two names it registers fake kernels for is enough.
"""

from __future__ import annotations

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def import_torchvision():
    """The torchvision package with `datasets` loaded; where it imports by itself, nothing is declared."""
    try:
        import torchvision.datasets
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        # A library fragment lives as long as its object; torchvision needs it for good.
        import_torchvision.declared = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            import_torchvision.declared.define(operator + _SCHEMA)
        import torchvision.datasets
    return torchvision
