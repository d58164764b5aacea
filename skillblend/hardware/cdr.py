"""Packed messages to and from the body of a DDS sample (CDR), N at once: the same numbers, padded otherwise.

A packed struct is padded as in C, where a struct begins and ends at a multiple of its widest member. In CDR only
numbers are aligned, each to its own size, counted from the start of the body. No byte that holds a number
changes, so that NaN, the checksum and fields of unknown meaning pass as they are; padding does not pass.

Source: OMG DDS-XTypes 1.3, section 7.4.1 (plain CDR, encoding version 1, little-endian).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skillblend.contracts import IntArray
from skillblend.errors import ShapeError
from skillblend.hardware.crc import Bytes

CDR_LE = b"\x00\x01\x00\x00"
"""What comes before the body in a sample: plain CDR, little-endian, no options."""


class Cdr:
    """Sample bodies of one kind of message.

    Attributes:
        packed_size, size: Bytes in a packed message, and in a body.
    """

    def __init__(self, kind: np.dtype[np.void]) -> None:
        """Lay out `kind`, one of the messages of `skillblend.hardware.layout`."""
        self.packed_size = kind.itemsize
        packed: list[int] = []
        body: list[int] = []
        end = 0
        for place, size in numbers(kind):
            start = -(-end // size) * size
            end = start + size
            packed += range(place, place + size)
            body += range(start, end)
        self.size = end
        self._packed: IntArray = np.array(packed, dtype=np.int64)
        self._body: IntArray = np.array(body, dtype=np.int64)

    def body(self, packed: Bytes) -> Bytes:
        """Bodies (N, size) of packed messages (N, packed_size).

        Raises:
            ShapeError: Not messages of this size.
        """
        return _move(packed, self._packed, self.packed_size, self._body, self.size)

    def packed(self, body: Bytes) -> Bytes:
        """Packed messages (N, packed_size), padding zero, of bodies (N, size).

        Raises:
            ShapeError: Not bodies of this size.
        """
        return _move(body, self._body, self.size, self._packed, self.packed_size)


def numbers(kind: np.dtype[np.void], offset: int = 0) -> Iterator[tuple[int, int]]:
    """Place and size of every number of a packed struct, in order, padding left out."""
    for name, (field, start, *_) in (kind.fields or {}).items():
        if name.startswith("pad"):
            continue
        base, shape = field.subdtype or (field, ())
        for i in range(int(np.prod(shape, dtype=np.int64))):
            place = offset + start + i * base.itemsize
            if base.names is None:
                yield place, base.itemsize
            else:
                yield from numbers(base, place)


def _move(data: Bytes, source: IntArray, size: int, target: IntArray, new_size: int) -> Bytes:
    if data.ndim != 2 or data.shape[1] != size or data.dtype != np.uint8:
        raise ShapeError(f"messages {data.dtype} {data.shape} must be uint8 (N, {size})")
    out: Bytes = np.zeros((len(data), new_size), dtype=np.uint8)
    out[:, target] = data[:, source]
    return out
