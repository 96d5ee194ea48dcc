"""The result table, from the checkpoints' own records."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from stn.config import Recipe
from stn.errors import StnError
from stn.files import CheckpointInfo, write_file
from stn.recipes import list_recipes, plain_cnn_of, recipe_groups

START, END = "<!-- table -->", "<!-- end of table -->"


@dataclass(frozen=True)
class Row:
    """A recipe's row, from its checkpoint's own record; errors in percent, over all seeds trained. `table --json` has
    these names."""

    name: str
    error_mean: float
    error_sd: float | None  # None: one seed
    n_seeds: int
    shipped_error: float
    params: int
    minutes: float  # of training, the shipped seed's
    device: str
    published: float | None
    theta_constant: bool | None  # None: no transformer
    pose_left: float | None  # residual rotation: the shipped file's circular sd in degrees (`evaluate --rectification`)
    taught: str  # when the localisation net's pose was supervised; "" without a transformer
    gain: float | None = None  # points by which the error is below that of the plain CNN of the same set
    gain_sds: float | None = None  # the gain in sds, the larger of the two; None while one of them has one seed only

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def table_rows(infos: Iterable[CheckpointInfo]) -> list[Row]:
    """The result table's rows, from the checkpoints' own records."""
    recipes = list_recipes()
    rows = {info.name: _row(info) for info in infos}
    return [_against(rows.get(plain_cnn_of(row.name, recipes) or ""), row) for row in rows.values()]


def _row(info: CheckpointInfo) -> Row:
    errors = [100 - run["accuracy"] for run in info.record["seeds"]]
    published = info.recipe.published
    return Row(
        name=info.name,
        error_mean=mean(errors),
        error_sd=stdev(errors) if len(errors) > 1 else None,
        n_seeds=len(errors),
        shipped_error=100 - info.result["accuracy"],
        params=info.record["params"],
        minutes=info.record["minutes"],
        device=info.record["device"],
        published=None if published is None else 100 - published,
        theta_constant=(info.record["theta"] or {}).get("theta_constant"),
        pose_left=info.record.get("rectification", {}).get("left_sd"),
        taught=_taught(info.recipe),
    )


def _against(cnn: Row | None, row: Row) -> Row:
    """The row with what it gains over its set's plain CNN."""
    if cnn is None:
        return row
    gain = cnn.error_mean - row.error_mean
    if cnn.error_sd is None or row.error_sd is None:
        return replace(row, gain=gain)
    return replace(row, gain=gain, gain_sds=gain / max(cnn.error_sd, row.error_sd, 1e-9))


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each table, by its heading (see `recipe_groups`)."""
    by_name = {row.name: row for row in rows}
    return {heading: [by_name[name] for name in names] for heading, names in recipe_groups(by_name).items()}


def markdown_tables(rows: Iterable[Row]) -> str:
    """The rows as Markdown tables under their headings."""
    return "\n\n".join(f"### {heading}\n\n{markdown_table(group)}" for heading, group in grouped(rows).items())


def markdown_table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table, without columns in which none says anything."""
    cells = [_cells(row) for row in rows]
    heads = [head for head in cells[0] if any(line[head] for line in cells)]
    lines = [heads, ["---" for _ in heads], *([line[head] for head in heads] for line in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row) -> dict[str, str]:
    sd = "" if row.error_sd is None else f" ± {row.error_sd:.2f}"
    return {
        "Recipe": f"`{row.name}`",
        "Test error, %": f"{row.error_mean:.2f}{sd}",
        "Seeds": str(row.n_seeds),
        "Shipped file, %": f"{row.shipped_error:.2f}",
        "Published, %": "" if row.published is None else f"{row.published:.2f}",
        "Gain over the CNN, points": gain_words(row),
        "Residual rotation": "" if row.pose_left is None else f"{row.pose_left:.1f}°",
        "Parameters": f"{row.params:,}",
        "Minutes": f"{row.minutes:.1f}{device_words(row)}",
        "Pose supervision": row.taught,
        "Transformer": {None: "none", True: "collapsed", False: "varies"}[row.theta_constant],
    }


def gain_words(row: Row) -> str:
    """By how many points a row's network is better than the plain CNN of its set, and how sure that is."""
    if row.gain is None:
        return ""
    if row.gain_sds is None:
        return f"{row.gain:.2f}, {'one seed' if row.n_seeds == 1 else 'one seed of the CNN'}"
    return f"{row.gain:.2f}{'' if abs(row.gain_sds) > 2 else ', within 2 sd'}"


def device_words(row: Row) -> str:
    """Where a row's minutes were not a CPU's."""
    if row.device == "cpu":
        return ""
    return " (GPU)" if re.fullmatch(r"cuda(:\d+)?", row.device) else " (GPU, CPU)"  # cuda:0: by torchrun


def _taught(recipe: Recipe) -> str:
    train = recipe.train
    if recipe.model.family is None:
        return ""
    if train.pose_weight:
        return "throughout"
    return "at first" if train.pose_epochs else "no"


def with_table(text: str, rows: Iterable[Row]) -> str:
    """The text with the table between its two markers. Raises StnError where they are missing."""
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        raise StnError(
            f"The file needs the lines {START!r} and {END!r}, once each, in this order, to put the table between them."
        )
    before, rest = text.split(START)
    return f"{before}{START}\n{markdown_tables(rows)}\n{END}{rest.split(END)[1]}"


def write_table(path: Path, rows: Iterable[Row]) -> None:
    """Puts the table between the markers of a file. Raises StnError where that fails."""
    try:
        text = with_table(path.read_text(encoding="utf-8"), rows)
    except (StnError, UnicodeDecodeError) as error:
        raise StnError(f"The tables cannot be written into '{path}': {error}") from error
    write_file(path, lambda file: file.write_text(text, encoding="utf-8"))
