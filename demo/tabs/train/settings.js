// The form of a run's settings: values in, values out, kept in the address. `training`, what there is to set, comes from Python.

import { setText } from "../../ui/static/readings.js";

/**
 * What a run can be set to, from tab.py.
 * @typedef {object} Training
 * @property {Record<string, any>} defaults
 * @property {Record<string, string[]>} choices names of what is chosen from a list
 * @property {Record<string, string>} scenes distortion -> what it is called
 * @property {Record<string, object>} failures failure -> the settings that bring it about
 * @property {{ lr: [low: number, high: number], rate: [low: number, high: number] }} ranges of the learning rates
 * @property {number} maxSeed
 * @property {number} maxSteps
 * @property {number} watched images that are shown while the network trains
 */

const TRANSFORMERS = ["family", "padding", "lesson", "start", "rate"]; // settings that are a transformer's alone

const linkKey = (name) => `train-${name}`;

// What a link or a form says, checked: anybody writes links.
/** @param {Record<string, any>} given @param {Training} training */
function cleanSettings(given, training) {
  const clean = { ...training.defaults };
  for (const [name, valid] of Object.entries(training.choices)) if (valid.includes(given[name])) clean[name] = given[name];
  for (const [name, [low, high]] of Object.entries(training.ranges)) {
    const value = Number(given[name]);
    if (given[name] !== null && value >= low && value <= high) clean[name] = value;
  }
  const seed = Number(given.seed);
  if (given.seed !== null && given.seed !== "" && Number.isInteger(seed) && seed >= 0 && seed <= training.maxSeed) clean.seed = seed;
  return clean;
}

// "1/10 of the classifier's" or "30 times the classifier's".
function rateWords(rate) {
  const nice = (value) => String(+value.toPrecision(2));
  if (Math.abs(rate - 1) < 0.01) return "the same as the classifier's";
  return rate < 1 ? `1/${nice(1 / rate)} of the classifier's` : `${nice(rate)} times the classifier's`;
}

/** @param {HTMLFormElement} form @param {import("../../ui/static/types.d.ts").Store} store @param {Training} training */
export function createSettings(form, store, training) {
  const keys = Object.keys(training.defaults);
  const field = (name) => /** @type {any} */ (form.querySelector(`#train-${name}`));
  const fill = (select, names) => {
    for (const [value, text] of names) select.append(new Option(text, value));
  };
  fill(field("distortion"), Object.entries(training.scenes));
  fill(field("family"), training.choices.family.map((name) => [name, name === "tps" ? "thin plate spline" : name]));
  fill(field("padding"), training.choices.padding.map((name) => [name, name]));
  field("seed").max = training.maxSeed;

  const rates = Object.keys(training.ranges);
  /** @type {Record<string, number | null>} */
  const exact = {}; // rates from a link or a preset, which a slider's steps may miss; until the slider moves
  const words = { lr: String, rate: rateWords };
  for (const name of rates) [field(name).min, field(name).max] = training.ranges[name].map(Math.log10);

  function showRates() {
    const values = read();
    for (const name of rates) {
      setText(form.querySelector(`#train-${name}-words`), words[name](values[name]));
      field(name).setAttribute("aria-valuetext", words[name](values[name]));
    }
  }

  function read() {
    const given = { seed: field("seed").value };
    for (const name of rates) given[name] = exact[name] ?? +(10 ** Number(field(name).value)).toPrecision(2);
    for (const name of Object.keys(training.choices)) given[name] = field(name).value;
    return cleanSettings(given, training);
  }

  function write(settings) {
    for (const name of Object.keys(training.choices)) field(name).value = settings[name];
    for (const name of rates) {
      exact[name] = settings[name];
      field(name).value = Math.log10(settings[name]);
    }
    field("seed").value = settings.seed;
    showRates();
    lock(locked);
  }

  // While a run is on, all but the learning rates wait for its end; without a transformer what is the transformer's has
  // no use.
  let locked = false;
  function lock(on) {
    locked = on;
    /** @type {HTMLFieldSetElement} */ (form.querySelector("fieldset")).disabled = on;
    const note = /** @type {HTMLElement} */ (form.querySelector("#train-locked"));
    note.classList.toggle("is-on", on);
    const plain = field("placement").value === "none";
    for (const name of TRANSFORMERS) field(name).disabled = plain;
    for (const label of form.querySelectorAll("label")) {
      const own = /** @type {any} */ (label.querySelector("select, input"));
      label.title = on && own.closest("fieldset") ? "Stop first" : plain && own.disabled ? "There is no transformer" : "";
    }
  }

  function keep() {
    const settings = read();
    for (const name of keys) {
      const value = settings[name] === training.defaults[name] ? null : settings[name];
      if (store.extra(linkKey(name)) !== value) store.keep(linkKey(name), value);
    }
  }

  const linked = Object.fromEntries(keys.map((name) => [name, store.extra(linkKey(name))]));
  write(cleanSettings(linked, training));
  for (const name of rates) {
    field(name).addEventListener("input", () => {
      exact[name] = null;
      showRates();
    });
  }
  form.addEventListener("change", () => {
    write(read());
    keep();
  });
  return {
    read,
    write(settings) {
      write(settings);
      keep();
    },
    show: write, // and keeps them out of the address
    lock,
    // What a run can be given on its way.
    rates() {
      const values = read();
      return Object.fromEntries(rates.map((name) => [name, values[name]]));
    },
  };
}
