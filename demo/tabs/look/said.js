// What stands in words round the panels. Pure: from an answer to texts.

// Selector -> text: what depends on the network and its sizes, not on theta.
export function captionsOf({ stage, grid, input, averages, iterations, sides, maps }) {
  const [h, w] = [grid.height, grid.width];
  const numbers = `${stage.names.length} number${stage.names.length > 1 ? "s" : ""}`;
  const affine = stage.matrix && stage.family !== "projective";
  const more = iterations > 1 ? ` It looks ${iterations} times; these are the maps of its first look.` : "";
  const both = sides
    ? "Coarse finds the image\u2019s edges, fine says which side is up"
    : "Coarse cuts out a window, fine sees only that";
  const last = maps.some(({ net }) => net === "Fine")
    ? `${both}; both give ${numbers}.`
    : `Two linear layers turn the last maps into ${numbers}.`;
  return {
    ".theta-count": `, ${numbers}`,
    ".grid-code": `grid = ${affine ? "affine_grid" : "family.grid"}(theta, size)`,
    ".sampler-code": averages ? "y = sample(x, grid)" : "y = grid_sample(x, grid)",
    ".grid-note": `${h} \u00d7 ${w} dots, one for each output pixel, on ${input.height} \u00d7 ${input.width} pixels.`,
    ".maps-end": `The most active maps; a click enlarges one. ${last}${more}`,
  };
}

// Whether a layer that averages where it shrinks, as this one does of itself, is kept from it, and that matters.
export function lacksAveraging({ average }, { averages, apart }) {
  return average && !averages && apart > 1.005;
}

export function verdictOf(inside, answer, hand) {
  const plain = lacksAveraging(inside, answer);
  const how = hand ? `With your theta${plain ? " and no averaging" : ""}, the` : plain ? "Without averaging, the" : "The";
  return `${how} classifier ${answer.network.words}.`;
}

// A frame that turns one way turns the image the other way. `turn` is the frame's, in degrees counter-clockwise; the
// same number stands at its slider and in the words about theta.
export function turnWords(turn, whose) {
  const size = Math.abs(turn).toFixed(0);
  if (size === "0") return `${whose} frame is upright: the image is not turned.`;
  const [there, back] = size === "180" ? ["", ""] : turn > 0 ? [" counter-clockwise", " clockwise"] : [" clockwise", " counter-clockwise"];
  return `${whose} frame is turned ${size}\u00b0${there} on the input. That turns the image ${size}\u00b0${back}.`;
}

// How near the hand comes to the network, in the probability of the true class.
export function closenessOf({ image, classes, network: net }, hand) {
  const label = image.label ?? net.top;
  const points = Math.round(100 * net.probabilities[label]) - Math.round(100 * hand.probabilities[label]);
  const many = `${Math.abs(points)} point${Math.abs(points) === 1 ? "" : "s"}`;
  return {
    label,
    title: `${image.label === null ? "Network\u2019s class" : "True class"}: ${classes[label]}`,
    words: points > 0 ? `${many} short of the network.` : points < 0 ? `${many} better than the network.` : "As good as the network.",
  };
}
