"""The packed structs, against the format strings that the vendor's Python SDK publishes."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from skillblend.hardware import layout

# Source: unitree_sdk2_python, utils/crc.py (BSD-3-Clause): facts about the wire, as test vectors.
FORMATS = {
    "HG_COMMAND": ("<2B2x" + "B3x5fI" * 35 + "5I", 1004),
    "HG_STATE": ("<2I2B2xI" + "13fh2x" + "B3x4f2hf7I" * 35 + "40B5I", 2092),
    "GO_COMMAND": ("<4B4IH2x" + "B3x5f3I" * 20 + "4B" + "55Bx2I", 812),
    "GO_STATE": ("<4B4IH2x" + "13fb3x" + "B3x7fb3x3I" * 20 + "4BiH4b15H" + "8hI41B3xf2b2x2f4h2I", 1180),
}


def leaves(kind: Any, offset: int = 0) -> list[tuple[int, str]]:
    """Offset and type of every number in `kind`, in order, padding left out."""
    found = []
    for name in kind.names or ():
        if name.startswith("pad"):
            continue
        field, start = kind.fields[name][:2]
        base, shape = field.subdtype or (field, ())
        for i in range(int(np.prod(shape, dtype=int))):
            place = offset + start + i * base.itemsize
            found += leaves(base, place) if base.names else [(place, base.str)]
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_size(name):
    text, size = FORMATS[name]
    assert getattr(layout, name).itemsize == struct.calcsize(text) == size


@pytest.mark.parametrize("name", FORMATS)
def test_every_number_sits_where_the_vendor_packs_it(name, rng):
    """Pack distinct numbers with `struct`, read them back through the dtype."""
    text, _ = FORMATS[name]
    numbers = leaves(getattr(layout, name))
    count = len(struct.unpack(text, bytes(struct.calcsize(text))))
    assert len(numbers) == count
    values = rng.integers(0, 100, count).tolist()
    packed = np.frombuffer(struct.pack(text, *values), dtype=np.uint8)
    for (place, kind), value in zip(numbers, values, strict=True):
        size = np.dtype(kind).itemsize
        assert packed[place : place + size].view(kind)[0] == value
