// What stands below the choice of images while one of the visitor's own is shown: the original, what the networks get,
// what was done in between; and a strip, where several came at once.

import { IMAGE_SIZES } from "../../ui/static/constants.js";
import { bytesOf, penOf } from "../../ui/static/pixels.js";
import { make, setText } from "../../ui/static/readings.js";

const THUMB = 112; // pixels of a canvas a side, twice what it is shown at

// The whole of a drawable thing in the middle of a square canvas.
function fit(canvas, source) {
  [canvas.width, canvas.height] = [THUMB, THUMB];
  const zoom = THUMB / Math.max(source.width, source.height);
  const [width, height] = [source.width * zoom, source.height * zoom];
  penOf(canvas).drawImage(source, (THUMB - width) / 2, (THUMB - height) / 2, width, height);
}

function paint(canvas, { dataset, image }) {
  const [size, channels] = IMAGE_SIZES[dataset];
  const bytes = bytesOf(image);
  [canvas.width, canvas.height] = [size, size];
  const pixels = new ImageData(size, size);
  for (let i = 0; i < size * size; i += 1) {
    for (let c = 0; c < 3; c += 1) pixels.data[4 * i + c] = bytes[channels * i + (channels === 3 ? c : 0)];
    pixels.data[4 * i + 3] = 255;
  }
  penOf(canvas).putImageData(pixels, 0, 0);
}

export function createNote({ find, choose }) {
  const strip = find("#own-strip");
  return {
    // `own` as the store has it, `original` a canvas, `done` a sentence, `doubt` one or "".
    tell(own, original, done, doubt) {
      fit(find("#own-original"), original);
      paint(find("#own-result"), own);
      setText(find("#own-done"), done);
      setText(find("#own-doubt"), doubt);
      find("#own-raw-label").hidden = IMAGE_SIZES[own.dataset][1] === 3;
    },
    // Canvases of which one can be chosen; one alone needs no strip.
    offer(originals) {
      strip.hidden = originals.length < 2;
      strip.replaceChildren(
        ...originals.map((original, i) => {
          const button = make("button", "");
          const canvas = document.createElement("canvas");
          button.type = "button";
          button.setAttribute("aria-label", `Your image ${i + 1} of ${originals.length}`);
          fit(canvas, original);
          button.append(canvas);
          button.addEventListener("click", () => choose(original));
          return button;
        }),
      );
    },
    mark(at) {
      [...strip.children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === at)));
    },
  };
}
