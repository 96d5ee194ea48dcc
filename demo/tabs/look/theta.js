// theta by name, as a matrix where it is one, and in words.

import { make, setText } from "../../ui/static/readings.js";
import { inPrint } from "./values.js";

export function createNumbers(box) {
  const matrix = box.querySelector(".look-matrix");
  const list = box.querySelector(".look-names");
  const said = box.querySelector(".look-words");
  let made = "";
  let cells = [];
  let values = [];

  // A spline's numbers come in pairs, the x and the y of each control point.
  const linesOf = ({ family, names, values: numbers }) =>
    family === "tps"
      ? names.filter((_, i) => i % 2 === 0).map((name, i) => [name.slice(1), [numbers[2 * i], numbers[2 * i + 1]]])
      : names.map((name, i) => [name, [numbers[i]]]);

  function build(stage, rows, lines) {
    const wanted = `${stage.family} ${stage.names.length}`;
    if (wanted === made) return;
    made = wanted;
    matrix.hidden = !rows.length;
    const grid = make("div", "matrix");
    grid.style.gridTemplateColumns = "repeat(3, auto)";
    cells = rows.flat().map(() => make("span", "matrix-cell"));
    grid.append(...cells);
    matrix.replaceChildren(make("span", "matrix-name", "\u03b8 ="), grid);
    values = lines.map(() => make("dd"));
    list.replaceChildren(...lines.flatMap(([name], i) => [make("dt", "", name), values[i]]));
    list.classList.toggle("is-long", lines.length > 8);
  }

  return {
    show(stage) {
      const rows = stage.matrix ? (stage.family === "projective" ? stage.matrix : stage.matrix.slice(0, 2)) : [];
      const lines = linesOf(stage);
      build(stage, rows, lines);
      rows.flat().forEach((value, i) => setText(cells[i], inPrint(value ?? NaN, 2)));
      lines.forEach(([, numbers], i) => setText(values[i], numbers.map((v) => inPrint(v ?? NaN, 2)).join(", ")));
      setText(said, `${stage.words[0].toUpperCase()}${stage.words.slice(1)}.`);
      matrix.setAttribute("aria-label", `theta as a matrix, row by row: ${rows.map((row) => row.map((v) => inPrint(v ?? NaN, 2)).join(" ")).join("; ")}`);
    },
  };
}
