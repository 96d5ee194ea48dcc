// Ties the lesson together. mount() is called once, when the tab is first opened.
//
// Each exercise shows its input; the learner predicts; then the bench shows the rest, and one slider moves it. After the
// last comes what was learnt.

import { LOST, answerOf, createPump } from "../../ui/static/pump.js";
import { createPace } from "../../ui/static/pace.js";
import { make, setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";
import { createBench } from "./bench.js";
import { createLessonClass } from "./class.js";
import { remember, remembered } from "./remembered.js";
import { showResult, showVerdict } from "./result.js";

/** @import { Server } from "../../ui/static/types.d.ts" */

/** @param {any} element @param {Server} server */
export function mount(element, server) {
  const store = openStore();
  const root = element.closest("#lesson") ?? element;
  const find = (selector) => element.querySelector(selector);
  const sections = [...element.querySelectorAll(".exercise")];
  const steps = [...element.querySelectorAll(".steps button")]; // the last one's is the end
  const end = sections.length + 1;
  const notice = find(".notice");
  const slider = find(".bench-slider input");
  /** @type {Record<number, number>} */
  const predictions = remembered(sections); // exercise -> the learner's choice
  /** @type {Record<number, import("./result.js").Answer>} */
  const answers = {}; // exercise -> what was measured
  const asked = Number(store.extra("exercise"));
  let exercise = sections[asked - 1] ? asked : 1; // a link may say anything
  let setUp = null; // the exercise's first request and its slider
  let request = null; // what is shown now
  let shownOf = 0; // the exercise that the bench shows
  const exerciseOf = new WeakMap(); // request -> its exercise

  const bench = createBench(find(".bench"), (sample) => store.play({ ...request, sample }));

  function say(problem) {
    setText(notice, problem);
    notice.hidden = !problem;
  }

  const lost = (error) => {
    console.error(error);
    say(LOST);
  };

  const klass = createLessonClass({ element, sections, store, choose, now: () => exercise, changed });

  // Nothing is told of an exercise before its own image is there, nor while a class predicts.
  function predicted() {
    const known = predictions[exercise] !== undefined && !klass.open(exercise);
    return (known || klass.told(exercise)) && shownOf === exercise;
  }

  async function changed() {
    if (exercise === end) return;
    reveal();
    const number = exercise;
    if (klass.told(number)) await answerFor(number);
    if (number === exercise) showAnswer();
  }

  function reveal() {
    const told = predicted();
    root.classList.toggle("is-open", told);
    bench.tell(told);
    setText(find(".bench-next"), exercise + 1 === end ? "What you now know" : "Next exercise");
    showAnswer();
  }

  function showAnswer() {
    if (exercise === end) return;
    const answer = predicted() ? answers[exercise] : undefined;
    showVerdict(sections[exercise - 1], predictions[exercise], answer);
    bench.tabulate(answer?.table ?? []);
    markSteps();
  }

  function markSteps() {
    steps.forEach((step, k) => {
      if (k + 1 === exercise) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
      const answer = answers[k + 1];
      const sign = !answer || predictions[k + 1] === undefined ? "" : predictions[k + 1] === answer.right ? "\u2713" : "\u2717";
      step.dataset.sign = sign;
      step.setAttribute("aria-label", [step.textContent, { "\u2713": "predicted", "\u2717": "not predicted" }[sign]].filter(Boolean).join(", "));
    });
  }

  function draw(answer, number, state) {
    if (exerciseOf.get(state) !== exercise || !setUp) return; // of the one before
    say(answer.error ?? "");
    if (answer.error) return;
    const first = shownOf !== exercise;
    shownOf = exercise;
    if (first) bench.tell(predicted());
    bench.show(answer);
    if (first) {
      showSlider();
      reveal();
    }
    root.dataset.drawn = JSON.stringify({ ...state, exercise });
  }

  const pace = createPace();
  const looks = createPump({
    ask: pace.timed((state) => answerOf(setUp?.sheet ? server.sheet({ exercise: exerciseOf.get(state), rotation: state.rotation }) : server.look(state))),
    limit: pace.limit,
    gap: pace.gap,
    draw,
    fail: lost,
  });

  function showSlider() {
    const { name, label, low, high, step } = setUp.slider;
    setText(find(".bench-name"), label);
    Object.assign(slider, { min: low, max: high, step, value: request[name] });
    showValue();
  }

  function showValue() {
    setText(find(".bench-slider output"), String(+Number(slider.value).toFixed(2)).replace("-", "\u2212"));
  }

  function look() {
    exerciseOf.set(request, exercise);
    looks.push(request);
  }

  slider.addEventListener("input", () => {
    if (!request) return;
    request = { ...request, [setUp.slider.name]: Number(slider.value) };
    showValue();
    look();
  });

  // What an exercise's right answer is, measured; what was measured before is not asked again.
  async function answerFor(number) {
    if (answers[number]) return;
    const box = sections[number - 1].querySelector(".verdict");
    box.replaceChildren(make("span", "quiet", "Measuring \u2026"));
    const images = store.renewed;
    try {
      const found = await answerOf(server.solve({ exercise: number }));
      if (images !== store.renewed) return; // of the images before
      say(found.error ?? "");
      if (!found.error) answers[number] = found;
    } catch (error) {
      lost(error);
    }
    if (!answers[number]) box.replaceChildren();
  }

  sections.forEach((section, k) => {
    section.addEventListener("change", async (event) => {
      const first = predictions[k + 1] === undefined;
      predictions[k + 1] = Number(event.target.value);
      remember(predictions);
      if (first) reveal();
      await answerFor(k + 1);
      if (exercise === k + 1) showAnswer();
    });
  });

  async function open(number) {
    exercise = number;
    [setUp, request, shownOf] = [null, null, 0]; // what is seen stays until the new image comes
    sections.forEach((section, k) => (section.hidden = k + 1 !== number));
    find(".lesson-grid").hidden = number === end;
    find(".result").hidden = number !== end;
    root.classList.toggle("is-end", number === end);
    klass.arrange();
    markSteps();
    if (number === end) await openEnd();
    else await openExercise(number);
  }

  async function openExercise(number) {
    try {
      const found = await answerOf(server.set_up({ exercise: number }));
      if (number !== exercise) return;
      if (found.error) {
        say(found.error);
        return;
      }
      setUp = found;
      request = found.request;
      look();
      if (predictions[number] === undefined && !klass.told(number)) return;
      await answerFor(number);
      if (number === exercise) showAnswer();
    } catch (error) {
      lost(error);
    }
  }

  async function openEnd() {
    const show = () => exercise === end && showResult(find(".result"), sections, predictions, answers);
    show();
    await answerAll();
    show();
  }

  // Whatever was predicted: images may have been exchanged, or the page loaded again.
  async function answerAll() {
    for (const number of Object.keys(predictions)) await answerFor(Number(number));
    markSteps();
  }

  function choose(number) {
    if (number !== end) store.keep("exercise", number);
    open(number);
  }

  steps.forEach((step, k) => step.addEventListener("click", () => choose(k + 1)));
  find(".bench-next").addEventListener("click", () => {
    choose(exercise + 1);
    steps[exercise - 1].focus();
  });
  find(".bench-open").addEventListener("click", () => request && store.play(request));
  find(".result-print").addEventListener("click", () => window.print());
  let dark = false; // what is printed is light whatever is on the screen
  window.addEventListener("beforeprint", () => {
    dark = exercise === end && document.body.classList.contains("dark");
    if (dark) document.body.classList.remove("dark");
  });
  window.addEventListener("afterprint", () => dark && document.body.classList.add("dark"));
  find(".result-again").addEventListener("click", () => {
    for (const number of Object.keys(predictions)) delete predictions[number];
    remember(predictions);
    for (const section of sections) {
      showVerdict(section, undefined, undefined);
      for (const input of section.querySelectorAll("input")) input.checked = false;
    }
    choose(1);
    steps[0].focus();
  });

  for (const [number, choice] of Object.entries(predictions)) {
    sections[Number(number) - 1].querySelectorAll("input")[choice].checked = true;
  }

  let renewed = -1; // the exchange of images whose are shown
  store.watch("lesson", () => {
    // The exercises have images of their own; only when these are exchanged is there something new to show.
    if (renewed === store.renewed && (shownOf || exercise === end)) {
      bench.paint();
      return;
    }
    renewed = store.renewed;
    for (const number of Object.keys(answers)) delete answers[number]; // of the images before
    open(exercise).then(answerAll);
  });
}
