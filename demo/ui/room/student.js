// A student's page: the question and its choices, and after the reveal how it went. No name, and nothing is kept but a
// random number for as long as this window is open.

import { askRoom, createLine, LOST } from "./line.js";
import { make, setLength, setText } from "../static/readings.js";

const SHORT = 3; // characters of a choice, of which two fit beside each other
const PAUSE = 1000; // ms until an answer is sent again that did not arrive

// 32 hexadecimal digits. crypto.randomUUID is for https alone, and a class may be on plain http.
function newSession() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function sessionOf(room) {
  const key = `stn-room-${room}`;
  try {
    const kept = sessionStorage.getItem(key) ?? newSession();
    sessionStorage.setItem(key, kept);
    return kept;
  } catch {
    return newSession(); // a browser that keeps nothing
  }
}

/** @param {HTMLElement} main */
export function mount(main) {
  const find = (selector) => /** @type {HTMLElement} */ (main.querySelector(selector));
  const [title, text, list, said, words, notice] = ["h1", ".text", ".choices", ".said", ".words", ".trouble"].map(find);
  const query = new URLSearchParams(location.search);
  const code = (query.get("room") ?? "").trim().toUpperCase().slice(0, 20);
  const who = { code, session: sessionOf(code) };
  const dark = query.get("__theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.classList.toggle("dark", dark === "dark");
  setText(find(".room"), `Class ${code}`);

  let view = null;
  let built = ""; // round and choices that the buttons are of
  let wanted = null; // {round, choice}: an answer on its way
  let sending = false;
  /** @type {{button: HTMLButtonElement, fill: HTMLElement, count: HTMLElement, sign: HTMLElement}[]} */
  let rows = [];

  function build() {
    const key = JSON.stringify([view.round, view.choices]);
    if (key === built) return;
    built = key;
    window.scrollTo(0, 0);
    list.classList.toggle("is-short", view.choices.every((choice) => choice.length <= SHORT));
    rows = view.choices.map((choice, k) => {
      const button = make("button");
      const [fill, line] = [make("span", "fill"), make("span", "line")];
      const [count, sign] = [make("span", "count"), make("span", "sign")];
      line.append(make("span", "", choice), count);
      button.append(fill, line, sign);
      button.type = "button";
      button.setAttribute("role", "radio");
      button.addEventListener("click", () => choose(k));
      return { button, fill, count, sign };
    });
    list.replaceChildren(
      ...rows.map(({ button }) => {
        const item = make("li");
        item.setAttribute("role", "presentation");
        item.append(button);
        return item;
      }),
    );
  }

  const chosen = () => (wanted?.round === view.round ? wanted.choice : view.choice);

  function draw() {
    const { told, phase } = view;
    setText(title, phase === "over" ? "This class has ended." : view.title);
    setText(text, phase === "over" ? "Thank you for your predictions." : view.text);
    list.hidden = phase === "over";
    const own = told ? view.choice : chosen();
    const all = told ? Math.max(1, told.counts.reduce((sum, count) => sum + count, 0)) : 1;
    rows.forEach(({ button, fill, count, sign }, k) => {
      button.setAttribute("aria-checked", String(k === own));
      button.disabled = phase !== "open";
      setLength(fill, told ? told.counts[k] / all : 0);
      setText(count, told ? String(told.counts[k]) : "");
      const right = told?.right === k;
      setText(sign, right ? "\u2713 Right answer" : told && k === own ? "\u2717 Your answer" : "");
    });
    said.classList.toggle("is-told", Boolean(told) && phase !== "over");
    setText(said, phase === "over" ? "" : told ? verdict(own, told.right) : waiting(own));
    setText(words, phase === "over" || !told ? "" : told.words);
  }

  const verdict = (own, right) => (own === null ? "You gave no answer this time." : own === right ? "\u2713 You were right." : "\u2717 You were not right.");

  function waiting(own) {
    if (own === null) return "Choose one answer.";
    if (wanted) return "Sending your answer \u2026";
    return "Your answer has arrived. You may change it until your teacher reveals what is right.";
  }

  function show(next) {
    if (view && next.round !== view.round) wanted = null;
    view = next;
    build();
    draw();
  }

  function trouble(sentence, why = "") {
    setText(notice, sentence);
    notice.hidden = !sentence;
    if (view || !sentence) return;
    setText(title, why === "gone" ? "No class here" : why === "full" ? "No place left" : "Joining the class \u2026");
  }

  async function choose(choice) {
    wanted = { round: view.round, choice };
    draw();
    if (sending) return; // which goes on with this one
    sending = true;
    while (wanted) {
      const sent = wanted;
      try {
        const answer = await askRoom({ do: "answer", ...who, ...sent });
        if (answer.why === "busy") {
          trouble(answer.error);
          await new Promise((done) => setTimeout(done, PAUSE));
          continue;
        }
        if (wanted === sent) wanted = null;
        trouble(answer.error ?? "");
        if (!answer.error && !wanted && answer.round >= view.round) show(answer);
        else draw();
      } catch {
        trouble(LOST);
        await new Promise((done) => setTimeout(done, PAUSE));
      }
    }
    sending = false;
  }

  createLine(who, show, trouble);
}
