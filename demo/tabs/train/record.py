"""Records the reference runs of the train tab: python -m demo.tabs.train.record [--data-dir D].

What is recorded already and still up to date stays. One thread, half an hour for all of them.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from demo.core.images import ImageStore
from demo.tabs.train.data import TrainingData, TrainingImages, draw_images
from demo.tabs.train.references import FILE, RECORDINGS, STEPS, Recording, read
from demo.tabs.train.settings import is_tested
from demo.tabs.train.trainer import Trainer
from stn.errors import StnError
from stn.files import write_file

SMOOTHED = 20  # updates; as the charts smooth a live run


def record(recording: Recording, images: TrainingImages, steps: int) -> dict[str, Any]:
    """Trains as a live run does, from the same seed, and notes what the charts show at every test."""
    trainer = Trainer(recording.settings, images)
    rows: list[tuple[int, float | None, float | None, float]] = [(0, None, None, round(trainer.test().accuracy, 1))]
    done = []
    for step in range(1, steps + 1):
        done.append(trainer.step())
        if is_tested(step) or step == steps:
            last = done[-SMOOTHED:]
            loss = round(sum(update.loss for update in last) / len(last), 4)
            training = round(sum(update.accuracy for update in last) / len(last), 1)
            rows.append((step, loss, training, round(trainer.test().accuracy, 1)))
    columns = dict(zip(("step", "loss", "training", "accuracy"), map(list, zip(*rows, strict=True)), strict=True))
    return {
        **{"kind": recording.kind, "distortion": recording.distortion, "source": recording.source},
        "basis": recording.basis(),
        **{"trained_on": len(images.labels), "tested_on": len(images.test_labels), "torch": torch.__version__},
        **columns,
    }


def is_current(entry: dict[str, Any], recording: Recording) -> bool:
    named = (entry["kind"], entry["distortion"], entry["source"])
    if named != (recording.kind, recording.distortion, recording.source):
        return False
    return entry["basis"] == recording.basis() and entry["step"][-1] == STEPS[recording.source]


def record_missing(file: Path, images_of: Callable[[str], TrainingImages], say: Callable[[str], None]) -> None:
    """Brings a file up to date, and writes it after every run. What nobody needs any more goes."""
    known = read(file)
    kept = {r: next((entry for entry in known if is_current(entry, r)), None) for r in RECORDINGS}
    for recording, entry in kept.items():
        if entry is None:
            say(f"{recording.kind}, {recording.distortion}, {recording.source}: {STEPS[recording.source]} steps")
            kept[recording] = record(recording, images_of(recording.source), STEPS[recording.source])
            lines = ",\n".join(json.dumps(one) for one in kept.values() if one)
            write_file(file, functools.partial(Path.write_text, data=f"[\n{lines}\n]\n", encoding="utf-8"))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.tabs.train.record", description=__doc__)
    parser.add_argument("--data-dir", help="folder with MNIST and CIFAR-10; else $STN_DATA, else data/")
    data = TrainingData(ImageStore(parser.parse_args(arguments).data_dir))

    def images_of(source: str) -> TrainingImages:
        images = draw_images() if source == "drawings" else data.get(source)
        if images.drawn != (source == "drawings"):
            raise StnError(f"{source} is not in the data folder: set STN_DATA or --data-dir to one that holds it.")
        return images

    torch.set_num_threads(1)
    try:
        record_missing(FILE, images_of, lambda text: print(text, flush=True))
    except StnError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
