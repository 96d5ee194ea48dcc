"""`export`: what the tutorial's own network loads, and files that cannot be written."""

import pytest
import torch
from safetensors.torch import load_file

from stn.checkpoint import save_checkpoint
from stn.cli.main import main
from stn.models import build_model
from stn.recipes import get_recipe
from tests.stn.tutorial_net import Net


def test_export_writes_what_the_tutorial_loads(tmp_path, generator):
    recipe = get_recipe("mnist-tutorial")
    model = build_model(recipe.model).eval()
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, recipe, model, {"result": {}})
    x = torch.rand(4, 1, 28, 28, generator=generator)
    for name in ("net.pt", "net.safetensors"):
        out = tmp_path / name
        main(["export", str(path), "--format", "tutorial", "--out", str(out)])
        state = load_file(out) if out.suffix == ".safetensors" else torch.load(out, weights_only=True)
        net = Net().eval()
        net.load_state_dict(state, strict=True)
        torch.testing.assert_close(net((x - 0.1307) / 0.3081), model(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["a folder.pt", "a folder.safetensors", "a file/net.pt", "a file/net.safetensors", ""])
def test_an_export_that_cannot_be_written_is_one_sentence(name, tmp_path, capsys):
    (tmp_path / "a folder.pt").mkdir()
    (tmp_path / "a folder.safetensors").mkdir()
    (tmp_path / "a file").touch()
    with pytest.raises(SystemExit):
        main(["export", "mnist-tutorial", "--out", str(tmp_path / name) if name else ""])
    error = capsys.readouterr().err
    assert "cannot be written (" in error or "is not a file name" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize("name", ["net.pt", "net.safetensors"])
def test_an_export_to_a_full_disk_is_told_as_such(name, tmp_path, capsys, full_disk):
    with full_disk, pytest.raises(SystemExit):
        main(["export", "mnist-tutorial", "--out", str(tmp_path / name)])
    assert f"{name}' cannot be written (File too large)" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_network_that_is_not_the_tutorials_cannot_be_exported_so(tmp_path, capsys):
    recipe = get_recipe("mnist-play-cnn")
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, recipe, build_model(recipe.model), {"result": {}})
    with pytest.raises(SystemExit):
        main(["export", str(path), "--out", str(tmp_path / "x.pt")])
    assert "does not have the tutorial's layers" in capsys.readouterr().err
