import math

import pytest
import torch

from stn import StnError, geometry
from stn.clutter import add_clutter
from stn.distort import (
    CLUTTERED,
    DISTORTIONS,
    Controls,
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


def test_no_controls_put_the_image_in_the_middle_unchanged(generator):
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


def test_colour_clutter_is_a_piece_of_a_pool_image():
    pool = torch.arange(2 * 3 * 32 * 32).float().view(2, 3, 32, 32)
    out = add_clutter(-torch.ones(1, 3, 48, 48), torch.tensor([1]), pool, 8, "paste", torch.Generator().manual_seed(0))
    y, x = (out[0, 0] >= 0).nonzero()[0].tolist()
    patch = out[0, :, y : y + 8, x : x + 8]
    windows = pool.unfold(2, 8, 1).unfold(3, 8, 1)  # (2, 3, 25, 25, 8, 8)
    matches = (windows == patch[None, :, None, None]).all(-1).all(-1).all(1)
    assert matches.sum() == 1
    assert (out[0, 0] >= 0).sum() == 64


def test_no_image_gets_clutter_of_its_own(generator):
    own = torch.arange(1.0, 5.0).view(4, 1, 1, 1).expand(4, 3, 16, 16)  # image i is all i + 1
    given = torch.zeros(4, 3, 40, 40)
    seen = set()
    for _ in range(20):
        out = add_clutter(given, torch.full((4,), 5), own, 8, "paste", generator, others=True)
        seen |= {(i, int(v)) for i in range(4) for v in out[i].unique() if v > 0}
    assert seen == {(i, j + 1) for i in range(4) for j in range(4) if i != j}


def test_one_patch_more_does_not_change_the_noise():
    image, pool = torch.full((1, 1, 28, 28), 0.5), torch.zeros(5, 1, 28, 28)
    none, five = (apply_controls(image, Controls(clutter=n, noise=0.05, seed=3), 28, pool) for n in (0, 5))
    assert torch.equal(none, five)  # patches of black change nothing where they are merged by maximum


@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("name", CLUTTERED)
def test_clutter_for_other_images_than_gray_and_rgb_is_one_sentence(name, channels, generator):
    images = torch.rand(2, channels, 28, 28, generator=generator)
    said = rf"^Clutter is for images of 1 channel \(gray\) or 3 \(RGB\), not {channels}; convert them first\.$"
    with pytest.raises(StnError, match=said):
        get_distortion(name)(images, images, 42, generator)
    with pytest.raises(StnError, match=said):
        apply_controls(images, Controls(clutter=1), 42, images)


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


def test_three_quarters_of_the_lessons_are_images_that_are_only_turned(generator):
    images = torch.zeros(600, 1, 28, 28)
    lesson = get_distortion("play-turned")(images, images + 1, 60, generator)
    undoing = geometry.invert(lesson.matrix)
    stretches = torch.linalg.svdvals(undoing[:, :2, :2])
    turned = ((stretches - 28 / 60).abs() < 1e-4).all(1) & (undoing[:, :2, 2].abs() < 1e-5).all(1)
    assert turned.float().mean().item() == pytest.approx(3 / 4, abs=0.08)
    assert not lesson.images[turned].any(), "neither clutter nor noise"
    assert lesson.images[~turned].flatten(1).any(1).float().mean() > 0.6
    angles = torch.rad2deg(geometry.polar(undoing[turned])[0])
    assert angles.min() < -75 and angles.max() > 75


def test_in_an_eighth_of_the_lessons_one_control_is_moved(generator):
    images = torch.zeros(2000, 1, 28, 28)
    lesson = get_distortion("play-moved")(images, images + 1, 60, generator)
    undoing = geometry.invert(lesson.matrix)
    turn, stretches = geometry.polar(undoing)
    area = torch.linalg.det(undoing[:, :2, :2])
    cluttered, noisy = (
        (lesson.images == 1).flatten(1).any(1),
        ((lesson.images > 0) & (lesson.images < 1)).flatten(1).any(1),
    )
    moved = {
        "scale": (area.sqrt() - 28 / 60).abs() > 1e-4,
        "shift_x": undoing[:, 0, 2].abs() > 1e-5,
        "shift_y": undoing[:, 1, 2].abs() > 1e-5,
        "shear": stretches[:, 0] / stretches[:, 1] > 1 + 1e-4,
        "clutter": cluttered & ~noisy,  # noise makes ones too
        "noise": noisy,
    }
    count = sum(found.int() for found in moved.values())
    turned = (turn.abs() > 1e-4) & ~moved["shear"]  # sheared, an image is turned too
    assert (turned & (count == 0)).float().mean().item() == pytest.approx(5 / 8, abs=0.04)
    alone = ~turned & (count == 1)
    assert alone.float().mean().item() == pytest.approx(1 / 8 - 1 / 48, abs=0.03), "half of clutter and noise is none"
    assert all((alone & found).any() for found in moved.values())
    assert (count[~alone & (count > 0)] > 2).all(), "the others are moved in every way"


@pytest.mark.parametrize(("name", "share"), [("mild", 1 / 4), ("seldom-mild", 1 / 10)])
def test_mild_leaves_most_images_as_they_are(name, share, generator):
    images = torch.rand(600, 1, 32, 32, generator=generator)
    mild = get_distortion(name)(images, images, 32, generator)
    moved = (mild.matrix - torch.eye(3)).flatten(1).abs().amax(1) > 1e-5
    assert moved.float().mean().item() == pytest.approx(share, abs=0.05)
    torch.testing.assert_close(mild.images[~moved], images[~moved], atol=1e-5, rtol=0)
    undoing = geometry.invert(mild.matrix[moved])
    angles, stretches = torch.rad2deg(geometry.polar(undoing)[0]), torch.linalg.svdvals(undoing[:, :2, :2])
    assert 15 < angles.abs().max() < 20 and 0.85 < stretches.min() < 0.9 and 1.1 < stretches.max() < 1.15


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
    out = get_distortion(name)(images, torch.zeros_like(images), SETS[name], generator)
    whole = out.images.sum((1, 2, 3))
    if name == "e":
        assert (whole > 0.6 * 400).all() and (whole < 1.4 * 400).all()
        return
    # A matrix makes a quadrangle of the digit's square, and the canvas holds its whole area (the shoelace formula).
    square = geometry.corners(torch.eye(3)[None])[0] * 20 / 28
    x, y = (geometry.transform_points(geometry.invert(out.matrix), square) * SETS[name] / 2).unbind(
        -1
    )  # (B, 4), pixels
    area = (x * y.roll(-1, 1) - x.roll(-1, 1) * y).sum(1) / 2
    torch.testing.assert_close(whole, area, rtol=0.03, atol=0)


def test_homographies_take_four_points_where_they_should(generator):
    source = geometry.corners(torch.eye(3)[None]).expand(5, -1, -1)
    target = source + 0.3 * torch.rand(5, 4, 2, generator=generator)
    matrix = geometry.homography(source, target)
    found = torch.cat([geometry.transform_points(m[None], s) for m, s in zip(matrix, source, strict=True)])
    torch.testing.assert_close(found, target, rtol=0, atol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine")
@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_seed_gives_the_same_batch_on_a_gpu(name, generator):
    images = torch.rand(64, 3, 32, 32, generator=generator)
    warp, seed = get_distortion(name), torch.Generator().manual_seed
    here, there = (warp(given, given, 48, seed(0)).images for given in (images, images.cuda()))
    torch.testing.assert_close(there.cpu(), here, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("name", "widest"), [("r", 90), ("rts", 45), ("rsc", 90)])
def test_rotations_fill_their_range(name, widest, generator):
    images = torch.zeros(500, 3 if name == "rsc" else 1, 28, 28)
    matrix = get_distortion(name)(images, images, 42, generator).matrix
    angles = torch.rad2deg(geometry.polar(geometry.invert(matrix))[0])
    assert -widest <= angles.min() < -0.9 * widest
    assert 0.9 * widest < angles.max() <= widest + 1e-3


# name -> part of the pixels that clutter and noise leave as they are
CLEAN = {"r": 0.999, "rts": 0.999, "p": 0.999, "tc": 0.8, "rsc": 0.8, "play": 0.2}


@pytest.mark.parametrize("name", CLEAN)
def test_the_inverse_of_every_matrix_undoes_its_distortion(name):
    """A ramp in x and y, undone, is the ramp again where it stayed on the canvas."""
    ramp = geometry.base_grid((28, 28)).permute(2, 0, 1)
    images = torch.cat([ramp, torch.ones(1, 28, 28)]).expand(12, -1, -1, -1) / 2 + 0.5
    out = get_distortion(name)(images, images, 60, torch.Generator().manual_seed(1))
    grid = geometry.matrix_grid(geometry.invert(out.matrix), (28, 28))
    undone = geometry.sample(out.images, grid)
    inside = (grid.abs() < 0.97).all(-1)[:, 2:-2, 2:-2]  # without edges, which are mixed with black
    right = ((undone - images).abs().amax(1) < 0.03)[:, 2:-2, 2:-2]
    assert inside.float().mean() > 0.8
    assert right[inside].float().mean() >= CLEAN[name]
