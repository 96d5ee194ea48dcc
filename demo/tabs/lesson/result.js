// What is said once an exercise is answered, and the lesson's end: what was learnt, all predictions, a page to print.

import { make, setText } from "../../ui/static/readings.js";

/** @typedef {{exercise: number, right: number, words: string, learnt: string, table: string[][]}} Answer */

// Marks an exercise's choices, in words and by a sign, and says why. Without an answer, all of that is taken back.
/** @param {Element} section @param {number | undefined} predicted @param {Answer | undefined} answer */
export function showVerdict(section, predicted, answer) {
  const box = /** @type {Element} */ (section.querySelector(".verdict"));
  const known = predicted !== undefined && answer !== undefined;
  section.querySelectorAll(".choice").forEach((choice, k) => {
    const [right, own] = [known && k === answer.right, known && k === predicted];
    choice.classList.toggle("is-answer", right);
    choice.classList.toggle("is-wrong", own && !right);
    const sign = right ? "\u2713 Right answer" : own ? "\u2717 Your prediction" : "";
    setText(choice.querySelector(".choice-sign"), sign);
    /** @type {HTMLInputElement} */ (choice.querySelector("input")).disabled = known; // a prediction stands
  });
  if (!known) {
    box.replaceChildren();
    return;
  }
  const verdict = predicted === answer.right ? "As you predicted." : "Not as you predicted.";
  box.replaceChildren(make("strong", "", verdict), make("p", "", answer.words));
}

/** @param {HTMLElement} box @param {Element[]} sections @param {Record<number, number>} predictions @param {Record<number, Answer>} answers */
export function showResult(box, sections, predictions, answers) {
  const find = (selector) => /** @type {Element} */ (box.querySelector(selector));
  const count = sections.length;
  const done = sections.map((_, k) => k + 1).filter((n) => predictions[n] !== undefined && answers[n]);
  const score = done.filter((n) => predictions[n] === answers[n].right).length;
  setText(find("#result-title"), `${done.length} of ${count}${done.length === count ? ": what you now know" : " answered so far"}`);
  setText(find(".result-score"), done.length ? `${score} of your ${done.length} prediction${done.length === 1 ? " was" : "s were"} right.` : "Answer an exercise, and it is listed here.");
  /** @type {HTMLElement} */ (find(".result-parts")).hidden = !done.length;
  find(".result-learnt ul").replaceChildren(...done.map((n) => make("li", "", answers[n].learnt)));
  find(".result-answers ol").replaceChildren(
    ...done.map((n) => {
      const section = sections[n - 1];
      const choices = [...section.querySelectorAll(".choice-text")].map((choice) => choice.textContent);
      const right = predictions[n] === answers[n].right;
      const item = make("li");
      item.value = n;
      item.append(
        make("p", "asked", section.querySelector(".question")?.textContent),
        make("p", "", `${right ? "\u2713 Your prediction, and right" : "\u2717 Your prediction"}: ${choices[predictions[n]]}.`),
      );
      if (!right) item.append(make("p", "", `\u2713 Right answer: ${choices[answers[n].right]}.`));
      return item;
    }),
  );
}
