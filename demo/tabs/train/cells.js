// Twelve pairs on one canvas: the input with its sampling grid, and the transformer's output. Without a transformer the
// input alone, and what the classifier gets.

import { drawUp, stroke } from "../../ui/static/figure.js";
import { penOf } from "../../ui/static/pixels.js";

/** @import { Point } from "../../ui/static/types.d.ts" */

const CELL_REACH = 1.2; // an input's square shows [-1, 1] and this much round it

// The columns that give the largest squares in a width and a height of CSS pixels. The squares of a pair touch; pairs
// are spread over the width.
export function cellLayout(width, count, tallest) {
  const gap = width < 600 ? 8 : 18;
  const layouts = [2, 3, 4, 6].map((columns) => {
    const rows = Math.ceil(count / columns);
    const across = ((width + gap) / columns - gap) / 2;
    const down = (tallest + gap) / rows - gap;
    const side = Math.max(24, Math.floor(Math.min(across, down)));
    return { columns, side, gap, height: rows * (side + gap) - gap, pitch: (width - 2 * side) / (columns - 1) };
  });
  return layouts.reduce((best, layout) => (layout.side > best.side ? layout : best));
}

export function createCells(canvas, watched) {
  const scratch = document.createElement("canvas");
  const pen = penOf(scratch, { willReadFrequently: true });
  let image = null;

  function drawImage(context, stack, i, x, y, side) {
    const { width, height, channels, bytes } = stack;
    if (!image || image.width !== width || image.height !== height) {
      scratch.width = width;
      scratch.height = height;
      image = pen.createImageData(width, height);
      image.data.fill(255);
    }
    const colour = channels === 3 ? 1 : 0;
    for (let from = i * width * height * channels, to = 0; to < image.data.length; from += channels, to += 4) {
      image.data[to] = bytes[from];
      image.data[to + 1] = bytes[from + colour];
      image.data[to + 2] = bytes[from + 2 * colour];
    }
    pen.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(scratch, x, y, side, side);
  }

  function drawInput(context, inputs, frame, i, x, y, side, colours) {
    const half = side / 2;
    const unit = half / CELL_REACH;
    context.save();
    context.beginPath();
    context.rect(x, y, side, side);
    context.clip();
    context.fillStyle = colours.outside;
    context.fillRect(x, y, side, side);
    drawImage(context, inputs, i, x + half - unit, y + half - unit, 2 * unit);
    if (frame.lattices.length === 0) {
      context.restore();
      return;
    }
    context.fillStyle = colours.veil;
    context.fillRect(x + half - unit, y + half - unit, 2 * unit, 2 * unit);
    const n = Math.sqrt(frame.lattices.length / (2 * inputs.count)); // points a side of a lattice
    const base = 2 * n * n * i;
    /** @returns {Point} */
    const at = (row, column) => {
      const k = base + 2 * (row * n + column);
      return [x + half + unit * frame.lattices[k], y + half + unit * frame.lattices[k + 1]];
    };
    const path = (cells) => cells.forEach(([r, c], k) => (k ? context.lineTo(...at(r, c)) : context.moveTo(...at(r, c))));
    const steps = [...Array(n).keys()];
    context.beginPath();
    for (let k = 2; k < n - 1; k += 2) {
      path(steps.map((s) => [k, s]));
      path(steps.map((s) => [s, k]));
    }
    stroke(context, [[colours.grid, Math.max(0.75, side / 160)]]);
    const last = n - 1;
    const round = [...steps.map((s) => [0, s]), ...steps.map((s) => [s, last]), ...steps.map((s) => [last, last - s]), ...steps.map((s) => [last - s, 0])];
    context.lineJoin = "round";
    context.beginPath();
    path(round);
    context.closePath();
    const thick = Math.max(1.5, side / 64);
    stroke(context, [[colours.halo, thick + 1.5], [colours.frame, thick]]);
    context.beginPath();
    path(steps.map((s) => [0, s]));
    stroke(context, [[colours.frame, 2 * thick]]);
    drawUp(context, at(0, last / 2), at(last / 2, last / 2), Math.max(3, side / 22), colours);
    context.restore();
  }

  function drawGuess(context, guess, right, x, y, side) {
    const size = Math.max(11, Math.round(side / (guess.length > 2 ? 9 : 7)));
    context.font = `600 ${size}px ${getComputedStyle(canvas).fontFamily}`;
    context.textAlign = "right";
    context.textBaseline = "top";
    const [left, top] = [x + side - size / 3, y + size / 3];
    context.lineJoin = "round";
    context.strokeStyle = "#000";
    context.lineWidth = 3;
    context.strokeText(guess, left, top);
    context.fillStyle = right ? "#fff" : "#ffb066";
    context.fillText(guess, left, top);
    const wide = context.measureText(guess).width;
    if (!right) context.fillRect(left - wide, top + size, wide, 2);
  }

  return {
    // frame: a film's, or null; classes: what the classes are called.
    draw(inputs, { labels, classes }, frame, colours, tallest) {
      const width = Math.max(1, canvas.clientWidth);
      const count = inputs ? inputs.count : watched;
      const { columns, side, gap, height, pitch } = cellLayout(width, count, tallest);
      if (canvas.style.height !== `${height}px`) canvas.style.height = `${height}px`;
      canvas.style.setProperty("--rows-above", `${Math.max(0, height - 2 * side - gap)}px`); // the last two stay pinned
      const ratio = window.devicePixelRatio || 1;
      const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
      const context = penOf(canvas);
      context.setTransform(w / width, 0, 0, h / height, 0, 0);
      context.clearRect(0, 0, width, height);
      for (let i = 0; i < count; i += 1) {
        const x = Math.floor((i % columns) * pitch);
        const y = Math.floor(i / columns) * (side + gap);
        if (!inputs || !frame) {
          context.fillStyle = colours.outside;
          context.fillRect(x, y, 2 * side, side);
          continue;
        }
        drawInput(context, inputs, frame, i, x, y, side, colours);
        drawImage(context, frame.outputs, i, x + side, y, side);
        drawGuess(context, classes[frame.guesses[i]], frame.guesses[i] === labels[i], x + side, y, side);
      }
    },
  };
}
