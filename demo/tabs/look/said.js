// What stands in words round the panels. Pure: from an answer to texts.

// Selector -> text: what depends on the network and its sizes, not on theta.
export function captionsOf({ stage, grid, input, average, iterations, sides, maps }) {
  const [h, w] = [grid.height, grid.width];
  const numbers = `${stage.names.length} number${stage.names.length > 1 ? "s" : ""}`;
  const affine = stage.matrix && stage.family !== "projective";
  const more = iterations > 1 ? ` It looks ${iterations} times; these are the maps of its first look.` : "";
  const both = sides
    ? "The coarse network finds the image\u2019s edges, the fine network says which side is up"
    : "The coarse network cuts a window out of the image, the fine network sees only that window";
  const last = maps.some(({ net }) => net === "Fine")
    ? `${both}; together they give ${numbers}.`
    : `Two linear layers turn the last maps into ${numbers}.`;
  return {
    ".theta-code": `# ${stage.family}, ${numbers}`,
    ".grid-code": `grid = ${affine ? "affine_grid" : "family.grid"}(theta, size)`,
    ".sampler-code": average ? "y = sample(x, grid)" : "y = grid_sample(x, grid)",
    ".grid-note": `${h} \u00d7 ${w} dots on ${input.height} \u00d7 ${input.width} pixels: one for each pixel of the output.`,
    ".maps-end": `Shown: each stage\u2019s most active maps. ${last}${more}`,
  };
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
