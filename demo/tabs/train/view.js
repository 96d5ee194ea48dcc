// Ties the train tab together. mount() is called once, when the tab is first opened.

import { createPalette } from "../../ui/static/palette.js";
import { LOST, answerOf, createPump } from "../../ui/static/pump.js";
import { setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";
import { createCells } from "./cells.js";
import { createRunCharts } from "./chart.js";
import { createFilm, frameOf, smoothed, stackOf } from "./film.js";
import { createSettings } from "./settings.js";

/** @import { Server } from "../../ui/static/types.d.ts" */
/** @import { Training } from "./settings.js" */

const HEARD = { stopped: "Stopped. ", finished: "Finished. ", failed: "Failed. " };
const ENDED = Object.keys(HEARD);
const POLL_EVERY = { running: 90, paused: 500 }; // ms

/** @param {any} element @param {Server} server @param {Training} training */
export function mount(element, server, training) {
  const home = element.closest("#train-view") ?? element;
  const find = (selector) => element.querySelector(selector);
  const stage = find(".train");
  const store = openStore();
  const settings = createSettings(find("form"), store, training);
  const cells = createCells(find("#train-cells"), training.watched);
  const charts = createRunCharts(find("#train-chart-loss"), find("#train-chart-accuracy"));
  const scrub = find("#train-scrub");

  let run = null; // the id of the run on the server
  let state = "idle"; // idle, starting, or what the server says
  let film = createFilm();
  let lastRun = null; // the film of the run before, for its curves
  let inputs = null;
  let labels = [];
  let seconds = 0;
  let following = true; // the newest frame is shown
  let shownStep = 0; // else the one at this update
  let previewed = ""; // the settings that the preview shows or will show
  /** @type {string[]} */
  let wishes = []; // what the visitor asked for and the server has not heard yet
  /** @type {(value?: unknown) => void} */
  let wake = () => {};
  let paintPlanned = false;

  const names = ["cnn", "halo", "grid", "veil", "outside", "ink", "quiet", "edge"];
  const palette = createPalette(stage, { frame: "stn", ...Object.fromEntries(names.map((name) => [name, name])) }, () => plan());

  // --- the run ---------------------------------------------------------------------------------------------------------

  async function start(paused = false) {
    const before = run;
    const kept = film;
    [run, wishes] = [null, []];
    enter("starting");
    say("");
    let answer;
    try {
      answer = await answerOf(server.train({ action: "start", settings: settings.read(), replaces: before, paused }));
    } catch (error) {
      console.error(error);
      answer = { error: LOST };
    }
    if (answer.error) {
      say(answer.error);
      enter(kept.losses.length ? "stopped" : "idle");
      return;
    }
    if (kept.tests.length > 1) lastRun = kept;
    [film, following, seconds, run] = [createFilm(), true, 0, answer.run];
    setText(find("#train-watch"), answer.watch);
    if (paused) wishes.push("step");
    follow(answer.run);
  }

  // What a run with these settings would begin with; only while there is none.
  function preview() {
    const wanted = settings.read();
    const key = JSON.stringify([wanted, store.renewed]);
    if (run || state !== "idle" || key === previewed) return;
    previewed = key;
    previews.push(wanted);
  }

  const previews = createPump({
    ask: (wanted) => answerOf(server.train({ action: "preview", settings: wanted })),
    limit: () => 1, // each builds a network
    draw(answer) {
      if (run || state !== "idle") return;
      say(answer.error ?? "");
      if (answer.error) {
        previewed = ""; // the next occasion asks again
        return;
      }
      setText(find("#train-watch"), answer.watch);
      cast(answer);
      film = createFilm();
      film.add(frameOf(answer.look));
      plan();
    },
    fail(error) {
      console.error(error);
      previewed = "";
      if (!run && state === "idle") say(LOST);
    },
  });

  function cast(answer) {
    inputs = stackOf(answer.inputs);
    labels = answer.labels;
    setText(find("#train-about"), answer.about);
    setText(find("#train-test-title"), answer.about_test);
  }

  // Asks for news until the run ends. One request at a time, so that nothing is told twice.
  async function follow(id) {
    let failures = 0;
    while (run === id) {
      const action = wishes.shift() ?? "look";
      const look = inputs && film.frames.length ? film.frames.at(-1).step : -1;
      const begun = performance.now();
      try {
        const answer = await answerOf(server.train({ action, run: id, losses: film.losses.length, tests: film.tests.length, look }));
        if (run !== id) return;
        failures = 0;
        take(answer);
      } catch (error) {
        failures += 1;
        if (action !== "look") wishes.unshift(action);
        if (failures === 5) {
          console.error(error);
          say(LOST);
          enter("stopped");
          return;
        }
      }
      if (ENDED.includes(state)) return;
      const pause = failures ? 1000 : Math.max(15, (POLL_EVERY[state] ?? 110) - (performance.now() - begun));
      if (!wishes.length) await Promise.race([new Promise((done) => (wake = done)), new Promise((done) => setTimeout(done, pause))]);
    }
  }

  function wish(action) {
    wishes.push(action);
    wake();
  }

  function take(answer) {
    if (answer.error) {
      say(answer.error);
      enter("stopped");
      return;
    }
    if (answer.inputs) cast(answer);
    film.losses.push(...answer.losses);
    film.tests.push(...answer.tests);
    if (answer.look && inputs) film.add(frameOf(answer.look));
    seconds = answer.seconds;
    if (answer.problem) say(answer.problem);
    setText(find("#train-verdict"), answer.verdict || "Loading the images and building the network \u2026");
    speak(`${HEARD[answer.state] ?? ""}${answer.verdict}`, ENDED.includes(answer.state));
    if (answer.state !== state && !(state === "starting" && !film.frames.length && !ENDED.includes(answer.state))) enter(answer.state);
    plan();
  }

  function enter(next) {
    state = next;
    stage.dataset.state = next;
    const busy = ["starting", "running", "paused"].includes(next);
    settings.enable(!busy);
    for (const button of element.querySelectorAll("[data-failure]")) button.disabled = busy;
    setText(find("#train-go"), { running: "Pause", paused: "Resume", idle: "Start", starting: "Starting" }[next] ?? "New run");
    find("#train-go").disabled = next === "starting";
    find("#train-step").disabled = !(next === "paused" || next === "idle" || ENDED.includes(next));
    find("#train-stop").disabled = !(next === "running" || next === "paused");
    home.dataset.state = next;
    plan();
  }

  function say(problem) {
    const notice = find("#train-problem");
    setText(notice, problem);
    notice.hidden = !problem;
  }

  // A screen reader hears how it goes now and then, not eight times a second, and how it ended.
  let spokenAt = 0;
  function speak(text, last) {
    if (!text || (!last && performance.now() - spokenAt < 6000)) return;
    spokenAt = performance.now();
    setText(find("#train-spoken"), text);
  }

  // --- the images ----------------------------------------------------------------------------------------------------

  function plan() {
    if (paintPlanned) return;
    paintPlanned = true;
    requestAnimationFrame(() => {
      paintPlanned = false;
      if (stage.clientWidth) paint();
    });
  }

  function paint() {
    const last = film.frames.length - 1;
    const index = following ? last : film.nearest(shownStep);
    const frame = film.frames[index] ?? null;
    // While it follows, the numbers are the newest; a film's frame is from its own update.
    const step = following ? film.losses.length : frame.step;
    const test = film.testAt(step);
    const means = smoothed(film.losses);
    const loss = means[step - 1] ?? null;
    setText(find("#train-update"), step.toLocaleString("en"));
    // How long an earlier update took to come, and what was said then, is not kept.
    setText(find("#train-time"), following ? `${seconds.toFixed(0)} s` : "\u2013");
    find("#train-verdict").classList.toggle("is-later", !following);
    setText(find("#train-loss"), loss === null ? "\u2013" : loss.toFixed(2));
    setText(find("#train-accuracy"), test ? `${test.accuracy.toFixed(1)}\u202f%` : "\u2013");
    scrub.max = Math.max(0, last);
    scrub.value = Math.max(0, index);
    scrub.disabled = last < 1;
    const when = frame ? `step ${frame.step.toLocaleString("en")}` : "no run yet";
    setText(find("#train-when"), when);
    scrub.setAttribute("aria-valuetext", when);
    find("#train-newest").disabled = following;
    paintCharts(means, following ? null : frame.step, step, test, loss);
    // The digits get what the window leaves under what stands above them.
    const above = find("#train-cells").getBoundingClientRect().top + window.scrollY;
    const tallest = Math.max(280, window.innerHeight - above - 16);
    cells.draw(inputs, labels, frame, palette, tallest);
    if (frame) {
      const right = frame.guesses.filter((guess, i) => guess === labels[i]).length;
      const said = `Twelve digits at ${when}, with their sampling grids and outputs; ${right} of ${labels.length} are classified correctly`;
      find("#train-cells").setAttribute("aria-label", said);
    }
    home.dataset.step = String(film.losses.length);
    home.dataset.frames = String(film.frames.length);
    home.dataset.shown = frame ? String(frame.step) : "";
  }

  function xEnd() {
    return Math.min(training.maxSteps, Math.max(200, 100 * Math.ceil((film.losses.length * 1.08) / 100)));
  }

  function paintCharts(means, mark, step, test, loss) {
    const before = lastRun && { means: smoothed(lastRun.losses), tests: lastRun.tests };
    charts.draw({ run: { means, tests: film.tests }, before, xEnd: xEnd(), mark, colours: palette });
    find(".last-run").hidden = !lastRun;
    const named = (what, value) => `${what} against steps: ${value} at step ${step}`;
    find("#train-chart-loss").setAttribute("aria-label", named("Loss", loss === null ? "nothing yet" : loss.toFixed(2)));
    find("#train-chart-accuracy").setAttribute("aria-label", named("Accuracy", test ? `${test.accuracy} percent` : "nothing yet"));
  }

  // --- hands -----------------------------------------------------------------------------------------------------------

  function showAt(step, newest) {
    following = newest;
    shownStep = step;
    plan();
  }

  find("#train-go").addEventListener("click", () => {
    if (state === "running") wish("pause");
    else if (state === "paused") wish("resume");
    else start();
  });
  find("#train-step").addEventListener("click", () => (state === "paused" ? wish("step") : start(true)));
  find("#train-stop").addEventListener("click", () => wish("stop"));
  find("#train-defaults").addEventListener("click", () => {
    settings.write(training.defaults);
    preview();
  });
  find("#train-newest").addEventListener("click", () => showAt(0, true));
  scrub.addEventListener("input", () => {
    const index = Number(scrub.value);
    if (film.frames[index]) showAt(film.frames[index].step, index === film.frames.length - 1);
  });
  for (const button of element.querySelectorAll("[data-failure]")) {
    button.addEventListener("click", () => {
      const { distortion, family, padding, seed } = settings.read();
      settings.write({ ...training.defaults, distortion, family, padding, seed, ...training.failures[button.dataset.failure] });
      start();
    });
  }
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
  window.stnTrain = {
    get film() {
      return film;
    },
  };
  enter("idle");
  store.watch("train", preview);
  find("form").addEventListener("change", preview);
}
