"""Writes the graphs that answer on the page: `python -m demo.graphs` after a network's layers have changed.

One for every transformer of the page and every comparison, into checkpoints/graphs/. They hold no weights, which the
page takes from the checkpoints: networks that were only trained anew need no new graphs.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import torch

from demo.core.engine import GRAPHS, INDEX, INPUT, IndexEntry
from demo.core.models import ModelStore
from demo.core.pairs import ANSWERS, OF_A_STAGE, Pair, graph_name, networks_of, pair_of
from demo.core.state import COMPARISONS
from stn.checkpoint import SHIPPED, write_file
from stn.data import DATASETS
from stn.errors import StnError
from stn.export import onnx_program

WEIGHTS = "weights"  # where a graph says that its weights lie: nowhere, the page brings them


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the graphs that answer on the page.")
    parser.add_argument("--checkpoints", type=Path, default=SHIPPED, help="folder of the networks (default: ours)")
    options = parser.parse_args()
    try:
        write_graphs(options.checkpoints)
    except StnError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error


def write_graphs(folder: Path) -> list[Path]:
    """A graph for every transformer in a folder of checkpoints and every comparison, and an index. Raises StnError."""
    models, written = ModelStore(folder), []
    index: dict[str, IndexEntry] = {}
    for dataset in DATASETS:
        for name in models.transformers(dataset):
            for comparison in COMPARISONS:
                pair = pair_of(models, dataset, name, comparison)
                graph, weights = export_graph(pair)
                path = folder / GRAPHS / graph_name(pair)
                write_file(path, partial(_write, graph))
                transformers = list(pair.stn.transformers)
                index[path.name] = {"networks": networks_of(pair), "weights": weights, "transformers": transformers}
                written.append(path)
                print(f"{path.name}: {len(graph) / 1000:.0f} kB")
    text = json.dumps(index, indent=1) + "\n"
    write_file(folder / GRAPHS / INDEX, partial(_write, text.encode()))
    return written


def _write(content: bytes, file: Path) -> None:
    file.write_bytes(content)


def export_graph(pair: Pair) -> tuple[bytes, list[str]]:
    """The graph of a pair's networks, without their weights, and the names of these.

    Raises StnError where the exporter's packages are missing.
    """
    info = pair.stn.info
    stages = len(pair.stn.transformers)
    outputs = [*ANSWERS, *(f"{name}_{i}" for i in range(stages) for name in OF_A_STAGE)]
    images = torch.zeros(2, info.channels, info.canvas, info.canvas)
    program = onnx_program(pair.net, images, INPUT, outputs, optimize=False)

    import onnx_ir
    from onnxscript import optimizer

    graph = program.model.graph
    # As inputs, whose values nobody knows, no weight is folded into another one or into a constant.
    names = [name for name in pair.net.state_dict() if name in graph.initializers]
    weights = {name: graph.initializers.pop(name) for name in names}
    state = pair.net.state_dict()
    for value in weights.values():
        value.const_value = None
        graph.inputs.append(value)
    optimizer.optimize_ir(program.model, num_iterations=2)
    for name, value in weights.items():
        graph.inputs.remove(value)
        shape = onnx_ir.Shape(state[name].shape)
        value.const_value = onnx_ir.ExternalTensor(WEIGHTS, 0, 0, onnx_ir.DataType.FLOAT, shape=shape, name=name)
        graph.initializers[name] = value
    for node in graph.all_nodes():  # where in our code it came from: half of the file
        node.metadata_props.clear()
        node.doc_string = None
    return onnx_ir.to_proto(program.model).SerializeToString(), names


if __name__ == "__main__":
    main()
