"""The lesson's server functions, on untrained networks: what is set up, shown and solved, and what is refused."""

import pytest

from demo.core.state import KEYS
from demo.tabs.lesson import lesson
from demo.tabs.lesson.bench import Bench
from demo.tabs.lesson.exercises import EXERCISES
from demo.tabs.lesson.lesson import Lesson, for_sheet
from stn.distort import Controls
from tests.demo.tabs.lesson.fakes import bench


@pytest.fixture
def made(mnist_resources):
    return Lesson(*mnist_resources)


def test_every_exercise_can_be_set_up_and_solved_once(made, mnist_resources, monkeypatch):
    labels = mnist_resources[0].get("mnist").labels
    for n, exercise in enumerate(EXERCISES, 1):
        if exercise.dataset == "cifar10":  # whose networks are not in this folder
            assert set(made.solve({"exercise": n})) == {"error"}
            continue
        found = made.set_up({"exercise": n})
        assert found["sheet"] == bool(exercise.angles) and found["request"]["compare"] == exercise.compare
        if not exercise.angles:
            assert labels[found["request"]["sample"]] == exercise.digit
        slider = found["slider"]
        assert slider["name"] == exercise.slider and slider["label"] == KEYS[exercise.slider].label
        assert slider["low"] <= found["request"][slider["name"]] <= slider["high"]
        answer = made.solve({"exercise": n})
        assert answer["exercise"] == n and answer["right"] in range(3) and answer["words"] and answer["learnt"]
    monkeypatch.setattr(Bench, "show", None)  # whoever asks again must not make the networks work again
    assert made.solve({"exercise": 3})["words"].startswith("At 90° this CNN")


def test_a_sheet_shows_twenty_images_at_each_of_its_angles(made):
    for n in (3, 5):
        slider, exercise = made.set_up({"exercise": n})["slider"], EXERCISES[n - 1]
        angles = range(slider["low"], slider["high"] + 1, slider["step"])
        assert tuple(angles) == exercise.angles
        for angle in (angles[0], angles[-1]):
            found = made.sheet({"exercise": n, "rotation": angle})
            assert (found["exercise"], found["rotation"], len(found["cells"])) == (n, angle, 20)
            cell = found["cells"][0]
            assert (cell["input"]["width"], cell["output"]["width"]) == (40, 28)
            assert len(found["says"]) == 2 and found["words"].endswith("of 20 within 45° of upright.")


def test_marks_say_what_is_wrong_or_how_far_an_output_is_from_upright(tmp_path):
    does = {"comparison": "upright", "turn": lambda controls: [-controls.rotation] * 18 + [80, 0]}
    made = bench(tmp_path, known={"upright": 18, "behind": 19}, **does)
    cells = for_sheet(made.sheet(EXERCISES[2], 90), EXERCISES[2])["cells"]
    assert [cell["marks"] for cell in cells[17:]] == [["", ""], ["0", ""], ["0", "0"]]
    assert cells[18]["words"] == ["9: says 0, wrong", "9: says 9, right"]
    found = for_sheet(made.sheet(EXERCISES[4], 90), EXERCISES[4])
    assert [cell["marks"] for cell in found["cells"][17:]] == [["", ""], ["", "170°"], ["", "90°"]]
    assert found["cells"][19]["words"] == ["9", "9, 90° from upright"]
    assert found["words"] == "The transformer leaves 18 of 20 within 45° of upright."
    assert found["says"] == ["CNN as it is: 18 of 20 right.", "Behind the transformer: 19 of 20 right."]


def test_a_turned_digit_is_whole_in_the_close_up(mnist_resources):
    bare = Bench(mnist_resources[0], None)
    for angle in EXERCISES[4].angles:
        samples = bare.samples_for(EXERCISES[4])
        x = bare.given(samples, Controls(rotation=angle), 60)
        edge = (60 - lesson.CLOSE_UP) // 2
        assert x[..., edge:-edge, edge:-edge].sum() == pytest.approx(float(x.sum()))


@pytest.mark.parametrize("bad", [None, [], {}, {"exercise": 0}, {"exercise": 7}, {"exercise": "1"}, {"exercise": True}])
def test_a_bad_request_gets_one_sentence(made, bad):
    for answer in (made.set_up(bad), made.solve(bad)):
        assert set(answer) == {"error"} and "exercise" in answer["error"] and "\n" not in answer["error"]
        assert "1 to 6" in answer["error"] or "object with the keys exercise" in answer["error"]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (None, "keys exercise, rotation"),
        ({"exercise": 3}, "lacks rotation"),
        ({"exercise": 3, "rotation": 10}, "give one of 0, 15"),
        ({"exercise": 3, "rotation": -15}, "0 to 90"),
        ({"exercise": 3, "rotation": "15"}, "0 to 90"),
        ({"exercise": 1, "rotation": 15}, "shows one image"),
        ({"exercise": 9, "rotation": 15}, "1 to 6"),
    ],
)
def test_a_bad_request_for_a_sheet_gets_one_sentence(made, bad, said):
    answer = made.sheet(bad)
    assert set(answer) == {"error"} and said in answer["error"] and "\n" not in answer["error"]
