// theta by hand in human terms: one slider for each part of the frame that the family lets move.

import { make, setText } from "../../ui/static/readings.js";
import { FRAMES, frameOf, thetaOf } from "./family.js";
import { bounded } from "./handles.js";
import { inPrint } from "./values.js";

const DEGREE = 180 / Math.PI;
const PARTS = {
  turn: { name: "Turn", low: -180, high: 180, step: 1, unit: DEGREE, ending: "\u00b0", digits: 0 },
  size: { name: "Size", low: 0.1, high: 1.6, step: 0.01 },
  width: { name: "Width", low: 0.1, high: 1.6, step: 0.01 },
  height: { name: "Height", low: 0.1, high: 1.6, step: 0.01 },
  shear: { name: "Shear", low: -1, high: 1, step: 0.01 },
  x: { name: "Centre x", low: -1, high: 1, step: 0.01 },
  y: { name: "Centre y", low: -1, high: 1, step: 0.01 },
  tilt_x: { name: "Tilt x", low: -0.45, high: 0.45, step: 0.01 },
  tilt_y: { name: "Tilt y", low: -0.45, high: 0.45, step: 0.01 },
};

// `get` gives {family, theta}, `set` takes a theta. theta is the truth: a slider that is moved changes its own part of
// the frame, and the others keep theirs also where that is beyond their ends.
export function createSliders(box, { get, set }) {
  let made = "";
  let rows = [];

  function build(family) {
    if (family === made) return;
    made = family;
    rows = FRAMES[family].map((key) => {
      const part = { unit: 1, ending: "", digits: 2, ...PARTS[key] };
      const row = make("label", "hand-row");
      const input = make("input");
      const value = make("span", "hand-value");
      Object.assign(input, { type: "range", min: part.low, max: part.high, step: part.step });
      input.dataset.part = key;
      input.addEventListener("input", () => {
        const { family: now, theta } = get();
        const frame = frameOf(now, theta);
        set(bounded(thetaOf(now, { ...frame, [key]: Number(input.value) / part.unit }, theta), theta));
      });
      row.append(make("span", "hand-name", part.name), input, value);
      return { key, part, row, input, value };
    });
    box.replaceChildren(...rows.map(({ row }) => row));
  }

  return {
    show() {
      const { family, theta } = get();
      build(family);
      const frame = frameOf(family, theta);
      for (const { key, part, input, value } of rows) {
        const said = `${inPrint(frame[key] * part.unit, part.digits)}${part.ending}`;
        // A slider in the hand is not pushed about by its own rounding.
        if (Math.abs(Number(input.value) - frame[key] * part.unit) > part.step / 2) input.value = frame[key] * part.unit;
        setText(value, said);
        input.setAttribute("aria-valuetext", said);
      }
    },
  };
}
