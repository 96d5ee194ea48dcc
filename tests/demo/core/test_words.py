"""theta and predictions in words: what stands on the page for matrices whose meaning is known."""

import math

import pytest

from demo.core import words
from demo.core.words import MINUS, TIMES


def matrix(turn=0.0, factor=1.0, shift=(0.0, 0.0)):
    """Output to input: the frame turned clockwise by `turn` degrees on the screen, times `factor`, at `shift`."""
    c, s = math.cos(math.radians(turn)) * factor, math.sin(math.radians(turn)) * factor
    return [[c, -s, shift[0]], [s, c, shift[1]]]


def test_identity_changes_nothing():
    assert words.describe_matrix(matrix()) == "leaves the image as it is"


def test_turning_back_an_image_that_was_turned_by_31_reads_clockwise():
    # The page turns counter-clockwise by 31; its inverse looks through a frame turned the same way, that is by -31
    # in coordinates with y down.
    assert words.describe_matrix(matrix(turn=-31)) == "turns it 31° clockwise"
    assert words.describe_matrix(matrix(turn=31)) == "turns it 31° counter-clockwise"


@pytest.mark.parametrize("turn", [-179, -90, -45, 1, 60, 90, 150])
def test_every_angle_is_read_back(turn):
    way = "counter-clockwise" if turn > 0 else "clockwise"
    assert words.describe_matrix(matrix(turn, 0.5)) == f"turns it {abs(turn)}° {way} and enlarges it 2.0{TIMES}"


@pytest.mark.parametrize(("turn", "said"), [(0.4, "leaves the image as it is"), (179.8, "turns it 180°")])
def test_no_direction_is_named_where_there_is_none(turn, said):
    assert {words.describe_matrix(matrix(turn)), words.describe_matrix(matrix(-turn))} == {said}


@pytest.mark.parametrize("turn", [-120, -52, 40, 170])
def test_the_words_say_what_happens_on_the_screen(turn):
    """Theta says where the output's right-hand side is read: seen from there, the image turns the other way."""
    (a, _, _), (c, _, _) = matrix(turn)
    read_at = math.degrees(math.atan2(-c, a))  # counter-clockwise from the right, y down
    size, way = words.describe_matrix(matrix(turn)).removeprefix("turns it ").split("° ")
    assert int(size) * (1 if way == "counter-clockwise" else -1) == pytest.approx(-read_at)


def test_a_smaller_frame_enlarges_and_a_larger_one_shrinks():
    assert words.describe_matrix(matrix(factor=0.5)) == f"enlarges it 2.0{TIMES}"
    assert words.describe_matrix(matrix(factor=1.25)) == f"shrinks it to 0.80{TIMES}"


def test_a_frame_on_the_right_moves_the_image_left():
    assert words.describe_matrix(matrix(shift=(0.4, 0))) == "shifts it 0.40 left"
    assert words.describe_matrix(matrix(shift=(-0.1, 0.2))) == "shifts it 0.10 right and 0.20 up"


def test_parts_come_in_the_order_in_which_they_happen():
    said = words.describe_matrix(matrix(-31, 1 / 1.4, (0.2, 0)))
    assert said == f"shifts it 0.20 left, turns it 31° clockwise and enlarges it 1.4{TIMES}"


@pytest.mark.parametrize(
    ("linear", "way"),
    [
        ([[0.5, 0], [0, 1]], "horizontally"),
        ([[1, 0], [0, 0.5]], "vertically"),
        # With y down, (1, 1) points along the falling diagonal; a half-size frame along it stretches along it.
        ([[0.75, -0.25], [-0.25, 0.75]], "along the falling diagonal"),
        ([[0.75, 0.25], [0.25, 0.75]], "along the rising diagonal"),
    ],
)
def test_stretching_names_its_direction(linear, way):
    rows = [[*linear[0], 0], [*linear[1], 0]]
    assert words.describe_matrix(rows).endswith(f"stretches it 2.0{TIMES} {way}")


def test_stretching_keeps_its_ratio_and_direction_after_a_turn():
    # R(30) diag(0.5, 1): the same image stretched horizontally, then nothing but a turn of the frame.
    c, s = math.cos(math.radians(30)), math.sin(math.radians(30))
    said = words.describe_matrix([[0.5 * c, -s, 0], [0.5 * s, c, 0]])
    assert said == f"turns it 30° counter-clockwise, enlarges it 1.4{TIMES} and stretches it 2.0{TIMES} horizontally"


def test_a_stretch_under_a_tenth_is_not_worth_a_word():
    assert words.describe_matrix([[1 / 1.09, 0, 0], [0, 1, 0]]) == f"enlarges it 1.04{TIMES}"
    assert words.describe_matrix([[1 / 1.11, 0, 0], [0, 1, 0]]).endswith(f"stretches it 1.11{TIMES} horizontally")


def test_mirrors_collapses_and_nonsense_are_called_by_their_names():
    assert words.describe_matrix([[-1, 0, 0], [0, 1, 0]]) == "mirrors it"
    assert "line" in words.describe_matrix([[1, 1, 0], [1, 1, 0]])
    assert "not finite" in words.describe_matrix([[float("nan"), 0, 0], [0, 1, 0]])


def test_projective_tilt_is_mentioned():
    assert words.describe_matrix([[1, 0, 0], [0, 1, 0], [0.2, 0, 1]]) == "tilts it in perspective"


def test_percent_claims_no_certainty_that_is_not_there():
    assert [words.percent(p) for p in (0, 0.001, 0.014, 0.5, 0.994, 0.9999, 1)] == [
        "0 %",
        "< 1 %",
        "1 %",
        "50 %",
        "99 %",
        "> 99 %",
        "100 %",
    ]


def test_numbers_have_a_real_minus_and_no_negative_zero():
    assert words.number(-0.254) == f"{MINUS}0.25"
    assert words.number(-0.001) == "0.00"


def test_verdict_says_right_or_wrong_only_where_the_truth_is_known():
    classes = ("cat", "dog")
    assert words.verdict([0.2, 0.8], classes, 1) == "says dog (80 %), right"
    assert words.verdict([0.2, 0.8], classes, 0) == "says dog (80 %), wrong"
    assert words.verdict([0.2, 0.8], classes, None) == "says dog (80 %)"


def test_a_drawing_is_called_a_drawing():
    assert words.image_sentence("MNIST", 7, "9", drawn=False) == "MNIST test image no. 7: 9"
    assert words.image_sentence("MNIST", 7, "9", drawn=True) == "Drawing no. 7, not from MNIST: 9"
