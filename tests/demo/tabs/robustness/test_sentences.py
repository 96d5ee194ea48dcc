"""What the robustness tab's curves come to, in one sentence each."""

import pytest

from demo.tabs.robustness.lines import CONTROLS
from demo.tabs.robustness.sentences import PLURALS, accuracy_sentence, image_sentence, where

TURNS = (-60, 0, 60)
NEVER_BROKEN = "\u00a0%"  # from its number into the next line


@pytest.mark.parametrize(
    ("plain", "helped", "sentence"),
    [
        (
            (31, 99, 40),
            (98, 98.9, 98),
            "Turned 60° clockwise, the CNN as it is gets 31 % right, behind the transformer 98 %.",
        ),
        (
            (31, 94.6, 30),
            (82, 91.1, 83.4),
            "Turned 60° counter-clockwise, the CNN as it is gets 30 % right, behind the transformer 83 %; "
            "upright, the transformer costs 3.5 points.",
        ),
        (
            (90, 94.6, 90),
            (90.4, 91.1, 90),
            "The transformer costs up to 3.5 points: upright, the CNN as it is gets 94.6 % right, behind the "
            "transformer 91.1 %.",
        ),
        (
            (90, 94, 80),
            (60, 94, 82),
            "The transformer costs up to 30 points: turned 60° clockwise, the CNN as it is gets 90 % right, behind the "
            "transformer 60 %; turned 60° counter-clockwise, the transformer gains 2.0 points.",
        ),
        (
            (99, 99.5, 98),
            (99.9, 99, 98.3),
            "It makes no difference here: the two are never more than 0.9 points apart.",
        ),
        ((99, 99, 99), (99, 99, 99), "It makes no difference here: the two are never more than 0.0 points apart."),
    ],
)
def test_the_largest_gap_is_told_and_both_sides_where_each_is_ahead_somewhere(plain, helped, sentence):
    assert accuracy_sentence("upright", "rotation", TURNS, plain, helped) == sentence.replace(" %", NEVER_BROKEN)


def test_the_trained_pair_has_names_of_its_own():
    said = accuracy_sentence("trained", "scale", (0.5, 1), (85.2, 99), (97.4, 99))
    assert said == "At scale 0.5, the plain CNN gets 85 % right, with a transformer 97 %.".replace(" %", NEVER_BROKEN)


@pytest.mark.parametrize(
    ("plain", "helped", "own", "sentence"),
    [
        ((1, 0, 0), (1, 1, 1), None, "As it is, the CNN is right at 1 of 3 rotations, behind the transformer at 3."),
        ((1, 1, 1), (1, 1, 1), None, "Both are right at all 3 rotations."),
        ((0, 1, 0), (0, 0, 1), None, "Both are right at 1 of 3 rotations."),
        ((0, 0, 0), (0, 0, 0), None, "Both are wrong at all 3 rotations."),
        ((0, 1, 0), (1, 1, 1), "4", "As it is, the CNN says “4” at 1 of 3 rotations, behind the transformer at 3."),
        ((1, 1, 1), (1, 1, 1), "4", "Both say “4” at all 3 rotations."),
    ],
)
def test_of_one_image_it_is_told_how_often_each_is_right(plain, helped, own, sentence):
    assert image_sentence("upright", "rotation", plain, helped, own) == sentence
    other = image_sentence("trained", "rotation", plain, helped, own)
    assert other == sentence.replace("As it is, the CNN", "The plain CNN").replace(
        "behind the transformer", "with a transformer"
    )


@pytest.mark.parametrize(
    ("control", "value", "words"),
    [
        ("rotation", -7.5, "turned 7.5° clockwise"),
        ("scale", 0.541667, "at scale 0.54"),
        ("shear", -30, "sheared by −30°"),
        ("shear", 0, "without shear"),
        ("shift_x", -0.4, "shifted 0.4 left"),
        ("shift_x", 0, "in the middle"),
        ("clutter", 1, "with 1 patch"),
        ("clutter", 8, "with 8 patches"),
        ("clutter", 0, "without clutter"),
        ("noise", 0.15, "with noise of 0.15"),
        ("noise", 0, "without noise"),
    ],
)
def test_a_value_is_said_in_words(control, value, words):
    assert where(control, value) == words


def test_every_control_has_words():
    assert set(PLURALS) == set(CONTROLS)
