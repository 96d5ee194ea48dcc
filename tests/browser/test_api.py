"""The page's endpoints, called as a notebook calls them."""

import base64
import io

import pytest
from gradio_client import Client
from PIL import Image

from tests.browser.conftest import PAGE


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


def opened(data_uri: str) -> Image.Image:
    head, body = data_uri.split(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


def test_explain_needs_no_more_than_the_data_set(client):
    answer = client.predict("mnist", api_name="/explain")
    assert set(answer) >= {"theta", "classes", "probabilities", "input", "output", "label"}
    assert answer["classes"] == list("0123456789") and answer["label"] in range(10)
    for name in ("cnn", "stn"):
        assert len(answer["probabilities"][name]) == 10
        assert sum(answer["probabilities"][name]) == pytest.approx(1, abs=1e-4)
    assert opened(answer["input"]).size == (60, 60)
    assert answer["theta"][0]["family"] == "affine" and len(answer["theta"][0]["values"]) == 6


def test_explain_takes_every_argument_by_name(client):
    arguments = {
        "dataset": "cifar10",
        "model": "cifar10-play-affine",
        "image": None,
        "sample": 3,
        "rotation": 30,
        "scale": 0.8,
        "shift_x": 0.1,
        "shift_y": -0.1,
        "shear": 5,
        "clutter": 2,
        "noise": 0.05,
        "seed": 1,
    }
    first = client.predict(**arguments, api_name="/explain")
    assert opened(first["input"]).size == (48, 48) and opened(first["input"]).mode == "RGB"
    assert client.predict(**arguments, api_name="/explain") == first, "same arguments, same answer"
    assert client.predict(**{**arguments, "seed": 2}, api_name="/explain")["input"] != first["input"]


def test_explain_takes_an_image(client):
    with io.BytesIO() as file:
        Image.new("L", (40, 40), 0).save(file, "PNG")
        uri = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    answer = client.predict("mnist", image=uri, api_name="/explain")
    assert answer["label"] is None and opened(answer["input"]).getextrema() == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"dataset": "svhn"}, "cifar10, mnist"),
        ({"dataset": "mnist", "rotation": 1000}, "from -90 to 90"),
        ({"dataset": "mnist", "noise": "much"}, "from 0 to 0.3"),
        ({"dataset": "mnist", "model": "nonesuch"}, "mnist-play-affine"),
        ({"dataset": "mnist", "sample": 10**8}, "numbered 0 to"),
        ({"dataset": "mnist", "image": "/etc/hostname"}, "data URI"),
        ({"dataset": "mnist", "image": {"path": "/etc/hostname"}}, "takes no files; give an image as a data URI"),
    ],
)
def test_explain_refuses_in_one_sentence(client, arguments, said):
    with pytest.raises(Exception) as caught:
        client.predict(**arguments, api_name="/explain")
    assert said in str(caught.value) and "Traceback" not in str(caught.value)


def test_an_error_in_the_program_is_one_sentence(client, monkeypatch):
    def broken(*_):
        raise RuntimeError("/srv/secret")

    monkeypatch.setattr("demo.core.compare.find_subject", broken)
    with pytest.raises(Exception) as caught:
        client.predict("mnist", api_name="/explain")
    assert "could not be shown" in str(caught.value) and "secret" not in str(caught.value)


def test_models_lists_both_kinds(client):
    listed = {entry["name"]: entry for entry in client.predict(api_name="/models")}
    assert set(listed) == set(PAGE)
    assert listed["mnist-play-affine"]["family"] == "affine" and listed["mnist-play-cnn"]["family"] is None


def test_only_the_two_endpoints_are_public(client):
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/explain", "/models"}
