"""`python -m stn train`: one recipe, or all that are missing, with progress for people and a log for resuming."""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

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
from stn.training.experiment import finished_runs, run_file, run_recipe, ship, shipped_run
from stn.training.monitor import REMEDY
from stn.training.on_ray import on_ray
from stn.training.reports import EpochReport, StepReport

Result = TypeVar("Result")


def run_train(options: argparse.Namespace) -> None:
    """train a recipe and write its checkpoint"""
    if options.missing == bool(options.recipe):
        raise StnError("Name one recipe to train, or give --missing alone; `python -m stn list` lists the recipes.")
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.recipe and (options.ray or options.seeds != 1):
        raise StnError("--ray and --seeds are for --missing: one recipe's run is one process's, or torchrun's.")
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


@dataclass(frozen=True)
class Job:
    """One seed of one recipe, for whichever process trains it."""

    recipe: Recipe
    seed: int
    data_dir: str | None
    device: str
    out: Path
    threads: int

    def train(self, resume: bool) -> Path:
        return run_recipe(self.recipe, self.seed, self.data_dir, self.device, self.out, resume)


Outcomes = Iterator[tuple[Job, StnError | None]]  # why it was not trained


def train_missing(options: argparse.Namespace) -> None:
    """Trains and ships every recipe that lacks some of its seeds; one that fails does not stop the others."""
    # This computer need not have the GPUs that Ray has.
    device = "cuda" if options.ray and options.device == "cuda" else chosen_device(options.device)
    out, threads = options.out.resolve(), options.threads or 1
    lacking, jobs = {}, []
    for name, recipe in list_recipes().items():
        seeds = missing_seeds(recipe, options.out, options.seed, options.seeds)
        if seeds is not None:
            lacking[name] = seeds
            jobs += [Job(recipe, seed, options.data_dir, device, out, threads) for seed in seeds]
    failed = [name for name, seeds in lacking.items() if not seeds and not shipped_well(name, options)]
    elsewhere = options.ray and jobs and not options.dry_run
    for job, failure in _on_ray(jobs, options) if elsewhere else _here(jobs, options):
        name, left = job.recipe.name, lacking[job.recipe.name]
        left.remove(job.seed)
        if failure:
            note(f"{name}: {failure}" if options.seeds == 1 else f"{name}, seed {job.seed}: {failure}")
            failed.append(name)
        elif not left and name not in failed and not shipped_well(name, options):
            failed.append(name)
    if failed:
        names = ", ".join(dict.fromkeys(failed))
        raise StnError(f"Not trained: {names}; see above, fix the recipe, then run --missing again.")


def missing_seeds(recipe: Recipe, out: Path, first: int, count: int) -> list[int] | None:
    """Seeds from `first` on to train until there are `count`, with those in `out`; None where as many are shipped."""
    shipped = shipped_run(recipe)
    known = {row["seed"] for row in shipped.record["seeds"]} if shipped else set()
    if len(known) >= count:
        return None
    known |= {info.record["seed"] for info in finished_runs(recipe, out)}
    fresh = (seed for seed in itertools.count(first) if seed not in known)
    return list(itertools.islice(fresh, max(0, count - len(known))))


def shipped_well(name: str, options: argparse.Namespace) -> bool:
    """Ships a recipe; false, and why, where it cannot be."""
    if options.dry_run:
        return True
    try:
        ship(list_recipes()[name], options.out, on_skip=note)
    except StnError as error:
        note(f"{name}: {error}")
        return False
    return True


def _here(jobs: Sequence[Job], options: argparse.Namespace) -> Outcomes:
    """One after the other, in this process."""
    for job in jobs:
        print(f"== {job.recipe.name}" + (f", seed {job.seed}" if options.seeds > 1 else ""), flush=True)
        own = argparse.Namespace(**{**vars(options), "seed": job.seed})
        try:
            resumed(functools.partial(train_one, job.recipe, own))
        except StnError as error:
            yield job, error
        else:
            yield job, None


def _on_ray(jobs: Sequence[Job], options: argparse.Namespace) -> Outcomes:
    """All at once, by whatever workers Ray has; their files are written to `out` here."""
    cpus, gpus = jobs[0].threads, int(jobs[0].device == "cuda")
    for job, files in on_ray(options.ray, jobs, train_job, cpus, gpus):
        if isinstance(files, StnError):
            yield job, files
            continue
        path = run_file(job.out, job.recipe.name, job.seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix, content in files.items():
            path.with_suffix(suffix).write_bytes(content)
        print(f"{job.recipe.name}, seed {job.seed}: {read_info(path).record['result']['accuracy']:.2f}%", flush=True)
        yield job, None


def train_job(job: Job) -> dict[str, bytes]:
    """Trains on a worker of Ray; returns the checkpoint and the log by their suffixes."""
    torch.set_num_threads(job.threads)
    path = resumed(job.train)
    return {suffix: path.with_suffix(suffix).read_bytes() for suffix in (".jsonl", ".safetensors")}


def resumed(training: Callable[[bool], Result]) -> Result:
    """What training(resume) returns: goes on from a run's state, or begins anew where it is another recipe's."""
    try:
        return training(True)
    except StateError as error:
        note(f"{error} --missing does so.")
        return training(False)


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
