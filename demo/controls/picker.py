"""Thumbnails to choose from, an image that the CNN gets wrong, and images of one's own; beside the controls."""

from __future__ import annotations

from demo.controls.mistakes import MistakeFinder
from demo.controls.thumbnails import thumbnails
from demo.core.compare import answer_or_error
from demo.core.models import Resources
from demo.core.requests import split
from demo.core.state import parse_request
from demo.core.uploads import prepared_digit
from demo.ui.widget import live


def picks(resources: Resources) -> None:
    """Builds them inside the current context."""
    finder = MistakeFinder(resources.images, resources.models)

    def thumbs(request):
        return answer_or_error(lambda: thumbnails(resources.images, request))

    def mistake(request):
        state, (klass, of) = split(request, "klass", "of")
        return answer_or_error(lambda: finder.find(parse_request(state), klass, "cnn" if of is None else of))

    def digit(request):
        return answer_or_error(lambda: prepared_digit(request))

    live("picks", "picks", [thumbs, mistake, digit])
