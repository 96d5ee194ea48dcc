"""The gallery's images, mistakes and class means, on drawings and untrained stand-ins for the checkpoints."""

import re

import pytest
import torch

from demo.tabs.gallery import gallery
from demo.tabs.gallery.tab import gallery_html
from stn.data import DATASETS
from stn.errors import StnError
from tests.helpers import unpack_pixels

ASK = {"dataset": "mnist", "distortion": "turned", "seed": 1}


def ask(mnist_resources, kept=None, **changes):
    found = (kept or gallery.Gallery(*mnist_resources)).answer({**ASK, **changes})
    assert "error" not in found, found
    return found


def test_a_batch_is_24_different_images_with_both_answers(mnist_resources):
    found = ask(mnist_resources)
    assert len(found["cells"]) == gallery.CELLS == found["looked_at"]
    assert len({cell["sample"] for cell in found["cells"]}) == gallery.CELLS
    labels = mnist_resources[0].get("mnist").labels
    for cell in found["cells"]:
        assert cell["label"] == labels[cell["sample"]]
        assert unpack_pixels(cell["input"]).shape[:2] == (60, 60)
        assert unpack_pixels(cell["output"]).shape[:2] == (28, 28)
        assert cell["cnn"]["top"] in range(10) and cell["stn"]["percent"].endswith("%")
    wrong = sum(cell["cnn"]["top"] != cell["label"] for cell in found["cells"])
    assert found["wrong"]["cnn"] == wrong and f"the plain CNN {24 - wrong}." in found["words"]
    assert "drawings" in found["words"], "the page says which images are drawings"


def test_a_seed_brings_the_same_images_again_and_another_one_others(mnist_resources):
    assert ask(mnist_resources) == ask(mnist_resources)
    assert ask(mnist_resources)["cells"] != ask(mnist_resources, seed=2)["cells"]


@pytest.mark.parametrize("of", gallery.NETWORKS)
def test_mistakes_are_mistakes_and_no_more_images_are_looked_at_than_said(mnist_resources, monkeypatch, of):
    monkeypatch.setattr(gallery, "LOOKED_AT", 60)
    found = ask(mnist_resources, kind="mistakes", of=of, distortion="all")
    assert all(cell[of]["top"] != cell["label"] for cell in found["cells"])
    assert len(found["cells"]) == found["wrong"][of] <= found["looked_at"] <= gallery.LOOKED_AT


@pytest.mark.parametrize(("distortion", "called"), [("none", "drawings"), ("turned", "distorted drawings")])
def test_images_are_called_distorted_where_they_are(mnist_resources, monkeypatch, distortion, called):
    monkeypatch.setattr(gallery, "PARTS", 1)
    for kind in ("mistakes", "means"):
        said = ask(mnist_resources, kind=kind, distortion=distortion)["words"]
        assert called in said and ("distorted" in said) == (distortion != "none")


@pytest.mark.parametrize("distortion", gallery.DISTORTIONS)
def test_every_distortion_fills_the_canvas(mnist_resources, distortion):
    chosen = mnist_resources[0].get("mnist")
    x = gallery.distorted(chosen, [0, 1, 2], distortion, 60, seed=3)
    assert x.shape == (3, 1, 60, 60) and x.min() >= 0 and x.max() <= 1
    if distortion == "none":
        assert torch.equal((x[:, :, 16:44, 16:44] * 255).round().to(torch.uint8), chosen.images[:3])


def test_class_means_grow_part_by_part_and_are_kept(mnist_resources, monkeypatch):
    monkeypatch.setattr(gallery, "PARTS", 4)
    means = gallery.Gallery(*mnist_resources)
    first, second = (ask(mnist_resources, means, kind="means", part=part) for part in (0, 1))
    assert (first["n"], second["n"]) == (gallery.PART, 2 * gallery.PART)
    assert not second["done"] and len(second["means"]["before"]) == len(second["means"]["after"]) == 10
    assert ask(mnist_resources, means, kind="means", part=0) == second, "who comes later gets what is there"
    assert ask(mnist_resources, means, kind="means", part=3)["n"] == 3 * gallery.PART, (
        "one request makes one part at most"
    )
    last = ask(mnist_resources, means, kind="means", part=3)
    assert last["done"] and last["n"] == 4 * gallery.PART


def test_only_so_much_is_kept():
    kept, made = gallery.LruCache(2), []
    for key in (1, 2, 1, 3, 1, 2):
        kept.get((key,), lambda key=key: made.append(key))
    assert made == [1, 2, 3, 2] and len(kept) == 2, "the one asked for last stays longest"


def test_a_page_is_made_once_and_too_many_visitors_are_told_to_wait(mnist_resources, monkeypatch):
    made = gallery.Gallery(*mnist_resources)
    first = ask(mnist_resources, made)
    monkeypatch.setattr(gallery, "_cells", None)
    assert ask(mnist_resources, made) == first
    for _ in range(gallery.ROOM):
        made._room.acquire()
    assert "try again" in made.answer(ASK)["error"]


def test_the_mean_of_images_without_distortion_is_that_of_the_class(mnist_resources):
    found = ask(mnist_resources, kind="means", distortion="none")
    chosen = mnist_resources[0].get("mnist")
    threes = torch.stack([chosen.images[i] for i, label in enumerate(chosen.labels) if label == 3]).float().mean(0)
    mean = unpack_pixels(found["means"]["before"][3])[16:44, 16:44, 0]
    assert abs(mean - threes[0].numpy()).max() <= 1, "each of the four drawings counts twice"


def test_equal_images_keep_all_their_detail_and_unequal_ones_lose_it():
    def kept(images):
        sums = {}
        gallery._add(sums, "before", images, torch.zeros(len(images), dtype=torch.long), 2)
        return gallery.kept_detail(sums, "before")

    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    assert kept(image.repeat(5, 1, 1, 1)) == pytest.approx(1)
    assert kept(torch.rand(400, 1, 8, 8, generator=torch.Generator().manual_seed(1))) == pytest.approx(0.05, abs=0.02)


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
        {"dataset": "mnist", "of": None},
        {"dataset": "mnist", "seed": -1},
        {"dataset": "mnist", "seed": 10**400},
        {"dataset": "mnist", "seed": float("nan")},
        {"dataset": "mnist", "seed": True},
        {"dataset": "mnist", "part": 25},
        {"dataset": "mnist", "model": 3},
        {"dataset": "mnist", "networks": "cnn"},
    ],
)
def test_bad_requests_get_one_sentence(mnist_resources, bad):
    answer = gallery.Gallery(*mnist_resources).answer(bad)
    assert set(answer) == {"error"} and "\n" not in answer["error"] and len(answer["error"]) < 300


def test_instead_of_a_network_that_is_not_there_the_first_is_shown_with_a_sentence(mnist_resources):
    made = gallery.Gallery(*mnist_resources)
    found, plain = (made.answer({"dataset": "mnist", "model": name}) for name in ("../x", None))
    assert "../x" in found.pop("note") and plain.pop("note") == "" and found == plain


def test_requests_have_defaults():
    assert gallery.read_request({"dataset": "mnist"}) == gallery.Wanted("batch", "mnist", None, "all", "stn", 0, 0)
    with pytest.raises(StnError, match="from 0 to 24"):
        gallery.read_request({"dataset": "mnist", "part": 1.5})


def test_no_two_batches_are_distorted_by_the_same_numbers():
    seeds, numbers = range(gallery.SEEDS), (0, 1, gallery.MOST_BATCHES - 1)
    drawn = {gallery.drawing_seed(s, part, n) for s in seeds for part in range(gallery.PARTS) for n in numbers}
    assert len(drawn) == len(seeds) * gallery.PARTS * len(numbers)
    assert max(drawn) < 2**63 and min(drawn) == 0


def test_every_batch_of_the_means_has_a_seed_of_its_own(mnist_resources, monkeypatch):
    used = []
    whole = gallery.distorted

    def noting(chosen, which, name, canvas, seed):
        used.append(seed)
        return whole(chosen, which, name, canvas, seed)

    monkeypatch.setattr(gallery, "distorted", noting)
    made = gallery.Gallery(*mnist_resources)
    for seed in (1, 2):
        for part in (0, 1):
            ask(mnist_resources, made, kind="means", seed=seed, part=part)
    batches = len(used) // 4
    assert used == [gallery.drawing_seed(s, part, n) for s in (1, 2) for part in (0, 1) for n in range(batches)]
    assert batches <= gallery.MOST_BATCHES and gallery.LOOKED_AT // gallery.BATCH <= gallery.MOST_BATCHES


def test_the_page_offers_what_requests_may_say_and_nothing_else():
    page = gallery_html()
    assert "<!--" not in page
    for group, valid in (("kind", gallery.KINDS), ("of", gallery.NETWORKS)):
        offered = re.findall(rf'name="gallery-{group}" value="(\w+)"( checked)?', page)
        assert [name for name, _ in offered] == list(valid)
        assert [name for name, on in offered if on] == [next(iter(valid))]
    options = re.findall(r'<option value="(\w+)"( selected)?', page)
    assert sorted(name for name, _ in options) == sorted([*gallery.DISTORTIONS, *DATASETS])
    assert [name for name, on in options if on] == ["mnist", "all"]
    found = gallery.read_request({"dataset": "mnist"})
    assert (found.kind, found.of, found.distortion) == ("batch", "stn", "all")
    assert set(gallery.RECIPES) == set(gallery.DISTORTIONS) - {"none"}
