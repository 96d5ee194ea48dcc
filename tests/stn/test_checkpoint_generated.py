"""Checkpoints and training states whose metadata somebody has changed: they load, or one sentence says why not."""

import json

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from stn import StnError, load_checkpoint
from stn.checkpoint import read_info
from stn.config import recipe_to_dict
from stn.errors import StateError
from stn.models import build_model
from stn.recipes import get_recipe
from stn.training.engine import Run
from tests.generated import JSON, spoilt
from tests.helpers import TUNED, bars

pytestmark = pytest.mark.slow
MANY = settings(max_examples=150, suppress_health_check=list(HealthCheck))
RECIPE = get_recipe("mnist-tutorial")
RIGHT = {"format": 1, "recipe": recipe_to_dict(RECIPE), "record": {"result": {"accuracy": 12.5}, "seed": 3}}


@st.composite
def metadata(draw, right: dict) -> str:
    return json.dumps(draw(JSON) if draw(st.integers(0, 4)) == 0 else _deep(draw, right))


def _deep(draw, right: dict) -> dict:
    """Spoilt in itself, or in its recipe."""
    if draw(st.booleans()):
        return spoilt(draw, right)
    return right | {"recipe": spoilt(draw, right["recipe"])}


@MANY
@given(metadata(RIGHT))
def test_a_checkpoint_loads_or_says_why_not(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "generated.safetensors"
    save_file(build_model(RECIPE.model).state_dict(), path, metadata={"json": text})
    for read in (load_checkpoint, read_info):
        try:
            read(path)
        except StnError as error:
            assert "\n" not in str(error) and len(str(error)) < 1000


@MANY
@given(st.data())
def test_a_state_is_gone_on_from_or_is_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "generated.state"
    run = Run(TUNED, bars(32), 0, torch.device("cpu"))
    tensors = {f"model.{name}": tensor.contiguous() for name, tensor in run.model.state_dict().items()}
    for name in data.draw(st.lists(st.sampled_from(sorted(tensors)), max_size=2)):
        tensors[data.draw(st.sampled_from([name, "", "a", "optimizer.9999.step", "average.x"]))] = torch.zeros(1)
    right = {"recipe": recipe_to_dict(TUNED), "history": [], **run.identity}
    save_file(tensors, path, metadata={"json": data.draw(metadata(right))})
    try:
        run.restore(path)
    except StateError as error:
        assert "\n" not in str(error) and "train without --resume" in str(error)
