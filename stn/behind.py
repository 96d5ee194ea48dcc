"""A classifier behind another network's transformer, which it was never trained with."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from stn.errors import StnError
from stn.models import Normalized
from stn.modules import SpatialTransformer


class BehindTransformer(nn.Module):
    """`classifier`, given the corrected output of the transformer at the input of `network`; nothing is trained for it.

    A transformer that has learnt to undo the distortion of an image gives the untouched image again: so its output is
    put where an untouched image lies, in the middle of the canvas, pixel for pixel, and black around it, as the
    classifier knows images. The input is sampled once. Maps images (B, C, canvas, canvas) in [0, 1] to the classifier's
    logits (B, classes). `own_canvas`: the classifier's, (H, W), where it is smaller than the network's. Raises StnError
    for a network without a transformer at its input, and for networks that do not fit each other.
    """

    def __init__(self, network: Normalized, classifier: Normalized, own_canvas: tuple[int, int] | None = None):
        super().__init__()
        transformer = getattr(network.net, "stn", None)
        if not isinstance(transformer, SpatialTransformer):
            raise StnError("The network has no transformer at its input; give one that has, such as mnist-play-affine.")
        if network.mean.shape != classifier.mean.shape:
            channels = network.mean.shape[1], classifier.mean.shape[1]
            raise StnError(
                f"The networks take images of {channels[0]} and of {channels[1]} channels; give two that agree."
            )
        self.network, self.transformer, self.classifier = network, transformer, classifier
        self.own_canvas = own_canvas
        self.as_they_are = Middle(own_canvas)  # what the classifier sees of images without the transformer

    def correct(self, images: Tensor) -> Tensor:
        """The transformer's output, put back on the classifier's canvas, in [0, 1]."""
        network = self.network
        frame = self.transformer((images - network.mean) / network.std) * network.std + network.mean  # (B, C, h, w)
        height, width = self.own_canvas or images.shape[-2:]
        return put_back(frame.clamp(0, 1), (height, width))

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.correct(images))  # (B, classes)


class Middle(nn.Module):
    """Shows a classifier of a smaller canvas, (H, W), the middle of images, pixel for pixel; None: all of them."""

    def __init__(self, own_canvas: tuple[int, int] | None):
        super().__init__()
        self.own_canvas = own_canvas

    def forward(self, images: Tensor) -> Tensor:
        return images if self.own_canvas is None else middle(images, self.own_canvas)


def middle(images: Tensor, size: tuple[int, int]) -> Tensor:
    """The middle (B, C, *size) of images (B, C, H, W), pixel for pixel. Raises StnError where that is not possible."""
    margins = [whole - side for whole, side in zip(images.shape[-2:], size, strict=True)]
    if any(margin < 0 or margin % 2 for margin in margins):
        raise StnError(
            f"Images of {tuple(images.shape[-2:])} pixels have no middle of {size}; give a size that is smaller by an "
            "even number of pixels."
        )
    down, right = (margin // 2 for margin in margins)
    return images[..., down : down + size[0], right : right + size[1]]


def put_back(frame: Tensor, canvas: tuple[int, int]) -> Tensor:
    """Images (B, C, h, w) in the middle of black canvases (B, C, *canvas), pixel for pixel.

    Raises StnError where the canvas is smaller, or cannot have the image in its very middle.
    """
    margins = [side - own for side, own in zip(canvas, frame.shape[-2:], strict=True)]
    if any(margin < 0 or margin % 2 for margin in margins):
        raise StnError(
            f"An image of {tuple(frame.shape[-2:])} pixels has no place in the middle of a canvas of {canvas}; give a "
            "canvas that is larger by an even number of pixels."
        )
    down, right = (margin // 2 for margin in margins)
    return F.pad(frame, (right, right, down, down))
