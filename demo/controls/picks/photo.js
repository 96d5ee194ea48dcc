// Images from files and from the camera. What goes wrong is a sentence, thrown as an Error.

const UNREADABLE = "The browser cannot read this file as an image; give a PNG, JPEG or WebP (save an HEIC photo as JPEG).";

export async function imageOf(file) {
  if (file.size > 40e6) throw new Error("This file is larger than 40 MB; give a smaller image.");
  try {
    return await createImageBitmap(file);
  } catch {
    return shownBy(file);
  }
}

// What some browsers show in a page and do not decode otherwise: HEIC, TIFF.
async function shownBy(file) {
  const image = new Image();
  const address = URL.createObjectURL(file);
  try {
    image.src = address;
    await image.decode();
    return image;
  } catch {
    throw new Error(UNREADABLE);
  } finally {
    URL.revokeObjectURL(address);
  }
}

export function createCamera(video) {
  let stream = null;
  return {
    get open() {
      return stream !== null;
    },
    async start() {
      if (!navigator.mediaDevices?.getUserMedia) {
        throw new Error("The browser allows the camera only on pages served over https or from this computer.");
      }
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch (error) {
        const refused = error instanceof DOMException && ["NotAllowedError", "SecurityError"].includes(error.name);
        throw new Error(
          refused
            ? "The camera was not allowed; allow it in the browser's settings for this page, or upload an image."
            : "No camera could be opened; upload an image instead.",
        );
      }
      video.srcObject = stream;
      await video.play();
    },
    stop() {
      for (const track of stream?.getTracks() ?? []) track.stop();
      stream = null;
      video.srcObject = null;
    },
  };
}
