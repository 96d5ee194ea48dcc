// Draws at most once a frame, whatever happens in between: what it returns asks for that.

/** @param {() => void} draw */
export function createPlan(draw, nextFrame = requestAnimationFrame.bind(window)) {
  let planned = false;
  return () => {
    if (planned) return;
    planned = true;
    nextFrame(() => {
      planned = false;
      draw();
    });
  };
}
