// One feature map, large, with a scale of its values. Escape or a click closes it.

import { penOf } from "../../ui/static/pixels.js";
import { make } from "../../ui/static/readings.js";
import { inPrint } from "./values.js";

const TICKS = 5;

// The numbers beside a scale from low to high, the lowest first, all with as many digits as tell them apart; a map that is
// the same everywhere has one.
export function ticksOf(low, high) {
  const range = high - low;
  if (!(range > 1e-6)) return [inPrint(low, 2)];
  const digits = Math.min(4, Math.max(0, 2 - Math.floor(Math.log10(range))));
  return Array.from({ length: TICKS }, (_, i) => inPrint(low + (i * range) / (TICKS - 1), digits));
}

/** @param {HTMLDialogElement} dialog */
export function createEnlarged(dialog) {
  const canvas = /** @type {HTMLCanvasElement} */ (dialog.querySelector("canvas"));
  const title = /** @type {HTMLElement} */ (dialog.querySelector("h2"));
  const ticks = /** @type {HTMLElement} */ (dialog.querySelector(".map-ticks"));
  let shown = null; // what gives the map that is open

  function show() {
    const { name, screen, range } = shown();
    title.textContent = name;
    Object.assign(canvas, { width: screen.canvas.width, height: screen.canvas.height });
    penOf(canvas).drawImage(screen.canvas, 0, 0);
    const numbers = ticksOf(...range);
    canvas.setAttribute("aria-label", `${name}: values from ${numbers[0]} to ${numbers.at(-1)}`);
    ticks.replaceChildren(...numbers.map((number) => make("li", "", number)).reverse());
    dialog.classList.toggle("is-flat", numbers.length === 1);
  }

  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.stopPropagation(); // it closes this and nothing else
  });
  dialog.addEventListener("close", () => {
    shown = null;
  });

  return {
    // `given` returns {name, screen, range} of a map whenever it is asked.
    open(given) {
      shown = given;
      show();
      dialog.showModal();
    },
    // After a new answer.
    renew() {
      if (shown) show();
    },
  };
}
