"""Where things live: every test file beside its module, every style and script of the page in its list."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from demo.measuring import server
from demo.ui import assets

ROOT = Path(__file__).resolve().parent.parent
WITHOUT_A_MODULE = {
    "demo/test_app",  # app.py
    "stn/test_examples",  # of every module's public functions
    "stn/test_placement",  # what checkpoints/EXPERIMENTS.md says of transformers on feature maps
}


def has_module(test: Path) -> bool:
    """core/test_state.py and core/test_state_generated.py are both of core/state.py; a folder is a module too."""
    folder, words = ROOT / test.relative_to(ROOT / "tests").parent, test.stem.split("_")[1:]
    names = ["_".join(words[:n]) for n in range(1, len(words) + 1)]
    return any((folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists() for name in names)


def test_a_test_file_lies_and_is_called_as_its_module():
    tests = [file for top in ("stn", "demo") for file in (ROOT / "tests" / top).rglob("test_*.py")]
    assert len(tests) > 40
    strays = {str(file.relative_to(ROOT / "tests").with_suffix("")) for file in tests if not has_module(file)}
    assert strays == WITHOUT_A_MODULE


def test_no_test_is_in_a_file_that_pytest_does_not_collect():
    others = [file for file in (ROOT / "tests").rglob("*.py") if not file.stem.startswith("test_")]
    assert [file.name for file in others if "\ndef test_" in file.read_text(encoding="utf-8")] == []
    assert {file.name for file in others} >= {"conftest.py", "helpers.py"}


def of_the_page(suffix: str) -> set[str]:
    files = (file.relative_to(assets.DEMO) for file in assets.DEMO.rglob(f"*.{suffix}"))
    return {file.as_posix() for file in files if file.parts[0] != "node_modules"}


def test_every_style_sheet_is_on_the_page_once():
    assert sorted(assets.styles()) == sorted(of_the_page("css"))
    assert assets.style_paths() == [assets.DEMO / name for name in assets.styles()]
    look = [Path(name).stem for name in assets.styles() if name.startswith("tabs/look/")]
    assert look[0] == "look" and look[-1] == "look-sizes", "narrow windows override"


def test_the_child_process_runs_this_checkout():
    assert server.ROOT == ROOT and (ROOT / "app.py").is_file()


def test_every_package_of_stn_is_installed():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    folders = {file.parent for file in (ROOT / "stn").rglob("*.py")}
    weights = "stn.checkpoints"  # a folder of the repository, not of the package
    assert sorted(told) == sorted([weights, *(".".join(folder.relative_to(ROOT).parts) for folder in folders)])
    assert all((folder / "__init__.py").exists() for folder in folders)


def test_ci_can_tell_installing_from_testing_in_the_readme():
    """.ci/run cuts the README's command at its last && and lints in between."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    install, tests = next(line for line in lines if re.match(r"python3? .*pytest", line)).rsplit(" && ", 1)
    assert install.startswith("python3 -m venv .venv && ") and "requirements-dev.txt" in install
    assert tests == ".venv/bin/python -m pytest"
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    order = [script.index(word) for word in ('"$install"', "ruff check", "mypy", '"$tests"', "--last-failed", "--cov=")]
    assert order == sorted(order)
