// What is seen of a run: numbers, charts, the film and where it stands. Decides nothing.

import { createPalette } from "../../ui/static/palette.js";
import { createPlan } from "../../ui/static/plan.js";
import { setText } from "../../ui/static/readings.js";
import { createCells } from "./cells.js";
import { createRunCharts } from "./chart.js";
import { createFilm, frameOf, smoothed, stackOf } from "./film.js";

const NAMES = ["cnn", "halo", "grid", "veil", "outside", "ink", "quiet", "edge"];
const LOWEST = 280; // CSS pixels for all rows of images

/** @param {any} element @param {any} home @param {import("./settings.js").Training} training */
export function createScreen(element, home, training) {
  const find = (selector) => element.querySelector(selector);
  const stage = find(".train");
  const cells = createCells(find("#train-cells"), training.watched);
  const charts = createRunCharts(find("#train-chart-loss"), find("#train-chart-accuracy"));
  const scrub = find("#train-scrub");
  const palette = createPalette(stage, { frame: "stn", ...Object.fromEntries(NAMES.map((name) => [name, name])) }, () => plan());

  let film = createFilm();
  let inputs = null;
  /** @type {number[]} */
  let labels = [];
  /** @type {string[]} */
  let classes = [];
  let things = "digits";
  let references = {};
  let begun = false; // whether the film is a run's, not a preview
  let seconds = 0;
  let following = true; // the newest frame is shown
  let shownStep = 0; // else the one at this update
  const plan = createPlan(() => stage.clientWidth && paint());

  const percent = (value) => `${value.toFixed(1)}\u202f%`;

  function paint() {
    const last = film.frames.length - 1;
    const index = following ? last : film.nearest(shownStep);
    const frame = film.frames[index] ?? null;
    // While it follows, the numbers are the newest; a film's frame is from its own update.
    const step = following ? film.losses.length : frame.step;
    const test = film.testAt(step);
    const [means, training_] = [smoothed(film.losses), smoothed(film.training)];
    const [loss, trained] = [means[step - 1] ?? null, training_[step - 1] ?? null];
    setText(find("#train-update"), step.toLocaleString("en"));
    // How long an earlier update took to come, and what was said then, is not kept.
    setText(find("#train-time"), following ? `${seconds.toFixed(0)} s` : "\u2013");
    find("#train-verdict").classList.toggle("is-later", !following);
    setText(find("#train-loss"), loss === null ? "\u2013" : loss.toFixed(2));
    setText(find("#train-training"), trained === null ? "\u2013" : percent(trained));
    setText(find("#train-accuracy"), test ? percent(test.accuracy) : "\u2013");
    scrub.max = Math.max(0, last);
    scrub.value = Math.max(0, index);
    scrub.disabled = last < 1;
    const when = frame ? `step ${frame.step.toLocaleString("en")}` : "no run yet";
    setText(find("#train-when"), when);
    scrub.setAttribute("aria-valuetext", when);
    find("#train-newest").disabled = following;
    const run = { means, training: training_, tests: film.tests };
    const changes = film.changes.map((change) => change.step);
    charts.draw({ run, references, changes, xEnd: xEnd(), mark: following ? null : frame.step, colours: palette });
    nameCharts(step, loss, trained, test);
    cells.draw(inputs, { labels, classes }, frame, palette, Math.max(LOWEST, roomForCells()));
    stage.style.setProperty("--bar", `${find(".train-bar").offsetHeight}px`);
    stage.dataset.plain = String(frame?.lattices.length === 0);
    if (frame) nameCells(frame, when);
    home.dataset.step = String(film.losses.length);
    home.dataset.frames = String(film.frames.length);
    home.dataset.shown = frame ? String(frame.step) : "";
  }

  // What the window leaves under what stands above the images. Where they are pinned, their place tells nothing.
  function roomForCells() {
    const canvas = find("#train-cells");
    if (getComputedStyle(canvas).position === "sticky") return 0;
    return window.innerHeight - canvas.getBoundingClientRect().top - window.scrollY - 16;
  }

  function nameCharts(step, loss, trained, test) {
    const named = (what, value) => `${what} against steps: ${value} at step ${step}`;
    const kinds = Object.keys(references).length ? "; beside it the recorded runs with the defaults and without transformer" : "";
    const accuracy = test ? `${test.accuracy} percent on test images, ${trained === null ? "nothing yet" : trained.toFixed(1)} in training` : "nothing yet";
    find("#train-chart-loss").setAttribute("aria-label", named("Loss", loss === null ? "nothing yet" : loss.toFixed(2)) + kinds);
    find("#train-chart-accuracy").setAttribute("aria-label", named("Accuracy", accuracy) + kinds);
    find("#train-legend").hidden = !kinds;
  }

  function nameCells(frame, when) {
    const right = frame.guesses.filter((guess, i) => guess === labels[i]).length;
    const what = frame.lattices.length ? "their sampling grids and outputs" : "what the classifier gets, without transformer";
    const said = `Twelve ${things} at ${when}, with ${what}; ${right} of ${labels.length} are classified correctly`;
    find("#train-cells").setAttribute("aria-label", said);
  }

  // Before a run the recorded ones are seen whole; a run has the chart to itself and grows in it.
  function xEnd() {
    const recorded = Math.max(200, ...Object.values(references).map((one) => one.step.at(-1)));
    return begun ? Math.min(training.maxSteps, Math.max(200, 100 * Math.ceil((film.losses.length * 1.08) / 100))) : recorded;
  }

  function showAt(step, newest) {
    following = newest;
    shownStep = step;
    plan();
  }

  find("#train-newest").addEventListener("click", () => showAt(0, true));
  scrub.addEventListener("input", () => {
    const index = Number(scrub.value);
    if (film.frames[index]) showAt(film.frames[index].step, index === film.frames.length - 1);
  });
  // On a chart one points at an update.
  for (const name of ["loss", "accuracy"]) {
    const canvas = find(`#train-chart-${name}`);
    const point = (event) => {
      if (film.frames.length < 2 || (event.type === "pointermove" && !event.buttons)) return;
      const frame = film.frames[film.nearest(charts.stepAt(name, event.clientX, xEnd()))];
      showAt(frame.step, frame === film.frames.at(-1));
    };
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("pointermove", point);
  }
  new ResizeObserver(plan).observe(stage);

  function cast(answer) {
    inputs = stackOf(answer.inputs);
    ({ labels, classes, things, references } = answer);
    setText(find("#train-about"), answer.about);
    setText(find("#train-test-title"), answer.about_test);
    setText(find("#train-recorded"), answer.about_recorded);
  }

  return {
    plan,
    get film() {
      return film;
    },
    // Where a run's news go on.
    seen() {
      const look = inputs && film.frames.length ? film.frames.at(-1).step : -1;
      return { losses: film.losses.length, tests: film.tests.length, look };
    },
    begin() {
      [film, following, seconds, begun] = [createFilm(), true, 0, true];
      plan();
    },
    preview(answer) {
      cast(answer);
      [film, following, seconds, begun] = [createFilm(), true, 0, false];
      film.add(frameOf(answer.look));
      plan();
    },
    // Nothing to see: there are no images for these settings.
    clear() {
      [film, following, seconds, begun, inputs, references] = [createFilm(), true, 0, false, null, {}];
      for (const id of ["#train-about", "#train-test-title", "#train-recorded"]) setText(find(id), "");
      find("#train-cells").setAttribute("aria-label", "No images");
      plan();
    },
    add(answer) {
      if (answer.inputs) cast(answer);
      film.losses.push(...answer.losses);
      film.training.push(...answer.training);
      film.tests.push(...answer.tests);
      film.changes = answer.changes;
      if (answer.look && inputs) film.add(frameOf(answer.look));
      seconds = answer.seconds;
      plan();
    },
  };
}
