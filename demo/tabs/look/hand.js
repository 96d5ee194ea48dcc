// theta by hand: its numbers, and what moves them: grips, sliders, the way to the network's answer and back.

import { setText } from "../../ui/static/readings.js";
import { FRAMES, turnOf } from "./family.js";
import { createFlight } from "./flight.js";
import { thetaFrom } from "./guide.js";
import { LARGEST, createHandles } from "./handles.js";
import { turnWords } from "./said.js";
import { createSliders } from "./sliders.js";

/** @import { Store } from "../../ui/static/types.d.ts" */

/**
 * `inside()` is the newest answer about the network's own theta, `changed()` is called after theta was moved. `reach` is
 * how far round the input the grips' panel shows.
 *
 * @param {(selector: string) => any} find
 * @param {{ store: Store, inside: () => any, changed: () => void, reach: number }} options
 */
export function createHand(find, { store, inside, changed, reach }) {
  /** @type {number[]} */
  let theta = thetaFrom(store.extra("hand")) ?? []; // empty until there is a network to know its identity

  const now = () => ({ family: inside().stage.family, theta, slopes: inside().slopes });
  const flight = createFlight({ get: now, set: (next) => move(next) });
  const controls = { get: now, set };
  const handles = createHandles(find(".grips"), reach, controls);
  const sliders = createSliders(find(".hand-sliders"), controls);
  const goal = () => inside().stage.values.map((v) => (v === null ? NaN : Math.min(Math.max(v, -LARGEST), LARGEST)));

  function show() {
    handles.show();
    sliders.show();
    const whose = theta.join() === goal().join() ? "The network\u2019s" : "Your";
    const turns = FRAMES[now().family].includes("turn");
    setText(find(".hand-says"), turns ? turnWords(turnOf(now().family, theta, now().slopes), whose) : "");
  }

  function move(next) {
    theta = next;
    show();
    keep();
    changed();
  }

  function set(next) {
    flight.stop();
    move(next);
  }

  function keep() {
    store.keep("hand", theta.map((v) => String(+v.toFixed(4))).join());
  }

  find(".hand-net").addEventListener("click", () => goal().some(Number.isNaN) || flight.to(goal()));
  find(".hand-reset").addEventListener("click", () => flight.to(inside().identity));

  return {
    get theta() {
      return theta;
    },
    set,
    show,
    keep,
    stop: flight.stop,
    fits: () => theta.length === inside().identity.length,
    // Another family's numbers mean something else.
    forget() {
      flight.stop();
      theta = [];
    },
    start() {
      theta = [...inside().identity];
    },
  };
}
