// What leaves the page: a canvas as a PNG, text as a file, text on the clipboard.

import { make } from "./readings.js";

/** @param {HTMLCanvasElement} canvas @param {string} name */
export function download(canvas, name) {
  return new Promise((/** @type {(value?: unknown) => void} */ done, failed) => {
    canvas.toBlob((blob) => {
      if (!blob) return failed(new Error("The figure could not be made."));
      save(blob, name);
      return done();
    }, "image/png");
  });
}

/** @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// The clipboard is there for https and this computer only; elsewhere the old way, and else the address bar.
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make("textarea");
    field.value = text;
    field.style.cssText = "position: fixed; opacity: 0";
    // A modal dialog makes everything outside it unselectable.
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

// Lines of a text that fit into a width, under the font that is to draw them.
export function wrapped(context, text, font, width) {
  context.font = font;
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
