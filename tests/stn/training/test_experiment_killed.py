"""Runs that are killed, or find the disk full: they go on to the same weights and leave nothing behind."""

import os
import random
import signal
import time
from dataclasses import replace

import pytest
import torch

from stn import StnError
from stn.checkpoint import read_tensors
from stn.training.experiment import run_file, run_recipe
from tests.helpers import bars, short

RECIPE = short("mnist-tutorial")
RECIPE = replace(RECIPE, train=replace(RECIPE.train, epochs=8))
KILLS = 20


@pytest.fixture(autouse=True)
def small(monkeypatch):
    splits = bars(96), bars(32, seed=1)
    monkeypatch.setattr("stn.training.experiment.load_splits", lambda *given: splits)


def train(out) -> None:
    run_recipe(RECIPE, 0, out=out, resume=True)


def trained(out) -> dict[str, torch.Tensor]:
    """The whole state after the last epoch; in the checkpoint weights are rounded."""
    return read_tensors(run_file(out, RECIPE.name, 0).with_suffix(".state"))[0]


def assert_same(one, other) -> None:
    a, b = trained(one), trained(other)
    assert a.keys() == b.keys() and all(torch.equal(tensor, b[name]) for name, tensor in a.items())


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a fork, to kill what has PyTorch loaded already")
def test_killed_at_twenty_moments_it_goes_on_to_the_same_weights(tmp_path):
    began = time.monotonic()
    train(tmp_path / "whole")
    took, chance, killed, out = time.monotonic() - began, random.Random(0), 0, tmp_path / "killed"
    for _ in range(10 * KILLS):
        child = os.fork()
        if child == 0:
            try:
                train(out)
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0, took / 3))
        os.kill(child, signal.SIGKILL)
        killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        if killed == KILLS:
            break
        if run_file(out, RECIPE.name, 0).exists():  # it has come to its end: from the start again
            for file in out.rglob("*"):
                if file.is_file():
                    file.unlink()
    assert killed == KILLS
    train(out)
    assert_same(out, tmp_path / "whole")
    assert not list(out.rglob(".*")), "half-written files are left"


def test_a_run_that_finds_the_disk_full_says_so_and_goes_on_to_the_same_weights(tmp_path, full_disk):
    with full_disk, pytest.raises(StnError, match=r"\.state' cannot be written \(File too large\); free some space"):
        train(tmp_path / "full")
    assert not list(tmp_path.rglob(".*"))
    train(tmp_path / "full")
    train(tmp_path / "whole")
    assert_same(tmp_path / "full", tmp_path / "whole")
