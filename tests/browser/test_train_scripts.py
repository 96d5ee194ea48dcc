"""What the train tab's scripts compute: a film that is thinned out, smoothed losses, cells that fit."""

import pytest


@pytest.fixture
def blank(modules):
    return modules("tabs/train/film.js", "tabs/train/cells.js")


def test_a_long_film_is_thinned_out_and_keeps_its_ends(blank):
    steps = blank.evaluate(
        """() => {
            const film = createFilm(20);
            for (let step = 0; step <= 500; step += 1) film.add({ step });
            film.add({ step: 500 });
            return film.frames.map((frame) => frame.step);
        }"""
    )
    assert 10 <= len(steps) <= 20 and steps[0] == 0 and steps[-1] == 500
    assert steps == sorted(set(steps))


def test_losses_are_smoothed_over_the_last_ones_alone(blank):
    assert blank.evaluate("() => smoothed([4, 2, null, 0, 6], 2)") == [4, 3, 2, 0, 3]
    assert blank.evaluate("() => smoothed([null, 1], 2)") == [None, 1]


@pytest.mark.parametrize(("width", "tallest"), [(1040, 340), (362, 300), (1500, 900)])
def test_twelve_pairs_fit_their_canvas(blank, width, tallest):
    layout = blank.evaluate("([w, h]) => cellLayout(w, 12, h)", [width, tallest])
    assert layout["height"] <= tallest
    assert (layout["columns"] - 1) * layout["pitch"] + 2 * layout["side"] <= width + 1
    assert layout["pitch"] >= 2 * layout["side"]
