// How lines and points look, in the charts and in their legend.

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { solid: "", dash: "7 4", dot: "1.5 4", dashdot: "7 4 1.5 4", longdash: "12 4" };
const SHAPES = {
  circle: "M-4 0 a4 4 0 1 0 8 0 a4 4 0 1 0 -8 0 z",
  diamond: "M0 -5 l5 5 l-5 5 l-5 -5 z",
  square: "M-3.5 -3.5 h7 v7 h-7 z",
  "triangle-up": "M0 -4.5 l4.5 8 h-9 z",
  cross: "M-1.5 -4 h3 v2.5 h2.5 v3 h-2.5 v2.5 h-3 v-2.5 h-2.5 v-3 h2.5 z",
  x: "M-4 -2 l2 -2 l2 2 l2 -2 l2 2 l-2 2 l2 2 l-2 2 l-2 -2 l-2 2 l-2 -2 l2 -2 z",
};

/** An element of a drawing. @param {string} tag @param {Record<string, string | number>} attributes */
export function draw(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

// A line through points [[x, y], ...].
export function stroke({ side, dash }, points) {
  const path = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  return draw("path", { class: `stroke ${side}`, d: path, "stroke-dasharray": DASHES[dash] ?? "" });
}

export function point({ side, symbol }, [x, y], { open = false, large = false } = {}) {
  const place = `translate(${x.toFixed(1)} ${y.toFixed(1)})${large ? " scale(1.6)" : ""}`;
  return draw("path", { class: `mark ${side}${open ? " is-open" : ""}`, d: SHAPES[symbol] ?? SHAPES.circle, transform: place });
}

// A short piece of a line with one of its points.
export function swatch(line) {
  const parts = [stroke(line, [[1, 7], [33, 7]]), point(line, [17, 7])];
  return draw("svg", { class: "swatch", viewBox: "0 0 34 14", "aria-hidden": "true" }, ...parts);
}
