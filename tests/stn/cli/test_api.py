"""docs/api.md is what the docstrings say."""

import stn
from stn.cli.api import GEOMETRY, METHODS, PAGE, SECTIONS, page


def test_the_page_is_written_from_the_docstrings():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m stn.cli.api"


def test_every_public_name_is_on_it_once():
    names = [name for section in SECTIONS.values() for name in section]
    assert sorted(names) == sorted(stn.__all__) and set(METHODS) <= set(names)


def test_all_of_it_is_described():
    for heading in page().split("\n### ")[1:]:
        name, *rest = heading.split("\n")
        assert len(" ".join(rest)) > 40, name
    assert "padding: geometry.Padding = 'zeros'" in page() and "``" not in page().replace("```", "")
    assert all(getattr(stn.geometry, name).__doc__ for name in GEOMETRY)
