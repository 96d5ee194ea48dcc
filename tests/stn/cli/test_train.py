from dataclasses import replace

from stn.checkpoint import read_info
from stn.cli.main import main
from stn.recipes import get_recipe


def test_missing_trains_the_seeds_that_are_missing(monkeypatch, tmp_path, capsys, no_data):
    recipe = get_recipe("mnist-tutorial")
    recipe = replace(recipe, train=replace(recipe.train, epochs=1))
    monkeypatch.setattr("stn.cli.train.list_recipes", lambda: {recipe.name: recipe})
    monkeypatch.setattr("stn.training.experiment.SHIPPED", tmp_path / "shipped")
    for seeds, fresh in {1: [0], 3: [1, 2], 2: []}.items():
        main(["train", "--missing", "--seeds", str(seeds), "--out", str(tmp_path)])
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("== ")]
        assert lines == [f"== mnist-tutorial{f', seed {seed}' if seeds > 1 else ''}" for seed in fresh]
    info = read_info(tmp_path / "shipped" / "mnist-tutorial.safetensors")
    assert [row["seed"] for row in info.record["seeds"]] == [0, 1, 2]
