import pytest
import torch
from torch import nn

from stn import Localizer, ParallelTransformers, SpatialTransformer, StnError, explain

STARTS = ((0.5, -0.5, 0.0), (0.5, 0.5, 0.0))


def halves() -> ParallelTransformers:
    layers = [Localizer(1, "attention", start=start) for start in STARTS]
    return ParallelTransformers([SpatialTransformer(one, out_size=(16, 8)) for one in layers]).eval()


def test_each_starts_at_its_own_part_and_explain_sees_them(generator):
    x = torch.rand(2, 1, 16, 16, generator=generator)
    net = nn.Sequential(halves(), nn.Flatten(), nn.Linear(2 * 16 * 8, 10))
    stages = explain(net, x).stages
    assert [stage.name for stage in stages] == ["0.transformers.0", "0.transformers.1"]
    torch.testing.assert_close(stages[0].theta, torch.tensor([STARTS[0]] * 2))
    torch.testing.assert_close(torch.cat([stage.output for stage in stages], dim=1), net[0](x))
    assert stages[0].grid[..., 0].max() < 0 < stages[1].grid[..., 0].min()


def test_what_cannot_be_joined_is_refused():
    for wrong in ([], [nn.Identity()]):
        with pytest.raises(StnError, match="one SpatialTransformer or more"):
            ParallelTransformers(wrong)
    with pytest.raises(StnError, match="one out_size"):
        ParallelTransformers([SpatialTransformer(Localizer(1), out_size=(n, n)) for n in (8, 9)])


def test_a_start_of_another_length_is_refused():
    with pytest.raises(StnError, match="2 numbers; the family 'attention' takes 3"):
        Localizer(1, "attention", start=(1, 0))
