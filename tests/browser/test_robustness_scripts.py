"""What the robustness tab's scripts compute: readings, axes, steps."""

import pytest


@pytest.fixture
def blank(modules):
    return modules("tabs/robustness/chart.js", "ui/static/plan.js")


def test_a_curve_is_read_between_its_points_and_nowhere_else(blank):
    read = blank.evaluate("() => [0, 1, 1.5, 3, -1, 4].map((x) => readAt([0, 1, 3], [10, 20, 40], x))")
    assert read == [10, 20, 25, 40, None, None]
    assert blank.evaluate("() => readAt([], [], 0)") is None


def test_the_point_at_the_marker_takes_its_place_among_a_sweeps(blank):
    points = blank.evaluate(
        """() => {
            const sweep = { values: [0, 2, 4], networks: { a: { percent: [90, 50, 10], right: [true, true, false] } } };
            const at = (x, y, right) => ({ values: [x], networks: { a: { percent: [y], right: [right] } } });
            return [at(3, 20, false), at(2, 51, true), null].map((point) => pointsOf("a", sweep, point))
                .concat([pointsOf("b", sweep, null)]);
        }"""
    )
    assert [[[p["x"], p["y"], p["open"]] for p in found] for found in points] == [
        [[0, 90, False], [2, 50, False], [3, 20, True], [4, 10, True]],
        [[0, 90, False], [2, 51, False], [4, 10, True]],
        [[0, 90, False], [2, 50, False], [4, 10, True]],
        [],
    ]


def test_the_accuracy_axis_starts_below_every_value_and_at_zero_for_low_ones(blank):
    floors = "(lows) => lows.map((low) => floorOf([[{ y: 99 }], [{ y: low }]]))"
    assert blank.evaluate(floors, [83, 81, 30, 99.9]) == [80, 70, 0, 90]
    assert blank.evaluate("() => floorOf([])") == 90


def test_a_place_on_the_axis_is_a_step_of_the_slider(blank):
    snap = "(values) => values.map((value) => snapped(value, { low: -0.4, high: 0.4, step: 0.01 }))"
    assert blank.evaluate(snap, [-1, -0.3981, 0.004, 0.0051, 0.123, 3]) == [-0.4, -0.4, 0, 0.01, 0.12, 0.4]


def test_a_plan_draws_once_a_frame(blank):
    assert blank.evaluate(
        """() => {
            const frames = [];
            let drawn = 0;
            const plan = createPlan(() => (drawn += 1), (frame) => frames.push(frame));
            const found = [];
            for (const calls of [3, 1]) {
                for (let i = 0; i < calls; i += 1) plan();
                found.push(frames.length, drawn);
                frames.pop()();
                found.push(drawn);
            }
            return found;
        }"""
    ) == [1, 0, 1, 1, 1, 2]
