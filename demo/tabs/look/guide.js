// The guide: six short steps, each with the panel it speaks of. The address holds the step.

import { make } from "../../ui/static/readings.js";
import { LARGEST } from "./handles.js";

/** @import { Point } from "../../ui/static/types.d.ts" */

export function createGuide(box, { start, onStep }) {
  const texts = [...box.querySelectorAll("[data-step]")];
  const [back, next] = [box.querySelector(".guide-back"), box.querySelector(".guide-next")];
  const dots = box.querySelector(".guide-dots");
  const buttons = texts.map((text, i) => {
    const button = make("button", "guide-dot");
    button.type = "button";
    button.append(make("span", "guide-number", String(i + 1)), make("span", "guide-name", text.dataset.name));
    button.addEventListener("click", () => go(i + 1));
    const item = make("li");
    item.append(button);
    dots.append(item);
    return button;
  });
  let step = 0;

  function go(wanted, told = true) {
    step = Math.min(Math.max(wanted, 1), texts.length);
    texts.forEach((text, i) => {
      text.hidden = i + 1 !== step;
    });
    buttons.forEach((button, i) => {
      if (i + 1 === step) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
    back.disabled = step === 1;
    next.disabled = step === texts.length;
    onStep(step, texts[step - 1].dataset.panels?.split(" ") ?? [], told);
  }

  back.addEventListener("click", () => go(step - 1));
  next.addEventListener("click", () => go(step + 1));
  dots.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    go(step + way);
    buttons[step - 1].focus();
  });
  go(start, false);
  return {
    go,
    get steps() {
      return texts.length;
    },
  };
}

// The step of a link: anything but a whole number of a step counts as the first.
export function stepFrom(text, steps = 6) {
  const step = Number(text);
  return Number.isInteger(step) && step >= 1 && step <= steps ? step : 1;
}

// theta by hand from a link: "0.8,0,0.1,..." or null. The server checks it once more.
/** @param {unknown} text @returns {number[] | null} */
export function thetaFrom(text) {
  if (typeof text !== "string" || !/^-?[\d.]+(,-?[\d.]+)*$/.test(text)) return null;
  const theta = text.split(",").map(Number);
  return theta.length <= 128 && theta.every((v) => Number.isFinite(v) && Math.abs(v) <= LARGEST) ? theta : null;
}

// The chosen pixel of a link: "row-column", or null.
/** @param {string | null} text @returns {Point | null} */
export function pixelFrom(text) {
  const found = /^(\d{1,3})-(\d{1,3})$/.exec(text ?? "");
  return found ? [Number(found[1]), Number(found[2])] : null;
}
