"""A transformer in front of a backbone at 224x224: timm's ResNet-18 where timm is installed, else torchvision's.

Both start from random weights here; `pretrained=True`, or torchvision's `weights=`, downloads trained ones. Run it:

    python examples/backbone.py
"""

from __future__ import annotations

import torch
from torch import nn

from stn import BoundedLocalizer, Localizer, SpatialTransformer, explain, outside_penalty

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, which the backbones expect


def backbone(classes: int) -> nn.Module:
    try:
        import timm
    except ImportError:
        from torchvision.models import resnet18

        return resnet18(num_classes=classes)
    return timm.create_model("resnet18", num_classes=classes)


class Normalize(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - x.new_tensor(MEAN).view(1, 3, 1, 1)) / x.new_tensor(STD).view(1, 3, 1, 1)


def main(size: int = 224, steps: int = 2, n: int = 2) -> float:
    """A few steps on random images (n, 3, size, size); returns the last loss."""
    torch.manual_seed(0)
    localizer = Localizer(
        in_channels=3, family="affine", shrink=4
    )  # which sees 56x56: cheap, and enough to find things
    localizer = BoundedLocalizer(localizer, scale=2, shift=0.5, turn=0.8)
    # Outside lies black, which is not 0 once it is normalised: the transformer comes first, or padding is a value.
    layer = SpatialTransformer(localizer, average=True, theta_gradient="size")
    net = nn.Sequential(layer, Normalize(), backbone(classes=10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    images, labels = torch.rand(n, 3, size, size), torch.arange(n) % 10
    loss = torch.zeros(())
    for _ in range(steps):
        theta = layer.locate(images)
        logits = net[1:](layer.warp(images, theta))
        frame = layer.sampler.grid(images, theta)
        loss = nn.functional.cross_entropy(logits, labels) + outside_penalty(frame).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    print("theta:", [round(value, 3) for value in explain(net, images).stages[0].theta[0].tolist()])
    return loss.item()


if __name__ == "__main__":
    print(f"loss: {main():.3f}")
