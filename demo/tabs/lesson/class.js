// An exercise asked of a whole class: its board stands in the place of the choices, and its reveal is the lesson's own.

import { createBoard } from "../../ui/room/board.js";
import { openClass } from "../../ui/room/teacher.js";
import { setText } from "../../ui/static/readings.js";

/** @import { View } from "../../ui/room/teacher.js" */
/** @import { Store } from "../../ui/static/types.d.ts" */

/**
 * @param {object} parts
 * @param {any} parts.element of the lesson
 * @param {Element[]} parts.sections
 * @param {Store} parts.store
 * @param {(number: number) => void} parts.choose opens an exercise, or the end
 * @param {() => number} parts.now the exercise that is open
 * @param {() => void} parts.changed what is covered may be another thing than before
 */
export function createLessonClass({ element, sections, store, choose, now, changed }) {
  const find = (selector) => element.querySelector(selector);
  const room = openClass(store);
  const board = createBoard(room, (view) => {
    const next = Number(view.asked.exercise) + 1;
    const last = next > sections.length;
    const free = { label: "Ask freely \u2026", press: askFreely };
    return [last ? { label: "What you now know", press: () => choose(next) } : { label: "Next exercise", press: () => ask(next) }, free];
  });

  /** @type {Set<number>} */
  const past = new Set(); // exercises that were revealed: the teacher may go back to them
  const asked = () => (room.view?.asked.kind === "exercise" && room.view.phase !== "over" ? Number(room.view.asked.exercise) : 0);

  async function ask(/** @type {number} */ number) {
    if (await room.ask({ kind: "exercise", exercise: number })) choose(number);
  }

  // In Play, about the image of this exercise.
  function askFreely() {
    find(".bench-open").click();
    /** @type {HTMLElement | null} */ (document.querySelector("#ask-class"))?.click();
  }

  function arrange(/** @type {View | null} */ view) {
    const number = asked();
    if (view && number) {
      board.show(view);
      const section = sections[number - 1];
      if (board.element.parentElement !== section) section.append(board.element);
    } else {
      board.element.remove();
    }
    const busy = Boolean(view) && number === now();
    element.classList.toggle("is-asked", busy);
    setText(find(".bench-before span"), busy ? "Your class is predicting. Reveal shows the rest." : "Make your prediction to see the rest.");
    setText(find(".ask-trouble"), busy ? "" : room.trouble); // where the board does not say so
  }

  room.follow((view, before) => {
    if (view?.phase === "told") past.add(asked());
    arrange(view);
    const moved = view?.round !== before?.round || view?.phase !== before?.phase;
    if (!moved) return;
    // Whoever opens the teacher's link again is where the class is.
    if (view && !before && asked() && store.tab === "lesson" && asked() !== now()) choose(asked());
    else changed();
  });
  for (const button of element.querySelectorAll(".ask-class")) button.addEventListener("click", () => ask(now()));

  return {
    open: (/** @type {number} */ number) => asked() === number && room.view?.phase === "open",
    told: (/** @type {number} */ number) => past.has(number),
    arrange: () => arrange(room.view),
  };
}
