"""Spatial transformer networks (Jaderberg et al. 2015) in PyTorch: layers, reference networks, data and training."""

import stn._program  # noqa: F401  before what takes seconds
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
