"""Imports torchvision also beside a CPU build of torch.

PyPI's torchvision is built for CUDA. Beside a CPU build of torch its compiled library does not load, and its import
then fails with "operator torchvision::nms does not exist", although data sets and transforms need none of its
operators. Declaring the two names it registers fake kernels for is enough.
"""

from __future__ import annotations

from types import ModuleType

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declared: list[torch.library.Library] = []  # a library lives as long as its object; torchvision needs it for good


def import_torchvision() -> ModuleType:
    """The torchvision package with `datasets` loaded; where it imports by itself, nothing is declared."""
    try:
        import torchvision.datasets
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _declared.append(torch.library.Library("torchvision", "DEF"))
        for operator in ("nms", "qnms"):
            _declared[-1].define(operator + _SCHEMA)
        import torchvision.datasets
    return torchvision
