import math

import pytest
import torch

from stn import StnError, geometry
from stn.distort import (
    CONTROL_RANGES,
    DISTORTIONS,
    Controls,
    add_clutter,
    apply_controls,
    get_distortion,
    placement_matrix,
)


def dot(x: int, y: int, size: int = 28) -> torch.Tensor:
    image = torch.zeros(1, 1, size, size)
    image[..., y - 1 : y + 2, x - 1 : x + 2] = 1
    return image


def place_of(image: torch.Tensor) -> tuple[float, float]:
    """Centre of mass (x, y) in pixels from the middle."""
    h, w = image.shape[-2:]
    mass = image.sum()
    x = (image.sum((0, 1, 2)) * (torch.arange(w) + 0.5)).sum() / mass - w / 2
    y = (image.sum((0, 1, 3)) * (torch.arange(h) + 0.5)).sum() / mass - h / 2
    return x.item(), y.item()


def controlled(image: torch.Tensor, canvas: int = 60, **values) -> torch.Tensor:
    return apply_controls(image, Controls(**values), canvas, image)


def test_no_controls_put_the_picture_in_the_middle_unchanged(generator):
    image = torch.rand(1, 1, 28, 28, generator=generator)
    out = controlled(image)
    torch.testing.assert_close(out[..., 16:44, 16:44], image, rtol=0, atol=1e-4)
    assert out.sum().item() == pytest.approx(image.sum().item(), rel=1e-3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, (8.5, 0.5)),
        ({"rotation": 90}, (0.5, -8.5)),  # counter-clockwise: from the right to the top
        ({"rotation": -90}, (-0.5, 8.5)),
        ({"scale": 1.5}, (12.75, 0.75)),
        ({"scale": 0.5}, (4.25, 0.25)),
        ({"shift_x": 0.2}, (14.5, 0.5)),  # 0.2 of 30 pixels
        ({"shift_y": -0.4}, (8.5, -11.5)),
    ],
)
def test_each_control_moves_a_dot_where_it_should(values, expected):
    x, y = place_of(controlled(dot(22, 14), **values))
    assert (x, y) == (pytest.approx(expected[0], abs=0.1), pytest.approx(expected[1], abs=0.1))


def test_shear_leans_the_top_to_the_right():
    x, y = place_of(controlled(dot(14, 4), shear=30))
    assert x == pytest.approx(0.5 + 9.5 * math.tan(math.radians(30)), abs=0.1)
    assert y == pytest.approx(-9.5, abs=0.1)


def test_a_quarter_turn_is_rot90(generator):
    image = torch.rand(2, 3, 32, 32, generator=generator)
    out = controlled(image, 32, rotation=90)
    torch.testing.assert_close(out, torch.rot90(image, 1, (2, 3)), rtol=0, atol=1e-4)


def test_the_inverse_of_the_matrix_undoes_the_distortion(generator):
    image = torch.rand(8, 1, 28, 28, generator=generator)
    image = torch.nn.functional.avg_pool2d(image, 5, 1, 2)
    values = [torch.rand(8, generator=generator) for _ in range(3)]
    matrix = placement_matrix(90 * values[0], 0.8 + 0.4 * values[1], torch.zeros(8, 2), 20 * values[2], 60, 28)
    canvas = geometry.sample(image, geometry.affine_grid(matrix, (60, 60)), average=True)
    back = geometry.sample(canvas, geometry.affine_grid(geometry.invert(matrix), (28, 28)))
    assert (back - image)[..., 3:-3, 3:-3].abs().mean() < 0.02


def test_more_clutter_keeps_the_patches_already_there(generator):
    image, pool = torch.zeros(1, 1, 28, 28), torch.rand(5, 1, 28, 28, generator=generator)
    three, five = (apply_controls(image, Controls(clutter=n, seed=3), 60, pool) for n in (3, 5))
    assert ((five - three) >= 0).all() and five.sum() > three.sum()
    assert (three > 0).sum() <= 3 * 36


def test_colour_clutter_is_a_piece_of_a_pool_picture():
    pool = torch.arange(2 * 3 * 32 * 32).float().view(2, 3, 32, 32)
    out = add_clutter(-torch.ones(1, 3, 48, 48), torch.tensor([1]), pool, 8, "paste", torch.Generator().manual_seed(0))
    y, x = (out[0, 0] >= 0).nonzero()[0].tolist()
    patch = out[0, :, y : y + 8, x : x + 8]
    windows = pool.unfold(2, 8, 1).unfold(3, 8, 1)  # (2, 3, 25, 25, 8, 8)
    matches = (windows == patch[None, :, None, None]).all(-1).all(-1).all(1)
    assert matches.sum() == 1
    assert (out[0, 0] >= 0).sum() == 64


def test_clutter_only_where_it_is_counted(generator):
    pool = torch.rand(4, 1, 28, 28, generator=generator)
    out = add_clutter(torch.zeros(3, 1, 40, 40), torch.tensor([0, 2, 0]), pool, 6, "maximum", generator)
    assert [bool(image.any()) for image in out] == [False, True, False]


def test_noise_has_the_sd_it_says():
    out = apply_controls(torch.full((1, 1, 28, 28), 0.5), Controls(noise=0.1), 28, torch.zeros(1, 1, 28, 28))
    assert out.std().item() == pytest.approx(0.1, rel=0.1)
    assert out.min() >= 0 and out.max() <= 1


@pytest.mark.parametrize("name", DISTORTIONS)
@pytest.mark.parametrize(("channels", "size", "canvas"), [(1, 28, 60), (3, 32, 48)])
def test_same_seed_same_batch(name, channels, size, canvas, generator):
    images = torch.rand(6, channels, size, size, generator=generator)
    distort = get_distortion(name)
    a, b, c = (distort(images, images, canvas, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(a.images, b.images) and not torch.equal(a.images, c.images)
    assert a.images.shape == (6, channels, canvas, canvas)
    assert a.images.min() >= 0 and a.images.max() <= 1


def test_playing_covers_the_whole_range_of_rotation(generator):
    images = torch.rand(400, 1, 28, 28, generator=generator)
    matrix = get_distortion("play")(images, images, 60, generator).matrix
    angles = torch.rad2deg(geometry.polar(geometry.invert(matrix))[0])
    low, high = CONTROL_RANGES["rotation"]
    assert angles.min() < low + 15 and angles.max() > high - 15


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rotation": 91}, "rotation is 91; give a number from -90 to 90"),
        ({"scale": float("nan")}, "scale is nan"),
        ({"noise": "0.1"}, "noise is '0.1'"),
        ({"clutter": 2.5}, "clutter is 2.5; give a whole number from 0 to 8"),
        ({"shear": True}, "shear is True"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_controls_are_refused(values, message):
    with pytest.raises(StnError, match=message):
        Controls(**values)


def test_unknown_distortions_get_the_list():
    with pytest.raises(StnError, match=r"there are: .*play"):
        get_distortion("plays")


# name -> canvas
SETS = {"r": 28, "rts": 42, "p": 42, "e": 42, "tc": 60}


@pytest.mark.parametrize("name", SETS)
def test_the_sets_keep_the_digit_on_the_canvas(name, generator):
    images = torch.zeros(200, 1, 28, 28)
    images[..., 4:24, 4:24] = 1
    out = get_distortion(name)(images, torch.zeros_like(images), SETS[name], generator).images
    whole = out.sum((1, 2, 3))
    low, high = {"r": (0.97, 1.03), "rts": (0.47, 1.46), "p": (0.2, 1.9), "e": (0.6, 1.4), "tc": (0.99, 1.01)}[name]
    assert (whole > low * 400).all()
    assert (whole < high * 400).all()


def test_homographies_take_four_points_where_they_should(generator):
    source = geometry.corners(torch.eye(3)[None]).expand(5, -1, -1)
    target = source + 0.3 * torch.rand(5, 4, 2, generator=generator)
    matrix = geometry.homography(source, target)
    found = torch.cat([geometry.transform_points(m[None], s) for m, s in zip(matrix, source, strict=True)])
    torch.testing.assert_close(found, target, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("name", "widest"), [("r", 90), ("rts", 45), ("rsc", 90)])
def test_rotations_fill_their_range(name, widest, generator):
    images = torch.zeros(500, 3 if name == "rsc" else 1, 28, 28)
    matrix = get_distortion(name)(images, images, 42, generator).matrix
    angles = torch.rad2deg(geometry.polar(geometry.invert(matrix))[0])
    assert -widest <= angles.min() < -0.9 * widest
    assert 0.9 * widest < angles.max() <= widest + 1e-3


@pytest.mark.parametrize("name", ["r", "rts", "p", "tc", "rsc", "play"])
def test_every_matrix_undoes_its_distortion(name, generator):
    """A ramp in x and y, undone, is the ramp again where it stayed on the canvas."""
    ramp = geometry.base_grid((28, 28)).permute(2, 0, 1)
    images = torch.cat([ramp, torch.ones(1, 28, 28)]).expand(6, -1, -1, -1) / 2 + 0.5
    out = get_distortion(name)(images, images, 60, torch.Generator().manual_seed(1))
    clean = geometry.sample(images, geometry.matrix_grid(out.matrix, (60, 60)), average=True)
    changed = (out.images - clean).abs().amax(1) > 1e-3
    assert changed.float().mean() < {"r": 1e-6, "rts": 1e-6, "p": 1e-6, "tc": 0.12, "rsc": 0.08, "play": 1}[name]
