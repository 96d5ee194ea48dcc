// A connection to the server that stays open: a question and its answer over it take the browser a tenth of the work of
// a request. Where there is none (a proxy that lets none through, a server that was started anew), ask() says so with
// null, at once, and whoever asks goes another way; so it does where no answer comes for seconds (a phone that slept). A
// lost line is opened again, later each time.

const [SOON, LATE] = [1000, 60_000]; // ms from a lost line to the next try
const PATIENCE = 4000; // ms until a line that does not answer counts as lost

export function openLine(/** @type {string} */ address, { now = () => performance.now(), Socket = WebSocket, patience = PATIENCE } = {}) {
  const url = new URL(address, document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  /** @type {Map<number, (view: any) => void>} */
  const waiting = new Map(); // number of a question -> what its answer is given to
  let asked = 0;
  let pause = SOON;
  let next = -Infinity; // when a lost line may be opened again
  /** @type {WebSocket | null} */
  let line = null;

  function open() {
    const opened = new Socket(url);
    line = opened;
    opened.onopen = () => (pause = SOON);
    opened.onmessage = ({ data }) => {
      const { n, view } = JSON.parse(data);
      waiting.get(n)?.(view);
      waiting.delete(n);
    };
    opened.onclose = () => line === opened && lose();
  }

  function lose() {
    const lost = line;
    line = null;
    lost?.close();
    next = now() + pause;
    pause = Math.min(2 * pause, LATE);
    for (const answer of waiting.values()) answer(null);
    waiting.clear();
  }

  open();
  return {
    // The server's answer to a state, null where it has to be asked another way.
    async ask(/** @type {object} */ state) {
      if (!line && now() >= next) open();
      if (line?.readyState !== Socket.OPEN) return null;
      asked += 1;
      const number = asked;
      line.send(JSON.stringify({ n: number, state }));
      setTimeout(() => waiting.has(number) && lose(), patience);
      return new Promise((answer) => waiting.set(number, answer));
    },
  };
}
