"""Own data with a known distortion: teach a transformer to undo it, before any classifier.

Here the images are bars that are drawn upright and then turned, scaled and shifted; yours come from a folder. Run it:

    python examples/own_data.py
"""

from __future__ import annotations

import torch

from stn import Localizer, SpatialTransformer, get_family, pose_supervision, sample

SIZE = (28, 28)
family = get_family("similarity")


def upright(n: int, generator: torch.Generator) -> torch.Tensor:
    """Images (n, 1, 28, 28) of a vertical bar with a foot, which tells up from down, of several lengths."""
    images = torch.zeros(n, 1, *SIZE)
    for image, top in zip(images, torch.randint(4, 8, (n,), generator=generator).tolist(), strict=True):
        image[0, top:22, 12:16] = 1
        image[0, 20:23, 8:20] = 1
    return images


def batch(n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Distorted images (n, 1, 28, 28) and the matrices (n, 3, 3) by which they were made."""
    angle = (torch.rand(n, generator=generator) - 0.5) * 2  # within a radian of upright
    scale = 1 + 0.4 * torch.rand(n, generator=generator)
    shift = 0.4 * (torch.rand(n, 2, generator=generator) - 0.5)
    theta = torch.stack([scale * angle.cos(), scale * angle.sin(), *shift.unbind(1)], dim=1)  # (n, 4)
    images = sample(upright(n, generator), family.grid(theta, SIZE), average=True)
    return images, family.matrix(theta)  # for matrices in pixels, as OpenCV's: from_pixels(matrix, SIZE)


def main(steps: int = 300) -> tuple[float, float]:
    """Trains the layer; returns its loss on new images before and after."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    layer = SpatialTransformer(Localizer(in_channels=1, family="similarity"))
    optimizer = torch.optim.Adam(layer.parameters(), lr=2e-3)
    test, matrix = batch(100, torch.Generator().manual_seed(1))
    losses = []
    for rounds in (0, steps):
        layer.train()
        for _ in range(rounds):
            loss = pose_supervision(layer, *batch(64, generator))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(pose_supervision(layer.eval(), test, matrix).item())
    return losses[0], losses[1]


if __name__ == "__main__":
    print("pose loss on new images, before and after: {:.3f}, {:.3f}".format(*main()))
