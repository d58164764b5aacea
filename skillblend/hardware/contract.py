"""What a policy and the machine under it must agree on before any motor gets torque."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from skillblend.contracts import Array, Robot
from skillblend.errors import InputError, SafetyError


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One side's view. Both sides state it; `check_contract` compares.

    Attributes:
        robot: Robot model.
        joint_names: The joint order.
        position_lower, position_upper: One per joint, rad.
        velocity_limit: One per joint, rad/s.
        torque_limit: One per joint, N m.
        stiffness: One per joint, N m/rad.
        damping: One per joint, N m s/rad.
        control_dt: Control period, s.
        observation: Policy input: name and number of columns, in order.
        model_hash: SHA-256 of the policy weights.
        mode_machine: Robot variant, where the robot tells (`unitree_hg`); None where nobody can.
    """

    robot: str
    joint_names: tuple[str, ...]
    position_lower: tuple[float, ...]
    position_upper: tuple[float, ...]
    velocity_limit: tuple[float, ...]
    torque_limit: tuple[float, ...]
    stiffness: tuple[float, ...]
    damping: tuple[float, ...]
    control_dt: float
    observation: tuple[tuple[str, int], ...]
    model_hash: str
    mode_machine: int | None = None

    @staticmethod
    def of(
        robot: Robot, observation: Sequence[tuple[str, int]], model_hash: str, mode_machine: int | None = None
    ) -> Contract:
        """The contract of a policy with this input layout and hash for `robot`."""
        return Contract(
            robot=robot.name,
            joint_names=robot.joint_names,
            position_lower=_numbers(robot.position_lower),
            position_upper=_numbers(robot.position_upper),
            velocity_limit=_numbers(robot.velocity_limit),
            torque_limit=_numbers(robot.torque_limit),
            stiffness=_numbers(robot.stiffness),
            damping=_numbers(robot.damping),
            control_dt=robot.control_dt,
            observation=tuple((name, size) for name, size in observation),
            model_hash=model_hash,
            mode_machine=mode_machine,
        )

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Contract:
        """The contract that JSON holds.

        Raises:
            InputError: A field is missing, unknown, or has the wrong type.
        """
        known = {item.name for item in fields(Contract)}
        missing, extra = sorted(known - {"mode_machine"} - set(data)), sorted(set(data) - known)
        if missing or extra:
            raise InputError(f"contract: missing fields {missing}, unknown fields {extra}")
        try:
            return Contract(
                robot=str(data["robot"]),
                joint_names=tuple(str(name) for name in data["joint_names"]),
                **{name: tuple(float(value) for value in data[name]) for name in _PER_JOINT},
                control_dt=float(data["control_dt"]),
                observation=tuple((str(name), int(size)) for name, size in data["observation"]),
                model_hash=str(data["model_hash"]),
                mode_machine=None if data.get("mode_machine") is None else int(data["mode_machine"]),
            )
        except (TypeError, ValueError) as error:
            raise InputError(f"contract: {error}; write it with Contract.to_dict") from error

    def to_dict(self) -> dict[str, Any]:
        """The contract as JSON can hold it."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


_PER_JOINT = ("position_lower", "position_upper", "velocity_limit", "torque_limit", "stiffness", "damping")


def check_contract(policy: Contract, machine: Contract, tolerance: float = 1e-6) -> None:
    """Refuse to arm where the two sides disagree.

    Args:
        policy: What the policy was trained for.
        machine: What the driver and the robot say.
        tolerance: Of numbers per joint.

    Raises:
        SafetyError: They disagree; every difference is named.
    """
    found = differences(policy, machine, tolerance)
    if found:
        raise SafetyError("policy and machine disagree, not armed: " + "; ".join(found))


def differences(policy: Contract, machine: Contract, tolerance: float = 1e-6) -> list[str]:
    """Everything in which two contracts disagree, one line each."""
    found: list[str] = []
    if policy.robot != machine.robot:
        found.append(f"robot model: policy {policy.robot!r}, machine {machine.robot!r}")
    if policy.joint_names != machine.joint_names:
        found.append(_order(policy.joint_names, machine.joint_names))
    else:
        found += _values(policy, machine, tolerance)
    if abs(policy.control_dt - machine.control_dt) > tolerance:
        found.append(f"control rate: policy {1 / policy.control_dt:.4g} Hz, machine {1 / machine.control_dt:.4g} Hz")
    if policy.observation != machine.observation:
        found.append(_order(policy.observation, machine.observation, "observation layout"))
    if not policy.model_hash or policy.model_hash != machine.model_hash:
        found.append(f"model hash: policy {policy.model_hash[:12]!r}, machine {machine.model_hash[:12]!r}")
    both = policy.mode_machine is not None and machine.mode_machine is not None
    if both and policy.mode_machine != machine.mode_machine:
        found.append(f"robot variant: policy {policy.mode_machine}, machine {machine.mode_machine}")
    return found


def _order(policy: Sequence[object], machine: Sequence[object], what: str = "joint order") -> str:
    for place, (a, b) in enumerate(zip(policy, machine, strict=False)):
        if a != b:
            return f"{what}: place {place} is {a!r} for the policy, {b!r} for the machine"
    return f"{what}: {len(policy)} entries for the policy, {len(machine)} for the machine"


def _values(policy: Contract, machine: Contract, tolerance: float) -> list[str]:
    found: list[str] = []
    for name in _PER_JOINT:
        a, b = np.array(getattr(policy, name)), np.array(getattr(machine, name))
        if a.shape != (len(policy.joint_names),) or a.shape != b.shape:
            found.append(f"{name}: {len(a)} and {len(b)} values for {len(policy.joint_names)} joints")
            continue
        wrong = ~(np.abs(a - b) <= tolerance)
        if wrong.any():
            j = int(np.argmax(wrong))
            found.append(f"{name} of {policy.joint_names[j]}: policy {a[j]:.6g}, machine {b[j]:.6g}")
    return found


def _numbers(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
