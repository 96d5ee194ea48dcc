"""The switch between the two comparisons: the same in every tab that has one."""

from __future__ import annotations

from demo.core.pairs import SIDES
from demo.core.state import COMPARISONS

TEXTS = {  # comparison -> what is compared
    "upright": "One CNN, trained on upright images",
    "trained": "Two networks, trained on distorted images",
}
PLACE = "<!-- comparison -->"  # where a tab's HTML wants it


def with_switch(html: str, tab: str) -> str:
    """A tab's HTML with the switch in its place; ui/static/comparison.js ties it to the page's state."""
    return html.replace(PLACE, _switch(tab))


def _switch(tab: str) -> str:
    choices = "".join(
        f'<label><input type="radio" name="compare-{tab}" value="{name}"><span><b>{TEXTS[name]}</b> '
        f"<small>{' | '.join(SIDES[role] for role in roles)}</small></span></label>"
        for name, roles in COMPARISONS.items()
    )
    return f'<fieldset class="comparison"><legend class="spoken">What is compared</legend>{choices}</fieldset>'
