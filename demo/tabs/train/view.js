// Ties the train tab together. mount() is called once, when the tab is first opened.

import { copyText } from "../../ui/static/files.js";
import { LOST, answerOf, createPump } from "../../ui/static/pump.js";
import { setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";
import { BUSY, ENDED, createRun, lookOn } from "./run.js";
import { createScreen } from "./screen.js";
import { createSettings } from "./settings.js";

/** @import { Server } from "../../ui/static/types.d.ts" */
/** @import { Training } from "./settings.js" */

const HEARD = { stopped: "Stopped. ", finished: "Finished. ", failed: "Failed. " };
const GO = { running: "Pause", paused: "Resume", idle: "Start", starting: "Starting", waiting: "In line" };

/** @param {any} element @param {Server} server @param {Training} training */
export function mount(element, server, training) {
  const home = element.closest("#train-view") ?? element;
  const find = (selector) => element.querySelector(selector);
  const stage = find(".train");
  const store = openStore();
  const settings = createSettings(find("form"), store, training);
  const screen = createScreen(element, home, training);
  const run = createRun(server, {
    // What is shown to whoever waits is the preview.
    seen: () => (state === "waiting" ? { losses: 0, tests: 0, look: -1 } : screen.seen()),
    news: take,
    lost(problem) {
      say(problem);
      enter("stopped");
    },
  });

  const share = store.extra("follow"); // of a run that is looked on at
  let state = "idle"; // idle, starting, or what the server says
  let previewed = ""; // the settings that the preview shows or will show

  async function start(paused = false) {
    const previewing = state === "idle";
    enter("starting");
    say("");
    const problem = await run.start(settings.read(), paused, (answer) => {
      if (answer.state === "waiting" && previewing) enter("waiting");
      else screen.begin();
      setText(find("#train-watch"), answer.watch);
      setText(find("#train-verdict"), "");
      if (matchMedia("(max-width: 1000px)").matches) showCells();
    });
    if (!problem) return;
    say(problem);
    enter(screen.film.losses.length ? "stopped" : "idle");
  }

  // Pinned images are in view wherever one is, but not all of them: the words above them bring their place back.
  function showCells() {
    for (const id of ["#train-verdict", "#train-cells"]) find(id).scrollIntoView({ block: "nearest" });
  }

  // What a run with these settings would begin with; only while there is none.
  function preview() {
    const wanted = settings.read();
    const key = JSON.stringify([wanted, store.renewed]);
    if (state !== "idle" || key === previewed) return;
    previewed = key;
    previews.push(wanted);
  }

  const previews = createPump({
    ask: (wanted) => answerOf(server.train({ action: "preview", settings: wanted })),
    limit: () => 1, // each builds a network
    draw(answer) {
      if (state !== "idle") return;
      say(answer.error ?? "");
      setText(find("#train-verdict"), "");
      if (answer.error) {
        previewed = ""; // the next occasion asks again
        setText(find("#train-watch"), "");
        screen.clear();
        return;
      }
      setText(find("#train-watch"), answer.watch);
      setText(find("#train-changed"), answer.changed);
      screen.preview(answer);
    },
    fail(error) {
      console.error(error);
      previewed = "";
      if (state === "idle") say(LOST);
    },
  });

  function take(answer) {
    if (state === "waiting" && answer.state !== "waiting") screen.begin();
    screen.add(answer);
    setText(find("#train-changed"), answer.changed);
    if (answer.problem) say(answer.problem);
    const loaded = screen.film.frames.length > 0;
    if (loaded) setText(find("#train-watch"), answer.watch);
    setText(find("#train-verdict"), answer.verdict || (answer.problem ? "" : "Loading the images and building the network \u2026"));
    speak(`${HEARD[answer.state] ?? ""}${answer.verdict}`, ENDED.includes(answer.state));
    const next = !loaded && ["running", "paused"].includes(answer.state) ? "starting" : answer.state;
    if (next !== state) enter(next);
  }

  // Not `disabled`, which would take the focus from the button that was just pressed.
  const allow = (button, can) => button.setAttribute("aria-disabled", String(!can));
  const onPress = (button, act) => button.addEventListener("click", () => button.ariaDisabled !== "true" && act());

  function enter(next) {
    state = next;
    stage.dataset.state = next;
    const busy = BUSY.includes(next);
    settings.lock(busy || Boolean(share));
    for (const button of element.querySelectorAll("[data-failure]")) {
      allow(button, !busy);
      button.title = busy ? "Stop first" : "";
    }
    setText(find("#train-go"), GO[next] ?? "New run");
    allow(find("#train-go"), next !== "starting" && next !== "waiting");
    allow(find("#train-step"), next === "paused" || !busy);
    allow(find("#train-stop"), busy && next !== "starting");
    find("#train-share").hidden = !run.share;
    home.dataset.state = next;
    screen.plan();
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

  // A run takes new learning rates. What is said of one that has ended is not true of other settings: it goes.
  function changed() {
    if (BUSY.includes(state)) {
      if (state !== "starting") run.wish("rates", settings.rates());
      return;
    }
    if (ENDED.includes(state)) {
      run.forget();
      previewed = "";
      for (const id of ["#train-watch", "#train-verdict", "#train-spoken"]) setText(find(id), "");
      say("");
      enter("idle");
    }
    preview();
  }

  onPress(find("#train-go"), () => {
    if (state === "running") run.wish("pause");
    else if (state === "paused") run.wish("resume");
    else start();
  });
  onPress(find("#train-step"), () => (state === "paused" ? run.wish("step") : start(true)));
  onPress(find("#train-stop"), () => run.wish("stop"));
  find("#train-defaults").addEventListener("click", () => {
    settings.write(training.defaults);
    changed();
  });
  for (const button of element.querySelectorAll("[data-failure]")) {
    onPress(button, () => {
      const { distortion, family, padding, seed } = settings.read();
      settings.write({ ...training.defaults, distortion, family, padding, seed, ...training.failures[button.dataset.failure] });
      start();
      find(".train-bar").scrollIntoView({ block: "nearest" }); // on a phone the run is above the settings
    });
  }
  // Others see what is trained here, this run and those that follow; they steer nothing.
  onPress(find("#train-share"), async () => {
    const link = new URL(store.link());
    link.searchParams.set("tab", "train");
    link.searchParams.set("follow", run.share);
    const copied = await copyText(link.href);
    setText(find("#train-share"), copied ? "Link copied" : "Not copied");
    if (!copied) say(`The link to look on: ${link.href}`);
    setTimeout(() => setText(find("#train-share"), "Share"), 2000);
  });
  enter("idle");
  if (share) {
    stage.dataset.follows = "true";
    find("#train-follows").hidden = false;
    for (const input of element.querySelectorAll(".train-rates input")) input.disabled = true;
    lookOn(server, share, {
      seen: screen.seen,
      begun(answer) {
        settings.show(answer.settings);
        screen.begin();
      },
      news(answer) {
        say("");
        take(answer);
      },
      lost: say,
    });
  }
  window.stnTrain = {
    get film() {
      return screen.film;
    },
  };
  if (share) return;
  store.watch("train", preview);
  find("form").addEventListener("change", changed);
}
