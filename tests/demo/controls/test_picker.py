"""Thumbnails, the search for mistakes, and the visitor's own pixels, without a browser."""

import base64

import numpy as np
import pytest
import torch

from demo.controls.mistakes import BATCH, MistakeFinder
from demo.controls.thumbnails import thumbnails
from demo.core import compare, records
from demo.core.images import ImageSet, ImageStore
from demo.core.state import ViewState, from_query, unknown_shown
from demo.core.uploads import read_pixels
from stn.controls import Controls
from stn.distort import apply_controls
from stn.errors import StnError
from tests.helpers import unpack_pixels


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return ImageStore(tmp_path_factory.mktemp("no-data"))


def page(images, **request):
    return thumbnails(images, {"dataset": "mnist", "count": 6, **request})


def test_the_page_that_holds_the_image_with_all_its_pixels(images):
    answer = page(images, sample=8)
    assert answer["samples"] == [6, 7, 8, 9, 10, 11] and answer["from"] == 7 and answer["drawn"]
    known = images.get("mnist").images
    sheet = unpack_pixels(answer["sheet"])
    assert sheet.shape == (6 * 28, 28, 1)
    assert np.array_equal(sheet[2 * 28 : 3 * 28, :, 0], known[8, 0])


def test_pages_turn_around_the_end_and_keep_to_the_class(images):
    last = page(images, sample=0, turn=-1)
    assert last["samples"][-1] == last["of"] - 1
    labels = images.get("mnist").labels
    sevens = page(images, sample=0, klass="7")
    assert sevens["of"] == labels.count(7) and {labels[i] for i in sevens["samples"]} == {7}
    assert page(images, sample=10**6)["from"] == 1, "no such image: the first page"


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {},
        {"dataset": "mnist", "count": 10**9},
        {"dataset": "mnist", "sample": float("nan")},
        {"dataset": "mnist", "turn": "1"},
        {"dataset": ["mnist"]},
        {"dataset": "mnist", "class": "3"},
    ],
)
def test_a_bad_request_for_thumbnails_is_one_sentence(images, bad):
    answer = compare.answer_or_error(lambda: thumbnails(images, bad))
    assert set(answer) == {"error"} and "\n" not in answer["error"] and "error in the program" not in answer["error"]


class Net:
    """Stands in for a loaded model: says class `says` for every image but those whose brightest pixel is `lit`."""

    def __init__(self, right_at):
        self.right_at, self.seen = right_at, []
        self.info = type("Info", (), {"canvas": 28})

    def predict(self, x):
        self.seen.append(x)
        number = (x.max((1, 2, 3)) * 255).round().astype(int)  # each image carries its number
        return np.where(np.isin(number, sorted(self.right_at)), 0, 1)


class BothNets:
    """Stands in for a Pair."""

    def __init__(self, stn, cnn):
        self.stn, self.cnn = stn, cnn

    def predict(self, x):
        return self.cnn.predict(x), self.stn.predict(x)


def found(stn, cnn, shelf, state, monkeypatch, of="cnn", start=0, seconds=10.0):
    monkeypatch.setattr("demo.controls.mistakes.find_pair", lambda *_: BothNets(stn, cnn))
    return MistakeFinder(shelf, None, seconds).find(state, "any", of, start)


def numbered(n: int) -> ImageStore:
    images = np.zeros((n, 1, 28, 28), np.uint8)
    images[:, 0, 10:18, 10:18] = np.arange(n)[:, None, None]
    shelf = ImageStore()
    shelf._sets["mnist"] = ImageSet("mnist", images, (0,) * n, tuple("0123456789"), drawn=False)
    return shelf


@pytest.fixture
def search(monkeypatch):
    def searched(stn_right, cnn_right, n=100, of="cnn", compare="trained", **more):
        state = ViewState(sample=n - 1, compare=compare)
        return found(Net(stn_right), Net(cnn_right), numbered(n), state, monkeypatch, of, **more)

    return searched


def test_an_image_that_only_the_cnn_gets_wrong_comes_first(search):
    everything = set(range(100))
    assert search(stn_right=everything - {3}, cnn_right=everything - {3, 60})["sample"] == 60
    both = search(stn_right=everything - {3}, cnn_right=everything - {3})
    assert both["sample"] == 3 and "Both" in both["words"]


def test_a_mistake_of_the_transformer_is_one_that_the_cnn_does_not_make(search):
    everything = set(range(100))
    answer = search(stn_right=everything - {3, 60}, cnn_right=everything - {3, 7}, of="transformer")
    assert answer == {"sample": 60, "words": "CNN right, spatial transformer wrong."}
    upright = search(everything - {3, 60}, everything - {3}, of="transformer", compare="upright")
    assert upright == {"sample": 60, "words": "Right as it is, wrong behind the transformer."}
    none = search(everything, everything, of="transformer", compare="upright")
    assert "the CNN behind the transformer gets all of them right" in none["words"]
    with pytest.raises(StnError, match="cnn, transformer"):
        search(everything, everything, of="nobody")


def test_none_is_a_sentence_with_the_number_of_images_tried(search):
    none = search(set(range(100)), set(range(100)))
    assert none["sample"] is None and "Tried 99 MNIST test images" in none["words"]


def test_the_search_ends_in_time_and_leaves_the_present_image_out(search):
    assert f"Tried {BATCH} " in search(set(range(100)), set(range(100)), seconds=0)["words"]
    assert search(set(), set(range(99)))["sample"] is None, "only image 99 is wrong, and it is the one shown"


def test_only_so_many_wait_for_a_search(monkeypatch, search):
    monkeypatch.setattr("demo.controls.mistakes.WAITING", 0)
    with pytest.raises(StnError, match="Others are searching right now"):
        search(set(), set())


def test_the_search_sees_what_the_page_shows(monkeypatch):
    cnn = Net(set(range(40)))
    shelf = numbered(40)
    controls = Controls(rotation=20, clutter=3, noise=0.1, seed=4)
    found(Net(set()), cnn, shelf, ViewState(sample=39, controls=controls), monkeypatch)
    chosen = shelf.get("mnist")
    alone = apply_controls(torch.from_numpy(chosen.image(5)), controls, 28, torch.from_numpy(chosen.clutter_from))
    assert np.abs(cnn.seen[0][5:6] - alone.numpy()).max() < 1e-4


def test_own_pixels_come_back_channel_by_channel():
    given = np.arange(2 * 3 * 3, dtype=np.uint8)
    read = read_pixels(base64.b64encode(given).decode(), (3, 2, 3))
    assert read.shape == (1, 3, 2, 3)
    assert np.array_equal((read[0].transpose(1, 2, 0) * 255).round().ravel(), given)


@pytest.mark.parametrize("bad", [7, "", "AAAA", "!" * 1048, "A" * 10**6, {"data": "x"}, "\u00e9" * 1048])
def test_own_pixels_of_the_wrong_size_are_refused(bad):
    with pytest.raises(StnError, match="784 bytes"):
        read_pixels(bad, (1, 28, 28))


def info(family="affine", distortion="play", name="mnist-play-affine"):
    from stn.recipes import get_recipe

    recipe = get_recipe(name if family else "mnist-play-cnn")
    fields = {"record": {"params": 512352, "epochs": 16}, "result": {"accuracy": 96.93}, "recipe": recipe}
    return type("Info", (), {"family": family, "distortion": distortion, "dataset": "mnist", **fields})


def test_a_record_says_what_it_was_trained_on_and_how_it_was_taught():
    said = records.network_record(info())
    assert said.startswith(
        "Affine transformer, coarse to fine: 512,352 parameters, 16 epochs on MNIST distorted by everything"
    )
    assert "the first 8 epochs to undo the known distortion, the rest to classify as well" in said
    assert "96.9 %" in said
    warmed = records.network_record(info(name="mnist-r-affine-warmup", distortion="r"))
    assert "the first 4 epochs to undo the known distortion, the rest to classify alone" in warmed
    assert "undo" not in records.network_record(info(None))
    # Where the test is harder than the training, both are said.
    assert "three quarters of the images only turned," in said
    assert said.endswith("96.9 % right on test images distorted by everything the sliders can do.")
    one_net = records.network_record(info(name="mnist-r-affine", distortion="r"))
    assert one_net.endswith("96.9 % right on such test images.")
    assert one_net.startswith("Affine transformer: 512,352 parameters")


def test_a_control_beyond_the_training_is_named():
    extreme = Controls(rotation=60, scale=0.6, clutter=1)
    assert records.beyond("play", extreme) == []
    assert records.beyond("r", extreme) == ["scale", "clutter"]
    assert records.beyond("rts", extreme) == ["rotation", "scale", "clutter"]
    assert records.beyond(None, Controls()) == [] and records.beyond("nonesuch", extreme)
    said = records.warnings(info(distortion="r"), info(None), extreme, own=False, drawn=False)
    assert said == ["Scale and clutter: beyond what the spatial transformer network was trained on."]


def test_own_images_and_drawings_are_named_as_such():
    own, drawn, real = (
        records.warnings(info(), info(None), Controls(), own, drawn)
        for own, drawn in ((True, False), (False, True), (False, False))
    )
    assert "own image" in own[0] and "not on drawings" in drawn[0] and real == []


def test_show_names_only_what_there_is():
    assert unknown_shown("rotation, clutter,network") == [] == unknown_shown("")
    assert "'wobble'" in unknown_shown("rotation,wobble")[0]
    _, trouble = from_query({"dataset": "mnist", "show": "x" * 1000})
    assert len(trouble) == 1 and len(trouble[0]) < 250
