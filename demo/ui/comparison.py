"""The switch between the two comparisons: the same in every tab that has one."""

from __future__ import annotations

from demo.core.state import KEYS

TEXTS = {  # comparison -> what is compared, and its two sides
    "upright": ("One CNN, trained on upright images", "as it is | behind the transformer"),
    "trained": ("Two networks, trained on distorted images", "plain | with transformer"),
}
PLACE = "<!-- comparison -->"  # where a tab's HTML wants it


def with_switch(html: str, tab: str) -> str:
    """A tab's HTML with the switch in its place; ui/static/comparison.js ties it to the page's state."""
    return html.replace(PLACE, _switch(tab))


def _switch(tab: str) -> str:
    choices = "".join(
        f'<label><input type="radio" name="compare-{tab}" value="{name}"><span><b>{TEXTS[name][0]}</b> '
        f"<small>{TEXTS[name][1]}</small></span></label>"
        for name in KEYS["compare"].choices
    )
    return f'<fieldset class="comparison"><legend class="spoken">What is compared</legend>{choices}</fieldset>'
