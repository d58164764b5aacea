"""Networks of a skill from one robot to another: joints by their roles, other columns at equal Froude numbers.

Two robots that move alike at equal Froude numbers see the same dimensionless numbers. So a network of one serves the
other where its input weights are divided by the ratio of the columns' units and its joints are found by role.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from skillblend.bundle import read_bundle, read_config, write_bundle
from skillblend.contracts import IntArray, Robot
from skillblend.errors import BundleError, InputError
from skillblend.policy import Float32, Mlp
from skillblend.scales import Scales
from skillblend.skills.skill import controller_config, make_controller, naming

_UNITS: dict[str, tuple[str, ...]] = {
    "velocity": ("m/s",), "average": ("m/s", "m/s", "rad/s"), "angular_velocity": ("rad/s",), "gravity": ("1",),
    "clock": ("1",), "stepping": ("1",), "half_phase": ("1",), "height": ("m",), "midfoot": ("m",), "feet": ("m",),
    "foot_shift": ("m",), "clearance": ("m",), "contact": ("1",), "dynamics": ("1",), "near_error": ("reach",),
    "far_error": ("reach",), "joint_position": ("1",), "joint_velocity": ("rad/s",), "last_targets": ("1",),
}  # fmt: skip
"""Units of the columns of observations, one for all or one for each; of goals the goal space knows them."""

_KEPT = ("kind", "skill", "ppo", "seed", "steps", "minutes", "commit")
"""What a carried bundle still says of its origin."""


def carry(folder: Path, skill: str, source: Robot, target: Robot, out: Path) -> int:
    """Write to `out` what the bundle of `source` in `folder` is for `target`, as a start for training.

    Returns:
        How many joints of `target` the bundle knows; what it sees and does of the others begins at zero.

    Raises:
        BundleError: The bundle does not exist or is of another skill.
        InputError: The skill sees columns of unknown units.
    """
    config = read_config(folder)
    if config.get("skill") != skill:
        raise BundleError(f"{folder} holds {config.get('skill')!r}, not {skill!r}; name a bundle of that skill")
    with naming(folder):
        old: Any = make_controller(skill, source, config["controller"])
    new: Any = make_controller(skill, target)
    bundle = read_bundle(
        folder, skill=skill, robot=source, observation=list(old.layout), privileged=old.privileged_size,
        action_size=old.action_size,
    )  # fmt: skip
    pairs = _Pairs(source, target)
    inputs = pairs.columns(old, old.layout, new.layout)
    extra = pairs.columns(old, old.privileged_layout, new.privileged_layout, start=old.observation_size)
    outputs = pairs.moved(old.moved, new.moved)
    tensors = _named("actor", bundle.actor, inputs, outputs) | _named("critic", bundle.critic, inputs + extra, None)
    about = {key: config[key] for key in _KEPT if key in config} | {
        "robot": target.name,
        "carried_from": source.name,
        "stages": [{"robot": source.name, **stage} for stage in config.get("stages", [])],
        "joint_names": list(target.joint_names),
        "observation": [[n, s] for n, s in new.layout],
        "action_size": new.action_size,
        "controller": controller_config(new),
    }
    write_bundle(out, tensors, about)
    return sum(j >= 0 for j in pairs.joint)


_Column = tuple[int, float]
"""Where a column comes from, -1 for nowhere, and the factor on its weights."""


class _Pairs:
    """What of one robot plays the part of what of another."""

    def __init__(self, source: Robot, target: Robot) -> None:
        roles = source.joint_roles
        self.joint = [roles.index(role) if role in roles else -1 for role in target.joint_roles]
        self._joints = source.num_joints
        old, new = Scales.of(source), Scales.of(target)
        time = new.time / old.time
        self._factor = {
            "1": 1.0, "rad": 1.0, "m": old.length / new.length, "reach": old.reach / new.reach,
            "m/s": old.speed / new.speed, "rad/s": time,
        }  # fmt: skip

    def moved(self, source: IntArray, target: IntArray) -> list[_Column]:
        """For each joint that the target's policy moves, the output of the source's policy for the same one."""
        places = {int(joint): row for row, joint in enumerate(source)}
        return [(places.get(self.joint[int(joint)], -1), 1.0) for joint in target]

    def columns(
        self, controller: Any, layout: Iterable[tuple[str, int]], wanted: Iterable[tuple[str, int]], start: int = 0
    ) -> list[_Column]:
        """For each column of `wanted`, one of `layout`, whose first one is column `start`."""
        out: list[_Column] = []
        for (name, size), (other, _) in zip(layout, wanted, strict=True):
            if name != other:
                raise InputError(f"the two robots see different things: {name!r} and {other!r}")
            factors = self._factors(name, size, controller)
            if size == self._joints and name in ("joint_position", "joint_velocity", "last_targets"):
                out += [(start + j if j >= 0 else -1, factors[0]) for j in self.joint]
            else:
                out += [(start + i, factor) for i, factor in enumerate(factors)]
            start += size
        return out

    def _factors(self, name: str, size: int, controller: Any) -> list[float]:
        if name == "goal":
            units = tuple("reach" if unit == "m" else unit for unit in controller.goal_space.units)
        else:
            units = _UNITS.get(name, ())
        if len(units) not in (1, size) or not set(units) <= set(self._factor):
            raise InputError(f"column {name!r} has no known unit, so it cannot be carried; known: {sorted(_UNITS)}")
        return [self._factor[unit] for unit in (units * size if len(units) == 1 else units)]


def _named(name: str, network: Mlp, inputs: list[_Column], outputs: list[_Column] | None) -> dict[str, Float32]:
    """Tensors of `network` with other columns in front and, for an actor, other rows at the end."""
    layers = [(weight.copy(), bias.copy()) for weight, bias in network.layers]
    weight, bias = layers[0]
    layers[0] = _picked(weight.T, inputs).T, bias
    if outputs is not None:
        weight, bias = layers[-1]
        layers[-1] = _picked(weight, outputs), _picked(bias[:, None], outputs)[:, 0]
    out: dict[str, Float32] = {}
    for index, (weight, bias) in enumerate(layers):
        out[f"{name}.{index}.weight"] = np.ascontiguousarray(weight, dtype=np.float32)
        out[f"{name}.{index}.bias"] = np.ascontiguousarray(bias, dtype=np.float32)
    return out


def _picked(rows: Float32, columns: list[_Column]) -> Float32:
    """Rows (len(columns), ...) taken from `rows` and scaled; zeros where nothing is taken."""
    index = np.array([i for i, _ in columns])
    factor = np.array([f if i >= 0 else 0.0 for i, f in columns], dtype=np.float32)
    return rows[np.maximum(index, 0)] * factor[:, None]
