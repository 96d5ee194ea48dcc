// Ties the image choice together. mount() is called once, when Gradio has put the HTML into `element`.

import { answerOf } from "../../ui/static/pump.js";
import { setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";
import { listenToKeys } from "../keys.js";
import { listenToSliders } from "../sliders.js";
import { createSpin } from "../spin.js";
import { createOwn } from "./own.js";
import { COLUMNS, createStrip } from "./strip.js";

/** @import { Server } from "../../ui/static/types.d.ts" */

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };

// What is read, and what Tab leads to, in the order in which it is seen: the tabs' names, what is said of the page, the
// controls, and then the open tab. Gradio builds a tab's name and its contents in one piece.
function arrange() {
  const parts = ["#source-box", "#side"].map((id) => /** @type {HTMLElement} */ (document.querySelector(id)));
  document.querySelector("#tabs > .tab-wrapper")?.after(...parts);
}

/** @param {any} element @param {Server} server */
export function mount(element, server) {
  const find = (selector) => element.querySelector(selector);
  const store = openStore();
  const strip = find("#strip");
  const said = find("#picks-said");
  let about = []; // the states of the page that what is said is about: as it is, and with the image that was found
  const stateWith = (sample) => JSON.stringify({ ...store.state, sample: sample ?? store.state?.sample });
  const say = (text, sample = null) => {
    about = [stateWith(null), stateWith(sample)];
    setText(said, text);
  };
  const ink = () => ({ now: getComputedStyle(strip).getPropertyValue("--stn").trim() });
  const thumbs = createStrip({
    canvas: strip,
    words: find("#strip-words"),
    ask: (request) => answerOf(server.thumbs(request)),
    choose: (sample) => store.choose(sample),
    colours: ink,
    own: () => Boolean(store.own),
  });
  const own = createOwn({ find, store, say, digit: server.digit });
  const wanted = () => ({ dataset: store.state?.dataset, klass: store.klass, sample: store.state?.sample });
  let source = ""; // what the strip's pages are pages of

  store.follow((state) => {
    if (!about.includes(JSON.stringify(state))) say("");
    const next = `${state.dataset} ${store.klass} ${store.renewed}`;
    thumbs.show(wanted(), next !== source);
    source = next;
    own.follow(state);
  });

  strip.addEventListener("click", (event) => {
    const sample = thumbs.at(event.offsetX, event.offsetY);
    if (sample !== null) store.choose(sample);
  });
  strip.addEventListener("keydown", (event) => {
    if (event.key in STEPS) thumbs.move(STEPS[event.key], wanted());
    else if (event.key === "PageUp") thumbs.turn(-1, wanted());
    else if (event.key === "PageDown") thumbs.turn(1, wanted());
    else return;
    event.preventDefault();
  });
  find("#page-back").addEventListener("click", () => thumbs.turn(-1, wanted()));
  find("#page-on").addEventListener("click", () => thumbs.turn(1, wanted()));

  const finders = { cnn: find("#mistake"), transformer: find("#mistake-stn") };
  const search = async (of) => {
    const busy = Object.values(finders).some((button) => button.getAttribute("aria-busy") === "true");
    if (!store.state || busy) return;
    finders[of].setAttribute("aria-busy", "true");
    say("Searching\u2026");
    const before = [store.state, store.own, store.renewed];
    const answer = await answerOf(server.mistake({ ...store.state, klass: store.klass, of })).catch((error) => ({ error: error.message }));
    finders[of].removeAttribute("aria-busy");
    // What was chosen or moved meanwhile stays: the answer is about what was there before.
    if ([store.state, store.own, store.renewed].some((now, i) => now !== before[i])) {
      say("");
      return;
    }
    say(answer.error ?? answer.words, answer.sample);
    if (answer.sample !== null && !answer.error) store.choose(answer.sample);
  };
  for (const [of, button] of Object.entries(finders)) button.addEventListener("click", () => search(of));

  new ResizeObserver(() => {
    thumbs.paint();
    own.paint();
  }).observe(strip);
  new MutationObserver(thumbs.paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });

  store.spin = createSpin({ store, button: () => document.querySelector("#spin") });
  arrange();
  listenToSliders(store);
  listenToKeys(store);
}
