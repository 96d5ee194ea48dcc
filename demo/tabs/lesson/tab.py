"""The lesson tab: six exercises and what lies behind the page. What is asked stands in exercises.py."""

from __future__ import annotations

from demo.core import compare
from demo.core.models import Resources
from demo.tabs.lesson.lesson import Lesson
from demo.tabs.lesson.page import lesson_html
from demo.ui.widget import Tab, live


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""
    lesson = Lesson(resources.images, resources.models)
    resources.rooms.makers["exercise"] = lesson.question

    def set_up(request):
        return lesson.set_up(request)

    def sheet(request):
        return lesson.sheet(request)

    def solve(request):
        return lesson.solve(request)

    def look(request):
        return compare.answer(resources.images, resources.models, request)

    live("lesson", "lesson", [set_up, sheet, solve, look], html=lesson_html(resources.models.folder))


TAB = Tab("Lesson", build)
