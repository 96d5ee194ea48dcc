"""A Ray of this computer alone, with two workers."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from stn import StnError
from stn.checkpoint import read_info
from stn.training.on_ray import on_ray

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray (pip install ray)")

# Functions of __main__ travel to the workers whole. Of the two recipes and two seeds, one loses its worker after
# its first epoch, and a recipe cannot be trained.
ZOO = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
import stn.cli.main, stn.cli.train, stn.training.experiment
from stn.recipes import get_recipe

out = Path(sys.argv[1])
good = get_recipe("mnist-tutorial")
good = replace(good, train=replace(good.train, epochs=2))
bad = replace(good, name="bad", train=replace(good.train, lr=1e9))
own = stn.cli.train.train_job

def train_job(job):
    from tests.helpers import bars
    stn.training.experiment.load_dataset = lambda name, split, folder: bars(200, name)
    run_recipe = stn.training.experiment.run_recipe

    def run(recipe, seed, data_dir, device, out, resume):
        def on_epoch(report):
            with open(out / f"{recipe.name}-{seed}.epochs", "a") as seen:
                seen.write(f"{report.epoch} ")
            if (recipe.name, seed, report.epoch) == ("mnist-tutorial", 1, 1) and not (out / "lost").exists():
                (out / "lost").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return run_recipe(recipe, seed, data_dir, device, out, resume, on_epoch=on_epoch)

    stn.cli.train.run_recipe = run
    try:
        return own(job)
    finally:
        stn.cli.train.run_recipe = run_recipe

stn.cli.train.train_job = train_job
stn.cli.train.list_recipes = lambda: {"mnist-tutorial": good, "bad": bad}
stn.training.experiment.SHIPPED = out / "shipped"
stn.cli.main.main(["train", "--missing", "--seeds", "2", "--device", "cpu", "--ray", "local", "--out", str(out)])
"""


def train_zoo(out: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", ZOO, str(out)]
    environment = os.environ | {"PYTHONPATH": "."}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


@needs_ray
@pytest.mark.slow
def test_every_seed_is_trained_also_that_of_a_lost_worker_and_none_twice(tmp_path):
    done = train_zoo(tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Not trained: bad;" in done.stderr and "bad, seed 0: The loss is" in done.stderr
    assert (tmp_path / "lost").exists()
    assert [(tmp_path / f"mnist-tutorial-{seed}.epochs").read_text() for seed in (0, 1)] == ["1 2 ", "1 2 "]
    info = read_info(tmp_path / "shipped" / "mnist-tutorial.safetensors")
    assert [row["seed"] for row in info.record["seeds"]] == [0, 1]
    assert [file.name for file in (tmp_path / "shipped").iterdir()] == ["mnist-tutorial.safetensors"]

    assert "mnist" in done.stdout and "mnist" not in train_zoo(tmp_path).stdout, "what is shipped is left alone"
    assert (tmp_path / "mnist-tutorial-1.epochs").read_text() == "1 2 "


@needs_ray
def test_nobody_at_the_address_is_one_sentence(monkeypatch):
    import ray

    def init(address, **options):
        raise ConnectionError(f"Could not find {address}.")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(StnError, match=r"No Ray at 'auto'.*ray start --head"):
        next(on_ray("auto", ["job"], print))


def test_without_ray_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(StnError, match="pip install ray"):
        next(on_ray("local", ["job"], print))
