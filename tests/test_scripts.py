"""The scripts in examples/ run as they are."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from stn._torchvision import import_torchvision

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def load(name: str) -> ModuleType:
    import_torchvision()  # which PyPI's wheel needs beside a CPU build of torch
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_script_is_run():
    assert {file.stem for file in EXAMPLES.glob("*.py")} == {"own_data", "backbone", "feature_map"}


def test_a_known_distortion_teaches_the_layer():
    before, after = load("own_data").main(steps=15)
    assert before > 0.3 and after < 0.7 * before


def test_a_transformer_trains_in_front_of_a_backbone():
    assert 0 < load("backbone").main(size=64, steps=1) < 10


@pytest.mark.slow
def test_a_transformer_trains_in_front_of_a_backbone_at_224():
    assert 0 < load("backbone").main() < 10


def test_two_transformers_look_at_two_halves_of_a_feature_map():
    assert load("feature_map").main() == [[0.5, -0.5, 0.0], [0.5, 0.5, 0.0]]
