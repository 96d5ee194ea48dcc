"""Checks of arguments that several layers share."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from stn.errors import StnError


def is_count(value: object) -> bool:
    """Whether a value is a whole number from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def check_theta(theta: Tensor, family: Any) -> Tensor:
    """theta, if it has the shape that its family wants. Raises StnError otherwise."""
    if theta.ndim != 2 or theta.shape[1] != family.n_params:
        raise StnError(
            f"theta has the shape {tuple(theta.shape)}; the family {family.name!r} takes (batch, {family.n_params}): "
            f"flatten it, or choose the family that it belongs to."
        )
    return theta
