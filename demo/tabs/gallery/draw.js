// Draws the gallery on one canvas: on the page, and larger for a file.

import { stroke } from "../../ui/static/figure.js";
import { penOf } from "../../ui/static/pixels.js";

/** @import { Point } from "../../ui/static/types.d.ts" */

const PAIR = 15.8; // times the size of the type: what a pair of images wants at least
const GAP = 14;
export const SIGNS = ["\u25cf", "\u25c6"]; // of the two that are compared

// Names that are longer than a digit: a right one is not repeated.
export const ticked = (answer) => answer.classes.some((name) => name.length > 2);

// Where everything stands. width and type, the size of the type, in CSS pixels; answer as gallery.py gives it.
export function layOut(answer, width, type) {
  const wide = ticked(answer);
  if (answer.kind === "means") {
    const n = answer.classes.length;
    const columns = width < 700 ? 5 : n;
    const margin = width < 700 ? 0 : 4.5 * type; // for the words "before" and "after"
    const side = (width - margin - (columns - 1) * GAP) / columns;
    const cell = { width: side, height: 2 * side + 10 + 1.5 * type };
    return { columns, margin, side, cell, rows: Math.ceil(n / columns), height: Math.ceil(n / columns) * (cell.height + GAP) };
  }
  const columns = Math.max(2, Math.floor((width + GAP) / (PAIR * type + GAP)));
  const cellWidth = (width - (columns - 1) * GAP) / columns;
  const side = (cellWidth - 4) / 2;
  const cell = { width: cellWidth, height: side + (wide ? 14 + 2 * type : 11 + type) };
  const rows = Math.ceil(answer.cells.length / columns);
  return { columns, margin: 0, side, cell, rows, wide, height: rows * (cell.height + GAP) };
}

/** @returns {Point} */
export function placeOf(k, plan) {
  const [row, column] = [Math.floor(k / plan.columns), k % plan.columns];
  return [plan.margin + column * (plan.cell.width + GAP), row * (plan.cell.height + GAP)];
}

export function drawGallery(context, answer, images, plan, colours) {
  context.imageSmoothingEnabled = false; // a pixel is a pixel
  if (answer.kind === "means") drawMeans(context, answer, images, plan, colours);
  else answer.cells.forEach((cell, k) => drawPair(context, answer, cell, images[k], placeOf(k, plan), plan, colours));
}

function drawPair(context, answer, cell, image, [x, y], plan, colours) {
  const { side } = plan;
  context.drawImage(image.input.canvas, x, y, side, side);
  drawFrame(context, cell.lattice, x, y, side, colours);
  context.drawImage(image.output.canvas, x + side + 4, y, side, side);
  outline(context, x + side + 4, y, side, colours.frame, 2);
  // Under it what it is and what both networks say; a cross says what colour alone must not.
  context.textBaseline = "top";
  context.textAlign = "left";
  context.font = `600 ${colours.type}px ${colours.font}`;
  context.fillStyle = colours.ink;
  context.fillText(answer.classes[cell.label], x, y + side + 6);
  const from = plan.wide ? x : x + side + 4;
  const line = y + side + (plan.wide ? 10 + colours.type : 6);
  const said = Object.keys(answer.compared).flatMap((role, i) => {
    const { top } = cell.answers[role];
    const right = top === cell.label;
    const text = right && plan.wide ? "\u2713" : `${answer.classes[top]}${right ? "" : " \u2717"}`;
    return [[`${SIGNS[i]} `, i ? colours.frame : colours.cnn], [`${text}   `, right ? colours.quiet : colours.ink]];
  });
  context.font = `${colours.type}px ${colours.font}`;
  const needed = context.measureText(said.map(([text]) => text).join("").trimEnd()).width;
  const room = x + plan.cell.width - from;
  if (needed > room) context.font = `${(colours.type * room) / needed}px ${colours.font}`; // two long names
  let at = from;
  for (const [text, colour] of said) {
    context.fillStyle = colour;
    context.fillText(text, at, line);
    at += context.measureText(text).width;
  }
}

// The frame that the transformer looks at, thick where the output's top is.
function drawFrame(context, lattice, x, y, side, colours) {
  const n = lattice.side;
  const at = (row, column) => {
    const i = 2 * (row * n + column);
    return [x + (side * (lattice.points[i] + 1)) / 2, y + (side * (lattice.points[i + 1] + 1)) / 2];
  };
  const steps = [...Array(n).keys()];
  const border = [
    ...steps.map((s) => [0, s]),
    ...steps.map((s) => [s, n - 1]),
    ...steps.map((s) => [n - 1, n - 1 - s]),
    ...steps.map((s) => [n - 1 - s, 0]),
  ];
  context.save();
  context.beginPath();
  context.rect(x, y, side, side);
  context.clip();
  context.beginPath();
  border.forEach((cell, k) => (k ? context.lineTo(...at(...cell)) : context.moveTo(...at(...cell))));
  context.closePath();
  stroke(context, [[colours.halo, 3], [colours.bright, 1.5]]);
  context.beginPath();
  steps.forEach((s) => (s ? context.lineTo(...at(0, s)) : context.moveTo(...at(0, s))));
  stroke(context, [[colours.bright, 3]]);
  context.restore();
}

function outline(context, x, y, side, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(x + width / 2, y + width / 2, side - width, side - width);
}

function drawMeans(context, answer, images, plan, colours) {
  const { side } = plan;
  answer.classes.forEach((name, k) => {
    const [x, y] = placeOf(k, plan);
    context.drawImage(images[k].input.canvas, x, y, side, side);
    context.drawImage(images[k].output.canvas, x, y + side + 6, side, side);
    outline(context, x, y + side + 6, side, colours.frame, 2);
    context.textBaseline = "top";
    context.textAlign = "center";
    context.font = `600 ${colours.type}px ${colours.font}`;
    context.fillStyle = colours.ink;
    context.fillText(name, x + side / 2, y + 2 * side + 12, side);
  });
  if (!plan.margin) return;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.font = `${colours.type}px ${colours.font}`;
  context.fillStyle = colours.quiet;
  context.fillText("before", 0, side / 2);
  context.fillText("after", 0, side * 1.5 + 6);
}

// A canvas for a file: the same figure at a width of its own, on the page's ground, its sentence and its key under it.
export function figureFile(answer, key, images, colours, width = 1320, scale = 2, edge = 28) {
  const plan = layOut(answer, width, colours.type);
  const canvas = document.createElement("canvas");
  canvas.width = scale * (width + 2 * edge);
  canvas.height = scale * (plan.height + 2 * edge + 46);
  const context = penOf(canvas);
  context.scale(scale, scale);
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(edge, edge);
  drawGallery(context, answer, images, plan, colours);
  context.textAlign = "left";
  context.textBaseline = "top";
  context.font = `14px ${colours.font}`;
  context.fillStyle = colours.quiet;
  context.fillText(answer.words, 0, plan.height + 6, width);
  context.fillText(key, 0, plan.height + 26, width);
  return canvas;
}
