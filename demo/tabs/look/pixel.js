// One output pixel: which to begin with, which is nearest to a pointer, and all of its numbers.

import { SIZES, averagingLines, gridLines, pixelLines, samplerLines } from "./formula.js";
import { centreOf, mixAt, sampleAt } from "./sampling.js";
import { inPrint } from "./values.js";

/** @import { Point, Values } from "../../ui/static/types.d.ts" */

// The pixel to begin with: of those near the middle, the one that lies most in between black and white.
/** @returns {Point} */
export function liveliest(/** @type {Values} */ { width, height, channels, values }) {
  /** @type {Point} */
  let best = [height >> 1, width >> 1];
  let least = Infinity;
  for (let row = height >> 2; row < height - (height >> 2); row += 1) {
    for (let column = width >> 2; column < width - (width >> 2); column += 1) {
      const distance = Math.abs(values[(row * width + column) * channels] - 0.5);
      if (distance < least) [best, least] = [[row, column], distance];
    }
  }
  return best;
}

// The pixel [row, column] of an output under a pointer at (x, y), each from 0 to 1.
/** @param {{ height: number, width: number }} grid @param {number[]} parts @returns {Point} */
export function pixelUnder({ height, width }, [x, y]) {
  const within = (part, size) => Math.min(Math.max(Math.floor(part * size), 0), size - 1);
  return [within(y, height), within(x, width)];
}

// The output pixel [row, column] whose source point is nearest to (x, y); null where all are far.
/** @param {{ points: Float32Array, width: number }} grid @param {number[]} point @returns {Point | null} */
export function nearestSample({ points, width }, [x, y], far = 0.1) {
  let [best, least] = [-1, far ** 2];
  for (let i = 0; i < points.length / 2; i += 1) {
    const distance = (points[2 * i] - x) ** 2 + (points[2 * i + 1] - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best < 0 ? null : [Math.floor(best / width), best % width];
}

// Everything there is to say of a pixel. `inside` holds the layer's padding, `answer` theta and the level of averaging;
// `images(i)` gives the input halved i times.
export function pixelInNumbers([row, column], { answer, inside, grid, output, channel, images }) {
  const at = row * grid.width + column;
  const source = [grid.points[2 * at], grid.points[2 * at + 1]];
  const centre = centreOf(row, column, grid);
  const mix = mixAt(images, source, answer.level, inside.padding, inside.outside);
  const plain = sampleAt(images(0), source, inside.padding, inside.outside);
  const value = output.values[at * output.channels + channel];
  const sum = mix.sums[channel];
  // float32 there, float64 here: where they agree, the last digit shown must not depend on which one was rounded.
  const total = Math.abs(sum - value) < 5e-5 ? value : sum;
  const colour = output.channels === 3 ? ` of ${["red", "green", "blue"][channel]}` : "";
  const part = mix.parts[0];
  const { width, height } = images(part.level);
  const whole = [
    `Row ${row}, column ${column} of ${grid.height} \u00d7 ${grid.width}, counted from 0`,
    `Its centre: (x, y) = (${inPrint(centre[0])}, ${inPrint(centre[1])})`,
  ];
  const ends = `The transformer\u2019s output${colour} at this pixel: ${inPrint(value)}`;
  return {
    part,
    sums: {
      output: whole,
      grid: gridLines(answer.stage, centre, source),
      pixels: pixelLines(images(part.level), source, part, inside.padding),
      sampler: [...samplerLines(mix, plain, channel, answer.level, total), ...averagingLines(inside, answer), ends],
    },
    caption: `Around the source point, on ${SIZES[part.level]} (${height}\u00a0\u00d7\u00a0${width})`,
    spoken: `Output row ${row}, column ${column} reads the input at x ${inPrint(plain.at[0], 1)}, y ${inPrint(plain.at[1], 1)} pixels: value ${inPrint(value, 2)}${colour}.`,
    data: { row, column, source, sum, value, channel },
  };
}
