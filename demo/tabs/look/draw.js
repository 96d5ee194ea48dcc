// The images of the four steps on their canvases.

import { LINES, drawBitmap, fit, stroke } from "../../ui/static/figure.js";
import { inPrint } from "./values.js";

/** @import { Point } from "../../ui/static/types.d.ts" */

export const WIDE = 1.35; // how far round the input's [-1, 1] the grid's panel reaches: room for frames and their grips

// The samples as dots and the chosen one, on top of drawGrid().
export function drawSamples(canvas, grid, chosen, colours) {
  const { context, side } = fit(canvas);
  const [half, unit] = [side / 2, side / 2 / WIDE];
  /** @returns {Point} */
  const at = (i) => [half + unit * grid.points[2 * i], half + unit * grid.points[2 * i + 1]];
  const size = Math.max(0.8, side / 300);
  context.fillStyle = colours.grid;
  for (let i = 0; i < grid.points.length / 2; i += 1) {
    const [x, y] = at(i);
    context.fillRect(x - size / 2, y - size / 2, size, size);
  }
  if (chosen) drawMark(context, at(chosen[0] * grid.width + chosen[1]), Math.max(4, side / 60), colours);
}

function drawMark(context, /** @type {Point} */ [x, y], radius, colours) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  stroke(context, [["#000", 4.5], [colours.pick, 2.2]]);
}

// The output, the lattice that the grid bends (here it is straight) and the chosen pixel, with a second rim where it is
// pinned.
export function drawOutput(canvas, image, grid, chosen, pinned, colours) {
  drawBitmap(canvas, image);
  const { context, side } = fit(canvas);
  context.beginPath();
  for (let k = 1; k < LINES - 1; k += 1) {
    const at = (k * side) / (LINES - 1);
    context.moveTo(at, 0);
    context.lineTo(at, side);
    context.moveTo(0, at);
    context.lineTo(side, at);
  }
  const thin = Math.max(0.75, side / 340);
  stroke(context, [[colours.veil, thin + 1.5], [colours.grid, thin]]);
  context.fillStyle = colours.frame;
  context.fillRect(0, 0, side, Math.max(3.6, side / 72)); // the side that is the frame's thick one
  if (!chosen) return;
  const [row, column] = chosen;
  const [w, h] = [side / grid.width, side / grid.height];
  context.beginPath();
  context.rect(column * w - 1, row * h - 1, w + 2, h + 2);
  if (pinned) context.rect(column * w - 6, row * h - 6, w + 12, h + 12);
  stroke(context, [["#000", 4.5], [colours.pick, 2.2]]);
}

const CELLS = 3; // pixels a side of the magnified patch: the four neighbours, and half a pixel more on each side

// The patch of the input round a sample: its pixels, the four neighbours with level and weight, the source point.
export function drawPatch(canvas, image, part, channel, outside, colours) {
  const { context, side } = fit(canvas);
  const cell = side / CELLS;
  const { column: left, row: top } = part.neighbours[0]; // its corner lies half a cell from the canvas's
  for (let r = -1; r < CELLS; r += 1) {
    for (let c = -1; c < CELLS; c += 1) {
      const [x, y] = [(c + 0.5) * cell, (r + 0.5) * cell];
      const levels = levelsAt(image, top + r, left + c);
      context.fillStyle = levels ? shade(levels) : outside ? shade(outside) : colours.outside;
      context.fillRect(x, y, cell + 0.5, cell + 0.5);
      if (!levels) hatch(context, x, y, cell, colours.quiet);
    }
  }
  context.beginPath();
  context.rect(cell / 2, cell / 2, 2 * cell, 2 * cell);
  context.moveTo(side / 2, cell / 2);
  context.lineTo(side / 2, 2.5 * cell);
  context.moveTo(cell / 2, side / 2);
  context.lineTo(2.5 * cell, side / 2);
  stroke(context, [["#000", 3.5], [colours.pick, 1.5]]);

  context.textAlign = "center";
  context.textBaseline = "middle";
  const type = getComputedStyle(canvas).fontFamily;
  part.neighbours.forEach((n, i) => {
    const [across, out] = [i % 2 ? 1 : -1, i >> 1 ? 1 : -1]; // away from the middle, where the source point is
    const [x, y] = [(1 + (i % 2) + 0.1 * across) * cell, (1 + (i >> 1)) * cell];
    const own = shade(n.levels);
    write(context, inPrint(n.levels[channel], 2), x, y + out * cell * 0.12, `600 ${Math.round(cell * 0.25)}px ${type}`, own);
    write(context, `\u00d7 ${inPrint(n.weight, 2)}`, x, y + out * cell * 0.36, `${Math.round(cell * 0.22)}px ${type}`, own);
  });
  /** @type {Point} */
  const at = [(part.at[0] - left + 1) * cell, (part.at[1] - top + 1) * cell];
  drawMark(context, at, Math.max(3, cell / 15), colours);
}

// Black or white, whichever is read on a colour "rgb(r, g, b)", with a rim of that colour.
function write(context, text, x, y, font, on) {
  const [r, g, b] = on.match(/\d+/g).map(Number);
  context.font = font;
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = on;
  context.strokeText(text, x, y);
  context.fillStyle = 0.3 * r + 0.59 * g + 0.11 * b > 130 ? "#000" : "#fff";
  context.fillText(text, x, y);
}

export function levelsAt({ width, height, channels, values }, row, column) {
  if (row < 0 || column < 0 || row >= height || column >= width) return null;
  const from = (row * width + column) * channels;
  return values.subarray(from, from + channels);
}

export function shade(levels) {
  const [r, g, b] = [0, 1, 2].map((c) => Math.round(255 * levels[levels.length === 3 ? c : 0]));
  return `rgb(${r}, ${g}, ${b})`;
}

function hatch(context, x, y, size, colour) {
  context.save();
  context.beginPath();
  context.rect(x, y, size, size);
  context.clip();
  context.beginPath();
  for (let k = -size; k < size; k += size / 5) {
    context.moveTo(x + k, y + size);
    context.lineTo(x + k + size, y);
  }
  stroke(context, [[colour, 1]]);
  context.restore();
}
