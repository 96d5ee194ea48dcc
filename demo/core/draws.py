"""The numbers that a `torch.Generator` draws on a CPU, without PyTorch: a seed gives the same patches and noise."""

from __future__ import annotations

import math

import numpy as np

LARGE = 2**28  # a whole number below this is made of one word, one below more than that of two
AT_A_TIME = 16  # normal numbers are made of so many uniform ones, half of them radii and half angles


class Draws:
    """One generator, from its seed on."""

    def __init__(self, seed: int):
        self._words = np.random.RandomState(seed)  # both are the Mersenne twister, started alike

    def _next(self, n: int) -> np.ndarray:
        return self._words.randint(0, 2**32, n, dtype=np.uint32)

    def whole(self, below: int) -> int:
        """`torch.randint(below, (1,))`."""
        if below < LARGE:
            return int(self._next(1)[0]) % below
        high, low = self._next(2).tolist()
        return ((high << 32) + low) % below

    def wholes(self, below: int, n: int) -> list[int]:
        """`torch.randint(below, (n,))`, for `below` up to LARGE."""
        return (self._next(n) % below).tolist()

    def shuffled(self, n: int) -> list[int]:
        """`torch.randperm(n)`."""
        found = list(range(n))
        for i, further in enumerate((self._next(max(0, n - 1)) % np.arange(n, 1, -1, dtype=np.uint32)).tolist()):
            found[i], found[i + further] = found[i + further], found[i]
        return found

    def uniform(self, n: int) -> np.ndarray:
        """`torch.rand(n)`: float32 (n,)."""
        return (self._next(n) & 0xFFFFFF).astype(np.float32) / np.float32(2**24)

    def normal(self, n: int) -> np.ndarray:
        """`torch.randn(n)`, n a multiple of 16: float32 (n,), to a last digit or two."""
        radius, angle = self.uniform(n).reshape(-1, 2, AT_A_TIME // 2).swapaxes(0, 1)
        radius, angle = np.sqrt(-2 * np.log(1 - radius)), np.float32(2 * math.pi) * angle
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).ravel()
