"""What the tab's components and links may ask for, checked against what is there. Pure: no Gradio."""

from __future__ import annotations

from collections.abc import Mapping

from demo.core.images import ImageSet, ImageStore
from demo.core.models import ModelStore
from demo.core.requests import choice
from demo.core.state import ViewState
from stn.data import DATASETS
from stn.errors import StnError


def link_problems(state: ViewState, images: ImageStore, models: ModelStore) -> list[str]:
    """A sentence on each part of a link that is well formed but names an image or a network that is not there."""
    said = []
    try:
        images.get(state.dataset).image(state.sample)
    except StnError as error:
        said.append(str(error))
    try:
        if state.model is not None:
            models.choose(state.dataset, state.model)
    except StnError as error:
        said.append(str(error))
    return said


def class_index(chosen: ImageSet, name: object) -> int | None:
    """The index of a class name, None for any."""
    return chosen.classes.index(name) if name in chosen.classes else None


def known(dataset: object) -> str:
    """A data set's name. Raises StnError."""
    return choice("data set", dataset, DATASETS)


def index_of(given: object) -> int:
    """What stands in the number field may be empty or out of range while someone types."""
    return int(given) if isinstance(given, int | float) and 0 <= given < 2**31 else 0


def outcomes(given: object) -> dict[str, str]:
    """How each data set's last fetch went, as the page remembers it; without what cannot be that."""
    kept = given.items() if isinstance(given, Mapping) else ()
    return {name: said for name, said in kept if name in DATASETS and isinstance(said, str)}
