"""Free questions to a class: what a network will say of the image on the screen, turned."""

from __future__ import annotations

from typing import Any

from demo.core.compare import answer
from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.core.pairs import TITLES
from demo.core.requests import choice, mapping, split
from demo.core.rooms import Question
from demo.core.state import COMPARISONS
from demo.core.subject import parse_shown
from demo.core.words import signed_degrees
from stn.errors import StnError

SAID = {  # role of a network -> what it is called in a question
    "upright": "the CNN that knows upright images only",
    "behind": "the same CNN behind the transformer",
    "cnn": "the plain CNN",
    "stn": "the network with a transformer",
}


def free_question(images: ImageStore, models: ModelStore, given: object) -> Question:
    """The question that {"state": a state, "role": a network's} makes, with the network's answer. Raises StnError."""
    request = mapping("question", given, ["state", "role"], required=["state", "role"])
    state, pixels = parse_shown(request["state"])
    role = choice("role", request["role"], COMPARISONS[state.compare])
    found: dict[str, Any] = answer(images, models, request["state"])
    if "error" in found:
        raise StnError(found["error"])
    said, angle = found["networks"][role], signed_degrees(state.controls.rotation)
    edges = ", its edges hidden" if state.controls.edges == "hidden" else ""
    return Question(
        title=f"What will the network say at {angle}?",
        text=f"The image on the screen is turned to {angle}{edges}. What will {SAID[role]} say?",
        choices=tuple(found["classes"]),
        right=said["top"],
        words=f"{TITLES[role]}: {said['words']}.",
        asked={"kind": "free", "role": role, "state": split(request["state"], "image")[0], "own": pixels is not None},
    )
