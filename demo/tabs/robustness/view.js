// Ties the robustness tab together. mount() is called once, when the tab is first opened.

import { LOST, answerOf, createPump } from "../../ui/static/pump.js";
import { setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";
import { composed, createChart, plotDiv, readAt } from "./chart.js";
import { createLegend } from "./legend.js";

/** @import { Server } from "../../ui/static/types.d.ts" */

const UNITS = { rotation: "\u00b0", scale: "\u00d7", shear: "\u00b0", clutter: " patches", noise: "" };

/** @param {any} element @param {Server} server */
export function mount(element, server) {
  const store = openStore();
  const root = element.closest("#robustness") ?? element;
  const find = (selector) => element.querySelector(selector);
  const notice = find(".notice");
  const radios = [...element.querySelectorAll("input[name=curve]")];
  const chart = createChart();
  const legend = createLegend(find(".robust-readings"), () => refresh());
  const asked = store.extra("curve");
  let curve = radios.some((radio) => radio.value === asked) ? asked : radios[0].value; // a link may say anything
  let answer = null; // the newest figure, maybe still of another control
  let live = null; // the newest sweep
  let state = null;
  let speakTimer = null;

  const theme = () => (document.body.classList.contains("dark") ? "dark" : "light");

  // Two things are asked for, each with a trouble of its own.
  const troubles = { figure: "", sweep: "" };
  function say(what, problem) {
    troubles[what] = problem;
    const all = [...new Set(Object.values(troubles))].filter(Boolean).join(" ");
    setText(notice, all);
    notice.hidden = !all;
  }

  // What both charts read at the marker; between two measured values, in proportion.
  function readings() {
    const value = state[curve];
    const found = {};
    for (const trace of answer.figure.data) {
      found[trace.meta.network] ??= { test: null, live: null };
      if (trace.meta.part === "test" && drawn()) found[trace.meta.network].test = readAt(trace.x, trace.y, value);
    }
    for (const [network, { percent }] of Object.entries(current()?.networks ?? {})) {
      if (found[network]) found[network].live = readAt(live.values, percent, value);
    }
    return found;
  }

  // The sweep, if it is of the control that is shown.
  function current() {
    return live?.control === curve ? live : null;
  }

  // Whether the chart is of the control that is chosen.
  const drawn = () => answer?.control === curve;

  function refresh() {
    if (!drawn()) return;
    const { data, layout, config } = answer.figure;
    const layoutNow = structuredClone(layout);
    if (document.documentElement.classList.contains("view-class")) enlarge(layoutNow);
    if (current()) {
      const title = layoutNow.annotations[layoutNow.annotations.length - 1];
      title.text = title.text.replace("its class", `\u201c${current().class}\u201d`);
    }
    setText(find(".robust-words"), explained(answer, current()));
    chart.show({ data: composed({ data }, current(), legend.hidden), layout: layoutNow, config });
    follow();
  }

  // What the charts show, in words. Of an image of the visitor's own nobody knows the class.
  function explained({ measured, images }, sweep) {
    const own = typeof sweep?.at === "number";
    const above = measured ? `Above: ${images}, all other sliders at rest. Below: ` : "Shown: ";
    const place = own ? `${sweep.control} ${sweep.at}${UNITS[sweep.control]}` : "";
    const what = own
      ? `your own image, with the other sliders as they are. Its true class is not known: the curves are of \u201c${sweep.class}\u201d, the transformer\u2019s answer at ${place}.`
      : "this image, with the other sliders as they are, as seen by the plain CNN and the chosen network.";
    return `${above}${what} Hollow markers: the network ${own ? "says something else" : "is wrong"} there.`;
  }

  // For a projector.
  function enlarge(layout) {
    const by = 1.45;
    for (const part of [layout, layout.xaxis.title, ...layout.annotations]) part.font.size *= by;
    Object.assign(layout.margin, { l: 62, t: 40, b: 70 });
  }

  // The marker and the numbers that stand for it.
  function follow() {
    if (!answer || !state) return;
    const value = state[curve];
    if (drawn()) chart.mark(value);
    const unit = curve === "clutter" && value === 1 ? " patch" : UNITS[curve];
    setText(find(".at"), `At ${curve} ${String(+value.toFixed(2)).replace("-", "\u2212")}${unit}`);
    const found = readings();
    legend.show(found);
    clearTimeout(speakTimer);
    if (!drawn()) return;
    speakTimer = setTimeout(() => {
      const parts = answer.legend.map(({ network, label }) => {
        const { test, live: own } = found[network];
        const said = [test === null ? "" : `${test.toFixed(1)} % of the test images`, own === null ? "" : `${own.toFixed(0)} % for this one`];
        return `${label}: ${said.filter(Boolean).join(", ")}`;
      });
      setText(find(".robust-spoken"), `${find(".at").textContent}. ${parts.join(". ")}.`);
    }, 700);
  }

  let figureKey = ""; // what was asked for last; empty where that failed, so that the next occasion asks again
  let sweepKey = "";

  const lost = (what) => (error) => {
    console.error(error);
    failed(what, LOST);
  };

  function failed(what, problem) {
    say(what, problem);
    if (what === "figure") figureKey = "";
    else [sweepKey, live] = ["", null];
    refresh();
  }

  const figures = createPump({
    ask: (wanted) => answerOf(server.figure(wanted)),
    limit: () => 2,
    draw: (found) => {
      if (found.error) {
        failed("figure", found.error);
        return;
      }
      say("figure", "");
      answer = found;
      legend.build(found.legend);
      find(".robust-note").hidden = found.measured;
      element.firstElementChild.classList.toggle("only-live", !found.measured);
      refresh();
    },
    fail: lost("figure"),
  });

  // One at a time: a sweep is 25 images for the server, and whoever drags wants only the last.
  const sweeps = createPump({
    ask: (wanted) => answerOf(server.sweep(store.request(wanted))),
    limit: () => 1,
    draw: (found, number, wanted) => {
      if (found.error) {
        failed("sweep", found.error);
        return;
      }
      say("sweep", "");
      live = found;
      refresh();
      root.dataset.swept = JSON.stringify(wanted);
    },
    fail: lost("sweep"),
  });

  function update() {
    if (!state) return;
    const wanted = { ...state, curve };
    const figure = { dataset: state.dataset, model: state.model, curve, theme: theme() };
    if (JSON.stringify(figure) !== figureKey) {
      figureKey = JSON.stringify(figure);
      figures.push(figure);
    }
    // The image's curve does not depend on where its own control stands.
    const without = JSON.stringify([store.request({ ...wanted, [curve]: null }), store.renewed]);
    if (without !== sweepKey) {
      sweepKey = without;
      sweeps.push(wanted);
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

  window.stnRobustness = { figures, sweeps, chart };
  plotDiv(root, chart.mount);
  const retheme = () => update();
  new MutationObserver(retheme).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  // Opened again, after another tab was shown, the charts must fit the window as it is now.
  new ResizeObserver(() => chart.div?.offsetWidth && window.Plotly?.Plots.resize(chart.div)).observe(root);

  store.watch("robustness", (next) => {
    state = next;
    update();
  });
}
