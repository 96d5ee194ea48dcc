"""The arithmetic of the tab that looks inside, in a real browser, against torch, for every pixel."""

import base64
import math
import re

import numpy as np
import pytest
import torch

from demo.core.encoding import bend_of
from demo.core.words import describe_matrix
from demo.tabs.look.inside import encode_floats, encode_values, slopes_of
from stn.families import FAMILY_NAMES, get_family
from stn.geometry import PADDINGS, mip_level, sample
from stn.sampling import halved
from tests.browser.looking_inside import some_theta

SIZE = (13, 16)  # of outputs


@pytest.fixture
def blank(modules):
    names = ("values", "sampling", "family", "handles", "sliders", "formula", "guide", "pixel", "enlarged")
    return modules("ui/static/pixels.js", *(f"tabs/look/{name}.js" for name in names))


@pytest.mark.parametrize("family", FAMILY_NAMES)
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("side", "channels", "average"), [(17, 1, False), (60, 1, True), (48, 3, True)])
def test_the_sums_are_what_the_sampler_does(blank, family, padding, side, channels, average):
    images = torch.rand(1, channels, side, side, generator=torch.Generator().manual_seed(1))
    outside = [0.13, 0.4, 0.2][:channels] if padding == "zeros" else None
    grid = get_family(family).grid(some_theta(family, spread=0.3), SIZE)
    level = mip_level(grid, (side, side)).item() if average else 0
    ours = blank.evaluate(
        """({ input, points, level, padding, outside }) => {
            const pyramid = [valuesOf(input)];
            const images = (i) => (pyramid[i] ??= averaged(pyramid[0], i));
            const at = floatsOf(points);
            return Array.from({ length: at.length / 2 }, (_, i) =>
                mixAt(images, [at[2 * i], at[2 * i + 1]], level, padding, outside).sums);
        }""",
        {
            "input": encode_values(images[0]),
            "points": encode_floats(grid),
            "level": level,
            "padding": padding,
            "outside": outside,
        },
    )
    # What lies outside counts as a level of its own: 0 of the normalised image is the mean.
    shift = torch.tensor(outside or [0.0] * channels).view(1, -1, 1, 1)
    wanted = (sample(images - shift, grid, padding, average) + shift)[0].flatten(1).T
    assert np.allclose(np.array(ours), wanted.numpy(), atol=2e-5)


def test_the_averages_are_the_layers_also_where_the_size_does_not_divide(blank):
    image = torch.rand(3, 11, 13, generator=torch.Generator().manual_seed(1))
    for level in (1, 2, 3):
        read = blank.evaluate(
            "([p, level]) => { const a = averaged(valuesOf(p), level); return [a.height, a.width, [...a.values]]; }",
            [encode_values(image), level],
        )
        wanted = halved(image[None], level)[0]
        assert read[:2] == list(wanted.shape[1:])
        assert np.allclose(read[2], wanted.permute(1, 2, 0).flatten().numpy(), atol=1e-6)


def test_weights_add_up_and_pixels_count_from_the_outer_edge(blank):
    said = blank.evaluate(
        """() => {
            const values = Float32Array.from({ length: 16 }, (_, i) => i);
            const image = { width: 4, height: 4, channels: 1, values };
            const at = ([x, y], padding) => {
                const { pixel, at, neighbours, sums } = sampleAt(image, [x, y], padding, [0]);
                return { pixel, at, sums, weight: neighbours.reduce((sum, n) => sum + n.weight, 0) };
            };
            return [at([-1, 1], "border"), at([0, 0], "zeros"), at([0.75, 0.75], "border"), at([1.5, 0], "reflection")];
        }"""
    )
    assert said[0]["pixel"] == [-0.5, 3.5] and said[0]["at"] == [0, 3] and said[0]["sums"] == [12]
    assert said[1]["pixel"] == [1.5, 1.5] and said[1]["sums"] == [7.5]
    assert said[2]["pixel"] == [3, 3] and said[2]["sums"] == [15]
    assert said[3]["pixel"][0] == 4.5 and said[3]["at"][0] == 2.5
    assert all(math.isclose(one["weight"], 1) for one in said)


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_frame_and_its_theta_are_the_same_thing(blank, family):
    thetas = [some_theta(family, seed)[0].tolist() for seed in range(8)]
    back = blank.evaluate(
        "([family, thetas]) => thetas.map((t) => thetaOf(family, frameOf(family, t), t))", [family, thetas]
    )
    assert np.allclose(back, thetas, atol=1e-6)
    matrices = blank.evaluate("([family, thetas]) => thetas.map((t) => matrixOf(family, t))", [family, thetas])
    if family == "tps":
        lattice = get_family("tps").identity()[0].view(-1, 2)
        basis = torch.nn.functional.pad(lattice, (0, 1), value=1)  # (16, 3)
        wanted = [torch.linalg.lstsq(basis, torch.tensor(t).view(-1, 2)).solution.T for t in thetas]
        assert np.allclose(np.array(matrices)[:, :6], torch.stack(wanted).flatten(1).numpy(), atol=1e-5)
    else:
        wanted = get_family(family).matrix(torch.tensor(thetas)).flatten(1)
        assert np.allclose(matrices, wanted.numpy(), atol=1e-6)


@pytest.mark.parametrize("family", ["rotation", "similarity", "affine", "projective", "tps"])
def test_the_turn_of_a_frame_is_the_one_that_the_words_speak_of(blank, family):
    """And a slider that is moved to a number turns the frame to it, and does nothing else to it."""
    thetas = [some_theta(family, seed) for seed in range(12)]
    slopes = slopes_of(get_family(family), SIZE)
    read = """([family, thetas, slopes]) => thetas.map((theta) => {
        const moved = movedTo("turn", 33, { family, theta, slopes });
        return [turnOf(family, theta, slopes), moved, turnOf(family, moved, slopes)];
    })"""
    for theta, (turn, moved, again) in zip(
        thetas, blank.evaluate(read, [family, [t[0].tolist() for t in thetas], slopes]), strict=True
    ):
        (nearest, _) = bend_of(get_family(family).grid(theta, SIZE)[0].numpy())
        matrix = get_family(family).matrix(theta)[0].tolist() if family != "tps" else nearest
        said = describe_matrix([row[:3] for row in matrix[:2]])
        sign = 1 if "counter-clockwise" in said else -1
        number = re.search("turns it (\\d+)\u00b0", said)
        assert abs(-sign * int(number[1]) - turn if number else turn) <= 0.5 + 1e-3, (said, turn)
        assert again == pytest.approx(33, abs=1e-3)
        turned = torch.tensor([moved])
        angle = math.radians(turn - 33)  # clockwise on the screen, about the frame's middle
        spin = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        if family == "projective":
            before, after = (get_family(family).matrix(t)[0, :2, :2] for t in (theta, turned))
            assert torch.allclose(spin @ before, after, atol=1e-4)
            continue
        before, after = (get_family(family).grid(t, SIZE)[0].flatten(0, 1) for t in (theta, turned))
        before, after = before - before.mean(0), after - after.mean(0)
        assert torch.allclose(before @ spin.T, after, atol=1e-4)


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_grip_that_is_dragged_ends_up_under_the_pointer(blank, family):
    # Not every family can do everything: a corner that only resizes stays on its ray, an edge on its axis.
    moved = blank.evaluate(
        """([family, theta]) => gripsOf(family, theta).map((grip) => {
            const place = placeOf(grip, family, theta, 9);
            const wanted = [0.9 * place[0] + 0.07, 0.9 * place[1] - 0.05];
            const next = drag(grip, family, theta, wanted);
            const changed = next.join() !== theta.join();
            return { kind: grip.kind, wanted, place: placeOf(grip, family, next, 9), changed };
        })""",
        [family, some_theta(family, 3, spread=0.05)[0].tolist()],
    )
    kinds = {grip["kind"] for grip in moved}
    assert all(grip["changed"] for grip in moved)
    free = {"move", "point"} | ({"corner"} if family in ("affine", "projective") else set())
    assert kinds & free or family == "rotation"
    for grip in moved:
        if grip["kind"] in free:
            assert np.allclose(grip["place"], grip["wanted"], atol=1e-6), grip


def test_a_projective_frame_never_reaches_the_horizon_by_hand(blank):
    theta = get_family("projective").identity()[0].tolist()
    ended = blank.evaluate(
        """(start) => {
            let theta = start;
            const corner = gripsOf("projective", theta).find(({ kind }) => kind === "corner");
            for (let k = 0; k < 60; k += 1) theta = drag(corner, "projective", theta, [-1 + k / 10, -1 + k / 10]);
            return theta;
        }""",
        theta,
    )
    assert abs(ended[6]) + abs(ended[7]) <= 0.95 and max(map(abs, ended)) <= 8


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_the_way_to_the_networks_answer_ends_there(blank, family):
    start, goal = some_theta(family, 1)[0].tolist(), some_theta(family, 2)[0].tolist()
    ways = blank.evaluate("([f, a, b]) => [0, 0.5, 1].map((part) => between(f, a, b, part))", [family, start, goal])
    assert np.allclose(ways[0], start, atol=1e-6) and ways[2] == goal
    assert np.isfinite(ways[1]).all()


def test_links_give_nothing_but_numbers_in_range(blank):
    read = blank.evaluate(
        """() => [
            ["1", "6", "7", "0", "2.5", "x", null].map((text) => stepFrom(text)),
            ["0.5,-1,0", "9,0,0", "1e9", "NaN", "<b>", null, "1,,2", ""].map(thetaFrom),
            ["3-4", "-1-2", "a", null, "1000-1"].map(pixelFrom),
        ]"""
    )
    assert read == [[1, 6, 1, 1, 1, 1, 1], [[0.5, -1, 0], *[None] * 7], [[3, 4], *[None] * 4]]


def test_the_sums_are_written_as_they_are_done(blank):
    affine = {"family": "affine", "matrix": [[0.64, -0.31, 0.1], [0.31, 0.64, -0.25], [0, 0, 1]]}
    lines = blank.evaluate("(stage) => gridLines(stage, [0.25, -0.321], [0.35951, -0.37794])", affine)
    assert lines == [
        "x\u209b = 0.640\u00b70.250 \u2212 0.310\u00b7(\u22120.321) + 0.100 = 0.360",
        "y\u209b = 0.310\u00b70.250 + 0.640\u00b7(\u22120.321) \u2212 0.250 = \u22120.378",
    ]
    texts = blank.evaluate(
        """() => {
            const image = { width: 2, height: 2, channels: 1, values: Float32Array.from([0, 1, 0.5, 0.25]) };
            const mix = mixAt(() => image, [0.1, -0.2], 0, "border", null);
            const far = sampleAt(image, [1.5, 0], "border", null);
            return [samplerLines(mix, mix.parts[0], 0, 0, mix.sums[0]), pixelLines(image, [1.5, 0], far, "border")];
        }"""
    )
    # In pixels (0.6, 0.3): weights 0.28, 0.42, 0.12, 0.18.
    assert texts[0] == ["V = 0.280\u00b70.000 + 0.420\u00b71.000 + 0.120\u00b70.500 + 0.180\u00b70.250 = 0.525"]
    assert "((1.500 + 1)\u00b72 \u2212 1)/2 = 2.00, outside: border padding reads at 1.00" in texts[1][0]


def test_a_scales_numbers_tell_its_ends_apart(blank):
    read = blank.evaluate("() => [[0, 3.2], [0, 240], [-0.01, 0.03], [0.5, 0.5]].map((range) => ticksOf(...range))")
    assert read == [
        ["0.00", "0.80", "1.60", "2.40", "3.20"],
        ["0", "60", "120", "180", "240"],
        ["\u22120.0100", "0.0000", "0.0100", "0.0200", "0.0300"],
        ["0.50"],
    ]


def test_numbers_travel_without_loss(blank):
    values = torch.randn(40, generator=torch.Generator().manual_seed(0)) * 1e3
    read = blank.evaluate("(text) => [...floatsOf(text)]", encode_floats(values))
    assert np.array_equal(np.float32(read), np.frombuffer(base64.b64decode(encode_floats(values)), "<f4"))
