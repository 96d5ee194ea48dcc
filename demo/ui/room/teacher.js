// The teacher's side of a room: opens it, asks, reveals. One for the whole page, whichever tab asks.

import { SPACE_PAGE } from "../static/constants.js";
import { askRoom, createLine, LOST } from "./line.js";

/** @import { Store } from "../static/types.d.ts" */

/**
 * What the server tells the teacher of a room.
 * @typedef {{
 *   room: string, round: number, phase: "open" | "told" | "over", title: string, text: string, choices: string[],
 *   told: {right: number, words: string, counts: number[]} | null, answered: number, students: number,
 *   version: string, asked: {kind: string} & Record<string, any>,
 * }} View
 */

/** @typedef {ReturnType<typeof createClass>} Class */

// Where students go: this page's address, or on a Space the address of its page, and the code.
export function linkOfRoom(code, base = SPACE_PAGE ?? document.baseURI) {
  const url = new URL(base);
  url.search = url.hash = "";
  url.searchParams.set("room", code);
  return url.href;
}

/** @param {Store} store */
function createClass(store) {
  /** @type {((view: View | null, before: View | null) => void)[]} */
  const followers = [];
  /** @type {View | null} */
  let view = null;
  let line = null;
  let keys = { code: store.extra("room"), token: store.extra("teacher") };

  function show(next) {
    const before = view;
    view = next;
    for (const follow of followers) follow(view, before);
  }

  function trouble(sentence, why = "") {
    self.trouble = sentence;
    if (why === "gone" || why === "teacher") leave();
    else show(view);
  }

  // Of a room that is gone nothing is left but the sentence that says so.
  function leave() {
    line?.close();
    line = null;
    keys = { code: null, token: null };
    store.keep("room", null);
    store.keep("teacher", null);
    show(null);
  }

  function listen() {
    line = createLine(keys, show, trouble);
  }

  /** @param {object} request @returns {Promise<any>} */
  async function send(request) {
    try {
      const answer = await askRoom(request);
      trouble(answer.error ?? "", answer.why);
      return answer.error ? null : answer;
    } catch {
      trouble(LOST.split(".")[0] + ". Try again.");
      return null;
    }
  }

  const self = {
    trouble: "", // a sentence on what went wrong last
    get view() {
      return view;
    },
    get code() {
      return keys.code;
    },
    link: () => linkOfRoom(keys.code),
    // Asks the class, which is gathered first where there is none.
    async ask(/** @type {object} */ question) {
      const ended = view?.phase === "over";
      if (ended) leave();
      const answer = keys.token ? await send({ do: "ask", ...keys, question }) : await send({ do: "open", question });
      if (!answer) return false;
      if (answer.token) {
        keys = { code: answer.room, token: answer.token };
        store.keep("room", keys.code);
        store.keep("teacher", keys.token);
        show(answer);
        listen();
      } else {
        line?.take(answer);
      }
      return true;
    },
    async reveal() {
      const answer = view && (await send({ do: "reveal", ...keys, round: view.round }));
      if (answer) line?.take(answer);
    },
    async end() {
      const answer = await send({ do: "end", ...keys });
      if (answer) line?.take(answer);
    },
    leave,
    // The link as a QR code: an SVG, as a data URI.
    async code_image() {
      const answer = await send({ do: "qr", ...keys, link: self.link() });
      return answer?.image ?? null;
    },
    follow(/** @type {(view: View | null, before: View | null) => void} */ changed) {
      followers.push(changed);
      if (view) queueMicrotask(() => changed(view, null)); // when whoever follows is made
    },
  };
  if (keys.code && keys.token) listen();
  return self;
}

/** @type {Class | undefined} */
let one;

/** @param {Store} store @returns {Class} */
export function openClass(store) {
  one ??= createClass(store);
  return one;
}
