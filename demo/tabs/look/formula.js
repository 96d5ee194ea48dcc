// One output pixel in numbers, step by step. Pure: from the numbers to lines of text; createFormula puts them there.

import { make, setText } from "../../ui/static/readings.js";
import { lacksAveraging } from "./said.js";
import { inPrint } from "./values.js";

export const SIZES = ["the input", "the input at half size", "the input at a quarter of its size", "the input at an eighth of its size"];
const SHORT = ["at full size", "at half size", "at a quarter", "at an eighth"];
const SUBSCRIPTS = "\u2080\u2081\u2082\u2083";
const [XS, YS, XP, YP] = ["x\u209b", "y\u209b", "x\u209a\u2093", "y\u209a\u2093"];

// "0.640·0.250 − 0.310·(−0.321) + 0.100"
function dot(row, point) {
  const terms = row.map((a, i) => [a, i < point.length ? `\u00b7${braced(point[i])}` : ""]);
  return terms
    .map(([a, factor], i) => {
      const negative = Number(a.toFixed(3)) < 0;
      const sign = i ? (negative ? " \u2212 " : " + ") : negative ? "\u2212" : "";
      return `${sign}${inPrint(Math.abs(a))}${factor}`;
    })
    .join("");
}

function braced(value) {
  const text = inPrint(value);
  return text.startsWith("\u2212") ? `(${text})` : text;
}

// How the grid gets the source point: the arithmetic of affine_grid where theta is a matrix.
export function gridLines({ family, matrix }, centre, source) {
  const known = matrix?.flat().every((v) => v !== null);
  if (!known) {
    const how = family === "tps" ? "The spline through the control points maps this centre" : "theta maps this centre";
    return [`${how} to (${XS}, ${YS}) = (${inPrint(source[0])}, ${inPrint(source[1])})`];
  }
  const over = family === "projective";
  const line = (name, row, value) => `${name} = ${over ? `(${dot(row, centre)}) / w` : dot(row, centre)} = ${inPrint(value)}`;
  const lines = [line(XS, matrix[0], source[0]), line(YS, matrix[1], source[1])];
  return over ? [...lines, `w = ${dot(matrix[2], centre)} = ${inPrint(matrix[2][0] * centre[0] + matrix[2][1] * centre[1] + matrix[2][2])}`] : lines;
}

// From [-1, 1] to pixels, with what padding does beyond the edge.
export function pixelLines(image, source, part, padding) {
  const sides = [["W", image.width, XS, XP], ["H", image.height, YS, YP]];
  const counted = part.level ? [`Counted on ${SIZES[part.level]}, ${image.height} \u00d7 ${image.width} pixels:`] : [];
  const [a, b] = [part.at[0] - part.neighbours[0].column, part.at[1] - part.neighbours[0].row];
  const where = `a = ${inPrint(a)} from column ${inPrint(part.neighbours[0].column, 0)}, b = ${inPrint(b)} from row ${inPrint(part.neighbours[0].row, 0)}: weights (1\u2212a)(1\u2212b), a(1\u2212b), (1\u2212a)b, ab`;
  const lines = sides.map(([side, size, from, to], i) => {
    const [pixel, at] = [part.pixel[i], part.at[i]];
    const worked = `${to} = ((${from} + 1)\u00b7${side} \u2212 1)/2 = ((${inPrint(source[i])} + 1)\u00b7${size} \u2212 1)/2 = ${inPrint(pixel, 2)}`;
    if (Math.abs(pixel - at) > 0.005) return `${worked}, outside: ${padding} padding reads at ${inPrint(at, 2)}`;
    return worked;
  });
  return [...counted, ...lines, where];
}

function sumOf(part, channel) {
  return part.neighbours.map((n) => `${inPrint(n.weight)}\u00b7${inPrint(n.levels[channel])}`).join(" + ");
}

// The bilinear sum; for a layer that averages, of each size it mixes, and the mix, which is `total`. `plain` is the
// point's own sample.
export function samplerLines(mix, plain, channel, level, total) {
  const value = (sums) => inPrint(sums[channel]);
  const [first, second] = mix.parts;
  if (!second && first.level === 0) return [`V = ${sumOf(first, channel)} = ${inPrint(total)}`];
  const name = (part) => `V${SUBSCRIPTS[part.level]}`;
  const lines = [`Points ${inPrint(2 ** level, 1)} pixels apart would skip some, so the layer averages.`];
  for (const part of mix.parts) {
    lines.push(`${name(part)}, ${SHORT[part.level]} = ${sumOf(part, channel)} = ${value(part.sums)}`);
  }
  const mixed = mix.parts.map((part) => `${inPrint(part.share)}\u00b7${name(part)}`).join(" + ");
  lines.push(`V = ${second ? mixed : name(first)} = ${inPrint(total)}`);
  if (first.level > 0) lines.push(`Without averaging it would be V\u2080 = ${value(plain.sums)}.`);
  return lines;
}

// What the averaging would change, or why it changes nothing.
export function averagingLines(inside, answer) {
  if (lacksAveraging(inside, answer)) {
    return [`Points lie ${inPrint(answer.apart, 1)} pixels apart: the network itself averages here.`];
  }
  return answer.averages && answer.level === 0 ? ["The grid skips no pixel, so there is nothing to average."] : [];
}

export function createFormula(box) {
  const slots = Object.fromEntries([...box.querySelectorAll("[data-sum]")].map((slot) => [slot.dataset.sum, slot]));
  return {
    show(groups) {
      for (const [name, lines] of Object.entries(groups)) {
        const slot = slots[name];
        while (slot.children.length > lines.length) slot.lastChild.remove();
        while (slot.children.length < lines.length) slot.append(make("p"));
        lines.forEach((line, i) => {
          setText(slot.children[i], line);
          slot.children[i].classList.toggle("is-sum", line.includes(" = "));
        });
      }
    },
  };
}
