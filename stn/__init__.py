"""Spatial transformer networks (Jaderberg et al. 2015) in PyTorch: layers, reference networks, data and training.

What is public here is imported when it is first asked for, and PyTorch with it: `import stn` alone takes no time.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import stn._program  # noqa: F401  before what takes seconds

if TYPE_CHECKING:
    from stn.bounds import BoundedLocalizer
    from stn.branches import ParallelTransformers
    from stn.checkpoint import load_checkpoint
    from stn.errors import StnError
    from stn.explain import explain
    from stn.export import export_onnx
    from stn.families import get_family
    from stn.geometry import outside_penalty, sample
    from stn.modules import Localizer, SpatialTransformer
    from stn.pixels import from_pixels, to_pixels
    from stn.recipes import get_recipe, list_recipes
    from stn.training.pose import pose_loss, pose_supervision
    from stn.volumes import VolumeLocalizer, get_volume_family
    from stn.zooming import QuarterTurnLocalizer, SideLocalizer, ZoomLocalizer

__version__ = "0.1.0"

__all__ = [
    "BoundedLocalizer",
    "Localizer",
    "ParallelTransformers",
    "QuarterTurnLocalizer",
    "SideLocalizer",
    "SpatialTransformer",
    "StnError",
    "VolumeLocalizer",
    "ZoomLocalizer",
    "explain",
    "export_onnx",
    "from_pixels",
    "get_family",
    "get_recipe",
    "get_volume_family",
    "list_recipes",
    "load_checkpoint",
    "outside_penalty",
    "pose_loss",
    "pose_supervision",
    "sample",
    "to_pixels",
]

_MODULES = {  # public name -> where it is
    "BoundedLocalizer": "stn.bounds",
    "Localizer": "stn.modules",
    "ParallelTransformers": "stn.branches",
    "QuarterTurnLocalizer": "stn.zooming",
    "SideLocalizer": "stn.zooming",
    "SpatialTransformer": "stn.modules",
    "StnError": "stn.errors",
    "VolumeLocalizer": "stn.volumes",
    "ZoomLocalizer": "stn.zooming",
    "explain": "stn.explain",
    "export_onnx": "stn.export",
    "from_pixels": "stn.pixels",
    "get_family": "stn.families",
    "get_recipe": "stn.recipes",
    "get_volume_family": "stn.volumes",
    "list_recipes": "stn.recipes",
    "load_checkpoint": "stn.checkpoint",
    "outside_penalty": "stn.geometry",
    "pose_loss": "stn.training.pose",
    "pose_supervision": "stn.training.pose",
    "sample": "stn.geometry",
    "to_pixels": "stn.pixels",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(importlib.import_module(_MODULES[name]), name)
    return found


class _Package(ModuleType):
    def __setattr__(self, name: str, value: object) -> None:
        # Python binds a submodule to its name here: stn.explain shall be the function, whoever imports the module.
        super().__setattr__(name, getattr(value, name) if name in _MODULES and isinstance(value, ModuleType) else value)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return importlib.import_module, (self.__name__,)  # functions that use the package travel to other processes


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
