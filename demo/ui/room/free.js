// A free question to the class: what a network will say of the image on the screen, turned by an angle. While the class
// predicts the image stands upright; the reveal turns it.

import { createBoard } from "./board.js";
import { openClass } from "./teacher.js";
import { COMPARISONS, KEYS } from "../static/constants.js";
import { make, setText } from "../static/readings.js";

/** @import { View } from "./teacher.js" */
/** @import { Store } from "../static/types.d.ts" */

const SAYS = { upright: "the CNN as it is", behind: "the CNN behind the transformer", cnn: "the plain CNN", stn: "the network with a transformer" };
const ANGLE = 70; // degrees, where the image is not turned
const SWEEP = 1500; // ms that the reveal takes to turn the image

/** @param {Store} store @param {HTMLElement} side the column that the question stands on top of */
export function createAsking(store, side) {
  const room = openClass(store);
  const place = make("div", "class-place");
  const form = make("form", "ask-form");
  const role = make("select");
  const angle = make("input");
  Object.assign(angle, { type: "number", min: KEYS.rotation.low, max: KEYS.rotation.high, step: 1, required: true });
  role.setAttribute("aria-label", "Which network");
  angle.setAttribute("aria-label", "At how many degrees");
  const [ask, cancel] = [make("button", "is-main", "Ask the class"), make("button", "", "Cancel")];
  ask.type = "submit";
  cancel.type = "button";
  const line = make("p", "ask-line");
  line.append("What will ", role, " say at ", angle, "\u00b0?");
  const buttons = make("div", "board-buttons");
  buttons.append(ask, cancel);
  const trouble = make("p", "board-trouble");
  trouble.setAttribute("role", "alert");
  form.append(line, buttons);
  form.hidden = true;
  const board = createBoard(room, () => [{ label: "Ask again \u2026", press: open }]);
  place.append(form, trouble);
  side.prepend(place);

  const isFree = (/** @type {View | null} */ view) => view?.asked.kind === "free" && view.phase !== "over";

  function open() {
    const { state } = store;
    if (!state) return;
    role.replaceChildren(
      ...COMPARISONS[state.compare].map((name) => {
        const option = make("option", "", SAYS[name]);
        option.value = name;
        return option;
      }),
    );
    angle.value = String(state.rotation || ANGLE);
    form.hidden = false;
    arrange(room.view);
    place.scrollIntoView({ block: "center" }); // with the tabs above it in sight, where there is room
    angle.focus();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!store.state) return;
    const state = store.request({ ...store.state, rotation: Number(angle.value) });
    ask.disabled = true;
    store.slide({ rotation: 0 }); // nobody shall see the answer before it is revealed
    const asked = await room.ask({ kind: "free", role: role.value, state });
    ask.disabled = false;
    if (asked) form.hidden = true;
    arrange(room.view);
  });
  cancel.addEventListener("click", () => {
    form.hidden = true;
    arrange(room.view);
  });

  function arrange(/** @type {View | null} */ view) {
    const free = isFree(view) && form.hidden;
    if (view && free) {
      board.show(view);
      if (!board.element.isConnected) place.append(board.element);
    } else {
      board.element.remove();
    }
    setText(trouble, free ? "" : room.trouble); // which the board says by itself
  }

  // Turns the image on the screen to what was asked, as a hand would.
  function run(/** @type {Record<string, any>} */ asked) {
    const { state } = store;
    const same = state && (asked.own || ["dataset", "sample", "model", "compare", "edges"].every((key) => state[key] === asked.state[key]));
    if (!same) {
      store.go(asked.state); // the teacher has moved on to another image
      return;
    }
    const [from, to] = [Number(state.rotation), Number(asked.state.rotation)];
    const start = performance.now();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = (now) => {
      const part = calm ? 1 : Math.min(1, (now - start) / SWEEP);
      store.slide({ rotation: Math.round(from + (to - from) * part) });
      if (part < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  room.follow((view, before) => {
    if (view && before && view.phase === "over" && before.phase !== "over") form.hidden = true;
    arrange(view);
    if (view && before?.phase === "open" && view.phase === "told" && view.round === before.round && isFree(view)) run(view.asked);
  });
  return { open };
}
