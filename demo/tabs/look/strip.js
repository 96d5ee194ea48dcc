// In a narrow window the sliders stand far below the panels: small copies of the grid and of the output stay above them.

/** @param {HTMLCanvasElement[]} canvases what is copied, from left to right */
export function createStrip(canvases) {
  const strip = document.createElement("div");
  strip.className = "look-strip";
  strip.setAttribute("aria-hidden", "true"); // the panels say it all
  const copies = canvases.map(() => document.createElement("canvas"));
  strip.append(...copies);
  document.querySelector("#side")?.prepend(strip);
  return {
    show() {
      const side = Math.round(copies[0].clientWidth * (window.devicePixelRatio || 1));
      if (!side) return; // a wide window
      copies.forEach((copy, i) => {
        if (copy.width !== side || copy.height !== side) copy.width = copy.height = side;
        copy.getContext("2d")?.drawImage(canvases[i], 0, 0, side, side);
      });
    },
  };
}
