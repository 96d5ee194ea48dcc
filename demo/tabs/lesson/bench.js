// The bench: what an exercise is about. One image, with its sampling grid and its output, or a sheet of them; before the
// prediction the input alone.

import { REACH, drawBitmap, drawGrid, fit } from "../../ui/static/figure.js";
import { coloursOf } from "../../ui/static/palette.js";
import { createImage, latticeOf } from "../../ui/static/pixels.js";
import { make, setText } from "../../ui/static/readings.js";
import { createSheet } from "./sheet.js";

const NAMES = { frame: "stn", halo: "halo", grid: "grid", veil: "veil", outside: "outside", quiet: "edge" };

/** @param {HTMLElement} element @param {(sample: number) => void} open opens an image of a sheet in Play */
export function createBench(element, open) {
  const find = (selector) => /** @type {any} */ (element.querySelector(selector));
  const canvases = { input: find(".bench-input"), output: find(".bench-output") };
  const images = { input: createImage(), output: createImage() };
  const boxes = [find(".sheet-input"), find(".sheet-output")];
  const sheets = [createSheet(boxes[0], 0, open), createSheet(boxes[1], 1, open)];
  let shown = null; // the newest answer
  let lattice = null; // of one image
  let told = false; // whether everything may be seen

  function paint() {
    if (!shown) return;
    if (shown.cells) sheets.forEach((sheet) => sheet.show(shown.cells, told));
    else if (canvases.input.clientWidth) paintOne();
  }

  function paintOne() {
    const colours = coloursOf(canvases.input, NAMES);
    if (told) {
      drawGrid(canvases.input, images.input.canvas, lattice, colours);
      drawBitmap(canvases.output, images.output.canvas);
      return;
    }
    // The same place on the canvas as with the grid round it, so that nothing moves when that comes.
    const { context, side } = fit(canvases.input);
    context.fillStyle = colours.outside;
    context.fillRect(0, 0, side, side);
    const unit = side / 2 / REACH;
    context.imageSmoothingEnabled = false;
    context.drawImage(images.input.canvas, side / 2 - unit, side / 2 - unit, 2 * unit, 2 * unit);
    const blank = fit(canvases.output);
    blank.context.clearRect(0, 0, blank.side, blank.side);
    blank.context.fillStyle = colours.quiet;
    blank.context.font = `300 ${Math.round(blank.side / 4)}px system-ui, sans-serif`;
    blank.context.textAlign = "center";
    blank.context.textBaseline = "middle";
    blank.context.fillText("?", blank.side / 2, blank.side / 2);
  }

  function describe() {
    if (!shown) return;
    const many = Boolean(shown.cells);
    const does = many ? shown.words : `The transformer ${shown.stages.at(-1).words}.`;
    const says = many ? shown.says : shown.compared.map((role) => `${shown.networks[role].title}: ${shown.networks[role].words}.`);
    if (!many) {
      const what = shown.image.words;
      canvases.input.setAttribute("aria-label", told ? `The sampling grid on the input. ${does}` : `Input: ${what}, distorted`);
      canvases.output.setAttribute("aria-label", told ? `Corrected output. ${does}` : "Corrected output, shown after your prediction");
    }
    setText(find(".bench-left"), told && !many ? "Where it looks" : "Input");
    setText(find(".bench-theta"), told ? does : "");
    [".says-cnn", ".says-stn"].forEach((place, i) => setText(find(place), told ? says[i] : ""));
  }

  new ResizeObserver(paint).observe(canvases.input);
  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });

  return {
    paint,
    // An answer of compare.answer, or of the lesson's sheet().
    show(answer) {
      shown = answer;
      const many = Boolean(answer.cells);
      boxes.forEach((box) => (box.hidden = !many));
      Object.values(canvases).forEach((canvas) => (canvas.hidden = many));
      find(".bench-open").hidden = many;
      find(".bench-hint").hidden = !many;
      setText(find(".bench-hint"), answer.hint ?? "");
      if (!many) {
        images.input.set(answer.input);
        images.output.set(answer.output);
        lattice = latticeOf(answer.stages.at(-1).lattice);
      }
      paint();
      describe();
    },
    tell(/** @type {boolean} */ now) {
      told = now;
      find(".bench-after").hidden = !told;
      find(".bench-before").hidden = told;
      paint();
      describe();
    },
    // Rows of cells, the heads first; none hides the table.
    tabulate(/** @type {string[][]} */ rows) {
      const table = find(".bench-table");
      table.hidden = !rows.length;
      table.replaceChildren(
        ...rows.map((cells, i) => {
          const row = make("tr");
          row.append(
            ...cells.map((text, k) => {
              const cell = make(i && k ? "td" : "th", "", text);
              if (!i || !k) cell.setAttribute("scope", i ? "row" : "col");
              return cell;
            }),
          );
          return row;
        }),
      );
    },
  };
}
