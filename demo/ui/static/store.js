// The state of the page: one for all tabs, which show it or ask for another. The address bar holds it.
//
// `state` is what Gradio's components say: data set, image, network, controls. `extras` are the tabs' own keys of the
// address (an exercise, a chosen curve). A tab watches the state and hears of it only while it is open.

import { OPENING } from "./constants.js";
import { createLinkWriter, isHosts, sharedLink, tabOf } from "./link.js";

/** @import { Own, State, Store } from "./types.d.ts" */

// Past Gradio, which hides the setter of its own inputs behind one that tells nobody.
const setValue = /** @type {(value: unknown) => void} */ (
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set
);

export function createStore(writeLink = createLinkWriter(), address = window.location.search) {
  /** @type {Record<string, (state: State) => void>} */
  const watchers = {};
  /** @type {((state: State) => void)[]} */
  const followers = [];
  const extras = Object.fromEntries(new URLSearchParams(address));
  // Without a link it is known what is shown first, and a third of a second before Gradio says so.
  /** @type {State | null} */
  let state = Object.keys(extras).every(isHosts) ? { ...OPENING } : null;
  let tab = tabOf(address);
  /** @type {Record<string, any>} */
  const kept = {}; // extras that a tab has set

  function tell() {
    if (!state) return;
    watchers[tab]?.(state);
    for (const follow of followers) follow(state);
  }

  // What the address holds. Gradio's own panels take the key `view` and do not give it back.
  const whole = () => ({ ...state, ...kept, tab, ...(extras.view === "class" && { view: "class", type: extras.type }) });

  function write() {
    if (state) writeLink(whole());
  }

  const store = {
    get state() {
      return state;
    },
    get tab() {
      return tab;
    },
    wanted: /** @type {object | null} */ (null), // what go() asks Gradio's components to show
    // Gradio's components call this with every value whenever one changes.
    set(/** @type {State} */ next) {
      if (JSON.stringify(next) === JSON.stringify(state)) return;
      // Whoever asks for a test image has done with an image of his own. It stays when the data set changes, which has
      // another test image.
      if (state && next.dataset === state.dataset && next.sample !== state.sample) store.own = null;
      state = next;
      write();
      tell();
    },
    // An image of the visitor's own, which stands in for the test image: {dataset, image: base64 of its bytes}
    // or null. It stays in the browser: the address does not hold it.
    own: /** @type {Own | null} */ (null),
    showOwn(/** @type {Own | null} */ own) {
      store.own = own;
      tell();
    },
    // What a server function is asked for a state: with the visitor's own image, where one stands in.
    request(/** @type {State} */ wanted) {
      return store.own?.dataset === wanted.dataset ? { ...wanted, image: store.own.image } : wanted;
    },
    klass: "any", // the class that images are chosen from
    setClass(name) {
      store.klass = name;
      tell();
    },
    // The same values are news again: the images behind a number were exchanged.
    renewed: 0, // how often
    forget() {
      store.renewed += 1;
      state = null;
    },
    open(name) {
      tab = name;
      mark("tab", name);
      write();
      tell();
    },
    watch(/** @type {string} */ name, /** @type {(state: State) => void} */ show) {
      watchers[name] = show;
      if (name === tab) tell();
    },
    // For what stands beside all tabs: called like a tab's own watcher, whatever tab is open.
    follow(/** @type {(state: State) => void} */ show) {
      followers.push(show);
      if (state) show(state);
    },
    // Another image of the same data set; everything else stays.
    chosen: 0,
    choose(/** @type {number} */ sample) {
      if (store.own) store.showOwn(null);
      store.chosen = sample;
      press("#choose");
    },
    // What is compared, "upright" or "trained"; everything else stays, an image of the visitor's own, too.
    comparison: OPENING.compare,
    compare(/** @type {string} */ comparison) {
      store.comparison = comparison;
      press("#compare-by");
    },
    // Hides the edges of what is distorted, or shows them, as the check box under the sliders does.
    hideEdges(/** @type {boolean} */ hidden) {
      const box = /** @type {HTMLInputElement | null} */ (document.querySelector("#edges input"));
      if (box && box.checked !== hidden) box.click();
    },
    link() {
      return sharedLink(whole());
    },
    // Moves sliders as a hand would: {rotation: 30}. Cheap enough for every frame.
    slide(/** @type {Record<string, number | string>} */ controls) {
      for (const [name, value] of Object.entries(controls)) {
        const slider = document.querySelector(`#${name.replace("_", "-")} input[type=range]`);
        if (!slider) continue;
        setValue.call(slider, value);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }
    },
    // Shows another image, data set, network or comparison; controls that are not named return to neutral.
    go(wanted) {
      if (store.own) store.showOwn(null);
      store.wanted = {
        dataset: state?.dataset ?? OPENING.dataset,
        compare: state?.compare ?? OPENING.compare,
        ...wanted,
      };
      press("#go");
    },
    // The same in Play, the first tab, which it opens at its top.
    play(wanted) {
      store.go(wanted);
      window.scrollTo(0, 0);
      press("#tabs button[role=tab]");
    },
    // A tab's own key of the address.
    extra(/** @type {string} */ key, /** @type {any} */ otherwise = null) {
      return kept[key] ?? extras[key] ?? otherwise;
    },
    keep(key, value) {
      kept[key] = value;
      extras[key] = value;
      write();
    },
  };
  mark("tab", tab);
  // Back and forward: the tab of that step, with what the page shows now.
  window.addEventListener("popstate", () => {
    tab = tabOf(window.location.search);
    write();
    press(`#tabs button[data-tab-id=${tab}]`);
  });
  return store;
}

function press(selector) {
  /** @type {HTMLElement} */ (document.querySelector(selector)).click();
}

// A word on the whole page for the style sheets: Gradio repeats every rule with `.contain` in front, so it has to stand
// inside that as well.
export function mark(name, value) {
  for (const root of [document.documentElement, document.querySelector(".contain")?.firstElementChild]) {
    if (root instanceof HTMLElement) root.dataset[name] = value;
  }
}

// The page's store: made by whoever comes first. As `window.stnPage` it is there for tests, too.
/** @returns {Store} */
export function openStore() {
  window.stnPage ??= createStore();
  return window.stnPage;
}
