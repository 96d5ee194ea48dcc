// The form of a run's settings: values in, values out, kept in the address. TRAINING comes from Python.

const SETTING_KEYS = Object.keys(TRAINING.defaults);
const linkKey = (name) => `train-${name}`;

// What a link or a form says, checked: anybody writes links.
function cleanSettings(given) {
  const clean = { ...TRAINING.defaults };
  for (const [name, valid] of Object.entries(TRAINING.choices)) if (valid.includes(given[name])) clean[name] = given[name];
  const rate = Number(given.rate);
  if (given.rate !== null && rate >= TRAINING.rates[0] && rate <= TRAINING.rates[1]) clean.rate = rate;
  const seed = Number(given.seed);
  if (given.seed !== null && given.seed !== "" && Number.isInteger(seed) && seed >= 0 && seed <= TRAINING.maxSeed) clean.seed = seed;
  return clean;
}

// "1/10 of the classifier's" or "30 times the classifier's".
function rateWords(rate) {
  const nice = (value) => String(+value.toPrecision(2));
  if (Math.abs(rate - 1) < 0.01) return "the same as the classifier's";
  return rate < 1 ? `1/${nice(1 / rate)} of the classifier's` : `${nice(rate)} times the classifier's`;
}

function createSettings(form, store) {
  const field = (name) => form.querySelector(`#train-${name}`);
  const fill = (select, names) => {
    for (const [value, text] of names) select.append(new Option(text, value));
  };
  fill(field("distortion"), Object.entries(TRAINING.scenes));
  fill(field("family"), TRAINING.choices.family.map((name) => [name, name === "tps" ? "thin plate spline" : name]));
  fill(field("padding"), TRAINING.choices.padding.map((name) => [name, name]));
  field("seed").max = TRAINING.maxSeed;

  let exact = null; // a rate from a link or a preset, which the slider's steps may miss; until the slider moves

  function showRate() {
    const rate = read().rate;
    setText(form.querySelector("#train-rate-words"), rateWords(rate));
    field("rate").setAttribute("aria-valuetext", rateWords(rate));
  }

  function read() {
    const given = { rate: exact ?? +(10 ** Number(field("rate").value)).toPrecision(3), seed: field("seed").value };
    for (const name of Object.keys(TRAINING.choices)) given[name] = field(name).value;
    return cleanSettings(given);
  }

  function write(settings) {
    for (const name of Object.keys(TRAINING.choices)) field(name).value = settings[name];
    exact = settings.rate;
    field("rate").value = Math.log10(settings.rate);
    field("seed").value = settings.seed;
    showRate();
  }

  function keep() {
    const settings = read();
    for (const name of SETTING_KEYS) {
      const value = settings[name] === TRAINING.defaults[name] ? null : settings[name];
      if (store.extra(linkKey(name)) !== value) store.keep(linkKey(name), value);
    }
  }

  write(cleanSettings(Object.fromEntries(SETTING_KEYS.map((name) => [name, store.extra(linkKey(name))]))));
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
      form.querySelector("fieldset").disabled = !on;
    },
  };
}
