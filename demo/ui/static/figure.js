// The three images: the input, the sampling grid on the input, the corrected output.

import { penOf } from "./pixels.js";

/** @import { Colours, Lattice, Passes, Point } from "./types.d.ts" */

export const REACH = 1.16; // the middle panel shows the input's [-1, 1] and this much round it, for frames that reach out
export const LINES = 9; // grid lines a direction

// Widths of canvases in CSS pixels. Asking a canvas itself, in the middle of drawing, makes the browser lay out the page.
const widths = new WeakMap();
const widthWatcher = new ResizeObserver((seen) => {
  for (const { target, contentRect } of seen) widths.set(target, contentRect.width);
});

function widthOf(canvas) {
  if (!widths.has(canvas)) widthWatcher.observe(canvas);
  return widths.get(canvas) || canvas.clientWidth;
}

// Makes the canvas as sharp as the screen and returns its context in CSS pixels, with its side.
/** @param {HTMLCanvasElement} canvas */
export function fit(canvas) {
  const side = Math.max(1, widthOf(canvas));
  const ratio = window.devicePixelRatio || 1;
  const pixels = Math.round(side * ratio);
  if (canvas.width !== pixels || canvas.height !== pixels) {
    canvas.width = pixels;
    canvas.height = pixels;
  }
  const context = penOf(canvas);
  context.setTransform(pixels / side, 0, 0, pixels / side, 0, 0);
  return { context, side };
}

/** @param {HTMLCanvasElement} canvas @param {HTMLCanvasElement} image */
export function drawBitmap(canvas, image) {
  const { context, side } = fit(canvas);
  context.imageSmoothingEnabled = false; // a pixel is a pixel: the sampler's work is to be seen
  context.drawImage(image, 0, 0, side, side);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLCanvasElement} image
 * @param {Lattice} lattice
 * @param {Colours} colours
 */
export function drawGrid(canvas, image, lattice, colours, reach = REACH) {
  const { context, side } = fit(canvas);
  const half = side / 2;
  const unit = half / reach; // CSS pixels for one half-width of the input
  context.fillStyle = colours.outside;
  context.fillRect(0, 0, side, side);
  context.imageSmoothingEnabled = false;
  context.drawImage(image, half - unit, half - unit, 2 * unit, 2 * unit);
  context.fillStyle = colours.veil;
  context.fillRect(half - unit, half - unit, 2 * unit, 2 * unit);

  const n = lattice.side;
  /** @returns {Point} */
  const at = (row, column) => {
    const i = 2 * (row * n + column);
    return [half + unit * lattice.points[i], half + unit * lattice.points[i + 1]];
  };
  const trace = (cells) => {
    cells.forEach(([row, column], k) => (k ? context.lineTo(...at(row, column)) : context.moveTo(...at(row, column))));
  };
  const steps = [...Array(n).keys()];
  const line = (k, across) => steps.map((s) => (across ? [k, s] : [s, k]));
  const stride = (n - 1) / (LINES - 1);

  context.lineJoin = "round";
  context.lineCap = "round";
  context.beginPath();
  for (let k = 1; k < LINES - 1; k += 1) {
    trace(line(Math.round(k * stride), true));
    trace(line(Math.round(k * stride), false));
  }
  const thin = Math.max(0.75, side / 340);
  stroke(context, [[colours.veil, thin + 1.5], [colours.grid, thin]]);

  // The frame, out and back, and a solid stroke along the side that becomes the output's top.
  const last = n - 1;
  context.beginPath();
  trace([...line(0, true), ...line(last, false), ...line(last, true).reverse(), ...line(0, false).reverse()]);
  context.closePath();
  const thick = Math.max(2, side / 130);
  stroke(context, [[colours.halo, thick + 2], [colours.frame, thick]]);
  context.beginPath();
  trace(line(0, true));
  stroke(context, [[colours.frame, 1.8 * thick]]);
  drawUp(context, at(0, last / 2), at(last / 2, last / 2), Math.max(5, side / 34), colours);
}

/** @param {CanvasRenderingContext2D} context @param {Passes} passes */
export function stroke(context, passes) {
  for (const [colour, width] of passes) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

// A small arrowhead on the frame's top side that points to where the output's "up" is.
/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point} top
 * @param {Point} centre
 * @param {number} size
 * @param {Colours} colours
 */
export function drawUp(context, [x, y], [cx, cy], size, colours) {
  const length = Math.hypot(x - cx, y - cy);
  if (!(length > 1)) return;
  const [ux, uy] = [(x - cx) / length, (y - cy) / length];
  context.beginPath();
  context.moveTo(x + ux * size * 1.3, y + uy * size * 1.3);
  context.lineTo(x - uy * size, y + ux * size);
  context.lineTo(x + uy * size, y - ux * size);
  context.closePath();
  context.fillStyle = colours.frame;
  context.fill();
}
