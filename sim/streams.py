"""Counter-based random streams: one per episode, evaluated for many environments in one NumPy call.

A stateful generator shared by a batch would make an episode depend on how many others run beside it.
Here every number is a hash of (seed, episode, control step, tag, column), so it does not.

Source: the SplitMix64 finaliser, Steele, Lea and Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skillblend.contracts import Array, IntArray

U64 = npt.NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD1B54A32D192ED03)
_TAG = np.uint64(0x8CB92BA72F3D8DD7)


def mix64(x: U64) -> U64:
    """SplitMix64 finaliser: a bijection on 64-bit integers that scatters neighbours."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


class Streams:
    """Random numbers for N environments, each addressed by its episode number and control step."""

    def __init__(self, seed: int, n: int) -> None:
        """Streams of `seed` for `n` environments; environment i plays episodes i, i + n, i + 2n, ..."""
        self._seed = mix64(np.array([seed], dtype=np.uint64) + _GOLDEN)
        self.n = n
        self.episode: IntArray = np.arange(n, dtype=np.int64) - n
        self.step: IntArray = np.zeros(n, dtype=np.int64)
        self._key: U64 = np.zeros(n, dtype=np.uint64)

    def next_episode(self, ids: IntArray) -> None:
        """Move environments `ids` to their next episode, at step 0."""
        self.episode[ids] += self.n
        self.step[ids] = 0
        with np.errstate(over="ignore"):
            self._key[ids] = mix64(self._seed + (self.episode[ids].astype(np.uint64) + np.uint64(1)) * _GOLDEN)

    def uniform(self, ids: IntArray, tag: int, low: float | Array, high: float | Array, size: int = 1) -> Array:
        """Uniform numbers (len(ids), size) in [low, high); `tag` separates uses within one step."""
        with np.errstate(over="ignore"):
            counter = self.step[ids].astype(np.uint64) * _STEP + np.uint64(tag + 1) * _TAG
            base = mix64(self._key[ids] + counter)[:, None]
            bits = mix64(base + np.arange(1, size + 1, dtype=np.uint64) * _GOLDEN)
        unit = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return low + (np.asarray(high) - np.asarray(low)) * unit

    def integers(self, ids: IntArray, tag: int, low: int, high: int) -> IntArray:
        """Integers (len(ids),) in [low, high)."""
        return np.floor(self.uniform(ids, tag, float(low), float(high))[:, 0]).astype(np.int64)
