"""The training engine: the whole data set as tensors, distorted batch by batch. It reports; the caller prints."""

from __future__ import annotations

import functools
import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stn.airbench import WHITENING_IMAGES, AirbenchNet
from stn.checkpoint import read_tensors, write_file, write_tensors
from stn.config import Recipe, recipe_from_dict, recipe_to_dict
from stn.data import Dataset
from stn.distort import get_distortion, random_shift
from stn.errors import StateError, StnError
from stn.evaluation.accuracy import evaluate_model
from stn.explain import Pass, run_to_last, transformers_of, watch
from stn.models import build_model
from stn.precision import autocast
from stn.training.distributed import ProcessGroup
from stn.training.monitor import ADVICE, ThetaMonitor
from stn.training.optim import lr_factor, make_optimizer
from stn.training.pose import pose_supervision_loss, watch_steps
from stn.training.reports import EpochReport, Outcome, StepReport

WATCH_EVERY = 20  # steps between two measurements of theta
MAX_SEED = 2**31 - 1


def train(
    recipe: Recipe,
    data: Dataset,
    test: Dataset,
    seed: int = 0,
    device: str = "cpu",
    state_file: Path | None = None,
    log_file: Path | None = None,
    on_step: Callable[[StepReport], None] = lambda report: None,
    on_epoch: Callable[[EpochReport], None] = lambda report: None,
) -> Outcome:
    """Trains a recipe on `data` and tests it on `test` after every epoch.

    With a `state_file`, the whole state is written there after every epoch, and a run that finds one goes on from it to
    the same weights, bit for bit on such a CPU with as many threads. A `log_file` gets one JSON line an epoch.
    Raises StnError where the recipe cannot be trained, where the state is damaged or another run's, or where training
    collapses.
    """
    run = Run(recipe, data, seed, torch.device(device))
    if state_file is not None and state_file.exists():
        run.restore(state_file)
    for epoch in range(len(run.history) + 1, recipe.train.epochs + 1):
        start = time.perf_counter()
        loss, theta = run.epoch(epoch, on_step)
        seconds = time.perf_counter() - start
        if run.group.rank > 0:
            run.history.append({"seconds": seconds})  # the first of a group tests, writes and reports
            continue
        with run.precision:  # in bf16 in half the time; the file's own test is in float32
            result = evaluate_model(run.eval_model, test, recipe, run.device)
        report = EpochReport(epoch, recipe.train.epochs, seconds, loss, result, theta)
        run.history.append(report.to_dict())
        # The log before the state, and whole: then no moment to be stopped in makes the two disagree for good.
        if log_file is not None:
            lines = "".join(json.dumps(row) + "\n" for row in run.history)
            write_file(log_file, functools.partial(Path.write_text, data=lines))
        if state_file is not None:
            run.save(state_file)
        on_epoch(report)
    return Outcome(run.eval_model.eval(), run.history)


class Run:
    """One training run: model, optimiser and history. Randomness depends on (seed, epoch) alone, so it resumes."""

    def __init__(self, recipe: Recipe, data: Dataset, seed: int, device: torch.device):
        if not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
            raise StnError(f"The seed is {seed!r}; give a whole number from 0 to {MAX_SEED}.")
        config = recipe.train
        if config.flip_alternates and not config.flip:
            raise StnError("flip_alternates=True says how images are flipped: set flip=True too.")
        self.recipe, self.config, self.seed, self.device = recipe, config, seed, device
        self.precision = autocast(device, config.precision)
        self.group = ProcessGroup()
        self.images = data.images.to(device)
        self.labels = data.labels.to(device)
        distortion = recipe.train_distortion or recipe.distortion
        self.distort = get_distortion(distortion) if distortion else None
        torch.manual_seed(seed)
        # channels_last halves the time of the small nets' convolutions on a CPU.
        self.model = build_model(recipe.model).to(device)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if isinstance(self.model.net, AirbenchNet):
            images = self.images[:WHITENING_IMAGES].float() / 255
            self.model.net.prepare((images - self.model.mean) / self.model.std)
        self.transformers = transformers_of(self.model)  # in the order they run
        first = next(iter(self.transformers.values()), None)
        self.localizer = first and first.localizer  # the one that is taught in steps
        self.optimizer = make_optimizer(self.model, config)
        self.average = None
        if config.ema:
            self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(config.ema), use_buffers=True)
        self.flips: Tensor | None = None  # (N,) of this epoch, where not by chance
        self.steps = math.ceil(len(data) / config.batch_size)
        self.history: list[dict] = []

    @property
    def eval_model(self) -> nn.Module:
        return self.average.module if self.average is not None else self.model

    def epoch(self, epoch: int, on_step: Callable[[StepReport], None]) -> tuple[float, dict[str, Any] | None]:
        """Trains one epoch; returns the mean loss and what the transformers did."""
        config, total = self.config, len(self.labels)
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + epoch)
        order = torch.randperm(total, generator=generator)  # the whole group's; from here on each draws its own
        generator.manual_seed(int(torch.randint(2**31, (1,), generator=generator)) + self.group.rank)
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))  # dropout's
        if config.flip_alternates:  # two epochs in a row show every image both ways round (Jordan 2024, section 3.6)
            first = torch.rand(total, generator=torch.Generator().manual_seed(self.seed)) < 0.5
            self.flips = first ^ (epoch % 2 == 0)
        pose_only = epoch <= config.pose_epochs
        monitor = ThetaMonitor()
        self.model.train()
        losses = torch.zeros((), dtype=torch.float64, device=self.device)
        with watch(self.transformers) as passes:
            for step in range(self.steps):
                index = order[step * config.batch_size : (step + 1) * config.batch_size]
                self.set_rates((epoch - 1) * self.steps + step)
                passes.clear()
                loss = self.step(index, generator, pose_only, passes)
                losses += loss
                if step % WATCH_EVERY == 0:
                    if not math.isfinite(loss):
                        raise StnError(f"The loss is {float(loss)} in epoch {epoch}, step {step}: {ADVICE}.")
                    if self.group.rank == 0:  # what one process alone sees must not stop it alone
                        monitor.add(passes)
                    on_step(StepReport(epoch, step, self.steps, step * config.batch_size, total, float(loss)))
        if not math.isfinite(losses):
            raise StnError(f"The loss is {float(losses)} in epoch {epoch}: {ADVICE}.")
        stats = monitor.stats()
        return float(losses / self.steps), None if stats is None else stats.to_dict()

    def set_rates(self, step: int) -> None:
        """Sets the learning rates of a step: the localisation nets', all of which learn from the first step on, and the
        classifier's, whose schedule begins after the pose epochs.

        Until then what stands in front of a transformer on feature maps learns at that schedule's first rate.
        """
        total, pose_steps = self.config.epochs * self.steps, self.config.pose_epochs * self.steps
        for group in self.optimizer.param_groups:
            skipped = 0 if group["locates"] else min(step, pose_steps)
            group["lr"] = group["base_lr"] * lr_factor(step - skipped, total - skipped, self.config)

    def step(self, index: Tensor, generator: torch.Generator, pose_only: bool, passes: list[Pass]) -> Tensor:
        """One step on the group's images at `index`; returns their mean loss.

        `passes` gets what the transformers do, as long as they are watched. With `pose_only`, the known distortion
        alone teaches, every transformer, and the layers behind the last one do not run.
        """
        config = self.config
        index, weight = self.group.share(index)
        index = index.to(self.device)
        images, matrix = self.batch(index, generator)
        with self.precision, watch_steps(self.localizer) as said:
            if pose_only:
                if self.transformers:
                    passes.append(run_to_last(self.model, self.transformers, images))
                loss = pose_supervision_loss(passes, matrix, said)
            else:
                logits = self.model(images)
                loss = F.cross_entropy(logits, self.labels[index], label_smoothing=config.label_smoothing)
                if config.pose_weight:
                    loss = pose_supervision_loss(passes, matrix, said) * config.pose_weight + loss
        self.optimizer.zero_grad()
        loss.backward()
        loss = self.group.average_gradients(self.model, loss.detach(), weight)
        if config.clip_norm:
            nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm)
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.model)
        return loss

    def batch(self, index: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Images (B, C, canvas, canvas) in [0, 1], augmented and distorted, and the distortion's matrices."""
        images = self.images[index].float().div_(255)  # (B, C, H, W)
        if self.config.flip:
            by_chance = torch.rand(len(index), generator=generator) < 0.5
            flip = by_chance if self.flips is None else self.flips[index.cpu()]
            images = torch.where(flip[:, None, None, None].to(self.device), images.flip(-1), images)
        if self.config.shift:
            images = random_shift(images, self.config.shift, generator)
        matrix = None
        if self.distort is not None:
            # Clutter is cut from the images of the batch: they are random already.
            distorted = self.distort(images, images, self.recipe.model.canvas, generator)
            images, matrix = distorted.images, distorted.matrix
        matrix = matrix if matrix is None else matrix.to(self.device)
        return images.contiguous(memory_format=torch.channels_last), matrix

    # --- the state, written after every epoch --------------------------------------------------------------------

    @property
    def identity(self) -> dict[str, int]:
        """What a state must share with a run, besides the recipe, to go on in it."""
        return {"seed": self.seed, "pictures": len(self.labels)}

    def save(self, path: Path) -> None:
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        if self.average is not None:
            tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for i, slots in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{i}.{k}": v for k, v in slots.items() if torch.is_tensor(v)}
        metadata = {"recipe": recipe_to_dict(self.recipe), "history": self.history} | self.identity
        write_tensors(path, tensors, metadata)

    def restore(self, path: Path) -> None:
        """Goes on from a state. Raises StateError for one that is damaged or another run's."""
        try:
            tensors, metadata = read_tensors(path)
            same = {key: metadata[key] for key in self.identity} == self.identity
            if same := same and recipe_from_dict(metadata["recipe"]) == self.recipe:
                self.load(tensors, list(metadata["history"]))
        except (StnError, RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise StateError(
                f"'{path}' is damaged or another version wrote it; train without --resume to start over."
            ) from error
        if not same:
            raise StateError(
                f"'{path}' is the state of a run with another recipe, seed or part of the data; train without --resume "
                "to start over."
            )

    def load(self, tensors: dict[str, Tensor], history: list[dict]) -> None:
        parts: dict[str, dict[str, Tensor]] = {"model": {}, "average": {}, "optimizer": {}}
        for name, tensor in tensors.items():
            part, rest = name.split(".", 1)
            parts[part][rest] = tensor
        self.model.load_state_dict(parts["model"])
        if self.average is not None:
            self.average.load_state_dict(parts["average"])
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        slots: dict[int, dict[str, Tensor]] = {}
        for name, tensor in parts["optimizer"].items():
            i, slot = name.split(".", 1)
            like = parameters[int(i)]
            # Fused optimisers walk memory: their tensors must lie as the parameter's do, which a file does not keep.
            same = tensor.shape == like.shape
            slots.setdefault(int(i), {})[slot] = torch.empty_like(like).copy_(tensor) if same else tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})
        self.history = history


def with_epochs(recipe: Recipe, epochs: int | None) -> Recipe:
    """The recipe with another number of epochs, itself for None; the pose epochs keep their part of them."""
    if epochs is None:
        return recipe
    pose_epochs = min(round(recipe.train.pose_epochs * epochs / recipe.train.epochs), epochs - 1)
    return replace(recipe, train=replace(recipe.train, epochs=epochs, pose_epochs=pose_epochs))
