"""What stands below the exercises: the sources and the results."""

import pytest

from demo.tabs.lesson.page import results_html, shipped
from demo.ui.sources import PAPER, TUTORIAL
from stn.checkpoint import SHIPPED

DRAWN = "() => document.querySelector('#lesson')?.dataset.drawn"


@pytest.fixture
def lesson(visit):
    return lambda query="?dataset=mnist", **options: visit(f"{query}&tab=lesson", ready=DRAWN, **options)


def test_sources_and_citation_are_on_the_page(lesson):
    page = lesson()
    assert "jaderberg2015spatial" in page.locator(".behind pre").inner_text()
    links = page.locator(".behind .sources a").evaluate_all("all => all.map((a) => [a.href, a.target, a.rel])")
    assert [link[0] for link in links] == [PAPER, TUTORIAL] and all(
        link[1:] == ["_blank", "noopener"] for link in links
    )
    assert page.locator("#side").is_hidden()


def test_a_phone_shows_the_errors_beside_the_names(lesson):
    page = lesson(width=390, height=844, has_touch=True)
    page.locator(".behind .quiet").evaluate("(none, table) => none.outerHTML = table", results_html(shipped(SHIPPED)))
    page.locator("details.results").evaluate_all("all => all.forEach((group) => { group.open = true; })")
    errors = page.locator(".behind tbody td.number:nth-child(2)")
    assert errors.count() > 10
    assert errors.evaluate_all("cells => Math.min(...cells.map((cell) => cell.getBoundingClientRect().width))") > 0
    assert errors.evaluate_all("cells => Math.max(...cells.map((cell) => cell.getBoundingClientRect().right))") <= 390
