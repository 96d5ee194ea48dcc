"""The lesson's page as text: exercises, result tables, sources."""

import re
from dataclasses import replace

import pytest
import torch

from demo.tabs.lesson.exercises import EXERCISES
from demo.tabs.lesson.page import lesson_html, results_html, shipped
from stn.checkpoint import SHIPPED, save_checkpoint, shipped_names
from stn.models import build_model
from stn.recipes import get_recipe, recipe_groups


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    record = {
        "params": 5,
        "minutes": 2.0,
        "device": "cpu",
        "theta": {"theta_constant": False},
        "rectification": {"left_sd": 12.34},
    }
    for name, seeds in (("mnist-play-affine", (97.0, 96.0)), ("mnist-play-cnn", (95.0,))):
        recipe = get_recipe(name)
        runs = [{"accuracy": accuracy} for accuracy in seeds]
        whole = {**record, "seeds": runs, "result": {"accuracy": seeds[0]}}
        save_checkpoint(folder / f"{name}.safetensors", recipe, build_model(recipe.model), whole)
    return folder


def test_a_network_without_a_record_of_its_training_is_left_out_of_the_table(taught, tmp_path):
    page = results_html(shipped(taught))
    assert page.count("<tr>") == 3 and "3.50 ± 0.71" in page and "1.50, one seed" in page
    assert page.count("<tbody>") == 1 and "<summary>The playground</summary>" in page and "12.3°" in page
    every = results_html(shipped(SHIPPED))
    found = [bool(is_open) for is_open in re.findall(r'<details class="results"( open)?>', every)]
    assert found == [True] + [False] * (len(recipe_groups(shipped_names())) - 1), "folded but for the first group"
    recipe = get_recipe("mnist-play-cnn")
    save_checkpoint(tmp_path / "mnist-play-cnn.safetensors", recipe, build_model(recipe.model), {"result": {}})
    (tmp_path / "mnist-tutorial.safetensors").write_text("rubbish")
    assert "<table" not in results_html(shipped(tmp_path))


def test_the_page_holds_all_exercises_and_nothing_that_gradio_fills_in(taught):
    page = lesson_html(taught)
    assert page.count('class="exercise"') == 6 and page.count('type="radio"') == 18
    assert "${" not in page and "{{" not in page and "<!--" not in page
    assert "@inproceedings{jaderberg2015spatial" in page


def test_text_is_escaped(monkeypatch, taught):
    spiked = replace(EXERCISES[0], title="<b>", question="a & b")
    monkeypatch.setattr("demo.tabs.lesson.page.EXERCISES", (spiked,))
    page = lesson_html(taught)
    assert "&lt;b&gt;" in page and "a &amp; b" in page
