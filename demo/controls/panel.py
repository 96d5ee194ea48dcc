"""The image and its controls, beside the tabs that show it. Lays out, then wires; decides nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from demo.controls.choices import class_index, index_of, known, link_problems, outcomes
from demo.controls.picker import picks
from demo.core.images import ImageStore
from demo.core.models import ModelStore, Resources, model_label
from demo.core.state import CONTROL_NAMES, KEYS, OPENING, SLIDERS, ViewState, from_query, parse_request
from demo.ui import scripts, texts
from demo.ui.widget import in_a_sentence
from stn.controls import Controls
from stn.data import DATASETS
from stn.errors import StnError

ANY_CLASS = ("any class", "any")
WATCH = 2  # seconds between two looks at a download


def script(function: str) -> str:
    """JavaScript for `js=`: what panel.js does."""
    return scripts.calling("controls/panel.js", function)


@dataclass(frozen=True)
class Parts:
    """The components that events touch."""

    dataset: gr.Radio
    sample: gr.Number
    klass: gr.Dropdown
    model: gr.Dropdown
    compare: gr.Radio
    sliders: dict[str, gr.Slider]
    seed: gr.Number
    edges: gr.Checkbox  # ticked: hidden
    previous: gr.Button
    next: gr.Button
    lot: gr.Button
    reset: gr.Button
    new_clutter: gr.Button
    spin: gr.Button
    note: gr.HTML
    fetch: gr.Button
    coming: gr.HTML  # how far the download of the test images is that the server makes by itself
    watch: gr.Timer  # asks for that, while there is one
    offered: gr.JSON  # {"dataset": the one that number, class and network belong to}
    fetches: gr.JSON  # data set -> how its last fetch went, in a sentence
    wanted: gr.JSON  # the state that a tab wants shown
    go: gr.Button  # what store.go() in the browser presses
    choose: gr.Button  # and what store.choose() does
    compare_by: gr.Button  # and store.compare()

    @property
    def state(self) -> list[gr.components.Component]:
        """Everything the view depends on, in the order of SHOWN_KEYS."""
        return [self.dataset, self.sample, self.model, self.compare, *self.controls]

    @property
    def controls(self) -> list[gr.components.Component]:
        """In the order of CONTROL_NAMES."""
        return [*self.sliders.values(), self.seed, self.edges]


def panel(page: gr.Blocks, tabs: gr.Tabs, resources: Resources) -> None:
    """Builds the controls inside `page`, whose context is open; a link also opens its tab of `tabs`."""
    parts = _lay_out(resources)
    _wire(page, tabs, parts, resources.images, resources.models)


def _lay_out(resources: Resources) -> Parts:
    with gr.Group(elem_id="source-box"):  # on top of every tab
        note = gr.HTML("", elem_id="source-note", visible=False, apply_default_css=False)
        coming = gr.HTML("", elem_id="coming", visible=False, apply_default_css=False)
        watch = gr.Timer(WATCH, active=False)
        fetch = gr.Button(texts.FETCH, size="sm", elem_id="fetch", visible=False)
    with gr.Column(scale=0, min_width=0, elem_id="side"):
        with gr.Group(elem_id="picture-box"):
            dataset = gr.Radio(
                [(info.title, name) for name, info in DATASETS.items()],
                value=OPENING.dataset,
                label="Images",
                elem_id="dataset",
            )
            with gr.Row(elem_classes="pair"):
                klass = gr.Dropdown([ANY_CLASS], value=ANY_CLASS[1], label="Class", elem_id="class", min_width=60)
                sample = gr.Number(
                    OPENING.sample, label="Number", precision=0, minimum=0, elem_id="sample", min_width=60
                )
            with gr.Row(elem_classes="buttons"):
                previous = gr.Button("Previous", size="sm", min_width=40, elem_id="previous")
                next_ = gr.Button("Next", size="sm", min_width=40, elem_id="next")
                lot = gr.Button("Random", size="sm", min_width=40, elem_id="random")
            picks(resources)
        with gr.Group(elem_id="sliders"):
            sliders = {name: _slider(name) for name in SLIDERS}
            seed = gr.Number(0, label="Seed", precision=0, elem_id="seed", visible="hidden")
            edges = gr.Checkbox(False, label="Hide the edges", elem_id="edges", container=False, min_width=40)
            with gr.Row(elem_classes="buttons"):
                reset = gr.Button("Reset", size="sm", min_width=40, elem_id="reset")
                new_clutter = gr.Button("New clutter", size="sm", min_width=40, elem_id="new-clutter")
                spin = gr.Button("Spin", size="sm", min_width=40, elem_id="spin")
        with gr.Group(elem_id="model-box"):
            names = resources.models.transformers(OPENING.dataset)
            model = gr.Dropdown(
                [(model_label(n), n) for n in names],
                value=names[0] if names else None,
                label="Network",
                elem_id="model",
            )
    # The tabs have switches of their own for it.
    compare = gr.Radio(KEYS["compare"].choices, value=OPENING.compare, visible="hidden", elem_id="compare")
    # The page remembers these itself: a gr.State would hold a connection open for every visitor.
    offered, fetches, wanted = (gr.JSON(value, visible="hidden") for value in ({"dataset": OPENING.dataset}, {}, {}))
    go = gr.Button("Go", visible="hidden", elem_id="go")
    choose = gr.Button("Choose", visible="hidden", elem_id="choose")
    compare_by = gr.Button("Compare", visible="hidden", elem_id="compare-by")
    buttons = previous, next_, lot, reset, new_clutter, spin
    memory = offered, fetches, wanted
    pressed = go, choose, compare_by
    chosen, moved = (dataset, sample, klass, model, compare), (sliders, seed, edges)
    return Parts(*chosen, *moved, *buttons, note, fetch, coming, watch, *memory, *pressed)


def _how_far(coming: str) -> str:
    return f"{texts.COMING} {escape(coming)}."


def _slider(name: str) -> gr.Slider:
    key = KEYS[name]
    return gr.Slider(
        key.low,
        key.high,
        value=getattr(OPENING.controls, name),
        step=key.step,
        label=key.label,
        elem_id=name.replace("_", "-"),
        buttons=[],
    )


def _values(controls: Controls) -> list[float | bool]:
    """What the components of the controls hold, in the order of CONTROL_NAMES."""
    given = {**vars(controls), "edges": controls.edges == "hidden"}
    return [given[name] for name in CONTROL_NAMES]


def _wire(page: gr.Blocks, tabs: gr.Tabs, parts: Parts, images: ImageStore, models: ModelStore) -> None:
    quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    # In the browser: whatever changes, the view gets every value, and asks for the image itself.
    tell = script("tell")
    # Sliders are read by sliders.js: Gradio's own way from a slider to its listener is slow.
    for component in (parts.sample, parts.model, parts.compare, parts.seed, parts.edges):
        component.change(fn=None, inputs=parts.state, js=tell, trigger_mode="multiple")

    parts.reset.click(fn=None, outputs=[*parts.sliders.values(), parts.edges], js=script("neutral")).then(
        None, parts.state, js=tell
    )
    parts.new_clutter.click(fn=None, outputs=parts.seed, js=script("newSeed"))

    parts.spin.click(fn=None, js=script("toggleSpin"))
    parts.choose.click(fn=None, outputs=parts.sample, js=script("chosen"))
    parts.compare_by.click(fn=None, outputs=parts.compare, js=script("compared"))
    parts.klass.change(fn=None, inputs=parts.klass, js=script("setClass"))

    # On the server: which image comes next, what a data set offers.
    def step(by: int):
        @in_a_sentence
        def stepped(dataset, klass, index):
            chosen = images.get(known(dataset))
            return chosen.step(index_of(index), by, class_index(chosen, klass))

        return stepped

    @in_a_sentence
    def lot(dataset, klass, index):
        chosen = images.get(known(dataset))
        return chosen.pick_random(index_of(index), class_index(chosen, klass), random.Random())

    @in_a_sentence
    def of_class(dataset, klass, index):
        chosen = images.get(known(dataset))
        return chosen.first(class_index(chosen, klass), index_of(index))

    where = [parts.dataset, parts.klass, parts.sample]
    # Gradio would refuse a number or a class that the session does not know of: one that is typed, or of images that
    # another visitor has fetched since. What it refuses, it prints into the log, whole.
    choosing = {**quick, "preprocess": False}
    parts.previous.click(step(-1), where, parts.sample, **choosing)
    parts.next.click(step(1), where, parts.sample, **choosing)
    parts.lot.click(lot, where, parts.sample, **choosing)
    parts.klass.input(of_class, where, parts.sample, trigger_mode="always_last", **choosing)

    source = [parts.note, parts.fetch, parts.coming, parts.watch, parts.offered]
    offered = [parts.sample, parts.klass, parts.model, *source]

    def offer(state: ViewState, trouble: str = ""):
        chosen = images.get(state.dataset)
        names = models.transformers(state.dataset)
        model = state.model if state.model in names else (names[0] if names else None)
        coming = images.coming(state.dataset)
        drawn = chosen.drawn and not coming  # and stays so
        note = " ".join(filter(None, [trouble, texts.DRAWINGS[state.dataset] if drawn else ""]))
        # Escaped: what a link holds is shown as it is and must not become an image or a link of its own.
        return [
            gr.update(value=state.sample if state.sample < len(chosen) else 0, maximum=len(chosen) - 1),
            gr.update(choices=[ANY_CLASS, *chosen.classes], value=ANY_CLASS[1]),
            gr.update(choices=[(model_label(n), n) for n in names], value=model),
            gr.update(value=escape(note), visible=bool(note)),
            gr.update(visible=drawn),
            gr.update(value=_how_far(coming), visible=bool(coming)),
            gr.update(active=bool(coming)),
            {"dataset": state.dataset},
        ]

    @in_a_sentence
    def refresh(dataset, before, fetches):
        updates = offer(ViewState(dataset=known(dataset)), outcomes(fetches).get(dataset, ""))
        if before == {"dataset": dataset}:  # its images were exchanged: number, class and network stay
            updates[:3] = [gr.update(maximum=len(images.get(dataset)) - 1), gr.skip(), gr.skip()]
        return updates

    @in_a_sentence
    def restore(request: gr.Request):
        state, trouble = from_query(dict(request.query_params) if request else {})
        trouble = [*trouble, *link_problems(state, images, models)]
        note = " ".join([texts.LINK_TROUBLE, *trouble]) if trouble else ""
        return [
            gr.update(selected=state.tab),
            state.dataset,
            state.compare,
            *offer(state, note),
            *_values(state.controls),
        ]

    @in_a_sentence
    def fetch(dataset, fetches, progress=gr.Progress()):  # noqa: B008 - Gradio finds it by this default
        said = images.fetch(known(dataset), lambda part, text: progress(part, desc=text))
        return {**outcomes(fetches), dataset: said}

    @in_a_sentence
    def arrange(wanted):
        try:
            state = parse_request(wanted)
        except StnError as error:
            return (
                [gr.skip()] * 5
                + [gr.update(value=escape(str(error)), visible=True)]
                + [gr.skip()] * (len(source) - 1 + len(CONTROL_NAMES))
            )
        trouble = " ".join(link_problems(state, images, models))
        return [state.dataset, state.compare, *offer(state, trouble), *_values(state.controls)]

    @in_a_sentence
    def look(dataset, fetches):
        name = known(dataset)
        if coming := images.coming(name):
            return [_how_far(coming), gr.skip(), gr.skip()]
        return [gr.skip(), {**outcomes(fetches), name: images.outcome(name)}, gr.update(active=False)]

    parts.watch.tick(look, [parts.dataset, parts.fetches], [parts.coming, parts.fetches, parts.watch], **choosing)
    parts.fetch.click(
        fetch,
        [parts.dataset, parts.fetches],
        parts.fetches,
        show_progress="full",
        show_progress_on=parts.note,
        preprocess=False,
        concurrency_limit=4,  # whoever asks while another fetches hears so at once
        api_visibility="private",
    )
    # A fetch takes minutes, and another data set may be chosen when it ends. One event for both, never two at a time
    # and the last one with the newest choice: answers that overtake each other would leave a data set with the
    # other's networks.
    gr.on(
        [parts.dataset.input, parts.fetches.change],
        refresh,
        [parts.dataset, parts.offered, parts.fetches],
        offered,
        trigger_mode="always_last",
        **choosing,
    ).then(None, parts.state, js=script("tellAnew"))
    # Sliders alone are moved in the browser; whatever else a tab wants shown comes this way.
    everything = [parts.dataset, parts.compare, *offered, *parts.controls]
    parts.go.click(arrange, parts.wanted, everything, js=script("wanted"), **quick).then(None, parts.state, js=tell)
    page.load(restore, None, [tabs, *everything], **quick).then(None, parts.state, js=tell)
