"""Networks to and from a folder, as huggingface_hub writes and reads them; no test asks the hub itself."""

import pytest
import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import nn

from stn import Localizer, SpatialTransformer, load_checkpoint
from stn.checkpoint import read_info, read_state, save_checkpoint
from stn.errors import StnError
from stn.hub import FILE, HubModel, model_card

NAME = "mnist-play-affine"


def test_a_shipped_network_comes_back_from_a_folder(tmp_path):
    net = HubModel(NAME)
    net.save_pretrained(tmp_path)
    again = HubModel.from_pretrained(tmp_path)
    x = torch.rand(2, again.info.channels, again.info.canvas, again.info.canvas)
    assert torch.equal(again(x), load_checkpoint(NAME)[0](x)) and again.info.record == net.info.record
    assert sorted(file.name for file in tmp_path.iterdir()) == ["README.md", "config.json", FILE]
    assert (tmp_path / FILE).stat().st_size < 1.01 * net.info.path.stat().st_size, "8 bits stay 8 bits"


def test_the_card_says_what_the_record_says(tmp_path):
    info = read_info(NAME)
    card = model_card(info)
    assert f"| Test accuracy | {info.result['accuracy']:.2f} % |" in card and "datasets:\n- mnist\n" in card
    assert f"| Parameters | {info.record['params']} |" in card and "None" not in card
    HubModel(NAME).save_pretrained(tmp_path)
    assert (tmp_path / "README.md").read_text().strip() == card.strip()


def test_what_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(StnError, match="There is no file"):
        HubModel.from_pretrained(tmp_path)
    with pytest.raises(StnError, match="is no folder, and no repository"):
        HubModel.from_pretrained("nobody/nothing", cache_dir=tmp_path, local_files_only=True)
    with pytest.raises(StnError, match="is no folder, and no repository"):
        HubModel.from_pretrained("no/such/name", local_files_only=True)


class Own(nn.Module, PyTorchModelHubMixin):
    """A visitor's network."""

    def __init__(self, family: str, side: int):
        super().__init__()
        self.look = SpatialTransformer(Localizer(1, family), (side, side))
        self.classify = nn.Sequential(nn.Flatten(), nn.Linear(side * side, 3))

    def forward(self, x):
        return self.classify(self.look(x))


@pytest.fixture
def own():
    torch.manual_seed(0)
    net = Own("similarity", side=12)
    nn.init.normal_(net.classify[1].weight)
    return net.eval()


def test_an_own_network_goes_to_the_hub_by_its_mixin(own, tmp_path):
    own.save_pretrained(tmp_path)
    x = torch.rand(2, 1, 28, 28)
    assert torch.equal(Own.from_pretrained(tmp_path).eval()(x), own(x))


@pytest.mark.parametrize(("weights", "off"), [("float32", 0.0), ("float16", 1e-3), ("int8", 2e-2)])
def test_an_own_network_is_saved_and_read_without_a_recipe(own, tmp_path, weights, off):
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, None, own, {"who": "me"}, weights)
    again = Own("similarity", side=12).eval()
    again.load_state_dict(read_state(path))
    for found, wanted in zip(again.parameters(), own.parameters(), strict=True):
        assert found.dtype == torch.float32 and (found - wanted).abs().max() <= off * wanted.abs().max()
    with pytest.raises(StnError, match="without a recipe; build it"):
        load_checkpoint(path)


def test_a_shipped_files_numbers_are_those_of_its_model():
    state = read_state(NAME)
    model = load_checkpoint(NAME)[0].state_dict()
    assert set(state) == set(model) and all(torch.equal(state[name], model[name]) for name in model)
