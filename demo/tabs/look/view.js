// Ties the four steps together. mount() is called once, when the tab is first opened.

import { drawGrid } from "../../ui/static/figure.js";
import { createPace } from "../../ui/static/pace.js";
import { createPalette } from "../../ui/static/palette.js";
import { latticeOf } from "../../ui/static/pixels.js";
import { LOST, answerOf, createPump } from "../../ui/static/pump.js";
import { createBars, setLength, setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";
import { WIDE, drawOutput, drawPatch, drawSamples, levelsAt, shade } from "./draw.js";
import { latticeFrom, matrixOf } from "./family.js";
import { createFlight } from "./flight.js";
import { createFormula } from "./formula.js";
import { createGuide, pixelFrom, stepFrom, thetaFrom } from "./guide.js";
import { LARGEST, createHandles } from "./handles.js";
import { createMaps } from "./maps.js";
import { liveliest, nearestSample, pixelInNumbers } from "./pixel.js";
import { captionsOf, closenessOf } from "./said.js";
import { createSliders } from "./sliders.js";
import { createNumbers } from "./theta.js";
import { averaged, createScreen, floatsOf, valuesOf } from "./values.js";

/** @import { Point, Server } from "../../ui/static/types.d.ts" */

/** @param {any} element @param {Server} server */
export function mount(element, server) {
  const view = element.closest("#look") ?? element;
  const find = (selector) => element.querySelector(selector);
  const root = element.querySelector(".look");
  const store = openStore();
  const canvases = { grid: find("#look-grid-canvas"), output: find("#look-output-canvas"), patch: find("#look-patch") };
  const screens = { input: createScreen(), output: createScreen() };
  const maps = createMaps(find(".maps"));
  const numbers = createNumbers(find("#look-theta"));
  const formula = createFormula(find(".sums"));
  const bars = { hand: createBars(find("#look-bars-hand")), net: createBars(find("#look-bars-net")) };

  let page = null; // the state of the page that the newest answer belongs to
  let inside = null; // that answer: the network's own four steps
  let byHand = null; // the newest answer to a theta by hand
  let hand = false; // who makes theta
  /** @type {number[]} */
  let theta = thetaFrom(store.extra("hand")) ?? []; // by hand; empty until there is a network to know its identity
  let chosen = /** @type {Point} */ (pixelFrom(store.extra("pixel"))); // row, column of the output; null until one is seen
  let pyramid = []; // the input and its averages at half, a quarter, an eighth of its size
  let decoded = null; // what is on the screen: {answer, grid, lattice, output}
  let speakTimer = null;
  let drawn = 0;
  let handStep = false; // the guide is at "your turn"

  const names = { frame: "stn", halo: "halo", grid: "grid", veil: "veil", outside: "outside", quiet: "quiet", pick: "pick" };
  const palette = createPalette(canvases.grid, names, () => paint());

  const family = () => inside.stage.family;
  const fits = (given) => given.length === inside.identity.length;
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
    if (!hand || !fits(theta) || family() === "tps") return decoded.lattice;
    return latticeFrom(matrixOf(family(), theta), decoded.lattice.side);
  }

  function paint() {
    if (!decoded || !canvases.grid.clientWidth) return;
    drawGrid(canvases.grid, screens.input.canvas, latticeNow(), palette, WIDE);
    drawSamples(canvases.grid, decoded.grid, chosen, palette);
    drawOutput(canvases.output, screens.output.canvas, decoded.grid, chosen, palette);
    paintPixel();
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

  function choose(row, column) {
    const { height, width } = decoded.grid;
    chosen = [Math.min(Math.max(row, 0), height - 1), Math.min(Math.max(column, 0), width - 1)];
    paint();
    speak(paintPixel());
    store.keep("pixel", `${chosen[0]}-${chosen[1]}`);
  }

  // --- what stands in words

  function words() {
    const { stage, network } = current();
    numbers.show(stage);
    const whose = hand ? "With your theta, the classifier" : "The classifier";
    setText(find(".look-says"), `${whose} ${network.words}.`);
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
    speak(`With your theta, the classifier ${network.words}. ${close.words}`);
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
    view.dataset.drawn = JSON.stringify({ ...page, hand: hand && byHand ? byHand.stage.values : null });
  }

  const pump = createPump({
    ask: pace.timed((state) => answerOf(server.inside(store.request(state)))),
    limit: pace.limit,
    gap: pace.gap,
    fail,
    draw(answer, number, state) {
      if (answer.error) return say(answer.error);
      const before = inside && family();
      if (inside && inside.model !== answer.model) byHand = null;
      [inside, page] = [answer, state];
      if (before && before !== family()) {
        flight.stop(); // another family's numbers mean something else
        theta = [];
      }
      if (!fits(theta)) {
        [theta, byHand] = [[...inside.identity], null];
        if (hand) keepTheta();
      }
      pyramid = [valuesOf(answer.input)];
      screens.input.set(pyramid[0]);
      maps.show(answer.maps);
      for (const [selector, text] of Object.entries(captionsOf(inside))) setText(find(selector), text);
      find(".channels").hidden = pyramid[0].channels !== 3;
      setText(find(".look-picture"), answer.image.words);
      find(".legend .key").hidden = answer.image.own; // nobody knows its class
      if (hand) tellHand();
      return show();
    },
  });

  const handPump = createPump({
    ask: pace.timed((request) => answerOf(server.hand({ ...request, state: store.request(request.state) }))),
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

  const controls = { get: () => ({ family: family(), theta }), set: (next) => setTheta(next) };
  const flight = createFlight({ ...controls, set: (next) => setTheta(next, true) });
  const handles = createHandles(find(".grips"), WIDE, controls);
  const sliders = createSliders(find(".hand-sliders"), controls);

  function tellHand() {
    handles.show();
    sliders.show();
    handPump.push({ state: store.state ?? page, theta });
  }

  function setTheta(next, byItself = false) {
    if (!byItself) flight.stop();
    theta = next;
    tellHand();
    if (decoded) drawGrid(canvases.grid, screens.input.canvas, latticeNow(), palette, WIDE);
    keepTheta();
  }

  function keepTheta() {
    store.keep("hand", theta.map((v) => String(+v.toFixed(4))).join());
  }

  function setHand(on) {
    flight.stop();
    hand = on;
    root.classList.toggle("is-hand", on);
    find(`[name=look-who][value=${on ? "hand" : "net"}]`).checked = true;
    if (!on) store.keep("hand", null);
    if (!inside) return;
    if (on) setTheta(theta);
    show();
  }

  find(".hand-net").addEventListener("click", () => {
    const goal = inside.stage.values;
    if (goal.every((v) => v !== null)) flight.to(goal.map((v) => Math.min(Math.max(v, -LARGEST), LARGEST)));
  });
  find(".hand-reset").addEventListener("click", () => flight.to(inside.identity));
  for (const radio of element.querySelectorAll("[name=look-who]")) {
    radio.addEventListener("change", () => setHand(radio.value === "hand" && radio.checked));
  }
  for (const radio of element.querySelectorAll("[name=look-channel]")) {
    radio.addEventListener("change", () => decoded && paintPixel());
  }

  // --- choosing a pixel

  function fromPointer(event) {
    if (!decoded) return;
    const box = canvases.output.getBoundingClientRect();
    const { height, width } = decoded.grid;
    const row = Math.floor(((event.clientY - box.top) / box.height) * height);
    const column = Math.floor(((event.clientX - box.left) / box.width) * width);
    if (!chosen || row !== chosen[0] || column !== chosen[1]) choose(row, column);
  }

  function fromGrid(event) {
    if (!decoded) return;
    const box = canvases.grid.getBoundingClientRect();
    const parts = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const found = nearestSample(decoded.grid, parts.map((v) => (2 * v - 1) * WIDE));
    if (found) choose(...found);
  }

  canvases.grid.addEventListener("pointermove", fromGrid);
  canvases.output.addEventListener("pointermove", fromPointer);
  canvases.output.addEventListener("pointerdown", fromPointer);
  canvases.output.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!way || !decoded || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(chosen[0] + way[0], chosen[1] + way[1]);
  });

  // --- the guide

  createGuide(find(".guide"), {
    start: stepFrom(store.extra("step")),
    onStep(step, panels, told) {
      for (const panel of element.querySelectorAll(".look-panel, .look-pixel")) {
        panel.classList.toggle("is-spoken-of", panels.includes(panel.id));
      }
      if (step === 6 || (!told && theta.length)) setHand(true);
      else if (handStep) setHand(false);
      handStep = step === 6;
      if (told) store.keep("step", step === 1 ? null : step);
    },
  });

  // --- when the size or the theme changes

  view.dataset.ready ??= "false";
  view.dataset.seq ??= "0";
  const watcher = new ResizeObserver(paint);
  for (const canvas of Object.values(canvases)) watcher.observe(canvas);

  window.stnLook = { pump, handPump };
  store.watch("look", (state) => pump.push(state));
}
