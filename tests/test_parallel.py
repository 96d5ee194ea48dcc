import os
import socket
import subprocess
import sys

import torch

from stn import get_recipe, load_checkpoint
from stn.models import build_model

# Without dropout, the order of sums is all that differs; 331 pictures make the last batch uneven.
TRAIN = """
import sys
from dataclasses import replace
import stn.cli, stn.experiment
from stn.recipes import get_recipe
from tests.conftest import bars
recipe = get_recipe("mnist-tutorial")
recipe = replace(
    recipe, model=replace(recipe.model, dropout=0.0), train=replace(recipe.train, epochs=2, lr=0.1, momentum=0.9)
)
stn.cli.get_recipe = lambda name: recipe
stn.experiment.load_dataset = lambda name, split, folder: bars(331, name)
stn.cli.main(["train", "mnist-tutorial", "--threads", "1", "--device", "cpu", "--out", sys.argv[1]])
"""


def train(out, size: int) -> torch.nn.Module:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = []
    for rank in range(size):
        team = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        environment = os.environ | {key: str(value) for key, value in team.items()}
        command = [sys.executable, "-c", TRAIN, str(out)]
        running.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert all(process.returncode == 0 for process in running)
    assert [output != "" for output in outputs] == [rank == 0 for rank in range(size)], "only the first reports"
    return load_checkpoint(out / "mnist-tutorial" / "seed-0.safetensors")[0]


def test_two_processes_train_what_one_does(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ".")
    one, two = train(tmp_path / "one", 1), train(tmp_path / "two", 2)
    torch.manual_seed(0)
    untrained = build_model(get_recipe("mnist-tutorial").model).state_dict()
    for name, a in one.state_dict().items():
        torch.testing.assert_close(two.state_dict()[name], a, rtol=0, atol=2e-4, msg=name)
    assert (one.net.fc1.weight - untrained["net.fc1.weight"]).abs().max() > 0.02
