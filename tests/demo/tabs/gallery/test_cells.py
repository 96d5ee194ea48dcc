"""Batches and mistakes, on drawings and untrained stand-ins for the checkpoints: each image is one that Play shows."""

import pytest

from demo.core.compare import compare, for_api, for_view
from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.core.state import COMPARISONS, parse_request
from demo.tabs.gallery import cells
from demo.tabs.gallery.distortions import DISTORTIONS
from demo.tabs.gallery.gallery import Gallery
from stn.data import DATASETS
from tests.helpers import unpack_pixels

ROLES = [(name, role) for name, roles in COMPARISONS.items() for role in roles]


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_a_batch_is_24_different_images_with_both_answers(mnist_resources, ask, comparison):
    found = ask(compare=comparison)
    assert len(found["cells"]) == cells.CELLS == found["looked_at"]
    assert len({cell["sample"] for cell in found["cells"]}) == cells.CELLS
    labels = mnist_resources[0].get("mnist").labels
    for cell in found["cells"]:
        assert cell["label"] == labels[cell["sample"]]
        assert unpack_pixels(cell["input"]).shape[:2] == (60, 60)
        assert unpack_pixels(cell["output"]).shape[:2] == (28, 28)
        assert list(cell["answers"]) == list(COMPARISONS[comparison])
        for answer in cell["answers"].values():
            assert answer["top"] in range(10) and answer["percent"].endswith("%")


def wrong_in(found, role) -> int:
    return sum(cell["answers"][role]["top"] != cell["label"] for cell in found["cells"])


def test_the_sentence_counts_what_the_cells_show(ask):
    different = (found for found in (ask(seed=n) for n in range(9)) if len(set(found["wrong"].values())) == 2)
    found = next(different)
    plain, helped = (wrong_in(found, role) for role in ("upright", "behind"))
    assert found["wrong"] == {"upright": plain, "behind": helped}
    assert found["words"] == (
        f"Distorted drawings: {plain} of 24 wrong as they are, {helped} behind the transformer."
    ), "the page says which images are drawings"
    found = ask(compare="trained", distortion="none")
    plain, helped = (wrong_in(found, role) for role in ("cnn", "stn"))
    assert found["words"] == f"Drawings: {plain} of 24 wrong without a transformer, {helped} with a transformer."


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_play_shows_what_a_cell_shows(mnist_resources, ask, comparison, distortion):
    play_shows(mnist_resources, ask(compare=comparison, distortion=distortion), 6)


def play_shows(resources, found, n) -> None:
    about = {name: found[name] for name in ("dataset", "model", "compare")}
    for cell in found["cells"][:n]:
        state = parse_request({**about, "sample": cell["sample"], **cell["controls"]})
        view = for_view(compare(*resources, state))
        assert view["input"] == cell["input"] and view["image"]["label"] == cell["label"]
        levels = unpack_pixels(view["output"]).astype(int) - unpack_pixels(cell["output"])
        assert abs(levels).max() <= 1, "a batch rounds otherwise than one image"
        assert view["compared"] == list(cell["answers"])
        api = for_api(*resources, state)["probabilities"]
        for role, answer in cell["answers"].items():
            network = view["networks"][role]
            assert answer == {"top": network["top"], "percent": network["percent"][network["top"]]}
            assert answer["top"] == max(range(10), key=lambda k: api[role][k])


@pytest.mark.parametrize("dataset", DATASETS)
def test_unasked_the_shipped_networks_show_what_a_transformer_is_for(tmp_path, dataset):
    resources = ImageStore(tmp_path), ModelStore()
    found = Gallery(*resources).answer({"dataset": dataset})
    assert found["wrong"]["upright"] > max(4, 2 * found["wrong"]["behind"]), found["words"]
    play_shows(resources, found, 3)


def test_a_seed_brings_the_same_images_again_and_another_one_others(ask):
    assert ask() == ask()
    assert ask()["cells"] != ask(seed=2)["cells"]


@pytest.mark.parametrize(("comparison", "of"), ROLES)
def test_mistakes_are_mistakes_and_no_more_images_are_looked_at_than_said(ask, monkeypatch, comparison, of):
    monkeypatch.setattr(cells, "LOOKED_AT", 60)
    found = ask(kind="mistakes", compare=comparison, of=of, distortion="all")
    assert wrong_in(found, of) == len(found["cells"]) == found["wrong"][of] <= found["looked_at"] <= cells.LOOKED_AT
    among = "60" if found["looked_at"] == 60 else f"the first {found['looked_at']}"
    assert f" of {among} wrong " in found["words"]


def test_without_mistakes_the_sentence_says_what_to_do(ask, monkeypatch):
    monkeypatch.setattr(cells, "LOOKED_AT", 0)
    found = ask(kind="mistakes")
    assert found["cells"] == [] and "0 of 0 wrong as they are" in found["words"]
    assert "choose a stronger distortion" in found["words"]


@pytest.mark.parametrize(("distortion", "called"), [("none", "drawings"), ("turned", "distorted drawings")])
def test_images_are_called_distorted_where_they_are(ask, monkeypatch, distortion, called):
    monkeypatch.setattr("demo.tabs.gallery.means.PARTS", 1)
    for kind in ("mistakes", "means"):
        said = ask(kind=kind, distortion=distortion)["words"].lower()
        assert called in said and ("distorted" in said) == (distortion != "none")
