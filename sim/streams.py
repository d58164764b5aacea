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
from skillblend.errors import InputError
from skillblend.snapshots import Stateful

U64 = npt.NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD1B54A32D192ED03)
_TAG = 0x8CB92BA72F3D8DD7
_SHIFT_1, _SHIFT_2, _SHIFT_3, _SHIFT_MANTISSA = (np.uint64(bits) for bits in (30, 27, 31, 11))
_FACTOR_1, _FACTOR_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_ONE = np.uint64(1)
MAX_COLUMNS = 1024
"""Numbers for one use, one environment and one step."""


def mix64(x: U64) -> U64:
    """SplitMix64 finaliser: a bijection on 64-bit integers that scatters neighbours."""
    high = x >> _SHIFT_1
    x = x ^ high
    x *= _FACTOR_1
    np.right_shift(x, _SHIFT_2, out=high)
    x ^= high
    x *= _FACTOR_2
    np.right_shift(x, _SHIFT_3, out=high)
    x ^= high
    return x


def _scaled(bits: U64, low: float | Array, high: float | Array) -> Array:
    """The upper 53 bits as numbers in [low, high)."""
    numbers = (bits >> _SHIFT_MANTISSA).astype(np.float64)
    numbers *= (np.asarray(high) - np.asarray(low)) * 2.0**-53
    numbers += low
    return numbers


class Uses:
    """Several uses of random numbers within one step, each (tag, low, high, size) as `Streams.uniform` takes them."""

    def __init__(self, *uses: tuple[int, float | Array, float | Array, int]) -> None:
        """Prepare what does not change between draws."""
        sizes = [size for *_, size in uses]
        ends = np.cumsum(sizes).tolist()
        self.tags: U64 = np.array([(tag + 1) * _TAG % 2**64 for tag, *_ in uses], dtype=np.uint64)
        self.use: IntArray = np.repeat(np.arange(len(uses)), sizes)
        self.columns: U64 = np.concatenate([np.arange(1, size + 1, dtype=np.uint64) for size in sizes]) * _GOLDEN
        self.parts = [(end - size, end, low, high) for end, (_, low, high, size) in zip(ends, uses, strict=True)]


class Streams(Stateful):
    """Random numbers for N environments, each addressed by its episode number and control step."""

    def __init__(self, seed: int, n: int) -> None:
        """Streams of `seed` for `n` environments; environment i plays episodes i, i + n, i + 2n, ..."""
        self.n = n
        self.episode: IntArray = np.zeros(n, dtype=np.int64)
        self.step: IntArray = np.zeros(n, dtype=np.int64)
        self._key: U64 = np.zeros(n, dtype=np.uint64)
        self._columns: U64 = np.arange(1, MAX_COLUMNS + 1, dtype=np.uint64) * _GOLDEN
        self.restart(seed)

    def restart(self, seed: int, episodes: IntArray | None = None) -> None:
        """Go back to before the first episodes, of `seed` in [0, 2**64): 0 ... n - 1, or `episodes` (n,)."""
        self._seed = mix64(np.array([seed], dtype=np.uint64) + _GOLDEN)
        self.episode[:] = (np.arange(self.n) if episodes is None else episodes) - self.n

    def next_episode(self, ids: IntArray) -> None:
        """Move environments `ids` to their next episode, at step 0."""
        self.episode[ids] += self.n
        self.step[ids] = 0
        self._key[ids] = mix64(self._seed + (self.episode[ids].astype(np.uint64) + _ONE) * _GOLDEN)

    def uniform(self, ids: IntArray, tag: int, low: float | Array, high: float | Array, size: int = 1) -> Array:
        """Uniform numbers (len(ids), size) in [low, high); `tag` separates uses within one step.

        Raises:
            InputError: More than `MAX_COLUMNS` columns.
        """
        if size > MAX_COLUMNS:
            raise InputError(f"{size} numbers for one use; at most {MAX_COLUMNS}, take another tag for the rest")
        counter = self._counter(ids)
        counter += np.uint64((tag + 1) * _TAG % 2**64)
        return _scaled(mix64(mix64(counter)[:, None] + self._columns[:size]), low, high)

    def uniforms(self, ids: IntArray, uses: Uses) -> list[Array]:
        """As `uniform` for each of `uses`, all at once: for few environments, in a fraction of the time."""
        bits = mix64(self._counter(ids)[:, None] + uses.tags)[:, uses.use]
        bits += uses.columns
        bits = mix64(bits)
        return [_scaled(bits[:, a:b], low, high) for a, b, low, high in uses.parts]

    def _counter(self, ids: IntArray) -> U64:
        """Of (step, episode), to which a tag is added; arithmetic is modulo 2**64."""
        counter = self.step[ids].astype(np.uint64)
        counter *= _STEP
        counter += self._key[ids]
        return counter

    def integers(self, ids: IntArray, tag: int, low: int, high: int) -> IntArray:
        """Integers (len(ids),) in [low, high)."""
        return np.floor(self.uniform(ids, tag, float(low), float(high))[:, 0]).astype(np.int64)
