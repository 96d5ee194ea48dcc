"""Results that many visitors ask for, made once and kept while there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from torch import Tensor

Made = TypeVar("Made")


class LruCache:
    """The last few results by key, each made once."""

    def __init__(self, most: int):
        self._most = most
        self._found: OrderedDict[tuple, Any] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: tuple, make: Callable[[], Made]) -> Made:
        """What `make` makes of the key, or has made of it before."""
        with self._lock:
            if key not in self._found:
                self._found[key] = make()
            self._found.move_to_end(key)
            while len(self._found) > self._most:
                self._found.popitem(last=False)
            return self._found[key]


@dataclass(eq=False)
class Sums:
    """Sums by name, and how many parts have gone into them."""

    parts: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)


class Means:
    """Sums of images by class, part by part; kept for the last few requests, so that a class of thirty costs one."""

    def __init__(self, kept: int):
        self._sums = LruCache(kept)
        self._lock = threading.Lock()

    def get(self, key: tuple, part: int, make: Callable[[int], dict[str, Tensor]]) -> dict[str, Tensor]:
        """The sums of all parts made so far. Where `part`, from 0, is not among them, make(n) makes one more, n."""
        with self._lock:  # also while it is made: who asks for the same waits for it instead of making it twice
            done = self._sums.get(key, Sums)
            if part >= done.parts:
                new = make(done.parts)
                done.sums = {name: value + done.sums.get(name, 0) for name, value in new.items()}
                done.parts += 1
            return done.sums
