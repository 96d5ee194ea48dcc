"""The page's modules on their way to a browser."""

import json
import os
import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demo import page
from demo.ui import constants, scripts

TOOLS = {"eslint.config.js", "measuring/drag.js"}  # the only scripts that are no part of the page


RULES = """
    const { ESLint } = require("eslint");
    const eslint = new ESLint();
    const rulesOf = async (file) => {
        const { rules } = (await eslint.calculateConfigForFile(file)) ?? { rules: {} };
        return [file, Object.keys(rules).filter((name) => rules[name][0] === 2)];
    };
    Promise.all(process.argv.slice(1).map(rulesOf)).then((all) => console.log(JSON.stringify(Object.fromEntries(all))));
"""


@pytest.fixture
def client():
    return TestClient(Starlette(routes=[scripts.route()]))


def own_scripts() -> set[str]:
    files = [file.relative_to(scripts.DEMO) for file in scripts.DEMO.rglob("*.js")]
    return {file.as_posix() for file in files if "node_modules" not in file.parts}


def test_every_script_is_a_module_of_the_page_or_a_tool():
    served = set(scripts.modules())
    assert served == own_scripts() - TOOLS | {scripts.GENERATED}
    assert len(served) >= 44 and {scripts.view_of(name) for name in (*page.TABS, "picks")} <= served


def test_every_import_finds_its_module():
    found = 0
    for name, text in scripts.modules().items():
        for target in re.findall(r'^(?:import|\}) .*?from "(.+)";$', text.decode(), re.MULTILINE):
            assert target.startswith("."), f"{name}: {target}"
            path = (Path("/") / PurePosixPath(name).parent / target).resolve().relative_to("/")
            assert path.as_posix() in scripts.modules(), f"{name}: {target}"
            found += 1
    assert found >= 100


@pytest.mark.parametrize("name", ["tabs/play/view.js", "ui/static/constants.js"])
def test_a_module_is_kept_for_good_under_the_digest_of_all_and_not_at_all_under_another(client, name):
    answer = client.get(f"/{scripts.address(name)}")
    assert answer.status_code == 200 and answer.content == scripts.modules()[name]
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"] and "max-age=31536000" in answer.headers["cache-control"]
    old = client.get(f"/stn-assets/0123456789abcdef/{name}")
    assert old.content == answer.content and old.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        *("", "ui/static", "ui/static/", "tabs/play/nothing.js", "ui/scripts.py", "tabs/play/play.html", "page.py"),
        *("../app.py", "tabs/../page.py", "tabs/play/..%2fplay/view.js", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd"),
        *("measuring/drag.js", "eslint.config.js", "node_modules/eslint/lib/api.js", "tabs\\play\\view.js"),
    ],
)
def test_nothing_else_is_served(client, path):
    answer = client.get(f"/stn-assets/{scripts.version()}/{path}")
    assert answer.status_code == 404 and len(answer.content) < 100
    assert client.post(f"/{scripts.address('ui/static/pump.js')}").status_code == 405


def test_the_digest_is_of_every_module(monkeypatch):
    before = scripts.version()
    names = list(scripts.modules())
    try:
        for changed in names:
            texts = {**scripts.modules.__wrapped__()}
            texts[changed] += b" "
            with monkeypatch.context() as patched:
                patched.setattr(scripts, "modules", lambda texts=texts: texts)
                scripts.version.cache_clear()
                assert scripts.version() != before, changed
    finally:
        scripts.version.cache_clear()
    assert scripts.version() == before and len(before) == 16


def test_what_python_says_arrives_and_has_a_type_each():
    lines = constants.constants_module().splitlines()
    said = {line.split()[2]: json.loads(line.split(" = ", 1)[1].rstrip(";")) for line in lines}
    assert said == json.loads(json.dumps(constants.constants()))
    declared = (scripts.DEMO / "ui/static/constants.d.ts").read_text(encoding="utf-8")
    assert set(re.findall(r"^export const (\w+):", declared, re.MULTILINE)) == set(said)


@pytest.mark.slow
def test_lint_and_type_checker_read_every_script():
    if not (scripts.DEMO / "node_modules").is_dir():
        assert os.environ.get("CI") != "true"
        pytest.skip("npm ci in demo/ installs them")
    listed = subprocess.run(
        ["npx", "tsc", "--listFilesOnly"], cwd=scripts.DEMO, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    typed = {Path(line).relative_to(scripts.DEMO).as_posix() for line in listed if "node_modules" not in line}
    assert own_scripts() <= typed
    done = subprocess.run(
        ["node", "-e", RULES, *sorted(own_scripts())], cwd=scripts.DEMO, capture_output=True, text=True, check=True
    )
    rules = json.loads(done.stdout)
    assert set(rules) == own_scripts()
    assert all(set(kept) >= {"no-undef", "no-unused-vars", "no-shadow"} for kept in rules.values())
