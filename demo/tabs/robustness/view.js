// Ties the robustness tab together. mount() is called once, when the tab is first opened.

import { KEYS } from "../../ui/static/constants.js";
import { LOST, answerOf, createPump } from "../../ui/static/pump.js";
import { setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";
import { createChart, floorOf, pointsOf, readAt } from "./chart.js";
import { createLegend } from "./legend.js";

/** @import { Server } from "../../ui/static/types.d.ts" */

const NAMES = { shift_x: "shift" };
const UNITS = { rotation: "\u00b0", scale: "\u00d7", shift_x: "", shear: "\u00b0", clutter: " patches", noise: "" };

/** @param {any} element @param {Server} server */
export function mount(element, server) {
  const store = openStore();
  const root = element.closest("#robustness") ?? element;
  const find = (selector) => element.querySelector(selector);
  const notice = find(".notice");
  const radios = [...element.querySelectorAll("input[name=curve]")];
  const move = (value) => store.slide({ [curve]: value });
  const charts = { test: createChart(find("#test-chart"), move), live: createChart(find("#live-chart"), move) };
  const legend = createLegend(find(".robust-readings"), () => {
    refresh();
    update();
  });
  const asked = store.extra("curve");
  let curve = radios.some((radio) => radio.value === asked) ? asked : radios[0].value; // a link may say anything
  let answer = null; // the newest figure, maybe still of another control
  let live = null; // the newest sweep of this image, and what it was asked for
  let here = null; // the newest reading of this image at the marker, and what it was asked for
  let state = null;
  let speakTimer = null;

  // Three things are asked for, each with a trouble of its own.
  const troubles = { figure: "", sweep: "", reading: "" };
  function say(what, problem) {
    troubles[what] = problem;
    const all = [...new Set(Object.values(troubles))].filter(Boolean).join(" ");
    setText(notice, all);
    notice.hidden = !all;
  }

  // Whether the curves are of the control and the networks that are chosen.
  const drawn = () => answer?.control === curve && answer.compare === state.compare;
  const shownLines = () => answer.lines.filter(legend.isShown);

  // Whether the networks of the other comparison are to see this image, too.
  const both = () => Boolean(answer) && shownLines().some((line) => line.live && line.comparison !== state.compare);

  // The image's answers, if they are of the control that is shown.
  const current = () => (live?.answer.control === curve ? live.answer : null);
  const atMarker = () => (here?.answer.control === curve ? here.answer : null);

  // What both charts read at the marker. This image was shown to the networks at this very value; the test images at
  // some, and between two of them it is about what lies between.
  function readings() {
    const value = state[curve];
    const found = {};
    for (const { network, curve: measured } of answer.lines) {
      const test = measured && drawn() ? readAt(measured.values, measured.accuracy, value) : null;
      const near = measured?.values.includes(value) ? "" : "\u2248 ";
      found[network] = {
        test: test === null ? null : `${near}${test.toFixed(1)} %`,
        live: atMarker()?.networks[network]?.said[0] ?? null,
      };
    }
    return found;
  }

  // One sentence for a chart: of the page's comparison, or of the other one, if both of its networks are shown.
  function fact(says) {
    const lines = shownLines().filter((line) => line.live);
    const whole = [state.compare, ...Object.keys(says)].find((each) => lines.filter((line) => line.comparison === each).length === 2);
    return says[whole] ?? "";
  }

  function showTests() {
    if (!drawn()) return;
    const curves = shownLines()
      .filter((line) => line.curve)
      .map((line) => ({ line, points: line.curve.values.map((x, i) => ({ x, y: line.curve.accuracy[i], open: false })) }));
    charts.test.show({ axis: answer.axis, key: KEYS[curve], curves, floor: floorOf(curves.map(({ points }) => points)) });
    setText(find("#test-fact"), fact(answer.says));
    const sizes = curves.map(({ line }) => line.curve.n).sort((a, b) => a - b);
    const size = [...new Set([sizes[0], sizes.at(-1)])].map((n) => n?.toLocaleString("en")).join(" to ");
    setText(find(".robust-of"), sizes.length ? `${size} ${answer.images}, all other sliders at rest. \u2248: between two measured values.` : "\u00a0");
  }

  function showLive() {
    if (!drawn()) return;
    const sweep = current();
    const exact = here?.key === live?.key ? atMarker() : null; // of the same image
    const curves = shownLines()
      .filter((line) => line.live)
      .map((line) => ({ line, points: pointsOf(line.network, sweep, exact) }));
    charts.live.show({ axis: answer.axis, key: KEYS[curve], curves, floor: 0, exact: exact?.values[0] });
    setText(find("#live-title"), `This image: probability of ${sweep ? `\u201c${sweep.class}\u201d` : "its class"}, %`);
    setText(find("#live-fact"), sweep ? fact(sweep.says) : "");
    setText(find(".robust-words"), explained(sweep));
    follow();
  }

  function refresh() {
    showTests();
    showLive();
  }

  // What this image's chart shows, in words. Of an image of the visitor's own nobody knows the class.
  function explained(sweep) {
    const own = typeof sweep?.at === "number";
    const what = own
      ? `With the other sliders as they are. Shown: your own image, whose true class is not known: the curves are of \u201c${sweep.class}\u201d, the answer with the transformer at ${NAMES[sweep.control] ?? sweep.control} ${sweep.at}${UNITS[sweep.control]}.`
      : "With the other sliders as they are.";
    return `${what} Hollow: the network ${own ? "says something else" : "is wrong"} there.`;
  }

  // The marker and the numbers that stand for it.
  function follow() {
    if (!answer || !state) return;
    const value = state[curve];
    if (drawn()) for (const chart of Object.values(charts)) chart.mark(value);
    const unit = curve === "clutter" && value === 1 ? " patch" : UNITS[curve];
    setText(find(".at"), `At ${NAMES[curve] ?? curve} ${String(+value.toFixed(2)).replace("-", "\u2212")}${unit}`);
    const found = readings();
    legend.show(found);
    clearTimeout(speakTimer);
    if (!drawn()) return;
    speakTimer = setTimeout(() => {
      const parts = shownLines().map(({ network, label }) => {
        const { test, live: own } = found[network];
        const said = [test && `${test} of the test images`, own && `${own} for this one`];
        return `${label}: ${said.filter(Boolean).join(", ")}`;
      });
      setText(find(".robust-spoken"), `${find(".at").textContent}. ${parts.join(". ")}.`);
    }, 700);
  }

  // What was asked for last; empty where that failed, so that the next occasion asks again.
  let [figureKey, sweepKey, readingKey] = ["", "", ""];

  function failed(what, problem) {
    say(what, problem);
    if (what === "figure") figureKey = "";
    else if (what === "sweep") [sweepKey, live] = ["", null];
    else [readingKey, here] = ["", null];
    refresh();
  }

  const asking = (what, ask, limit, draw) =>
    createPump({
      ask: (wanted) => answerOf(ask(wanted)),
      limit: () => limit,
      draw: (found, number, wanted) => {
        if (found.error) {
          failed(what, found.error);
          return;
        }
        say(what, "");
        draw(found, wanted);
      },
      fail: (error) => {
        console.error(error);
        failed(what, LOST);
      },
    });

  const figures = asking("figure", (wanted) => server.figure(wanted), 2, (found, wanted) => {
    answer = { ...found, compare: wanted.compare };
    legend.build(found.lines);
    find(".robust-note").hidden = found.measured;
    element.firstElementChild.classList.toggle("only-live", !found.measured);
    refresh();
    update(); // what is ticked says whom this image is shown to
  });

  // One at a time: a sweep is 25 images for the server, and whoever drags wants only the last.
  const sweeps = asking("sweep", ({ request }) => server.sweep(store.request(request)), 1, (found, { key, request }) => {
    live = { answer: found, key };
    showLive();
    root.dataset.swept = JSON.stringify(request);
  });

  // And at the marker one image, as in the live view.
  const points = asking("reading", ({ request }) => server.reading(store.request(request)), 2, (found, { key, request }) => {
    here = { answer: found, key };
    showLive();
    root.dataset.read = JSON.stringify(request);
  });

  function update() {
    if (!state) return;
    const figure = { dataset: state.dataset, model: state.model, compare: state.compare, edges: state.edges, curve };
    if (JSON.stringify(figure) !== figureKey) {
      figureKey = JSON.stringify(figure);
      figures.push(figure);
    }
    const request = { ...state, curve, both: both() };
    // The image's curve does not depend on where its own control stands.
    const key = JSON.stringify([store.request({ ...request, [curve]: null }), store.renewed]);
    const exact = JSON.stringify([key, state[curve]]);
    if (exact !== readingKey) {
      readingKey = exact;
      points.push({ request, key });
    }
    if (key !== sweepKey) {
      sweepKey = key;
      sweeps.push({ request, key });
    }
    follow();
  }

  for (const radio of radios) {
    radio.checked = radio.value === curve;
    radio.addEventListener("change", () => {
      curve = radio.value;
      store.keep("curve", curve);
      update();
    });
  }

  window.stnRobustness = { figures, sweeps, points };
  store.watch("robustness", (next) => {
    state = next;
    update();
  });
}
