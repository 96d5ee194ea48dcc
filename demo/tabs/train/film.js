// The film of a run: what the transformer did to the watched digits, from time to time, and the curves of all updates.
// Bounded: where too many frames come together, every second one goes, but never the first or the last.

import { bytesOf, latticeOf } from "../../ui/static/pixels.js";

const MOST_FRAMES = 240;

export function createFilm(most = MOST_FRAMES) {
  const film = {
    /** @type {any[]} */
    frames: [], // {step, lattices: Float32Array, outputs: {width, height, channels, count, bytes}, guesses}
    /** @type {(number | null)[]} */
    losses: [], // of every update; null where it was no number
    /** @type {number[]} */
    training: [], // accuracies on the batches of every update, percent
    /** @type {{ step: number, lr: number, rate: number }[]} */
    changes: [], // learning rates that were moved
    /** @type {{ step: number, accuracy: number }[]} */
    tests: [], // {step, accuracy, ...}
    add(frame) {
      const last = film.frames.at(-1);
      if (last && last.step >= frame.step) return;
      film.frames.push(frame);
      if (film.frames.length > most) {
        const end = film.frames.length - 1;
        film.frames = film.frames.filter((_, i) => i % 2 === 0 || i === end);
      }
    },
    // The number of the frame nearest to an update.
    nearest(step) {
      let best = 0;
      film.frames.forEach((frame, i) => {
        if (Math.abs(frame.step - step) < Math.abs(film.frames[best].step - step)) best = i;
      });
      return best;
    },
    testAt(step) {
      return film.tests.findLast((test) => test.step <= step) ?? null;
    },
  };
  return film;
}

export function stackOf({ width, height, channels, count, data }) {
  return { width, height, channels, count, bytes: bytesOf(data) };
}

export function frameOf(look) {
  return { ...look, lattices: latticeOf(look.lattices).points, outputs: stackOf(look.outputs) };
}

// The mean of the `wide` losses that end at each update; from few numbers at the start.
export function smoothed(losses, wide = 20) {
  const out = [];
  let sum = 0;
  let known = 0;
  losses.forEach((loss, i) => {
    if (loss !== null) [sum, known] = [sum + loss, known + 1];
    const gone = i >= wide ? losses[i - wide] : null;
    if (gone !== null) [sum, known] = [sum - gone, known - 1];
    out.push(known ? sum / known : null);
  });
  return out;
}
