"""Which images an exercise shows, and what is said of them."""

import numpy as np
import pytest

from demo.tabs.lesson.exercises import EXERCISES
from stn.errors import StnError
from tests.demo.tabs.lesson.fakes import bench


def test_a_sample_is_one_that_both_networks_know(tmp_path):
    exercise = EXERCISES[0]
    made = bench(tmp_path)
    second = made.chosen.of_class(exercise.digit)[1]
    assert made.samples_for(exercise) != [second]
    asked = made.given([second], exercise.controls, 60)
    pair = made.pair_of("trained")
    explain = pair.explain

    def knows_one(x):
        pair.known = {"stn": int(np.array_equal(x, asked))}
        return explain(x)

    pair.explain = knows_one
    assert made.samples_for(exercise) == [second]
    pair.explain = lambda x: explain(np.zeros_like(x))
    pair.known = {"stn": 0}
    assert made.samples_for(exercise) == made.chosen.of_class(exercise.digit)[:1], "none is known: the first there is"


def test_a_sheet_has_two_images_of_each_class_and_is_worked_out_once(tmp_path):
    exercise = EXERCISES[2]
    made = bench(tmp_path, comparison=exercise.compare, turn=lambda controls: [-controls.rotation] * 19 + [0])
    shown = made.sheet(exercise, 60)
    assert shown.labels == tuple(sorted([*range(10)] * 2)) and shown.input.shape == (20, 1, 60, 60)
    assert [turn.asked for turn in shown.turns] == [60.0] * 20
    assert shown.off(45) == [False] * 19 + [True] and shown.off(61) == [False] * 20
    assert made.sheet(exercise, 60) is shown and made.sheet(exercise, 45) is not shown


def test_a_transformer_without_a_transformation_is_an_error_of_one_sentence(tmp_path):
    made = bench(tmp_path, turn=float("nan"))
    with pytest.raises(StnError, match="theta is not finite"):
        made.show([0], EXERCISES[0].controls)
