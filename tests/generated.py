"""What Hypothesis draws for several files' tests: anything that JSON can hold, and tables that are nearly right."""

from __future__ import annotations

from hypothesis import strategies as st

NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, -(10**4000), 2**31, -0.0, 1e-320]))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)


def spoilt(draw, table: dict) -> dict:
    """A copy of a table of tables in which one to three keys are gone, new, or have another value."""
    table = {key: dict(value) if isinstance(value, dict) else value for key, value in table.items()}
    for _ in range(draw(st.integers(1, 3))):
        tables = [table, *(value for value in table.values() if isinstance(value, dict))]
        within = draw(st.sampled_from(tables))
        key = draw(st.one_of(st.sampled_from(sorted(within)), st.text(max_size=8))) if within else "new"
        if draw(st.booleans()):
            within[key] = draw(JSON)
        else:
            within.pop(key, None)
    return table
