"""How an image of one's own becomes as large as the data set's, on the script alone."""

import pytest


@pytest.fixture
def blank(modules):
    return modules("controls/picks/shrink.js")


def test_shrinking_averages(blank):
    values = blank.evaluate(
        """() => {
            const data = new Uint8ClampedArray(4 * 16 * 16);
            for (let i = 0; i < 256; i += 1) data.fill((i % 2) * 255, 4 * i, 4 * i + 4); // columns, black and white
            return [...averaged({ data, width: 16 }, 2, 3)];
        }"""
    )
    assert values == [127.5] * 12


def test_a_digit_is_placed_as_mnists_are(blank):
    """Any ink, anywhere: a box of 20 pixels, its centre of mass in the middle of 28."""
    rows = blank.evaluate(
        """() => {
            const ink = new Float32Array(100 * 100);
            for (let y = 10; y < 50; y += 1) for (let x = 70; x < 80; x += 1) ink[100 * y + x] = 255;
            return [...placed(ink, 100, 28)];
        }"""
    )
    grid = [rows[i * 28 : i * 28 + 28] for i in range(28)]
    inked = [(y, x) for y in range(28) for x in range(28) if grid[y][x] > 127]
    ys, xs = [y for y, _ in inked], [x for _, x in inked]
    assert (min(ys), max(ys)) == (4, 23) and max(xs) - min(xs) == pytest.approx(4, abs=1)
    mass = sum(map(sum, grid))
    assert sum(y * sum(row) for y, row in enumerate(grid)) / mass == pytest.approx(13.5, abs=0.3)
    assert sum(x * row[x] for row in grid for x in range(28)) / mass == pytest.approx(13.5, abs=0.3)
    assert blank.evaluate("() => [...placed(new Float32Array(100), 10, 28)].every((v) => v === 0)")
