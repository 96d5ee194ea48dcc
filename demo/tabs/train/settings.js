// The form of a run's settings: values in, values out, kept in the address. `training`, what there is to set, comes from Python.

import { setText } from "../../ui/static/readings.js";

/**
 * What a run can be set to, from tab.py.
 * @typedef {object} Training
 * @property {Record<string, any>} defaults
 * @property {Record<string, string[]>} choices names of what is chosen from a list
 * @property {Record<string, string>} scenes distortion -> what it is called
 * @property {Record<string, object>} failures failure -> the settings that bring it about
 * @property {[low: number, high: number]} rates
 * @property {number} maxSeed
 * @property {number} maxSteps
 * @property {number} watched digits that are shown while the network trains
 */

const linkKey = (name) => `train-${name}`;

// What a link or a form says, checked: anybody writes links.
/** @param {Record<string, any>} given @param {Training} training */
function cleanSettings(given, training) {
  const clean = { ...training.defaults };
  for (const [name, valid] of Object.entries(training.choices)) if (valid.includes(given[name])) clean[name] = given[name];
  const rate = Number(given.rate);
  if (given.rate !== null && rate >= training.rates[0] && rate <= training.rates[1]) clean.rate = rate;
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

  let exact = null; // a rate from a link or a preset, which the slider's steps may miss; until the slider moves

  function showRate() {
    const rate = read().rate;
    setText(form.querySelector("#train-rate-words"), rateWords(rate));
    field("rate").setAttribute("aria-valuetext", rateWords(rate));
  }

  function read() {
    const given = { rate: exact ?? +(10 ** Number(field("rate").value)).toPrecision(3), seed: field("seed").value };
    for (const name of Object.keys(training.choices)) given[name] = field(name).value;
    return cleanSettings(given, training);
  }

  function write(settings) {
    for (const name of Object.keys(training.choices)) field(name).value = settings[name];
    exact = settings.rate;
    field("rate").value = Math.log10(settings.rate);
    field("seed").value = settings.seed;
    showRate();
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
  field("rate").addEventListener("input", () => {
    exact = null;
    showRate();
  });
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
    enable(on) {
      /** @type {HTMLFieldSetElement} */ (form.querySelector("fieldset")).disabled = !on;
    },
  };
}
