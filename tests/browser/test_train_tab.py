"""The train tab in a real browser: a run from its first frame to its end, scrubbed, refused, and never growing."""

import pytest

from tests.browser.looking import memory, pixels

READY = "() => document.querySelector('#train-view').dataset.frames >= 1"
RUN = {"timeout": 120_000}  # the machine may be busy


@pytest.fixture
def train(visit):
    """Opens the tab and waits for its preview. The run that a test starts is stopped after it, to free its place."""
    pages = []

    def open_tab(query: str = "", **options):
        pages.append(visit(f"?tab=train{query}", **options))
        pages[-1].wait_for_function(READY, **RUN)
        return pages[-1]

    yield open_tab
    for page in pages:
        if page.locator("#train-stop").is_enabled():
            page.locator("#train-stop").click()
            reach(page, "stopped")


def reach(page, state: str, step: int = 0):
    page.wait_for_function(
        """([state, step]) => {
            const { dataset } = document.querySelector('#train-view');
            return dataset.state === state && Number(dataset.step) >= step;
        }""",
        arg=[state, step],
        **RUN,
    )
    return int(page.locator("#train-view").get_attribute("data-step"))


def test_the_tab_opens_on_digits_before_any_run(train):
    page = train()
    assert page.locator("#side").is_hidden()
    assert page.locator("#train-cells").get_attribute("aria-label").startswith("Twelve digits at step 0")
    assert "drawings" in page.locator("#train-about").inner_text(), "it says that they are drawings"
    assert "identity" in page.locator("#train-watch").inner_text()
    before = pixels(page, "train-cells")
    page.locator("#train-distortion").select_option("tc")
    page.wait_for_function("(old) => document.getElementById('train-cells').toDataURL() !== old", arg=before, **RUN)


def test_the_button_that_was_pressed_keeps_the_focus(train):
    page = train()
    focused = "() => document.activeElement.id"
    for button, state in (("go", "running"), ("stop", "stopped"), ("step", "paused")):
        page.locator(f"#train-{button}").focus()
        page.keyboard.press("Enter")
        reach(page, state)
        assert page.evaluate(focused) == f"train-{button}"
    assert page.locator("[data-failure=rate]").is_disabled()
    page.locator("[data-failure=rate]").dispatch_event("click")
    assert page.locator("#train-view").get_attribute("data-state") == "paused", "not before this one is stopped"


def test_on_a_phone_the_frames_are_in_view_after_start(train):
    page = train(width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "it scrolls one way only"
    assert page.locator("#train-go").bounding_box()["y"] < 400, "the buttons come first"
    page.locator("#train-go").click()
    reach(page, "running", 5)
    cells, bar = page.locator("#train-cells").bounding_box(), page.locator(".train-bar").bounding_box()
    assert bar["y"] >= 0, "Pause stays at hand"
    assert cells["y"] >= bar["y"] + bar["height"] and cells["y"] + cells["height"] <= 844
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("document.querySelector('.train-charts').getBoundingClientRect().bottom < 0")
    cells, under = page.locator("#train-cells").bounding_box(), bar["height"]
    shown = cells["y"] + cells["height"] - under
    assert page.locator(".train-bar").bounding_box()["y"] == 0 and 100 < shown < 0.2 * 844, "two rows stay"
    for y in (under + 4, under + shown - 4):
        assert page.evaluate("(y) => document.elementFromPoint(60, y).id", y) == "train-cells", "nothing covers them"
    page.locator("#train-stop").click()
    reach(page, "stopped")
    page.locator("[data-failure=start]").click()
    cells = reach(page, "running", 1) and page.locator("#train-cells").bounding_box()
    assert cells["y"] >= under and cells["y"] + cells["height"] <= 844, "all of them come back"


def test_who_comes_third_waits_in_line_and_others_look_on(train, visit):
    first, second = train(), train()
    for page in (first, second):
        page.locator("#train-go").click()
        reach(page, "running", 1)
    third = train()
    third.locator("#train-go").click()
    reach(third, "waiting")
    third.wait_for_function("() => document.querySelector('#train-verdict').innerText.includes('number 1 in line')")
    assert third.locator("#train-view").get_attribute("data-frames") == "1", "the preview stays meanwhile"
    first.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.linked = text; }; }")
    first.locator("#train-share").click()
    first.wait_for_function("() => window.linked")
    link = first.evaluate("() => window.linked")
    other = visit("?" + link.partition("?")[2], ready="() => document.querySelector('#train-view')?.dataset.step > 0")
    assert other.locator("#train-follows").is_visible()
    for pressed in ("#train-go", "#train-share", "#train-defaults", "[data-failure=rate]"):
        assert other.locator(pressed).is_hidden()
    assert other.locator("#train-lr").is_disabled() and other.locator("#train-seed").is_disabled()
    second.locator("#train-stop").click()
    reach(third, "running", 1)
    first.locator("#train-stop").click()
    reach(other, "stopped", 1)


def test_a_run_starts_pauses_steps_and_stops(train):
    page = train()
    first = pixels(page, "train-cells")
    assert page.locator("#train-locked").is_hidden()
    page.locator("#train-go").click()
    reach(page, "running", 10)
    assert page.locator("#train-family").is_disabled(), "no settings change under a run"
    assert page.locator("#train-locked").is_visible() and "Stop first" in page.locator("#train-locked").inner_text()
    assert page.locator("label:has(#train-family)").get_attribute("title") == "Stop first"
    page.locator("#train-go").click()
    reach(page, "paused")
    assert pixels(page, "train-cells") != first
    assert page.locator("#train-go").inner_text() == "Resume"
    page.wait_for_timeout(700)  # whatever was under way has been told
    done = reach(page, "paused")
    page.locator("#train-step").click()
    assert reach(page, "paused", done + 1) == done + 1
    assert page.locator("#train-when").inner_text() == f"step {done + 1}"
    page.locator("#train-go").click()
    reach(page, "running", max(done + 3, 20))  # where the held-out images are looked at again
    page.locator("#train-stop").click()
    reach(page, "stopped")
    assert page.locator("#train-go").inner_text() == "New run"
    assert page.locator("#train-family").is_enabled()
    assert page.locator("#train-locked").is_hidden()
    for number in ("#train-training", "#train-accuracy"):
        assert "%" in page.locator(number).inner_text()
    assert "held-out" in page.locator("#train-verdict").inner_text()


def test_one_step_begins_a_run_that_waits(train):
    page = train()
    page.locator("#train-step").click()
    assert reach(page, "paused", 1) == 1
    page.locator("#train-stop").click()
    reach(page, "stopped")
    page.locator("#train-step").click()
    reach(page, "paused", 1)


def test_the_film_runs_back_and_returns(train):
    page = train()
    page.locator("#train-go").click()
    reach(page, "running", 20)
    page.locator("#train-stop").click()
    reach(page, "stopped")
    page.evaluate("() => new Promise(requestAnimationFrame)")  # the last image is drawn a frame after the news of it
    newest = pixels(page, "train-cells")
    page.locator("#train-scrub").focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('#train-view').dataset.shown === '0'")
    assert pixels(page, "train-cells") != newest
    assert page.locator("#train-update").inner_text() == "0" and page.locator("#train-when").inner_text() == "step 0"
    assert page.locator("#train-verdict").is_hidden(), "it was said of the newest update"
    page.locator("#train-newest").click()
    page.wait_for_function("() => document.querySelector('#train-view').dataset.shown !== '0'")
    assert pixels(page, "train-cells") == newest
    chart = page.locator("#train-chart-accuracy").bounding_box()
    page.mouse.click(chart["x"] + 50, chart["y"] + 40)
    page.wait_for_function("() => Number(document.querySelector('#train-view').dataset.shown) < 10")


def test_a_setting_that_changes_after_a_run_takes_its_words_away(train):
    page = train("&train-rate=30")
    page.locator("#train-go").click()
    reach(page, "running", 20)
    page.locator("#train-stop").click()
    reach(page, "stopped")
    assert "held-out" in page.locator("#train-verdict").inner_text()
    assert "large steps" in page.locator("#train-watch").inner_text()
    page.locator("#train-defaults").click()
    assert page.locator("#train-verdict").inner_text() == "", "at once"
    page.wait_for_function("() => document.querySelector('#train-watch').innerText.includes('identity')", **RUN)
    page.wait_for_function("() => document.querySelector('#train-view').dataset.step === '0'")  # drawn a frame later
    assert reach(page, "idle") == 0 and page.locator("#train-go").inner_text() == "Start"
    assert page.locator("#train-verdict").inner_text() == page.locator("#train-problem").inner_text() == ""


def test_learning_rates_move_during_a_run(train):
    page = train()
    page.locator("#train-go").click()
    reach(page, "running", 3)
    page.locator("#train-lr").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => window.stnTrain.film.changes.length > 0", **RUN)
    change = page.evaluate("window.stnTrain.film.changes[0]")
    assert change["step"] >= 3 and change["lr"] == 0.0035 and change["rate"] == 0.1
    assert page.locator("#train-lr-words").inner_text() == "0.0035"
    said = f"Since step {change['step']} the learning rate is 0.0035"
    page.wait_for_function(
        "(said) => document.querySelector('#train-changed').innerText.includes(said)", arg=said, **RUN
    )
    page.wait_for_function("() => location.search.includes('train-lr=0.0035')")  # a link is written when the hand rests
    reach(page, "running", change["step"] + 2)


def test_without_a_transformer_the_images_lie_beside_themselves(train):
    page = train("&train-placement=none")
    assert page.locator("#train-cells").get_attribute("aria-label").count("without transformer") == 1
    for name in ("family", "padding", "lesson", "start", "rate"):
        assert page.locator(f"#train-{name}").is_disabled()
    assert "without a transformer" in page.locator("#train-watch").inner_text()
    assert page.locator(".is-none").is_visible() and page.locator(".is-transformer").is_hidden()
    page.locator("#train-go").click()
    reach(page, "running", 20)
    page.wait_for_function("() => document.querySelector('#train-verdict').innerText.includes('Nothing turns')", **RUN)
    page.locator("#train-stop").click()
    reach(page, "stopped")
    page.locator("#train-placement").select_option("input")
    page.wait_for_function("() => document.querySelector('#train-view .is-transformer').checkVisibility()", **RUN)
    assert page.locator("#train-family").is_enabled()


def test_recorded_runs_stand_in_the_charts_before_any_run_and_beside_it(train):
    page = train()
    legend = page.locator("#train-legend")
    assert legend.is_visible() and "recorded" in legend.inner_text()
    assert "recorded" in page.locator("#train-chart-accuracy").get_attribute("aria-label")
    assert page.locator("#train-recorded").inner_text().startswith("Recorded after 800 steps")
    colours = """() => {
        const canvas = document.getElementById('train-chart-accuracy');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const wanted = { cnn: [0, 114, 178], stn: [213, 94, 0] };
        const far = (i, [r, g, b]) => Math.hypot(data[i] - r, data[i + 1] - g, data[i + 2] - b);
        const near = (i, colour) => far(i, colour) < 60 && data[i + 3] > 150;
        return Object.fromEntries(Object.entries(wanted).map(([name, colour]) =>
            [name, [...Array(data.length / 4).keys()].filter((k) => near(4 * k, colour)).length]));
    }"""
    drawn = page.evaluate(colours)
    assert drawn["cnn"] > 20 and drawn["stn"] > 20
    page.locator("[data-failure=rate]").click()
    reach(page, "running", 20)
    drawn = page.evaluate(colours)
    assert drawn["cnn"] > 20 and drawn["stn"] > 20, "a failure is drawn against them"
    page.wait_for_function(
        "() => document.querySelector('#train-verdict').innerText.includes('Defaults by now')", **RUN
    )


def test_cifar10_is_not_trained_on_drawings(train):
    page = train()
    page.locator("#train-distortion").select_option("cifar10")
    problem = page.locator("#train-problem")
    problem.wait_for(state="visible")
    assert "CIFAR-10's training images are not on this server" in problem.inner_text()
    assert page.locator("#train-watch").inner_text() == "" and page.locator("#train-legend").is_hidden()
    page.locator("#train-distortion").select_option("r")
    page.wait_for_function("() => document.querySelector('#train-problem').hidden", **RUN)
    page.wait_for_function("() => document.querySelector('#train-watch').innerText.includes('identity')", **RUN)


@pytest.mark.parametrize(
    ("failure", "said"), [("rate", "steps"), ("start", "random"), ("feature", "moves feature maps")]
)
def test_a_failure_starts_at_one_click_and_says_what_to_watch(train, failure, said):
    page = train("&train-distortion=rts")
    page.locator(f"[data-failure={failure}]").click()
    reach(page, "running", 1)
    assert said in page.locator("#train-watch").inner_text()
    assert page.locator("#train-distortion").input_value() == "rts", "what one chose before stays"


def test_a_link_holds_the_settings_and_nobody_trusts_it(train):
    page = train("&train-family=tps&train-rate=3&train-padding=%3Cb%3E&train-seed=1e99")
    assert page.locator("#train-family").input_value() == "tps"
    assert page.locator("#train-rate-words").inner_text() == "3 times the classifier's"
    assert page.locator("#train-padding").input_value() == "zeros"
    assert page.locator("#train-seed").input_value() == "0"
    page.locator("#train-padding").select_option("border")
    page.wait_for_function("() => location.search.includes('train-padding=border')")
    page.locator("#train-defaults").click()
    page.wait_for_function("() => !location.search.includes('train-family')")


def test_a_hundred_updates_leave_the_page_as_large_as_it_was(train):
    page = train()

    def measured() -> tuple[dict[str, int], int]:
        return memory(page), int(page.locator("#train-view").get_attribute("data-frames"))

    page.locator("#train-go").click()
    begun = reach(page, "running", 20)
    before, frames = measured()
    reach(page, "running", begun + 100)
    after, more_frames = measured()
    assert after["nodes"] - before["nodes"] < 10
    assert after["heap"] - before["heap"] < 400_000
    # The film of the run grows, 17 kB a frame, and has 240 frames at most.
    assert after["buffers"] - before["buffers"] < 25_000 * (more_frames - frames) + 100_000
