// What the localisation net sees: a row of its most active feature maps for each stage.

import { createImage } from "../../ui/static/pixels.js";
import { make, setText } from "../../ui/static/readings.js";

// A localiser of two nets has them side by side, with half as many maps each.
// Keeps a map in its place from answer to answer while it is among the most active, or the rows would flicker.
export function createMaps(box) {
  let rows = [];

  function build(stages) {
    const wanted = stages.map(({ net, images }) => net + images.length).join();
    if (box.dataset.made === wanted) return;
    box.dataset.made = wanted;
    rows = [];
    const nets = [...new Set(stages.map(({ net }) => net))];
    box.replaceChildren(...nets.map((net) => buildNet(net, stages, nets.length)));
  }

  function buildNet(net, stages, nets) {
    const column = make("div", "maps-net");
    if (net) column.append(make("h3", "", net));
    stages.filter((stage) => stage.net === net).forEach(({ images }, i) => {
      const row = make("div", "maps-row");
      const said = make("p", "maps-said");
      const strip = make("div", "maps-strip");
      strip.setAttribute("role", "img");
      const cells = images.slice(0, Math.ceil(images.length / nets)).map(() => ({ screen: createImage(), channel: null }));
      for (const { screen } of cells) strip.append(screen.canvas);
      row.append(said, strip);
      column.append(row);
      rows.push({ said, strip, cells, net, number: i + 1 });
    });
    return column;
  }

  return {
    show(stages) {
      build(stages);
      rows.forEach(({ said, strip, cells, net, number }, i) => {
        const { channels, images } = stages[i];
        const chosen = stages[i].chosen.slice(0, cells.length);
        const fresh = chosen.filter((channel) => !cells.some((cell) => cell.channel === channel));
        for (const cell of cells) {
          if (!chosen.includes(cell.channel)) cell.channel = fresh.shift();
          cell.screen.set(images[chosen.indexOf(cell.channel)]);
        }
        const { width, height } = images[0];
        // Beside another net there is no room for more.
        setText(said, net ? `${channels} maps ${height}\u00d7${width}` : `Stage ${number}: ${channels} maps, ${height} \u00d7 ${width}`);
        const whose = net ? `the ${net.toLowerCase()} localisation network` : "the localisation network";
        strip.setAttribute("aria-label", `Stage ${number} of ${whose}, the ${cells.length} most active of its ${channels} maps`);
      });
    },
  };
}
