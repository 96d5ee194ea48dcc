"""Speed as ratios, measured in turn within one run: the engine against a plain loop, the STN against its CNN."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F

from stn._torchvision import import_torchvision
from stn.checkpoint import load_checkpoint
from stn.data import Dataset, default_data_dir, load_dataset
from stn.evaluation.accuracy import evaluate_model
from stn.models import build_model
from stn.recipes import get_recipe
from stn.training.engine import Run, with_epochs


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
        # The same network without our normalization, which the loader does.
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


def benchmark_train(
    epochs: int = 3,
    target_epochs: int = 3,
    data_dir: str | None = None,
    log: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Seconds an epoch of the plain loop and of the engine on `mnist-tutorial`, alternating, medians of `epochs` each;
    the floor: an epoch of nothing but that network's four convolutions, forward and backward; and the wall-clock that
    `mnist-tutorial-tuned`, on a schedule of `target_epochs`, takes from nothing to the published accuracy on the test
    set, testing included. A schedule that ends soon gets there in its second epoch, the recipe's own in its third; 3
    was chosen on 5,000 held-out training images.
    """
    plain = get_recipe("mnist-tutorial")
    data, test = (load_dataset("mnist", split, data_dir) for split in ("train", "test"))
    loop = PlainLoop(data_dir)
    engine = Run(with_epochs(plain, epochs), data, 0, torch.device("cpu"))
    seconds: dict[str, list[float]] = {"loop": [], "engine": []}
    for epoch in range(1, epochs + 1):
        seconds["loop"].append(loop.epoch())
        start = time.perf_counter()
        engine.epoch(epoch, lambda report: None)
        seconds["engine"].append(time.perf_counter() - start)
        log(f"epoch {epoch}: loop {seconds['loop'][-1]:.1f} s, engine {seconds['engine'][-1]:.1f} s")
    loop_s, engine_s = (median(values) for values in seconds.values())
    floor_s = engine.steps * convolutions_s(engine)
    row = {
        "recipe": plain.name,
        "batch_size": engine.config.batch_size,
        "threads": torch.get_num_threads(),
        "epochs": epochs,
        "loop_s_per_epoch": loop_s,
        "engine_s_per_epoch": engine_s,
        "ratio": loop_s / engine_s,
        "convolutions_s_per_epoch": floor_s,
        "ratio_of_convolutions_alone": loop_s / floor_s,
    }
    start = time.perf_counter()
    recipe = with_epochs(get_recipe("mnist-tutorial-tuned"), target_epochs)
    target = plain.published or 0.0
    reached = epochs_to_target(Run(recipe, data, 0, torch.device("cpu")), test, target, log)
    taken = time.perf_counter() - start if reached else None
    return row | {
        "target": target,
        "target_schedule_epochs": recipe.train.epochs,
        "to_target_epochs": reached,
        "to_target_s": taken,
        "to_target_ratio": taken and taken / (plain.train.epochs * loop_s),
    }


def convolutions_s(run: Run, repeats: int = 50) -> float:
    """Seconds that a step's convolutions take by themselves, forward and backward, on inputs of the right sizes."""
    calls: list[tuple[torch.nn.Conv2d, torch.Tensor]] = []
    convs = [module for module in run.model.modules() if isinstance(module, torch.nn.Conv2d)]
    hooks = [conv.register_forward_pre_hook(lambda m, args: calls.append((m, args[0].detach()))) for conv in convs]
    images, _ = run.batch(torch.arange(run.config.batch_size), torch.Generator())
    run.model(images)
    for hook in hooks:
        hook.remove()
    outputs = []
    for conv, x in calls:
        # The localisation net's first layer sees the image itself, which needs no gradient.
        x.requires_grad_(conv is not calls[0][0])
        outputs.append(torch.ones_like(conv(x)))
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for (conv, x), gradient in zip(calls, outputs, strict=True):
            conv(x).backward(gradient)
        times.append(time.perf_counter() - start)
    return median(times)


def epochs_to_target(run: Run, test: Dataset, target: float, log: Callable[[str], None]) -> int | None:
    """Trains until a test reaches `target` percent; the number of epochs that took, None if that does not happen."""
    start = time.perf_counter()
    for epoch in range(1, run.config.epochs + 1):
        run.epoch(epoch, lambda report: None)
        accuracy = evaluate_model(run.eval_model, test, run.recipe).accuracy
        log(f"{run.recipe.name}, epoch {epoch}: {accuracy:.2f} % after {time.perf_counter() - start:.1f} s")
        if accuracy >= target:
            return epoch
    return None


def benchmark_infer(stn: str, cnn: str, repeats: int = 30) -> dict[str, Any]:
    """Milliseconds an image, batch 1, of an STN and its plain CNN, alternating; medians."""
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
