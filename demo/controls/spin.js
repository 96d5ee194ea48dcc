// Spin: the rotation goes once through its slider's whole range and back to where it was. Any touch stops it. While it
// turns, the button says Stop.

import { setText } from "../ui/static/readings.js";

const SWEEP = 8000; // ms
const STILL = 24; // steps of a sweep for those who want less motion

// Where the sweep is after `part` of it: up from `start`, down through the whole range, back.
function sweep(part, start, low, high) {
  const path = 2 * (high - low);
  const along = part * path; // distance gone
  const up = high - start;
  if (along <= up) return start + along;
  if (along <= up + high - low) return high - (along - up);
  return low + (along - up - (high - low));
}

export function createSpin({ store, button, now = () => performance.now(), frame = requestAnimationFrame.bind(window) }) {
  let turning = null;

  function say(words) {
    if (button()) setText(button(), words);
  }

  function stop() {
    turning = null;
    say("Spin");
  }

  function start() {
    const slider = /** @type {HTMLInputElement | null} */ (document.querySelector("#rotation input[type=range]"));
    if (!slider) return;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const [low, high, begin] = [Number(slider.min), Number(slider.max), Number(slider.value)];
    const own = { since: now() };
    turning = own;
    say("Stop");
    let last = null;
    const step = () => {
      if (turning !== own) return;
      let part = Math.min(1, (now() - own.since) / SWEEP);
      if (calm) part = Math.floor(part * STILL) / STILL;
      const angle = part >= 1 ? begin : Math.round(sweep(part, begin, low, high));
      if (angle !== last) store.slide({ rotation: angle });
      last = angle;
      if (part >= 1) stop();
      else frame(step);
    };
    step();
  }

  const spin = {
    get turning() {
      return turning !== null;
    },
    stop,
    toggle: () => (turning ? stop() : start()),
  };
  // The button's own click toggles; everything else that is touched only stops.
  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    document.addEventListener(
      kind,
      (event) => {
        const key = event instanceof KeyboardEvent ? event.key : null;
        const pressed = key === null || [" ", "Enter"].includes(key);
        const own = (pressed && button()?.contains(event.target)) || key === "s";
        if (turning && !own) stop();
      },
      { capture: true, passive: true },
    );
  }
  return spin;
}
