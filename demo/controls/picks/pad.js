// A drawing pad. Strokes are kept as lines, so that one can be undone and a digit of any size gets MNIST's pen width.

import { penOf } from "../../ui/static/pixels.js";
import { createPlan } from "../../ui/static/plan.js";
import { FINE, averaged, placed } from "./shrink.js";

export const INKS = ["#1c1c1c", "#8a5a2b", "#d7382d", "#f0b429", "#3f8f3a", "#3b82d0", "#9aa0a6", "#ffffff"];
const PEN = 2.4 / 28; // of the side: about what a stroke of MNIST measures

export function createPad({ canvas, changed }) {
  let strokes = []; // {ink, points: [[x, y], ...]} in [0, 1]
  let [size, channels] = [28, 1];
  let ink = INKS[0];
  let drawing = null; // the pointer that draws

  const paper = () => (channels === 1 ? "#000" : "#dfe9f2");

  function trace(context, side, lines, place, pen) {
    context.lineCap = "round";
    context.lineJoin = "round";
    context.lineWidth = pen * side;
    for (const { ink: colour, points } of lines) {
      context.strokeStyle = channels === 1 ? "#fff" : colour;
      context.beginPath();
      points.forEach((point, i) => {
        const [x, y] = place(point);
        if (i) context.lineTo(x * side, y * side);
        else context.moveTo(x * side, y * side);
      });
      if (points.length === 1) context.lineTo(...place(points[0]).map((v) => v * side + 0.01));
      context.stroke();
    }
  }

  function paint() {
    const side = Math.round(Math.max(1, canvas.clientWidth) * (window.devicePixelRatio || 1));
    if (canvas.width !== side || canvas.height !== side) [canvas.width, canvas.height] = [side, side];
    const context = penOf(canvas);
    context.fillStyle = paper();
    context.fillRect(0, 0, side, side);
    trace(context, side, strokes, (p) => p, channels === 1 ? PEN : 1.6 * PEN);
  }

  // The drawing's pixels, 0 to 255, null where nothing is drawn. Unless digits shall stay as they are, they are placed
  // as MNIST's are: the box of 20 pixels, the centre of mass.
  function read(raw) {
    if (!strokes.length) return null;
    const side = size * FINE;
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [side, side];
    const context = penOf(sheet, { willReadFrequently: true });
    context.fillStyle = paper();
    context.fillRect(0, 0, side, side);
    if (channels === 3) {
      trace(context, side, strokes, (p) => p, 1.6 * PEN);
      return averaged(context.getImageData(0, 0, side, side), size, 3);
    }
    if (raw) {
      trace(context, side, strokes, (p) => p, PEN);
      return averaged(context.getImageData(0, 0, side, side), size, 1);
    }
    const all = strokes.flatMap((s) => s.points);
    const [xs, ys] = [all.map((p) => p[0]), all.map((p) => p[1])];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const reach = Math.max(Math.max(...xs) - left, Math.max(...ys) - top);
    // A dot is not to fill the box, so nothing is enlarged more than four times.
    const zoom = (20 / 28 - PEN) / Math.max(reach, (20 / 28 - PEN) / 4);
    const middle = [left + (Math.max(...xs) - left) / 2, top + (Math.max(...ys) - top) / 2];
    trace(context, side, strokes, (p) => [0.5 + zoom * (p[0] - middle[0]), 0.5 + zoom * (p[1] - middle[1])], PEN);
    const gray = averaged(context.getImageData(0, 0, side, side), side, 1);
    return zoom < 3.9 ? placed(gray, side, size) : averaged(context.getImageData(0, 0, side, side), size, 1);
  }

  const tell = createPlan(() => {
    paint();
    changed();
  });

  const where = (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return [x, y].map((v) => Math.min(1, Math.max(0, v))); // a captured pointer may leave the pad
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (drawing !== null || event.button > 0) return;
    event.preventDefault();
    drawing = event.pointerId;
    canvas.setPointerCapture?.(event.pointerId);
    strokes.push({ ink, points: [where(event)] });
    tell();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    const trail = event.getCoalescedEvents?.() ?? [];
    strokes[strokes.length - 1].points.push(...(trail.length ? trail : [event]).map(where));
    tell();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId === drawing) drawing = null;
    });
  }

  return {
    paint,
    read,
    undo() {
      if (!strokes.length) return; // a photograph may be shown, which is not the pad's to take away
      drawing = null; // another finger may still draw
      strokes.pop();
      tell();
    },
    clear() {
      if (!strokes.length) return;
      drawing = null;
      strokes = [];
      tell();
    },
    // Another data set: the same strokes on another paper.
    fit(shape) {
      if (shape.join() === `${size},${channels}`) return;
      [size, channels] = shape;
      drawing = null;
      paint();
    },
    use(colour) {
      ink = colour;
    },
  };
}
