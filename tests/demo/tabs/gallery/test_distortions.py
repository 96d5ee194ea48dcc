"""The gallery's distortions are settings of the page's sliders."""

import numpy as np
import pytest

from demo.core.state import KEYS, SLIDERS
from demo.tabs.gallery import distortions
from demo.tabs.gallery.cells import BATCH, LOOKED_AT
from demo.tabs.gallery.distortions import DISTORTIONS, MOVED, PARTS, SEEDS, distorted, draw_controls, drawing_seed
from stn.distort import Controls


@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_only_its_own_sliders_are_moved_over_their_whole_range_and_on_their_steps(distortion):
    drawn = draw_controls(distortion, 2000, seed=3)
    for name in SLIDERS:
        key, values = KEYS[name], [getattr(controls, name) for controls in drawn]
        if name not in MOVED[distortion]:
            assert set(values) == {getattr(Controls(), name)}
            continue
        low = 1 if (distortion, name) == ("cluttered", "clutter") else key.low
        assert min(values) == pytest.approx(low, abs=0.02 * (key.high - key.low))
        assert max(values) == pytest.approx(key.high, abs=0.02 * (key.high - key.low))
        steps = [(value - key.low) / key.step for value in values]
        assert all(step == pytest.approx(round(step), abs=1e-6) for step in steps)


def test_clutter_and_noise_are_left_out_of_half_of_the_images_where_everything_moves():
    drawn = draw_controls("all", 2000, seed=4)
    assert sum(controls.noise == 0 for controls in drawn) == pytest.approx(1000, abs=100)
    assert sum(controls.clutter == 0 for controls in drawn) == pytest.approx(1000 + 1000 / 9, abs=100)


def test_what_is_drawn_by_chance_has_a_seed_of_its_own_and_a_link_without_it_none():
    assert len({controls.seed for controls in draw_controls("all", 20, seed=1)}) == 20
    assert {controls.seed for controls in draw_controls("placed", 20, seed=1)} == {0}


def test_the_same_seed_draws_the_same_and_another_one_others():
    assert draw_controls("all", 24, seed=1) == draw_controls("all", 24, seed=1) != draw_controls("all", 24, seed=2)


@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_every_distortion_fills_the_canvas(mnist_resources, distortion):
    chosen = mnist_resources[0].get("mnist")
    x = distorted(chosen, [0, 1, 2], draw_controls(distortion, 3, seed=3), 60)
    assert x.shape == (3, 1, 60, 60) and x.min() >= 0 and x.max() <= 1
    if distortion == "none":
        assert np.array_equal((x[:, :, 16:44, 16:44] * 255).round(), chosen.images[:3])


def test_no_two_batches_are_distorted_by_the_same_numbers():
    seeds, numbers = range(SEEDS), (0, 1, distortions.MOST_BATCHES - 1)
    drawn = {drawing_seed(s, part, n) for s in seeds for part in range(PARTS) for n in numbers}
    assert len(drawn) == len(seeds) * PARTS * len(numbers)
    assert max(drawn) < 2**63 and min(drawn) == 0
    assert LOOKED_AT // BATCH <= distortions.MOST_BATCHES
