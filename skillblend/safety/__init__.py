"""What a robot may be asked, may plan and may be sent: one source of rules, checked at three depths.

- `skillblend.safety.instruction`: the text of an instruction;
- `skillblend.safety.plan`: steps, keep-out zones, walking speed;
- `skillblend.safety.guard`: the last filter before any actuator.

All numbers come from `skillblend.safety.rules`. NumPy only: no language model, no ROS, no simulator.
"""

from __future__ import annotations

from skillblend.safety.bridge import GuardedBridge
from skillblend.safety.guard import Guard
from skillblend.safety.machine import Event, Mode
from skillblend.safety.records import Command, GuardVerdict, Record
from skillblend.safety.rules import ActuatorRules, InstructionRules, Limits, PlanRules, Rules
from skillblend.safety.trips import RobotStatus, Trip

__all__ = [
    "ActuatorRules",
    "Command",
    "Event",
    "Guard",
    "GuardedBridge",
    "InstructionRules",
    "Limits",
    "Mode",
    "PlanRules",
    "Record",
    "RobotStatus",
    "Rules",
    "Trip",
    "GuardVerdict",
]
