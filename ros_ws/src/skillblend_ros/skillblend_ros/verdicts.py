"""Judges what happened from the simulator's own log alone; shares no code and no number with the guard.

Two questions: was a step really done (`sim.judge`), and did the motors come into a safe mode in time after
a fault, and stay there (`sim.conformance.judge`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

import robots
from sim import scenes
from sim.conformance.judge import Finding, MotorCommand, MotorJudge, Noise, tilts
from sim.judge import FALLEN_SHARE, Judge
from sim.verdicts import Look, StepVerdict
from skillblend.contracts import BoolArray, Robot, SceneState, Step, WorldState
from skillblend.errors import InputError
from skillblend.kinematics import yaw

Records = npt.NDArray[Any]
EVERY = 4
"""Physics steps between two looks of the judge of steps."""
STRIDE = 8
"""Physics steps over which the movement of a supported stand is judged."""


def judge_step(about: Mapping[str, Any], records: Records, step: Step) -> StepVerdict:
    """Whether `step` was done during `records`.

    Raises:
        InputError: There are no records, or the step cannot be judged.
    """
    if not len(records):
        raise InputError(f"no records of {step.text!r}; was the log on?")
    robot = robots.load(about["robot"])
    scene = scenes.load(about["scene"]).fitted(robot)
    judge = Judge(scene, robot)
    things = scene.state
    judge.begin(0, step, _look(about, robot, records[0], things))
    for record in records[EVERY::EVERY]:
        judge.update(_look(about, robot, record, things))
    judge.update(_look(about, robot, records[-1], things))
    return judge.verdict(0)


def fell(about: Mapping[str, Any], records: Records) -> bool:
    """Whether the robot ever lay on the floor."""
    robot = robots.load(about["robot"])
    return bool(_fallen(robot, records).any())


def judge_fault(
    about: Mapping[str, Any],
    records: Records,
    bad_since: float,
    noise: Noise | None = None,
    *,
    begins: float | None = None,
) -> Finding:
    """What became of the robot after the fault.

    Every command that was obeyed is looked at. A supported stand is known by how its targets move, and
    commands come at irregular times, so where that is not clearly damping, movement is judged over steps of
    `STRIDE` physics steps, from each possible first one: none may see the safe mode left again, and the robot
    counts as safe from the beginning of the first step that is recognised.

    Args:
        about: Head of the log.
        records: From well before the fault to the end of the trial.
        bad_since: When the state or the request became bad, or the latest sign of life, simulator time, s.
        noise: Of the measurements that commands are made from.
        begins: When the fault began, if that was before the state was bad: a robot that is being pulled over can
            be safe, by another rule, before it tilts. A policy has to drive at this moment.

    Raises:
        InputError: The log does not reach from before the fault to after it.
    """
    times = records["time"]
    if not len(records) or not times[0] < bad_since < times[-1]:
        raise InputError(f"the log does not reach from before {bad_since:.3f} s to after it")
    heard = np.flatnonzero(np.diff(records["command"], prepend=records["command"][0] - 1))
    begins = bad_since if begins is None else min(begins, bad_since)
    found = _judge(about, records[heard], bad_since, noise, begins)
    if found.mode == "damping" and not found.relapsed:
        return found
    slow = [_judge(about, records[phase::STRIDE], bad_since, noise, begins) for phase in range(STRIDE)]
    first = min(slow, key=lambda other: other.latency)
    period = STRIDE * float(np.diff(times[:2])[0])
    return replace(first, latency=first.latency - period, relapsed=any(other.relapsed for other in slow))


def _judge(
    about: Mapping[str, Any], records: Records, bad_since: float, noise: Noise | None, begins: float
) -> Finding:
    judge, one = MotorJudge(robots.load(about["robot"]), 1, noise), np.full(1, True)
    begun = bad = False
    for index in range(len(records)):
        record = records[index : index + 1]
        time = float(record["time"][0])
        if not begun and time >= begins:
            judge.fault_begins(one)
            begun = True
        if not bad and time >= bad_since:
            judge.bad_since(one, bad_since)
            bad = True
        judge.see(time, _truth(record), _command(record))
    return judge.findings()[0]


def _look(about: Mapping[str, Any], robot: Robot, record: Any, scene: SceneState) -> Look:
    row = record.reshape(1)
    return Look(
        time=row["time"].astype(np.float64),
        base=row["position"].copy(),
        heading=yaw(row["quaternion"]),
        wrists=row["wrists"].copy(),
        travel={name: row["travel"][:, i].astype(np.float64) for i, name in enumerate(about["buttons"])},
        hand_force={name: row["hand_force"][:, i].astype(np.float64) for i, name in enumerate(about["felt"])},
        fallen=_fallen(robot, row),
        things=_things(about, row, scene),
    )


def _things(about: Mapping[str, Any], row: Records, scene: SceneState) -> SceneState:
    """`scene` with things where the record has them."""
    found = [
        replace(
            scene.thing(name),
            pose=row["things"][:, k].astype(np.float64),
            openness=None if row["openness"][0, k] < 0.0 else row["openness"][:, k].astype(np.float64),
        )
        for k, name in enumerate(about["things"])
    ]
    return replace(scene, things=tuple(found))


def _fallen(robot: Robot, records: Records) -> BoolArray:
    low = records["position"][:, 2] < FALLEN_SHARE * robot.base_height
    return low | (tilts(records["quaternion"]) > np.pi / 4)


def _truth(record: Records) -> WorldState:
    return WorldState(
        time=record["time"],
        joint_position=record["q"],
        joint_velocity=record["qd"],
        base_quaternion=record["quaternion"],
        base_angular_velocity=record["omega"],
        base_position=record["position"],
        base_linear_velocity=record["velocity"],
        joint_torque=record["effort"],
        foot_contact=np.zeros((1, 2), dtype=np.bool_),
    )


def _command(record: Records) -> MotorCommand:
    return MotorCommand(
        targets=record["targets"],
        velocity=record["target_velocity"],
        torque=record["feedforward"],
        stiffness=record["stiffness"],
        damping=record["damping"],
        enabled=record["enabled"] != 0,
    )
