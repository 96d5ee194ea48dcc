// Ties the lesson together. mount() is called once, when the tab is first opened.
//
// Each exercise shows its input; the learner predicts; then grid, output and both answers are shown, and one slider.

import { KEYS } from "../../ui/static/constants.js";
import { REACH, drawGrid, drawBitmap, fit } from "../../ui/static/figure.js";
import { createPace } from "../../ui/static/pace.js";
import { coloursOf } from "../../ui/static/palette.js";
import { createImage, latticeOf } from "../../ui/static/pixels.js";
import { LOST, answerOf, createPump } from "../../ui/static/pump.js";
import { make, setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";

/** @import { Server } from "../../ui/static/types.d.ts" */

/** @param {any} element @param {Server} server */
export function mount(element, server) {
  const store = openStore();
  const root = element.closest("#lesson") ?? element;
  const find = (selector) => element.querySelector(selector);
  const sections = [...element.querySelectorAll(".exercise")];
  const steps = [...element.querySelectorAll(".steps button")];
  const canvases = { input: find(".bench-input"), output: find(".bench-output") };
  const [inputImage, outputImage] = [createImage(), createImage()];
  const notice = find(".notice");
  const slider = find(".bench-slider input");
  const predictions = {}; // exercise -> the learner's choice
  const asked = Number(store.extra("exercise"));
  let exercise = sections[asked - 1] ? asked : 1; // a link may say anything
  let setUp = null; // the exercise's image and slider
  let request = null; // what is shown now
  let shown = null; // the newest answer
  let shownOf = 0; // the exercise it belongs to
  const exerciseOf = new WeakMap(); // request -> its exercise
  let said = null; // the right choice and why

  const names = { frame: "stn", halo: "halo", grid: "grid", veil: "veil", outside: "outside", quiet: "edge" };
  const colours = () => coloursOf(canvases.input, names);

  function say(problem) {
    setText(notice, problem);
    notice.hidden = !problem;
  }

  // Nothing is told of an exercise before its own image is there.
  const predicted = () => predictions[exercise] !== undefined && shownOf === exercise;

  function paint() {
    if (!shown || !canvases.input.clientWidth) return;
    if (predicted()) {
      drawGrid(canvases.input, inputImage.canvas, shown.lattice, colours());
      drawBitmap(canvases.output, outputImage.canvas);
    } else {
      // The same place on the canvas as with the grid round it, so that nothing moves when that comes.
      const { context, side } = fit(canvases.input);
      context.fillStyle = colours().outside;
      context.fillRect(0, 0, side, side);
      const unit = side / 2 / REACH;
      context.imageSmoothingEnabled = false;
      context.drawImage(inputImage.canvas, side / 2 - unit, side / 2 - unit, 2 * unit, 2 * unit);
      const blank = fit(canvases.output);
      blank.context.clearRect(0, 0, blank.side, blank.side);
      blank.context.fillStyle = colours().quiet;
      blank.context.font = `300 ${Math.round(blank.side / 4)}px system-ui, sans-serif`;
      blank.context.textAlign = "center";
      blank.context.textBaseline = "middle";
      blank.context.fillText("?", blank.side / 2, blank.side / 2);
    }
  }

  function reveal() {
    const told = predicted();
    root.classList.toggle("is-open", told);
    find(".bench-after").hidden = !told;
    find(".bench-before").hidden = told;
    find(".bench-next").hidden = exercise === sections.length;
    setText(find(".bench-left"), told ? "Where it looks" : "Input");
    paint();
    describe();
  }

  function describe() {
    if (!shown) return;
    const { answer } = shown;
    const stage = answer.stages[answer.stages.length - 1];
    const what = answer.image.words;
    canvases.input.setAttribute("aria-label", predicted() ? `The sampling grid on the input. The transformer ${stage.words}` : `Input: ${what}, distorted`);
    canvases.output.setAttribute("aria-label", predicted() ? `Corrected output: the transformer ${stage.words}` : "Corrected output, shown after your prediction");
    setText(find(".bench-theta"), predicted() ? `The transformer ${stage.words}.` : "");
    answer.compared.forEach((role, i) => {
      const { title, words } = answer.networks[role];
      setText(find([".says-cnn", ".says-stn"][i]), predicted() ? `${title}: ${words}.` : "");
    });
  }

  function draw(answer, number, state) {
    if (exerciseOf.get(state) !== exercise || !setUp) return; // of the one before
    say(answer.error ?? "");
    if (answer.error) return;
    inputImage.set(answer.input);
    outputImage.set(answer.output);
    shown = { answer, lattice: latticeOf(answer.stages[answer.stages.length - 1].lattice) };
    if (shownOf !== exercise) {
      shownOf = exercise;
      showSlider();
      reveal();
      showVerdict();
    } else {
      paint();
      describe();
    }
    root.dataset.drawn = JSON.stringify({ ...state, exercise });
  }

  const lost = (error) => {
    console.error(error);
    say(LOST);
  };
  const pace = createPace();
  const looks = createPump({
    ask: pace.timed((state) => answerOf(server.look(state))),
    limit: pace.limit,
    gap: pace.gap,
    draw,
    fail: lost,
  });

  function showSlider() {
    const { label, low, high, step } = KEYS[setUp.slider];
    setText(find(".bench-name"), label);
    Object.assign(slider, { min: low, max: high, step, value: request[setUp.slider] });
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
    request = { ...request, [setUp.slider]: Number(slider.value) };
    showValue();
    look();
  });

  function showVerdict() {
    const box = sections[exercise - 1].querySelector(".verdict");
    if (!predicted() || said?.exercise !== exercise) {
      box.replaceChildren();
      return;
    }
    const right = predictions[exercise] === said.right;
    box.replaceChildren(make("strong", right ? "is-right" : "", right ? "As you predicted." : "Not as you predicted."), make("p", "", said.words));
    sections[exercise - 1].querySelectorAll(".choice").forEach((label, k) => label.classList.toggle("is-answer", k === said.right));
  }

  async function answerFor(number) {
    sections[number - 1].querySelector(".verdict").replaceChildren(make("span", "quiet", "Measuring \u2026"));
    try {
      const found = await answerOf(server.solve({ exercise: number }));
      if (number !== exercise) return;
      say(found.error ?? "");
      if (!found.error) said = found;
      showVerdict();
    } catch (error) {
      lost(error);
      showVerdict();
    }
  }

  sections.forEach((section, k) => {
    section.addEventListener("change", (event) => {
      const first = predictions[k + 1] === undefined;
      predictions[k + 1] = Number(event.target.value);
      if (first) reveal();
      if (said?.exercise === k + 1) showVerdict();
      else answerFor(k + 1);
    });
  });

  async function open(number) {
    exercise = number;
    [setUp, request, shownOf] = [null, null, 0]; // what is seen stays until the new image comes
    sections.forEach((section, k) => (section.hidden = k + 1 !== number));
    steps.forEach((step, k) => (k + 1 === number ? step.setAttribute("aria-current", "step") : step.removeAttribute("aria-current")));
    try {
      const found = await answerOf(server.set_up({ exercise: number }));
      if (number !== exercise) return;
      if (found.error) {
        say(found.error);
        return;
      }
      setUp = found;
      request = found.request;
      if (predictions[number] !== undefined && said?.exercise !== number) answerFor(number);
      look();
    } catch (error) {
      lost(error);
    }
  }

  function choose(number) {
    store.keep("exercise", number);
    open(number);
  }

  steps.forEach((step, k) => step.addEventListener("click", () => choose(k + 1)));
  find(".bench-next").addEventListener("click", () => {
    choose(exercise + 1);
    steps[exercise - 1].focus();
  });
  find(".bench-open").addEventListener("click", () => {
    if (request) store.play(request);
  });

  new ResizeObserver(paint).observe(canvases.input);
  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });

  let renewed = -1; // the exchange of images whose are shown
  store.watch("lesson", () => {
    // The exercises have images of their own; only when these are exchanged is there something new to show.
    if (renewed === store.renewed && shown) {
      paint();
      return;
    }
    renewed = store.renewed;
    said = null; // of the images before
    open(exercise);
  });
}
