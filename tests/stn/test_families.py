import copy
import pickle
from dataclasses import replace

import pytest
import torch
from torch.autograd import gradcheck

from stn import geometry
from stn.errors import StnError
from stn.families import FAMILY_NAMES, MATRIX_FAMILIES, ThinPlateSpline, get_family
from stn.zooming import ZoomLocalizer

COUNTS = {"translation": 2, "rotation": 1, "attention": 3, "similarity": 4, "affine": 6, "projective": 8, "tps": 32}


def near_identity(family, n: int, generator: torch.Generator, dtype=torch.float32) -> torch.Tensor:
    noise = torch.rand(n, family.n_params, generator=generator, dtype=dtype) - 0.5
    return family.identity(n, dtype) + 0.4 * noise


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_counts_and_names(name):
    family = get_family(name)
    assert family.n_params == COUNTS[name] == len(family.parameter_names) == len(set(family.parameter_names))
    assert family.identity(3).shape == (3, family.n_params)


@pytest.mark.parametrize("name", FAMILY_NAMES)
@pytest.mark.parametrize("size", [(28, 28), (9, 31)])
def test_the_identity_is_the_base_grid(name, size):
    family = get_family(name)
    grid = family.grid(family.identity(2), size)
    torch.testing.assert_close(grid[1], geometry.base_grid(size), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_the_identity_returns_the_input(name, generator):
    images = torch.rand(2, 3, 28, 28, generator=generator, dtype=torch.float64)
    family = get_family(name)
    out = geometry.sample(images, family.grid(family.identity(2, torch.float64), (28, 28)))
    torch.testing.assert_close(out, images, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", MATRIX_FAMILIES)
def test_composition_is_one_warp_after_the_other(name, generator):
    family = get_family(name)
    first, second = (near_identity(family, 5, generator) for _ in range(2))
    points = geometry.base_grid((6, 6)).reshape(-1, 2)
    looked_up = geometry.transform_points(family.matrix(second), points)
    twice = torch.cat(
        [geometry.transform_points(m[None], p) for m, p in zip(family.matrix(first), looked_up, strict=True)]
    )
    once = geometry.transform_points(family.matrix(family.compose(first, second)), points)
    torch.testing.assert_close(once, twice, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", MATRIX_FAMILIES)
def test_inverse_undoes(name, generator):
    family = get_family(name)
    theta = near_identity(family, 5, generator)
    for undone in (family.compose(theta, family.invert(theta)), family.compose(family.invert(theta), theta)):
        torch.testing.assert_close(undone, family.identity(5), rtol=0, atol=1e-5)


def test_a_homography_whose_inverse_has_no_theta_is_refused():
    theta = torch.tensor([[1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0]])  # its inverse sends (0, 0) to infinity
    with pytest.raises(StnError, match="which no theta expresses"):
        get_family("projective").invert(theta)


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_gradients_are_right(name, generator):
    family = get_family(name, points=3)
    images = torch.rand(2, 2, 7, 6, generator=generator, dtype=torch.float64).requires_grad_()
    theta = near_identity(family, 2, generator, torch.float64).requires_grad_()

    def transform(images, theta):
        return geometry.sample(images, family.grid(theta, (5, 4)))

    assert gradcheck(transform, (images, theta))


@pytest.mark.parametrize("name", ZoomLocalizer.zooming)
def test_theta_within_a_window_is_the_mapped_grid(name, generator):
    family = get_family(name)
    theta = near_identity(family, 3, generator, torch.float64)
    s, x, y = torch.rand(3, 3, generator=generator, dtype=torch.float64)
    window = get_family("attention").matrix(torch.stack([s + 0.1, x - 0.5, y - 0.5], dim=1))  # of every zooming family
    grid = family.grid(theta, (6, 5))  # (B, H, W, 2)
    expected = grid @ window[:, None, :2, :2].mT + window[:, None, None, :2, 2]
    torch.testing.assert_close(family.grid(family.within(theta, window), (6, 5)), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("points", [2, 3, 7])
def test_any_number_of_control_points(points):
    family = ThinPlateSpline(points)
    assert family.n_params == 2 * points**2 == len(family.parameter_names)


@pytest.mark.parametrize("points", [1, 0, -3, 2.5, 4.0, True, "4", None])
def test_a_bad_number_of_control_points_is_refused(points):
    with pytest.raises(StnError, match=r"at least 2x2"):
        get_family("tps", points)


def test_an_unknown_family_gets_the_list_and_the_nearest():
    with pytest.raises(StnError, match=r"'afine'.*rotation.*Did you mean 'affine'"):
        get_family("afine")


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_the_rows_of_an_identity_are_apart(name):
    theta = get_family(name).identity(3)
    theta[0] = 7
    assert torch.equal(theta[1], get_family(name).identity()[0])


def halved(matrix: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return geometry.affine_grid(matrix, size) / 2


def test_a_family_of_ones_own_is_copied_as_it_is():
    own = replace(get_family("affine"), to_grid=halved)  # of the same name
    again = copy.deepcopy(own)
    assert again == own and again != get_family("affine")
    assert torch.equal(again.grid(own.identity(), (4, 4)), geometry.base_grid((4, 4))[None] / 2)
    assert pickle.loads(pickle.dumps(get_family("affine"))) is get_family("affine")


@pytest.mark.parametrize("name", ["rotation", "similarity"])
@pytest.mark.parametrize("size", [(48, 188), (60, 20)])
def test_turns_of_images_that_are_not_square_keep_squares(name, size):
    family, (height, width) = get_family(name), size
    theta = torch.tensor([[0.5]]) if name == "rotation" else torch.tensor([[0.8, 0.6, 0.1, -0.2]])
    grid = family.grid(theta, size, width / height)[0]
    pixels = (grid + 1) * torch.tensor([width, height]) / 2
    right, down = pixels[0, 8] - pixels[0, 0], pixels[8, 0] - pixels[0, 0]  # the sides of 8x8 pixels
    torch.testing.assert_close(torch.stack([right.norm(), down.norm()]), torch.tensor([8.0, 8.0]), rtol=1e-4, atol=0)
    assert torch.dot(right, down).item() == pytest.approx(0, abs=1e-2)
    matrix = family.matrix(theta, width / height)
    torch.testing.assert_close(family.from_matrix(matrix, width / height), theta, rtol=0, atol=1e-6)
    again = replace(family, keeps_angles=False)  # what both did once
    assert torch.equal(again.grid(theta, size, width / height), family.grid(theta, size))


def test_compositions_and_inverses_know_the_aspect(generator):
    family, aspect = get_family("similarity"), 188 / 48
    first, second = (near_identity(family, 3, generator, torch.float64) for _ in range(2))
    product = family.matrix(first, aspect) @ family.matrix(second, aspect)
    both = family.compose(first, second, aspect)
    torch.testing.assert_close(family.matrix(both, aspect), product, rtol=0, atol=1e-12)
    undone = family.compose(first, family.invert(first, aspect), aspect)
    torch.testing.assert_close(undone, family.identity(3, torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_points_are_mapped_as_the_grid_is_and_back(name, generator):
    family = get_family(name)
    theta = family.identity(2) + 0.1 * (torch.rand(2, family.n_params, generator=generator) - 0.5)
    points = geometry.base_grid((5, 7)).reshape(-1, 2)
    mapped = family.map_points(theta, points, aspect=1.5)
    torch.testing.assert_close(mapped, family.grid(theta, (5, 7), 1.5).flatten(1, 2), rtol=0, atol=1e-5)
    back = family.unmap_points(theta[:1], mapped[0], aspect=1.5)
    torch.testing.assert_close(back[0], points, rtol=0, atol=1e-4)


def test_a_spline_has_control_points_of_its_own(generator):
    controls = ((-1, -1), (1, -1), (0.2, 0.1), (-1, 1), (1, 1))
    family = get_family("tps", points=controls)
    theta = family.identity() + 0.2 * (torch.rand(1, 10, generator=generator) - 0.5)
    mapped = family.map_points(theta, torch.tensor(controls, dtype=torch.float32))
    torch.testing.assert_close(mapped.flatten(1), theta, rtol=0, atol=1e-5)
    lattice = get_family("tps", points=[tuple(p) for p in geometry.lattice(3).tolist()])
    theta = lattice.identity() + 0.1
    torch.testing.assert_close(lattice.grid(theta, (6, 5)), get_family("tps", 3).grid(theta, (6, 5)), rtol=0, atol=1e-6)


def test_a_fold_has_no_way_back():
    family = get_family("tps", 2)
    folded = torch.tensor([[-1.0, -1, -1, -1, -1, -1, -1, -1]])
    with pytest.raises(StnError, match="folds"):
        family.unmap_points(folded, torch.tensor([[0.5, 0.5]]))
