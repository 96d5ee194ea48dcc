"""The diffs in CONTRIBUTING.md apply to the files as they are, and what they add works."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DIFFS = re.findall(r"^```diff\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M | re.S)


def apply(diff: str, root: Path) -> None:
    """Changes the files of a diff whose hunks are found by their text: after @@ stands a word for readers.

    A hunk's old lines must stand in its file exactly once. The old name of a new file is /dev/null.
    """
    for part in re.split(r"^--- ", diff, flags=re.M)[1:]:
        names, *hunks = re.split(r"^@@.*\n", part, flags=re.M)
        before, now = re.fullmatch(r"(?:a/)?(\S+)\n\+\+\+ b/(\S+)\n", names).groups()
        path = root / now
        assert before in (now, "/dev/null")
        text = path.read_text(encoding="utf-8") if before == now else ""
        for hunk in hunks:
            lines = hunk.splitlines(keepends=True)
            assert {line[0] for line in lines} <= {" ", "-", "+"}, hunk
            old, new = ("".join(line[1:] for line in lines if line[0] in kind) for kind in (" -", " +"))
            assert not old or text.count(old) == 1, f"{now} has not, once:\n{old}"
            text = text.replace(old, new) if old else new
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> Path:
    """A copy of the sources with every diff applied."""
    copy = tmp_path_factory.mktemp("contributing")
    for name in ("stn", "demo", "examples", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "app.py", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    (copy / "checkpoints").symlink_to(ROOT / "checkpoints")
    for diff in DIFFS:
        apply(diff, copy)
    return copy


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


LOOK = """
import os

from demo.page import build
from demo.tabs.train.settings import CHOICES
from stn.cli.main import main

main(["list"])
main(["train", "mnist-rts-affine-thrice", "--dry-run"])
print("families:", *CHOICES["family"])
print("labels:", *[part["props"].get("label") for part in build().config["components"]], flush=True)
os._exit(0)  # at once: the page's warm-up may still be running
"""


@pytest.mark.slow
def test_what_the_diffs_add_is_there(changed):
    assert len(DIFFS) == 3
    lines = run(changed, "-c", LOOK).splitlines()
    assert any(line.startswith("mnist-rts-affine-thrice ") for line in lines)
    assert '    "iterations": 3,' in lines
    *_, families, labels = lines
    assert "stretch" in families.split() and "Models" in labels.split()


@pytest.mark.slow
def test_the_tests_take_what_the_diffs_add(changed):
    files = [
        f"tests/{name}.py" for name in ("stn/test_families", "demo/core/test_thetas", "demo/test_page", "test_imports")
    ]
    some = "counts or families_of_stn or folder_of_tabs or in_a_room"
    assert "passed" in run(changed, "-m", "pytest", "-n", "0", *files, "-k", some)


def test_what_the_diffs_add_is_formatted(changed):
    files = re.findall(r"^\+\+\+ b/(\S+\.py)$", "".join(DIFFS), re.M)
    run(changed, "-m", "ruff", "check", *files)
    run(changed, "-m", "ruff", "format", "--check", *files)
