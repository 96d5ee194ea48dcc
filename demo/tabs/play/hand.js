// The input under the hand: its rim turns it, its middle shifts it, the wheel or two fingers scale it. All of it moves
// the sliders, which say the rest.

import { IMAGE_SIZES, KEYS } from "../../ui/static/constants.js";

/** @import { State, Store } from "../../ui/static/types.d.ts" */

const RIM = 0.6; // of the image's half-width, from where on a drag turns it
const NOTCH = 0.001; // of the scale, for a unit of the wheel
const PAUSE = 400; // ms after which the wheel begins anew at the slider's value

// The middle of the image on the canvas and its half-width, in half-widths of the canvas.
/** @param {State} state @param {number} canvas its side in pixels */
function placeOf(state, canvas) {
  return { x: state.shift_x, y: state.shift_y, half: (state.scale * IMAGE_SIZES[state.dataset][0]) / canvas };
}

const within = (name, value) => Math.min(KEYS[name].high, Math.max(KEYS[name].low, value));

/** @param {HTMLCanvasElement} canvas @param {Store} store @param {() => number} side of the input in pixels */
export function takeInHand(canvas, store, side) {
  /** @type {Map<number, { x: number, y: number }>} */
  const fingers = new Map(); // pointer -> where it is, in half-widths from the middle of the canvas
  let grip = null; // what a drag does, and from where
  let rolled = { scale: 1, at: -Infinity };

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return {
      x: (2 * (event.clientX - box.left)) / box.width - 1,
      y: (2 * (event.clientY - box.top)) / box.height - 1,
    };
  };
  const shown = (name) => (document.documentElement.dataset.show ?? name).split(" ").includes(name);

  // A class view may hide a slider: what cannot be seen cannot be moved.
  function slide(values) {
    const free = Object.entries(values).filter(([name]) => shown(name));
    store.slide(Object.fromEntries(free.map(([name, value]) => [name, within(name, value)])));
  }

  function grab() {
    const { state } = store;
    if (!state) return null;
    const [first, second] = [...fingers.values()];
    if (second) return { kind: "pinch", scale: state.scale, width: Math.hypot(first.x - second.x, first.y - second.y) };
    const { x, y, half } = placeOf(state, side());
    const turns = Math.hypot(first.x - x, first.y - y) > RIM * half;
    if (!turns) return { kind: "shift", x: state.shift_x - first.x, y: state.shift_y - first.y };
    return { kind: "turn", x, y, rotation: state.rotation, angle: angleAt(first, x, y) };
  }

  // Counter-clockwise as the eye sees it; y points down.
  const angleAt = (point, x, y) => (Math.atan2(y - point.y, point.x - x) * 180) / Math.PI;

  function move() {
    const [first, second] = [...fingers.values()];
    if (grip?.kind === "pinch" && second) {
      const width = Math.hypot(first.x - second.x, first.y - second.y);
      slide({ scale: (grip.scale * width) / Math.max(grip.width, 0.05) });
    } else if (grip?.kind === "shift") {
      slide({ shift_x: first.x + grip.x, shift_y: first.y + grip.y });
    } else if (grip?.kind === "turn") {
      const angle = angleAt(first, grip.x, grip.y);
      grip.rotation += ((angle - grip.angle + 540) % 360) - 180; // the shorter way round
      grip.angle = angle;
      slide({ rotation: grip.rotation });
    }
  }

  function hint(event) {
    if (fingers.size || !store.state) return;
    const { x, y, half } = placeOf(store.state, side());
    const point = at(event);
    canvas.style.cursor = Math.hypot(point.x - x, point.y - y) > RIM * half ? "grab" : "move";
  }

  canvas.style.touchAction = "none";
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    grip = grab();
    if (grip?.kind === "turn") canvas.style.cursor = "grabbing";
  });
  canvas.addEventListener("pointermove", (event) => {
    hint(event);
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, at(event));
    move();
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, (event) => {
      fingers.delete(/** @type {PointerEvent} */ (event).pointerId);
      grip = fingers.size ? grab() : null; // a finger that stays goes on from where it is
    });
  }
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!store.state || !shown("scale")) return;
      event.preventDefault();
      // Kept between the slider's steps, or a slow wheel would never get anywhere.
      const before = event.timeStamp - rolled.at < PAUSE ? rolled.scale : store.state.scale;
      const pixels = event.deltaMode === 1 ? 33 * event.deltaY : event.deltaY;
      rolled = { scale: within("scale", before * Math.exp(-NOTCH * pixels)), at: event.timeStamp };
      slide({ scale: rolled.scale });
    },
    { passive: false },
  );
}
