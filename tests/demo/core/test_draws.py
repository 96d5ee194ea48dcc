"""The numbers of a torch.Generator, without PyTorch."""

import numpy as np
import pytest
import torch

from demo.core.draws import LARGE, Draws


@pytest.mark.parametrize("seed", [0, 5, 2**31 - 1])
def test_numbers_are_those_of_a_torch_generator(seed):
    draws, generator = Draws(seed), torch.Generator().manual_seed(seed)
    for below in (1, 500, LARGE - 1, LARGE, 2**31, 500):
        assert draws.whole(below) == int(torch.randint(below, (1,), generator=generator))
        assert np.array_equal(draws.uniform(4), torch.rand(4, 1, generator=generator).numpy().ravel())
    assert draws.wholes(7, 9) == torch.randint(7, (9,), generator=generator).tolist()
    for n in (0, 1, 2, 40, 10_000):
        assert draws.shuffled(n) == torch.randperm(n, generator=generator).tolist()
    noise = torch.randn(1, 3, 48, 48, generator=generator).numpy().ravel()
    assert np.allclose(draws.normal(noise.size), noise, atol=1e-5)
