// A link over every pair of images on the canvas: what it shows in words, and the way to the same image in Play.

import { NEUTRAL, TABS } from "../../ui/static/constants.js";
import { linkOf } from "../../ui/static/link.js";
import { make } from "../../ui/static/readings.js";
import { placeOf } from "./draw.js";

/** @import { Store } from "../../ui/static/types.d.ts" */

// What Play shows for a cell.
export function stateOf(answer, cell) {
  const { dataset, model, compare } = answer;
  return { dataset, model, compare, sample: cell.sample, ...cell.controls };
}

/** @param {Element} list @param {any} answer @param {Store} store */
export function makeLinks(list, answer, store) {
  const links = (answer.cells ?? []).map((cell) => {
    const said = Object.entries(answer.compared).map(([role, title]) => {
      const { top, percent } = cell.answers[role];
      return `${title} ${answer.classes[top]} (${percent}), ${top === cell.label ? "right" : "wrong"}`;
    });
    const link = make("a", "", `${answer.classes[cell.label]}: ${said.join("; ")}`);
    const state = stateOf(answer, cell);
    link.title = "Open in Play";
    link.href = linkOf({ ...NEUTRAL, seed: null, ...state, tab: TABS[0] }); // for a tab of its own
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      store.play(state);
    });
    const item = make("li");
    item.append(link);
    return item;
  });
  list.replaceChildren(...links);
}

// Where drawGallery() draws.
export function placeLinks(list, plan) {
  [...list.children].forEach((item, k) => {
    const [left, top] = placeOf(k, plan);
    Object.assign(item.firstElementChild.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${plan.cell.width}px`,
      height: `${plan.cell.height}px`,
    });
  });
}
