"""`python -m stn`: reads the command line, prints, and turns a StnError into one line and exit status 2."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from stn.checkpoint import read_info, shipped_names
from stn.cli.benchmark import benchmark_infer, benchmark_train
from stn.cli.evaluate import run_evaluate
from stn.cli.layer_benchmark import benchmark_layer
from stn.cli.output import dump, note
from stn.cli.process import Terminated, drop_output, open_streams, told_to_end
from stn.cli.train import chosen_device, run_train
from stn.controls import EDGES
from stn.data import DATASETS, default_data_dir, download
from stn.errors import GroupError, StnError
from stn.evaluation.curves import CONTROLS, Curve, update_curves
from stn.evaluation.table import END, START, markdown_tables, table_rows, write_table
from stn.export import FORMATS, export
from stn.recipes import get_recipe, list_recipes
from stn.training.engine import MAX_SEED
from stn.training.experiment import ship

MAX_THREADS = 1024  # far more than help; PyTorch ends without a word where the system refuses them


def main(arguments: list[str] | None = None) -> None:
    open_streams()
    with told_to_end():
        _run(parser().parse_args(arguments))


def _run(options: argparse.Namespace) -> None:
    try:
        options.run(options)
        sys.stdout.flush()
    except StnError as error:
        stop(str(error), 2, everyone=isinstance(error, GroupError))
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        drop_output()
        sys.exit(128 + 13)  # as a shell calls the end by SIGPIPE
    except OSError as error:
        drop_output()
        stop(f"{error.filename or 'a file'}: {error.strerror or error}; give another path.", 2)
    except KeyboardInterrupt as error:
        again = ""
        if options.run is run_train:
            flag = "" if options.missing else " with --resume"
            again = f"; the same command{flag} continues after the last complete epoch"
        stop(f"stopped{again}.", 128 + 15 if isinstance(error, Terminated) else 130)


def stop(why: str, status: int, everyone: bool = False) -> NoReturn:
    """Ends the program with one line; of the processes that torchrun started, only the first says it, or `everyone`."""
    if everyone or os.environ.get("RANK", "0") == "0":
        note(why)
    sys.exit(status)


def parser() -> argparse.ArgumentParser:
    about = "Train, test, ship and export spatial transformer networks."
    top = argparse.ArgumentParser(prog="python -m stn", description=about)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], None], *shared: str) -> argparse.ArgumentParser:
        """The command that `run` runs, with some of the options that several have."""
        what = run.__doc__ or ""
        name, description = run.__name__.removeprefix("run_"), f"{what[0].upper()}{what[1:]}."
        sub = commands.add_parser(name, help=what, description=description)
        sub.set_defaults(run=run)
        if "json" in shared:
            sub.add_argument("--json", action="store_true", help="print the result as one JSON document")
        if "device" in shared:
            sub.add_argument(
                "--device", default="auto", help="cpu, cuda, or auto: cuda where there is one (default: auto)"
            )
        if "data" in shared:
            sub.add_argument("--data-dir", help="folder of the data sets (default: $STN_DATA, else data)")
        return sub

    name_or_file = "name of a shipped checkpoint, or path of a .safetensors file"
    command(run_list, "json")

    sub = command(run_train, "data", "device")
    sub.add_argument("recipe", nargs="?", help="name of a recipe, as `list` prints it")
    sub.add_argument("--missing", action="store_true", help="train and ship every recipe that has no checkpoint yet")
    sub.add_argument("--seed", type=whole(0, MAX_SEED), default=0, help=f"random seed, 0 to {MAX_SEED} (default: 0)")
    sub.add_argument(
        "--seeds", type=whole(1, MAX_SEED), default=1, help="with --missing: seeds of each recipe (default: 1)"
    )
    elsewhere = "with --missing: train on the machines of a Ray cluster; local: on all cores of this one"
    sub.add_argument("--ray", metavar="ADDRESS", help=elsewhere)
    sub.add_argument(
        "--epochs", type=whole(1, MAX_SEED), help="number of epochs, for a trial, which has files of its own"
    )
    sub.add_argument("--threads", type=whole(1, MAX_THREADS), help="number of CPU threads (default: PyTorch's choice)")
    where = "folder for checkpoints, training states and logs (default: runs)"
    sub.add_argument("--out", type=Path, default=Path("runs"), help=where)
    sub.add_argument("--resume", action="store_true", help="continue a stopped run after its last complete epoch")
    sub.add_argument("--holdout", action="store_true", help="hold out 5,000 training images, and test on them instead")
    sub.add_argument("--dry-run", action="store_true", help="print the configuration as JSON and train nothing")

    sub = command(run_evaluate, "json", "data")
    sub.add_argument("checkpoint", help=name_or_file)
    what = sub.add_mutually_exclusive_group()
    upright = "measure the residual rotation after the transformer, and how alike and how complete its outputs are"
    what.add_argument("--rectification", action="store_true", help=upright)
    on = "measure which channel's digit each transformer's frame is on, where every channel is placed by itself"
    what.add_argument("--frames", action="store_true", help=on)
    what.add_argument("--curve", choices=CONTROLS, help="measure the accuracy over the range of one distortion")
    hidden = "shown, or hidden: all but a disc of every image is black, so that only its content says how it is turned"
    sub.add_argument("--edges", choices=EDGES, default=EDGES[0], help=f"{hidden} (default: shown)")
    first = "number of test images, from the first on (default: all; for the residual rotation 1,000)"
    sub.add_argument("--images", type=whole(1, MAX_SEED), help=first)
    behind = (
        "with --curve or --rectification: behind the transformer of this network, a name or a file, which it was never "
        "trained with"
    )
    sub.add_argument("--behind", metavar="NETWORK", help=behind)

    sub = command(run_curves, "data", "device")
    sub.add_argument(
        "--images", type=whole(1, MAX_SEED), help="number of test images, from the first on (default: all)"
    )

    sub = command(run_benchmark, "json", "data")
    compared = (
        "train: the training engine against a plain PyTorch loop; infer: an STN against its plain CNN; layer: a warp "
        "against affine_grid and grid_sample"
    )
    sub.add_argument("what", choices=("train", "infer", "layer"), help=compared)
    sub.add_argument(
        "--epochs", type=whole(1, MAX_SEED), default=3, help="for train: epochs to time of either loop (default: 3)"
    )
    target = "for train: epochs of the schedule that is timed until it reaches the published accuracy (default: 3)"
    sub.add_argument("--target-epochs", type=whole(1, MAX_SEED), default=3, help=target)

    sub = command(run_export)
    sub.add_argument("recipe", help=name_or_file)
    kinds = "tutorial: the state dict of the PyTorch tutorial's Net; onnx: the whole network (default: tutorial)"
    sub.add_argument("--format", default="tutorial", choices=FORMATS, help=kinds)
    sub.add_argument("--out", type=Path, required=True, help="file to write")

    sub = command(run_download, "data")
    sub.add_argument("dataset", choices=sorted(DATASETS), help="name of the data set")

    sub = command(run_ship)
    sub.add_argument("recipe", help="name of a recipe that was trained")
    sub.add_argument("--out", type=Path, default=Path("runs"), help="folder that `train` wrote to (default: runs)")

    sub = command(run_table, "json")
    sub.add_argument("--markdown", action="store_true", help="print Markdown tables (the default)")
    between = f"write the tables into these files, between the lines {START} and {END}"
    sub.add_argument("--write", type=Path, nargs="+", metavar="FILE", help=between)
    return top


def whole(first: int, last: int) -> Callable[[str], int]:
    """For argparse: reads a whole number from `first` to `last`."""

    def read(text: str) -> int:
        if not (text.isdecimal() and len(text) < 20 and first <= int(text) <= last):
            raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from {first} to {last}")
        return int(text)

    return read


def run_list(options: argparse.Namespace) -> None:
    """list the recipes: what each one is, and whether its checkpoint is shipped"""
    shipped = set(shipped_names())
    rows: list[dict[str, Any]] = [
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
    name, dataset = (max(len(row[key]) for row in rows) for key in ("name", "dataset"))
    for row in rows:
        shown = "shipped" if row["shipped"] else "       "
        print(f"{row['name']:{name}} {shown}  {row['dataset']:{dataset}} {row['title']}")


def run_curves(options: argparse.Namespace) -> None:
    """measure the accuracy of the page's networks over the range of each distortion (checkpoints/curves.json)"""

    def on_curve(name: str, found: Curve) -> None:
        print(f"{name}: {found.control}", flush=True)

    device = chosen_device(options.device)
    update_curves(options.data_dir, on_curve=on_curve, device=device, images=options.images)


def run_benchmark(options: argparse.Namespace) -> None:
    """measure the speed of training, inference or the layer, as ratios within one run"""

    def log(text: str) -> None:
        print(text, file=sys.stderr)

    if options.what == "train":
        row = benchmark_train(options.epochs, options.target_epochs, options.data_dir, log)
    elif options.what == "layer":
        row = benchmark_layer()
    else:
        row = benchmark_infer("mnist-play-affine", "mnist-play-cnn")
    if options.json:
        dump(row)
    else:
        print("\n".join(f"{key:20} {value}" for key, value in row.items()))


def run_export(options: argparse.Namespace) -> None:
    """write a checkpoint's network for programs that do not use this package"""
    print(export(options.recipe, options.format, options.out))


def run_download(options: argparse.Namespace) -> None:
    """download a data set and verify its files"""
    bar = tqdm(total=100, disable=None, leave=False, unit="%")

    def on_progress(done: float, text: str) -> None:
        bar.n = round(100 * done)
        bar.set_description(text)

    download(options.dataset, options.data_dir, on_progress)
    bar.close()
    print(f"{options.dataset} is in '{options.data_dir or default_data_dir()}'")


def run_ship(options: argparse.Namespace) -> None:
    """copy the trained seed nearest the mean (or the best one, see checkpoints/README.md) to checkpoints/"""
    info = ship(get_recipe(options.recipe), options.out, on_skip=note)
    print(
        f"{info.path.name}: {info.result['accuracy']:.2f}%, {len(info.record['seeds'])} seeds, {info.record['shipped']}"
    )


def run_table(options: argparse.Namespace) -> None:
    """print the result tables, made from the records in the shipped checkpoints"""
    order = [name for name in list_recipes() if name in set(shipped_names())]
    rows = table_rows([read_info(name) for name in order])
    for file in options.write or ():
        write_table(file, rows)
    if options.json:
        dump([row.to_dict() for row in rows])
    elif not options.write:
        print(markdown_tables(rows))
