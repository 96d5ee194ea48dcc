// The legend is a table: a line for each network, whether it is drawn, and what it reads at the marker.

import { make, setText } from "../../ui/static/readings.js";
import { swatch } from "./marks.js";

/** @param {HTMLTableElement} table @param {() => void} changed */
export function createLegend(table, changed) {
  /** @type {Map<string, boolean>} */
  const wanted = new Map(); // network -> whether somebody ticked it; the others are shown as the page's comparison has it
  let rows = {};
  let known = "";
  let comparison = "";

  const isShown = (line) => wanted.get(line.network) ?? line.shown;

  function rowOf(line) {
    const row = make("tr");
    const head = make("th");
    head.scope = "row";
    const label = make("label");
    const box = make("input");
    box.type = "checkbox";
    box.value = line.network;
    box.checked = isShown(line);
    box.addEventListener("change", () => {
      wanted.set(line.network, box.checked);
      changed();
    });
    label.append(box, swatch(line), make("span", "", line.label));
    head.append(label);
    const test = make("td", "of-tests");
    const live = make("td", "of-this");
    row.append(head, test, live);
    rows[line.network] = { test, live };
    return row;
  }

  function groupOf(lines) {
    const body = make("tbody");
    const head = make("th", "group", lines[0].group);
    head.colSpan = 3;
    head.scope = "rowgroup";
    const first = make("tr");
    first.append(head);
    body.append(first, ...lines.map(rowOf));
    return body;
  }

  return {
    isShown,
    build(lines) {
      const now = JSON.stringify(lines.map(({ network, label, dash, shown }) => [network, label, dash, shown]));
      if (now === known) return;
      known = now;
      const chosen = lines.find((line) => line.shown).comparison;
      if (chosen !== comparison) wanted.clear();
      comparison = chosen;
      rows = {};
      for (const old of [...table.tBodies]) old.remove();
      const groups = Map.groupBy(lines, (line) => line.group);
      table.append(...[...groups.values()].map(groupOf));
    },
    // readings: network -> { test, live }, texts or null
    show(readings) {
      for (const [network, cells] of Object.entries(rows)) {
        for (const part of ["test", "live"]) setText(cells[part], readings[network]?.[part] ?? "\u2013");
      }
    },
  };
}
