// A sheet: the twenty images of an exercise, each a button that opens it in Play; a cross marks those that went wrong.

import { createImage } from "../../ui/static/pixels.js";
import { make, setText } from "../../ui/static/readings.js";

/** @import { Encoded } from "../../ui/static/types.d.ts" */
/** @typedef {{sample: number, input: Encoded, output: Encoded, marks: string[], words: string[]}} Cell */

/** @param {HTMLElement} box @param {0 | 1} side 0: before, 1: after the transformer @param {(sample: number) => void} open */
export function createSheet(box, side, open) {
  /** @type {{button: HTMLElement, image: ReturnType<typeof createImage>, mark: HTMLElement}[]} */
  const places = [];
  /** @type {Cell[]} */
  let cells = [];

  function place(k) {
    const button = make("button", "cell");
    button.type = "button";
    if (side) button.tabIndex = -1; // the same images as on the first sheet, where keys reach them
    const image = createImage();
    const mark = make("span", "cell-mark");
    button.append(image.canvas, mark);
    button.addEventListener("click", () => open(cells[k].sample));
    box.append(button);
    return { button, image, mark };
  }

  return {
    /** @param {Cell[]} shown @param {boolean} told whether the marks may be seen, and the output at all */
    show(shown, told) {
      cells = shown;
      while (places.length < cells.length) places.push(place(places.length));
      box.classList.toggle("is-blank", side === 1 && !told);
      cells.forEach((cell, k) => {
        const { button, image, mark } = places[k];
        image.set(side ? cell.output : cell.input);
        setText(mark, told && cell.marks[side] ? `\u2717 ${cell.marks[side]}` : "");
        const words = told ? cell.words[side] : cell.words[0].split(/[:,]/)[0];
        button.setAttribute("aria-label", `${words}. Open in Play`);
        button.title = told ? words : "";
        button.toggleAttribute("disabled", !told);
      });
    },
  };
}
