"""The image that a request is about: a test image, a drawing of the page's, or the visitor's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo.core import words
from demo.core.distortion import distort
from demo.core.images import ImageStore
from demo.core.requests import split
from demo.core.state import ViewState, parse_request
from demo.core.uploads import read_digit, read_pixels, read_upload
from stn.controls import Controls
from stn.data import dataset_info


@dataclass(frozen=True, eq=False)
class Subject:
    """One image before any distortion, and what is known of it."""

    image: np.ndarray  # (1, C, H, W) in [0, 1], of the data set's own size
    said: str
    label: int | None  # None: nobody knows
    drawn: bool  # one of the page's drawings
    own: bool  # the visitor's
    clutter_from: np.ndarray
    prepared: tuple[str, ...] = ()  # what was done to the visitor's, in words

    def distorted(self, controls: Controls, canvas: int) -> np.ndarray:
        """(1, C, S, S) on the network's canvas."""
        return distort(self.image, [controls], canvas, [self.clutter_from])


def distorted_each(subjects: Sequence[Subject], controls: Sequence[Controls], canvas: int) -> np.ndarray:
    """Subjects of one data set under controls of their own: (B, C, S, S) on the network's canvas."""
    images = np.concatenate([subject.image for subject in subjects])  # (B, C, H, W)
    return distort(images, controls, canvas, [subject.clutter_from for subject in subjects])


def find_subject(
    images: ImageStore, state: ViewState, pixels: object = None, upload: object = None, as_it_is: bool = False
) -> Subject:
    """The image of a state, or the outside one that is given in its place. Raises StnError.

    `pixels` as the page itself sends them, at the data set's size; `upload` as a data URI, of which the digit
    is brought to MNIST's form where the data set is MNIST, unless it shall stay `as_it_is`.
    """
    chosen = images.get(state.dataset)
    if pixels is None and upload is None:
        image = chosen.image(state.sample)  # first: it says which numbers there are
        title = dataset_info(state.dataset).title
        said = words.image_sentence(title, state.sample, chosen.name(state.sample), chosen.drawn)
        return Subject(image, said, chosen.labels[state.sample], chosen.drawn, False, chosen.clutter_from)
    prepared: tuple[str, ...] = ()
    if upload is None:
        image = read_pixels(pixels, chosen.shape)
    elif as_it_is or state.dataset != "mnist":
        image = read_upload(upload, chosen.shape)
    else:
        image, prepared = read_digit(upload, chosen.shape)
    return Subject(image, "Your own image", None, False, True, chosen.clutter_from, prepared)


def parse_shown(given: object) -> tuple[ViewState, object]:
    """A request's state, and the pixels of the visitor's own image, its key `image`, or None. Raises StnError."""
    request, (pixels,) = split(given, "image")
    return parse_request(request), pixels
