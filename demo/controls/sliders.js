// What the sliders say, straight from their inputs. Gradio would tell it too, through its whole event machinery, which
// takes several milliseconds for every step of a drag. Whatever Gradio itself changes (reset, links), it tells.

function listenToSliders(store) {
  const names = Object.keys(NEUTRAL).filter((name) => name !== "seed");
  const idOf = (name) => name.replace("_", "-");
  const ranges = {}; // name -> its range input, looked up once: Gradio keeps it

  function read() {
    if (!store.state) return;
    const values = {};
    for (const name of names) {
      if (!ranges[name]?.isConnected) ranges[name] = document.querySelector(`#${idOf(name)} input[type=range]`);
      if (ranges[name]) values[name] = Number(ranges[name].value);
    }
    store.set({ ...store.state, ...values });
  }

  // A number that is typed reaches the range when Gradio has taken it, within its limits when the field is left.
  const later = () => setTimeout(read, 0);

  // Of a number between two steps the range takes the nearest step: then the field says so, too.
  function settle(field) {
    const name = names.find((each) => field.closest(`#${idOf(each)}`));
    if (name && field.value !== ranges[name].value) store.slide({ [name]: ranges[name].value });
  }

  const sliders = document.querySelector("#sliders");
  sliders.addEventListener("input", (event) => (event.target.type === "range" ? read() : later()));
  for (const kind of ["change", "focusout", "keyup"]) {
    sliders.addEventListener(kind, (event) => event.target.type === "number" && later());
  }
  sliders.addEventListener("change", ({ target }) => target.type === "number" && setTimeout(() => settle(target), 0));
}
