"""The measured class, on a page that runs already: every answer is counted once, and what it reports adds up."""

import pytest

from demo.classroom import classroom
from demo.measuring.server import MeasuringError


@pytest.mark.slow
def test_five_students_and_two_who_drag(address):
    seen = classroom(students=5, dragging=2, seconds=1, url=address)
    assert seen["errors"] == 0 and seen["first_error"] is None
    assert seen["questions"] >= 1 and seen["answers"] == 5 * seen["questions"] and seen["miscounted"] == 0
    assert 0 < seen["bars_p95_ms"] < 1000 and 0 < seen["reveal_p95_ms"] < 1000
    assert seen["drag_p95_ms"] > 0 and seen["drag_ratio"] > 0
    assert seen["reloads"] == 0 or seen["back_p95_ms"] < 2000


@pytest.mark.parametrize("bad", [{"students": 0}, {"students": 201}, {"dragging": -1}, {"seconds": 0.0}])
def test_nonsense_is_one_sentence(bad):
    with pytest.raises(MeasuringError) as caught:
        classroom(**{"students": 1, "dragging": 0, "seconds": 1.0, "url": "http://127.0.0.1:9/", **bad})
    assert "\n" not in str(caught.value) and str(next(iter(bad.values()))).rstrip(".0") in str(caught.value)
