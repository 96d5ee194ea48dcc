"""`python -m stn train`: one recipe, or all that are missing, with progress for people and a log for resuming."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from dataclasses import asdict

import torch
from tqdm import tqdm

from stn.checkpoint import count_parameters, read_info
from stn.cli.output import dump, note
from stn.config import Recipe
from stn.errors import StateError, StnError
from stn.models import build_model
from stn.precision import precision_on
from stn.recipes import get_recipe, list_recipes
from stn.training.distributed import ProcessGroup, join_group, leave_group, wait_for_group
from stn.training.engine import with_epochs
from stn.training.experiment import finished_runs, run_recipe, ship, shipped_run
from stn.training.monitor import REMEDY
from stn.training.reports import EpochReport, StepReport


def run_train(options: argparse.Namespace) -> None:
    """train a recipe and write its checkpoint"""
    if options.missing == bool(options.recipe):
        raise StnError("Name one recipe to train, or give --missing alone; `python -m stn list` lists the recipes.")
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.recipe:
        try:
            train_one(get_recipe(options.recipe), options, options.resume)
            wait_for_group()
        finally:
            leave_group()
        return
    if options.epochs or options.holdout or "WORLD_SIZE" in os.environ:
        raise StnError("--missing trains whole recipes in one process: leave out --epochs, --holdout and torchrun.")
    train_missing(options)


def train_missing(options: argparse.Namespace) -> None:
    """Trains and ships every recipe without a checkpoint of it; one that fails does not stop the others."""
    failed = []
    for recipe in list_recipes().values():
        if shipped_run(recipe):
            continue
        print(f"== {recipe.name}", flush=True)
        try:
            if not finished_runs(recipe, options.out):
                try:
                    train_one(recipe, options, resume=True)
                except StateError as error:
                    note(f"{error} --missing does so.")
                    train_one(recipe, options, resume=False)
            if not options.dry_run:
                ship(recipe, options.out, on_skip=note)
        except StnError as error:
            note(f"{recipe.name}: {error}")
            failed.append(recipe.name)
    if failed:
        raise StnError(f"Not trained: {', '.join(failed)}; see above, fix the recipe, then run --missing again.")


def chosen_device(name: str) -> str:
    """cpu or cuda for what --device says. Raises StnError for anything else, and for a GPU that is not there."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name not in ("cpu", "cuda"):
        raise StnError(
            f"--device is cpu, cuda or auto, not {name!r}; choose among several GPUs by CUDA_VISIBLE_DEVICES=0."
        )
    if name == "cuda" and not torch.cuda.is_available():
        raise StnError("No CUDA device was found; give --device cpu, or leave the option out.")
    return name


def train_one(recipe: Recipe, options: argparse.Namespace, resume: bool) -> None:
    device = join_group(chosen_device(options.device))
    if options.dry_run:
        if ProcessGroup().rank > 0:
            return
        shown = asdict(with_epochs(recipe, options.epochs))
        dump(shown | {"params": count_parameters(build_model(recipe.model)), "device": device})
        return
    run = functools.partial(
        run_recipe,
        recipe,
        options.seed,
        options.data_dir,
        device,
        options.out,
        resume,
        options.holdout,
        epochs=options.epochs,
    )
    if ProcessGroup().rank > 0:
        run()
        return
    if (precision := precision_on(device, recipe.train.precision)) != recipe.train.precision:
        note(
            f"This processor does not compute in bfloat16; {recipe.name} is trained in {precision}, which takes longer."
        )
    pose_epochs = with_epochs(
        recipe, options.epochs
    ).train.pose_epochs  # a theta that only begins to move is no failure
    bar = tqdm(disable=None, leave=False, unit="img")  # silent where standard error is no terminal

    def on_step(step: StepReport) -> None:
        bar.total, bar.n = step.total, step.seen
        bar.set_description(f"epoch {step.epoch}, loss {step.loss:.3f}", refresh=False)
        bar.refresh()
        if step.step % 500 == 0:
            percent = 100 * step.step / step.steps
            bar.write(f"Train Epoch: {step.epoch} [{step.seen}/{step.total} ({percent:.0f}%)]\tLoss: {step.loss:.6f}")

    def on_epoch(epoch: EpochReport) -> None:
        result = epoch.result
        bar.write(
            f"Test set: Average loss: {result.loss:.4f}, Accuracy: {result.correct}/{result.n} ({result.accuracy:.0f}%)"
        )
        if epoch.epoch > pose_epochs and epoch.theta and epoch.theta["theta_constant"]:
            bar.write(
                f"stn: warning: theta is the same for every image (sd {epoch.theta['theta_sd']:.4f}), so the "
                f"transformer corrects nothing; {REMEDY}.",
                file=sys.stderr,
            )
        sys.stdout.flush()

    path = run(on_step=on_step, on_epoch=on_epoch)
    bar.close()
    record = read_info(path).record
    print(f"{path}: {record['result']['accuracy']:.2f}% after {record['minutes']:.1f} minutes")
