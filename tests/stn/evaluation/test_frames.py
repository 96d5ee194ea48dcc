import json

import pytest
import torch
from torch import Tensor, nn

from stn import ParallelTransformers, SpatialTransformer, StnError, geometry
from stn.checkpoint import save_checkpoint
from stn.cli.main import main
from stn.data import Dataset, dataset_info
from stn.evaluation.accuracy import distorted_test
from stn.evaluation.frames import frames
from stn.families import AFFINE, get_family
from stn.models import build_model
from stn.recipes import get_recipe
from tests.helpers import bars

RECIPE = get_recipe("mnist-addition-affine-parallel")


class Follows(nn.Module):
    """A localisation net that frames what a channel holds, at a given scale."""

    def __init__(self, channel: int, scale: float):
        super().__init__()
        self.family, self.channel, self.scale = get_family("attention"), channel, scale

    def forward(self, x: Tensor) -> Tensor:
        ink = x[:, self.channel]
        side = (2 * torch.arange(ink.shape[-1]) + 1) / ink.shape[-1] - 1
        middle = [(ink * at).sum((1, 2)) / ink.sum((1, 2)) for at in (side, side[:, None])]
        return torch.stack([torch.full_like(middle[0], self.scale), *middle], dim=1)


class Net(nn.Module):
    def __init__(self, *localizers: nn.Module):
        super().__init__()
        self.stn = ParallelTransformers([SpatialTransformer(one, out_size=(28, 28)) for one in localizers])

    def forward(self, x: Tensor) -> Tensor:
        return self.stn(x).flatten(1)[:, :19]


def data(n: int = 40) -> Dataset:
    """A bar in the middle of both channels, which stays on the canvas wherever it is placed."""
    images = torch.zeros(n, 2, 28, 28, dtype=torch.uint8)
    images[:, :, 12:16, 8:20] = 250
    return Dataset(dataset_info(RECIPE.dataset), images, torch.zeros(n, dtype=torch.long))


def test_a_frame_on_its_own_digit_is_told_from_one_on_the_other():
    second, first = frames(Net(Follows(1, 0.8), Follows(0, 0.05)), data(), RECIPE).transformers
    assert (second.transformer, first.transformer) == ("stn.transformers.0", "stn.transformers.1")
    assert second.nearest == (0, 1) and first.nearest == (1, 0)
    assert second.distance[1] == pytest.approx(0, abs=0.1) and second.distance[0] > 3
    assert first.distance == pytest.approx(second.distance[::-1], abs=0.1)
    assert second.ink_inside[1] > 0.95 > second.ink_inside[0]
    assert first.ink_inside[0] < 0.3, "a frame of two pixels holds little of it"


class Undoes(nn.Module):
    """A localisation net that was told what was done to one channel."""

    def __init__(self, matrix: Tensor):
        super().__init__()
        self.family, self.theta = AFFINE, AFFINE.from_matrix(geometry.invert(matrix))

    def forward(self, x: Tensor) -> Tensor:
        return self.theta


def test_what_is_undone_is_upright_and_the_other_digit_is_not():
    [(given, _)] = distorted_test(data(), RECIPE)
    net = Net(*map(Undoes, given.matrix.unbind(1)))
    for own, frame in enumerate(frames(net, data(), RECIPE).transformers):
        assert frame.left_sd[own] == pytest.approx(0, abs=0.1) and frame.left_sd[1 - own] > 25
        assert frame.nearest[own] == 1 and frame.distance[own] == pytest.approx(0, abs=1e-3)
        assert frame.ink_inside[own] > 0.99
    upright = frames(Net(Follows(0, 1.0)), data(), RECIPE).transformers[0].left_sd
    assert all(20 < left < 33 for left in upright), "as they were given: anything within 45 degrees"


def test_only_digits_placed_one_by_one_can_be_told_apart():
    with pytest.raises(StnError, match="'mnist-rts-affine' places all channels of an image alike"):
        frames(Net(Follows(0, 1.0)), bars(2), get_recipe("mnist-rts-affine"))
    with pytest.raises(StnError, match="'mnist-addition-affine-parallel' has no transformer at its input"):
        frames(nn.Flatten(), data(), RECIPE)


def test_evaluate_says_where_the_frames_are(capsys, monkeypatch, tmp_path):
    path = tmp_path / "untrained.safetensors"
    save_checkpoint(path, RECIPE, build_model(RECIPE.model), {"result": {}})
    monkeypatch.setattr("stn.evaluation.accuracy.load_dataset", lambda name, split, folder: data())
    asked = ["evaluate", str(path), "--frames"]
    main([*asked, "--json"])
    row = json.loads(capsys.readouterr().out)
    main(asked)
    text = capsys.readouterr().out
    assert row["n"] == len(data()) and len(row["transformers"]) == 2
    for frame in row["transformers"]:
        assert sum(frame["nearest"]) == pytest.approx(1)
        said = f"{frame['transformer']}: channel 0 nearest in {100 * frame['nearest'][0]:.1f}%"
        assert said in text
