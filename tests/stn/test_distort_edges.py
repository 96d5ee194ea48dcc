"""Hidden edges: all but the image's inscribed disc is black, wherever the image lies."""

import pytest
import torch

from stn import StnError
from stn.distort import Controls, apply_controls, apply_each, get_distortion, hide_edges


def disc(canvas: int, radius: float, x: float = 0, y: float = 0) -> torch.Tensor:
    """Whether each pixel's centre is within `radius` pixels of the point (x, y), in pixels from the middle."""
    at = torch.arange(canvas, dtype=torch.float64) + 0.5 - canvas / 2
    return ((at - x)[None, :] ** 2 + (at - y)[:, None] ** 2) <= radius**2  # (canvas, canvas)


@pytest.mark.parametrize("angle", [0, 37, -60, 90])
@pytest.mark.parametrize(("size", "canvas", "channels"), [(32, 48, 3), (28, 60, 1)])
def test_what_is_left_of_a_turned_image_is_a_disc(size, canvas, channels, angle, generator):
    images = torch.rand(2, channels, size, size, generator=generator)
    shown, hidden = (
        apply_controls(images, Controls(rotation=angle, edges=e), canvas, images) for e in ("shown", "hidden")
    )
    inside = disc(canvas, 15.5 * size / 32)
    assert torch.equal(hidden, shown * inside)


@pytest.mark.parametrize("angle", [0, 37, -60])
def test_no_pixel_of_the_disc_is_mixed_with_the_black_around_the_image(angle):
    white = torch.ones(1, 3, 32, 32)
    seen = apply_controls(white, Controls(rotation=angle, edges="hidden"), 48, white)
    torch.testing.assert_close(seen, disc(48, 15.5).expand_as(seen).float(), rtol=0, atol=1e-5)


def test_the_disc_goes_with_the_image_and_over_clutter_and_noise(generator):
    image = torch.rand(1, 3, 32, 32, generator=generator)
    controls = {
        "rotation": 20,
        "scale": 0.75,
        "shift_x": 0.25,
        "shift_y": -0.125,
        "clutter": 6,
        "noise": 0.2,
        "seed": 3,
    }
    shown = apply_controls(image, Controls(**controls), 48, image)
    hidden = apply_controls(image, Controls(**controls, edges="hidden"), 48, image)
    inside = disc(48, 15.5 * 0.75, x=6, y=-3)
    assert torch.equal(hidden, shown * inside) and shown[..., ~inside].any()


def test_in_a_batch_each_image_hides_its_own(generator):
    images = torch.rand(3, 1, 28, 28, generator=generator)
    several = [Controls(rotation=30, edges="hidden"), Controls(), Controls(shift_x=0.2, noise=0.1, edges="hidden")]
    together = apply_each(images, several, 60, [images] * 3)
    for i, one in enumerate(several):
        torch.testing.assert_close(together[i : i + 1], apply_controls(images[i : i + 1], one, 60, images))
    assert together[1, :, 29, 16:44].any() and not together[0, :, 15].any()


def test_a_tilted_image_keeps_an_ellipse_and_a_bent_one_is_refused(generator):
    images = torch.rand(4, 1, 28, 28, generator=generator)
    found = get_distortion("p")(images, images, 42, torch.Generator().manual_seed(0))
    kept = hide_edges(found).images != 0
    assert 0.15 < kept.float().mean() < 0.3 and not kept[..., 0, 0].any()
    with pytest.raises(StnError, match="Bent images"):
        hide_edges(get_distortion("e")(images, images, 42, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("bad", ["hide", "", None, True, 3, ["hidden"]])
def test_edges_are_shown_or_hidden(bad):
    with pytest.raises(StnError, match="give one of: shown, hidden"):
        Controls(edges=bad)
