// The field's words, explained on hover, focus or tap. <button type="button" class="term" data-term="theta">theta</button>
// anywhere inside what createGlossary() was given is such a word, also where a script puts it there later.

import { make } from "./readings.js";

/** The one table: name -> [the word as a title, what it means]. */
export const TERMS = /** @type {Record<string, [string, string]>} */ ({
  theta: [
    "theta (\u03b8)",
    "The few numbers that the localisation network puts out. They say for each output pixel where in the input to read.",
  ],
  affine: [
    "Affine",
    "Any mix of turning, scaling, stretching, shearing and shifting: straight lines stay straight, parallel lines parallel. Six numbers.",
  ],
  similarity: ["Similarity", "Turns, shifts and scales by the same factor in all directions: no shape is distorted. Four numbers."],
  projective: ["Projective", "Straight lines stay straight, but parallel ones may meet, as in a photo taken at an angle. Eight numbers."],
  tps: [
    "Thin plate spline",
    "Bends the image smoothly, as a thin metal sheet would bend: a few control points are moved and everything between them follows. 4 \u00d7 4 points, 32 numbers.",
  ],
  padding: ["Padding", "What the sampler reads where a point of the grid lies outside the input."],
  border: ["Border", "Padding that reads the nearest pixel on the input\u2019s edge, as if the edge went on for ever."],
  zeros: ["Zeros", "Padding that reads 0 outside the input. After normalisation, 0 is the mean of the training images."],
  reflection: ["Reflection", "Padding that reads the input mirrored at its edge."],
});

// A word as a button, or as plain text where the table does not have it.
export function makeTerm(name, text = name) {
  if (!TERMS[name]) return make("span", "", text);
  const term = make("button", "term", text);
  term.type = "button";
  term.dataset.term = name;
  return term;
}

// Has a place hold a word; a word that stands there already stays, with the focus it may have.
export function putTerm(place, name, text = name) {
  if (place.textContent !== text) place.replaceChildren(makeTerm(name, text));
}

const PAUSE = 150; // ms: a pointer on its way elsewhere opens nothing, and one on its way to the text may leave the word
const GAP = 6; // px between the word and its text

/** @param {HTMLElement} root */
export function createGlossary(root) {
  const note = make("div", "term-note");
  Object.assign(note, { id: `${root.id || "page"}-term`, popover: "manual" });
  note.setAttribute("role", "tooltip");
  const [title, meaning] = [make("strong"), make("span")];
  note.append(title, meaning);
  root.append(note);

  /** @type {HTMLElement | null} */
  let open = null; // the word that is explained
  let held = false; // by a click: the pointer may go
  let timer = 0;

  const termAt = (/** @type {Event} */ event) => {
    const term = event.target instanceof Element ? event.target.closest(".term[data-term]") : null;
    return term instanceof HTMLElement && TERMS[term.dataset.term ?? ""] ? term : null;
  };

  function place(/** @type {HTMLElement} */ term) {
    const word = term.getClientRects()[0] ?? term.getBoundingClientRect();
    const { width, height } = note.getBoundingClientRect();
    const room = document.documentElement.clientWidth - width - 8;
    const below = word.bottom + GAP + height <= window.innerHeight;
    note.style.left = `${Math.max(8, Math.min(word.left, room))}px`;
    note.style.top = `${below ? word.bottom + GAP : Math.max(8, word.top - GAP - height)}px`;
  }

  function show(/** @type {HTMLElement} */ term) {
    clearTimeout(timer);
    if (open === term) return;
    hide();
    open = term;
    [title.textContent, meaning.textContent] = TERMS[term.dataset.term ?? ""];
    term.setAttribute("aria-describedby", note.id);
    note.showPopover();
    place(term);
  }

  function hide() {
    clearTimeout(timer);
    if (!open) return;
    open.removeAttribute("aria-describedby");
    if (note.isConnected) note.hidePopover();
    [open, held] = [null, false];
  }

  function later(/** @type {() => void} */ work) {
    clearTimeout(timer);
    timer = window.setTimeout(work, PAUSE);
  }

  root.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const term = termAt(event);
    if (term) later(() => show(term));
    else if (note.contains(/** @type {Node} */ (event.target))) clearTimeout(timer);
  });
  root.addEventListener("pointerout", (event) => {
    if (event.pointerType === "touch" || held) return;
    if (termAt(event) || note.contains(/** @type {Node} */ (event.target))) later(hide);
  });
  root.addEventListener("focusin", (event) => {
    const term = termAt(event);
    if (term?.matches(":focus-visible")) show(term);
  });
  root.addEventListener("focusout", (event) => {
    if (termAt(event)) hide();
  });
  document.addEventListener("click", (event) => {
    const term = termAt(event);
    if (note.contains(/** @type {Node} */ (event.target))) return;
    if (!term || !root.contains(term) || (term === open && held)) {
      hide();
    } else {
      show(term);
      held = true;
    }
  });
  // Before anything else that Escape does.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !open) return;
      event.preventDefault();
      hide();
    },
    true,
  );
  window.addEventListener("scroll", hide, { passive: true, capture: true });
}
