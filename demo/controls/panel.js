// What Gradio's events on the controls call (panel.py): handed the values of components, or giving back such values.

import { KEYS, NEUTRAL, SHOWN_KEYS, SLIDERS } from "../ui/static/constants.js";
import { openStore } from "../ui/static/store.js";

/** @import { State } from "../ui/static/types.d.ts" */

// Whatever changed, every value: the view asks for the image itself. While somebody types a number, there may be
// none. A data set's name and its models' must fit: while a switch is under way they may not. Neither is worth a request.
export function tell(...values) {
  // A check box stands for a choice of two, ticked for the second.
  const valueOf = (key, i) => (typeof values[i] === "boolean" ? KEYS[key].choices[Number(values[i])] : values[i]);
  const state = /** @type {State} */ (Object.fromEntries(SHOWN_KEYS.map((key, i) => [key, valueOf(key, i)])));
  if (state.sample === null) return;
  if (state.model && !state.model.startsWith(state.dataset)) return;
  openStore().set(state);
}

// The same, where the images behind a number may be others than before.
export function tellAnew(...values) {
  openStore().forget();
  tell(...values);
}

export function open(tab) {
  openStore().open(tab);
}

export function setClass(name) {
  openStore().setClass(name);
}

export function toggleSpin() {
  openStore().spin?.toggle();
}

// What the sliders go back to, and the check box of the edges.
export const neutral = () => [...SLIDERS.map((name) => NEUTRAL[name]), false];

export const newSeed = () => Math.floor(Math.random() * 1e6);

// The image that store.choose() wants.
export const chosen = () => openStore().chosen;

// The comparison that store.compare() wants.
export const compared = () => openStore().comparison;

// The state that store.go() wants, for the one component that carries it to the server.
export const wanted = () => [openStore().wanted];
