// Ties the gallery together. mount() is called once, when the tab is first opened.

import { KEYS } from "../../ui/static/constants.js";
import { connectComparison } from "../../ui/static/comparison.js";
import { createImage, latticeOf, penOf } from "../../ui/static/pixels.js";
import { LOST, answerOf } from "../../ui/static/pump.js";
import { make, setText } from "../../ui/static/readings.js";
import { openStore } from "../../ui/static/store.js";
import { makeLinks, placeLinks } from "./cells.js";
import { SIGNS, drawGallery, figureFile, layOut, ticked } from "./draw.js";

/** @import { Server } from "../../ui/static/types.d.ts" */

/** @param {any} element @param {Server} server @param {number} seeds how many there are: 0, 1, ... */
export function mount(element, server, seeds) {
  const store = openStore();
  const root = element.closest("#gallery") ?? element;
  const find = (selector) => element.querySelector(selector);
  const canvas = find(".gallery-canvas");
  const notice = find(".notice");
  const datasets = find("[name=gallery-dataset]");
  const models = find("[name=gallery-model]");
  const distortions = find("[name=gallery-distortion]");
  const list = find(".gallery-list");
  const hide = find("[name=gallery-edges]");
  const sides = [...element.querySelectorAll(".gallery-sides")]; // one group of choices for each comparison
  const images = []; // canvases, reused from answer to answer
  let shown = null; // the newest answer
  let seed = Math.min(seeds - 1, Math.max(0, Math.floor(Number(store.extra("gallery_seed", 0)) || 0)));
  let chosenHere = false; // the data set or the network was chosen in this tab, not beside the play tab
  let wantedModel = null; // of the other tabs, until the server has said what there is to choose from
  let compare = store.state?.compare ?? sides[0].dataset.compare; // as the page's switch has it
  let edges = store.state?.edges ?? KEYS.edges.default; // and its check box
  let asked = 0; // the newest request; what an older one brings is thrown away

  const radio = (name) => element.querySelector(`[name=${name}]:checked`).value;
  const setRadio = (name, value) => {
    const found = [...element.querySelectorAll(`[name=${name}]`)].find((option) => option.value === value);
    if (found) found.checked = true; // a link may say anything
  };
  const setOption = (select, value) => {
    if ([...select.options].some((option) => option.value === value)) select.value = value;
  };
  setRadio("gallery-kind", store.extra("gallery"));
  pickSide(store.extra("mistakes_of"));
  setOption(distortions, store.extra("distortion"));
  setOption(datasets, store.extra("gallery_dataset"));
  if (store.extra("gallery_dataset") === datasets.value) {
    chosenHere = true;
    wantedModel = store.extra("gallery_model");
  }

  // Whose mistakes: one of two, the same side in both comparisons.
  function pickSide(role) {
    const options = sides.map((group) => [...group.querySelectorAll("input")]);
    const side = Math.max(...options.map((some) => some.findIndex((option) => option.value === role)));
    if (side >= 0) for (const some of options) some[side].checked = true;
  }

  function colours() {
    const style = getComputedStyle(canvas);
    const pick = (name) => style.getPropertyValue(name).trim();
    return {
      frame: pick("--stn"),
      bright: "#f0913a", // on black images in both themes
      cnn: pick("--cnn"),
      ink: pick("--ink"),
      quiet: pick("--quiet"),
      halo: pick("--halo"),
      ground: getComputedStyle(document.body).backgroundColor,
      font: style.fontFamily,
      type: parseFloat(style.fontSize), // larger for a projector
    };
  }

  function say(problem) {
    setText(notice, problem);
    notice.hidden = !problem;
  }

  function paint() {
    const width = canvas.clientWidth;
    if (!shown || !width) return;
    const palette = colours();
    const plan = layOut(shown, width, palette.type);
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.max(1, Math.round(plan.height * ratio));
    canvas.style.height = `${plan.height}px`;
    const context = penOf(canvas);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawGallery(context, shown, images, plan, palette);
    placeLinks(list, plan);
  }

  function take(answer) {
    const pairs =
      answer.kind === "means"
        ? answer.means.before.map((input, k) => ({ input, output: answer.means.after[k] }))
        : answer.cells;
    pairs.forEach(({ input, output }, k) => {
      images[k] ??= { input: createImage(), output: createImage() };
      images[k].input.set(input);
      images[k].output.set(output);
    });
    for (const cell of answer.cells ?? []) if (typeof cell.lattice === "string") cell.lattice = latticeOf(cell.lattice);
    shown = answer;
    setText(find(".gallery-words"), answer.words);
    describe(answer);
    paint();
  }

  function describe(answer) {
    const means = answer.kind === "means";
    canvas.setAttribute("aria-label", means ? `Mean image of each class before and after the transformer. ${answer.words}` : answer.words);
    const [plain, helped] = Object.values(answer.compared).map((title, i) => `${SIGNS[i]} ${title}`);
    const right = ticked(answer) ? "\u2713 right, " : "";
    setText(
      find(".gallery-signs"),
      means
        ? "Above: the mean image of each class before the transformer. Below, framed: the mean after it. If the transformer aligns a class, the lower mean is sharper."
        : `Left: the input; the frame\u2019s thick edge becomes the output\u2019s top. Right: the output. ${plain}, ${helped}, ${right}\u2717 wrong.`,
    );
    find(".gallery-hint").hidden = means;
    makeLinks(list, answer, store);
  }

  function offerModels(networks, model) {
    const wanted = networks.map(([name]) => name).join();
    if (models.dataset.offered !== wanted) {
      models.dataset.offered = wanted;
      models.replaceChildren(
        ...networks.map(([name, label]) => {
          const option = make("option", "", label);
          option.value = name;
          return option;
        }),
      );
    }
    models.value = model;
  }

  async function load() {
    const number = (asked += 1);
    const kind = radio("gallery-kind");
    find(".gallery-of").hidden = kind !== "mistakes";
    for (const group of sides) group.hidden = group.dataset.compare !== compare;
    find(".comparison").disabled = kind === "means"; // they are the same for both
    const request = {
      kind,
      dataset: datasets.value,
      model: models.value || wantedModel,
      compare,
      edges,
      distortion: distortions.value,
      of: radio(`gallery-of-${compare}`),
      seed,
    };
    // Class means come part by part, and sharpen before one's eyes; everything else comes at once.
    for (let part = 0; number === asked && store.tab === "gallery"; part += 1) {
      root.dataset.busy = "true";
      let answer = null;
      try {
        answer = await answerOf(server.show({ ...request, part }));
      } catch (error) {
        console.error(error);
        answer = { error: LOST };
      }
      if (number !== asked) return;
      say(answer.error ?? answer.note);
      if (!answer.error) {
        offerModels(answer.networks, answer.model);
        take(answer);
        shown.seed = request.seed;
        shown.distortion = request.distortion;
      }
      if (answer.error || answer.kind !== "means" || answer.done) {
        root.dataset.busy = "false";
        root.dataset.drawn = answer.error ? "" : JSON.stringify({ ...request, model: answer.model });
        setText(find(".gallery-spoken"), answer.error ?? answer.words);
        return;
      }
    }
  }

  function keepSide() {
    store.keep("mistakes_of", radio("gallery-kind") === "mistakes" ? radio(`gallery-of-${compare}`) : null);
  }

  function keep() {
    store.keep("gallery", radio("gallery-kind"));
    store.keep("distortion", distortions.value);
    store.keep("gallery_seed", seed || null);
    keepSide();
    store.keep("gallery_dataset", chosenHere ? datasets.value : null);
    store.keep("gallery_model", (chosenHere && models.value) || null);
  }

  element.querySelector("form").addEventListener("change", (event) => {
    if (event.target.closest(".gallery-sides")) pickSide(event.target.value);
    chosenHere ||= event.target === datasets || event.target === models;
    if (event.target === datasets) {
      wantedModel = null;
      models.replaceChildren();
      models.dataset.offered = "";
    }
    keep();
    load();
  });
  hide.addEventListener("change", () => store.hideEdges(hide.checked)); // the page's state then comes back here
  find(".gallery-other").addEventListener("click", () => {
    seed = (seed + 1) % seeds;
    keep();
    load();
  });
  find(".gallery-save").addEventListener("click", () => {
    if (!shown) return;
    figureFile(shown, find(".gallery-signs").textContent, images, colours()).toBlob((blob) => {
      if (!blob) return; // the browser could not make one
      const link = make("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${shown.model}-${shown.kind}-${shown.distortion}-${shown.seed}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });
  });

  connectComparison(element, store);
  new ResizeObserver(paint).observe(canvas);
  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  window.stnGallery = { shown: () => shown };

  let last = "";
  let renewed = store.renewed; // the images were exchanged so often
  store.watch("gallery", (state) => {
    // The data set and the network of the other tabs, until others are chosen here.
    const now = `${state.dataset} ${state.model}`;
    const exchanged = renewed !== store.renewed;
    renewed = store.renewed;
    const compared = compare !== state.compare && radio("gallery-kind") !== "means";
    const hidden = edges !== state.edges;
    compare = state.compare;
    edges = state.edges;
    hide.checked = edges === "hidden";
    if (compared) keepSide();
    if (chosenHere || now === last) {
      if (exchanged || compared || hidden || !shown || shown.done === false) load();
      return;
    }
    last = now;
    setOption(datasets, state.dataset);
    models.replaceChildren();
    models.dataset.offered = "";
    wantedModel = state.model;
    load();
  });
}
