"""Free questions: what the networks really say, and nonsense refused."""

import pytest

from demo.core.compare import answer
from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.core.predictions import free_question
from stn.errors import StnError


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    return ImageStore(tmp_path_factory.mktemp("none")), ModelStore()


@pytest.mark.parametrize(("compare", "role"), [("upright", "upright"), ("upright", "behind"), ("trained", "cnn")])
def test_the_right_answer_is_what_the_network_says(stores, compare, role):
    state = {"dataset": "mnist", "sample": 19, "rotation": 70, "compare": compare}
    question = free_question(*stores, {"state": state, "role": role})
    said = answer(*stores, state)["networks"][role]
    assert question.choices == tuple("0123456789") and question.right == said["top"]
    assert said["words"] in question.words
    assert "+70\u00b0" in question.title and "+70\u00b0" in question.text
    assert said["words"] not in question.title + question.text
    assert question.asked == {"kind": "free", "role": role, "state": state, "own": False}


def test_a_question_about_an_image_without_its_edges_says_so(stores):
    state = {"dataset": "mnist", "sample": 19, "edges": "hidden"}
    assert "its edges hidden. What" in free_question(*stores, {"state": state, "role": "upright"}).text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "object"),
        ({"state": {"dataset": "mnist"}}, "lacks role"),
        ({"state": {"dataset": "mnist"}, "role": "cnn"}, "role"),
        ({"state": {"dataset": "svhn"}, "role": "upright"}, "cifar10, mnist"),
        ({"state": {"dataset": "mnist", "sample": 99999}, "role": "upright"}, "99999"),
        ({"state": 4, "role": "upright"}, "object"),
    ],
)
def test_nonsense_is_one_sentence(stores, given, said):
    with pytest.raises(StnError, match=said):
        free_question(*stores, given)
