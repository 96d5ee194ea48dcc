// Ties the four steps together. mount() is called once, when the tab is first opened.

import { drawGrid } from "../../ui/static/figure.js";
import { createGlossary, putTerm } from "../../ui/static/glossary.js";
import { createPace } from "../../ui/static/pace.js";
import { createPalette } from "../../ui/static/palette.js";
import { latticeOf } from "../../ui/static/pixels.js";
import { LOST, answerOf, createPump } from "../../ui/static/pump.js";
import { createBars, setLength, setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";
import { WIDE, drawOutput, drawPatch, drawSamples, levelsAt, shade } from "./draw.js";
import { latticeFrom, matrixOf } from "./family.js";
import { createFormula } from "./formula.js";
import { createGuide, pixelFrom, stepFrom } from "./guide.js";
import { createHand } from "./hand.js";
import { createMaps } from "./maps.js";
import { createPicking } from "./picking.js";
import { liveliest, nearestSample, pixelInNumbers, pixelUnder } from "./pixel.js";
import { captionsOf, closenessOf, verdictOf } from "./said.js";
import { createStrip } from "./strip.js";
import { createNumbers } from "./theta.js";
import { averaged, createScreen, floatsOf, valuesOf } from "./values.js";

/** @import { Point, Server } from "../../ui/static/types.d.ts" */

const LOADING = "The networks are being loaded, which takes some seconds once.";
const PATIENCE = 700; // ms until a first answer that does not come is said to be on its way

/** @param {any} element @param {Server} server */
export function mount(element, server) {
  const view = element.closest("#look") ?? element;
  const find = (selector) => element.querySelector(selector);
  const root = element.querySelector(".look");
  const store = openStore();
  const canvases = { grid: find("#look-grid-canvas"), output: find("#look-output-canvas"), patch: find("#look-patch") };
  const screens = { input: createScreen(), output: createScreen() };
  const strip = createStrip([canvases.grid, canvases.output]);
  const maps = createMaps(find(".maps"), find(".map-large"));
  const numbers = createNumbers(find("#look-theta"));
  const formula = createFormula(find(".sums"));
  const bars = { hand: createBars(find("#look-bars-hand")), net: createBars(find("#look-bars-net")) };

  let page = null; // the state of the page that the newest answer belongs to
  let inside = null; // that answer: the network's own four steps
  let byHand = null; // the newest answer to a theta by hand
  let hand = false; // who makes theta
  let averaging = store.extra("averaging") === "on"; // whether the layer averages where it shrinks
  let chosen = /** @type {Point} */ (pixelFrom(store.extra("pixel"))); // row, column of the output; null until one is seen
  let pyramid = []; // the input and its averages at half, a quarter, an eighth of its size
  let decoded = null; // what is on the screen: {answer, grid, lattice, output}
  let speakTimer = null;
  let drawn = 0;
  let step = 1; // of the guide

  const names = { frame: "stn", halo: "halo", grid: "grid", veil: "veil", outside: "outside", quiet: "quiet", pick: "pick" };
  const palette = createPalette(canvases.grid, names, () => paint());

  const family = () => inside.stage.family;
  const current = () => (hand && byHand ? byHand : inside);
  const imageAt = (level) => (pyramid[level] ??= averaged(pyramid[0], level));

  // Decodes what is to be shown; drawing again, at another size or for another pixel, starts from here.
  function take() {
    const answer = current();
    const { data, ...size } = answer.grid;
    const output = valuesOf(answer.output);
    screens.output.set(output);
    decoded = { answer, grid: { ...size, points: floatsOf(data) }, lattice: latticeOf(answer.stage.lattice), output };
    if (!chosen || chosen[0] >= size.height || chosen[1] >= size.width) chosen = liveliest(output);
  }

  // Where the frame is: by hand at once, without waiting for the server.
  function latticeNow() {
    if (!hand || !steering.fits() || family() === "tps") return decoded.lattice;
    return latticeFrom(matrixOf(family(), steering.theta), decoded.lattice.side);
  }

  function paint() {
    if (!decoded || !canvases.grid.clientWidth) return;
    drawGrid(canvases.grid, screens.input.canvas, latticeNow(), palette, WIDE);
    drawSamples(canvases.grid, decoded.grid, chosen, palette);
    drawOutput(canvases.output, screens.output.canvas, decoded.grid, chosen, picking.pinned, palette);
    paintPixel();
    strip.show();
  }

  function paintPixel() {
    const { answer, grid, output } = decoded;
    const channel = output.channels === 3 ? Number(find("[name=look-channel]:checked").value) : 0;
    const { part, sums, caption, spoken, data } = pixelInNumbers(chosen, { answer, inside, grid, output, channel, images: imageAt });
    drawPatch(canvases.patch, imageAt(part.level), part, channel, inside.outside, palette);
    canvases.patch.setAttribute("aria-label", `The four neighbours of the source point. ${spoken}`);
    formula.show(sums);
    setText(find(".patch figcaption"), caption);
    find(".swatch").style.background = shade(levelsAt(output, ...chosen));
    view.dataset.pixel = JSON.stringify(data);
    return spoken;
  }

  function speak(text) {
    clearTimeout(speakTimer);
    speakTimer = setTimeout(() => setText(find("#look-spoken"), text), 700);
  }

  function choose(/** @type {Point} */ [row, column]) {
    const { height, width } = decoded.grid;
    chosen = [Math.min(Math.max(row, 0), height - 1), Math.min(Math.max(column, 0), width - 1)];
    paint();
    speak(paintPixel());
    store.keep("pixel", `${chosen[0]}-${chosen[1]}`);
  }

  // --- what stands in words

  function words() {
    const { stage, network } = current();
    const verdict = verdictOf(inside, current(), hand);
    numbers.show(stage);
    setText(find(".look-says"), verdict);
    canvases.grid.setAttribute("aria-label", `The sampling grid on the input. The transformer ${stage.words}`);
    if (!hand) return;
    bars.hand.show(network, inside.classes, inside.image.label);
    bars.net.show(inside.network, inside.classes, inside.image.label);
    const close = closenessOf(inside, network);
    setText(find(".closeness-title"), close.title);
    setText(find(".closeness-words"), close.words);
    for (const [name, { probabilities, percent }] of [["hand", network], ["net", inside.network]]) {
      setLength(find(`[data-of=${name}]`), probabilities[close.label]);
      setText(find(`[data-percent=${name}]`), percent[close.label]);
    }
    speak(`${verdict} ${close.words}`);
  }

  function say(problem) {
    const notice = find("#look-notice");
    setText(notice, problem);
    notice.hidden = !problem;
    root.classList.toggle("is-empty", Boolean(problem) && inside === null);
  }

  // --- answers

  const pace = createPace();
  const fail = (error) => {
    console.error(error);
    say(LOST);
  };

  function show() {
    take();
    words();
    paint();
    say("");
    drawn += 1;
    view.dataset.seq = String(drawn);
    view.dataset.ready = "true";
    view.dataset.drawn = JSON.stringify({ ...page, averages: current().averages, hand: hand && byHand ? byHand.stage.values : null });
  }

  const request = (state) => ({ ...store.request(state), average: averaging });

  const pump = createPump({
    ask: pace.timed((state) => answerOf(server.inside(request(state)))),
    limit: pace.limit,
    gap: pace.gap,
    fail,
    draw(answer, number, state) {
      if (answer.error) return say(answer.error);
      const before = inside && family();
      if (inside && inside.model !== answer.model) byHand = null;
      [inside, page] = [answer, state];
      if (before && before !== family()) steering.forget();
      if (!steering.fits()) {
        byHand = null;
        steering.start();
        if (hand) steering.keep();
      }
      pyramid = [valuesOf(answer.input)];
      screens.input.set(pyramid[0]);
      maps.show(answer.maps);
      for (const [selector, text] of Object.entries(captionsOf(inside))) setText(find(selector), text);
      putTerm(find(".theta-family"), family());
      putTerm(find(".padding-term"), answer.padding);
      find(".channels").hidden = pyramid[0].channels !== 3;
      find(".averaging").hidden = !answer.average;
      setText(find(".look-picture"), answer.image.words);
      find(".legend .key").hidden = answer.image.own; // nobody knows its class
      if (hand) {
        steering.show();
        askHand();
      }
      return show();
    },
  });

  const handPump = createPump({
    ask: pace.timed(({ state, theta: given }) => answerOf(server.hand({ theta: given, state: request(state) }))),
    limit: pace.limit,
    gap: pace.gap,
    fail,
    draw(answer, number, { theta: given }) {
      if (answer.error) return say(answer.error);
      if (!inside || given.length !== inside.identity.length || answer.stage.family !== family()) return undefined;
      byHand = answer;
      return hand ? show() : undefined;
    },
  });

  // --- theta by hand

  const steering = createHand(find, {
    store,
    inside: () => inside,
    reach: WIDE,
    changed() {
      askHand();
      if (!decoded) return;
      drawGrid(canvases.grid, screens.input.canvas, latticeNow(), palette, WIDE);
      strip.show();
    },
  });

  function askHand() {
    handPump.push({ state: store.state ?? page, theta: steering.theta });
  }

  function setHand(on) {
    steering.stop();
    hand = on;
    root.classList.toggle("is-hand", on);
    arrange();
    find(`[name=look-who][value=${on ? "hand" : "net"}]`).checked = true;
    if (!on) store.keep("hand", null);
    if (!inside) return;
    if (on) steering.set(steering.theta);
    show();
  }

  for (const radio of element.querySelectorAll("[name=look-who]")) {
    radio.addEventListener("change", () => setHand(radio.value === "hand" && radio.checked));
  }
  for (const radio of element.querySelectorAll("[name=look-channel]")) {
    radio.addEventListener("change", () => decoded && paintPixel());
  }
  for (const radio of element.querySelectorAll("[name=look-averaging]")) {
    radio.checked = (radio.value === "on") === averaging;
    radio.addEventListener("change", () => {
      averaging = find("[name=look-averaging]:checked").value === "on";
      store.keep("averaging", averaging ? "on" : null);
      if (page) pump.push(store.state ?? page); // which asks for the hand's, too
    });
  }

  // --- choosing a pixel

  const picking = createPicking({
    places: [
      [canvases.output, (parts) => decoded && pixelUnder(decoded.grid, parts)],
      [canvases.grid, (parts) => decoded && nearestSample(decoded.grid, parts.map((v) => (2 * v - 1) * WIDE))],
    ],
    button: find(".pixel-pin"),
    hint: find(".pixel-hint"),
    pinned: store.extra("pin") === "on" && chosen !== null,
    chosen: () => decoded && chosen,
    choose,
    changed(pinned) {
      store.keep("pin", pinned ? "on" : null);
      arrange();
      paint();
      speak(pinned ? "Pinned." : "Released.");
    },
  });

  // The sums stand beside the pixel while it is pinned or the guide speaks of them: below, they may be out of sight.
  function arrange() {
    root.classList.toggle("is-pinned", picking.pinned);
    root.classList.toggle("sums-beside", !hand && (step === 4 || step === 5 || (step === 1 && picking.pinned)));
  }

  // --- the guide

  createGuide(find(".guide"), {
    start: stepFrom(store.extra("step")),
    onStep(next, panels, told) {
      const before = step;
      step = next;
      for (const panel of element.querySelectorAll(".look-panel, .look-pixel")) {
        panel.classList.toggle("is-spoken-of", panels.includes(panel.id));
      }
      if (step === 6 || (!told && steering.theta.length)) setHand(true);
      else if (before === 6) setHand(false);
      arrange();
      if (told) store.keep("step", step === 1 ? null : step);
    },
  });

  createGlossary(root);

  // --- when the size or the theme changes

  view.dataset.ready ??= "false";
  view.dataset.seq ??= "0";
  const watcher = new ResizeObserver(paint);
  for (const canvas of Object.values(canvases)) watcher.observe(canvas);

  window.stnLook = { pump, handPump };
  store.watch("look", (state) => {
    pump.push(state);
    if (!inside) setTimeout(() => inside === null && find("#look-notice").hidden && say(LOADING), PATIENCE);
  });
}
