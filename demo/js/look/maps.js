// What the localisation net sees: a row of its most active feature maps for each stage.

// Keeps a map in its place from answer to answer while it is among the most active, or the rows would flicker.
function createMaps(box) {
  let rows = [];

  function build(stages) {
    const wanted = stages.map(({ net, pictures }) => net + pictures.length).join();
    if (box.dataset.made === wanted) return;
    box.dataset.made = wanted;
    rows = stages.map(({ net, pictures }, i) => {
      const row = make("div", "maps-row");
      const said = make("p", "maps-said");
      const strip = make("div", "maps-strip");
      strip.setAttribute("role", "img");
      const cells = pictures.map(() => ({ screen: createPicture(), channel: null }));
      for (const { screen } of cells) strip.append(screen.canvas);
      row.append(said, strip);
      const number = stages.slice(0, i + 1).filter((stage) => stage.net === net).length;
      return { row, said, strip, cells, title: net ? `${net}, stage ${number}` : `Stage ${number}` };
    });
    box.replaceChildren(...rows.map(({ row }) => row));
  }

  return {
    show(stages) {
      build(stages);
      rows.forEach(({ said, strip, cells, title }, i) => {
        const { channels, chosen, pictures } = stages[i];
        const fresh = chosen.filter((channel) => !cells.some((cell) => cell.channel === channel));
        for (const cell of cells) {
          if (!chosen.includes(cell.channel)) cell.channel = fresh.shift();
          cell.screen.set(pictures[chosen.indexOf(cell.channel)]);
        }
        const { width, height } = pictures[0];
        setText(said, `${title}: ${channels} maps, ${height} \u00d7 ${width}`);
        strip.setAttribute("aria-label", `${title} of the localisation net, the ${cells.length} most active of its ${channels} maps`);
      });
    },
  };
}
