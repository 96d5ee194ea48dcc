"""A class that predicts together: one projector, five phones, an exercise and a free question."""

import csv
import re
import time
from urllib.parse import parse_qs, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe

from demo.ui.room.route import ROOMS
from tests.browser.looking import settled

DRAWN = "() => document.querySelector('#lesson')?.dataset.drawn"
PHONE = {"has_touch": True, "is_mobile": True}
ARRIVED = "() => document.querySelector('.said').innerText.includes('has arrived')"


@pytest.fixture
def projector(visit):
    def open_page(query="?dataset=mnist&tab=lesson&exercise=1", **size):
        return visit(f"{query}&view=class", ready=DRAWN if "lesson" in query else "() => true", **size)

    return open_page


@pytest.fixture
def phone(windows, address):
    """Opens a student's page in a browser of its own."""
    pages = []

    def open_page(code: str):
        page = windows(390, 844, **PHONE)
        pages.append(page)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(f"{address}?room={code}")
        return page

    yield open_page
    assert [error for page in pages for error in page.errors] == []


def gather(page) -> str:
    """Asks the class in the lesson; returns the code that the projector shows."""
    page.locator(".bench-before .ask-class").click()
    page.locator(".board-qr img[src]").wait_for()
    return page.locator(".board-code").inner_text()


def choose(student, k: int):
    student.locator(".choices button").nth(k).tap()
    student.wait_for_function(ARRIVED)


def counts(board) -> list[int]:
    return [int(text) for text in board.locator(".board-number").all_inner_texts()]


def answered(page, words: str):
    page.wait_for_function("(words) => document.querySelector('.board-count')?.innerText === words", arg=words)


@pytest.mark.slow
def test_one_projector_and_five_phones_through_an_exercise_and_a_free_question(projector, phone, tmp_path):
    teacher = projector()
    code = gather(teacher)
    assert teacher.locator(".exercise:visible fieldset").is_hidden(), "the projector does not predict"
    students = [phone(code) for _ in range(5)]
    for student, k in zip(students[:4], (0, 1, 2, 0), strict=True):
        choose(student, k)
    choose(students[2], 1)
    answered(teacher, "4 of 5 have answered")
    assert teacher.locator(".board-number").all_inner_texts() == [""] * 3, "how many, not what"
    assert teacher.locator(".bench-after").is_hidden()
    assert students[0].locator("#tabs, #side, .gradio-container").count() == 0

    teacher.locator(".board button", has_text="Reveal").click()
    teacher.locator(".board-words:visible").wait_for()
    assert counts(teacher) == [2, 2, 0]
    right = teacher.locator(".board-row").evaluate_all("(rows) => rows.findIndex((row) => row.matches('.is-answer'))")
    assert right in (0, 1, 2) and teacher.locator(".board-row.is-answer").count() == 1
    teacher.locator(".bench-after").wait_for()
    assert teacher.locator(".says-cnn").inner_text(), "the answer runs on the live view"
    for student, own in zip(students, (0, 1, 1, 0, None), strict=True):
        student.locator(".said.is-told").wait_for()
        said = student.locator(".said").inner_text()
        wanted = "no answer" if own is None else "were right" if own == right else "were not right"
        assert wanted in said
        assert [int(text) for text in student.locator(".count").all_inner_texts()] == [2, 2, 0]
        assert student.locator(".choices button:enabled").count() == 0
    with teacher.expect_download() as saving:
        teacher.locator(".board button", has_text="CSV").click()
    rows = list(csv.reader(saving.value.path().read_text().splitlines()))
    assert rows[0] == ["answer", "students", "right"] and [row[1] for row in rows[1:]] == ["2", "2", "0"]
    assert rows[1 + right][2] == "yes"
    with teacher.expect_download() as saving:
        teacher.locator(".board button", has_text="PNG").click()
    assert saving.value.path().read_bytes().startswith(b"\x89PNG")

    teacher.locator(".board button", has_text="Next exercise").click()
    for student in students:
        student.wait_for_function("() => document.querySelector('h1').innerText === 'Where does it look?'")
        assert student.locator("[aria-checked=true]").count() == 0

    teacher.locator("#tabs button[role=tab]").first.click()
    teacher.locator("#ask-class").click()
    teacher.locator(".ask-form input").fill("70")
    teacher.locator(".ask-form button[type=submit]").click()
    settled(teacher, rotation=0)
    for student, k in zip(students, (3, 3, 3, 8, 0), strict=True):
        student.wait_for_function("() => document.querySelectorAll('.choices button').length === 10")
        choose(student, k)
    answered(teacher, "5 of 5 have answered")
    teacher.locator(".board button", has_text="Reveal").click()
    teacher.locator(".board-words:visible").wait_for()
    assert counts(teacher) == [1, 0, 0, 3, 0, 0, 0, 0, 1, 0]
    settled(teacher, rotation=70)
    right = teacher.locator(".board-row").evaluate_all("(rows) => rows.findIndex((row) => row.matches('.is-answer'))")
    top = teacher.locator("#bars-cnn .bar").evaluate_all("(bars) => bars.findIndex((bar) => bar.matches('.is-top'))")
    assert right == top, "the real network's answer"
    teacher.locator(".board button", has_text="End the class").click()
    students[4].wait_for_function("() => document.querySelector('h1').innerText === 'This class has ended.'")


def test_a_student_who_reloads_is_back_within_two_seconds_with_his_answer(projector, phone):
    teacher = projector()
    student = phone(gather(teacher))
    choose(student, 1)
    start = time.monotonic()
    student.reload()
    student.wait_for_function(ARRIVED)
    assert time.monotonic() - start < 2
    assert student.locator(".choices button").nth(1).get_attribute("aria-checked") == "true"
    answered(teacher, "1 of 1 have answered")
    teacher.locator(".board button", has_text="Reveal").click()
    student.locator(".said.is-told").wait_for()
    start = time.monotonic()
    student.reload()
    student.locator(".said.is-told").wait_for()
    assert time.monotonic() - start < 2
    assert sum(counts(teacher)) == 1


def test_an_answer_given_without_a_connection_arrives_when_it_is_back(projector, phone):
    teacher = projector()
    student = phone(gather(teacher))
    student.locator(".choices button").first.wait_for()
    student.context.set_offline(True)
    student.locator(".choices button").nth(2).tap()
    student.locator(".trouble:visible").wait_for()
    assert "Nothing is lost" in student.locator(".trouble").inner_text()
    student.context.set_offline(False)
    start = time.monotonic()
    student.wait_for_function(ARRIVED)
    assert time.monotonic() - start < 2
    answered(teacher, "1 of 1 have answered")
    student.locator(".trouble").wait_for(state="hidden")


def test_the_token_is_in_the_teachers_link_alone(projector, phone, visit):
    teacher = projector()
    code = gather(teacher)
    teacher.wait_for_function("() => location.search.includes('teacher=')")
    query = parse_qs(urlparse(teacher.url).query)
    token = query["teacher"][0]
    assert query["room"] == [code]
    copied = teacher.evaluate("() => window.stnPage.link()")
    assert token not in copied and "room=" not in copied
    assert token not in teacher.evaluate("() => document.documentElement.outerHTML")
    student = phone(code)
    student.locator(".choices button").first.wait_for()
    said = student.evaluate(
        """async (code) => {
            const ask = async (more) => (await fetch("stn-room", {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ code, round: 1, ...more }),
            })).json();
            const kinds = [{ do: "reveal" }, { do: "reveal", token: code }, { do: "end", token: "" },
                { do: "ask", token: "x", question: { kind: "exercise", exercise: 2 } }];
            return Promise.all(kinds.map(ask));
        }""",
        code,
    )
    assert [answer["why"] for answer in said] == ["teacher"] * 4
    assert student.locator(".said").inner_text() == "Choose one answer."
    again = visit("?" + urlparse(teacher.url).query, ready=DRAWN)
    again.locator(".board-code").wait_for()
    assert again.locator(".board-code").inner_text() == code, "the teacher's link opens the room again"
    again.locator(".board button", has_text="Reveal").click()
    student.locator(".said.is-told").wait_for()
    teacher.locator(".board-words:visible").wait_for()


def test_a_wrong_code_and_a_full_class_are_one_sentence(projector, phone, monkeypatch):
    student = phone("CCCC")
    student.locator(".trouble:visible").wait_for()
    assert "no class with this code" in student.locator(".trouble").inner_text()
    assert student.locator("h1").inner_text() == "No class here"
    monkeypatch.setattr("demo.core.rooms.MOST_STUDENTS", 0)
    student = phone(gather(projector()))
    student.locator(".trouble:visible").wait_for()
    assert "full" in student.locator(".trouble").inner_text() and student.locator("h1").inner_text() == "No place left"


def test_a_class_that_is_gone_is_said_to_the_teacher_and_a_new_one_can_be_gathered(projector, address):
    teacher = projector()
    code = gather(teacher)
    for rooms in ROOMS.values():
        rooms._rooms.clear()
    teacher.locator(".board button", has_text="Reveal").click()
    teacher.wait_for_function("() => document.querySelector('.ask-trouble').innerText.includes('no class')")
    assert teacher.locator(".board").count() == 0
    assert gather(teacher) != code


def test_the_link_of_a_class_that_is_gone_opens_the_page_and_says_so(visit):
    page = visit("?dataset=mnist&sample=3&room=CCCCC&teacher=nobody")
    page.locator(".class-place .board-trouble", has_text="no class with this code").wait_for()
    page.wait_for_function("() => !location.search.includes('room') && !location.search.includes('teacher')")
    assert settled(page, sample=3)["dataset"] == "mnist"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_students_page_is_made_for_a_thumb_and_for_everyone(projector, windows, address, scheme):
    code = gather(projector())
    student = windows(390, 844, color_scheme=scheme, **PHONE)
    student.goto(f"{address}?room={code}")
    choose(student, 0)
    assert student.evaluate("document.documentElement.scrollWidth") == 390
    for box in (each.bounding_box() for each in student.locator(".choices button").all()):
        assert box["height"] >= 48 and box["width"] >= 140
    assert [problem["id"] for problem in Axe().run(student).response["violations"]] == []


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768)])
def test_everything_of_the_board_is_in_view_on_a_projector(projector, width, height):
    teacher = projector("?dataset=mnist&tab=lesson&exercise=3", width=width, height=height)  # which asks most
    assert re.fullmatch(r"[A-Z0-9]{5}", gather(teacher))
    box = teacher.locator(".board-join").bounding_box()
    assert box["y"] + box["height"] <= height
    teacher.locator(".board button", has_text="Reveal").click()
    teacher.locator(".board-told:visible").wait_for()
    assert teacher.evaluate("document.documentElement.scrollWidth") <= width
