"""The page's API endpoints. Functions with typed arguments; every one but the data set has a default."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import Any

import gradio as gr

from demo.core import compare
from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.core.requests import flag
from demo.core.state import KEYS, SLIDERS, parse_request
from demo.ui.widget import in_a_sentence

TYPES = {"choice": str, "text": str | None, "number": float, "whole": int}  # kind of a key -> its type in Python


def _argument(name: str) -> Parameter:
    """An argument of /explain: a key of the state with its type and its default, which the data set does without."""
    key = KEYS[name]
    default = Parameter.empty if name == "dataset" else key.default
    return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=TYPES[key.kind])


IMAGE = Parameter("image", Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=Any)
AS_IT_IS = Parameter("as_it_is", Parameter.POSITIONAL_OR_KEYWORD, default=False, annotation=bool)
ARGUMENTS = {  # of /explain, in this order
    **{name: _argument(name) for name in ("dataset", "model")},
    "image": IMAGE,
    **{name: _argument(name) for name in ("sample", *SLIDERS, "seed")},
    "as_it_is": AS_IT_IS,
    "edges": _argument("edges"),
}


def add_endpoints(images: ImageStore, models: ModelStore) -> None:
    """Adds `/explain` and `/models` to the current Blocks."""

    def explain(*given) -> dict:
        """Distorts an image and shows it to networks with and without a spatial transformer.

        probabilities: "upright", a CNN trained on upright images, as it is, and "behind", the same CNN behind the
        transformer; "cnn" and "stn", two networks trained on distorted images. asked and done: the degrees by which
        the controls turned the image and the transformer turned it back, null for an image of your own.

        image: null for test image number `sample`, or a data URI. rotation and shear in degrees, rotation
        counter-clockwise; shifts to the right and down, where 1 is half the image; clutter in patches; noise as a
        standard deviation; of edges "hidden" only a disc is left, black around it. For MNIST the digit on an image
        of yours is found and brought to MNIST's form, unless as_it_is; `prepared` says what was done.
        """
        request = dict(zip(ARGUMENTS, given, strict=True))
        image, as_it_is = request.pop("image"), flag("as_it_is", request.pop("as_it_is"))
        return compare.for_api(images, models, parse_request(request), image, as_it_is)

    def list_models() -> list:
        """Lists the playground's networks: name, data set, family (null for a plain CNN), test accuracy."""
        return compare.list_models(models)

    # What Gradio tells callers of the API.
    explain.__signature__ = Signature(list(ARGUMENTS.values()), return_annotation=dict)  # type: ignore[attr-defined]
    explain.__annotations__ = {name: argument.annotation for name, argument in ARGUMENTS.items()} | {"return": dict}
    gr.api(in_a_sentence(explain), api_name="explain", concurrency_limit=4)
    gr.api(in_a_sentence(list_models), api_name="models")
