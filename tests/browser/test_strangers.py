"""What a stranger may send to the page and what he hears, and that the headers it is sent with let it work."""

import gc
import json

import httpx
import pytest
from gradio.state_holder import SessionState

from demo.api import ARGUMENTS
from demo.guard import MAX_BODY
from demo.headers import HEADERS
from demo.page import TABS

JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
SHOWN = {  # when the tab has drawn
    "play": "#view[data-ready=true]",
    "look": "#look[data-drawn]",
    "robustness": "#robustness[data-swept]",
    "train": "#train-view[data-shown='0']",
    "gallery": "#gallery[data-drawn]",
    "lesson": "#lesson[data-drawn]",
}


@pytest.fixture(scope="module")
def stranger(address):
    with httpx.Client(base_url=f"{address}gradio_api", timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def functions(address):
    """The page's server functions: name -> number of its component."""
    parts = httpx.get(f"{address}config", timeout=30).json()["components"]
    return {name: part["id"] for part in parts for name in part["props"].get("server_fns", [])}


@pytest.fixture(scope="module")
def handlers(address):
    """The page's own handlers: name -> its number and how many values it takes."""
    found = httpx.get(f"{address}config", timeout=30).json()["dependencies"]
    return {each["api_name"]: (each["id"], len(each["inputs"])) for each in found if each["backend_fn"]}


def explained(image) -> list:
    """What /explain is given, with nothing but an image of one's own."""
    given = {"dataset": "mnist", "image": image}
    return [given.get(name, argument.default) for name, argument in ARGUMENTS.items()]


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_works_with_the_headers(visit, tab):
    said = []
    page = visit(f"?tab={tab}", ready="() => document.querySelector('#view')?.dataset.ready === 'true'")
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    with page.expect_response(lambda response: response.url.split("?")[0] == page.url.split("?")[0]) as opened:
        page.reload()
    assert {name: opened.value.headers[name.lower()] for name in HEADERS} == HEADERS
    page.locator(SHOWN[tab]).wait_for(timeout=60_000)
    assert said == []


def test_a_long_name_of_a_function_ends_before_gradio(stranger, functions):
    asked = {"data": {}, "session_hash": "a", "component_id": functions["look"]}
    refused = stranger.post("/component_server/", json={**asked, "fn_name": "a" * 2_000_000})
    assert refused.status_code == 413 and str(MAX_BODY // 1000) in refused.json()["error"]
    refused = stranger.post("/component_server/", json={**asked, "fn_name": "a" * 200_000})
    assert refused.status_code == 400 and "80 characters" in refused.json()["error"]
    assert stranger.post("/component_server/", json={**asked, "fn_name": "look"}).status_code == 200


def test_a_name_that_nobody_gave_the_page_opens_it_and_is_not_repeated(look, address, stranger):
    page = look("&dataset=mnist&sample=3", at=address.replace("127.0.0.1", "school.localhost"))
    assert "school.localhost" in page.url
    told = httpx.get(address, headers={"Host": "school.localhost"}).text
    assert "school.localhost" not in told and '"root":"./"' in told


def test_a_foreign_page_cannot_make_its_visitors_run_anything(stranger, functions):
    asked = f'{{"data": {{}}, "session_hash": "a", "component_id": {functions["look"]}, "fn_name": "look"}}'
    assert stranger.post("/component_server/", content=asked, headers=TEXT).status_code == 415


def test_no_address_is_fetched_and_no_file_is_taken(stranger):
    image = {"path": "http://127.0.0.1:9/", "meta": {"_type": "gradio.FileData"}}
    refused = stranger.post("/call/explain", json={"data": explained(image)})
    assert refused.status_code == 422 and "data URI" in refused.json()["error"]
    assert stranger.post("/upload", files={"files": ("a" * 500, b"a")}).status_code == 404


def test_too_few_values_print_nothing(stranger, capfd):
    refused = stranger.post("/run/explain", json={"data": ["a" * 100_000]})
    assert refused.status_code == 422 and "takes 1" in refused.json()["error"]
    assert "aaa" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("given", [None, "svhn", 7, [], {}, {"mnist": 7}, float("inf")], ids=str)
def test_what_the_pages_handlers_are_given_by_hand_is_refused_in_a_sentence(stranger, handlers, given, capfd):
    assert {"stepped", "lot", "of_class", "refresh", "restore", "arrange"} <= set(handlers)
    for name, (number, count) in handlers.items():
        for dataset in (given, "mnist"):
            data = [dataset, *[given] * (count - 1)][:count]
            if name == "fetch" and dataset == "mnist":
                continue  # it would begin
            body = json.dumps({"data": data, "fn_index": number, "session_hash": "a"})
            answer = stranger.post("/run/predict", content=body, headers=JSON)
            assert answer.status_code in (200, 400), (name, data, answer.text)
            assert answer.status_code == 200 or len(answer.json()["error"]) > 10
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "image", ["", 7, [], {}, {"url": "http://127.0.0.1:9/"}, {"meta": 1}, "/etc/hostname"], ids=str
)
def test_an_image_that_is_none_is_refused_in_a_sentence(stranger, image):
    data = explained(image)
    answer = stranger.post("/run/explain", json={"data": data})
    assert answer.status_code == 400 and answer.json()["error"].startswith("image is ")


def test_nothing_that_a_stranger_sends_is_kept(stranger):
    mark = "stranger" * 10
    for session in "abc":
        asked = {"data": explained(mark), "session_hash": session}
        assert stranger.post("/run/explain", json=asked).status_code == 400
    sessions = [found for found in gc.get_objects() if isinstance(found, SessionState)]
    assert sessions and not any(mark in str(session.config_values) for session in sessions)
