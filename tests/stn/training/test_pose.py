import math

import pytest
import torch
from torch import nn

from stn.errors import StnError
from stn.explain import Pass
from stn.families import ROTATION, get_family
from stn.geometry import invert
from stn.models import build_model
from stn.modules import Localizer, Sampler, SpatialTransformer
from stn.recipes import get_recipe
from stn.training.pose import (
    Said,
    pose_loss,
    pose_supervision,
    pose_supervision_loss,
    quarter_turn_loss,
    step_loss,
    watch_steps,
    window_loss,
)
from stn.zooming import QuarterTurnLocalizer, ZoomLocalizer, mean_turn


def test_pose_loss_is_zero_for_the_undoing_theta_only(generator):
    family = build_model(get_recipe("mnist-play-affine").model).net.stn.family
    matrix = family.matrix(family.identity(3) + 0.3 * torch.rand(3, 6, generator=generator))
    undoing = family.invert(family.from_matrix(matrix))
    assert pose_loss(family, undoing, matrix).item() == pytest.approx(0, abs=1e-8)
    assert pose_loss(family, family.identity(3), matrix).item() > 1e-3
    # Half as large but turned right is better than as large and turned wrong by a right angle.
    small, wrong = torch.tensor([[0.5, 0, 0, 0, 0.5, 0]]), torch.tensor([[0.0, -1, 0, 1, 0, 0]])
    assert pose_loss(family, small, torch.eye(3)[None]) < 0.1 * pose_loss(family, wrong, torch.eye(3)[None])
    with pytest.raises(StnError, match=r"need a distortion"):
        pose_supervision_loss(**passed(family, undoing), matrix=None)


def passed(family, *thetas):
    """What was seen where each theta is another transformer's, each of which ran once."""
    square = torch.zeros(len(thetas[0]), 1, 8, 8)
    passes = [Pass("", Sampler(family, None, "zeros", False), square, theta, theta) for theta in thetas]
    return {"passes": passes, "said": Said([thetas[0]])}


def test_without_a_transformer_nobody_can_be_taught():
    with pytest.raises(StnError, match=r"teach a transformer, and this model has none; set both to 0"):
        pose_supervision_loss([], torch.eye(3)[None], Said())


def test_a_later_transformer_is_taught_what_the_first_has_left_and_does_not_move_it(generator):
    family = get_family("affine")
    undoing, rest = (family.identity(3) + 0.3 * torch.rand(3, 6, generator=generator) for _ in range(2))
    matrix = invert(family.matrix(undoing))
    first = family.compose(undoing, family.invert(rest)).requires_grad_()
    alone = step_loss(family, first, matrix)
    assert alone.item() > 1e-3
    both = pose_supervision_loss(**passed(family, first, rest), matrix=matrix)
    assert both.item() == pytest.approx(alone.item(), rel=1e-4), "it does all that is left"
    idle = pose_supervision_loss(**passed(family, first, family.identity(3)), matrix=matrix)
    assert idle.item() == pytest.approx(2 * alone.item(), rel=1e-4)
    wanted, found = (torch.autograd.grad(loss, first, retain_graph=True)[0] for loss in (alone, idle))
    assert torch.allclose(wanted, found, atol=1e-6)


def test_of_transformers_that_do_not_compose_the_first_is_taught(generator):
    family = get_family("tps")
    first, second = (family.identity(2) + 0.1 * torch.rand(2, family.n_params, generator=generator) for _ in range(2))
    matrix = torch.eye(3).expand(2, -1, -1)
    alone = step_loss(family, first, matrix)
    assert pose_supervision_loss(**passed(family, first, second), matrix=matrix) == alone


def test_shrinking_does_not_pay_whatever_the_turn():
    family = get_family("similarity")
    matrix = family.matrix(torch.tensor([[0.0, 2, 0.3, 0.1]]))  # the object is half as large, turned by 90 degrees
    undoing = family.invert(torch.tensor([[0.0, 2, 0.3, 0.1]]))
    for angle in torch.linspace(0, torch.pi, 7):
        c, s = angle.cos(), angle.sin()
        turn = torch.stack([c, s, 0 * c, 0 * c])[None]
        right, half = (family.compose(undoing, turn * scale) for scale in (1, 0.5))
        assert pose_loss(family, right, matrix).item() == pytest.approx(5 * (1 - c.item()), abs=1e-5)
        # 9 points, the outer ones at 2/3: of the wanted frame, whatever its size
        lost = (8 / 9) * (2 / 3) ** 2 * 3 / 2 * 0.25
        assert pose_loss(family, half, matrix).item() == pytest.approx(5 * (1 - c.item()) + lost, abs=1e-5)


def placed_squares() -> tuple[torch.Tensor, torch.Tensor]:
    """Matrices that undo a placement (half as large, off the middle), and one turned by a right angle, and those."""
    turn = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    undoing = torch.tensor([[0.5, 0, 0.2], [0, 0.5, -0.1], [0, 0, 1]])
    both = torch.stack([undoing, undoing @ turn])
    return both, invert(both)


@pytest.mark.parametrize("edges", [False, True])
def test_window_loss_is_zero_for_the_window_that_holds_the_object_however_it_is_turned(edges):
    undoing, matrix = placed_squares()
    right = undoing[:1].expand(2, -1, -1)
    assert window_loss(right, matrix, edges).item() == pytest.approx(0, abs=1e-6)
    assert window_loss(right, 3 * matrix, edges).item() == pytest.approx(0, abs=1e-6), "the same, homogeneous"
    shifted = right + torch.tensor([[0, 0, 0], [0, 0, 0.1], [0, 0, 0]])
    assert window_loss(shifted, matrix, edges).item() == pytest.approx(0.04, rel=1e-4)
    half = ROTATION.matrix(torch.full((2, 1), math.pi / 8))
    assert window_loss(right @ half, matrix, edges).item() == pytest.approx(5 if edges else 0, abs=1e-5)


def test_the_loss_of_quarter_turns_leaves_the_rest_as_it_were_with_the_right_edge_up():
    family = get_family("affine")
    undoing, matrix = placed_squares()
    for side in range(4):
        logits = 50 * torch.eye(4)[[side, (side + 1) % 4]]
        turned = undoing[:1] @ ROTATION.matrix(mean_turn(logits)[:, None])
        loss = quarter_turn_loss(family, family.from_matrix(turned), logits, mean_turn(logits), matrix).item()
        assert loss == pytest.approx(50 if side else 0, abs=1e-3), "the frame is right, the quarter turn only for 0"
    logits = torch.tensor([[50.0, 0, 0, 0]])
    wider = family.from_matrix(undoing[:1] @ torch.diag(torch.tensor([1.2, 1, 1])))
    expected = pose_loss(family, wider, matrix[:1]).item()
    assert expected > 1e-3
    assert quarter_turn_loss(family, wider, logits, mean_turn(logits), matrix[:1]).item() == pytest.approx(
        expected, rel=1e-4
    )
    # Unsure between two quarter turns: the frame is as right, and log 2 is what the doubt costs.
    logits = torch.tensor([[50.0, 50, 0, 0]])
    half = family.from_matrix(undoing[:1] @ ROTATION.matrix(torch.tensor([[math.pi / 4]])))
    assert quarter_turn_loss(family, half, logits, mean_turn(logits), matrix[:1]).item() == pytest.approx(
        math.log(2), abs=1e-4
    )
    # A hard one has turned by one of them, whichever: it has the same to learn.
    for quarters in (0, 1):
        turn = torch.tensor([quarters * math.pi / 2])
        decided = family.from_matrix(undoing[:1] @ ROTATION.matrix(turn[:, None]))
        assert quarter_turn_loss(family, decided, logits, turn, matrix[:1]).item() == pytest.approx(
            math.log(2), abs=1e-4
        )


def test_the_steps_of_a_localiser_are_seen_while_the_block_runs_and_only_then(generator):
    x = torch.rand(3, 1, 20, 20, generator=generator)
    for net, windows, turns in (
        (Localizer(1), [], []),
        (ZoomLocalizer(1), [(3, 3, 3)], []),
        (QuarterTurnLocalizer(1), [(3, 3, 3)], [(3, 4)]),
        (QuarterTurnLocalizer(1, hard=True), [(3, 3, 3)], [(3, 4)]),
    ):
        with watch_steps(net) as seen:
            theta = net(x)
        net(x)
        assert seen.thetas == [theta]
        assert [tuple(found.shape) for found in seen.windows] == windows
        assert [tuple(logits.shape) for logits, _ in seen.quarter_turns] == turns
        assert [turn.tolist() for _, turn in seen.quarter_turns] == [[0, 0, 0] for _ in turns], "as it starts"
    with watch_steps(None) as seen:
        Localizer(1)(x)
    assert vars(seen) == vars(Said())


def test_the_loss_of_a_step_is_of_theta_and_of_what_led_to_it():
    family = get_family("affine")
    undoing, matrix = placed_squares()
    theta, window = family.from_matrix(undoing), undoing[:1].expand(2, -1, -1)
    logits = torch.tensor([[50.0, 0, 0, 0], [0, 50, 0, 0]])
    assert step_loss(family, theta, matrix).item() == pytest.approx(0, abs=1e-6)
    assert step_loss(family, theta, matrix, window).item() == pytest.approx(0, abs=1e-6)
    assert step_loss(family, theta, matrix, window, (logits, mean_turn(logits))).item() == pytest.approx(0, abs=1e-5)
    logits = logits.flip(0)
    theta = family.from_matrix(undoing[:1] @ ROTATION.matrix(mean_turn(logits)[:, None]))
    slanting = window @ ROTATION.matrix(torch.full((2, 1), math.pi / 8))
    loss = step_loss(family, theta, matrix, slanting, (logits, mean_turn(logits))).item()
    assert loss == pytest.approx(50 + 5, abs=1e-3)


def test_every_iteration_is_taught_what_those_before_have_left():
    family = get_family("affine")
    undoing, matrix = placed_squares()
    rest = family.matrix(torch.tensor([[1.1, 0, 0.1, 0, 1.1, 0]])) @ ROTATION.matrix(torch.full((1, 1), 0.1))
    first = undoing[:1].expand(2, -1, -1) @ invert(rest)  # all but the rest, and for one a right angle
    logits = [50 * torch.eye(4)[[0, 1]], 50 * torch.eye(4)[[0, 0]]]
    turn = ROTATION.matrix(mean_turn(logits[0])[:, None])
    # The first has turned right: then the rest is turned as well for the one.
    steps = [family.from_matrix(first @ turn), family.from_matrix(invert(turn) @ rest @ turn)]
    seen = Said(steps, [first, invert(turn) @ rest], [(logits, mean_turn(logits)) for logits in logits])
    passes = passed(family, family.compose(*steps))["passes"]
    alone = step_loss(family, steps[0], matrix, first, seen.quarter_turns[0]).item()
    assert alone > 1e-2
    assert pose_supervision_loss(passes, matrix, seen).item() == pytest.approx(alone, rel=1e-3), (
        "the second leaves nothing"
    )
    wrong = 50 * torch.eye(4)[[2, 2]]
    seen.quarter_turns[1] = wrong, mean_turn(wrong)
    seen.thetas[1] = family.from_matrix(family.matrix(steps[1]) @ ROTATION.matrix(torch.full((2, 1), math.pi)))
    assert pose_supervision_loss(passes, matrix, seen).item() == pytest.approx(alone + 50, rel=1e-3), (
        "the wrong edge up"
    )


def test_both_iterations_of_a_transformer_are_seen(generator):
    transformer = SpatialTransformer(Localizer(1), iterations=2)
    with watch_steps(transformer.localizer) as seen:
        theta = transformer.locate(torch.rand(3, 1, 20, 20, generator=generator))
    assert len(seen.thetas) == 2
    assert torch.equal(transformer.family.compose(*seen.thetas), theta)


@pytest.mark.parametrize("net", [Localizer, ZoomLocalizer, QuarterTurnLocalizer])
def test_own_data_teach_any_localizer_in_one_call(net, generator):
    family = get_family("similarity")
    layer = SpatialTransformer(net(1, "similarity"), iterations=2)
    model = nn.Sequential(layer, nn.Flatten(), nn.LazyLinear(10))
    images = torch.rand(4, 1, 40, 60, generator=generator)
    matrix = family.matrix(torch.tensor([[0.8, 0.6, 0.1, -0.2]] * 4), 60 / 40)
    loss = pose_supervision(model, images, matrix)
    loss.backward()
    assert (
        loss > 0.5
        and layer.localizer.get_parameter("head.3.bias" if net is Localizer else "fine.head.3.bias").grad.any()
    )


def test_the_loss_is_zero_where_the_distortion_is_undone_in_an_image_that_is_not_square():
    family, aspect = get_family("similarity"), 188 / 48
    made = torch.tensor([[0.6, 0.5, 0.2, -0.3]])
    matrix = family.matrix(made, aspect)
    right = family.invert(made, aspect)
    assert pose_loss(family, right, matrix, aspect).item() == pytest.approx(0, abs=1e-5)
    assert pose_loss(family, family.invert(made), matrix, aspect).item() > 0.05, "without the aspect it is another"
    turned = family.compose(right, torch.tensor([[math.cos(0.3), math.sin(0.3), 0, 0]]), aspect)
    assert pose_loss(family, turned, matrix, aspect).item() == pytest.approx(5 * (1 - math.cos(0.3)), rel=1e-2)


def test_a_model_without_a_transformer_cannot_be_taught():
    with pytest.raises(StnError, match="has none"):
        pose_supervision(nn.Flatten(), torch.zeros(1, 1, 8, 8), torch.eye(3)[None])
