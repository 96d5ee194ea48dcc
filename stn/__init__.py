"""Spatial transformer networks (Jaderberg et al. 2015) in PyTorch: layers, reference networks, data and training."""

import stn._program  # noqa: F401  before what takes seconds
from stn.checkpoint import load_checkpoint
from stn.errors import StnError
from stn.explain import explain
from stn.families import get_family
from stn.modules import Localizer, SpatialTransformer
from stn.recipes import get_recipe, list_recipes
from stn.zooming import QuarterTurnLocalizer, SideLocalizer, ZoomLocalizer

__all__ = [
    "Localizer",
    "QuarterTurnLocalizer",
    "SideLocalizer",
    "SpatialTransformer",
    "StnError",
    "ZoomLocalizer",
    "explain",
    "get_family",
    "get_recipe",
    "list_recipes",
    "load_checkpoint",
]
