// The colours that canvases are drawn in: the style sheets' own, for the theme that is chosen.

/** @import { Colours } from "./types.d.ts" */

// What the custom properties of an element are: {frame: "stn"} reads --stn as `frame`.
/** @param {Element} element @param {Record<string, string>} names @returns {Colours} */
export function coloursOf(element, names) {
  const style = getComputedStyle(element);
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, style.getPropertyValue(`--${name}`).trim()]));
}

// The same, kept up to date: `changed` is called when another theme is chosen, here or in the system.
/** @param {Element} element @param {Record<string, string>} names @param {() => void} changed @returns {Colours} */
export function createPalette(element, names, changed) {
  const palette = coloursOf(element, names);
  const read = () => {
    Object.assign(palette, coloursOf(element, names));
    changed();
  };
  new MutationObserver(read).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", read);
  return palette;
}
