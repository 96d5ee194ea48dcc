"""The page's API endpoints. Functions with typed arguments; every one but the data set has a default."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.core import compare
from demo.core.models import ModelStore
from demo.core.pictures import ImageStore
from demo.core.state import parse_request
from stn.errors import StnError


def add_endpoints(pictures: ImageStore, models: ModelStore) -> None:
    """Adds `/explain` and `/models` to the current Blocks."""

    def explain(
        dataset: str,
        model: str | None = None,
        image: Any = None,
        sample: int = 0,
        rotation: float = 0.0,
        scale: float = 1.0,
        shift_x: float = 0.0,
        shift_y: float = 0.0,
        shear: float = 0.0,
        clutter: int = 0,
        noise: float = 0.0,
        seed: int = 0,
    ) -> dict:
        """Distorts a picture and shows it to a plain CNN and to a network with a spatial transformer.

        image: null for test picture number `sample`, or a data URI. rotation and shear in degrees, rotation
        counter-clockwise; shifts in half-widths; clutter in patches; noise as a standard deviation.
        """
        request = {
            "dataset": dataset,
            "model": model,
            "sample": sample,
            "rotation": rotation,
            "scale": scale,
            "shift_x": shift_x,
            "shift_y": shift_y,
            "shear": shear,
            "clutter": clutter,
            "noise": noise,
            "seed": seed,
        }
        try:
            return compare.hide_unexpected(
                lambda: compare.for_api(compare.compare(pictures, models, parse_request(request), image))
            )
        except StnError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def list_models() -> list:
        """Lists the playground's networks: name, data set, family (null for a plain CNN), test accuracy."""
        try:
            return compare.hide_unexpected(lambda: compare.list_models(models))
        except StnError as error:
            raise gr.Error(str(error), print_exception=False) from error

    gr.api(explain, api_name="explain", concurrency_limit=4)
    gr.api(list_models, api_name="models")
