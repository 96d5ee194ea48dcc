"""The result table, from the checkpoints' own records."""

from __future__ import annotations

from statistics import mean, stdev

from stn.checkpoint import CheckpointInfo
from stn.errors import StnError

START, END = "<!-- table -->", "<!-- end of table -->"


def table_rows(infos: list[CheckpointInfo]) -> list[dict]:
    """The result table's rows, from the checkpoints' own records; errors in percent, over all seeds trained."""
    rows = []
    for info in infos:
        errors = [100 - run["accuracy"] for run in info.record["seeds"]]
        published = info.recipe.published
        rows.append(
            {
                "name": info.name,
                "error_mean": mean(errors),
                "error_sd": stdev(errors) if len(errors) > 1 else None,
                "n_seeds": len(errors),
                "shipped_error": 100 - info.result["accuracy"],
                "params": info.record["params"],
                "minutes": info.record["minutes"],
                "published": None if published is None else 100 - published,
                "theta_constant": (info.record["theta"] or {}).get("theta_constant"),
            }
        )
    return rows


def markdown_table(rows: list[dict]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| Recipe | Test error, % | Seeds | Shipped file, % | Published, % | Parameters | Minutes | Transformer |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        sd = "" if row["error_sd"] is None else f" ± {row['error_sd']:.2f}"
        published = "" if row["published"] is None else f"{row['published']:.2f}"
        alive = {None: "none", True: "constant theta", False: "alive"}[row["theta_constant"]]
        lines.append(
            f"| `{row['name']}` | {row['error_mean']:.2f}{sd} | {row['n_seeds']} | {row['shipped_error']:.2f} "
            f"| {published} | {row['params']:,} | {row['minutes']:.1f} | {alive} |"
        )
    return "\n".join(lines)


def with_table(text: str, rows: list[dict]) -> str:
    """The text with the table between its two markers. Raises StnError where they are missing."""
    if text.count(START) != 1 or text.count(END) != 1:
        raise StnError(f"The file needs the lines {START!r} and {END!r}, once each, to put the table between them.")
    before, rest = text.split(START)
    return f"{before}{START}\n{markdown_table(rows)}\n{END}{rest.split(END)[1]}"
