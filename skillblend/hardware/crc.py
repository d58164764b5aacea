"""CRC-32/MPEG-2 over little-endian 32-bit words, for N messages at once.

The checksum is linear: every byte contributes a value that depends only on itself and on its distance from
the end, so one gather from a (length, 256) table and one exclusive-or replace the byte-by-byte loop.

Source: polynomial 0x04C11DB7, initial value 0xFFFFFFFF, no reflection, no final exclusive-or, most
significant byte of every word first, last word (the checksum itself) left out: unitree_sdk2, examples.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from skillblend.errors import ShapeError

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]

POLYNOMIAL = 0x04C11DB7


def crc32(data: Bytes) -> Words:
    """CRC-32/MPEG-2 of N byte strings of equal length, in order. Shape (N, L) -> (N,).

    Raises:
        ShapeError: `data` is not (N, L).
    """
    if data.ndim != 2:
        raise ShapeError(f"data {data.shape} must be (N, L)")
    length = data.shape[1]
    table, start = _contributions(length)
    picked = table[np.arange(length), data]
    return np.bitwise_xor.reduce(picked, axis=1, initial=0).astype(np.uint32) ^ np.uint32(start)


def message_crc(messages: Bytes) -> Words:
    """Checksum of N packed messages (N, L), their last word left out. Returns (N,).

    Raises:
        ShapeError: `messages` is not (N, L), L a multiple of four and at least eight.
    """
    if messages.ndim != 2 or messages.shape[1] < 8 or messages.shape[1] % 4:
        raise ShapeError(f"messages {messages.shape} must be (N, L), L a multiple of 4 and at least 8")
    n = len(messages)
    swapped = messages[:, :-4].reshape(n, -1, 4)[:, :, ::-1]
    return crc32(swapped.reshape(n, -1))


@cache
def _contributions(length: int) -> tuple[Words, int]:
    """What each byte value adds at each place (length, 256), and what the initial value adds."""
    table: Words = np.zeros((max(length, 1), 256), dtype=np.uint32)
    table[-1] = _byte_table()
    for place in range(length - 2, -1, -1):
        table[place] = _shift_byte(table[place + 1])
    start: Words = np.array([0xFFFFFFFF], dtype=np.uint32)
    for _ in range(length):
        start = _shift_byte(start)
    return table, int(start[0])


@cache
def _byte_table() -> Words:
    """Remainder of every byte value. Shape (256,)."""
    value = np.arange(256, dtype=np.uint32) << np.uint32(24)
    for _ in range(8):
        carry = (value >> np.uint32(31)).astype(np.bool_)
        value = (value << np.uint32(1)) ^ np.where(carry, np.uint32(POLYNOMIAL), np.uint32(0))
    return value


def _shift_byte(value: Words) -> Words:
    """Remainders once another zero byte has followed."""
    return (value << np.uint32(8)) ^ _byte_table()[value >> np.uint32(24)]
