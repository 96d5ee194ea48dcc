"""The geometry of an answer in NumPy is that of `stn.geometry`."""

import numpy as np
import torch

from demo.core import geometry as ours
from stn import geometry


def test_affine_grids_their_nearest_matrices_and_their_turns_are_those_of_stn(generator):
    matrices = torch.eye(3) + 0.5 * torch.randn(5, 3, 3, generator=generator)
    matrices[:, 2] = torch.tensor([0.0, 0, 1])
    grids = geometry.affine_grid(matrices, (17, 40))
    assert np.allclose(ours.affine_grid(matrices.numpy(), (17, 40)), grids.numpy(), atol=1e-5)
    bent = grids + 0.1 * torch.randn(grids.shape, generator=generator)
    assert np.allclose(ours.nearest_affine(bent.numpy()), geometry.nearest_affine(bent).numpy(), atol=1e-5)
    turned = torch.rad2deg(geometry.polar(matrices)[0])
    assert np.allclose(ours.turned_by(matrices.numpy()), turned.numpy(), atol=1e-3)
