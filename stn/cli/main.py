"""`python -m stn`: reads the command line, prints, and turns a StnError into one line and exit status 2."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from stn.checkpoint import count_parameters, load_checkpoint, read_info, shipped_names
from stn.cli.benchmark import benchmark_infer, benchmark_train
from stn.cli.output import dump, note
from stn.cli.train import chosen_device, run_train
from stn.data import DATASETS, default_data_dir, download
from stn.errors import StnError
from stn.evaluation.accuracy import evaluate_model, load_test
from stn.evaluation.curves import CONTROLS, Curve, curve, update_curves
from stn.evaluation.rectify import rectification
from stn.evaluation.table import markdown_tables, table_rows, write_table
from stn.export import FORMATS, export
from stn.recipes import get_recipe, list_recipes
from stn.training.engine import MAX_SEED
from stn.training.experiment import ship


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

    def command(run, *, json_flag=False, data=False, device=False, **options):
        sub = commands.add_parser(
            run.__name__.removeprefix("run_"), help=run.__doc__, description=run.__doc__, **options
        )
        sub.set_defaults(run=run)
        if json_flag:
            sub.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        if device:
            sub.add_argument("--device", default="auto", help="cpu, cuda, or auto: cuda where there is one (default)")
        if data:
            sub.add_argument("--data-dir", help="the data sets' folder (default: $STN_DATA, else data)")
        return sub

    command(run_list, json_flag=True)

    sub = command(run_train, data=True, device=True)
    sub.add_argument("recipe", nargs="?")
    sub.add_argument("--missing", action="store_true", help="train and ship whatever is not shipped, most wanted first")
    sub.add_argument("--seed", type=seed, default=0, help=f"a whole number up to {MAX_SEED} (0)")
    sub.add_argument("--epochs", type=positive, help="instead of the recipe's: a trial, in files of its own")
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

    command(run_curves, data=True, device=True)

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
    sub.add_argument("--markdown", action="store_true", help="as Markdown tables (default)")
    sub.add_argument("--write", type=Path, nargs="+", metavar="FILE", help="put the tables between the files' markers")
    return top


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def seed(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MAX_SEED}")
    return int(text)


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
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        print(f"{row['name']:{width}} {'shipped' if row['shipped'] else '       '}  {row['dataset']:8} {row['title']}")


def run_evaluate(options: argparse.Namespace) -> None:
    """test a shipped checkpoint or a file on its own test set"""
    model, info = load_checkpoint(options.checkpoint)
    test = load_test(info.recipe, options.data_dir)
    if options.rectification:
        found = rectification(model, test, info.recipe)
        text = f"residual rotation {found.left_sd:.1f}° of {found.input_sd:.1f}°, {found.left_sd_within:.1f}° within an image"
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

    def on_curve(name: str, found: Curve) -> None:
        print(f"{name}: {found.control}", flush=True)

    update_curves(options.data_dir, on_curve=on_curve, device=chosen_device(options.device))


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
    """write a checkpoint's network for programs that do not know this package"""
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
    """copy the seed nearest the mean of all trained ones (or the best, see checkpoints/README.md) to checkpoints/"""
    info = ship(get_recipe(options.recipe), options.out, on_skip=note)
    print(
        f"{info.path.name}: {info.result['accuracy']:.2f}%, {len(info.record['seeds'])} seeds, {info.record['shipped']}"
    )


def run_table(options: argparse.Namespace) -> None:
    """the result tables, from the shipped checkpoints' own records"""
    order = [name for name in list_recipes() if name in set(shipped_names())]
    rows = table_rows([read_info(name) for name in order])
    for file in options.write or ():
        write_table(file, rows)
    if options.json:
        dump([row.to_dict() for row in rows])
    elif not options.write:
        print(markdown_tables(rows))
