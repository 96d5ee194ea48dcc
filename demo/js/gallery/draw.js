// Draws the gallery on one canvas: on the page, and larger for a file.

const PAIR = 206; // CSS pixels that a pair of pictures wants at least
const GAP = 14;

// Where everything stands. width in CSS pixels; answer as gallery.py gives it.
function layOut(answer, width) {
  const wide = answer.classes.some((name) => name.length > 2);
  if (answer.kind === "means") {
    const n = answer.classes.length;
    const columns = width < 700 ? 5 : n;
    const margin = width < 700 ? 0 : 58; // for the words "before" and "after"
    const side = (width - margin - (columns - 1) * GAP) / columns;
    const cell = { width: side, height: 2 * side + 6 + 24 };
    return { columns, margin, side, cell, rows: Math.ceil(n / columns), height: Math.ceil(n / columns) * (cell.height + GAP) };
  }
  const columns = Math.max(2, Math.floor((width + GAP) / (PAIR + GAP)));
  const cellWidth = (width - (columns - 1) * GAP) / columns;
  const side = (cellWidth - 4) / 2;
  const cell = { width: cellWidth, height: side + (wide ? 40 : 24) };
  const rows = Math.ceil(answer.cells.length / columns);
  return { columns, margin: 0, side, cell, rows, wide, height: rows * (cell.height + GAP) };
}

function placeOf(k, plan) {
  const [row, column] = [Math.floor(k / plan.columns), k % plan.columns];
  return [plan.margin + column * (plan.cell.width + GAP), row * (plan.cell.height + GAP)];
}

function drawGallery(context, answer, pictures, plan, colours) {
  context.imageSmoothingEnabled = false; // a pixel is a pixel
  if (answer.kind === "means") drawMeans(context, answer, pictures, plan, colours);
  else answer.cells.forEach((cell, k) => drawPair(context, answer, cell, pictures[k], placeOf(k, plan), plan, colours));
}

function drawPair(context, answer, cell, picture, [x, y], plan, colours) {
  const { side } = plan;
  context.drawImage(picture.input.canvas, x, y, side, side);
  drawFrame(context, cell.lattice, x, y, side, colours);
  context.drawImage(picture.output.canvas, x + side + 4, y, side, side);
  outline(context, x + side + 4, y, side, colours.frame, 2);
  // Under it what it is and what both networks say; a cross says what colour alone must not.
  context.textBaseline = "top";
  context.textAlign = "left";
  context.font = `600 13px ${colours.font}`;
  context.fillStyle = colours.ink;
  context.fillText(answer.classes[cell.label], x, y + side + 6);
  let at = plan.wide ? x : x + side + 4;
  const line = y + side + (plan.wide ? 23 : 6);
  context.font = `13px ${colours.font}`;
  for (const [name, sign, colour] of [["cnn", "\u25cf", colours.cnn], ["stn", "\u25c6", colours.frame]]) {
    const right = cell[name].top === cell.label;
    const text = right && plan.wide ? "\u2713" : `${answer.classes[cell[name].top]}${right ? "" : " \u2717"}`;
    context.fillStyle = colour;
    context.fillText(sign, at, line);
    at += context.measureText(`${sign} `).width;
    context.fillStyle = right ? colours.quiet : colours.ink;
    context.fillText(text, at, line);
    at += context.measureText(`${text}   `).width;
  }
}

// The frame that the transformer looks at, thick where the output's top is.
function drawFrame(context, lattice, x, y, side, colours) {
  const n = lattice.side;
  const at = (row, column) => {
    const i = 2 * (row * n + column);
    return [x + (side * (lattice.points[i] + 1)) / 2, y + (side * (lattice.points[i + 1] + 1)) / 2];
  };
  const steps = [...Array(n).keys()];
  const border = [
    ...steps.map((s) => [0, s]),
    ...steps.map((s) => [s, n - 1]),
    ...steps.map((s) => [n - 1, n - 1 - s]),
    ...steps.map((s) => [n - 1 - s, 0]),
  ];
  context.save();
  context.beginPath();
  context.rect(x, y, side, side);
  context.clip();
  context.beginPath();
  border.forEach((cell, k) => (k ? context.lineTo(...at(...cell)) : context.moveTo(...at(...cell))));
  context.closePath();
  stroke(context, [[colours.halo, 3], [colours.bright, 1.5]]);
  context.beginPath();
  steps.forEach((s) => (s ? context.lineTo(...at(0, s)) : context.moveTo(...at(0, s))));
  stroke(context, [[colours.bright, 3]]);
  context.restore();
}

function outline(context, x, y, side, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(x + width / 2, y + width / 2, side - width, side - width);
}

function drawMeans(context, answer, pictures, plan, colours) {
  const { side } = plan;
  answer.classes.forEach((name, k) => {
    const [x, y] = placeOf(k, plan);
    context.drawImage(pictures[k].input.canvas, x, y, side, side);
    context.drawImage(pictures[k].output.canvas, x, y + side + 6, side, side);
    outline(context, x, y + side + 6, side, colours.frame, 2);
    context.textBaseline = "top";
    context.textAlign = "center";
    context.font = `600 13px ${colours.font}`;
    context.fillStyle = colours.ink;
    context.fillText(name, x + side / 2, y + 2 * side + 12, side);
  });
  if (!plan.margin) return;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.font = `14px ${colours.font}`;
  context.fillStyle = colours.quiet;
  context.fillText("before", 0, side / 2);
  context.fillText("after", 0, side * 1.5 + 6);
}

// A canvas for a file: the same figure at a width of its own, on the page's ground, with its sentence under it.
function figureFile(answer, pictures, colours, width = 1320, scale = 2, edge = 28) {
  const plan = layOut(answer, width);
  const canvas = document.createElement("canvas");
  canvas.width = scale * (width + 2 * edge);
  canvas.height = scale * (plan.height + 2 * edge + 26);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(edge, edge);
  drawGallery(context, answer, pictures, plan, colours);
  context.textAlign = "left";
  context.textBaseline = "top";
  context.font = `14px ${colours.font}`;
  context.fillStyle = colours.quiet;
  context.fillText(answer.words, 0, plan.height + 6, width);
  return canvas;
}
