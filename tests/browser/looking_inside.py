"""What the tests of the tab that looks inside ask of it again and again."""

import json

import torch

from stn.families import get_family


def some_theta(family: str, seed: int = 0, spread: float = 0.25) -> torch.Tensor:
    identity = get_family(family).identity()
    return identity + spread * torch.randn(identity.shape, generator=torch.Generator().manual_seed(seed))


def state(page) -> dict:
    return json.loads(page.locator("#look").get_attribute("data-drawn"))


def pixel(page, *at: int) -> dict:
    """The sums of the chosen pixel, of the one in row, column `at` where that is given."""
    if at:
        page.wait_for_function(
            """(at) => { const seen = JSON.parse(document.querySelector('#look').dataset.pixel);
                         return seen.row === at[0] && seen.column === at[1]; }""",
            arg=at,
        )
    return json.loads(page.locator("#look").get_attribute("data-pixel"))


def hand_is(page, script: str) -> list:
    """Waits until the newest answer to a theta by hand fulfils a condition on `t`, and returns that theta."""
    page.wait_for_function(
        f"() => {{ const t = JSON.parse(document.querySelector('#look').dataset.drawn).hand; return t && ({script}); }}"
    )
    return state(page)["hand"]
