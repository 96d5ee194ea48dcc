import { OPENING } from "./constants.js";
import { openLine } from "./line.js";

export const LOST = "The server did not answer. Is the program that serves this page still running?";

// What a server function answers. Gradio's never fail: where there is no answer they give undefined, here an error.
export async function answerOf(call) {
  const answer = await call;
  if (answer === undefined || answer === null) throw new Error(LOST);
  return answer;
}

// Asks over `line`, a connection of the page's own that stays open, while there is one; else by a request of its own to
// `address`; and over Gradio's way, `otherwise`, behind something that lets only Gradio's addresses through. The view that
// a page without a link opens with is on its way since the page's head was read.
export function createAsk(
  /** @type {string} */ address,
  /** @type {(request: object) => Promise<any>} */ otherwise,
  line = openLine(address),
) {
  const url = new URL(address, document.baseURI);
  const headers = { "Content-Type": "application/json" };
  let open = true;
  let opening = JSON.stringify(OPENING); // until it was asked for
  return async (/** @type {object} */ request) => {
    if (opening === JSON.stringify(request)) {
      opening = "";
      const response = await fetch(url);
      if (response.ok) return response.json();
    }
    const answer = await line.ask(request);
    if (answer) return answer;
    if (open) {
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(request) });
      if (response.ok) return response.json();
      open = false;
    }
    return answerOf(otherwise(request));
  };
}

// The pump keeps up to `limit()` requests in flight and only ever draws the newest answer.
//
// push(state) replaces whatever is waiting: when the network is slower than the hand, states in between are dropped,
// never the last one. Requests are at least `gap()` ms apart: answers that come in pairs share a frame, and one of them
// is never seen. An answer that arrives after a newer one was drawn is thrown away. The first answer since the last
// animation frame is drawn at once, so that the next frame has only to show it; of more, the newest is drawn when that
// frame has shown the first: drawn in it, it would cover what nobody has seen. By then the next answer is on its way, and
// would have to wait as well, and so on, each shown a frame late. So after some answers that all waited, one is drawn over
// an image that was never seen. A failure counts as the answer to its request: told unless something newer has arrived,
// and an older answer no longer hides it.

const LATE = 2; // ms that an answer waits for a frame, from where on it came in time for the frame before
const LATE_IN_A_ROW = 4; // answers, after which one is worth an image that nobody sees

export function createPump({ ask, draw, fail, limit = () => 6, gap = () => 0, nextFrame = requestAnimationFrame.bind(window) }) {
  let waiting = null; // the newest state that has not been sent
  let inFlight = 0;
  let sent = 0; // number of the newest request
  let arrived = 0; // number of the newest answer, drawn or about to be
  let newest = null; // that answer, until it is drawn
  let sendPlanned = false;
  let lastSent = -Infinity; // when, ms
  let pause = null; // until the next may be sent
  let frameTaken = false; // something was drawn that no frame has shown yet
  let late = 0; // answers in a row that waited for a frame

  function push(state) {
    waiting = state;
    if (sendPlanned) return;
    sendPlanned = true;
    // A microtask: changes that come together, as on reset, make one request, and a drag loses no frame to waiting.
    queueMicrotask(() => {
      sendPlanned = false;
      send();
    });
  }

  function send() {
    if (waiting === null || inFlight >= limit() || pause) return;
    const early = lastSent + gap() - performance.now();
    if (early > 1) {
      pause = setTimeout(() => {
        pause = null;
        send();
      }, early);
      return;
    }
    lastSent = performance.now();
    const state = waiting;
    const number = ++sent;
    waiting = null;
    inFlight += 1;
    ask(state)
      .finally(() => {
        inFlight -= 1;
        clearTimeout(pause); // the gap may have changed
        pause = null;
        send(); // before the answer is drawn, which takes a while
      })
      .then(
        (answer) => receive(number, state, answer),
        (error) => receive(number, state, null, error ?? new Error("no answer")),
      );
  }

  function receive(number, state, answer, error = null) {
    if (number <= arrived) return;
    arrived = number;
    newest = { number, state, answer, error, at: performance.now() };
    if (!frameTaken || late >= LATE_IN_A_ROW) {
      late = 0;
      drawNewest();
    }
  }

  function drawNewest() {
    if (newest === null) return;
    const { number, state, answer, error } = newest;
    newest = null;
    // Behind the frame's own work: what is drawn then is shown by the frame after it.
    if (!frameTaken) nextFrame(() => setTimeout(afterFrame));
    frameTaken = true;
    if (error) fail(error, number);
    else draw(answer, number, state);
  }

  function afterFrame() {
    frameTaken = false;
    if (newest === null) return;
    late = performance.now() - newest.at > LATE ? late + 1 : 0;
    drawNewest();
  }

  return {
    push,
    get busy() {
      return inFlight > 0 || waiting !== null || newest !== null;
    },
    get sent() {
      return sent;
    },
  };
}
