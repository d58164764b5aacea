"""The checksum against implementations that share nothing with it."""

from __future__ import annotations

import fastcrc
import numpy as np
import pytest

from skillblend.errors import ShapeError
from skillblend.hardware.crc import crc32, message_crc


def bit_by_bit(words: list[int]) -> int:
    """The loop of the vendor's examples, as published: one bit of one word at a time."""
    remainder = 0xFFFFFFFF
    for word in words:
        for bit in range(31, -1, -1):
            top = remainder >> 31
            remainder = (remainder << 1) & 0xFFFFFFFF
            if top:
                remainder ^= 0x04C11DB7
            if word >> bit & 1:
                remainder ^= 0x04C11DB7
    return remainder


def test_check_value_of_the_catalogue():
    assert crc32(np.frombuffer(b"123456789", dtype=np.uint8)[None])[0] == 0x0376E6E7


def test_nothing_leaves_the_initial_value():
    assert crc32(np.zeros((2, 0), dtype=np.uint8)).tolist() == [0xFFFFFFFF] * 2


@pytest.mark.parametrize("size", [8, 64, 812, 1004])
def test_against_the_published_loop(rng, size):
    messages = rng.integers(0, 256, (4, size), dtype=np.uint8)
    found = message_crc(messages)
    for message, value in zip(messages, found.tolist(), strict=True):
        assert bit_by_bit(message[:-4].view("<u4").tolist()) == value


@pytest.mark.parametrize("size", [812, 1004, 1180, 2092])
def test_ten_thousand_vectors_of_a_library(rng, size):
    """2,500 messages of each size, against CRC-32/MPEG-2 of `fastcrc` on byte-swapped words."""
    messages = rng.integers(0, 256, (2500, size), dtype=np.uint8)
    found = message_crc(messages)
    swapped = messages[:, :-4].copy().view("<u4").astype(">u4")
    expected = [fastcrc.crc32.mpeg_2(row.tobytes()) for row in swapped]
    assert found.tolist() == expected


def test_every_single_bit_counts(rng):
    message = rng.integers(0, 256, (1, 812), dtype=np.uint8)
    flipped = np.repeat(message, 808 * 8, axis=0)
    places = np.arange(808 * 8)
    flipped[places, places // 8] ^= (1 << (places % 8)).astype(np.uint8)
    assert (message_crc(flipped) != message_crc(message)).all()


@pytest.mark.parametrize("shape", [(8,), (1, 4), (1, 10), (1, 8, 1)])
def test_messages_have_whole_words(shape):
    with pytest.raises(ShapeError, match="multiple of 4"):
        message_crc(np.zeros(shape, dtype=np.uint8))


def test_data_have_rows():
    with pytest.raises(ShapeError, match=r"\(N, L\)"):
        crc32(np.zeros(9, dtype=np.uint8))
