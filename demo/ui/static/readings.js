// What stands in words and numbers under the images: bars of both networks and theta.

export function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A bar's length, 0 to 1, in steps too fine to see; where it stays, the browser has nothing to do.
export function setLength(fill, part) {
  const transform = `scaleX(${Math.round(part * 1000) / 1000})`;
  if (fill.style.transform !== transform) fill.style.transform = transform;
}

// Bars in the classes' own order; they never move, only their lengths do.
export function createBars(group) {
  const list = group.querySelector(".bars");
  const says = group.querySelector(".says");
  const title = group.querySelector("h2");
  let rows = [];
  let names = "";

  function build(classes) {
    if (classes.join() === names) return;
    names = classes.join();
    list.replaceChildren();
    rows = classes.map((name) => {
      const row = make("li", "bar");
      const label = make("span", "bar-name");
      label.append(make("span", "bar-mark"), make("span", "bar-class", name));
      const track = make("span", "bar-track");
      const fill = make("span", "bar-fill");
      const percent = make("span", "bar-percent");
      track.append(fill);
      row.append(label, track, percent);
      list.append(row);
      return { row, fill, percent, mark: label.firstChild };
    });
    list.classList.toggle("wide-names", classes.some((name) => name.length > 2));
  }

  return {
    show(network, classes, label) {
      build(classes);
      rows.forEach(({ row, fill, percent, mark }, i) => {
        setLength(fill, network.probabilities[i]);
        setText(percent, network.percent[i]);
        row.classList.toggle("is-top", i === network.top);
        row.classList.toggle("is-true", i === label);
        setText(mark, i === label ? "\u25b8" : "");
        if (i === label) {
          mark.setAttribute("role", "img");
          mark.setAttribute("aria-label", "true class");
        } else {
          mark.removeAttribute("role");
          mark.removeAttribute("aria-label");
        }
      });
      if (network.title) setText(title, network.title);
      setText(says, network.words);
      group.dataset.right = String(network.right);
    },
  };
}

// theta of the last transformer: a matrix where the family is one, else its numbers by name.
export function createTheta(box) {
  const numbers = box.querySelector(".theta-numbers");
  const said = box.querySelector(".theta-words");
  const hint = box.querySelector(".theta-hint");
  const ofPoints = hint.textContent;
  let shape = "";
  let cells = [];

  function layOut(stage, rows) {
    const wanted = `${stage.family} ${rows.length} ${stage.names.length}`;
    if (wanted === shape) return;
    shape = wanted;
    numbers.replaceChildren();
    const matrix = make("div", "matrix");
    matrix.style.setProperty("--columns", rows[0].length);
    cells = rows.flatMap((row, i) => row.map(() => make("span", i % 2 ? "matrix-cell is-odd" : "matrix-cell")));
    matrix.append(...cells);
    numbers.append(make("span", "matrix-name", "\u03b8 ="), matrix);
    const spline = stage.family === "tps";
    box.classList.toggle("is-spline", spline);
    hint.textContent = spline
      ? `\u03b8 says where in the input the output\u2019s ${stage.names.length / 2} control points are read: x above, y below.`
      : ofPoints;
  }

  return {
    show(stage) {
      const rows = rowsOf(stage);
      layOut(stage, rows);
      rows.flat().forEach(([name, value], i) => {
        setText(cells[i], value === null ? "?" : value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "\u2212"));
        if (cells[i].title !== name) cells[i].title = name;
      });
      setText(said, `${stage.words[0].toUpperCase()}${stage.words.slice(1)}.`);
      numbers.setAttribute("aria-label", `theta, ${stage.family}: ${rows.flat().map((c) => c.join(" ")).join(", ")}`);
    },
  };
}

// Rows of [name, value]: the matrix of an affine or projective theta, a spline's control points as they lie, each with x
// above y, and the few numbers of a smaller family side by side.
export function rowsOf({ family, names, values }) {
  const cells = names.map((name, i) => [name, values[i]]);
  if (family === "tps") {
    const side = 2 * Math.sqrt(names.length / 2);
    return inRows(cells, side).flatMap((row) => [0, 1].map((xy) => row.filter((_, i) => i % 2 === xy)));
  }
  if (family === "projective") cells.push(["always 1", 1]);
  return inRows(cells, cells.length > 4 ? 3 : cells.length);
}

function inRows(cells, width) {
  return Array.from({ length: Math.ceil(cells.length / width) }, (_, i) => cells.slice(i * width, (i + 1) * width));
}
