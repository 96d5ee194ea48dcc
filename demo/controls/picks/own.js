// An image of the visitor's own: drawn, uploaded or photographed.

import { OPENING, IMAGE_SIZES, NEUTRAL, SLIDERS } from "../../ui/static/constants.js";
import { answerOf } from "../../ui/static/pump.js";
import { make } from "../../ui/static/readings.js";
import { createNote } from "./note.js";
import { INKS, createPad } from "./pad.js";
import { createCamera, imageOf } from "./photo.js";
import { base64Of, copyOf, grayOf, looksWritten, shrunk } from "./shrink.js";

const LARGE = 512; // pixels of an original a side, as it is remembered
const MANY = 24; // originals
const DOUBTS = {
  mnist: "This hardly looks like a digit: MNIST\u2019s networks know digits only. For other things, switch to CIFAR-10.",
  cifar10: "This looks like something written: CIFAR-10\u2019s networks know ten kinds of things only. For a digit, switch to MNIST.",
};
const DRAWN = "Done: your strokes with MNIST\u2019s pen, fitted into 20x20 pixels, centre of mass in the middle.";

export function createOwn({ find, store, say, digit }) {
  const camera = createCamera(find("#camera"));
  let asking = false; // the browser asks for leave to use the camera
  let wanted = false; // the camera, until something else is opened
  const boxes = { draw: find("#pad-box"), camera: find("#camera-box") };
  const dataset = () => store.state?.dataset ?? OPENING.dataset;

  const raw = find("#own-raw");
  let wish = 0; // counts what the visitor wants to see: a slow photo must not take the place of something newer
  let source = null; // what store.own was made of: a canvas, or "pad"
  let originals = []; // the canvases that came together

  const pad = createPad({ canvas: find("#pad"), changed: showPad });
  const note = createNote({ find, choose: (original) => present(original).catch((error) => say(error.message)) });

  // Shows an image; a new one with the sliders at rest.
  function put(from, own, done, doubt) {
    say(""); // what was said of another image
    if (store.own === null || (from !== source && from !== "pad")) {
      store.slide(Object.fromEntries(SLIDERS.map((name) => [name, NEUTRAL[name]])));
    }
    source = from;
    if (from === "pad") note.offer((originals = []));
    note.tell(own, from === "pad" ? find("#pad") : from, done, doubt);
    note.mark(originals.indexOf(from));
    store.showOwn(own);
  }

  function showPad() {
    const values = pad.read(raw.checked);
    if (!values) return store.showOwn(null);
    const done = IMAGE_SIZES[dataset()][1] === 3 ? "" : raw.checked ? "Nothing was done to it." : DRAWN;
    return put("pad", { dataset: dataset(), image: base64Of(values) }, done, "");
  }

  // Makes of an original what the data set takes, and shows it. True if nothing newer came in between.
  async function present(original) {
    const mine = (wish += 1);
    const name = dataset();
    const shape = IMAGE_SIZES[name];
    if (shape[1] === 3 || raw.checked) {
      const doubt = shape[1] === 3 && looksWritten(original) ? DOUBTS[name] : "";
      const done = shape[1] === 3 ? "" : "Nothing was done to it but making it small, light on dark.";
      put(original, { dataset: name, image: base64Of(shrunk(original, shape)) }, done, doubt);
      return true;
    }
    const answer = await answerOf(digit(grayOf(original)));
    if (mine !== wish) return false;
    if (answer.error) throw new Error(answer.error);
    put(original, { dataset: name, image: answer.image }, `Done: ${answer.done.join("; ")}.`, answer.doubt ? DOUBTS[name] : "");
    return true;
  }

  const again = () => (source === "pad" ? showPad() : present(source).catch((error) => fail(error)));

  function fail(error) {
    store.showOwn(null);
    say(error.message);
  }

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
    if (name) boxes[name].scrollIntoView({ block: "nearest" });
    if (name === "draw") pad.paint();
  }

  const toggle = (name) => open(boxes[name].hidden ? name : null);

  // Shows the first of what `found` gives, drawable things, and offers all of them.
  async function take(found) {
    const mine = (wish += 1);
    try {
      const taken = await found();
      if (mine !== wish) {
        for (const one of taken) one.close?.();
        return false;
      }
      const copies = taken.map((one) => copyOf(one, LARGE));
      for (const one of taken) one.close?.();
      if (!(await present(copies[0]))) return false;
      originals = copies;
      note.offer(originals);
      note.mark(0);
      return true;
    } catch (error) {
      say(/** @type {Error} */ (error).message);
      return false;
    }
  }

  function receive(files) {
    const images = [...files].slice(0, MANY);
    if (!images.length) return;
    open(null);
    take(() => Promise.all(images.map(imageOf)));
  }

  const imagesOf = (transfer) => [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  document.addEventListener("paste", (event) => {
    const images = imagesOf(event.clipboardData);
    if (!images.length || !inSight()) return;
    event.preventDefault();
    receive(images);
  });
  const target = find(".picks");
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files") || !inSight()) return;
    event.preventDefault(); // or the browser would leave the page for the file
    target.classList.add("is-target");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || target.classList.remove("is-target"));
  document.addEventListener("drop", (event) => {
    target.classList.remove("is-target");
    if (!event.dataTransfer?.files.length || !inSight()) return;
    event.preventDefault();
    receive(event.dataTransfer.files);
  });
  raw.addEventListener("change", () => store.own && again());

  find("#own-draw").addEventListener("click", () => toggle("draw"));
  find("#own-upload").addEventListener("click", () => {
    open(null);
    find("#own-file").click();
  });
  find("#own-file").addEventListener("change", (event) => {
    const files = [...event.target.files];
    event.target.value = ""; // the same file may be chosen again
    receive(files);
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
      return [video];
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
      if (store.own && store.own.dataset !== state.dataset) again(); // it stays, as the other data set takes it
      // A tab without this box was opened: nobody could see the preview or stop it.
      if (camera.open && !inSight()) open(null);
    },
    paint: () => boxes.draw.hidden || pad.paint(),
  };
}
