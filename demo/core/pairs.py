"""The two ways to see what a transformer is for: what is compared with what, and how both answer the same images."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from demo.core.cache import LruCache
from demo.core.engine import GRAPHS, Session, architecture_digest, open_session
from demo.core.models import UPRIGHT, Loaded, ModelStore
from demo.core.state import COMPARISONS
from demo.core.thetas import ThetaFamily
from stn.errors import StnError

if TYPE_CHECKING:
    from demo.core.pair_net import PairNet

ANSWERS = ("plain", "helped")  # the first outputs: the logits of the plain network, and of the one with a transformer
OF_A_STAGE = ("theta", "grid", "output")  # what follows for each stage of the transformer
TITLES = {  # role of a network -> what the page calls it
    "upright": "CNN as it is",
    "behind": "Behind the transformer",
    "cnn": "Plain CNN",
    "stn": "With transformer",
}
SIDES = {  # the same beside the other one of its comparison
    "upright": "as it is",
    "behind": "behind the transformer",
    "cnn": "plain",
    "stn": "with transformer",
}


@dataclass(frozen=True, eq=False)
class SeenStage:
    """One pass through one transformer, as `stn.explain.Stage`, without its input."""

    name: str
    family: ThetaFamily
    theta: np.ndarray  # (B, n)
    grid: np.ndarray  # (B, h, w, 2), points (x, y) of this stage's input
    output: np.ndarray  # (B, C, h, w), normalized


@dataclass(frozen=True, eq=False)
class Seen:
    """What the networks of one or several comparisons made of the same images."""

    logits: dict[str, np.ndarray]  # role -> (B, classes)
    stages: tuple[SeenStage, ...]  # of the transformer, never empty

    def at(self, i: int) -> Seen:
        """What they made of image i alone, a batch of one."""
        own = slice(i, i + 1)
        stages = (replace(s, theta=s.theta[own], grid=s.grid[own], output=s.output[own]) for s in self.stages)
        return Seen({role: logits[own] for role, logits in self.logits.items()}, tuple(stages))


@dataclass(frozen=True, eq=False)
class Pair:
    """A plain CNN, and what is compared with it: a network with a transformer, or the CNN itself behind that one.

    "upright": one CNN that was trained on upright images, given the input, and given the transformer's output, put
    where an untouched image lies. "trained": two networks that were trained on distorted images.
    """

    comparison: str  # "upright" or "trained"
    stn: Loaded  # the network with the transformer
    cnn: Loaded
    session: Session | None = None  # None: PyTorch answers
    _nets: LruCache = field(default_factory=lambda: LruCache(1))

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """Those of both networks, as the graph calls them."""
        return {f"{part}.{name}": w for part in ("stn", "cnn") for name, w in getattr(self, part).weights.items()}

    @property
    def net(self) -> PairNet:
        """Both networks for PyTorch, built once somebody asks for them. Raises StnError."""
        from demo.core.pair_net import PairNet

        return self._nets.get((), lambda: PairNet(self.comparison, self.stn, self.cnn))

    @property
    def roles(self) -> tuple[str, str]:
        """What is compared, the plain one first."""
        return COMPARISONS[self.comparison]

    def explain(self, x: np.ndarray) -> Seen:
        """Both answers to images (B, C, S, S) in [0, 1], and what the transformer did."""
        names, found = self._by_pytorch(x) if self.session is None else (self.session.transformers, self.session.run(x))
        logits = dict(zip(self.roles, found[: len(ANSWERS)], strict=True))
        model, stages = self.stn.info.recipe.model, []
        family = ThetaFamily(model.family or "", model.points)
        for i, at in enumerate(range(len(ANSWERS), len(found), len(OF_A_STAGE))):
            name = names[min(i, len(names) - 1)]  # one may have several passes
            stages.append(SeenStage(name, family, *found[at : at + len(OF_A_STAGE)]))
        return Seen(logits, tuple(stages))

    def _by_pytorch(self, x: np.ndarray) -> tuple[tuple[str, ...], list[np.ndarray]]:
        import torch

        net = self.net
        with torch.inference_mode(), self.stn.lock, self.cnn.lock:
            return tuple(self.stn.transformers), [tensor.numpy() for tensor in net(torch.from_numpy(x))]

    def corrected(self, seen: Seen) -> np.ndarray:
        """The images (B, C, h, w) in [0, 1] as the last transformer hands them on; models normalise first thing."""
        mean, sd = (np.array(values, np.float32)[:, None, None] for values in (self.stn.info.mean, self.stn.info.std))
        return (seen.stages[-1].output * sd + mean).clip(0, 1)

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The classes (B,) that each of the two finds likeliest for images (B, C, S, S), the plain one first."""
        logits = self.explain(x).logits
        plain, helped = (logits[role].argmax(1) for role in self.roles)
        return plain, helped


def find_pair(models: ModelStore, dataset: str, model: str | None, comparison: str) -> Pair:
    """The networks of a comparison, the transformer from `model` or from the first there is. Raises StnError."""
    name = models.choose(dataset, model)

    def make() -> Pair:
        pair = pair_of(models, dataset, name, comparison)
        session = open_session(models.folder / GRAPHS / graph_name(pair), pair.weights, networks_of(pair))
        return replace(pair, session=session)

    return models.pairs.get((name, comparison), make)


def pair_of(models: ModelStore, dataset: str, name: str, comparison: str) -> Pair:
    """The comparison with the transformer of the network `name`, answered by PyTorch. Raises StnError."""
    stn = models.get(name)
    if not stn.info.family:
        raise StnError(f"The model {name} has no spatial transformer, so there is nothing to look into.")
    cnn = models.get(UPRIGHT[dataset] if comparison == "upright" else f"{dataset}-play-cnn")
    return Pair(comparison, stn, cnn)


def graph_name(pair: Pair) -> str:
    """The file of the graph that answers for a pair."""
    return f"{pair.stn.info.name}.{pair.comparison}.onnx"


def networks_of(pair: Pair) -> str:
    """A digest of a pair's layers: a graph fits others of the same."""
    return architecture_digest(pair.stn.info.recipe, pair.cnn.info.recipe)
