// The legend is a table: a line for each network, whether it is drawn, and what it reads at the marker.

import { make, setText } from "../../ui/static/readings.js";

const DASHES = { solid: "", dash: "7 4", dot: "1.5 4", dashdot: "7 4 1.5 4", longdash: "12 4" };
const SHAPES = {
  circle: "M17 7 m-4 0 a4 4 0 1 0 8 0 a4 4 0 1 0 -8 0",
  diamond: "M17 2 l5 5 l-5 5 l-5 -5 z",
  square: "M13.5 3.5 h7 v7 h-7 z",
  "triangle-up": "M17 2.5 l4.5 8 h-9 z",
  cross: "M15.5 3 h3 v2.5 h2.5 v3 h-2.5 v2.5 h-3 v-2.5 h-2.5 v-3 h2.5 z",
  x: "M13 5 l2 -2 l2 2 l2 -2 l2 2 l-2 2 l2 2 l-2 2 l-2 -2 l-2 2 l-2 -2 l2 -2 z",
};

function swatch({ role, dash, symbol }) {
  const image = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  image.setAttribute("viewBox", "0 0 34 14");
  image.setAttribute("aria-hidden", "true");
  image.setAttribute("class", `swatch ${role}`);
  const line = document.createElementNS(image.namespaceURI, "path");
  line.setAttribute("d", "M1 7 H33");
  line.setAttribute("stroke-dasharray", DASHES[dash] ?? "");
  const shape = document.createElementNS(image.namespaceURI, "path");
  shape.setAttribute("d", SHAPES[symbol] ?? SHAPES.circle);
  shape.setAttribute("class", "shape");
  image.append(line, shape);
  return image;
}

export function createLegend(table, onHide) {
  const body = table.querySelector("tbody");
  const hidden = new Set();
  let rows = {};
  let known = "";

  function build(entries) {
    const wanted = JSON.stringify(entries);
    if (wanted === known) return;
    known = wanted;
    rows = {};
    body.replaceChildren(
      ...entries.map((entry) => {
        const row = make("tr");
        const head = make("th");
        head.scope = "row";
        const label = make("label");
        const box = make("input");
        box.type = "checkbox";
        box.checked = !hidden.has(entry.network);
        box.addEventListener("change", () => {
          if (box.checked) hidden.delete(entry.network);
          else hidden.add(entry.network);
          onHide();
        });
        label.append(box, swatch(entry), make("span", "", entry.label));
        head.append(label);
        const test = make("td", "of-tests");
        const live = make("td", "of-this");
        row.append(head, test, live);
        rows[entry.network] = { test, live };
        return row;
      }),
    );
  }

  return {
    hidden,
    build,
    // readings: network -> { test, live }, percentages or null
    show(readings) {
      for (const [network, cells] of Object.entries(rows)) {
        for (const part of ["test", "live"]) {
          const value = readings[network]?.[part];
          setText(cells[part], value === null || value === undefined ? "\u2013" : `${value.toFixed(part === "test" ? 1 : 0)} %`);
        }
      }
    },
  };
}
