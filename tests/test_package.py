"""What one installs: the wheel and the source distribution, built and tried in an environment of their own."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from demo.core.models import ModelStore
from demo.core.pairs import UPRIGHT
from stn.data import DATASETS

ROOT = Path(__file__).resolve().parent.parent
MADE = {"PKG-INFO", "setup.cfg"}  # by the build, besides stn_playground.egg-info
MOST = 8_000_000  # bytes of a wheel
TRIED = """
import torch, stn
from stn.errors import StnError
model, info = stn.load_checkpoint("mnist-play-affine")
print(stn.__version__, stn.__file__, tuple(model(torch.rand(2, info.channels, info.canvas, info.canvas)).shape))
try:
    print(stn.load_checkpoint("mnist-tutorial")[1].name)
except StnError as error:
    print(error)
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def known():
    """The files of the repository, also those that have not been added to it yet."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    return {name for name in names if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def built(known, tmp_path_factory):
    """The folder of both distributions, built from a copy: a build leaves things behind."""
    copy, folder = tmp_path_factory.mktemp("repository"), tmp_path_factory.mktemp("dist")
    for name in known:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, copy)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    [path] = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of a fresh environment with the wheel; what the wheel requires comes from this one."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    interpreter = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    own = run(interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", own, wheel)
    (Path(own) / "required.pth").write_text(sysconfig.get_path("purelib"))
    return interpreter


def run(*command, cwd=None, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PYTHONSAFEPATH": "1", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_source_distribution_is_the_repository(built, known):
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as file:
        names = {member.name.partition("/")[2] for member in file if member.isfile()}
    assert {name for name in names if not name.startswith("stn_playground.egg-info/")} - MADE == known


def test_the_wheel_holds_the_package_and_the_pages_networks(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    page = {*ModelStore().names(), *(UPRIGHT[dataset] for dataset in DATASETS)}
    shipped = {Path(name).stem for name in names if name.endswith(".safetensors")}
    assert shipped == page and wheel.stat().st_size < MOST
    assert "stn/py.typed" in names and not [name for name in names if name.startswith(("demo/", "tests/"))]


def test_an_installed_package_predicts_and_finds_more_where_it_is_told(python, tmp_path):
    version, file, shape, sentence = run(python, "-c", TRIED, cwd=tmp_path).replace("\n", " ", 1).split(" ", 3)
    assert Path(file).is_relative_to(python.parent.parent) and (version, shape) == ("0.1.0", "(2,")
    assert "'mnist-tutorial' is not part of an installed package" in sentence and "$STN_CHECKPOINTS" in sentence
    told = run(python, "-c", TRIED, cwd=tmp_path, STN_CHECKPOINTS=str(ROOT / "checkpoints"))
    assert told.splitlines()[-1] == "mnist-tutorial"
    assert "mnist-tutorial" in run(python, "-m", "stn", "list", cwd=tmp_path)


def test_the_source_distributions_own_tests_run(built, tmp_path):
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as file:
        file.extractall(tmp_path, filter="data")
    [folder] = tmp_path.iterdir()
    tests = ("tests/stn/test_families.py", "tests/stn/test_checkpoint.py", "tests/stn/test_examples.py")
    said = run(sys.executable, "-m", "pytest", "-n0", "-m", "not slow", *tests, cwd=folder, PYTHONSAFEPATH="")
    assert "failed" not in said
