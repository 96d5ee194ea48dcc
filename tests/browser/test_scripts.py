"""The page's JavaScript on its own, in a real browser: newest wins, the last is never lost, links are kept."""

import base64
import itertools

import numpy as np
import pytest
import torch

from demo.core import encoding

SHARED = ("pump", "pixels", "link", "readings")


@pytest.fixture
def blank(modules):
    return modules(*(f"ui/static/{name}.js" for name in SHARED))


# A server whose answers come when the test says so.
SERVER = """
    window.open_ = []; window.drawn = []; window.failed = [];
    window.pump = createPump({
        ask: (state) => new Promise((resolve, reject) => open_.push({ state, resolve, reject })),
        draw: (answer, number, state) => drawn.push([answer, number, state]),
        fail: (error, number) => failed.push(number),
        limit: () => LIMIT,
        nextFrame: (callback) => setTimeout(callback, 0),
    });
    // In steps: what a timer starts by another timer has come by then, also where the browser was held up.
    window.rest = async () => { for (let i = 0; i < 3; i += 1) await new Promise((done) => setTimeout(done, 7)); };
"""


def pump(page, script: str, limit: int = 6):
    return page.evaluate("async () => {" + SERVER.replace("LIMIT", str(limit)) + script + "}")


def test_states_pushed_together_make_one_request(blank):
    sent = pump(blank, "pump.push(1); pump.push(2); pump.push(3); await rest(); return open_.map((r) => r.state)")
    assert sent == [3]


def test_never_more_in_flight_than_the_limit_and_the_last_state_is_sent(blank):
    sent = pump(
        blank,
        """for (let i = 1; i <= 20; i += 1) { pump.push(i); await rest(); }
           const first = open_.length;
           for (const r of [...open_]) r.resolve(r.state);
           await rest(); await rest();
           return [first, open_.at(-1).state];""",
        limit=3,
    )
    assert sent == [3, 20]


def test_requests_keep_their_distance_and_the_last_state_is_sent(blank):
    sent = pump(
        blank,
        """const when = [];
           const spaced = createPump({
               ask: async (state) => { when.push([state, performance.now()]); },
               draw: () => {}, fail: () => {}, gap: () => 60,
           });
           for (let i = 1; i <= 10; i += 1) { spaced.push(i); await rest(); }
           await new Promise((done) => setTimeout(done, 100));
           return when;""",
    )
    assert sent[0][0] == 1 and sent[-1][0] == 10
    assert all(b - a > 55 for (_, a), (_, b) in itertools.pairwise(sent))


def test_a_gap_that_shrinks_is_not_waited_for(blank):
    took = pump(
        blank,
        """let gap = 10_000, answered = () => {};
           const asked = [];
           const spaced = createPump({
               ask: (state) => { asked.push(state); return new Promise((resolve) => { answered = resolve; }); },
               draw: () => {}, fail: () => {}, gap: () => gap,
           });
           spaced.push(1); await rest(); spaced.push(2); await rest();
           const before = [...asked];
           gap = 0; answered("A"); await rest();
           return [before, asked];""",
    )
    assert took == [[1], [1, 2]]


def test_an_old_answer_that_comes_late_is_thrown_away(blank):
    drawn = pump(
        blank,
        """for (const s of ["a", "b", "c"]) { pump.push(s); await rest(); }
           open_[2].resolve("C"); await rest();
           open_[0].resolve("A"); open_[1].resolve("B"); await rest();
           return drawn;""",
    )
    assert drawn == [["C", 3, "c"]]


def test_the_first_answer_of_a_frame_is_drawn_at_once_and_of_the_others_the_newest(blank):
    drawn = pump(
        blank,
        """for (const s of ["a", "b", "c", "d"]) { pump.push(s); await rest(); }
           const drawnWhen = [];
           const count = async () => { for (let i = 0; i < 9; i += 1) await null; drawnWhen.push(drawn.length); };
           for (const r of open_.slice(0, 3)) { r.resolve(r.state); await count(); }
           await rest(); await count();
           open_[3].resolve("d"); await count();
           return [drawnWhen, drawn, pump.busy];""",
    )
    assert drawn == [[1, 1, 1, 2, 3], [["a", 1, "a"], ["c", 3, "c"], ["d", 4, "d"]], False]


def test_no_answer_covers_another_before_a_frame_has_shown_it(blank):
    drawn = blank.evaluate(
        """async () => {
            const [asked, drawn, frames, seen] = [[], [], [], []];
            const rest = () => new Promise((done) => setTimeout(done, 20));
            const pump = createPump({
                ask: () => new Promise((answer) => asked.push(answer)),
                draw: (answer) => drawn.push(answer),
                nextFrame: (callback) => frames.push(callback),
            });
            for (const state of [1, 2]) { pump.push(state); await rest(); }
            for (const answer of asked) { answer(drawn.length ? "second" : "first"); await rest(); }
            seen.push([...drawn]);
            frames.shift()(); // the frame that shows the first
            seen.push([...drawn]);
            await rest();
            return [...seen, drawn];
        }"""
    )
    assert drawn == [["first"], ["first"], ["first", "second"]]


def test_answers_that_are_all_a_frame_late_catch_up_at_the_price_of_one_image(blank):
    """Each answer but the first comes long before the next frame, and yet after something was drawn for it."""
    drawn = blank.evaluate(
        """async () => {
            const [asked, drawn, frames] = [[], [], []];
            const rest = (ms) => new Promise((done) => setTimeout(done, ms));
            let frame = 0; // shown so far
            const pump = createPump({
                ask: () => new Promise((answer) => asked.push(answer)),
                draw: (answer) => drawn.push([answer, frame]),
                nextFrame: (callback) => frames.push(callback),
            });
            const answer = async (number) => {
                pump.push(number);
                await rest(1);
                asked.shift()(number);
                await rest(20);
            };
            await answer(0);
            for (let number = 1; number <= 12; number += 1) {
                await answer(number);
                frame += 1;
                for (const callback of frames.splice(0)) callback();
                await rest(5);
            }
            return drawn;
        }"""
    )
    late, in_time = [[n, n] for n in range(1, 5)], [[n, n - 1] for n in range(5, 13)]
    assert drawn == [[0, 0], *late, *in_time]  # the fourth and the fifth share a frame


def test_a_failure_is_told_and_does_not_stop_the_pump(blank):
    result = pump(
        blank,
        """pump.push("a"); await rest(); open_[0].reject(new Error("gone")); await rest();
           pump.push("b"); await rest(); open_[1].resolve("B"); await rest();
           return [failed, drawn, pump.busy];""",
    )
    assert result == [[1], [["B", 2, "b"]], False]


def test_an_old_answer_does_not_hide_a_newer_failure(blank):
    late = """open_[1].reject(new Error("gone")); await rest();
              open_[0].resolve("A"); await rest();
              return [failed, drawn, pump.busy];"""
    together = """open_[0].resolve("A"); open_[1].reject(new Error("gone")); await rest();
                  return [failed, drawn, pump.busy];"""
    for ending, drawn in ((late, []), (together, [["A", 1, "a"]])):
        result = pump(blank, 'for (const s of ["a", "b"]) { pump.push(s); await rest(); }' + ending)
        assert result == [[2], drawn, False]


def test_an_old_failure_does_not_hide_a_newer_answer(blank):
    result = pump(
        blank,
        """for (const s of ["a", "b"]) { pump.push(s); await rest(); }
           open_[1].resolve("B"); open_[0].reject(new Error("gone")); await rest();
           return [failed, drawn];""",
    )
    assert result == [[], [["B", 2, "b"]]]


def test_pixels_reach_the_canvas_unchanged(blank):
    levels = torch.randint(0, 256, (3, 5, 7), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    for image in (levels, levels[:1]):
        read = blank.evaluate(
            """(encoded) => {
                const image = createImage();
                image.set(encoded);
                return [...image.canvas.getContext("2d").getImageData(0, 0, 7, 5).data];
            }""",
            encoding.encode_pixels(image / 255),
        )
        rgba = np.array(read, dtype=np.uint8).reshape(5, 7, 4)
        assert np.array_equal(rgba[..., :3], np.broadcast_to(image.permute(1, 2, 0).numpy(), (5, 7, 3)))
        assert (rgba[..., 3] == 255).all()


def test_lattice_points_come_back(blank):
    lattice = torch.rand(encoding.LATTICE, encoding.LATTICE, 2, generator=torch.Generator().manual_seed(1)) * 4 - 2
    text = encoding.encode_lattice(lattice)
    side, points = blank.evaluate("(t) => { const l = latticeOf(t); return [l.side, [...l.points]]; }", text)
    assert side == encoding.LATTICE
    wanted = np.frombuffer(base64.b64decode(text), "<i2") / encoding.GRID_UNIT
    assert np.allclose(points, wanted, atol=1e-6)


def test_links_hold_what_differs_and_keep_foreign_keys(blank):
    link = blank.evaluate(
        """() => linkOf(
            { dataset: "mnist", sample: 7, model: "m", rotation: -30, scale: 1, shift_x: 0.1 + 0.2, noise: 0 },
            "http://localhost:1/?__theme=dark&view=class&rotation=5&noise=0.2"
        )"""
    )
    assert link == (
        "http://localhost:1/?__theme=dark&view=class&rotation=-30&dataset=mnist&sample=7&model=m&shift_x=0.3"
    )


def test_theta_is_set_as_a_matrix_or_as_points_with_x_above_y(blank):
    families = {
        "rotation": 1,
        "translation": 2,
        "attention": 3,
        "similarity": 4,
        "affine": 6,
        "projective": 8,
        "tps": 32,
    }
    shapes = blank.evaluate(
        """(families) => Object.entries(families).map(([family, n]) =>
            rowsOf({ family, names: Array(n).fill("n"), values: Array(n).fill(0) }).map((row) => row.length))""",
        families,
    )
    assert shapes == [[1], [2], [3], [4], [3, 3], [3, 3, 3], [4] * 8]
    points = blank.evaluate('() => rowsOf({ family: "tps", names: [..."abcdefgh"], values: [1, 2, 3, 4, 5, 6, 7, 8] })')
    assert [[value for _, value in row] for row in points] == [[1, 3], [2, 4], [5, 7], [6, 8]]
