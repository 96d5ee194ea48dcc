"""What anybody may send to the page, thousands of times, nearly right and not at all: never a 500, never a traceback.

The same examples at every run; `--hypothesis-profile=search` looks for new ones.
"""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from demo.api import ARGUMENTS
from demo.core.desk import ADDRESS as LIVE
from demo.core.rooms import ADDRESS as ROOM
from demo.core.state import KEYS
from demo.guard import BROKEN
from demo.page import build, launch_options
from demo.tabs.train.api import EVERY_KEY
from demo.tabs.train.api import KEYS as ACTIONS
from demo.tabs.train.settings import Settings
from stn.checkpoint import save_checkpoint
from stn.models import build_model
from stn.recipes import UPRIGHT, get_recipe
from tests.generated import JSON, spoilt

pytestmark = pytest.mark.slow
NETWORKS = (*(f"{d}-play-{rest}" for d in ("mnist", "cifar10") for rest in ("affine", "cnn")), *UPRIGHT.values())
API = "gradio_api/"
MANY = settings(max_examples=150, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=60, suppress_health_check=list(HealthCheck))
STATE = {name: key.default for name, key in KEYS.items()}
TINY = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
MORE = {  # of each server function: what its request may hold besides a state, or the whole request
    "inside": {"stage": 0},
    "hand": {"theta": [[1, 0, 0], [0, 1, 0]]},
    "figure": {"curve": "rotation"},
    "sweep": {"curve": "rotation", "both": True},
    "reading": {"curve": "rotation"},
    "show": {"kind": "batch", "dataset": "mnist", "distortion": "rotation", "of": "upright", "seed": 0, "part": 0},
    "thumbs": {"dataset": "mnist", "klass": "any", "sample": 0, "turn": 1, "count": 3},
    "mistake": {"from": 0, "of": "upright"},
    "digit": {"image": ""},
    "train": {"action": "preview", "settings": {"seed": 0, "rate": 0.1}, "run": "x", "share": "x", "owner": "x"},
    "set_up": {"exercise": 1, "step": 0},
    "solve": {"exercise": 1, "answer": 0},
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page's address, with untrained networks and drawings."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for name in NETWORKS:
        recipe = get_recipe(name)
        record = {"result": {"accuracy": 10.0}}
        save_checkpoint(folder / f"{name}.safetensors", recipe, build_model(recipe.model), record)
    built = build(data_dir=tmp_path_factory.mktemp("no-data"), checkpoints=folder)
    _, url, _ = built.launch(**launch_options(), prevent_thread_lock=True, quiet=True)
    yield url
    built.close()


@pytest.fixture(scope="module")
def client(page):
    with httpx.Client(base_url=page, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def config(client):
    return client.get("config").json()


def send(client, path: str, given: object, raw: bool = False) -> httpx.Response:
    # Python writes NaN and infinities, which JSON has not and servers see all the same.
    body = given if raw else json.dumps(given).encode()
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    check(answer)
    return answer


def check(answer: httpx.Response) -> None:
    """A page or an answer, or one sentence on what is wrong with the request; never an error of the program's."""
    assert answer.status_code < 500, answer.text[:500]
    assert "Traceback" not in answer.text and BROKEN not in answer.text and "error in the program" not in answer.text
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return
    told = answer.json()
    if isinstance(told, dict) and "error" in told:
        said = told["error"]
        assert isinstance(said, str) and len(said) > 10 and "\n" not in said and len(said) < 700, told


@st.composite
def requests(draw, right: dict):
    """Nearly right in most cases, anything in the others."""
    return draw(JSON) if draw(st.integers(0, 3)) == 0 else spoilt(draw, right)


def test_every_server_function_answers_or_says_why_not(client, config):
    functions = {name: part["id"] for part in config["components"] for name in part["props"].get("server_fns", [])}
    assert len(functions) >= 13 and set(MORE) <= set(functions)

    @MANY
    @given(st.data(), st.sampled_from(sorted(functions)))
    def each(data, name):
        own = MORE.get(name, {})
        right = own if name in ("show", "thumbs", "train", "set_up", "solve") else {**STATE, **own}
        asked = {"component_id": functions[name], "fn_name": name, "session_hash": "a"}
        send(client, f"{API}component_server/", asked | {"data": data.draw(requests(right))})

    each()


def test_every_action_of_a_training_is_done_or_refused_in_a_sentence(client, config):
    (part,) = (part["id"] for part in config["components"] if "train" in part["props"].get("server_fns", []))
    values = {"settings": {"seed": 1, "lr": 0.1}, "losses": 0, "tests": 0, "look": -1, "run": "x", "paused": True}

    @FEW
    @given(st.data(), st.sampled_from(sorted(ACTIONS)))
    def each(data, action):
        right = {"action": action} | {key: values.get(key, "x") for key in ACTIONS[action]}
        asked = {"component_id": part, "fn_name": "train", "session_hash": "a"}
        send(client, f"{API}component_server/", asked | {"data": data.draw(requests(right))})

    assert set(values) <= set(EVERY_KEY) and "seed" in vars(Settings())
    each()


ENVELOPES = {
    "component_server/": {"data": STATE, "component_id": 1, "fn_name": "look", "session_hash": "a"},
    "run/explain": {"data": ["mnist"] + [None] * (len(ARGUMENTS) - 1), "session_hash": "a"},
    "call/explain": {"data": ["mnist"] + [None] * (len(ARGUMENTS) - 1)},
    "call/models": {"data": []},
    "run/predict": {"data": ["mnist", 1], "fn_index": 3, "session_hash": "a", "event_data": None, "trigger_id": 1},
    "queue/join": {"data": ["mnist", 1], "fn_index": 3, "session_hash": "a", "event_data": None, "trigger_id": 1},
    "cancel": {"session_hash": "a", "fn_index": 1, "event_id": "a"},
    "reset": {"event_id": "a"},
}


def test_every_envelope_is_opened_or_refused_in_a_sentence(client):
    @MANY
    @given(st.data(), st.sampled_from(sorted(ENVELOPES)))
    def each(data, route):
        send(client, API + route, data.draw(requests(ENVELOPES[route])))

    each()


@pytest.mark.parametrize("path", [LIVE, ROOM, f"{API}run/models", f"{API}component_server/"])
def test_every_body_is_read_or_refused_in_a_sentence(path, client):
    @FEW
    @given(st.one_of(st.binary(max_size=200), st.text(max_size=50).map(str.encode)))
    @example(b'"\\ud800"')
    @example(b"[" * 5000)
    @example(b'{"n": 1e999}')
    @example(b"9" * 5000)
    def each(body):
        send(client, path, body, raw=True)

    each()


def test_the_live_view_and_the_rooms_answer_or_say_why_not(client):
    @MANY
    @given(st.data())
    def each(data):
        send(client, LIVE, data.draw(requests({**STATE, "image": "a"})))
        do = data.draw(st.sampled_from(["open", "watch", "answer", "ask", "reveal", "close", "nothing"]))
        send(
            client, ROOM, data.draw(requests({"do": do, "code": "ABCDE", "session": "0" * 32, "round": 1, "choice": 0}))
        )

    each()


def test_every_link_opens_the_page(client):
    @FEW
    @given(
        st.dictionaries(st.one_of(st.sampled_from(sorted(KEYS)), st.text(max_size=5)), st.text(max_size=20), max_size=5)
    )
    def each(query):
        words = "&".join(
            f"{quote(name, errors='replace')}={quote(value, errors='replace')}" for name, value in query.items()
        )
        answer = client.get(f"?{words}")
        check(answer)
        assert answer.status_code == 200

    each()


def test_every_image_is_explained_or_refused_in_a_sentence(client):
    @FEW
    @given(st.one_of(JSON, st.lists(st.tuples(st.integers(0, len(TINY) - 1), st.integers(0, 255)), max_size=4)))
    def each(image):
        if isinstance(image, list) and all(isinstance(change, tuple) for change in image):
            changed = bytearray(TINY)
            for at, value in image:
                changed[at] = value
            image = f"data:image/png;base64,{base64.b64encode(changed).decode()}"
        own = {"dataset": "mnist", "model": None, "image": image, "as_it_is": False}
        data = [own[name] if name in own else KEYS[name].default for name in ARGUMENTS]
        send(client, f"{API}run/explain", {"data": data})

    each()


def test_the_pages_own_handlers_take_anything(client, config):
    handlers = [(each["id"], len(each["inputs"])) for each in config["dependencies"] if each["backend_fn"]]
    fetching = [each["id"] for each in config["dependencies"] if each["api_name"] == "fetch"]

    @MANY
    @given(st.data(), st.sampled_from([handler for handler in handlers if handler[0] not in fetching]))
    def each(data, handler):
        number, count = handler
        dataset = data.draw(st.one_of(st.just("mnist"), JSON))
        values = [dataset, *data.draw(st.lists(JSON, min_size=count, max_size=count))][:count]
        send(client, f"{API}run/predict", {"data": values, "fn_index": number, "session_hash": "a"})

    each()


def test_it_still_answers(client):
    started = time.monotonic()
    assert "output" in send(client, LIVE, {"dataset": "mnist"}).json()
    assert time.monotonic() - started < 30
