"""Networks of a skill from one robot or skill to another: joints by role, other columns by name and Froude number.

Two robots that move alike at equal Froude numbers see the same dimensionless numbers. So a network of one serves the
other where its input weights are divided by the ratio of the columns' units and its joints are found by role.

A skill that `borrows` (`SkillSpec`) sees at rest, under the same names, what a standing robot sees in other skills:
what those see beyond that is put into the biases as it is at rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from skillblend.bundle import read_bundle, read_config, write_bundle
from skillblend.contracts import Array, IntArray, Observation, Robot
from skillblend.errors import BundleError, InputError
from skillblend.policy import Float32, Mlp
from skillblend.scales import Scales
from skillblend.skills.skill import controller_config, make_controller, naming
from skillblend.skills.spec import SKILLS, Controller

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
    """Write to `out` what the bundle of `source` in `folder` is for `skill` of `target`, as a start for training.

    Returns:
        How many joints of `target` the bundle knows; what it sees and does of the others begins at zero.

    Raises:
        BundleError: The bundle does not exist, or is of another skill and `skill` does not borrow.
        InputError: The skill sees columns of unknown units.
    """
    config = read_config(folder)
    before = str(config.get("skill"))
    if before != skill and not (SKILLS[skill].borrows and before in SKILLS):
        raise BundleError(f"{folder} holds {before!r}, not {skill!r}; name a bundle of that skill")
    with naming(folder):
        old: Any = make_controller(before, source, config["controller"])
    new: Any = make_controller(skill, target)
    bundle = read_bundle(
        folder, skill=before, robot=source, observation=list(old.layout), privileged=old.privileged_size,
        action_size=old.action_size,
    )  # fmt: skip
    pairs = _Pairs(source, target)
    inputs = pairs.columns(old, old.layout, new.layout)
    extra = pairs.columns(old, old.privileged_layout, new.privileged_layout, start=old.observation_size)
    outputs = pairs.moved(old.moved, new.moved)
    rest = _seen_at_rest(old, source)
    tensors = _named("actor", bundle.actor, inputs, outputs, rest[: old.observation_size])
    tensors |= _named("critic", bundle.critic, inputs + extra, None, rest)
    about = {key: config[key] for key in _KEPT if key in config} | {
        "skill": skill,
        "robot": target.name,
        "carried_from": source.name,
        **({} if before == skill else {"carried_from_skill": before}),
        "stages": [{"robot": source.name, "skill": before, **stage} for stage in config.get("stages", [])],
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
        self,
        controller: Controller[Any],
        layout: Iterable[tuple[str, int]],
        wanted: Iterable[tuple[str, int]],
        start: int = 0,
    ) -> list[_Column]:
        """For each column of `wanted`, the one of `layout` of that name; the first of `layout` is column `start`."""
        there: dict[str, tuple[int, int]] = {}
        for name, size in layout:
            there[name] = (start, size)
            start += size
        out: list[_Column] = []
        for name, wide in wanted:
            first, size = there.get(name, (0, 0))
            factors = self._factors(name, size, controller) if size else []
            if size and name in ("joint_position", "joint_velocity", "last_targets"):
                out += [(first + j if j >= 0 else -1, factors[0]) for j in self.joint]
            elif size == wide:
                out += [(first + i, factor) for i, factor in enumerate(factors)]
            else:
                out += [(-1, 0.0)] * wide
        return out

    def _factors(self, name: str, size: int, controller: Controller[Any]) -> list[float]:
        if name == "goal":
            units = tuple("reach" if unit == "m" else unit for unit in controller.goal_space.units)
        else:
            units = getattr(controller, "units", {}).get(name, ()) or _UNITS.get(name, ())
        if len(units) not in (1, size) or not set(units) <= set(self._factor):
            raise InputError(f"column {name!r} has no known unit, so it cannot be carried; known: {sorted(_UNITS)}")
        return [self._factor[unit] for unit in (units * size if len(units) == 1 else units)]


def _seen_at_rest(controller: Controller[Any], robot: Robot) -> Array:
    """All columns, the critic's too, of a robot that stands still at the skill's goal at rest. Shape (C,)."""
    obs = Observation(
        time=np.zeros(1),
        joint_position=robot.default_pose[None].copy(),
        joint_velocity=np.zeros((1, robot.num_joints)),
        base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]),
        base_angular_velocity=np.zeros((1, 3)),
    )
    memory, goal = controller.new_memory(1), controller.goal_at_rest[None]
    controller.update(obs, goal, memory)
    columns = [controller.features(obs, goal, memory), controller.privileged(goal, memory)]
    return np.concatenate(columns, axis=1)[0]


def _named(
    name: str, network: Mlp, inputs: list[_Column], outputs: list[_Column] | None, rest: Array
) -> dict[str, Float32]:
    """Tensors of `network` with other columns in front and, for an actor, other rows at the end.

    Columns that have no counterpart are taken to be as they are at `rest` (C,) for good.
    """
    layers = [(weight.copy(), bias.copy()) for weight, bias in network.layers]
    weight, bias = layers[0]
    known = {i for i, _ in inputs}
    left = [i for i in range(weight.shape[1]) if i not in known]
    if left:
        bias = np.asarray(bias + weight[:, left] @ rest[left], dtype=np.float32)
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
