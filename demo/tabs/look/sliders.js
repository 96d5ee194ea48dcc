// theta by hand in human terms: one slider for each part of the frame that the family lets move.

import { make, setText } from "../../ui/static/readings.js";
import { FRAMES, frameOf, thetaOf, turnOf } from "./family.js";
import { bounded } from "./handles.js";
import { inPrint } from "./values.js";

const PARTS = {
  turn: { name: "Turn", low: -180, high: 180, step: 1, ending: "\u00b0", digits: 0, way: " counter-clockwise" },
  size: { name: "Size", low: 0.1, high: 1.6, step: 0.01 },
  width: { name: "Width", low: 0.1, high: 1.6, step: 0.01 },
  height: { name: "Height", low: 0.1, high: 1.6, step: 0.01 },
  shear: { name: "Shear", low: -1, high: 1, step: 0.01 },
  x: { name: "Centre x", low: -1, high: 1, step: 0.01 },
  y: { name: "Centre y", low: -1, high: 1, step: 0.01 },
  tilt_x: { name: "Tilt x", low: -0.45, high: 0.45, step: 0.01 },
  tilt_y: { name: "Tilt y", low: -0.45, high: 0.45, step: 0.01 },
};

// A frame's part as its slider has it. The turn is counted as the page's Rotation: over an image turned by 40 degrees
// belongs a frame turned by 40 degrees.
function partOf(key, { family, theta, slopes }) {
  return key === "turn" ? turnOf(family, theta, slopes) : frameOf(family, theta)[key];
}

// The theta after a part of the frame was moved to a value of its slider.
export function movedTo(key, value, now) {
  const frame = frameOf(now.family, now.theta);
  const next = key === "turn" ? frame.turn - ((value - partOf(key, now)) * Math.PI) / 180 : value; // y points down
  return bounded(thetaOf(now.family, { ...frame, [key]: next }, now.theta), now.theta);
}

// `get` gives {family, theta, slopes}, `set` takes a theta. theta is the truth: a slider that is moved changes its own
// part of the frame, and the others keep theirs also where that is beyond their ends.
export function createSliders(box, { get, set }) {
  let made = "";
  let rows = [];

  function build(family) {
    if (family === made) return;
    made = family;
    rows = FRAMES[family].map((key) => {
      const part = { ending: "", digits: 2, way: "", ...PARTS[key] };
      const row = make("label", "hand-row");
      const input = make("input");
      const value = make("span", "hand-value");
      Object.assign(input, { type: "range", min: part.low, max: part.high, step: part.step });
      input.dataset.part = key;
      input.addEventListener("input", () => set(movedTo(key, Number(input.value), get())));
      row.append(make("span", "hand-name", part.name), input, value);
      return { key, part, row, input, value };
    });
    box.replaceChildren(...rows.map(({ row }) => row));
  }

  return {
    show() {
      const now = get();
      build(now.family);
      for (const { key, part, input, value } of rows) {
        const at = partOf(key, now);
        const said = `${inPrint(at, part.digits)}${part.ending}`;
        // A slider in the hand is not pushed about by its own rounding.
        if (Math.abs(Number(input.value) - at) > part.step / 2) input.value = String(at);
        setText(value, said);
        input.setAttribute("aria-valuetext", said + part.way);
      }
    },
  };
}
