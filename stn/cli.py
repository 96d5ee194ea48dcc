"""`python -m stn`: reads the command line, prints, and turns a StnError into one line and exit status 2."""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import torch
from tqdm import tqdm

from stn.benchmark import benchmark_infer, benchmark_train
from stn.checkpoint import count_parameters, load_checkpoint, read_info, shipped_names
from stn.config import Recipe
from stn.curves import CONTROLS, curve, update_curves
from stn.data import DATASETS, default_data_dir, download
from stn.errors import StateError, StnError
from stn.evaluate import evaluate_model, load_test
from stn.experiment import finished_runs, run_recipe, ship
from stn.export import FORMATS, export
from stn.models import build_model
from stn.parallel import Team, join_team, leave_team, wait_for_team
from stn.recipes import get_recipe, list_recipes
from stn.rectify import rectification
from stn.table import markdown_table, table_rows, write_table
from stn.train import MAX_SEED, EpochReport, StepReport, with_epochs


def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except StnError as error:
        stop(str(error), 2)
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries again while it exits
        sys.exit(128 + 13)  # as a shell calls the end by SIGPIPE
    except OSError as error:
        stop(f"{error.filename or 'a file'}: {error.strerror or error}; give another place.", 2)
    except KeyboardInterrupt:
        again = ""
        if options.run is run_train:
            flag = "" if options.missing else " with --resume"
            again = f"; the same command{flag} goes on after the last whole epoch"
        stop(f"stopped{again}.", 130)


def stop(why: str, status: int) -> NoReturn:
    """Ends the program with one line; of the processes that torchrun started, only the first says it."""
    if os.environ.get("RANK", "0") == "0":
        note(why)
    sys.exit(status)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m stn", description="Train, test, ship and export STNs.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(run, *, json_flag=False, data=False, **options):
        sub = commands.add_parser(
            run.__name__.removeprefix("run_"), help=run.__doc__, description=run.__doc__, **options
        )
        sub.set_defaults(run=run)
        if json_flag:
            sub.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        if data:
            sub.add_argument("--data-dir", help="the data sets' folder (default: $STN_DATA, else data)")
        return sub

    command(run_list, json_flag=True)

    sub = command(run_train, data=True)
    sub.add_argument("recipe", nargs="?")
    sub.add_argument("--missing", action="store_true", help="train and ship whatever is not shipped, most wanted first")
    sub.add_argument("--seed", type=seed, default=0, help=f"a whole number up to {MAX_SEED} (0)")
    sub.add_argument("--epochs", type=positive, help="instead of the recipe's: a trial, in files of its own")
    sub.add_argument("--device", default="auto", help="cpu, cuda, or auto: cuda where there is one (default)")
    sub.add_argument("--threads", type=positive, help="CPU threads (default: PyTorch's)")
    sub.add_argument("--out", type=Path, default=Path("runs"), help="folder for checkpoints, states and logs (runs)")
    sub.add_argument("--resume", action="store_true", help="go on where a stopped run left off")
    sub.add_argument("--holdout", action="store_true", help="test on 5,000 held-out training pictures instead")
    sub.add_argument("--dry-run", action="store_true", help="print the configuration and stop")

    sub = command(run_evaluate, json_flag=True, data=True)
    sub.add_argument("checkpoint", help="a shipped name or a .safetensors file")
    what = sub.add_mutually_exclusive_group()
    what.add_argument("--rectification", action="store_true", help="how upright, steady and whole the output is")
    what.add_argument("--curve", choices=CONTROLS, help="accuracy against this control")

    command(run_curves, data=True)

    sub = command(run_benchmark, json_flag=True, data=True)
    sub.add_argument("what", choices=("train", "infer"))
    sub.add_argument("--epochs", type=positive, default=3, help="of each side, for train (3)")
    sub.add_argument("--target-epochs", type=positive, help="length of the tuned schedule (default: the recipe's)")

    sub = command(run_export)
    sub.add_argument("recipe", help="a shipped name or a .safetensors file")
    sub.add_argument("--format", default="tutorial", choices=FORMATS)
    sub.add_argument("--out", type=Path, required=True)

    sub = command(run_download, data=True)
    sub.add_argument("dataset", choices=sorted(DATASETS))

    sub = command(run_ship)
    sub.add_argument("recipe")
    sub.add_argument("--out", type=Path, default=Path("runs"), help="the folder that `train` wrote to")

    sub = command(run_table, json_flag=True)
    sub.add_argument("--markdown", action="store_true", help="as a Markdown table (default)")
    sub.add_argument("--write", type=Path, nargs="+", metavar="FILE", help="put the table between the files' markers")
    return top


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def seed(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MAX_SEED}")
    return int(text)


def note(text: str) -> None:
    print(f"stn: {text}", file=sys.stderr)


def dump(value: object) -> None:
    print(json.dumps(value, indent=2))


def run_list(options: argparse.Namespace) -> None:
    """every recipe: what it is, whether a checkpoint is shipped"""
    shipped = set(shipped_names())
    rows = [
        {
            "name": r.name,
            "title": r.title,
            "dataset": r.dataset,
            "distortion": r.distortion,
            "shipped": r.name in shipped,
        }
        for r in list_recipes().values()
    ]
    if options.json:
        dump(rows)
        return
    for row in rows:
        print(f"{row['name']:26} {'shipped' if row['shipped'] else '       '}  {row['dataset']:8} {row['title']}")


def run_train(options: argparse.Namespace) -> None:
    """train a recipe on a data set and write its checkpoint"""
    if options.missing == bool(options.recipe):
        raise StnError("Name one recipe to train, or give --missing alone; `python -m stn list` lists the recipes.")
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.recipe:
        try:
            train_one(get_recipe(options.recipe), options, options.resume)
            wait_for_team()
        finally:
            leave_team()
        return
    if options.epochs or options.holdout or "WORLD_SIZE" in os.environ:
        raise StnError("--missing trains whole recipes in one process: leave out --epochs, --holdout and torchrun.")
    train_missing(options)


def train_missing(options: argparse.Namespace) -> None:
    """Trains and ships every recipe without a checkpoint; one that fails does not stop the others."""
    shipped, failed = set(shipped_names()), []
    for recipe in list_recipes().values():
        if recipe.name in shipped:
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
        raise StnError(f"Not trained: {', '.join(failed)}; see above, mend the recipe, then run --missing again.")


def train_one(recipe: Recipe, options: argparse.Namespace, resume: bool) -> None:
    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device not in ("cpu", "cuda"):
        raise StnError(
            f"--device is cpu, cuda or auto, not {device!r}; choose among several GPUs by CUDA_VISIBLE_DEVICES=0."
        )
    if device == "cuda" and not torch.cuda.is_available():
        raise StnError("There is no CUDA device here; give --device cpu, or leave it out.")
    device = join_team(device)
    if options.dry_run:
        if Team().rank > 0:
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
    if Team().rank > 0:
        run()
        return
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
        if epoch.theta and epoch.theta["theta_constant"]:
            remedy = "teach it first (pose_epochs)" if recipe.distortion else "raise localizer_lr_scale"
            bar.write(
                f"stn: warning: theta is the same for every picture (sd {epoch.theta['theta_sd']:.4f}), so the "
                f"transformer corrects nothing; {remedy} or give it more steps.",
                file=sys.stderr,
            )
        sys.stdout.flush()

    path = run(on_step=on_step, on_epoch=on_epoch)
    bar.close()
    record = read_info(path).record
    print(f"{path}: {record['result']['accuracy']:.2f}% after {record['minutes']:.1f} minutes")


def run_evaluate(options: argparse.Namespace) -> None:
    """test a shipped checkpoint or a file on its own test set"""
    model, info = load_checkpoint(options.checkpoint)
    test = load_test(info.recipe, options.data_dir)
    if options.rectification:
        found = rectification(model, test, info.recipe)
        text = f"pose left {found.left_sd:.1f}° of {found.input_sd:.1f}°, {found.left_sd_within:.1f}° within a picture"
    elif options.curve:
        found = curve(model, test, info.recipe, options.curve)
        points = zip(found.values, found.accuracy, strict=True)
        text = "\n".join(f"{options.curve} {value:g}: {accuracy:.2f}%" for value, accuracy in points)
    else:
        found = evaluate_model(model, test, info.recipe)
        text = f"{found.accuracy:.2f}% of {found.n} right, loss {found.loss:.4f}"
    if options.json:
        dump({"name": info.name, "dataset": info.dataset, **found.to_dict(), "params": count_parameters(model)})
    else:
        print(f"{info.name}: {text}")


def run_curves(options: argparse.Namespace) -> None:
    """measure every playground model against every control, into checkpoints/curves.json; resumable"""
    update_curves(options.data_dir, on_curve=lambda name, found: print(f"{name}: {found.control}", flush=True))


def run_benchmark(options: argparse.Namespace) -> None:
    """time training or inference, as ratios measured in one run"""

    def log(text: str) -> None:
        print(text, file=sys.stderr)

    if options.what == "train":
        row = benchmark_train(options.epochs, options.target_epochs, options.data_dir, log)
    else:
        row = benchmark_infer("mnist-play-affine", "mnist-play-cnn")
    if options.json:
        dump(row)
    else:
        print("\n".join(f"{key:20} {value}" for key, value in row.items()))


def run_export(options: argparse.Namespace) -> None:
    """write a checkpoint's weights for programs that do not know this package"""
    print(export(options.recipe, options.format, options.out))


def run_download(options: argparse.Namespace) -> None:
    """fetch a data set once, whole and checked"""
    bar = tqdm(total=100, disable=None, leave=False, unit="%")

    def on_progress(done: float, text: str) -> None:
        bar.n = round(100 * done)
        bar.set_description(text)

    download(options.dataset, options.data_dir, on_progress)
    bar.close()
    print(f"{options.dataset} is in '{options.data_dir or default_data_dir()}'")


def run_ship(options: argparse.Namespace) -> None:
    """copy the seed nearest the mean of all trained ones to checkpoints/"""
    info = ship(get_recipe(options.recipe), options.out, on_skip=note)
    print(
        f"{info.path.name}: {info.result['accuracy']:.2f}%, {len(info.record['seeds'])} seeds, {info.record['shipped']}"
    )


def run_table(options: argparse.Namespace) -> None:
    """the result table, from the shipped checkpoints' own records"""
    order = [name for name in list_recipes() if name in set(shipped_names())]
    rows = table_rows([read_info(name) for name in order])
    for file in options.write or ():
        write_table(file, rows)
    if options.json:
        dump(rows)
    elif not options.write:
        print(markdown_table(rows))
