// Ties the four steps together. Runs once, as Gradio's js_on_load, with `element` and `server` in scope.

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
const CHANNELS = ["red", "green", "blue"];

let page = null; // the state of the page that the newest answer belongs to
let inside = null; // that answer: the network's own four steps
let byHand = null; // the newest answer to a theta by hand
let hand = false; // who makes theta
let theta = thetaFrom(store.extra("hand")); // by hand; null until there is a network to know its identity
let chosen = pixelFrom(store.extra("pixel")); // [row, column] of the output
let pyramid = []; // the input and its averages at half, a quarter, an eighth of its size
let decoded = null; // what is on the screen: {answer, grid, lattice, output}
let flight = null; // the animation to the network's answer
let speakTimer = null;
let drawn = 0;
let handStep = false; // the guide is at "your turn"

function colours() {
  const style = getComputedStyle(canvases.grid);
  const pick = (name) => style.getPropertyValue(name).trim();
  const names = { frame: "--stn", halo: "--halo", grid: "--grid", veil: "--veil", outside: "--outside", quiet: "--quiet", pick: "--pick" };
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, pick(name)]));
}

let palette = colours();

const family = () => inside.stage.family;
const fits = (numbers_) => numbers_ !== null && numbers_.length === inside.identity.length;
const current = () => (hand && byHand ? byHand : inside);
const pictureAt = (level) => (pyramid[level] ??= averaged(pyramid[0], level));

// Decodes what is to be shown; drawing again, at another size or for another pixel, starts from here.
function take() {
  const answer = current();
  const { data, ...size } = answer.grid;
  const output = valuesOf(answer.output);
  screens.output.set(output);
  decoded = { answer, grid: { ...size, points: floatsOf(data) }, lattice: latticeOf(answer.stage.lattice), output };
  if (!chosen || chosen[0] >= size.height || chosen[1] >= size.width) chosen = liveliest(output);
}

// The pixel to begin with: of those near the middle, the one that lies most in between black and white.
function liveliest({ width, height, channels, values }) {
  let best = [height >> 1, width >> 1];
  let least = Infinity;
  for (let row = height >> 2; row < height - (height >> 2); row += 1) {
    for (let column = width >> 2; column < width - (width >> 2); column += 1) {
      const distance = Math.abs(values[(row * width + column) * channels] - 0.5);
      if (distance < least) [best, least] = [[row, column], distance];
    }
  }
  return best;
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
  const [row, column] = chosen;
  const at = row * grid.width + column;
  const source = [grid.points[2 * at], grid.points[2 * at + 1]];
  const centre = centreOf(row, column, grid);
  const mix = mixAt(pictureAt, source, answer.level, inside.padding, inside.outside);
  const plain = sampleAt(pictureAt(0), source, inside.padding, inside.outside);
  const channel = output.channels === 3 ? Number(find("[name=look-channel]:checked").value) : 0;
  const value = output.values[at * output.channels + channel];
  const part = mix.parts[0];
  drawPatch(canvases.patch, pictureAt(part.level), part, channel, inside.outside, palette);
  const colour = output.channels === 3 ? ` of ${CHANNELS[channel]}` : "";
  formula.show({
    output: [
      `Row ${row}, column ${column} of ${grid.height} \u00d7 ${grid.width}, counted from 0`,
      `Its centre: (x, y) = (${inPrint(centre[0])}, ${inPrint(centre[1])})`,
    ],
    grid: gridLines(answer.stage, centre, source),
    pixels: pixelLines(pictureAt(part.level), source, part, inside.padding),
    sampler: [...samplerLines(mix, plain, channel, answer.level), `The transformer\u2019s output${colour} at this pixel: ${inPrint(value)}`],
  });
  find(".swatch").style.background = shade(levelsAt(output, row, column));
  const { width, height } = pictureAt(part.level);
  setText(find(".patch figcaption"), `Round the source point, on ${SIZES[part.level]} (${height} \u00d7 ${width})`);
  const what = `Output row ${row}, column ${column} reads the input at x ${inPrint(plain.at[0], 1)}, y ${inPrint(plain.at[1], 1)} pixels: value ${inPrint(value, 2)}${colour}.`;
  canvases.patch.setAttribute("aria-label", `The four neighbours of the source point. ${what}`);
  view.dataset.pixel = JSON.stringify({ row, column, source, sum: mix.sums[channel], value, channel });
  return what;
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

function captions() {
  const { stage } = inside;
  const [h, w] = [inside.grid.height, inside.grid.width];
  const sizes = `(${h}, ${w})`;
  const affine = stage.matrix && stage.family !== "projective";
  setText(find(".theta-code"), `# ${stage.family}, ${stage.names.length} number${stage.names.length > 1 ? "s" : ""}`);
  setText(find(".grid-code"), affine ? `grid = affine_grid(theta, ${sizes})` : `grid = family.grid(theta, ${sizes})`);
  setText(find(".sampler-code"), inside.average ? "y = sample(x, grid)" : "y = grid_sample(x, grid)");
  setText(find(".grid-note"), `${h} \u00d7 ${w} dots on ${inside.input.height} \u00d7 ${inside.input.width} pixels: one for each pixel of the output.`);
  const more = inside.iterations > 1 ? ` It looks ${inside.iterations} times; these are the maps of its first look.` : "";
  setText(find(".maps-end"), `Two linear layers make them ${stage.names.length} number${stage.names.length > 1 ? "s" : ""}.${more}`);
}

function words() {
  const { stage, network } = current();
  numbers.show(stage);
  const whose = hand ? "With your theta the classifier" : "The classifier behind it";
  setText(find(".look-says"), `${whose} ${network.words}.`);
  canvases.grid.setAttribute("aria-label", `The sampling grid on the input. theta ${stage.words}`);
  if (!hand) return;
  bars.hand.show(network, inside.classes, inside.picture.label);
  bars.net.show(inside.network, inside.classes, inside.picture.label);
  const label = inside.picture.label ?? inside.network.top;
  setText(find(".closeness-title"), `${inside.picture.label === null ? "Network\u2019s class" : "True class"}: ${inside.classes[label]}`);
  for (const [name, { probabilities, percent }] of [["hand", network], ["net", inside.network]]) {
    find(`[data-of=${name}]`).style.transform = `scaleX(${probabilities[label]})`;
    setText(find(`[data-percent=${name}]`), percent[label]);
  }
  const points = Math.round(100 * inside.network.probabilities[label]) - Math.round(100 * network.probabilities[label]);
  const many = `${Math.abs(points)} point${Math.abs(points) === 1 ? "" : "s"}`;
  const close = points > 0 ? `${many} short of the network.` : points < 0 ? `${many} better than the network.` : "As good as the network.";
  setText(find(".closeness-words"), close);
  speak(`By hand ${network.words}. ${close}`);
}

function say(problem) {
  const notice = find("#look-notice");
  setText(notice, problem);
  notice.hidden = !problem;
  root.classList.toggle("is-empty", Boolean(problem) && inside === null);
}

// --- answers

const pace = createPace();
const asking = (call) => async (request) => {
  const start = performance.now();
  const answer = await call(request);
  pace.note(performance.now() - start, answer.milliseconds);
  return answer;
};
const fail = (error) => {
  console.error(error);
  say("The server did not answer. Is the program that serves this page still running?");
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
  ask: asking((state) => server.inside(state)),
  limit: pace.limit,
  fail,
  draw(answer, number, state) {
    if (answer.error) return say(answer.error);
    const before = inside && family();
    if (inside && inside.model !== answer.model) byHand = null;
    [inside, page] = [answer, state];
    if (before && before !== family()) theta = null; // another family's numbers mean something else
    if (!fits(theta)) [theta, byHand] = [[...inside.identity], null];
    pyramid = [valuesOf(answer.input)];
    screens.input.set(pyramid[0]);
    maps.show(answer.maps);
    captions();
    find(".channels").hidden = pyramid[0].channels !== 3;
    setText(find(".look-picture"), answer.picture.words);
    if (hand) tellHand();
    return show();
  },
});

const handPump = createPump({
  ask: asking((request) => server.hand(request)),
  limit: pace.limit,
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
const handles = createHandles(find(".grips"), WIDE, controls);
const sliders = createSliders(find(".hand-sliders"), controls);

function tellHand() {
  handles.show();
  sliders.show();
  handPump.push({ state: store.state ?? page, theta });
}

function setTheta(next, byItself = false) {
  if (!byItself) cancelAnimationFrame(flight);
  theta = next;
  tellHand();
  if (decoded) drawGrid(canvases.grid, screens.input.canvas, latticeNow(), palette, WIDE);
  store.keep("hand", theta.map((v) => String(+v.toFixed(4))).join());
}

function setHand(on) {
  cancelAnimationFrame(flight);
  hand = on;
  root.classList.toggle("is-hand", on);
  find(`[name=look-who][value=${on ? "hand" : "net"}]`).checked = true;
  if (!on) store.keep("hand", null);
  if (!inside) return;
  if (on) setTheta(theta);
  show();
}

function flyTo(goal) {
  cancelAnimationFrame(flight);
  const [from, start] = [theta, performance.now()];
  const time = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : 800;
  const frame = (now) => {
    const part = Math.min(1, Math.max(0, now - start) / time);
    setTheta(part < 1 ? between(family(), from, goal, part * part * (3 - 2 * part)) : [...goal], true);
    if (part < 1) flight = requestAnimationFrame(frame);
  };
  flight = requestAnimationFrame(frame);
}

find(".hand-net").addEventListener("click", () => {
  const goal = inside.stage.values;
  if (goal.every((v) => v !== null)) flyTo(goal.map((v) => Math.min(Math.max(v, -LARGEST), LARGEST)));
});
find(".hand-reset").addEventListener("click", () => flyTo(inside.identity));
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

// On the input: the sample nearest to the pointer.
function fromGrid(event) {
  if (!decoded) return;
  const box = canvases.grid.getBoundingClientRect();
  const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((v) => (2 * v - 1) * WIDE);
  const { points, width } = decoded.grid;
  let [best, least] = [-1, 0.1 ** 2];
  for (let i = 0; i < points.length / 2; i += 1) {
    const distance = (points[2 * i] - x) ** 2 + (points[2 * i + 1] - y) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  if (best >= 0) choose(Math.floor(best / width), best % width);
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
    if (step === 6 || (!told && theta !== null)) setHand(true);
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
const retheme = () => {
  palette = colours();
  paint();
};
new MutationObserver(retheme).observe(document.body, { attributes: true, attributeFilter: ["class"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);

window.stnLook = { pump, handPump };
store.watch("look", (state) => {
  pump.push(state);
});
