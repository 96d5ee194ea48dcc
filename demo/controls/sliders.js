// What the sliders say, straight from their inputs. Gradio would tell it too, through its whole event machinery, which
// takes several milliseconds for every step of a drag. Whatever Gradio itself changes (reset, links), it tells.

import { SLIDERS } from "../ui/static/constants.js";

/** @import { Store } from "../ui/static/types.d.ts" */

/** @param {Store} store */
export function listenToSliders(store) {
  const idOf = (name) => name.replace("_", "-");
  /** @type {Record<string, HTMLInputElement | null>} */
  const ranges = {}; // name -> its range input, looked up once: Gradio keeps it

  function read() {
    if (!store.state) return;
    const values = {};
    for (const name of SLIDERS) {
      if (!ranges[name]?.isConnected) ranges[name] = document.querySelector(`#${idOf(name)} input[type=range]`);
      if (ranges[name]) values[name] = Number(ranges[name].value);
    }
    store.set({ ...store.state, ...values });
  }

  // A number that is typed reaches the range when Gradio has taken it, within its limits when the field is left.
  const later = () => setTimeout(read, 0);

  // Of a number between two steps the range takes the nearest step: then the field says so, too.
  function settle(field) {
    const name = SLIDERS.find((each) => field.closest(`#${idOf(each)}`));
    const range = name && ranges[name];
    if (range && field.value !== range.value) store.slide({ [name]: range.value });
  }

  const sliders = /** @type {HTMLElement} */ (document.querySelector("#sliders"));
  const kindOf = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).type;
  sliders.addEventListener("input", (event) => (kindOf(event) === "range" ? read() : later()));
  for (const kind of ["change", "focusout", "keyup"]) {
    sliders.addEventListener(kind, (event) => kindOf(event) === "number" && later());
  }
  sliders.addEventListener("change", (event) => kindOf(event) === "number" && setTimeout(() => settle(event.target), 0));
}
