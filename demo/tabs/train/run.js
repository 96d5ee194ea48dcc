// One visitor's run on the server: what he asks of it goes there, what is new comes back. Knows nothing of the page.

import { LOST, answerOf } from "../../ui/static/pump.js";

/** @import { Server } from "../../ui/static/types.d.ts" */

export const ENDED = ["stopped", "finished", "failed"];
export const BUSY = ["starting", "waiting", "running", "paused"];
const POLL_EVERY = { waiting: 1000, running: 90, paused: 500 }; // ms
const LOOK_ON_EVERY = { running: 500 }; // ms; a class of thirty does it

/**
 * @typedef {object} Hands what is done with what a run says
 * @property {() => { losses: number, tests: number, look: number }} seen what is known of it already
 * @property {(answer: any) => void} news
 * @property {(problem: string) => void} lost it cannot be reached any more
 */

/** @param {Server} server @param {Hands} hands */
export function createRun(server, { seen, news, lost }) {
  /** @type {string | null} */
  let id = null; // of the run on the server
  /** @type {Record<string, any>[]} */
  let wishes = []; // what the visitor asked for and the server has not heard yet
  /** @type {(value?: unknown) => void} */
  let wake = () => {};
  let state = ""; // what the server said last
  /** @type {string | null} */
  let owner = null; // by which the server knows one visitor's runs, and
  let share = ""; // by which others may look on

  // Asks for news until the run ends. One request at a time, so that nothing is told twice.
  async function follow() {
    const followed = id;
    let failures = 0;
    while (id === followed) {
      const wish = wishes.shift() ?? { action: "look" };
      const begun = performance.now();
      try {
        const answer = await answerOf(server.train({ ...wish, run: followed, ...seen() }));
        if (id !== followed) return;
        failures = 0;
        state = answer.error ? "stopped" : answer.state;
        if (answer.error) lost(answer.error);
        else news(answer);
      } catch (error) {
        failures += 1;
        if (wish.action !== "look") wishes.unshift(wish);
        if (failures === 5) {
          console.error(error);
          lost(LOST);
          return;
        }
      }
      if (ENDED.includes(state)) return;
      const pause = failures ? 1000 : Math.max(15, (POLL_EVERY[state] ?? 110) - (performance.now() - begun));
      if (!wishes.length) await Promise.race([new Promise((done) => (wake = done)), new Promise((done) => setTimeout(done, pause))]);
    }
  }

  return {
    get share() {
      return share;
    },
    // A new run in the place of the one before: undefined, or the sentence why there is none. `begun` is called first.
    /** @param {object} settings @param {boolean} paused @param {(answer: any) => void} begun */
    async start(settings, paused, begun) {
      const replaces = id;
      [id, wishes, state] = [null, [], "starting"];
      let answer;
      try {
        answer = await answerOf(server.train({ action: "start", settings, replaces, paused, owner }));
      } catch (error) {
        console.error(error);
        return LOST;
      }
      if (answer.error) return answer.error;
      ({ run: id, owner, share } = answer);
      begun(answer);
      if (paused) wishes.push({ action: "step" });
      follow();
    },
    // Of two wishes for learning rates only the later counts.
    wish(action, more = {}) {
      if (action === "rates") wishes = wishes.filter((wish) => wish.action !== "rates");
      wishes.push({ action, ...more });
      wake();
    },
    forget() {
      [id, wishes] = [null, []];
    },
  };
}

/**
 * Shows somebody else's runs, one after the other, for as long as the page is open.
 * @param {Server} server @param {string} share @param {Hands & { begun: (answer: any) => void }} hands
 */
export async function lookOn(server, share, { seen, begun, news, lost }) {
  let which = "";
  for (;;) {
    let state = "";
    try {
      const answer = await answerOf(server.train({ action: "follow", share, which, ...seen() }));
      if (answer.error) lost(answer.error);
      else {
        if (answer.which !== which) begun(answer);
        ({ which, state } = answer);
        news(answer);
      }
    } catch (error) {
      console.error(error);
      lost(LOST);
    }
    await new Promise((done) => setTimeout(done, LOOK_ON_EVERY[state] ?? 2000));
  }
}
