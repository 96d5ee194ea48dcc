"""The examples in the docstrings give what they say."""

import doctest
from importlib import import_module

import pytest

import stn

MODULES = (
    *("bounds", "branches", "checkpoint", "explain", "families", "geometry", "hub", "models", "modules", "pixels"),
    *("points", "recipes", "sampling", "splines", "training.pose", "volumes", "zooming"),
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name):
    found = doctest.testmod(import_module(f"stn.{name}"))
    assert found.attempted and not found.failed


def test_whatever_the_package_exports_has_one():
    for name in set(stn.__all__) - {"StnError"}:
        assert ">>> " in getattr(stn, name).__doc__, name
