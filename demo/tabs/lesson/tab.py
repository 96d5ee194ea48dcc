"""The lesson tab: five exercises and what lies behind the page. What is asked stands in exercises.py."""

from __future__ import annotations

from demo import explain_api
from demo.lesson import Lesson
from demo.lesson_page import lesson_html
from demo.live import live
from demo.shelf import Shelves


def lesson_tab(shelves: Shelves) -> None:
    """Builds the tab inside the current context."""
    lesson = Lesson(shelves.pictures, shelves.models)

    def set_up(request):
        return lesson.set_up(request)

    def solve(request):
        return lesson.solve(request)

    def look(request):
        return explain_api.answer(shelves.pictures, shelves.models, request)

    live("lesson", "lesson", [set_up, solve, look], html=lesson_html(shelves.models.folder))
