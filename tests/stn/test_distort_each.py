"""Images under controls of their own, distorted together."""

import pytest
import torch

from stn.distort import Controls, apply_controls, apply_each


@pytest.mark.parametrize("channels", [1, 3])
def test_images_under_controls_of_their_own_are_as_if_each_were_alone(channels, generator):
    images, pool = torch.rand(4, channels, 28, 28, generator=generator), torch.rand(9, channels, 28, 28)
    several = [
        Controls(rotation=30, noise=0.1, seed=3),
        Controls(),
        Controls(scale=0.6, clutter=4, noise=0.2, seed=7),
        Controls(shear=20, shift_x=0.3, clutter=2, seed=7),
    ]
    together = apply_each(images, several, 48, [pool] * 4)
    for i, one in enumerate(several):
        torch.testing.assert_close(together[i : i + 1], apply_controls(images[i : i + 1], one, 48, pool))
