// The switch between the two comparisons (ui/comparison.py), tied to the page's state.

/** @import { Store } from "./types.d.ts" */

/** @param {Element} element @param {Store} store */
export function connectComparison(element, store) {
  /** @type {HTMLInputElement[]} */
  const choices = [...element.querySelectorAll(/** @type {"input"} */ (".comparison input"))];
  for (const choice of choices) {
    choice.addEventListener("change", () => choice.checked && store.compare(choice.value));
  }
  store.follow((state) => {
    for (const choice of choices) choice.checked = choice.value === state.compare;
  });
}
