"""Imports point down: app, page, api, tabs and controls, ui, core, drawings, stn; and no tab imports another."""

from __future__ import annotations

import ast
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from demo.core.state import TABS

ROOT = Path(__file__).resolve().parent.parent
BASE = {"stn", "demo.drawings", "demo.core"}
ANYTHING = {"stn", "demo", "app", "tests", "gradio"}

# Room -> what it may import besides itself and what is watched nowhere. A module is in the longest name that it
# starts with; each folder of demo.tabs is a room of its own.
ROOMS = {
    "stn": set(),
    "examples": {"stn"},
    "demo.drawings": {"stn"},
    "demo.core": {"stn", "demo.drawings"},
    "demo.ui": {"stn", "demo.core", "gradio"},
    "demo.controls": BASE | {"demo.ui", "gradio"},
    "demo.tabs": BASE | {"demo.ui", "gradio"},
    "demo.measuring": set(),
    "demo.measuring.attacker": {"demo.measuring"},
    "demo.measuring.visitor": {"demo.core", "demo.measuring"},
    "demo.fast_import": {"gradio"},
    "demo.api": BASE | {"demo.ui", "gradio"},
    "demo.guard": {"demo.headers", "demo.hosts", "demo.throttle"},
    "demo.headers": set(),
    "demo.hosts": set(),
    "demo.throttle": set(),
    "demo.page": BASE | {"demo.ui", "demo.controls", "demo.tabs", "demo.api", "demo.guard", "demo.hosts", "gradio"},
    "demo.benchmark": {"stn", "demo.measuring"},
    "demo.cluster": {"demo.measuring"},
    "demo.loadtest": {"stn", "demo.core", "demo.measuring"},
    "demo.classroom": {"demo.core", "demo.loadtest", "demo.measuring"},
    "demo.soak": {"demo.measuring"},
    "demo.graphs": {"stn", "demo.core"},
    "demo": set(),
    "app": {"demo.fast_import", "demo.page"},
    "tests.stn": {"stn", "tests.helpers", "tests.generated"},
    "tests": ANYTHING,
}


def module_name(path: Path) -> str:
    """demo/core/state.py -> demo.core.state; a package has its folder's name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, module: str, package: bool = False) -> set[str]:
    """The full names of everything that a module imports, wherever in it, import_module("...") included."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -(node.level - package) or None] if node.level else []
            start = [*above, *([node.module] if node.module else [])]
            found |= {".".join([*start, alias.name]) for alias in node.names}
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            if name in ("import_module", "__import__"):
                found.add(str(node.args[0].value))
    return found


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def room_of(module: str) -> str | None:
    rooms = [room for room in ROOMS if within(module, room)]
    return max(rooms, key=len) if rooms else None


def forbidden(source: str, module: str, package: bool = False) -> set[str]:
    """What a module imports and its room must not."""
    room = room_of(module)
    own = ".".join(module.split(".")[:3]) if room == "demo.tabs" else room
    allowed = ROOMS[room] | {own}
    watched = {name for name in imports(source, module, package) if name.split(".")[0] in ANYTHING}
    return {name for name in watched if not any(within(name, above) for above in allowed)}


FILES = sorted(
    [*ROOT.glob("*.py"), *(file for top in ("stn", "demo", "examples", "tests") for file in (ROOT / top).rglob("*.py"))]
)


def test_every_python_file_is_in_a_room():
    rooms = Counter(room_of(module_name(file)) for file in FILES)
    assert set(rooms) == set(ROOMS), "a room without a file, or a file without a room"
    tabs = {module_name(file).split(".")[2] for file in FILES if module_name(file).startswith("demo.tabs.")}
    assert tabs == set(TABS)
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
        committed = {ROOT / name for name in listed.stdout.split()}
        assert {file for file in committed if file.exists()} <= set(FILES)
        assert len(committed) > 150


@pytest.mark.parametrize("file", FILES, ids=[module_name(file) for file in FILES])
def test_nothing_is_imported_from_above_or_from_beside(file):
    module = module_name(file)
    found = forbidden(file.read_text(encoding="utf-8"), module, package=file.name == "__init__.py")
    assert not found, f"{module} is in {room_of(module)}, which may import {sorted(ROOMS[room_of(module)])}"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("stn.data", "import gradio"),
        ("stn.data", "import torch, gradio.themes"),
        ("stn.data", "from demo.core import state"),
        ("stn.data", "def late():\n    from demo.core.state import ViewState"),
        ("stn.data", "import importlib\nimportlib.import_module('demo.page')"),
        ("stn.data", "from .. import app"),
        ("demo.drawings.cats", "from demo.core.state import OPENING"),
        ("demo.core.state", "import gradio as gr"),
        ("demo.core.state", "from gradio import themes"),
        ("demo.core.state", "from demo.ui import assets"),
        ("demo.core.state", "from ..controls import panel"),
        ("demo.core.state", "from demo.tabs.play.tab import play_tab"),
        ("demo.ui.widget", "from demo.controls.panel import panel"),
        ("demo.ui.widget", "import demo.tabs.look.tab"),
        ("demo.controls.panel", "from demo.tabs.look.inside import look_inside"),
        ("demo.controls.panel", "from demo.page import build"),
        ("demo.tabs.play.tab", "from demo.tabs.look import inside"),
        ("demo.tabs.play.tab", "from ..look.inside import look_inside"),
        ("demo.tabs.play.tab", "from demo.controls.choices import known"),
        ("demo.tabs.play.tab", "import demo.api"),
        ("demo.tabs.play.tab", "from demo.benchmark import main"),
        ("demo.tabs.play.tab", "import demo"),
        ("demo.api", "from demo.page import build"),
        ("demo.page", "import app"),
        ("demo.measuring.server", "from demo.core.state import ViewState"),
        ("tests.stn.test_data", "from demo.core.models import ModelStore"),
    ],
)
def test_the_rules_can_be_broken(module, source):
    assert len(forbidden(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source", "package"),
    [
        ("stn", "from .errors import StnError", True),
        ("stn.cli.main", "from ..errors import StnError\nimport torch", False),
        ("demo.drawings.cats", "from .canvas import Canvas", False),
        ("demo.tabs.train.tab", "from demo.tabs.train.room import TrainingRoom\nfrom . import api", False),
        ("demo.page", "from demo.tabs.play.tab import play_tab\nimport gradio", False),
    ],
)
def test_what_is_allowed_passes(module, source, package):
    assert forbidden(source, module, package) == set()
