import functools
import math

import pytest
import torch
import torch.nn.functional as F
from scipy.interpolate import RBFInterpolator
from torch._subclasses.fake_tensor import FakeTensorMode

from stn import geometry
from stn.errors import StnError
from stn.families import get_family

SIZES = [(28, 28), (17, 40), (1, 5)]


def random_matrices(n: int, generator: torch.Generator, dtype=torch.float32) -> torch.Tensor:
    noise = torch.rand(n, 3, 3, generator=generator, dtype=dtype) - 0.5
    noise[:, 2, :2] *= 0.5
    noise[:, 2, 2] = 0
    return torch.eye(3, dtype=dtype) + noise


@pytest.mark.parametrize("size", SIZES)
def test_affine_grid_is_torchs(size, generator):
    matrix = random_matrices(4, generator)
    matrix[:, 2] = torch.tensor([0.0, 0.0, 1.0])
    ours = geometry.affine_grid(matrix, size)
    torchs = F.affine_grid(matrix[:, :2], (4, 1, *size), align_corners=False)
    torch.testing.assert_close(ours, torchs, rtol=0, atol=1e-5)
    torch.testing.assert_close(geometry.matrix_grid(matrix, size), torchs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_projective_grid_is_the_homography_worked_point_by_point(size, generator):
    matrix = random_matrices(3, generator)
    grid = geometry.matrix_grid(matrix, size)
    for b in range(3):
        rows = matrix[b].double().tolist()
        for i in range(size[0]):
            for j in range(size[1]):
                point = ((2 * j + 1) / size[1] - 1, (2 * i + 1) / size[0] - 1, 1.0)
                x, y, w = (sum(r * p for r, p in zip(row, point, strict=True)) for row in rows)
                assert grid[b, i, j, 0].item() == pytest.approx(x / w, abs=1e-5)
                assert grid[b, i, j, 1].item() == pytest.approx(y / w, abs=1e-5)


def test_points_on_the_horizon_are_far_away_and_finite():
    matrix = torch.tensor([[[1.0, 0, 0], [0, 1, 1], [1, 0, 0]]], requires_grad=True)  # w is x
    grid = geometry.matrix_grid(matrix, (3, 3))
    grid.sum().backward()
    assert grid.isfinite().all() and matrix.grad.isfinite().all()
    assert grid[0, 1, 1].tolist() == [0, pytest.approx(1e6)]


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
def test_a_trace_averages_as_much_as_the_image_needs(generator):
    x, grid = torch.rand(1, 1, 32, 32, generator=generator), geometry.base_grid((32, 32))[None]
    sample = functools.partial(geometry.sample, average=True)
    traced = torch.jit.trace(lambda x, grid: sample(x, grid), (x, grid))  # of an image that does not shrink
    torch.testing.assert_close(traced(x, 3 * grid), sample(x, 3 * grid), rtol=0, atol=1e-5)


@pytest.mark.parametrize("n", [2, 3, 4, 6])
@pytest.mark.parametrize("size", SIZES)
def test_thin_plate_grid_is_scipys(n, size, generator):
    lattice = geometry.lattice(n, torch.float64)
    targets = lattice + 0.2 * torch.randn(n * n, 2, generator=generator, dtype=torch.float64)
    scipys = RBFInterpolator(lattice.numpy(), targets.numpy(), kernel="thin_plate_spline", degree=1)
    pixels = geometry.base_grid(size, torch.float64).reshape(-1, 2)
    expected = torch.from_numpy(scipys(pixels.numpy())).unflatten(0, size)
    ours = geometry.thin_plate_grid(targets.float()[None], size)[0]
    torch.testing.assert_close(ours.double(), expected, rtol=0, atol=1e-5)


def test_thin_plate_passes_through_its_points(generator):
    # The middle pixel of an odd image is the middle control point of an odd lattice.
    targets = torch.rand(3, 25, 2, generator=generator)
    grid = geometry.thin_plate_grid(targets, (7, 9))
    torch.testing.assert_close(grid[:, 3, 4], targets[:, 12], rtol=0, atol=1e-5)


def test_tracing_and_inference_mode_leave_no_tensor_behind(generator):
    points = torch.rand(1, 25, 2, generator=generator)
    size = (6, 5)  # of no other test: nothing of it is cached
    with FakeTensorMode(allow_non_fake_inputs=True):
        geometry.thin_plate_grid(points, size)
    with torch.inference_mode():
        geometry.thin_plate_grid(points, size)
    grid = geometry.thin_plate_grid(points.requires_grad_(), size)
    grid.sum().backward()
    assert type(grid) is torch.Tensor and points.grad is not None


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_quarter_turn_is_rot90(quarter_turns, generator):
    images = torch.rand(2, 3, 16, 16, generator=generator)
    rotation = get_family("rotation")
    theta = torch.full((2, 1), quarter_turns * math.pi / 2)
    turned = geometry.sample(images, rotation.grid(theta, (16, 16)))
    # A positive angle turns the image counter-clockwise, as rot90 does.
    torch.testing.assert_close(turned, torch.rot90(images, quarter_turns, (2, 3)), rtol=0, atol=1e-4)


def test_a_shift_by_whole_pixels_is_roll(generator):
    images = torch.rand(1, 1, 12, 12, generator=generator)
    theta = torch.tensor([[2 * 3 / 12, -2 * 2 / 12]])  # looks 3 pixels to the right and 2 up
    moved = geometry.sample(images, get_family("translation").grid(theta, (12, 12)))
    expected = torch.zeros_like(images)
    expected[:, :, 2:, :9] = images[:, :, :10, 3:]
    torch.testing.assert_close(moved, expected, rtol=0, atol=1e-5)


def test_a_warp_and_its_inverse_cancel(generator):
    smooth = F.interpolate(torch.rand(1, 1, 4, 4, generator=generator), size=64, mode="bicubic").clamp(0, 1)
    family = get_family("similarity")
    theta = torch.tensor([[1.02, 0.2, 0.05, -0.03]])
    once = geometry.sample(smooth, family.grid(theta, (64, 64)))
    back = geometry.sample(once, family.grid(family.invert(theta), (64, 64)))
    inner = slice(16, 48)
    assert (back - smooth)[..., inner, inner].abs().max() < 0.02


def test_averaging_keeps_the_mean_where_plain_sampling_aliases():
    stripes = torch.zeros(1, 1, 64, 64)
    stripes[..., ::4] = 1  # a quarter of the image is white
    grid = geometry.base_grid((16, 16))[None]
    assert geometry.sample(stripes, grid, average=True).mean().item() == pytest.approx(0.25, abs=1e-3)
    assert abs(geometry.sample(stripes, grid).mean().item() - 0.25) > 0.2


def test_averaging_changes_nothing_where_nothing_shrinks(generator):
    images = torch.rand(2, 1, 20, 20, generator=generator)
    grid = 0.7 * geometry.base_grid((20, 20)).expand(2, -1, -1, -1)
    assert torch.equal(geometry.sample(images, grid, average=True), geometry.sample(images, grid))


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (4, 1)])
def test_a_single_sample_averages_the_image_too(size):
    stripes = torch.zeros(1, 1, 16, 16)
    stripes[:, :, ::4, ::4] = 1  # a sixteenth of the image is white
    out = geometry.sample(stripes, geometry.base_grid(size)[None], "border", average=True)
    torch.testing.assert_close(out, torch.full((1, 1, *size), 1 / 16), rtol=0, atol=1e-3)


@pytest.mark.parametrize("average", [False, True])
def test_an_empty_batch_stays_one(average):
    out = geometry.sample(torch.zeros(0, 3, 8, 8), geometry.base_grid((4, 5))[None][:0], average=average)
    assert out.shape == (0, 3, 4, 5)


def test_sample_keeps_float32_under_autocast(generator):
    images = torch.rand(1, 1, 28, 28, generator=generator)
    grid = geometry.base_grid((28, 28))[None]
    with torch.autocast("cpu", torch.bfloat16):
        out = geometry.sample(images, grid)
    assert out.dtype == torch.float32
    torch.testing.assert_close(out, images, rtol=0, atol=1e-5)


@pytest.mark.parametrize("images", [torch.uint8, torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("grid", [torch.float32, torch.float64])
def test_samples_are_as_exact_as_the_better_of_both(images, grid):
    out = geometry.sample(torch.ones(1, 1, 4, 4, dtype=images), geometry.base_grid((4, 4), grid)[None], average=True)
    assert out.dtype == (torch.float64 if torch.float64 in (images, grid) else torch.float32)


def test_unknown_padding_is_refused():
    with pytest.raises(StnError, match=r"'zero'.*border, mean, reflection, zeros.*Did you mean 'zeros'"):
        geometry.sample(torch.zeros(1, 1, 4, 4), geometry.base_grid((4, 4))[None], padding="zero")


@pytest.mark.parametrize(
    "rows",
    [
        [[0.0, 0.0, 0.0]] * 3,
        [[0.3, 0.1, 0.0], [0.9, 0.3, 0.0], [0.0, 0.0, 1.0]],  # of rank 2, which rounding hides
        [[math.nan, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ],
)
def test_a_matrix_without_inverse_is_refused(rows):
    with pytest.raises(StnError, match=r"no inverse"):
        geometry.invert(torch.stack([torch.eye(3), torch.tensor(rows)]))


def test_small_and_far_frames_have_inverses():
    far = [[0.01, 0.0, 100.0], [0.0, 0.01, -50.0], [0.0, 0.0, 1.0]]
    matrices = torch.stack([torch.tensor(far), torch.tensor([50.0, 50.0, 1.0]).diag()])
    torch.testing.assert_close(matrices @ geometry.invert(matrices), torch.eye(3).expand(2, -1, -1), rtol=0, atol=1e-4)


def test_exact_functions_take_arguments_by_name():
    matrix = torch.eye(3)[None]
    torch.testing.assert_close(geometry.matrix_grid(matrix=matrix, size=(4, 4)), geometry.matrix_grid(matrix, (4, 4)))


def test_polar_finds_angle_and_stretches():
    angle = math.radians(37)
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    stretch = torch.tensor([[1.5, 0.2], [0.2, 0.8]])
    matrix = torch.eye(3)[None].clone()
    matrix[0, :2, :2] = turn @ stretch
    found, stretches = geometry.polar(matrix)
    assert math.degrees(found.item()) == pytest.approx(37, abs=1e-3)
    torch.testing.assert_close(stretches[0], torch.linalg.eigvalsh(stretch).flip(0))
    matrix[0, 0] *= -1
    assert geometry.polar(matrix)[1][0, 1] < 0


def test_polar_is_what_the_singular_values_say(generator):
    matrix = torch.randn(200, 3, 3, generator=generator, dtype=torch.float64)  # half of them mirror
    u, values, vh = torch.linalg.svd(matrix[:, :2, :2])
    sign = torch.ones_like(values)
    sign[:, 1] = torch.det(u @ vh).sign()
    turn = u * sign[:, None] @ vh  # (B, 2, 2)
    angle, stretches = geometry.polar(matrix)
    torch.testing.assert_close(stretches, values * sign, rtol=0, atol=1e-12)
    torch.testing.assert_close(angle.cos(), turn[:, 0, 0], rtol=0, atol=1e-12)
    torch.testing.assert_close(angle.sin(), turn[:, 1, 0], rtol=0, atol=1e-12)


def test_outside_fraction_counts_points_beyond_the_edges():
    grid = geometry.base_grid((12, 12))[None] * 2  # half of each axis stays inside
    assert geometry.outside_fraction(grid).item() == pytest.approx(0.75, abs=0.01)


def test_corners_run_clockwise_from_the_top_left():
    square = geometry.corners(torch.eye(3)[None])[0]
    assert square.tolist() == [[-1, -1], [1, -1], [1, 1], [-1, 1]]


def test_the_nearest_affine_map_of_an_affine_grid_is_its_matrix():
    matrix = torch.tensor([[[0.5, -0.2, 0.1], [0.3, 0.8, -0.4], [0, 0, 1]]])
    torch.testing.assert_close(geometry.nearest_affine(geometry.affine_grid(matrix, (9, 7))), matrix, rtol=0, atol=1e-5)


def test_the_best_turn_of_a_lattice_is_the_polar_angle_of_its_matrix(generator):
    matrix = random_matrices(20, generator, torch.float64)
    matrix[:, 2] = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    points = geometry.lattice(3, torch.float64)
    turn = geometry.procrustes_angle(points, geometry.transform_points(matrix, points))
    torch.testing.assert_close(turn, geometry.polar(matrix)[0], rtol=0, atol=1e-10)


def test_growth_is_the_root_mean_square_of_the_stretches_wherever_the_points_lie(generator):
    matrix = random_matrices(20, generator, torch.float64)
    matrix[:, 2] = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    points = geometry.lattice(3, torch.float64)
    relative_scale = geometry.relative_scale(points, geometry.transform_points(matrix, points))
    torch.testing.assert_close(relative_scale, geometry.polar(matrix)[1].square().mean(1).sqrt(), rtol=0, atol=1e-10)
