// The class's answers as files: a table, and a figure that is drawn where nobody sees it.

import { download, save, wrapped } from "../static/files.js";
import { penOf } from "../static/pixels.js";

/** @import { View } from "./teacher.js" */

// With a comma or a quotation mark inside, a cell stands in quotation marks.
const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** @param {View} view that has been told */
export function tableOf(view) {
  const { right, counts } = view.told ?? { right: -1, counts: [] };
  const rows = view.choices.map((choice, k) => [choice, String(counts[k]), k === right ? "yes" : "no"]);
  return [["answer", "students", "right"], ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** @param {View} view that has been told @param {CSSStyleDeclaration} style @returns {HTMLCanvasElement} */
export function figureOf(view, style) {
  const [width, edge, bar] = [1400, 48, 34];
  const canvas = document.createElement("canvas");
  const pen = penOf(canvas);
  const pick = (name) => style.getPropertyValue(name).trim();
  const font = (size, weight = 400) => `${weight} ${size}px ${style.fontFamily}`;
  const long = view.choices.some((choice) => choice.length > 12);
  const names = long ? 560 : 150;
  const question = wrapped(pen, view.text, font(30), width - 2 * edge);
  const rows = view.choices.map((choice) => wrapped(pen, choice, font(26), names - 20));
  const heights = rows.map((lines) => Math.max(bar + 16, lines.length * 34 + 12));
  canvas.width = width;
  canvas.height = edge + question.length * 40 + 24 + heights.reduce((sum, height) => sum + height, 0) + edge;

  pen.fillStyle = pick("--body-background-fill") || "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.textBaseline = "middle";
  const write = (text, x, y, weight = 400, size = 26) => {
    pen.font = font(size, weight);
    pen.fillStyle = pick("--ink");
    pen.fillText(text, x, y);
  };
  question.forEach((line, k) => write(line, edge, edge + 20 + k * 40, 620, 30));
  const { right, counts } = view.told ?? { right: -1, counts: [] };
  const all = Math.max(1, counts.reduce((sum, count) => sum + count, 0));
  const most = width - 2 * edge - names - 190; // beside the longest bar there is room for its number and the sign
  let y = edge + question.length * 40 + 24;
  rows.forEach((lines, k) => {
    const middle = y + heights[k] / 2;
    const weight = k === right ? 660 : 400;
    lines.forEach((line, n) => write(line, edge, middle + (n - (lines.length - 1) / 2) * 34, weight));
    pen.fillStyle = pick("--track");
    pen.fillRect(edge + names, middle - bar / 2, most, bar);
    pen.fillStyle = pick(k === right ? "--stn" : "--cnn");
    pen.fillRect(edge + names, middle - bar / 2, (most * counts[k]) / all, bar);
    write(`${counts[k]}${k === right ? "  \u2713 right" : ""}`, edge + names + most + 16, middle, weight);
    y += heights[k];
  });
  return canvas;
}

/** @param {View} view */
export function saveTable(view) {
  save(new Blob([tableOf(view)], { type: "text/csv;charset=utf-8" }), `class-${view.room}-${view.round}.csv`);
}

/** @param {View} view @param {Element} element whose colours and type the figure has */
export function saveFigure(view, element) {
  return download(figureOf(view, getComputedStyle(element)), `class-${view.room}-${view.round}.png`);
}
