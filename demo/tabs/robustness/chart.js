// One chart: curves against a control, and the marker at its value. A click, a drag and the arrow keys move the control.

import { createPlan } from "../../ui/static/plan.js";
import { draw, point, stroke } from "./marks.js";

// A value on a polyline, read between its points; null outside them.
export function readAt(xs, ys, x) {
  if (!xs.length || x < xs[0] || x > xs[xs.length - 1]) return null;
  let i = xs.findIndex((known) => known >= x);
  if (xs[i] === x) return ys[i];
  const part = (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
  return ys[i - 1] + part * (ys[i] - ys[i - 1]);
}

// The points of one network in a sweep, and the one that was measured at the marker, in order: [{x, y, open}].
export function pointsOf(network, ...answers) {
  const found = new Map();
  for (const answer of answers) {
    const { percent, right } = answer?.networks[network] ?? { percent: [], right: [] };
    percent.forEach((y, i) => found.set(answer.values[i], { x: answer.values[i], y, open: !right[i] }));
  }
  return [...found.values()].sort((a, b) => a.x - b.x);
}

// Where the axis of percentages starts: at 0, or where everything stays high at a multiple of 10 below it, so that a
// difference of one point can be seen.
export function floorOf(curves) {
  const lowest = Math.min(100, ...curves.flatMap((curve) => curve.map(({ y }) => y)));
  return lowest < 42 ? 0 : Math.min(90, Math.floor((lowest - 2) / 10) * 10);
}

// The nearest value that the control's slider can have.
export function snapped(value, { low, high, step }) {
  const clamped = Math.min(high, Math.max(low, value));
  return Number((low + Math.round((clamped - low) / step) * step).toFixed(6));
}

const print = (value) => String(value).replace("-", "\u2212");
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

/** @param {any} svg @param {(value: number) => void} move */
export function createChart(svg, move, nextFrame = requestAnimationFrame.bind(window)) {
  /** @type {any} */
  let shown = null; // {axis, key, curves: [{line, points}], floor}: what is drawn
  let marker = 0;
  let place = { left: 0, width: 1 }; // of the axis, in pixels
  const pointer = draw("line", { class: "marker" });
  const plan = createPlan(paint, nextFrame);

  const px = (x) => place.left + (place.width * (x - shown.axis.low)) / (shown.axis.high - shown.axis.low);

  function mark() {
    if (!shown) return;
    for (const name of ["x1", "x2"]) pointer.setAttribute(name, px(marker).toFixed(1));
    svg.dataset.marker = String(marker);
    svg.setAttribute("aria-valuenow", String(marker));
  }

  function paint() {
    const { clientWidth: width, clientHeight: height } = svg;
    if (!shown || !width) return;
    const { axis, curves, floor } = shown;
    const size = parseFloat(getComputedStyle(svg).fontSize);
    const [top, bottom] = [size * 0.9, height - size * 3.6];
    place = { left: size * 2.9, width: width - size * 4.1 };
    const py = (y) => bottom - ((bottom - top) * (y - floor)) / (100 - floor);
    const [left, right] = [place.left - size * 0.6, place.left + place.width + size * 0.6];
    const parts = [];
    const step = floor === 0 ? 25 : floor <= 80 ? 10 : 5;
    for (let y = floor; y <= 100; y += step) {
      parts.push(draw("line", { class: "rule", x1: left, x2: right, y1: py(y), y2: py(y) }));
      parts.push(draw("text", { x: left - size * 0.4, y: py(y) + size * 0.35, "text-anchor": "end" }, String(y)));
    }
    const base = bottom + size * 0.6;
    parts.push(draw("line", { class: "axis", x1: left, x2: right, y1: base, y2: base }));
    for (const x of axis.ticks) {
      parts.push(draw("line", { class: "axis", x1: px(x), x2: px(x), y1: base, y2: base + size * 0.35 }));
      parts.push(draw("text", { x: px(x), y: base + size * 1.4, "text-anchor": "middle" }, print(x)));
    }
    parts.push(draw("text", { class: "axis-name", x: (left + right) / 2, y: height - size * 0.3, "text-anchor": "middle" }, axis.title));
    for (const { line, points } of curves) {
      const at = points.map(({ x, y }) => [px(x), py(y)]);
      const marks = points.map(({ x, open }, i) => point(line, at[i], { open, large: x === shown.exact }));
      parts.push(draw("g", { class: "curve", "data-network": line.network }, stroke(line, at), ...marks));
    }
    for (const [name, value] of Object.entries({ y1: top - size * 0.5, y2: base })) pointer.setAttribute(name, String(value));
    svg.replaceChildren(...parts, pointer);
    mark();
  }

  const valueAt = ({ clientX }) => {
    const part = (clientX - svg.getBoundingClientRect().left - place.left) / place.width;
    return snapped(shown.axis.low + part * (shown.axis.high - shown.axis.low), shown.key);
  };

  svg.addEventListener("pointerdown", (event) => {
    if (!shown || event.button) return;
    svg.setPointerCapture(event.pointerId);
    move(valueAt(event));
  });
  svg.addEventListener("pointermove", (event) => {
    if (shown && svg.hasPointerCapture(event.pointerId)) move(valueAt(event));
  });
  svg.addEventListener("keydown", (event) => {
    if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const { low, high, step } = shown.key;
    const by = STEPS[event.key];
    if (by) move(snapped(marker + by * step, shown.key));
    else if (event.key === "Home" || event.key === "End") move(event.key === "Home" ? low : high);
    else return;
    event.preventDefault();
  });
  new ResizeObserver(plan).observe(svg);

  return {
    show(/** @type {any} */ wanted) {
      shown = wanted;
      const { low, high, label } = shown.key;
      for (const [name, value] of [["valuemin", low], ["valuemax", high], ["label", label]]) svg.setAttribute(`aria-${name}`, value);
      plan();
    },
    mark(value) {
      marker = value;
      mark();
    },
  };
}
