"""The two ways to see what a transformer is for: what is compared with what, and how both answer the same images."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from demo.core.engine import GRAPHS, Session, architecture_digest, open_session
from demo.core.models import UPRIGHT, Loaded, ModelStore
from demo.core.pair_net import ANSWERS, OF_A_STAGE, PairNet
from demo.core.state import COMPARISONS
from stn.families import Family

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
    family: Family
    theta: Tensor  # (B, n)
    grid: Tensor  # (B, h, w, 2), points (x, y) of this stage's input
    output: Tensor  # (B, C, h, w), normalized


@dataclass(frozen=True, eq=False)
class Seen:
    """What the networks of one or several comparisons made of the same images."""

    logits: dict[str, Tensor]  # role -> (B, classes)
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
    net: PairNet
    session: Session | None  # None: PyTorch answers

    @property
    def roles(self) -> tuple[str, str]:
        """What is compared, the plain one first."""
        return COMPARISONS[self.comparison]

    def explain(self, x: Tensor) -> Seen:
        """Both answers to images (B, C, S, S) in [0, 1], and what the transformer did."""
        if self.session:
            found = self.session.run(x)
        else:
            with torch.no_grad(), self.stn.lock, self.cnn.lock:
                found = list(self.net(x))
        logits = dict(zip(self.roles, found[: len(ANSWERS)], strict=True))
        transformers, stages = list(self.stn.transformers.items()), []
        for i, at in enumerate(range(len(ANSWERS), len(found), len(OF_A_STAGE))):
            name, transformer = transformers[min(i, len(transformers) - 1)]  # one may have several passes
            stages.append(SeenStage(name, transformer.family, *found[at : at + len(OF_A_STAGE)]))
        return Seen(logits, tuple(stages))

    def predict(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The classes (B,) that each of the two finds likeliest for images (B, C, S, S), the plain one first."""
        logits = self.explain(x).logits
        plain, helped = (logits[role].argmax(1) for role in self.roles)
        return plain, helped


def find_pair(models: ModelStore, dataset: str, model: str | None, comparison: str) -> Pair:
    """The networks of a comparison, the transformer from `model` or from the first there is. Raises StnError."""
    name = models.choose(dataset, model)

    def make() -> Pair:
        pair = pair_of(models, dataset, name, comparison)
        session = open_session(models.folder / GRAPHS / graph_name(pair), pair.net, networks_of(pair))
        return replace(pair, session=session)

    return models.pairs.get((name, comparison), make)


def pair_of(models: ModelStore, dataset: str, name: str, comparison: str) -> Pair:
    """The comparison with the transformer of the network `name`, answered by PyTorch. Raises StnError."""
    stn = models.get(name)
    cnn = models.get(UPRIGHT[dataset] if comparison == "upright" else f"{dataset}-play-cnn")
    return Pair(comparison, stn, cnn, PairNet(comparison, stn, cnn), None)


def graph_name(pair: Pair) -> str:
    """The file of the graph that answers for a pair."""
    return f"{pair.stn.info.name}.{pair.comparison}.onnx"


def networks_of(pair: Pair) -> str:
    """A digest of a pair's layers: a graph fits others of the same."""
    return architecture_digest(pair.stn.info.recipe, pair.cnn.info.recipe)
