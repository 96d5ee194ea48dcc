"""The lesson's answers on networks that do a known thing, and its page as text."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.tabs.lesson.answers import ANGLES, turn_of
from demo.tabs.lesson.bench import Bench
from demo.tabs.lesson.exercises import EXERCISES
from demo.tabs.lesson.lesson import Lesson
from demo.tabs.lesson.page import lesson_html, results_html, shipped
from stn import geometry
from stn.checkpoint import SHIPPED, save_checkpoint, shipped_names
from stn.explain import Explanation
from stn.families import get_family
from stn.models import build_model
from stn.recipes import get_recipe, recipe_groups


class Fixed:
    """A network that turns every image by `turn` degrees, frames `size` of it at `right`, and knows nothing."""

    def __init__(self, turn=0.0, size=1.0, right=0.0, answers=None):
        angle = torch.deg2rad(torch.tensor(float(turn)))
        c, s = angle.cos() * size, angle.sin() * size
        # Output to input, y down; an image that turns counter-clockwise is read through a grid turned clockwise.
        self.matrix = torch.tensor([[[c, -s, right], [s, c, 0.0]]])
        self.answers = answers
        self.info = SimpleNamespace(canvas=60)

    def explain(self, x):
        family = get_family("affine")
        grid = geometry.affine_grid(self.matrix.expand(len(x), -1, -1), (28, 28))
        stage = SimpleNamespace(family=family, grid=grid, theta=self.matrix.flatten(1))
        logits = torch.zeros(len(x), 10) if self.answers is None else self.answers(x)
        return Explanation(logits, (stage,))


def bench(tmp_path, stn, cnn=None):
    return Bench(ImageStore(tmp_path / "none"), SimpleNamespace(pair=lambda dataset, model: (stn, cnn or stn)))


def solved(tmp_path, n: int, stn, cnn=None):
    exercise = EXERCISES[n - 1]
    made = bench(tmp_path, stn, cnn)
    right, said = exercise.solve(made, exercise, made.sample_for(exercise))
    assert 0 <= right < len(exercise.choices) and said.endswith(".") and "\n" not in said
    return right, said


@pytest.mark.parametrize("turn", [-120, -40, 0, 25, 90])
def test_the_turn_is_the_images_in_degrees(tmp_path, turn):
    made = bench(tmp_path, Fixed(turn))
    assert turn_of(made.stage(torch.zeros(1, 1, 60, 60))) == pytest.approx(turn, abs=0.01)


def test_the_grid_turns_with_the_digit_where_the_network_turns_it_back(tmp_path):
    right, said = solved(tmp_path, 1, Fixed(turn=-38))
    assert right == 0 and "turned 38° counter-clockwise. " in said and "turns 38° clockwise, back" in said
    assert solved(tmp_path, 1, Fixed(turn=38))[0] == 1
    assert solved(tmp_path, 1, Fixed())[0] == 2


def test_a_small_frame_on_the_right_is_what_theory_wants(tmp_path):
    right, said = solved(tmp_path, 2, Fixed(size=0.5, right=0.3))
    assert right == 0 and "0.50 times as wide" in said and "2.0 times" in said
    assert "28 of the input's 60 pixels wide" in said and "would be 0.47, and 0.33 around the shrunk one" in said
    assert solved(tmp_path, 2, Fixed(size=1.5, right=-0.3))[0] == 1
    assert solved(tmp_path, 2, Fixed())[0] == 2


def test_who_fails_first_is_counted(tmp_path):
    shelf = ImageStore(tmp_path / "none").get("mnist")
    which = [i for digit in range(10) for i in [i for i, k in enumerate(shelf.labels) if k == digit][:2]]
    labels = torch.tensor([shelf.labels[i] for i in which])

    def network(fails_at=None):
        calls = {"n": 0}

        def answers(x):
            if len(x) != len(labels):
                return torch.zeros(len(x), 10)
            angle, calls["n"] = ANGLES[calls["n"] % len(ANGLES)], calls["n"] + 1
            right = nn.functional.one_hot(labels, 10).float()
            return right if fails_at is None or angle < fails_at else right.roll(1, 1)

        return Fixed(answers=answers)

    right, said = solved(tmp_path, 3, network(), network())
    assert right == 2 and "gets 20 right when upright, 20 at 90° and 20 at its worst angle" in said
    right, said = solved(tmp_path, 3, network(), network(fails_at=45))
    assert right == 0 and "at 45°" in said
    assert solved(tmp_path, 3, network(fails_at=30), network(fails_at=45))[0] == 1
    right, said = solved(tmp_path, 3, network(fails_at=45), network(fails_at=45))
    assert right == 2 and "from the same angle on, 45°" in said


def test_the_share_of_clutter_in_the_frame_is_measured(tmp_path):
    assert "holds 100 % of the digit and 100 % of what" in solved(tmp_path, 4, Fixed())[1]
    inside = int(re.search(r"and (\d+) % of what", solved(tmp_path, 4, Fixed(size=0.5))[1])[1])
    assert 0 < inside < 60


def test_on_and_back_are_told_apart(tmp_path):
    right, said = solved(tmp_path, 5, Fixed(turn=-88))
    assert right == 0 and "was turned 90° counter-clockwise, and the transformer turns it 88° clockwise: back" in said
    assert solved(tmp_path, 5, Fixed(turn=85))[0] == 1
    assert solved(tmp_path, 5, Fixed(turn=0))[0] == 2


def test_a_sample_is_one_that_both_networks_know(tmp_path):
    exercise = EXERCISES[0]
    shelf = ImageStore(tmp_path / "none").get("mnist")
    second = [i for i, label in enumerate(shelf.labels) if label == exercise.digit][1]
    wanted = bench(tmp_path, Fixed()).given(second, exercise.controls)

    def answers(x):
        return nn.functional.one_hot(torch.tensor([exercise.digit if torch.equal(x, wanted) else 0]), 10).float()

    assert bench(tmp_path, Fixed(answers=answers)).sample_for(exercise) == second


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


def test_every_exercise_can_be_set_up_and_solved_once(taught, tmp_path, monkeypatch):
    made = Lesson(ImageStore(tmp_path / "none"), ModelStore(taught))
    for n, exercise in enumerate(EXERCISES, 1):
        request = made.set_up({"exercise": n})["request"]
        assert ImageStore(tmp_path / "none").get("mnist").labels[request["sample"]] == exercise.digit
        found = made.solve({"exercise": n})
        assert found["exercise"] == n and found["right"] in range(3)
    monkeypatch.setattr(ModelStore, "pair", None)  # whoever asks again must not make the networks work again
    assert made.solve({"exercise": 3})["words"].startswith("Of 20 drawings")


@pytest.mark.parametrize("bad", [None, [], {}, {"exercise": 0}, {"exercise": 6}, {"exercise": "1"}, {"exercise": True}])
def test_a_bad_request_gets_one_sentence(taught, tmp_path, bad):
    made = Lesson(ImageStore(tmp_path / "none"), ModelStore(taught))
    for answer in (made.set_up(bad), made.solve(bad)):
        assert set(answer) == {"error"} and "exercise" in answer["error"] and "\n" not in answer["error"]
        assert "1 to 5" in answer["error"] or "object with the keys exercise" in answer["error"]


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
    assert page.count('class="exercise"') == 5 and page.count('type="radio"') == 15
    assert "${" not in page and "{{" not in page and "<!--" not in page
    assert "@inproceedings{jaderberg2015spatial" in page


def test_text_is_escaped(monkeypatch, taught):
    spiked = replace(EXERCISES[0], title="<b>", question="a & b")
    monkeypatch.setattr("demo.tabs.lesson.page.EXERCISES", (spiked,))
    page = lesson_html(taught)
    assert "&lt;b&gt;" in page and "a &amp; b" in page
