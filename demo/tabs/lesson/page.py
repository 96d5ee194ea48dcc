"""The lesson's text as HTML: exercises, result tables. Pure: data in, text out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from html import escape
from pathlib import Path

from demo.tabs.lesson.bench import Exercise
from demo.tabs.lesson.exercises import EXERCISES
from demo.ui import assets
from demo.ui.sources import with_sources
from stn.errors import StnError
from stn.evaluation.table import Row, device_words, gain_words, grouped, table_rows
from stn.files import CheckpointInfo, read_info
from stn.recipes import list_recipes

log = logging.getLogger(__name__)
TRANSFORMER = {None: "none", True: "collapsed", False: "varies"}


def lesson_html(checkpoints: Path) -> str:
    """The whole tab."""
    steps = [*(exercise.title for exercise in EXERCISES), "Result"]
    return (
        with_sources(assets.html("lesson"))
        .replace("<!-- steps -->", "".join(_step(n, title) for n, title in enumerate(steps, 1)))
        .replace("<!-- exercises -->", "".join(_exercise(n, e) for n, e in enumerate(EXERCISES, 1)))
        .replace("<!-- table -->", results_html(shipped(checkpoints)))
    )


def _step(n: int, title: str) -> str:
    """One step of the way; the last, which has no exercise, is the lesson's end."""
    exercise, number = (f' data-exercise="{n}"', str(n)) if n <= len(EXERCISES) else ("", "")
    return (
        f'<li><button type="button"{exercise}><span class="step-number">{number}</span>'
        f'<span class="step-title">{escape(title)}</span></button></li>'
    )


def _exercise(n: int, exercise: Exercise) -> str:
    choices = "".join(
        f'<label class="choice"><input type="radio" name="prediction-{n}" value="{k}">'
        f'<span class="choice-text">{escape(text)}</span><span class="choice-sign"></span></label>'
        for k, text in enumerate(exercise.choices)
    )
    return (
        f'<section class="exercise" data-exercise="{n}" aria-labelledby="exercise-{n}" hidden>'
        f'<h2 id="exercise-{n}"><span class="progress">{n} of {len(EXERCISES)}</span> {escape(exercise.title)}</h2>'
        f'<p class="question">{escape(exercise.question)}</p>'
        f"<fieldset><legend>Your prediction</legend>{choices}</fieldset>"
        '<div class="verdict" role="status"></div></section>'
    )


def shipped(folder: Path) -> list[CheckpointInfo]:
    """What the checkpoints in a folder say of themselves, in the order of the recipes; unreadable ones are left out."""
    infos = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            infos[path.stem] = read_info(path)
        except StnError as error:
            log.warning("%s", error)
    order = [*(name for name in list_recipes() if name in infos)]
    complete = ("seeds", "params", "minutes", "theta")
    return [infos[name] for name in order if all(key in infos[name].record for key in complete)]


def results_html(infos: Sequence[CheckpointInfo]) -> str:
    """The result tables, from the checkpoints' own records: a group each, folded but for the first."""
    if not infos:
        return '<p class="quiet">There is no checkpoint with a complete record in the folder of checkpoints.</p>'
    titles = {info.name: info.title for info in infos}
    heads = (
        "Network",
        "Test error, %",
        "Seeds",
        "Published, %",
        "Gain over the CNN",
        "Residual rotation",
        "Parameters",
        "Minutes",
        "Pose supervision",
        "Transformer",
    )
    numbers = range(1, 8)
    head = "".join(
        f'<th scope="col"{" class=number" if i in numbers else ""}>{escape(text)}</th>' for i, text in enumerate(heads)
    )
    return "".join(
        f'<details class="results"{"" if i else " open"}><summary>{escape(heading)}</summary>'
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="{escape(heading)}"><table><thead>'
        f"<tr>{head}</tr></thead><tbody>{''.join(_row(row, titles[row.name]) for row in rows)}</tbody></table></div>"
        "</details>"
        for i, (heading, rows) in enumerate(grouped(table_rows(list(infos))).items())
    )


def _row(row: Row, title: str) -> str:
    sd = "" if row.error_sd is None else f" \u00b1 {row.error_sd:.2f}"
    cells = (
        f"{row.error_mean:.2f}{sd}",
        str(row.n_seeds),
        "" if row.published is None else f"{row.published:.2f}",
        gain_words(row),
        "" if row.pose_left is None else f"{row.pose_left:.1f}\u00b0",
        f"{row.params:,}",
        f"{row.minutes:.0f}{device_words(row)}",
    )
    numbers = "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells)
    return (
        f'<tr><th scope="row"><code>{escape(row.name)}</code><span>{escape(title)}</span></th>{numbers}'
        f"<td>{row.taught}</td><td>{TRANSFORMER[row.theta_constant]}</td></tr>"
    )
