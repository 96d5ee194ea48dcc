"""The page's networks in onnxruntime: graphs without weights, which get them from the checkpoints when they are loaded.

So the safetensors files stay the only place of every weight, and a network that was trained anew needs no new graph. A
session may be run from many threads at once and lets go of the interpreter meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from stn.config import Recipe, recipe_to_dict

log = logging.getLogger(__name__)
ENGINES = ("onnx", "torch")
GRAPHS = "graphs"  # the folder beside the checkpoints
INPUT = "images"
INDEX = "index.json"  # what is known of each graph: see IndexEntry


class IndexEntry(TypedDict):
    """What the index says of a graph, by the name of its file."""

    networks: str  # the digest of those it was made for
    weights: list[str]  # their names
    transformers: list[str]  # the name of each stage's


class Session:
    """One graph with its weights."""

    def __init__(self, path: Path, weights: Mapping[str, np.ndarray], networks: str):
        """`networks`: their digest. Raises what onnxruntime does, ValueError where the graph is of other networks."""
        import onnxruntime as ort

        entry: IndexEntry = json.loads((path.parent / INDEX).read_bytes())[path.name]
        if entry["networks"] != networks:
            raise ValueError("it was made for networks of other layers; run `python -m demo.graphs`")
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Each session's own store would keep what sixteen visitors at once once took, 150 MB in all, and saves no time.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3  # errors: the rest goes to stderr, past every log
        own = [np.ascontiguousarray(weights[name]) for name in entry["weights"]]
        if not all(np.isfinite(values).all() for values in own):
            raise ValueError("the weights are not all numbers")
        # Kept as long as the session, which reads them where they are.
        self._weights = [ort.OrtValue.ortvalue_from_numpy(values) for values in own]
        self.transformers = tuple(entry["transformers"])
        options.add_external_initializers(entry["weights"], self._weights)
        self._session = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])

    def run(self, images: np.ndarray) -> list[np.ndarray]:
        """The outputs for images (B, C, S, S)."""
        return self._session.run(None, {INPUT: images})


def open_session(path: Path, weights: Mapping[str, np.ndarray], networks: str) -> Session | None:
    """The graph in a file with its networks' weights; None where PyTorch has to answer, with one line in the log."""
    if engine() == "torch":
        return None
    try:
        return Session(path, weights, networks)
    except Exception as error:  # onnxruntime's errors have no common class
        why = "onnxruntime is not installed" if isinstance(error, ImportError) else str(error).splitlines()[0]
        log.warning("PyTorch answers instead of onnxruntime: %s: %s", path.name, why)
        return None


def engine() -> str:
    """What computes the page's answers: $STN_ENGINE, "onnx" or "torch"; anything else counts as "onnx"."""
    wanted = os.environ.get("STN_ENGINE", "")
    return wanted if wanted in ENGINES else ENGINES[0]


def architecture_digest(*recipes: Recipe) -> str:
    """16 hexadecimal digits for all that shapes the graph of networks: their layers, sizes and normalization."""
    models: list[Any] = [recipe_to_dict(recipe)["model"] for recipe in recipes]
    return hashlib.sha256(json.dumps(models, sort_keys=True).encode()).hexdigest()[:16]
