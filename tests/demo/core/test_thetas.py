"""What a theta means, without PyTorch."""

import numpy as np
import pytest
import torch

from demo.core.thetas import FAMILIES, MATRICES, ThetaFamily
from stn.families import FAMILY_NAMES, get_family


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_thetas_mean_what_the_families_of_stn_say(name, generator):
    assert FAMILIES == FAMILY_NAMES
    family, theirs = ThetaFamily(name, points=3), get_family(name, points=3)
    assert family.parameter_names == theirs.parameter_names
    theta = torch.randn(1, theirs.n_params, generator=generator)
    if name not in MATRICES:
        assert family.matrix(theta[0].tolist()) is None and not theirs.is_matrix
    else:
        assert np.allclose(family.matrix(theta[0].tolist()), theirs.matrix(theta)[0].numpy(), atol=1e-6)
