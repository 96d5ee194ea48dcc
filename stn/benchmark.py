"""Speed as ratios, both sides alternating in one run: the engine against a plain loop, the STN against its CNN."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import median

import torch
import torch.nn.functional as F

from stn._torchvision import import_torchvision
from stn.checkpoint import load_checkpoint
from stn.data import default_data_dir, load_dataset
from stn.evaluate import evaluate_model
from stn.models import build_model
from stn.recipes import get_recipe
from stn.train import Run, with_epochs

TARGET = 98.86  # percent, printed for the tutorial's net after 20 epochs
LOOP_EPOCHS = 20


class PlainLoop:
    """Training as the PyTorch STN tutorial has it: a DataLoader with 2 workers, ToTensor and Normalize, batch 64."""

    def __init__(self, data_dir: str | None):
        recipe = get_recipe("mnist-tutorial")
        torchvision = import_torchvision()
        transforms = torchvision.transforms
        load_dataset("mnist", "train", data_dir)  # one clear sentence where it is missing
        data = torchvision.datasets.MNIST(
            data_dir or default_data_dir(),
            train=True,
            transform=transforms.Compose(
                [transforms.ToTensor(), transforms.Normalize(recipe.model.mean, recipe.model.std)]
            ),
        )
        self.loader = torch.utils.data.DataLoader(data, batch_size=recipe.train.batch_size, shuffle=True, num_workers=2)
        # The same network without our normalisation, which the loader does.
        self.model = build_model(recipe.model).net
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=recipe.train.lr)

    def epoch(self) -> float:
        start = time.perf_counter()
        self.model.train()
        for data, target in self.loader:
            self.optimizer.zero_grad()
            loss = F.nll_loss(self.model(data), target)
            loss.backward()
            self.optimizer.step()
        return time.perf_counter() - start


def benchmark_train(epochs: int = 3, target_epochs: int | None = None, data_dir: str | None = None, log=print) -> dict:
    """Seconds an epoch of the plain loop and of the engine on `mnist-tutorial`, alternating, medians of `epochs` each;
    then the wall-clock that `mnist-tutorial-tuned` takes from nothing to 98.86 % on the test set, testing included."""
    data, test = (load_dataset("mnist", split, data_dir) for split in ("train", "test"))
    loop = PlainLoop(data_dir)
    engine = Run(with_epochs(get_recipe("mnist-tutorial"), epochs), data, 0, torch.device("cpu"))
    seconds: dict[str, list[float]] = {"loop": [], "engine": []}
    for epoch in range(1, epochs + 1):
        seconds["loop"].append(loop.epoch())
        start = time.perf_counter()
        engine.epoch(epoch, lambda report: None)
        seconds["engine"].append(time.perf_counter() - start)
        log(f"epoch {epoch}: loop {seconds['loop'][-1]:.1f} s, engine {seconds['engine'][-1]:.1f} s")
    loop_s, engine_s = (median(values) for values in seconds.values())
    row = {
        "recipe": "mnist-tutorial",
        "batch_size": engine.config.batch_size,
        "threads": torch.get_num_threads(),
        "epochs": epochs,
        "loop_s_per_epoch": loop_s,
        "engine_s_per_epoch": engine_s,
        "ratio": loop_s / engine_s,
    }
    return row | time_to_target(loop_s, data, test, target_epochs, log)


def time_to_target(loop_s: float, data, test, target_epochs: int | None, log=print) -> dict:
    """Trains the tuned recipe, by default for its shortest schedule that gets there, until a test reaches TARGET."""
    recipe = get_recipe("mnist-tutorial-tuned")
    recipe = replace(with_epochs(recipe, target_epochs), name=recipe.name)
    start = time.perf_counter()
    run = Run(recipe, data, 0, torch.device("cpu"))
    reached = None
    for epoch in range(1, recipe.train.epochs + 1):
        run.epoch(epoch, lambda report: None)
        accuracy = evaluate_model(run.kept, test, recipe).accuracy
        log(f"{recipe.name}, epoch {epoch}: {accuracy:.2f} % after {time.perf_counter() - start:.1f} s")
        if accuracy >= TARGET:
            reached = time.perf_counter() - start
            break
    return {
        "target": TARGET,
        "target_epochs": recipe.train.epochs,
        "to_target_s": reached,
        "to_target_epoch": epoch if reached else None,
        "to_target_ratio": reached and reached / (LOOP_EPOCHS * loop_s),
    }


def benchmark_infer(stn: str, cnn: str, repeats: int = 30) -> dict:
    """Milliseconds a picture, batch 1, of an STN and its plain CNN, alternating; medians."""
    models = {}
    for kind, name in (("stn", stn), ("cnn", cnn)):
        model, info = load_checkpoint(name)
        models[kind] = (model, torch.rand(1, info.channels, info.canvas, info.canvas))
    times: dict[str, list[float]] = {kind: [] for kind in models}
    with torch.inference_mode():
        for i in range(repeats + 5):
            for kind, (model, x) in models.items():
                start = time.perf_counter()
                model(x)
                if i >= 5:  # the first calls prepare their kernels
                    times[kind].append(1000 * (time.perf_counter() - start))
    stn_ms, cnn_ms = median(times["stn"]), median(times["cnn"])
    return {"stn": stn, "cnn": cnn, "stn_ms": stn_ms, "cnn_ms": cnn_ms, "ratio": stn_ms / cnn_ms}
