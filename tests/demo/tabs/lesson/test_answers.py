"""The lesson's answers on networks that do a known thing."""

import pytest

from tests.demo.tabs.lesson.fakes import solved


def back(controls):
    """Turns every image back upright."""
    return -controls.rotation


def test_the_grid_turns_with_the_digit_where_the_network_turns_it_back(tmp_path):
    found = solved(tmp_path, 1, turn=lambda controls: 2 - controls.rotation)
    assert found.right == 0
    assert "turned 38° counter-clockwise, like" in found.words and "turns 38° clockwise, to 2° from" in found.words
    assert "the grid follows, to within 2° at every angle tried" in found.words
    assert solved(tmp_path, 1, turn=38).right == 1
    assert solved(tmp_path, 1, turn=0).right == 2


def test_where_the_grid_does_not_follow_is_said(tmp_path):
    said = solved(tmp_path, 1, turn=lambda c: 0 if abs(c.rotation) > 70 else -c.rotation).words
    assert "more than 45° off at \u221290°, \u221275°, +75° and +90°." in said


def test_a_small_frame_on_the_right_is_what_theory_wants(tmp_path):
    found = solved(tmp_path, 2, size=0.5, right=lambda controls: controls.shift_x)
    assert found.right == 0 and "0.50 times as wide" in found.words and "2.0 times" in found.words
    assert "28 of the input's 60 pixels wide" in found.words
    assert "would be 0.47, and 0.33 around the shrunk one" in found.words
    assert "shifted by \u22120.40, t_x is \u22120.40, by 0.40, 0.40." in found.words and "0.50" in found.learnt
    assert solved(tmp_path, 2, size=1.5, right=-0.3).right == 1
    assert solved(tmp_path, 2).right == 2


def test_the_upright_cnn_is_counted_as_it_is_and_behind_the_transformer(tmp_path):
    def falling(controls):
        return 20 - int(controls.rotation / 5)  # 17 at 15 degrees, 2 at 90

    found = solved(tmp_path, 3, turn=back, known={"upright": falling, "behind": 19})
    assert found.right == 0
    assert "At 90° this CNN gets 2 of the 20 drawings right as it is, and 19 behind" in found.words
    assert "first gets more than one in ten wrong at 15°" in found.words and "at least 19 right at every" in found.words
    assert "leaves 20 of the 20 within 45° of upright" in found.words
    assert found.table[1:] == (
        ("CNN as it is", "20", "17", "14", "11", "8", "5", "2"),
        ("Behind the transformer", *["19"] * 7),
    )
    assert "got 2 of 20 right at 90°" in found.learnt and found.learnt.endswith("got 19.")


@pytest.mark.parametrize(("alone", "behind", "right"), [(9, 10, 0), (9, 9, 1), (20, 9, 1), (10, 10, 2)])
def test_half_of_the_digits_decide(tmp_path, alone, behind, right):
    found = solved(tmp_path, 3, turn=back, known={"upright": alone, "behind": behind})
    assert found.right == right


def test_a_cnn_that_never_fails_is_said_to(tmp_path):
    said = solved(tmp_path, 3, turn=0, known={"upright": 18, "behind": 18}).words
    assert "never gets more than one in ten wrong, up to 90°" in said and "leaves 0 of the 20" in said


def test_the_share_of_clutter_in_the_frame_is_measured(tmp_path):
    found = solved(tmp_path, 4)
    assert found.right == 0 and "holds 100 % of the digit and 100 % of what" in found.words
    assert "moves by more than 0 %" in found.words and "Plain CNN: says 4" in found.words
    inside = int(solved(tmp_path, 4, size=0.5).words.split("digit and ")[1].split(" %")[0])
    assert 0 < inside < 60


def test_a_frame_that_the_patches_pull_aside_is_told_from_one_that_stays(tmp_path):
    def pulled(per_patch):
        return solved(tmp_path, 4, size=0.5, right=lambda controls: per_patch * controls.clutter)

    # The frame is 1 wide, so 8 patches move it by 8 times that part of its width.
    stays, moves = pulled(0.03), pulled(0.04)
    assert stays.right == 0 and "more than 24 %" in stays.words
    assert moves.right == 1 and "more than 32 %" in moves.words


@pytest.mark.parametrize(("off", "right"), [(0, 0), (1, 1), (5, 1), (6, 2), (20, 2)])
def test_images_that_do_not_end_upright_are_counted(tmp_path, off, right):
    def turn(controls):
        left = 180 if controls.rotation == 90 else 0
        return [left - controls.rotation if k < off else -controls.rotation for k in range(20)]

    found = solved(tmp_path, 5, turn=turn)
    assert found.right == right
    assert f"leaves {off or 'none'}" in found.words and "and none at \u221290°" in found.words
    assert ("up to 90° either way, all" if off == 0 else "up to 75° either way, all") in found.words
    assert ("upside" in found.words) == (off > 0) and f"{off or 'none'} of 20" in found.learnt
    if off == 1:
        assert "leaves 1 (0) more" in found.words and "1 of these ends upside down" in found.words
    if off == 5:
        assert "leaves 5 (0, 0, 1, 1 and 2) more" in found.words and "5 of these end upside down" in found.words


def by_edges(shown, hidden):
    """Turns so many images upright, the first of twenty, while the edges show, and so many where they are hidden."""

    def turn(controls):
        good = shown if controls.edges == "shown" else hidden
        return [-controls.rotation + (0 if k < good else 11) for k in range(20)]

    return {"turn": turn, "known": {"behind": lambda controls: 17 if controls.edges == "shown" else 3}}


@pytest.mark.parametrize(("shown", "hidden", "right"), [(18, 3, 2), (18, 8, 2), (18, 9, 1), (18, 17, 1), (18, 18, 0)])
def test_what_is_left_without_the_edges_says_what_was_looked_at(tmp_path, shown, hidden, right):
    found = solved(tmp_path, 6, **by_edges(shown, hidden))
    assert found.right == right
    assert f"by 30°, {shown} of the 20 drawings come out within 10° of upright as long as" in found.words
    assert f"and {hidden} with the edges hidden; the CNN behind the transformer gets 17 and 3 right" in found.words
    assert ("A tilted photograph has none." in found.words) == (right > 0)
    assert f"{shown} of 20 images came out within 10°" in found.learnt and f" {hidden} with the black" in found.learnt
    assert found.table == (
        ("Turned by", "\u221260°", "\u221230°", "0°", "+30°", "+60°"),
        ("Upright, edges shown", *[str(shown)] * 5),
        ("Upright, edges hidden", *[str(hidden)] * 5),
    )
