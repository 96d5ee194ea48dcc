// An image of the visitor's own: drawn, uploaded or photographed.

import { OPENING, IMAGE_SIZES } from "../../ui/static/constants.js";
import { make } from "../../ui/static/readings.js";
import { INKS, createPad } from "./pad.js";
import { createCamera, imageOf } from "./photo.js";
import { base64Of, shrunk } from "./shrink.js";

export function createOwn({ find, store, say }) {
  const camera = createCamera(find("#camera"));
  let asking = false; // the browser asks for leave to use the camera
  let wanted = false; // the camera, until something else is opened
  const boxes = { draw: find("#pad-box"), camera: find("#camera-box") };
  const dataset = () => store.state?.dataset ?? OPENING.dataset;

  const show = (values) => {
    say(""); // what was said of another image
    store.showOwn(values && { dataset: dataset(), image: base64Of(values) });
  };
  const pad = createPad({ canvas: find("#pad"), changed: show });
  let wish = 0; // counts what the visitor wants to see: a slow photo must not take the place of something newer
  let image = ""; // the test image that is chosen

  const inSight = () => find("#picks-said").getClientRects().length > 0;

  function open(name) {
    wanted = name === "camera";
    if (!wanted) camera.stop();
    const left = Object.keys(boxes).find((key) => key !== name && boxes[key].contains(document.activeElement));
    for (const [key, box] of Object.entries(boxes)) {
      box.hidden = key !== name;
      find(`#own-${key}`).setAttribute("aria-expanded", String(key === name));
    }
    if (left) find(`#own-${left}`).focus(); // what had the focus is hidden now
    if (name === "draw") pad.paint();
  }

  const toggle = (name) => open(boxes[name].hidden ? name : null);

  async function take(source) {
    const mine = (wish += 1);
    try {
      const taken = await source();
      if (mine !== wish) return taken.close?.() ?? false;
      const [size, channels] = IMAGE_SIZES[dataset()];
      const [width, height] = [taken.videoWidth ?? taken.width, taken.videoHeight ?? taken.height];
      const values = shrunk(taken, width, height, [size, channels]);
      taken.close?.();
      if (channels === 1 && values.every((v) => v === 0)) {
        throw new Error("No strokes found in this image. Use dark lines on light paper, or light lines on dark.");
      }
      show(values);
      return true;
    } catch (error) {
      say(/** @type {Error} */ (error).message);
      return false;
    }
  }

  find("#own-draw").addEventListener("click", () => toggle("draw"));
  find("#own-upload").addEventListener("click", () => {
    open(null);
    find("#own-file").click();
  });
  find("#own-file").addEventListener("change", (event) => {
    const file = event.target.files[0];
    event.target.value = ""; // the same file may be chosen again
    if (file) take(() => imageOf(file));
  });
  find("#own-camera").addEventListener("click", async () => {
    if (camera.open) return open(null);
    if (asking) return null; // the browser still asks for leave: a second stream would never be stopped
    asking = wanted = true;
    say("");
    try {
      await camera.start();
      if (wanted && inSight()) open("camera");
      else camera.stop();
    } catch (error) {
      camera.stop();
      say(/** @type {Error} */ (error).message);
    }
    asking = false;
    return null;
  });
  find("#camera-shoot").addEventListener("click", async () => {
    const taken = await take(async () => {
      const video = find("#camera");
      if (!video.videoWidth) throw new Error("The camera shows nothing yet; try again in a moment.");
      return video;
    });
    if (taken) open(null);
  });
  find("#pad-undo").addEventListener("click", pad.undo);
  find("#pad-clear").addEventListener("click", pad.clear);
  find("#pad-close").addEventListener("click", () => open(null));
  find("#camera-close").addEventListener("click", () => open(null));
  find("#own-back").addEventListener("click", () => {
    pad.clear();
    store.showOwn(null);
    open(null);
    find("#own-draw").focus();
  });

  const inks = find("#inks");
  INKS.forEach((colour, i) => {
    const button = make("button", "ink");
    button.type = "button";
    button.style.background = colour;
    button.setAttribute("aria-label", `Colour ${i + 1} of ${INKS.length}`);
    button.setAttribute("aria-pressed", String(i === 0));
    button.addEventListener("click", () => {
      for (const other of inks.children) other.setAttribute("aria-pressed", String(other === button));
      pad.use(colour);
    });
    inks.append(button);
  });

  return {
    follow(state) {
      pad.fit(IMAGE_SIZES[state.dataset]);
      inks.hidden = IMAGE_SIZES[state.dataset][1] === 1;
      find("#own-note").hidden = !store.own;
      const now = `${state.dataset} ${state.sample} ${store.own?.image}`;
      if (now !== image) wish += 1;
      image = now;
      // A tab without this box was opened: nobody could see the preview or stop it.
      if (camera.open && !inSight()) open(null);
    },
    paint: () => boxes.draw.hidden || pad.paint(),
  };
}
