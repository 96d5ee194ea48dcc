"""Which image is shown: the data set's or a drawing, next, by class, at random; and images from outside."""

import base64
import io
import os
import random

import numpy as np
import pytest
from PIL import Image

from demo.core.images import ImageSet, ImageStore
from demo.core.uploads import MAX_BYTES, read_upload
from stn.data import DATASETS
from stn.errors import StnError

LABELS = (0, 1, 0, 2, 1)
FIVE = ImageSet(
    "mnist",
    np.broadcast_to(np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1), (5, 1, 28, 28)),
    LABELS,
    ("a", "b", "c"),
    drawn=False,
)


def test_stepping_goes_round():
    assert [FIVE.step(i, 1) for i in range(5)] == [1, 2, 3, 4, 0]
    assert [FIVE.step(i, -1) for i in range(5)] == [4, 0, 1, 2, 3]


def test_stepping_within_a_class_stays_in_it():
    assert [FIVE.step(i, 1, wanted=1) for i in range(5)] == [1, 4, 4, 4, 1]
    assert [FIVE.step(i, -1, wanted=0) for i in range(5)] == [2, 0, 0, 2, 2]


def test_the_only_one_of_its_class_steps_to_itself_and_an_empty_class_stays():
    assert FIVE.step(3, 1, wanted=2) == 3
    assert FIVE.step(3, 1, wanted=9) == 3


def test_choosing_a_class_keeps_an_image_that_fits():
    assert FIVE.first(1, start=4) == 4
    assert FIVE.first(1, start=2) == 4
    assert FIVE.first(None, start=99) == 0


def test_random_is_of_the_class_and_another_one():
    rng = random.Random(0)
    assert {FIVE.pick_random(0, 0, rng) for _ in range(20)} == {2}
    assert {FIVE.pick_random(3, 2, rng) for _ in range(5)} == {3}
    assert {FIVE.pick_random(0, None, rng) for _ in range(100)} == {1, 2, 3, 4}


def test_choosing_agrees_with_a_search_through_all_labels():
    rng = random.Random(1)
    for n in (1, 2, 30):
        labels = tuple(rng.randrange(4) for _ in range(n))
        some = ImageSet("mnist", np.zeros((n, 1, 28, 28), np.uint8), labels, tuple("abcde"), drawn=False)
        for wanted in (None, *range(5)):  # nothing is of class 4
            fits = [wanted in (None, label) for label in labels]
            for index in range(n):
                ahead = [(index + k) % n for k in range(1, n + 1) if fits[(index + k) % n]]
                assert some.step(index, 1, wanted) == (ahead[0] if ahead else index)
                behind = [(index - k) % n for k in range(1, n + 1) if fits[(index - k) % n]]
                assert some.step(index, -1, wanted) == (behind[0] if behind else index)
                assert some.first(wanted, index) == (index if fits[index] or not ahead else ahead[0])
                others = {i for i in range(n) if fits[i] and i != index}
                drawn = {some.pick_random(index, wanted, rng) for _ in range(20 * n)}
                assert drawn <= (others or {index}) and (n > 2 or drawn == (others or {index}))


@pytest.mark.parametrize("bad", [-1, 5, 10**9])
def test_a_number_that_no_image_has_names_the_range(bad):
    with pytest.raises(StnError, match="0 to 4"):
        FIVE.image(bad)


@pytest.mark.parametrize(("dataset", "shape"), [("mnist", (1, 28, 28)), ("cifar10", (3, 32, 32))])
def test_drawings_stand_in_where_there_is_no_data_set(tmp_path, dataset, shape):
    found = ImageStore(tmp_path).get(dataset)
    assert found.drawn
    assert tuple(found.images.shape[1:]) == shape and found.images.dtype == np.uint8
    assert set(found.labels) == set(range(10)), "a drawing of every class"
    assert found.image(0).min() >= 0 and found.image(0).max() <= 1
    assert list(tmp_path.iterdir()) == [], "looking must not fetch"


def test_a_shelf_reads_a_set_once(tmp_path):
    shelf = ImageStore(tmp_path)
    assert shelf.get("mnist") is shelf.get("mnist")


def test_a_failed_fetch_is_one_sentence_and_the_drawings_stay(tmp_path, monkeypatch, caplog):
    def no_network(name, data_dir, on_progress):
        on_progress(0.0, "starting")
        raise StnError(f"MNIST is missing or damaged in '{data_dir}' and could not be downloaded (no route).")

    monkeypatch.setattr("demo.core.images.data.download", no_network)
    shelf, seen = ImageStore(tmp_path), []
    said = shelf.fetch("mnist", lambda part, text: seen.append(part))
    assert said.startswith("MNIST could not be downloaded") and "\n" not in said
    assert str(tmp_path) not in said, "a visitor must not learn the server's folders"
    assert "no route" in caplog.text, "whoever runs the page must find the reason"
    assert seen == [0.0] and shelf.get("mnist").drawn


def test_no_data_folder_means_drawings_at_once(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("there is nothing to read")

    monkeypatch.setattr("demo.core.images.data.load_arrays", refuse)
    assert ImageStore(tmp_path / "nowhere").get("mnist").drawn
    monkeypatch.setenv("STN_DATA", str(tmp_path / "nowhere"))
    assert ImageStore().get("cifar10").drawn


@pytest.mark.parametrize(
    "put", [os.mkfifo, os.mkdir, lambda path: os.symlink(path, path)], ids=["pipe", "folder", "loop"]
)
@pytest.mark.parametrize("dataset", DATASETS)
def test_drawings_stand_in_for_files_that_cannot_be_read(tmp_path, dataset, put, caplog):
    for name in DATASETS[dataset].files["test"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        put(tmp_path / name)
    shelf = ImageStore(tmp_path)
    assert shelf.get(dataset).drawn
    assert "cannot be read" in caplog.text, "whoever runs the page must find the reason"
    assert "could not be downloaded" in shelf.fetch(dataset, lambda part, text: None)


@pytest.mark.parametrize("folder", ["a" * 5000, "a\0b"])
def test_drawings_stand_in_where_the_folders_name_cannot_be(folder):
    assert ImageStore(folder).get("mnist").drawn


def test_a_fetch_that_works_replaces_the_drawings(tmp_path, monkeypatch):
    shelf = ImageStore(tmp_path)
    assert shelf.get("mnist").drawn
    monkeypatch.setattr("demo.core.images.data.download", lambda name, data_dir, on_progress: None)
    monkeypatch.setattr(shelf, "_read", lambda dataset: FIVE)
    assert "test images" in shelf.fetch("mnist", lambda part, text: None)
    assert shelf.get("mnist") is FIVE


def test_missing_sets_are_fetched_one_after_the_other_and_each_is_tried_once(tmp_path, monkeypatch):
    shelf, tried = ImageStore(tmp_path, fetch=True), []

    def download(name, data_dir, on_progress):
        on_progress(0.25, f"{name}: 3 of 12 MB")
        tried.append((name, shelf.coming("mnist"), shelf.coming("cifar10")))
        if name == "cifar10":
            raise StnError("no route")

    read = shelf._read
    monkeypatch.setattr("demo.core.images.data.download", download)
    monkeypatch.setattr(shelf, "_read", lambda dataset: FIVE if tried and dataset == "mnist" else read(dataset))
    assert (shelf.coming("mnist"), shelf.outcome("mnist")) == ("MNIST is next", "")
    shelf.fetch_missing()
    assert tried == [("mnist", "mnist: 3 of 12 MB", "CIFAR-10 is next"), ("cifar10", "", "cifar10: 3 of 12 MB")]
    assert shelf.get("mnist") is FIVE and "test images" in shelf.outcome("mnist")
    assert shelf.get("cifar10").drawn and "could not be downloaded" in shelf.outcome("cifar10")
    assert shelf.coming("mnist") == shelf.coming("cifar10") == ""


def test_sets_that_are_there_are_not_fetched(tmp_path, monkeypatch):
    def never(*given, **named):
        raise AssertionError("there is nothing to fetch")

    monkeypatch.setattr("demo.core.images.data.download", never)
    shelf = ImageStore(tmp_path, fetch=True)
    monkeypatch.setattr(shelf, "_read", lambda dataset: FIVE)
    assert shelf.coming("mnist") == ""
    shelf.fetch_missing()
    assert shelf.outcome("mnist") == shelf.outcome("cifar10") == ""
    ImageStore(tmp_path).fetch_missing()  # nor where none is to come


def data_uri(image: Image.Image, kind: str = "PNG") -> str:
    with io.BytesIO() as file:
        image.save(file, kind)
        return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def test_an_image_of_the_right_size_arrives_as_it_is():
    pixels = np.zeros((28, 28), np.uint8)
    pixels[5:20, 10:15] = 200
    arrived = read_upload(data_uri(Image.fromarray(pixels)), (1, 28, 28))
    assert arrived.shape == (1, 1, 28, 28) and np.array_equal((arrived[0, 0] * 255).round(), pixels)


def test_dark_on_light_is_turned_light_on_dark_for_digits_only():
    paper = Image.new("RGB", (100, 60), "white")
    assert read_upload(data_uri(paper), (1, 28, 28)).max() == 0
    assert read_upload(data_uri(paper), (3, 32, 32)).min() == 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_shows_white_paper(mode):
    drawn = Image.new("LA", (28, 28), (0, 0))  # black, and nowhere to be seen,
    drawn.paste((0, 255), (10, 5, 15, 20))  # but for a stroke
    if mode == "P":
        drawn = drawn.convert("RGBA").quantize(4)
    digit = read_upload(data_uri(drawn.convert(mode)), (1, 28, 28))[0, 0]
    assert digit[5:20, 10:15].min() == 1 and digit.sum() == 15 * 5, "light on dark, as MNIST is"
    colour = read_upload(data_uri(drawn.convert(mode)), (3, 32, 32))[0]
    assert colour[:, 0, 0].min() == 1 and colour[:, 14, 14].max() < 0.01


def test_sixteen_bits_a_pixel_keep_their_gray():
    gray = Image.fromarray(np.full((28, 28), 100 * 257, np.uint16))
    assert np.unique((255 * read_upload(data_uri(gray), (1, 28, 28))).round()).tolist() == [100]


def test_an_image_that_lies_on_its_side_is_set_upright():
    pixels = np.zeros((40, 40), np.uint8)
    pixels[:20] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise
    with io.BytesIO() as file:
        Image.fromarray(pixels).save(file, "PNG", exif=exif)
        uri = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    assert read_upload(uri, (3, 32, 32))[0, 0, 16, [2, 29]].tolist() == [0, 1]


@pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_hide_the_image(exif, kind):
    with io.BytesIO() as file:
        Image.new("L", (28, 28), 0).save(file, kind, exif=exif)
        uri = f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"
    assert read_upload(uri, (1, 28, 28)).shape == (1, 1, 28, 28)


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (640, 480)])
def test_any_size_becomes_the_data_sets(size):
    assert read_upload(data_uri(Image.new("RGB", size, "red"), "JPEG"), (3, 32, 32)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "hello",
        "http://localhost/picture.png",
        "file:///etc/hostname",
        "/etc/hostname",
        "data:text/html;base64,aGVsbG8=",
        "data:image/png;base64,!!!",
        "data:image/png;base64,aGVsbG8=",
        "data:image/png;base64," + "A" * (2 * MAX_BYTES),
        7,
        ["data:image/png;base64,aGVsbG8="],
        {},
        {"path": None},
        {"url": "http://localhost/picture.png"},
        {"path": "/etc/hostname"},
        {"url": "data:image/png;base64,aGVsbG8="},
    ],
)
def test_anything_else_is_refused_in_one_sentence(bad):
    with pytest.raises(StnError) as caught:
        read_upload(bad, (1, 28, 28))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


def test_an_image_that_is_too_wide_is_refused_before_it_is_unpacked():
    with pytest.raises(StnError, match="4096"):
        read_upload(data_uri(Image.new("1", (5000, 100))), (1, 28, 28))
