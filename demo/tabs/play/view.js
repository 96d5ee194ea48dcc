// Ties the live view together. mount() is called once, when Gradio has put the tab's HTML into `element`.

import { connectComparison } from "../../ui/static/comparison.js";
import { SHOWN, TABS } from "../../ui/static/constants.js";
import { drawGrid } from "../../ui/static/figure.js";
import { copyText, download } from "../../ui/static/files.js";
import { createPace } from "../../ui/static/pace.js";
import { createPalette } from "../../ui/static/palette.js";
import { createImage, latticeOf, penOf } from "../../ui/static/pixels.js";
import { LOST, createAsk, createPump } from "../../ui/static/pump.js";
import { createBars, createTheta, setText } from "../../ui/static/readings.js";
import { mark, openStore } from "../../ui/static/store.js";
import { takeInHand } from "./hand.js";
import { figureOf, outputTitle } from "./save.js";

/** @import { Server } from "../../ui/static/types.d.ts" */

/** @param {any} element @param {Server} server @param {{address: string}} constants */
export function mount(element, server, { address }) {
  const view = element.closest("#view") ?? element;
  const find = (selector) => element.querySelector(selector);
  const canvases = { input: find("#input"), grid: find("#grid"), output: find("#output") };
  const bars = [createBars(find("#bars-cnn")), createBars(find("#bars-stn"))]; // the plain network first
  const theta = createTheta(find("#theta"));
  const spoken = find("#spoken");
  const notice = find("#notice");
  const inputImage = createImage();
  const outputImage = createImage();
  const store = openStore();
  let shown = null; // the newest answer, kept to be drawn again when the size or the theme changes
  let speakTimer = null;

  const names = { frame: "stn", halo: "halo", grid: "grid", veil: "veil", outside: "outside" };
  const palette = createPalette(canvases.grid, names, () => paint());

  // At the image's own size: the style sheet enlarges it pixel by pixel, which costs a tenth of drawing it large.
  function drawSmall(canvas, image) {
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
    }
    penOf(canvas).drawImage(image, 0, 0);
  }

  function paint() {
    if (!shown) return;
    const { lattice } = shown;
    drawSmall(canvases.input, inputImage.canvas);
    drawGrid(canvases.grid, inputImage.canvas, lattice, palette);
    drawSmall(canvases.output, outputImage.canvas);
  }

  function say(problem) {
    setText(notice, problem);
    notice.hidden = !problem;
    element.firstElementChild.classList.toggle("is-empty", Boolean(problem) && shown === null);
  }

  function speak(answer, stage) {
    setText(spoken, answer.words);
    canvases.input.setAttribute("aria-label", `Input: ${answer.image.words}, distorted`);
    canvases.grid.setAttribute("aria-label", `The sampling grid on the input. The transformer ${stage.words}`);
    canvases.output.setAttribute("aria-label", `${outputTitle(answer.turn)}: the input as the classifier sees it. The transformer ${stage.words}`);
  }

  // What was asked of the transformer and what it did; an output that is far from upright is not called corrected.
  function showTurn(turn) {
    setText(find(".turn"), turn.words || "\u00a0");
    setText(find(".output-name .long"), turn.off ? "Output, " : "Corrected ");
    setText(find(".output-name .noun"), turn.off || "output");
    find(".panel-output").classList.toggle("is-off", Boolean(turn.off));
  }

  function draw(answer, number, state) {
    if (answer.error) {
      say(answer.error);
      return;
    }
    const stage = answer.stages[answer.stages.length - 1];
    inputImage.set(answer.input);
    outputImage.set(answer.output);
    shown = { answer, lattice: latticeOf(stage.lattice) };
    paint();
    answer.compared.forEach((role, i) => bars[i].show(answer.networks[role], answer.classes, answer.image.label));
    showTurn(answer.turn);
    theta.show(stage);
    setText(find("#picture-words"), answer.image.words);
    find(".key").hidden = answer.image.own; // nobody knows its class
    setText(find("#warnings"), answer.warnings.join(" "));
    setText(find("#records"), answer.records.join(" "));
    say("");
    // A screen reader hears the sentence when the hand rests, not sixty times a second.
    clearTimeout(speakTimer);
    speakTimer = setTimeout(() => speak(answer, stage), 700);
    // Only of images: who waits for these attributes waits for something to look at, not for an error.
    view.dataset.seq = String(number);
    view.dataset.ready = "true";
    view.dataset.drawn = JSON.stringify(state);
  }

  const pace = createPace();

  const ask = createAsk(address, (request) => server.look(request));
  const pump = createPump({
    ask: pace.timed((state) => ask(store.request(state))),
    limit: pace.limit,
    gap: pace.gap,
    draw,
    fail: (error) => {
      console.error(error);
      say(LOST);
    },
  });

  window.stnPlay = { pump };

  view.dataset.ready = "false";
  view.dataset.seq = "0";
  // Gradio repeats every style rule with `.contain` in front, so the class has to stand inside it as well.
  const query = new URLSearchParams(location.search);
  const inClass = query.get("view") === "class";
  for (const root of [document.documentElement, view.closest(".contain")?.firstElementChild]) {
    root?.classList.toggle("view-class", inClass && query.get("type") !== "normal");
  }
  // A class view may name the controls and the tabs that it wants: &show=rotation,clutter,play. Where no tab is named, all
  // are wanted. What is neither, the server says.
  const named = (query.get("show") ?? "").split(",").map((name) => name.trim()).filter((name) => SHOWN.includes(name));
  const tabs = named.filter((name) => TABS.includes(name));
  if (inClass && named.length) mark("show", named.filter((name) => !TABS.includes(name)).join(" "));
  if (inClass && tabs.length) mark("showTabs", tabs.join(" "));

  const keys = find("#keys-on");
  keys.checked = store.extra("keys") !== "off";
  keys.addEventListener("change", () => store.keep("keys", keys.checked ? null : "off"));

  // A class, for whoever has one: opened with its link, or at the first question.
  const classes = () => import("../../ui/room/free.js").then(({ createAsking }) => (asking ??= createAsking(store, side())));
  const side = () => /** @type {HTMLElement} */ (document.querySelector("#side"));
  let asking = null;
  if (store.extra("room") && store.extra("teacher")) classes();
  find("#ask-class").addEventListener("click", () => classes().then((open) => open.open()));

  const toolSaid = find("#tool-said");
  const tell = (text) => {
    setText(toolSaid, text);
    setTimeout(() => toolSaid.textContent === text && setText(toolSaid, ""), 6000);
  };
  find("#copy-link").addEventListener("click", async () => {
    const copied = await copyText(store.link());
    if (!copied) tell("Copy the link from the address bar.");
    else tell(store.own ? "Link copied, without your own image." : "Link copied.");
  });
  let builder = null;
  find("#class-link").addEventListener("click", async () => {
    const { createBuilder } = await import("../../ui/room/builder.js");
    builder ??= createBuilder(store);
    builder.open();
  });
  find("#save-figure").addEventListener("click", async () => {
    if (!shown) return;
    try {
      const name = `${shown.answer.model}-${store.own ? "own" : store.state?.sample}.png`;
      await download(figureOf({ canvases, answer: shown.answer, style: getComputedStyle(element.firstElementChild) }), name);
      tell("Figure saved.");
    } catch (error) {
      tell(/** @type {Error} */ (error).message);
    }
  });

  if (matchMedia("(max-width: 1000px)").matches) find("#training").open = false; // room for the sliders
  connectComparison(element, store);
  takeInHand(canvases.input, store, () => inputImage.canvas.width);
  new ResizeObserver(paint).observe(canvases.input);

  store.watch("play", (state) => pump.push(state));
}
