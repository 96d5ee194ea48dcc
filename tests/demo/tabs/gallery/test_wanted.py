"""What the gallery can be asked."""

import pytest

from demo.core.state import COMPARISONS
from demo.tabs.gallery.wanted import Wanted, read_request
from stn.errors import StnError


def test_requests_have_defaults():
    found = read_request({"dataset": "mnist"})
    assert found == Wanted("batch", "mnist", None, "upright", "turned", "upright", 0, 0, "shown")
    with pytest.raises(StnError, match="from 0 to 24"):
        read_request({"dataset": "mnist", "part": 1.5})


@pytest.mark.parametrize("compare", COMPARISONS)
def test_mistakes_are_those_of_one_of_the_two_that_are_compared(compare):
    for roles in COMPARISONS.values():
        for of in roles:
            request = {"dataset": "mnist", "compare": compare, "of": of}
            if of in COMPARISONS[compare]:
                assert read_request(request).of == of
            else:
                with pytest.raises(StnError, match=COMPARISONS[compare][1]):
                    read_request(request)
    assert read_request({"dataset": "mnist", "compare": compare}).of == COMPARISONS[compare][0]
