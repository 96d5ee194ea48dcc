// Thumbnails: one canvas of a page of images, the current one framed. Click, tap or arrow keys choose.

import { createImage, penOf } from "../../ui/static/pixels.js";
import { setText } from "../../ui/static/readings.js";

export const COLUMNS = 6;
const ROWS = 2;

export function createStrip({ canvas, words, ask, choose, colours, own }) {
  const sheet = createImage();
  let page = null; // the newest answer of the server
  let current = null; // the number of the image that is shown
  let before = false; // an image of the visitor's own stood in for it
  let asked = 0;

  function paint() {
    if (!page) return;
    const width = Math.max(1, canvas.clientWidth);
    const cell = width / COLUMNS;
    const height = cell * ROWS;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = penOf(canvas);
    context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    context.clearRect(0, 0, width, height);
    context.imageSmoothingEnabled = cell * ratio < 2 * sheet.canvas.width; // crisp pixels only where they are large
    const side = sheet.canvas.width;
    const { now, gap } = { ...colours(), gap: 2 };
    page.samples.forEach((sample, i) => {
      const [x, y] = [(i % COLUMNS) * cell, Math.floor(i / COLUMNS) * cell];
      context.drawImage(sheet.canvas, 0, i * side, side, side, x + gap, y + gap, cell - 2 * gap, cell - 2 * gap);
      if (sample !== current || own()) return;
      context.strokeStyle = now;
      context.lineWidth = 3;
      context.strokeRect(x + 1.5, y + 1.5, cell - 3, cell - 3);
    });
    canvas.dataset.samples = page.samples.join(" ");
    const at = page.samples.indexOf(current);
    canvas.setAttribute("aria-valuemax", page.of);
    canvas.setAttribute("aria-valuenow", page.from + Math.max(0, at));
    canvas.setAttribute("aria-valuetext", at < 0 ? words.textContent : `${page.names[at]}, number ${current}`);
  }

  async function load(request) {
    const number = ++asked;
    const answer = await ask({ count: COLUMNS * ROWS, ...request });
    if (number !== asked || answer.error) return false; // an older answer, or nothing to choose from
    page = answer;
    sheet.set(answer.sheet);
    const last = answer.from + answer.samples.length - 1;
    const count = (n) => n.toLocaleString("en-GB");
    setText(words, `${count(answer.from)}\u2013${count(last)} of ${count(answer.of)}${answer.drawn ? " drawings" : ""}`);
    paint();
    return true;
  }

  // The image `steps` further on the page, or on the page before or after it.
  async function move(steps, request) {
    const at = page ? page.samples.indexOf(current) : -1;
    if (page && at < 0) return choose(page.samples[steps > 0 ? 0 : page.samples.length - 1]); // a page was turned to
    const to = at + steps;
    if (page && to >= 0 && to < page.samples.length) return choose(page.samples[to]);
    const turned = load({ ...request, sample: page?.samples[0] ?? 0, turn: Math.sign(steps) });
    if (await turned.catch(() => false)) choose(page.samples[steps > 0 ? 0 : page.samples.length - 1]);
    return null;
  }

  return {
    paint,
    move,
    // Shows the page that holds an image; fetches nothing while it is the page that is there.
    show(request, again) {
      if (!again && request.sample === current && own() === before) return; // only a slider moved
      before = own();
      current = request.sample;
      if (!again && page?.samples.includes(current)) paint();
      else load(request).catch(() => {});
    },
    turn: (by, request) => load({ ...request, sample: page?.samples[0] ?? 0, turn: by }).catch(() => {}),
    at(x, y) {
      const cell = canvas.clientWidth / COLUMNS;
      return page?.samples[Math.floor(y / cell) * COLUMNS + Math.floor(x / cell)] ?? null;
    },
  };
}
