"""What was asked of the transformer, what it did and what is left, on grids that are known."""

import math

import pytest
import torch

from demo.core.turns import Turn, find_turns
from stn import geometry
from stn.controls import Controls
from stn.distort import placement_matrix
from stn.families import get_family

CANVAS, SIZE = 60, 28


def find_turn(grid, controls):
    return find_turns(grid.numpy(), [controls], CANVAS, SIZE)[0]


def grid_undoing(controls: Controls, extra: float = 0.0) -> torch.Tensor:
    """The grid of a transformer that undoes `controls` and turns the image by `extra` degrees more."""
    one = lambda name: torch.tensor([getattr(controls, name)])  # noqa: E731
    shift = torch.tensor([[controls.shift_x, controls.shift_y]])
    placed = placement_matrix(one("rotation"), one("scale"), shift, one("shear"), CANVAS, SIZE)  # canvas -> image
    c, s = math.cos(math.radians(extra)), math.sin(math.radians(extra))
    # y points down: this samples along a turn from x towards y, which turns the image counter-clockwise.
    more = torch.tensor([[[c, -s, 0], [s, c, 0], [0, 0, 1.0]]])
    return geometry.affine_grid(geometry.product(geometry.invert(placed), more), (SIZE, SIZE))


@pytest.mark.parametrize("rotation", [-90, -41, 0, 60, 90])
def test_what_is_undone_is_the_opposite_of_what_was_asked(rotation):
    controls = Controls(rotation=rotation, scale=0.7, shift_x=0.2)
    turn = find_turn(grid_undoing(controls), controls)
    assert (turn.asked, turn.off) == (rotation, "")
    assert turn.done == pytest.approx(-rotation, abs=1e-3) and turn.left == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("extra", "off"),
    [
        *((44, ""), (-44, "")),
        *((46, "a quarter turn off"), (-90, "a quarter turn off"), (134, "a quarter turn off")),
        *((136, "upside down"), (-170, "upside down")),
    ],
)
def test_an_output_that_is_far_from_upright_is_said_to_be(extra, off):
    controls = Controls(rotation=20)
    turn = find_turn(grid_undoing(controls, extra), controls)
    assert turn.off == off and turn.left == pytest.approx(extra, abs=1e-3)


def test_a_shear_that_is_undone_leaves_nothing_though_it_turns_an_image():
    controls = Controls(shear=30)
    turn = find_turn(grid_undoing(controls), controls)
    assert abs(turn.done) > 10 and turn.left == pytest.approx(0, abs=1e-3)


def test_words_have_signs():
    assert Turn(60.0, -58.3, 1.7).words == "Turned by +60\u00b0, undone by \u221258\u00b0."
    assert Turn(0.0, 0.2, 0.2).words == "Turned by 0\u00b0, undone by 0\u00b0."
    assert Turn(None, 12.0, None).words == "The transformer turned it by +12\u00b0."


def test_of_an_own_image_nobody_knows_what_is_left():
    turn = find_turn(grid_undoing(Controls(rotation=30), 90), None)
    assert turn.asked is turn.left is None and turn.off == "" and turn.done == pytest.approx(60, abs=1e-3)


def test_a_theta_that_is_not_finite_says_nothing():
    grid = get_family("affine").grid(torch.full((1, 6), torch.nan), (SIZE, SIZE))
    assert find_turn(grid, Controls()) == Turn(0.0, None, None) and Turn(0.0, None, None).words == ""


def test_grids_of_several_images_are_told_apart():
    several = [Controls(rotation=30), None, Controls(rotation=-60, scale=0.7), Controls(rotation=10)]
    grids = torch.cat([grid_undoing(one or Controls(rotation=20)) for one in several])
    grids[3] = torch.nan
    turns = find_turns(grids.numpy(), several, CANVAS, SIZE)
    for i, one in enumerate(several):
        assert turns[i] == find_turn(grids[i : i + 1], one)
    assert [turn.asked for turn in turns] == [30, None, -60, 10] and turns[3].done is turns[3].left is None
