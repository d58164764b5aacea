"""The vendor's low-level messages as DDS types, built from the table of packed structs.

`TYPES` holds ordinary CycloneDDS dataclasses, for whoever wants fields by name. The bus carries `Packed` samples
instead: the type on the wire is the same, but a sample is the packed message itself, which costs one gather
rather than a walk through hundreds of fields in Python.

Source: names, order and types of fields, and that types are final with sequential ids: unitree_sdk2_python,
`unitree_sdk2py/idl/unitree_go` and `unitree_hg` (BSD-3-Clause), restated through `skillblend.hardware.layout`.
Temperatures are unsigned there and signed in our table: the byte is the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from cyclonedds.idl import IdlStruct, annotations, make_idl_struct, types

from skillblend.hardware import layout
from skillblend.hardware.cdr import CDR_LE, Cdr

Struct = np.dtype[np.void]

_GO, _HG = "unitree_go.msg.dds_", "unitree_hg.msg.dds_"
_NAMES: dict[Struct, tuple[str, str]] = {
    layout.HG_COMMAND: (_HG, "LowCmd_"),
    layout.HG_MOTOR_COMMAND: (_HG, "MotorCmd_"),
    layout.HG_STATE: (_HG, "LowState_"),
    layout.HG_MOTOR_STATE: (_HG, "MotorState_"),
    layout.HG_IMU: (_HG, "IMUState_"),
    layout.GO_COMMAND: (_GO, "LowCmd_"),
    layout.GO_MOTOR_COMMAND: (_GO, "MotorCmd_"),
    layout.GO_BMS_COMMAND: (_GO, "BmsCmd_"),
    layout.GO_STATE: (_GO, "LowState_"),
    layout.GO_MOTOR_STATE: (_GO, "MotorState_"),
    layout.GO_IMU: (_GO, "IMUState_"),
    layout.GO_BMS_STATE: (_GO, "BmsState_"),
}
_NUMBERS: dict[str, Any] = {
    "u1": types.uint8, "i1": types.uint8, "u2": types.uint16, "i2": types.int16, "u4": types.uint32,
    "i4": types.int32, "f4": types.float32,
}  # fmt: skip


def _type_of(kind: Struct) -> type[IdlStruct]:
    """The DDS type of a packed struct; a struct inside is called ``motor_cmd`` or ``motor_state``."""
    module, name = _NAMES[kind]
    suffix = "_cmd" if name == "LowCmd_" else "_state"
    fields: dict[str, Any] = {}
    for field, (item, *_) in (kind.fields or {}).items():
        if field.startswith("pad"):
            continue
        base, shape = item.subdtype or (item, ())
        one = _NUMBERS[base.str[1:]] if base.names is None else _type_of(base)
        fields[field if base.names is None else field + suffix] = types.array[one, shape[0]] if shape else one
    made = make_idl_struct(name, f"{module}.{name}", fields)
    annotations.final(made)
    annotations.autoid("sequential")(made)
    return made


TYPES: dict[Struct, type[IdlStruct]] = {
    kind: _type_of(kind) for kind in (layout.GO_COMMAND, layout.GO_STATE, layout.HG_COMMAND, layout.HG_STATE)
}
"""Messages of `skillblend.hardware.layout` -> types with the vendor's names."""


class Packed:
    """A sample as its packed message: what `cyclonedds` asks of a sample, without fields.

    Attributes:
        data: The packed message; empty where what came is none.
        sample_info: Set by the reader.
    """

    kind: type[IdlStruct]
    cdr: Cdr
    sample_info: Any = None

    def __init__(self, data: bytes = b"") -> None:
        """Hold `data`."""
        self.data = data

    def serialize(self, buffer: object = None, endianness: object = None, use_version_2: object = None) -> bytes:
        """Header and body, encoding version 1, little-endian."""
        del buffer, endianness, use_version_2
        return CDR_LE + self.cdr.body(np.frombuffer(self.data, dtype=np.uint8)[None]).tobytes()

    @classmethod
    def deserialize(cls, data: bytes, has_header: bool = True, use_version_2: bool | None = None) -> Packed:
        """The message in a sample; other encodings go through the type with its fields."""
        del has_header, use_version_2
        head = len(CDR_LE)
        if data[: head - 2] != CDR_LE[:-2]:
            data = cls.kind.deserialize(data).serialize(use_version_2=False)
        body = np.frombuffer(data, dtype=np.uint8)[None, head : head + cls.cdr.size]
        return cls(cls.cdr.packed(body).tobytes() if body.shape[1] == cls.cdr.size else b"")

    @classmethod
    def deserialize_key(cls, data: bytes, has_header: bool = True, use_version_2: bool | None = None) -> Packed:
        """Nothing: these types have no key."""
        del data, has_header, use_version_2
        return cls()


def packed_type(kind: Struct) -> Any:
    """`Packed` samples of one of `TYPES`; for `cyclonedds`, a type like any other."""
    made = TYPES[kind]
    return type("Packed", (Packed,), {"kind": made, "cdr": Cdr(kind), "__idl__": made.__idl__})
