// An animation of theta's numbers, so that the eye can follow the frame to where it goes.

import { between } from "./family.js";

const TIME = 800; // ms

// `get` returns {family, theta}, `set` takes the numbers of every frame. The last ones are the goal itself.
export function createFlight({ get, set }) {
  let frame = 0; // of the animation that is under way

  return {
    stop() {
      cancelAnimationFrame(frame);
    },
    to(goal) {
      cancelAnimationFrame(frame);
      const [from, start] = [get().theta, performance.now()];
      const time = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : TIME;
      const step = (now) => {
        const part = Math.min(1, Math.max(0, now - start) / time);
        set(part < 1 ? between(get().family, from, goal, part * part * (3 - 2 * part)) : [...goal]);
        if (part < 1) frame = requestAnimationFrame(step);
      };
      frame = requestAnimationFrame(step);
    },
  };
}
