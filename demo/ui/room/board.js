// The board: what a projector shows of a class. The choices, how to join, how many have answered; after the reveal, bars.

import { copyText } from "../static/files.js";
import { make, setLength, setText } from "../static/readings.js";
import { saveFigure, saveTable } from "./bars.js";

/** @import { Class, View } from "./teacher.js" */

const LOCAL = /^(localhost|127\..*|\[::1\])$/;
const HERE_ONLY = "Only this computer can open that address. Phones need the page\u2019s address in your network.";

function button(text, className = "") {
  const made = make("button", className, text);
  made.type = "button";
  return made;
}

// Buttons of a tab's own for the time after the reveal: what comes next.
/** @typedef {{label: string, press: () => void}} Step */

/** @param {Class} room @param {(view: View) => Step[]} steps */
export function createBoard(room, steps) {
  const board = make("section", "board");
  board.setAttribute("aria-label", "The class");
  const text = make("p", "board-text");
  const list = make("ol", "board-rows");
  const join = make("div", "board-join");
  const enlarge = button("", "board-qr");
  enlarge.setAttribute("aria-label", "Enlarge the code");
  const picture = /** @type {HTMLImageElement} */ (make("img"));
  picture.alt = "QR code of the link to this class";
  enlarge.append(picture);
  const [address, code] = [make("p", "board-address"), make("p", "board-code")];
  const how = make("div", "board-how");
  const copy = button("Copy link");
  const count = make("p", "board-count");
  count.setAttribute("role", "status");
  const reveal = button("Reveal", "is-main");
  const asking = make("div", "board-buttons");
  asking.append(reveal, copy);
  how.append(address, code, count, asking);
  join.append(enlarge, how);
  const words = make("p", "board-words");
  const told = make("div", "board-buttons board-told");
  const trouble = make("p", "board-trouble");
  trouble.setAttribute("role", "alert");
  const large = make("dialog", "board-large");
  board.append(text, list, join, words, told, trouble, large);

  /** @type {{row: HTMLElement, fill: HTMLElement, number: HTMLElement, sign: HTMLElement}[]} */
  let rows = [];
  let built = "";
  let drawn = ""; // the room that the QR code is of

  function build(/** @type {View} */ view) {
    const key = JSON.stringify(view.choices);
    if (key === built) return;
    built = key;
    rows = view.choices.map((choice) => {
      const row = make("li", "board-row");
      const [fill, number, sign] = [make("span", "board-fill"), make("span", "board-number"), make("span", "board-sign")];
      row.append(fill, make("span", "board-choice", choice), sign, number);
      return { row, fill, number, sign };
    });
    board.classList.toggle("is-short", view.choices.length > 5);
    list.replaceChildren(...rows.map(({ row }) => row));
  }

  async function drawCode() {
    if (drawn === room.code) return;
    drawn = room.code ?? "";
    const link = new URL(room.link());
    setText(address, link.href.replace(`${link.protocol}//`, ""));
    setText(code, room.code);
    picture.hidden = true;
    const image = await room.code_image();
    if (!image || drawn !== room.code) return;
    picture.src = image;
    picture.hidden = false;
  }

  function say() {
    const local = room.code && LOCAL.test(new URL(room.link()).hostname);
    setText(trouble, room.trouble || (local && room.view?.phase === "open" ? HERE_ONLY : ""));
    trouble.hidden = !trouble.textContent;
  }

  function showButtons(/** @type {View} */ view) {
    const own = steps(view).map(({ label, press }, k) => {
      const made = button(label, k ? "" : "is-main");
      made.addEventListener("click", press);
      return made;
    });
    const [table, figure, codes, end] = [button("CSV"), button("PNG"), button("Show code"), button("End the class")];
    table.title = "Save the answers as a table";
    figure.title = "Save the bars as an image";
    table.addEventListener("click", () => saveTable(view));
    figure.addEventListener("click", () => saveFigure(view, board));
    codes.addEventListener("click", openLarge);
    end.addEventListener("click", () => room.end());
    told.replaceChildren(...own, table, figure, codes, end);
  }

  function openLarge() {
    const image = /** @type {HTMLImageElement} */ (picture.cloneNode());
    const close = button("Close");
    const copied = button("Copy link");
    copied.addEventListener("click", () => copyLink(copied));
    close.addEventListener("click", () => large.close());
    const buttons = make("div", "board-buttons");
    buttons.append(copied, close);
    large.replaceChildren(image, make("p", "board-address", address.textContent), make("p", "board-code", room.code), buttons);
    large.showModal();
  }

  async function copyLink(/** @type {HTMLElement} */ pressed) {
    const done = await copyText(room.link());
    setText(pressed, done ? "Copied" : room.link());
    setTimeout(() => setText(pressed, "Copy link"), 3000);
  }

  function show(/** @type {View} */ view) {
    build(view);
    setText(text, view.text);
    board.dataset.phase = view.phase;
    const { told: result } = view;
    const all = result ? Math.max(1, result.counts.reduce((sum, each) => sum + each, 0)) : 1;
    rows.forEach(({ row, fill, number, sign }, k) => {
      const right = result?.right === k;
      row.classList.toggle("is-answer", right);
      setLength(fill, result ? result.counts[k] / all : 0);
      setText(number, result ? String(result.counts[k]) : "");
      setText(sign, right ? "\u2713" : "");
      sign.setAttribute("aria-label", right ? "right answer" : "");
    });
    setText(count, view.students ? `${view.answered} of ${view.students} have answered` : "Nobody is here yet.");
    join.hidden = view.phase !== "open";
    told.hidden = words.hidden = view.phase === "open";
    if (result) {
      const sum = result.counts.reduce((total, each) => total + each, 0);
      setText(words, `${result.counts[result.right]} of ${sum} were right. ${result.words}`);
    }
    if (told.dataset.of !== `${view.round} ${view.phase}`) {
      told.dataset.of = `${view.round} ${view.phase}`;
      showButtons(view);
    }
    drawCode();
    say();
  }

  reveal.addEventListener("click", () => room.reveal());
  copy.addEventListener("click", () => copyLink(copy));
  enlarge.addEventListener("click", openLarge);
  large.addEventListener("click", (event) => event.target === large && large.close());
  return { element: board, show };
}
