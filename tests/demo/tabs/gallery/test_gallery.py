"""What the gallery keeps, and how it answers what nobody should ask."""

import pytest

from demo.tabs.gallery import gallery as module
from demo.tabs.gallery.gallery import ROOM


def test_only_so_much_is_kept():
    kept, made = module.LruCache(2), []
    for key in (1, 2, 1, 3, 1, 2):
        kept.get((key,), lambda key=key: made.append(key))
    assert made == [1, 2, 3, 2] and len(kept) == 2, "the one asked for last stays longest"


def test_a_page_is_made_once_and_too_many_visitors_are_told_to_wait(gallery, ask, monkeypatch):
    first = ask(gallery)
    monkeypatch.setattr(module, "find_cells", None)
    assert ask(gallery) == first
    named = ask(gallery, model="mnist-play-affine", of="behind")
    assert named == first, "nor again where the network is named, or whose mistakes would be shown"
    for _ in range(ROOM):
        gallery._room.acquire()
    assert "try again" in gallery.answer({"dataset": "mnist"})["error"]


def test_the_answer_says_what_is_compared_and_by_which_network(ask):
    found = ask()
    assert found["compared"] == {"upright": "as it is", "behind": "behind the transformer"}
    assert list(ask(compare="trained")["compared"]) == ["cnn", "stn"]
    assert (found["model"], found["networks"]) == ("mnist-play-affine", [["mnist-play-affine", "affine"]])


def test_with_hidden_edges_every_image_is_a_disc_and_opens_so_in_play(gallery, ask):
    asked = {"distortion": "cluttered"}  # a digit alone is black at its edges
    shown, hidden = ask(gallery, **asked), ask(gallery, **asked, edges="hidden")
    pairs = list(zip(shown["cells"], hidden["cells"], strict=True))
    assert all(disc["controls"] == {**cell["controls"], "edges": "hidden"} for cell, disc in pairs)
    assert sum(disc["input"] != cell["input"] for cell, disc in pairs) > len(pairs) / 2
    assert "distorted drawings without their edges" in hidden["words"].lower() and "edges" not in shown["words"]
    means = [ask(gallery, kind="means", **asked, edges=edges)["means"]["before"] for edges in ("shown", "hidden")]
    assert means[0] != means[1]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {},
        {"dataset": "svhn"},
        {"dataset": ["mnist"]},
        {"dataset": "mnist", "kind": "everything"},
        {"dataset": "mnist", "distortion": "x" * 10_000},
        {"dataset": "mnist", "compare": "both"},
        {"dataset": "mnist", "edges": True},
        {"dataset": "mnist", "of": None},
        {"dataset": "mnist", "of": "stn"},
        {"dataset": "mnist", "seed": -1},
        {"dataset": "mnist", "seed": 10**400},
        {"dataset": "mnist", "seed": float("nan")},
        {"dataset": "mnist", "seed": True},
        {"dataset": "mnist", "part": 25},
        {"dataset": "mnist", "model": 3},
        {"dataset": "mnist", "networks": "cnn"},
    ],
)
def test_bad_requests_get_one_sentence(gallery, bad):
    answer = gallery.answer(bad)
    assert set(answer) == {"error"} and "\n" not in answer["error"] and len(answer["error"]) < 300


def test_instead_of_a_network_that_is_not_there_the_first_is_shown_with_a_sentence(gallery):
    found, plain = (gallery.answer({"dataset": "mnist", "model": name}) for name in ("../x", None))
    assert "../x" in found.pop("note") and plain.pop("note") == "" and found == plain
