"""The low-level messages of real robots as bytes, and the check before they are armed. NumPy only.

- `skillblend.hardware.codec`: commands and states of one robot to and from bytes;
- `skillblend.hardware.layout`: the packed structs; `skillblend.hardware.crc`: their checksum;
- `skillblend.hardware.cdr`: the same messages as DDS carries them;
- `skillblend.hardware.motors`: which motor a joint is;
- `skillblend.hardware.contract`: what policy and machine must agree on before motors get torque;
- `skillblend.hardware.driver`: the process next to the motors; `skillblend.hardware.writer`: what it writes;
- `skillblend.hardware.sockets`: robot and guard in other processes of the same machine.

Firmware behaviour is documented only where the vendor's public examples show
it; what could not be tried is marked as unverified.
"""

from __future__ import annotations

from skillblend.hardware.codec import Codec, LowCommand, LowState
from skillblend.hardware.contract import Contract, check_contract
from skillblend.hardware.motors import AnkleMode, Profile, profile_of

__all__ = [
    "AnkleMode",
    "Codec",
    "Contract",
    "LowCommand",
    "LowState",
    "Profile",
    "check_contract",
    "profile_of",
]
