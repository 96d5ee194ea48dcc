"""The project's files agree with each other: versions, licence, the workflow, the changelog."""

import datetime
import importlib.machinery
import importlib.util
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import yaml

import stn
from demo.cluster import TEMPLATE, parser
from demo.core.uploads import FORMATS, MAX_BYTES, MAX_EXIF, MAX_SIDE
from demo.guard import MAX_BODY, MAX_IMAGE_BODY

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHON = PROJECT["project"]["requires-python"].removeprefix(">=")


def read_yaml(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def pinned() -> dict[str, str]:
    lines = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-dev.txt")]
    return dict(re.findall(r"^([\w-]+)==(\S+)$", "\n".join(lines), re.M))


def test_the_workflow_runs_ci_with_our_python():
    [job] = read_yaml(".github/workflows/check.yml")["jobs"].values()
    assert job["container"].startswith(f"python:{PYTHON}-")
    assert job["timeout-minutes"] == 30
    steps = [step.get("run", "") for step in job["steps"]]
    assert steps[-1] == "bash .ci/run" and (ROOT / ".ci/run").exists()
    # The wheels are those of requirements.txt by grep, not by a number of their own.
    pattern = re.search(r"grep -E '(\S+)' requirements\.txt", steps[-2])[1]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split("==")[0] for line in lines if re.search(pattern, line)] == ["torch", "torchvision"]


def test_the_wheels_without_a_gpu_are_of_the_same_versions():
    index, *wheels = re.findall(r"^[^#\n].*$", (ROOT / "pre-requirements.txt").read_text(encoding="utf-8"), re.M)
    assert index == "--index-url https://download.pytorch.org/whl/cpu"
    assert wheels == [f"{name}=={pinned()[name]}" for name in ("torch", "torchvision")]


def test_every_python_version_is_the_same():
    front = yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert front["python_version"] == PYTHON
    assert PROJECT["tool"]["ruff"]["target-version"] == "py" + PYTHON.replace(".", "")


def test_the_promises_name_the_limits_that_there_are():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert f"longer than {MAX_BODY // 1000} kB ({MAX_IMAGE_BODY // 10**6} MB where" in text
    assert f"at most {MAX_BYTES // 10**6} MB and {MAX_SIDE} pixels a side; an EXIF above {MAX_EXIF // 1000} kB" in text
    assert all(name in text for name in FORMATS)
    assert (
        f"Pillow {version('pillow').split('.')[0]} reads" in text and f"Gradio {pinned()['gradio'][:4]} forbids" in text
    )


def test_pre_commit_runs_the_pinned_ruff():
    hooks = [hook for repo in read_yaml(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert [hook["id"] for hook in hooks] == ["ruff-check", "ruff-format"]
    for hook in hooks:
        assert hook["additional_dependencies"] == [f"ruff=={pinned()['ruff']}"]


def test_the_citation_is_that_of_this_package():
    citation = read_yaml("CITATION.cff")
    assert citation["cff-version"] == "1.2.0" and {"message", "title", "authors"} <= set(citation)
    assert str(citation["version"]) == stn.__version__
    assert citation["license"] == PROJECT["project"]["license"]
    assert "Jaderberg" in [author["family-names"] for author in citation["references"][0]["authors"]]


def test_the_image_is_of_our_python_our_wheels_and_whole():
    image = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM (\S+)$", image, re.M) == [f"python:{PYTHON}-slim-bookworm"]
    workflow = (ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8")
    for text in (r"grep -E '^torch(vision)?==' requirements.txt", "--index-url https://download.pytorch.org/whl/cpu"):
        assert text in image and text in workflow
    copied = re.findall(r"^COPY (\S+) \S+$", image, re.M)
    assert {"app.py", "stn", "demo", "checkpoints", str(TEMPLATE.relative_to(ROOT))} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    allowed = re.findall(r"^!(\S+)$", (ROOT / "deploy/Dockerfile.dockerignore").read_text(encoding="utf-8"), re.M)
    assert sorted(allowed) == sorted(copied)


def test_the_composed_proxy_stands_before_the_composed_pages():
    services = read_yaml("deploy/compose.yaml")["services"]
    image = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    command = services["proxy"]["command"]
    assert command[:3] == ["python", "-m", "demo.cluster"]
    options = parser().parse_args(command[3:])
    [(name, port)] = [address.split(":") for address in options.before]
    assert name in services["proxy"]["depends_on"] and f"GRADIO_SERVER_PORT={port} " in image
    [published] = services["proxy"]["ports"]
    assert published.endswith(f":{options.port}") and options.host == "0.0.0.0"
    assert str(options.port) in services["proxy"]["healthcheck"]["test"]
    assert "ports" not in services[name], "visitors come through the proxy alone"
    assert services[name]["build"] == services["proxy"]["build"]
    assert (ROOT / "deploy" / services[name]["build"]["context"] / services[name]["build"]["dockerfile"]).exists()


def source_of(module: str) -> str:
    """A module's text, empty where there is none. It is not imported: that takes long."""
    path = ROOT / module.replace(".", "/")
    file = next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()), None)
    return file.read_text(encoding="utf-8") or "#" if file else ""


def test_everything_in_the_changelog_is_where_it_says():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    modules, names = (re.findall(r"^\| `([\w.]+)` \| `([\w.]+)` \|$", part, re.M) for part in text.split("### ")[-2:])
    assert len(modules) > 50 and len(names) > 20
    for before, now in modules:
        assert source_of(now) and before != now
        assert before in ("stn.cli", "stn.train") or not (ROOT / f"{before.replace('.', '/')}.py").exists(), before
    for _, now in names:
        module = now
        while not source_of(module):
            module = module.rpartition(".")[0]
            assert module, now
        for part in now.removeprefix(module).strip(".").split("."):
            assert re.search(rf"^ *(class|def) {part}\b", source_of(module), re.M), now


def versions():
    """The script .ci/versions, which has no suffix."""
    loader = importlib.machinery.SourceFileLoader("versions", str(ROOT / ".ci" / "versions"))
    spec = importlib.util.spec_from_loader("versions", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_every_pinned_version_stands_in_the_list_of_what_was_looked_up(capsys):
    script = versions()
    assert script.main() == 0, capsys.readouterr().err
    assert {"torch", "ray"} < {pin.partition("==")[0] for pin in script.pins()}
    assert ".ci/versions" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_a_version_that_is_not_in_the_list_is_found(capsys, monkeypatch):
    script = versions()
    pins = script.pins()
    (torch,) = {pin for pin in pins if pin.startswith("torch==")}
    monkeypatch.setattr(script, "pins", lambda: pins - {torch} | {"torch==99"})
    assert script.main() == 1
    error = capsys.readouterr().err
    assert "pinned, and not in the list: torch==99" in error
    assert f"in the list, and not pinned: {torch}" in error


def test_the_list_says_what_is_due():
    script = versions()
    text = "# a\n\na==1  never\nb==2  2026-01-31  why\nc==3  2026-02-30\nnonsense\n"
    listed, bad = script.entries(text)
    assert listed == {"a==1": None, "b==2": datetime.date(2026, 1, 31)} and bad == ["c==3  2026-02-30", "nonsense"]
    assert script.stale(listed, datetime.date(2026, 5, 1)) == ["a==1"]
    assert script.stale(listed, datetime.date(2026, 5, 2)) == ["a==1", "b==2"]


def test_the_tests_that_security_md_names_are_there():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)`", text)
    assert len(named) > 15 and all((ROOT / name).is_file() for name in named)
