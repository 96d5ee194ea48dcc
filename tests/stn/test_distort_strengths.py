"""How far the distortions go: what the test sets and the playground say they draw from."""

import pytest
import torch

from stn import geometry
from stn.distort import CONTROL_RANGES, get_distortion


def moves(monkeypatch, function: str, name: str, still: int) -> torch.Tensor:
    """How far points were moved, in pixels of a canvas of 42, where a distortion called a function of stn.geometry."""
    called, real = [], getattr(geometry, function)
    monkeypatch.setattr(geometry, function, lambda *given: called.append(given) or real(*given))
    images = torch.zeros(400, 1, 28, 28)
    get_distortion(name)(images, images, 42, torch.Generator().manual_seed(0))
    ((moved, *_),) = called
    unmoved = geometry.corners(torch.eye(3)[None])[0] if still == 2 else geometry.lattice(still)
    return (moved - unmoved) * 42 / 2


@pytest.mark.parametrize(
    ("function", "name", "still", "pixels"), [("homography", "p", 2, 5.0), ("thin_plate_grid", "e", 4, 1.5)]
)
def test_noise_of_corners_and_lattice_is_as_strong_as_in_the_paper(monkeypatch, function, name, still, pixels):
    moved = moves(monkeypatch, function, name, still)
    assert moved.shape == (400, still**2, 2)
    assert moved.std().item() == pytest.approx(pixels, rel=0.05)
    assert moved.mean().item() == pytest.approx(0, abs=pixels / 10)


def test_projected_images_are_scaled_by_three_quarters_to_one(monkeypatch):
    monkeypatch.setattr(torch, "randn", lambda *size, generator: torch.zeros(*size))  # no corner moves
    images = torch.zeros(500, 1, 28, 28)
    matrix = get_distortion("p")(images, images, 42, torch.Generator().manual_seed(0)).matrix
    scale = geometry.polar(geometry.invert(matrix))[1][:, 0] * 42 / 28
    assert 0.75 - 1e-4 <= scale.min() < 0.76 and 0.99 < scale.max() <= 1 + 1e-4


def test_playing_covers_all_of_every_control(monkeypatch):
    n, counts = 2000, []
    monkeypatch.setattr("stn.distort.with_patches", lambda images, count, *rest: counts.append(count) or images)
    sds = []
    monkeypatch.setattr("stn.distort.add_noise", lambda images, sd, generator: sds.append(sd) or images)
    images = torch.zeros(n, 1, 28, 28)
    matrix = get_distortion("play")(images, images, 60, torch.Generator().manual_seed(0)).matrix
    forward = geometry.invert(matrix)  # image -> canvas: turned, scaled and sheared
    found = {
        "rotation": torch.rad2deg(torch.atan2(-forward[:, 1, 0], forward[:, 0, 0])),
        "scale": forward[:, :2, 0].norm(dim=1) * 60 / 28,
        "shift_x": forward[:, 0, 2],
        "shift_y": forward[:, 1, 2],
        "noise": sds[0],
    }
    # The image's first axis is turned and scaled alone; along it, the second one has what is sheared.
    first, second = forward[:, :2, 0], forward[:, :2, 1]
    along = (first * second).sum(1) / first.square().sum(1)
    found["shear"] = -torch.rad2deg(torch.atan(along))
    for name, values in found.items():
        low, high = CONTROL_RANGES[name]
        near = 0.01 * (high - low)
        assert low - 1e-3 <= values.min() < low + near and high - near < values.max() <= high + 1e-3, name
    assert set(counts[0].tolist()) == set(range(9))
    # Either is left out of half of the images; a ninth of the other half has 0 patches by chance, and 8.
    for part, share in ((sds[0] == 0, 1 / 2), (counts[0] == 0, 1 / 2 + 1 / 18), (counts[0] == 8, 1 / 18)):
        assert part.float().mean().item() == pytest.approx(share, abs=0.04)


# name -> lowest and highest scale, in pixels
SCALES = {"r": (1, 1), "rts": (0.7, 1.2), "tc": (1, 1), "rsc": (0.6, 1.2)}


@pytest.mark.parametrize("name", SCALES)
def test_the_sets_scale_as_they_say_and_do_not_shear(name, generator):
    images = torch.zeros(500, 3, 28, 28)
    forward = geometry.invert(get_distortion(name)(images, images, 42, generator).matrix)  # image -> canvas
    first, second = (geometry.polar(forward)[1] * 42 / 28).unbind(1)
    low, high = SCALES[name]
    torch.testing.assert_close(first, second, rtol=0, atol=1e-4)
    assert low - 1e-4 <= first.min() <= low + 0.02
    assert high - 0.02 <= first.max() <= high + 1e-4
    assert (forward[:, :2, 2].abs().amax() < 1e-6) == (name == "r"), "only R leaves images in the middle"
