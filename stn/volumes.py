"""Families of transformations of volumes (B, C, D, H, W), and a localisation net for them.

The convention is that of `stn.geometry`: output to input coordinates, now (x, y, z) along W, H and D, half-sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from stn import geometry
from stn.checks import check_theta, is_count
from stn.errors import StnError, unknown
from stn.modules import exact_head, start_at_identity

Size = tuple[int, ...]  # (D, H, W)


@dataclass(frozen=True)
class VolumeFamily:
    """A family of 3x4 matrices; `to_matrix` makes them (B, 3, 4) from theta (B, n) and the input's (W, H, D)."""

    name: str
    parameter_names: tuple[str, ...]
    identity_values: tuple[float, ...]
    to_matrix: Callable[[Tensor, Tensor], Tensor]
    is_matrix: Literal[False] = False
    dims: Literal[3] = 3

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return get_volume_family, (self.name,)  # by name: its function cannot be pickled

    @property
    def n_params(self) -> int:
        return len(self.parameter_names)

    def identity(self, batch: int = 1, dtype: torch.dtype = torch.float32, device: geometry.Device = None) -> Tensor:
        """The theta (batch, n) that changes nothing."""
        return torch.tensor(self.identity_values, dtype=dtype, device=device).repeat(batch, 1)  # (B, n)

    def matrix(self, theta: Tensor, in_size: Size = (1, 1, 1)) -> Tensor:
        """Matrices (B, 3, 4) from output to input coordinates. Raises StnError for a theta of another shape.

        `in_size`: (D, H, W) of the input, whose voxels a rigid motion turns without shear.
        """
        theta = geometry.as_float(check_theta(theta, self))
        with geometry.no_autocast(theta.device):
            return self.to_matrix(theta, theta.new_tensor(in_size[::-1]))  # (B, 3, 4)

    def grid(self, theta: Tensor, size: Size, in_size: Size | None = None) -> Tensor:
        """The sampling grid (B, D, H, W, 3) for an output of (D, H, W). Raises StnError as `matrix` does."""
        matrix = geometry.near(self.matrix(theta, in_size or size))
        axes = [(2 * torch.arange(n, dtype=torch.float64, device=theta.device) + 1) / n - 1 for n in size]
        z, y, x = torch.meshgrid(*axes, indexing="ij")
        points = torch.stack([x, y, z, torch.ones_like(x)]).flatten(1).to(matrix.dtype)  # (4, P)
        with geometry.no_autocast(theta.device):
            return (matrix @ points).mT.unflatten(1, size)  # (B, D, H, W, 3)


def _translation(theta: Tensor, sides: Tensor) -> Tensor:
    linear = torch.eye(3, dtype=theta.dtype, device=theta.device).expand(len(theta), 3, 3)
    return torch.cat([linear, theta[:, :, None]], dim=2)


def _rigid(theta: Tensor, sides: Tensor) -> Tensor:
    x, y, z = theta[:, :3].unbind(1)
    zero = torch.zeros_like(x)
    turning = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=1).unflatten(1, (3, 3))  # v -> axis x v
    turn = torch.linalg.matrix_exp(turning)  # whose gradient is finite at the identity too, unlike Rodrigues' formula
    return torch.cat([turn * (sides / sides[:, None]), theta[:, 3:, None]], dim=2)  # in voxels, among half-sides


def _affine(theta: Tensor, sides: Tensor) -> Tensor:
    return theta.unflatten(1, (3, 4))


_SHIFTS = ("shift x", "shift y", "shift z")
VOLUME_FAMILIES = {
    family.name: family
    for family in (
        VolumeFamily("translation3d", _SHIFTS, (0, 0, 0), _translation),
        # An axis times the angle about it in radians, and half-sides.
        VolumeFamily("rigid3d", ("turn x", "turn y", "turn z", *_SHIFTS), (0,) * 6, _rigid),
        VolumeFamily(
            "affine3d",
            tuple(name for row in "xyz" for name in (*(row + column for column in "xyz"), f"shift {row}")),
            (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0),
            _affine,
        ),
    )
}


def get_volume_family(name: str) -> VolumeFamily:
    """The family of volumes of that name: translation3d, rigid3d or affine3d. Raises StnError.

    Example:
        >>> family = get_volume_family("rigid3d")
        >>> family.parameter_names
        ('turn x', 'turn y', 'turn z', 'shift x', 'shift y', 'shift z')
        >>> family.grid(family.identity(), (4, 8, 6)).shape
        torch.Size([1, 4, 8, 6, 3])
    """
    if name not in VOLUME_FAMILIES:
        raise unknown("family of volumes", name, VOLUME_FAMILIES)
    return VOLUME_FAMILIES[name]


class VolumeLocalizer(nn.Module):
    """A localisation net for volumes of any size, which starts at the identity, as `Localizer` does for images.

    Maps (B, in_channels, D, H, W) to theta (B, family.n_params); a `SpatialTransformer` of it maps volumes to volumes,
    without averaging. `widths` are the channels of the stages, each of which halves the sides, `hidden` the units
    between the two linear layers, `pool` the cells each way that the last maps are brought to.
    Raises StnError for an unknown family and for sizes that are no whole numbers from 1.

    Example:
        >>> from stn import SpatialTransformer
        >>> layer = SpatialTransformer(VolumeLocalizer(in_channels=1, family="rigid3d"), out_size=(8, 16, 16))
        >>> layer(torch.zeros(2, 1, 16, 32, 32)).shape
        torch.Size([2, 1, 8, 16, 16])
    """

    def __init__(
        self,
        in_channels: int,
        family: str | VolumeFamily = "affine3d",
        widths: tuple[int, ...] = (8, 16, 32),
        hidden: int = 64,
        pool: int = 2,
    ):
        super().__init__()
        if not widths or not all(map(is_count, (in_channels, *widths, hidden, pool))):
            raise StnError(f"{in_channels=}, {widths=}, {hidden=}, {pool=}: give whole numbers from 1.")
        self.family = get_volume_family(family) if isinstance(family, str) else family
        layers: list[nn.Module] = []
        for before, width in zip((in_channels, *widths), widths, strict=False):
            layers += [nn.Conv3d(before, width, 3, padding=1, bias=False), nn.MaxPool3d(2, ceil_mode=True)]
            layers += [nn.BatchNorm3d(width), nn.ReLU(inplace=True)]
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool3d(pool), nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(widths[-1] * pool**3, hidden),
            nn.LayerNorm(hidden),
            nn.GELU(),
            start_at_identity(nn.Linear(hidden, self.family.n_params), self.family),
        )

    def forward(self, x: Tensor) -> Tensor:
        return exact_head(self.head, self.features(x))  # (B, n)
