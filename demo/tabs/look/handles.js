// The frame on the input by hand: grips that a pointer, a finger or the arrow keys move. Each is a button of its own,
// so that a keyboard reaches it and a finger finds it. What a grip does to theta is `drag`, a pure function.

import { GRID_UNIT } from "../../ui/static/constants.js";
import { make } from "../../ui/static/readings.js";
import { FRAMES, frameOf, mapPoint, matrixOf, matrixThrough, thetaOf } from "./family.js";

const GRIPS = {
  move: { name: "Middle of the frame: moves it" },
  turn: { name: "Turns the frame" },
  corners: /** @type {[number, number, string][]} */ ([[-1, -1, "top left"], [1, -1, "top right"], [1, 1, "bottom right"], [-1, 1, "bottom left"]]),
  edges: [[0, -1, "top"], [1, 0, "right"], [0, 1, "bottom"], [-1, 0, "left"]],
};
const LEAST = 0.05; // half-widths: no frame is made smaller by hand
export const LARGEST = 2 ** 15 / GRID_UNIT; // of any number in theta: lattices travel no further, the server takes no more

// The grips of a family: [{kind, at: point of the output, name}].
export function gripsOf(family, theta) {
  if (family === "tps") {
    const side = Math.round(Math.sqrt(theta.length / 2));
    return Array.from({ length: side * side }, (_, i) => ({
      kind: "point",
      index: i,
      name: `Control point in row ${Math.floor(i / side) + 1}, column ${(i % side) + 1}`,
    }));
  }
  const parts = FRAMES[family];
  const grips = [];
  const does = family === "projective" ? "moves it" : parts.includes("size") || parts.includes("width") ? "resizes it" : "turns it";
  if (parts.includes("width") && family !== "projective") {
    for (const [x, y, name] of GRIPS.edges) grips.push({ kind: "edge", at: [x, y], name: `Frame's ${name} edge: resizes it` });
  }
  if (family !== "translation") {
    for (const [x, y, name] of GRIPS.corners) grips.push({ kind: "corner", at: [x, y], name: `Frame's ${name} corner: ${does}` });
  }
  if (parts.includes("turn")) grips.push({ kind: "turn", name: GRIPS.turn.name });
  if (parts.includes("x")) grips.push({ kind: "move", at: [0, 0], name: GRIPS.move.name });
  return grips;
}

// Where a grip is on the input.
export function placeOf(grip, family, theta, reach) {
  if (grip.kind === "point") return [theta[2 * grip.index], theta[2 * grip.index + 1]];
  if (grip.kind !== "turn") return mapPoint(matrixOf(family, theta), grip.at);
  const { turn, height, x, y } = frameOf(family, theta);
  const [ux, uy] = [Math.sin(turn), -Math.cos(turn)];
  const room = Math.min(...[[ux, x], [uy, y]].map(([u, c]) => (Math.abs(u) < 1e-6 ? Infinity : (Math.sign(u) * (reach - 0.08) - c) / u)));
  const far = Math.max(0.2, Math.min(Math.abs(height) + 0.24, room));
  return [x + far * ux, y + far * uy];
}

// The theta after a grip was moved to a point of the input.
export function drag(grip, family, theta, point) {
  if (grip.kind === "point") return bounded(theta.map((v, i) => (i >> 1 === grip.index ? point[i & 1] : v)), theta);
  const frame = frameOf(family, theta);
  const [dx, dy] = [point[0] - frame.x, point[1] - frame.y];
  const grown = (size) => Math.max(LEAST, size);
  if (grip.kind === "move") return bounded(thetaOf(family, { ...frame, x: point[0], y: point[1] }, theta), theta);
  if (grip.kind === "turn") return thetaOf(family, { ...frame, turn: Math.atan2(dx, -dy) }, theta);
  const [sx, sy] = grip.at;
  if (family === "rotation") return thetaOf(family, { ...frame, turn: Math.atan2(dy, dx) - Math.atan2(sy, sx) }, theta);
  if (family === "projective") {
    const matrix = matrixOf(family, theta);
    const corners = GRIPS.corners.map(([x, y]) => (x === sx && y === sy ? point : mapPoint(matrix, [x, y])));
    const through = matrixThrough(corners);
    // A frame that reaches the horizon cannot be drawn.
    if (!through || Math.abs(through[6]) + Math.abs(through[7]) > 0.95) return theta;
    return bounded(through.slice(0, 8), theta);
  }
  // In the frame's own axes, with the turn and the shear taken back.
  const [cos, sin] = [Math.cos(frame.turn), Math.sin(frame.turn)];
  const [lx, ly] = [cos * dx + sin * dy, cos * dy - sin * dx];
  if (FRAMES[family].includes("size")) {
    return thetaOf(family, { ...frame, size: grown((sx * lx + sy * ly) / 2) }, theta);
  }
  const width = sx ? grown((lx - frame.shear * ly) / sx) : frame.width;
  const height = sy ? grown(ly / sy) : frame.height;
  return bounded(thetaOf(family, { ...frame, width, height }, theta), theta);
}

export function bounded(next, otherwise) {
  return next.every((v) => Number.isFinite(v) && Math.abs(v) <= LARGEST) ? next : otherwise;
}

// Lays the grips over the canvas in `box`. `get` gives {family, theta}, `set` takes a theta.
export function createHandles(box, reach, { get, set }) {
  let made = "";
  let buttons = [];

  const toInput = (event) => {
    const area = box.getBoundingClientRect();
    return [event.clientX - area.left, event.clientY - area.top].map((v) => ((2 * v) / area.width - 1) * reach);
  };

  function build(family, theta) {
    const wanted = `${family} ${theta.length}`;
    if (wanted === made) return;
    made = wanted;
    buttons = gripsOf(family, theta).map((grip) => {
      const button = make("button", `grip grip-${grip.kind}`);
      button.type = "button";
      button.setAttribute("aria-label", `${grip.name}. Arrow keys move it.`);
      listen(button, grip);
      return { button, grip };
    });
    box.replaceChildren(...buttons.map(({ button }) => button));
  }

  function listen(button, grip) {
    let offset = null; // from the pointer to the grip, so that nothing jumps when it is taken
    const now = () => {
      const { family, theta } = get();
      return placeOf(grip, family, theta, reach);
    };
    const move = (point) => {
      const { family, theta } = get();
      set(drag(grip, family, theta, point));
    };
    button.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const [place, point] = [now(), toInput(event)];
      offset = [place[0] - point[0], place[1] - point[1]];
      button.setPointerCapture(event.pointerId);
      button.focus({ preventScroll: true });
      event.preventDefault();
    });
    button.addEventListener("pointermove", (event) => {
      if (!offset) return;
      const point = toInput(event);
      move([point[0] + offset[0], point[1] + offset[1]]);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      button.addEventListener(end, () => {
        offset = null;
      });
    }
    button.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const step = event.shiftKey ? 5 : 1;
      const { family, theta } = get();
      if (grip.kind === "turn") {
        const frame = frameOf(family, theta);
        const turn = frame.turn + ((way[0] || way[1]) * 2 * step * Math.PI) / 180;
        set(thetaOf(family, { ...frame, turn }, theta));
      } else {
        move(now().map((v, i) => v + 0.02 * step * way[i]));
      }
    });
  }

  return {
    show() {
      const { family, theta } = get();
      build(family, theta);
      for (const { button, grip } of buttons) {
        const place = placeOf(grip, family, theta, reach);
        const [left, top] = place.map((v) => Math.min(Math.max(v / reach, -0.97), 0.97)); // always within reach
        button.style.left = `${50 + 50 * left}%`;
        button.style.top = `${50 + 50 * top}%`;
      }
    },
  };
}
