// The figure as one PNG: three panels, both networks' bars, what the transformer does. Drawn where nobody sees it.

import { wrapped } from "../../ui/static/files.js";
import { penOf } from "../../ui/static/pixels.js";

/** @typedef {{ size?: number, weight?: number, colour?: string, align?: CanvasTextAlign }} Look */

// "Corrected output" only where it is.
export const outputTitle = (turn) => (turn.off ? `Output, ${turn.off}` : "Corrected output");

export function figureOf({ canvases, answer, style }) {
  const side = Math.max(400, canvases.grid.width); // of a panel, in pixels
  const unit = side / 400;
  const [edge, gap] = [28 * unit, 36 * unit];
  const width = 3 * side + 2 * gap + 2 * edge;
  const rows = answer.classes.length;
  const line = 24 * unit;
  const top = edge + 34 * unit;
  const height = top + side + 60 * unit + rows * line + 58 * unit;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width), Math.round(height)];
  const context = penOf(canvas);
  const pick = (name) => style.getPropertyValue(name).trim();
  const [ink, quiet, track] = ["--ink", "--quiet", "--track"].map(pick);
  const font = (size, weight = 400) => `${weight} ${size * unit}px ${style.fontFamily}`;
  const write = (text, x, y, /** @type {Look} */ { size = 17, weight = 400, colour = ink, align = "left" } = {}) => {
    context.font = font(size, weight);
    context.fillStyle = colour;
    context.textAlign = align;
    context.fillText(text, x, y);
  };

  context.fillStyle = pick("--body-background-fill");
  context.fillRect(0, 0, width, height);
  const columns = [0, 1, 2].map((i) => edge + i * (side + gap));
  const titles = ["Input", "Where it looks", outputTitle(answer.turn)];
  ["input", "grid", "output"].forEach((name, i) => {
    write(titles[i], columns[i], edge + 16 * unit, { weight: 620 });
    context.imageSmoothingEnabled = name === "grid"; // pixels stay pixels
    context.drawImage(canvases[name], columns[i], top, side, side);
  });
  context.strokeStyle = pick("--stn");
  context.lineWidth = 3 * unit;
  context.strokeRect(columns[2], top, side, side);

  const under = top + side + 30 * unit;
  answer.compared.forEach((role, place) => {
    const x = columns[2 * place];
    const network = answer.networks[role];
    const colour = pick(["--cnn", "--stn"][place]);
    write(network.title, x, under, { weight: 620, colour });
    write(network.words, x + side, under, { size: 15, align: "right" });
    const names = answer.classes.some((c) => c.length > 2) ? 108 * unit : 36 * unit;
    answer.classes.forEach((label, i) => {
      const y = under + 28 * unit + i * line;
      const weight = i === answer.image.label ? 660 : 400;
      write(`${i === answer.image.label ? "\u25b8 " : "   "}${label}`, x, y, { size: 14, weight });
      const long = side - names - 62 * unit;
      context.fillStyle = track;
      context.fillRect(x + names, y - 11 * unit, long, 13 * unit);
      context.fillStyle = colour;
      context.fillRect(x + names, y - 11 * unit, long * network.probabilities[i], 13 * unit);
      write(network.percent[i], x + side, y, { size: 14, align: "right", colour: i === network.top ? ink : quiet });
    });
  });
  const stage = answer.stages[answer.stages.length - 1];
  write("Spatial transformer", columns[1], under, { weight: 620, colour: pick("--stn") });
  const words = `${answer.turn.words} ${stage.words[0].toUpperCase()}${stage.words.slice(1)}.`;
  wrapped(context, words, font(16), side).forEach((text, i) => {
    write(text, columns[1], under + 28 * unit + i * 23 * unit, { size: 16 });
  });
  write(answer.image.words, edge, height - edge, { size: 14, colour: quiet });
  write(answer.model, width - edge, height - edge, { size: 14, colour: quiet, align: "right" });
  return canvas;
}
