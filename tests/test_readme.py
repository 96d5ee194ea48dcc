"""What the README and the other documents say is what the code does."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import yaml

from stn.checkpoint import read_info, shipped_names
from stn.cli.main import parser
from stn.evaluation.table import Row, gain_words, markdown_tables, table_rows, with_table
from stn.families import FAMILY_NAMES, get_family
from stn.recipes import list_recipes

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("*.md"), *ROOT.glob("checkpoints/*.md"), *ROOT.glob("deploy/*.md"), *ROOT.glob("docs/*.md"))
}
_, FRONT, README = DOCUMENTS["README.md"].split("---\n", 2)

SIX = {  # the README's results: what it calls a test set -> how the names of that set's recipes begin
    "MNIST, everything the sliders do": "mnist-play",
    "MNIST R: rotated by up to 90°": "mnist-r",
    "MNIST TC: shifted, in clutter": "mnist-tc",
    "CIFAR-10, everything the sliders do": "cifar10-play",
    "CIFAR-10 RSC: rotated by up to 90°, scaled, shifted, in clutter": "cifar10-rsc",
    "CIFAR-10 as it is": "cifar10-clean",
}


@pytest.fixture(scope="module")
def shipped_rows() -> list[Row]:
    return table_rows([read_info(name) for name in list_recipes() if name in set(shipped_names())])


def section(heading: str) -> str:
    """The README's text under that heading."""
    return README.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 130
    assert README.count("![") == 1, "one image"


def test_the_tables_are_the_checkpoints_records(shipped_rows):
    text = DOCUMENTS["checkpoints/README.md"]
    assert text == with_table(text, shipped_rows), "run python -m stn table --write checkpoints/README.md"


def test_every_column_is_explained(shipped_rows):
    lines = markdown_tables(shipped_rows).splitlines()
    heads = {head for line in lines if line.startswith("| Recipe") for head in line.strip("| ").split(" | ")}
    told = DOCUMENTS["checkpoints/README.md"].split("\n## The columns\n")[1].split("\n## ")[0]
    assert set(re.findall(r"\*\*([^*]+)\*\*", told)) == heads


def test_the_six_results_are_the_checkpoints_records(shipped_rows):
    rows = {row.name: row for row in shipped_rows}

    def error(row: Row) -> str:
        return f"{row.error_mean:.2f}" + ("" if row.error_sd is None else f" ± {row.error_sd:.2f}")

    lines = []
    for words, name in SIX.items():
        cnn, stn = rows[f"{name}-cnn"], rows[f"{name}-affine"]
        lines.append(f"| {words} | {error(cnn)} | {error(stn)} | {gain_words(stn)} |")
        assert stn.params == pytest.approx(cnn.params, rel=0.05)  # as the line above them says
    table = [line for line in section("Results").splitlines() if line.startswith("| ")]
    assert table[1:] == lines


def test_every_number_of_the_findings_stands_in_a_table(shipped_rows):
    cells = markdown_tables(shipped_rows).replace("°", "").replace("|", " ").split()
    findings = section("Results").split("\n\n")[-1]
    assert findings.count("\n- **") == 2 and findings.startswith("- **"), "three findings"
    numbers = re.findall(r"\d+\.\d+", findings)
    assert len(numbers) > 3
    assert [number for number in numbers if number not in cells] == []


def test_the_python_example_runs():
    code = re.search(r"```python\n(.*?)```", README, re.S).group(1)
    names: dict = {}
    exec(code, names)
    assert names["net"](names["x"]).shape == (4, 10)
    assert names["y"].shape == (4, 1, 28, 28)
    assert torch.equal(names["seen"].logits, names["model"](names["x"]))
    assert names["loss"] > 0 and names["layer"].localizer.head[-1].bias.grad.any()


def test_every_family_is_listed_with_its_number_of_parameters():
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section("The layer"), re.M))
    assert tuple(rows) == FAMILY_NAMES
    assert rows.pop("tps") == "2 K²" and get_family("tps").n_params == 2 * 4**2
    assert {name: int(n) for name, n in rows.items()} == {name: get_family(name).n_params for name in rows}


def commands(text: str) -> list[str]:
    """What follows `python -m stn` or `python -m demo.` in the code of a document; in a block without its comment."""
    fence = re.compile(r"^```\w*\n(.*?)^```$", re.M | re.S)
    blocks, spans = fence.findall(text), re.findall(r"`([^`]+)`", fence.sub("", text))
    lines = [re.split(r"\s{2,}", line)[0] for block in blocks for line in block.splitlines()]
    code = [*lines, *(" ".join(span.split()) for span in spans)]
    return [found[1] for line in code if (found := re.search(r"-m ((?:stn|demo\.)\S*.*)", line))]


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_command_can_be_given(name):
    for command in commands(DOCUMENTS[name]):
        module, *arguments = shlex.split(command.replace("NAME", "mnist-tutorial"))
        assert find_spec(module), command
        if module == "stn" and "--help" not in arguments:
            parser().parse_args(arguments)


def test_every_command_of_the_program_is_in_a_document():
    [known] = (action.choices for action in parser()._actions if action.choices)
    told = {command.split()[1] for text in DOCUMENTS.values() for command in commands(text) if command[:4] == "stn "}
    assert set(known) <= told
    assert len(re.findall(r"^python -m stn", section("Commands"), re.M)) == 5, "the five that one needs"


def anchors(text: str) -> set[str]:
    """The names by which GitHub links to a document's headings."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_link_points_to_something(name):
    for link in re.findall(r"\]\(([^)\s]+)\)", DOCUMENTS[name]):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_file_that_is_named_exists(name):
    made = {"data", "runs"}  # by the commands
    for path in re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", DOCUMENTS[name]):
        assert (ROOT / path).exists() or path.split("/")[0] in made, path


def test_the_installation_is_that_of_the_requirement_files():
    start = section("Start")
    named = re.findall(r"-r (\S+?\.txt)", start)
    assert len(named) == 5 and all((ROOT / file).exists() for file in named)
    assert "pre-requirements.txt" in named, "its versions are those of requirements.txt: tests/test_project_files.py"


def test_the_first_test_command_is_the_one_that_ci_runs():
    assert "grep -m1 -E '^python3? .*pytest' README.md" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    command = re.search(r"^python3? .*pytest.*$", README, re.M)[0]
    assert command.endswith(".venv/bin/python -m pytest") and "requirements-dev.txt" in command


def test_the_front_matter_fits_a_space():
    values = yaml.safe_load(FRONT)
    assert values["sdk"] == "gradio" and isinstance(values["python_version"], str)
    assert f"gradio=={values['sdk_version']}" in (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert (ROOT / values["app_file"]).exists()
    assert len(values["short_description"]) <= 60
    colors = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {values["colorFrom"], values["colorTo"]} <= colors
    assert len(values["emoji"]) == 1 and values["license"] == "mit" and all(values["tags"])
