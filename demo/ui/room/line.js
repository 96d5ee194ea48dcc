// The line to a room: asks again as soon as there is an answer, and the server answers when something has changed.

const LONGEST = 20_000; // ms: twice what the server waits; an answer that takes longer will not come any more
const AGAIN = [500, 1000, 1500]; // ms until the next try, the last one for good
const LATER = 4000; // ms where the server says that there is no place now
const GAP = 150; // ms between two answers: sixty students who answer at once are a few answers for the teacher

export const LOST = "The connection is lost. Trying again \u2026 Nothing is lost.";

/** @typedef {{error: string, why: string}} Refusal */

// Asks once. Fails where the server cannot be reached.
/** @param {object} request @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function askRoom(request, signal) {
  const response = await fetch(new URL("stn-room", document.baseURI), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
    signal,
  });
  const answer = await response.json();
  if (answer.error && !answer.why) throw new Error(answer.error); // not the room's own word
  return answer;
}

/**
 * @param {object} who what tells the room who asks
 * @param {(view: any) => void} show
 * @param {(sentence: string, why: string) => void} trouble "" when there is none any more
 */
export function createLine(who, show, trouble) {
  let seen = null; // the version that is shown
  let failed = 0; // times in a row
  let open = true;
  let tries = 0; // the newest round of asking; older ones stop
  let waiting = new AbortController();

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  function take(view) {
    if (view.version === seen) return;
    seen = view.version;
    show(view);
  }

  async function once(number) {
    const timer = setTimeout(() => waiting.abort(), LONGEST);
    try {
      const answer = await askRoom({ do: "watch", ...who, seen }, waiting.signal);
      if (number !== tries) return;
      failed = 0;
      if (!answer.error) {
        trouble("", "");
        take(answer);
        await pause(GAP);
        return;
      }
      trouble(answer.error, answer.why);
      if (["gone", "teacher", "request"].includes(answer.why)) open = false;
      else await pause(LATER);
    } catch {
      if (number !== tries) return;
      if (failed) trouble(LOST, "lost");
      await pause(AGAIN[Math.min(failed, AGAIN.length - 1)]);
      failed += 1;
    } finally {
      clearTimeout(timer);
    }
  }

  async function ask() {
    const number = ++tries;
    while (open && number === tries) {
      waiting = new AbortController();
      await once(number);
    }
  }

  // A phone that slept has a request that nobody will answer any more, and what it shows may be old.
  function wake() {
    if (!open || document.visibilityState === "hidden") return;
    tries += 1; // whoever asks now stops, and says nothing
    waiting.abort();
    seen = null;
    ask();
  }
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("pageshow", (event) => event.persisted && wake());
  window.addEventListener("online", wake);

  ask();
  return {
    take, // a view that came another way
    close() {
      open = false;
      waiting.abort();
    },
  };
}
