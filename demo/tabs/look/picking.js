// Which pixel is looked at. It follows the pointer until a click pins it; then it stays until it is released, by another
// click, by Escape or by the button. A finger does not hover: its tap on another pixel moves the pin there.

import { setText } from "../../ui/static/readings.js";

/** @import { Point } from "../../ui/static/types.d.ts" */

const FREE = "Point at the output; a click or Enter pins the pixel.";
const PINNED = "It stays until you release it: here, by another click or with Escape.";

/**
 * `chosen` gives the pixel that is looked at, `choose` takes another, `changed` hears whether it is pinned now. The first
 * of `places`, [canvas, the pixel at parts (x, y) of its width and height or null], is the output, which listens to the
 * keyboard.
 *
 * @param {{
 *   places: [HTMLCanvasElement, (parts: number[]) => Point | null][],
 *   button: HTMLButtonElement,
 *   hint: HTMLElement,
 *   pinned: boolean,
 *   chosen: () => Point | null,
 *   choose: (at: Point) => void,
 *   changed: (pinned: boolean) => void,
 * }} options
 */
export function createPicking({ places, button, hint, pinned, chosen, choose, changed }) {
  const [output] = places[0];

  function pin(/** @type {boolean} */ on) {
    if (on === pinned || !chosen()) return;
    pinned = on;
    show();
    changed(on);
  }

  function show() {
    button.setAttribute("aria-pressed", String(pinned));
    setText(button, pinned ? "Release" : "Pin");
    setText(hint, pinned ? PINNED : FREE);
  }

  function follow(/** @type {Point | null} */ at) {
    if (at && at.join() !== chosen()?.join()) choose(at);
  }

  for (const [canvas, pixelAt] of places) {
    const locate = (/** @type {MouseEvent} */ event) => {
      const box = canvas.getBoundingClientRect();
      return pixelAt([(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
    };
    const hover = (/** @type {PointerEvent} */ event) => {
      if (!pinned) follow(locate(event));
    };
    canvas.addEventListener("pointermove", hover);
    canvas.addEventListener("pointerdown", hover);
    canvas.addEventListener("click", (event) => {
      const at = locate(event);
      const finger = /** @type {PointerEvent} */ (event).pointerType === "touch";
      if (!pinned) {
        if (!at) return; // far from every pixel
        follow(at);
        pin(true);
      } else if (finger && at && at.join() !== chosen()?.join()) {
        follow(at);
      } else {
        pin(false);
        follow(at);
      }
    });
  }

  button.addEventListener("click", () => pin(!pinned));
  output.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = chosen();
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (way && at) choose([at[0] + way[0], at[1] + way[1]]);
    else if (event.key === "Enter" || event.key === " ") pin(!pinned);
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pinned && !event.defaultPrevented && output.getClientRects().length) pin(false);
  });

  show();
  return {
    get pinned() {
      return pinned;
    },
  };
}
