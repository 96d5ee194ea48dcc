import os
import signal
import socket
import subprocess
import sys

import pytest
import torch

from stn import StnError, get_recipe
from stn.checkpoint import read_tensors
from stn.models import build_model
from stn.training.distributed import join_group

# Without dropout, the order of sums is all that differs; of 321 images the last batch is one, and the
# second process has none of it.
TRAIN = """
import sys
from dataclasses import replace
import stn.cli.main, stn.cli.train, stn.training.experiment
from stn.recipes import get_recipe
from tests.helpers import bars
recipe = get_recipe("mnist-tutorial")
recipe = replace(
    recipe, model=replace(recipe.model, dropout=0.0), train=replace(recipe.train, epochs=2, lr=0.02, momentum=0.9)
)
stn.cli.train.get_recipe = lambda name: recipe
stn.training.experiment.load_dataset = lambda name, split, folder: bars(321, name)
stn.cli.main.main(["train", "mnist-tutorial", "--threads", "1", "--device", "cpu", "--out", *sys.argv[1:]])
"""


# Nothing is there; only the first process may look, for it might download.
MISSING = """
import os, sys
import stn.cli.main, stn.training.experiment
from stn.errors import StnError

def load(name, split, folder):
    assert os.environ["RANK"] == "0"
    raise StnError("No MNIST here.")

stn.training.experiment.load_dataset = load
stn.cli.main.main(["train", "mnist-tutorial", "--device", "cpu", "--out", sys.argv[1]])
"""


# One that stops while another trains on.
STOPS = """
import sys
import stn.cli.main, stn.cli.train
from stn.errors import StnError
from stn.training.distributed import ProcessGroup, join_group

def train_one(recipe, options, resume):
    join_group("cpu")
    if ProcessGroup().rank == 1:
        raise StnError("Out of memory.")

stn.cli.train.train_one = train_one
stn.cli.main.main(["train", "mnist-tutorial"])
"""


# One that is killed in the second epoch, without a word to the others.
KILLED = (
    """
import os, signal
import stn.training.engine
step = stn.training.engine.Run.step

def killed(run, index, *others):
    if len(run.history) == 1 and run.group.rank == int(os.environ.get("KILLED", 9)):
        os.kill(os.getpid(), signal.SIGKILL)
    return step(run, index, *others)

stn.training.engine.Run.step = killed
"""
    + TRAIN
)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def run(script: str, out, size: int, *more: str) -> list[tuple[int, str, str]]:
    """Exit status, standard output and error of every process of a group."""
    port = free_port()
    running = []
    for rank in range(size):
        group = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        environment = os.environ | {key: str(value) for key, value in group.items()}
        command = [sys.executable, "-c", script, str(out), *more]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(command, env=environment, text=True, **pipes))
    outputs = [process.communicate(timeout=300) for process in running]
    return [(process.returncode, *output) for process, output in zip(running, outputs, strict=True)]


def run_nodes(script: str, out, nodes: int) -> list[int]:
    """Exit statuses of torchrun on as many machines, each with one process; here all are this one."""
    file = out.with_suffix(".py")
    file.write_text(script, encoding="utf-8")
    port = free_port()
    meeting = ["--nnodes", str(nodes), "--rdzv-backend", "c10d", "--rdzv-endpoint", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "torch.distributed.run", *meeting, "--nproc-per-node", "1", str(file), str(out)]
    running = [subprocess.Popen(command) for _ in range(nodes)]
    return [process.wait(timeout=300) for process in running]


def train(out, size: int, *more: str) -> dict[str, torch.Tensor]:
    done = run(TRAIN, out, size, *more)
    assert all(status == 0 for status, _, _ in done), done
    assert [output != "" for _, output, _ in done] == [rank == 0 for rank in range(size)], "only the first reports"
    return weights(out)


def weights(out) -> dict[str, torch.Tensor]:
    """What was trained, from the run's state: in the checkpoint it is rounded."""
    tensors, _ = read_tensors(out / "mnist-tutorial" / "seed-0.state")
    return {name: tensor for name, tensor in tensors.items() if name.startswith("model.")}


@pytest.mark.slow
def test_two_processes_train_what_one_does(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ".")
    one, two = train(tmp_path / "one", 1), train(tmp_path / "two", 2)
    torch.manual_seed(0)
    untrained = build_model(get_recipe("mnist-tutorial").model).state_dict()
    assert {name.removeprefix("model.") for name in one} == untrained.keys()
    for name, a in one.items():
        torch.testing.assert_close(two[name], a, rtol=0, atol=2e-4, msg=name)
    assert (one["model.net.fc1.weight"] - untrained["net.fc1.weight"]).abs().max() > 0.02


@pytest.mark.slow
def test_two_machines_train_what_one_does(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ".")
    assert run_nodes(TRAIN, tmp_path / "two", 2) == [0, 0]
    one, two = train(tmp_path / "one", 1), weights(tmp_path / "two")
    for name, a in one.items():
        torch.testing.assert_close(two[name], a, rtol=0, atol=2e-4, msg=name)


@pytest.mark.slow
def test_missing_data_are_looked_for_once_and_said_once(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ".")
    first, second = run(MISSING, tmp_path, 2)
    assert first[0] == second[0] == 2
    assert "stn: No MNIST here.\n" in first[2]
    assert "MNIST" not in second[2] and "Traceback" not in second[2]


@pytest.mark.slow
def test_one_that_stops_takes_the_others_with_it_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ".")
    first, second = run(STOPS, tmp_path, 2)
    assert first[0] == second[0] == 2
    assert "stn: Another process of the group stopped" in first[2] and "Traceback" not in first[2]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("killed", [0, 1])
def test_what_is_left_of_a_group_ends_with_a_sentence_and_goes_on_to_the_same_weights(killed, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ".")
    monkeypatch.setenv("KILLED", str(killed))
    done = run(KILLED, tmp_path / "killed", 2)
    status, _, error = done[1 - killed]
    assert done[killed][0] == -signal.SIGKILL and status == 2
    assert "stn: Another process of the group stopped; the same command with --resume goes on" in error
    assert "Traceback" not in error
    monkeypatch.delenv("KILLED")
    resumed, whole = train(tmp_path / "killed", 2, "--resume"), train(tmp_path / "whole", 2)
    assert all(torch.equal(resumed[name], tensor) for name, tensor in whole.items())


def test_more_processes_than_gpus_are_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name, value in {"WORLD_SIZE": 4, "LOCAL_WORLD_SIZE": 2, "LOCAL_RANK": 0}.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(StnError, match="2 processes need one GPU each, and there are 1"):
        join_group("cuda")
