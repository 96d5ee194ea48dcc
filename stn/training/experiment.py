"""From a recipe's name to a checkpoint: data, training, the log, the test of the very file, and shipping a seed."""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import torch

from stn.checkpoint import (
    SHIPPED,
    WEIGHTS,
    CheckpointInfo,
    count_parameters,
    load_checkpoint,
    read_info,
    read_tensors,
    save_checkpoint,
    write_tensors,
)
from stn.config import Recipe
from stn.data import Dataset, load_dataset
from stn.distort import TURNED
from stn.errors import StnError
from stn.evaluation.accuracy import Result, evaluate_model, with_clutter_from
from stn.evaluation.rectify import rectification
from stn.files import FORGOTTEN, remove_leftovers
from stn.precision import precision_on
from stn.reference_systems import printed_systems
from stn.training.distributed import ProcessGroup
from stn.training.engine import train, with_epochs
from stn.training.monitor import REMEDY
from stn.training.reports import EpochReport, StepReport

TESTED_ON = "the test set"
HOLDOUT = 5000  # training images kept out of training, on which choices are made
MAX_LOSS = 0.02  # points of accuracy that smaller weights may cost, or more where the test itself is less exact


def run_file(out: Path, name: str, seed: int, holdout: bool = False, epochs: int | None = None) -> Path:
    """Where a run's checkpoint goes; its state and log lie beside it. A trial has a name of its own."""
    trial = ("-holdout" if holdout else "") + (f"-epochs-{epochs}" if epochs else "")
    return out / name / f"seed-{seed}{trial}.safetensors"


def load_splits(recipe: Recipe, data_dir: str | None, holdout: bool = False) -> tuple[Dataset, Dataset]:
    """Training and test images; with `holdout`, the last 5,000 training images stand in for the test set."""
    data = load_dataset(recipe.dataset, "train", data_dir)
    if holdout:
        training = data.subset(slice(0, -HOLDOUT))
        return training, with_clutter_from(data.subset(slice(-HOLDOUT, None)), training)
    return data, with_clutter_from(load_dataset(recipe.dataset, "test", data_dir), data)


def run_recipe(
    recipe: Recipe,
    seed: int = 0,
    data_dir: str | None = None,
    device: str = "cpu",
    out: Path = Path("runs"),
    resume: bool = False,
    holdout: bool = False,
    on_step: Callable[[StepReport], None] = lambda report: None,
    on_epoch: Callable[[EpochReport], None] = lambda report: None,
    epochs: int | None = None,
) -> Path:
    """Trains a recipe, writes its checkpoint and a log of one JSON line an epoch, and returns the checkpoint's path.

    With `epochs` or `holdout` it is a trial, whose files lie beside the recipe's own runs and are never shipped.
    """
    if epochs == recipe.train.epochs:
        epochs = None
    recipe = with_epochs(recipe, epochs)
    # One process downloads what is missing, not all of a group into the same folder.
    data, test = ProcessGroup().after_first(lambda: load_splits(recipe, data_dir, holdout))
    path = run_file(out, recipe.name, seed, holdout, epochs)
    state, log = path.with_suffix(".state"), path.with_suffix(".jsonl")
    first = ProcessGroup().rank == 0
    if not resume and first:
        state.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if first:
        _clean(path, state, log)

    # Only the first of a group writes; the others must not find a state that it is about to delete.
    outcome = train(recipe, data, test, seed, device, state if first or resume else None, log, on_step, on_epoch)
    if not first:
        return path
    record = {
        "seed": seed,
        "epochs": recipe.train.epochs,
        "minutes": outcome.seconds / 60,  # of training; the tests after each epoch are not counted
        "device": device,
        "threads": torch.get_num_threads() * ProcessGroup().size,
        "precision": precision_on(device, recipe.train.precision),
        "params": count_parameters(outcome.model),
        "torch": str(torch.__version__),
        "tested_on": f"the last {HOLDOUT} training images" if holdout else TESTED_ON,
        "theta": outcome.history[-1]["theta"],
    }
    write_tested(path, recipe, outcome.model, test, record)
    return path


def _clean(*files: Path) -> None:
    """Removes what a run that was killed has left beside its files. No other process trains this seed here."""
    for file in files:
        remove_leftovers(file)
    # What safetensors wrote for any seed, until this package wrote its bytes itself; it takes seconds.
    for file in files[0].parent.glob(".tmp??????"):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > FORGOTTEN:
                file.unlink()


def allowed_loss(result: Result) -> float:
    """What smaller weights may cost, in points: a quarter of the result's standard error, 0.02 at least."""
    share = result.correct / result.n
    return max(MAX_LOSS, 100 * math.sqrt(share * (1 - share) / result.n) / 4)


def write_tested(path: Path, recipe: Recipe, model: torch.nn.Module, test: Dataset, record: dict) -> None:
    """Writes the model with the smallest weights that cost next to nothing; the record's result is that file's."""
    full = evaluate_model(model.cpu(), test, recipe)  # where the file is tested too: a GPU rounds differently
    trial = path.with_name(f".trial-{path.name}")
    try:
        for weights in WEIGHTS:
            save_checkpoint(trial, recipe, model, {"result": full.to_dict()}, weights)
            loaded, _ = load_checkpoint(trial)
            result = evaluate_model(loaded, test, recipe)
            if full.accuracy - result.accuracy <= allowed_loss(full):
                break
    finally:
        trial.unlink(missing_ok=True)
    own = {"seed": record["seed"], "accuracy": result.accuracy, "loss": result.loss, "minutes": record["minutes"]}
    record = record | {"result": result.to_dict(), "seeds": [own], "weights": weights}
    if recipe.model.family and recipe.distortion in TURNED:
        record["rectification"] = rectification(loaded, test, recipe).to_dict()
    save_checkpoint(path, recipe, model, record, weights)


def finished_runs(recipe: Recipe, out: Path, on_skip: Callable[[str], None] = lambda why: None) -> list[CheckpointInfo]:
    """The runs of exactly this recipe in `out` that were tested on the test set; `on_skip` hears of other files."""
    paths = sorted(path for path in (out / recipe.name).glob("*.safetensors") if re.fullmatch(r"seed-\d+", path.stem))
    infos = []
    for path in paths:
        try:
            info = load_checkpoint(path)[1]  # the weights too: only a file that loads can be shipped
        except StnError as error:
            on_skip(f"'{path}' is skipped: {error}")
            continue
        if info.recipe == recipe and info.record.get("tested_on") == TESTED_ON:
            infos.append(info)
        else:
            on_skip(f"'{path}' is skipped: it is not a run of this recipe on the test set; train it again.")
    return infos


def shipped_run(recipe: Recipe, to: Path | None = None) -> CheckpointInfo | None:
    """The shipped file, where it is a run of exactly this recipe; its record knows seeds that `out` may have lost."""
    path = (to or SHIPPED) / f"{recipe.name}.safetensors"
    try:
        info = load_checkpoint(path)[1] if path.is_file() else None
    except StnError:
        return None
    return info if info and info.recipe == recipe and info.record.get("tested_on") == TESTED_ON else None


def ship(
    recipe: Recipe,
    out: Path = Path("runs"),
    to: Path | None = None,
    on_skip: Callable[[str], None] = lambda why: None,
) -> CheckpointInfo:
    """Ships the seed nearest the mean of all trained ones, with every seed's result in its record.

    Those in `out` count, and those that the file shipped before knows of; a seed in both is the one in `out`. Where the
    mean falls short of the published number, the best seed at hand is shipped instead and the record says so.
    `on_skip` hears of files that are no such run. Raises StnError where nothing was trained, and for a theta that is
    the same for every image: that is no STN. The printed systems are shipped as they come out.
    """
    to = to or SHIPPED
    infos = finished_runs(recipe, out, on_skip)
    if not infos:
        raise StnError(f"There is no run of {recipe.name!r} in '{out}'; run `python -m stn train {recipe.name}` first.")
    seeds = {info.record["seed"]: info.record["seeds"][0] for info in infos}
    before = shipped_run(recipe, to)
    if before:
        if before.record["seed"] not in seeds:
            infos.append(before)
        seeds = {row["seed"]: row for row in before.record["seeds"]} | seeds
    center = mean(row["accuracy"] for row in seeds.values())
    short = recipe.published is not None and center < recipe.published
    target = max(info.result["accuracy"] for info in infos) if short else center
    chosen = min(infos, key=lambda info: abs(info.result["accuracy"] - target))
    theta = chosen.record.get("theta")
    as_printed = {printed.name for printed in printed_systems()}
    if theta and theta["theta_constant"] and recipe.name not in as_printed:
        raise StnError(
            f"Seed {chosen.record['seed']} of {recipe.name!r} is not shipped: its transformer failed, theta is the "
            f"same for every image (sd {theta['theta_sd']:.4f}); {REMEDY}."
        )
    tensors, metadata = read_tensors(chosen.path)
    record = chosen.record | {
        "seeds": [seeds[seed] for seed in sorted(seeds)],
        "shipped": "the best seed, for the mean falls short of the published number" if short else "nearest the mean",
    }
    path = to / f"{recipe.name}.safetensors"
    write_tensors(path, tensors, metadata | {"record": record})
    return read_info(path)
