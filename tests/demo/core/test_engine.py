"""The graphs that answer on the page: they say what PyTorch says, and their weights are the checkpoints' own."""

import json
import logging
import shutil

import numpy as np
import pytest
import torch

from demo.core.engine import GRAPHS, INDEX, Session, engine, open_session
from demo.core.images import ImageStore, in_unit_range
from demo.core.models import ModelStore
from demo.core.pairs import ANSWERS, find_pair, graph_name, networks_of, pair_of
from demo.core.state import COMPARISONS
from stn.checkpoint import SHIPPED
from stn.data import DATASETS
from stn.distort import get_distortion
from stn.explain import explain

MODELS = ModelStore()
PAIRS = [
    (dataset, name, comparison)
    for dataset in DATASETS
    for name in MODELS.transformers(dataset)
    for comparison in COMPARISONS
]


def distorted(dataset: str, canvas: int, n: int, generator) -> torch.Tensor:
    """Test images, or drawings where there are none, under everything the sliders can do."""
    chosen = torch.from_numpy(in_unit_range(ImageStore().get(dataset).images[:n]))
    return get_distortion("play")(chosen, chosen, canvas, generator).images


def test_every_transformer_of_the_page_has_its_graphs_and_no_other():
    index = json.loads((SHIPPED / GRAPHS / INDEX).read_text(encoding="utf-8"))
    wanted = {f"{name}.{comparison}.onnx" for _, name, comparison in PAIRS}
    assert set(index) == wanted == {path.name for path in (SHIPPED / GRAPHS).glob("*.onnx")}


@pytest.mark.parametrize(("dataset", "name", "comparison"), PAIRS)
def test_a_graph_says_what_pytorch_says(dataset, name, comparison, generator):
    pair = find_pair(MODELS, dataset, name, comparison)
    assert pair.session, "its graph could not be loaded"
    x = distorted(dataset, pair.stn.info.canvas, 12, generator)
    seen, wanted = pair.explain(x.numpy()), explain(pair.stn.model, x)
    with torch.no_grad():
        slow = pair.net(x)
    # Of some drawings under noise, PyTorch's own float32 is as far from its float64 as the graph is.
    near = 1e-3 if ImageStore().get(dataset).drawn else 1e-4
    close = {"rtol": near, "atol": near}
    logits = dict(zip(pair.roles, slow[: len(ANSWERS)], strict=True))
    if comparison == "trained":
        torch.testing.assert_close(logits["stn"], wanted.logits)
    for role, found in seen.logits.items():
        torch.testing.assert_close(torch.from_numpy(found), logits[role], **close)
    for found, stage in zip(seen.stages, wanted.stages, strict=True):
        assert (found.name, found.family.name) == (stage.name, stage.family.name)
        assert found.family.parameter_names == stage.family.parameter_names
        for part in ("theta", "grid"):
            torch.testing.assert_close(torch.from_numpy(getattr(found, part)), getattr(stage, part), **close)
    shown = pair.stn.info.unnormalize(wanted.stages[-1].output)  # in [0, 1], as the page
    torch.testing.assert_close(torch.from_numpy(pair.corrected(seen)), shown, **close)
    for i in (0, 11):  # alone as among others
        alone = pair.explain(x[i : i + 1].numpy()).stages[0].grid
        np.testing.assert_allclose(alone, seen.at(i).stages[0].grid, **close)


def test_a_session_keeps_no_store_and_no_second_copy_of_the_weights():
    pair = find_pair(ModelStore(), "mnist", "mnist-play-affine", "upright")
    assert not pair.session._session.get_session_options().enable_cpu_mem_arena
    own = {array.ctypes.data for array in pair.weights.values()}
    assert {weights.numpy().ctypes.data for weights in pair.session._weights} <= own


def test_a_graph_holds_no_weights_of_its_own(generator):
    pair = pair_of(ModelStore(), "mnist", "mnist-play-affine", "upright")
    with torch.no_grad():
        for value in pair.net.state_dict().values():
            if value.is_floating_point():
                value.mul_(1 + 0.2 * torch.rand(value.shape, generator=generator))
        x = distorted("mnist", 60, 4, generator)
        wanted = pair.net(x)
    weights = {name: tensor.numpy() for name, tensor in pair.net.state_dict().items()}
    found = Session(SHIPPED / GRAPHS / graph_name(pair), weights, networks_of(pair)).run(x.numpy())
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(torch.from_numpy(one), other, rtol=1e-3, atol=1e-3)


@pytest.fixture
def graphs(tmp_path):
    """A copy of one graph and its index, to be damaged, and its pair."""
    pair = pair_of(MODELS, "mnist", "mnist-play-affine", "upright")
    for name in (graph_name(pair), INDEX):
        shutil.copy(SHIPPED / GRAPHS / name, tmp_path / name)
    return tmp_path / graph_name(pair), pair


DAMAGE = {
    "no file": lambda path: path.unlink(),
    "no index": lambda path: (path.parent / INDEX).unlink(),
    "not in the index": lambda path: (path.parent / INDEX).write_text("{}"),
    "half a file": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "other networks": lambda path: (path.parent / INDEX).write_text(
        json.dumps({path.name: {"networks": "0" * 16, "weights": []}})
    ),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_pytorch_answers_where_a_graph_does_not_load_and_one_line_says_so(graphs, how, caplog):
    path, pair = graphs
    assert open_session(path, pair.weights, networks_of(pair))
    DAMAGE[how](path)
    with caplog.at_level(logging.WARNING):
        assert open_session(path, pair.weights, networks_of(pair)) is None
    assert len(caplog.messages) == 1 and caplog.messages[0].startswith("PyTorch answers instead of onnxruntime")
    assert "\n" not in caplog.messages[0]


def test_without_onnxruntime_pytorch_answers(graphs, monkeypatch, caplog):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    path, pair = graphs
    assert open_session(path, pair.weights, networks_of(pair)) is None
    assert "onnxruntime is not installed" in caplog.text


def test_the_engine_can_be_chosen(graphs, monkeypatch):
    path, pair = graphs
    monkeypatch.setenv("STN_ENGINE", "torch")
    assert engine() == "torch" and open_session(path, pair.weights, networks_of(pair)) is None
    monkeypatch.setenv("STN_ENGINE", "nonsense")
    assert engine() == "onnx"


@pytest.mark.slow
def test_the_tool_writes_graphs_that_fit(mnist_resources, generator):
    from demo.graphs import export_graph

    pair = pair_of(mnist_resources[1], "mnist", "mnist-play-affine", "upright")
    graph, weights = export_graph(pair)
    folder = mnist_resources[1].folder / GRAPHS
    folder.mkdir()
    (folder / graph_name(pair)).write_bytes(graph)
    entry = {"networks": networks_of(pair), "weights": weights, "transformers": list(pair.stn.transformers)}
    (folder / INDEX).write_text(json.dumps({graph_name(pair): entry}))
    assert len(graph) < 500_000, "without weights"
    x = torch.rand(5, 1, 60, 60, generator=generator)
    found = find_pair(ModelStore(mnist_resources[1].folder), "mnist", None, "upright")
    assert found.session
    with torch.no_grad():
        for one, other in zip(found.session.run(x.numpy()), pair.net(x), strict=True):
            torch.testing.assert_close(torch.from_numpy(one), other, rtol=1e-4, atol=1e-4)
