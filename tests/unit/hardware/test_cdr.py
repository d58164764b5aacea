"""Packed messages to bodies of DDS samples and back, against Python's own native alignment."""

from __future__ import annotations

import struct
import sys

import numpy as np
import pytest

import robots
from skillblend.errors import ShapeError
from skillblend.hardware import Codec, layout
from skillblend.hardware.cdr import Cdr, numbers
from skillblend.hardware.crc import message_crc

VECTORS = 10_000

# The numbers of each message, in order. With "@", `struct` aligns each to its own size, as plain CDR does.
FORMATS = {
    "HG_COMMAND": ("@2B" + "B5fI" * 35 + "5I", 1000),
    "HG_STATE": ("@2I2BI13fh" + "B4f2hf7I" * 35 + "40B5I", 2088),
    "GO_COMMAND": ("@4B4IH" + "B5f3I" * 20 + "4B55B2I", 808),
    "GO_STATE": ("@4B4IH13fb" + "B7fb3I" * 20 + "4BiH4b15H8hI41Bf2b2f4h2I", 1176),
}

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="`struct` aligns, but big-endian")


def packed_from_leaves(kind: np.dtype[np.void], raw: bytes, places: list[tuple[int, int]]) -> bytes:
    """A packed message whose numbers have the bytes `raw`, in order, padding zero."""
    out = bytearray(kind.itemsize)
    start = 0
    for place, size in places:
        out[place : place + size] = raw[start : start + size]
        start += size
    return bytes(out)


@pytest.mark.parametrize("name", FORMATS)
def test_numbers_sit_where_native_alignment_puts_them(name: str, rng: np.random.Generator) -> None:
    kind, (text, size) = getattr(layout, name), FORMATS[name]
    places = list(numbers(kind))
    count = len(struct.unpack(text, bytes(struct.calcsize(text))))
    assert len(places) == count
    cdr = Cdr(kind)
    assert (cdr.packed_size, cdr.size) == (kind.itemsize, size)
    assert size == struct.calcsize(text)
    values = rng.integers(0, 100, count).tolist()
    body = struct.pack(text, *values)
    plain = struct.pack(text.replace("@", "<"), *values)
    packed = packed_from_leaves(kind, plain, places)
    assert cdr.body(np.frombuffer(packed, np.uint8)[None]).tobytes() == body
    assert cdr.packed(np.frombuffer(body, np.uint8)[None]).tobytes() == packed


@pytest.mark.parametrize("name", FORMATS)
def test_any_bytes_come_back_as_they_were(name: str, rng: np.random.Generator) -> None:
    """NaN with whatever payload, too; the checksum stays right."""
    kind = getattr(layout, name)
    cdr = Cdr(kind)
    random = rng.integers(0, 256, (VECTORS, cdr.packed_size), dtype=np.uint8)
    packed = cdr.packed(cdr.body(random))  # padding zero
    message = packed.view(kind)[:, 0]
    message["crc"] = message_crc(packed)
    again = cdr.packed(cdr.body(packed))
    assert np.array_equal(again, packed)
    assert (again.view(kind)[:, 0]["crc"] == message_crc(again)).all()
    spoiled = cdr.body(packed)
    spoiled[np.arange(VECTORS), -1 - rng.integers(0, 4, VECTORS)] ^= 1
    back = cdr.packed(spoiled)
    assert not (back.view(kind)[:, 0]["crc"] == message_crc(back)).any()


@pytest.mark.parametrize("name", ["h1", "g1", "h1_2"])
def test_the_codecs_own_messages_survive(name: str) -> None:
    robot = robots.load(name)
    codec = Codec(robot)
    go = codec.profile.family == "go"
    one = np.ones((3, robot.num_joints))
    data = codec.encode_command(0.1 * one, one, one, np.array([True, False, True]))
    cdr = Cdr(layout.GO_COMMAND if go else layout.HG_COMMAND)
    again = cdr.packed(cdr.body(data))
    assert np.array_equal(again, data)
    assert codec.decode_command(again).checksum_ok.all()


@pytest.mark.parametrize("data", [np.zeros((1, 811), np.uint8), np.zeros(812, np.uint8), np.zeros((1, 812), np.int8)])
def test_other_sizes_are_refused(data: np.ndarray) -> None:
    cdr = Cdr(layout.GO_COMMAND)
    with pytest.raises(ShapeError, match=r"uint8 \(N, 812\)"):
        cdr.body(data)
    with pytest.raises(ShapeError, match=r"uint8 \(N, 808\)"):
        cdr.packed(data)
