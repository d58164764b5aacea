"""The gait card: how a walking skill walks, stops, stands and turns, measured on every robot alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.evaluate import check_episodes, check_seed
from sim.publish import commit
from sim.randomisation import Randomisation
from sim.settings import EVALUATION
from sim.streams import Streams
from sim.walks import Walks
from skillblend.contracts import Array, BoolArray, IntArray, Robot
from skillblend.intervals import bootstrap_interval, wilson_interval
from skillblend.kinematics import gravity_base, length, to_heading, yaw
from skillblend.scales import GRAVITY, Scales
from skillblend.skills.skill import PolicySkill

_START, _GAUGE, _STOP, _REST, _TURN, _END = 1.0, 3.0, 8.0, 6.0, 20.0, 26.0
"""Walks from the first to the third, is measured from the second on; stops within a gait cycle after the third, has
the fourth to come to rest, stands until the fifth, turns until the last, s."""
_CRUISE = 0.7
"""Share of the fastest command ahead."""
_RESTING, _WINDOW = 0.15, 0.5
"""At rest: the mean planar speed over the window is below, m/s of the reference body, s, and stays there."""
_STOP_MOMENT = 60

GAIT = {
    "speed": "m/s", "pelvis_range": "m", "tilt_range": "deg", "foot_pitch": "deg", "slip_speed_p95": "m/s",
    "knee": "deg", "arm_swing": "deg", "jerk": "m/s^3", "cost_of_transport": "",
    "rest_seconds": "s", "rest_within_3_s": "", "step_back": "m", "lean_back": "deg", "standing_drift": "m",
    "standing_steps": "", "turn_seconds": "s", "turn_rate": "deg/s",
}  # fmt: skip
"""Figures of the card, with their units."""


@dataclass(frozen=True, kw_only=True)
class GaitRecord:
    """T control steps of N robots.

    Attributes:
        base: Position. Shape (T, N, 3), m.
        heading: Shape (T, N), rad.
        gravity: In the base frame. Shape (T, N, 3).
        joints, rates, torques: Shape (T, N, J).
        feet: Sole centres. Shape (T, N, 2, 3), m.
        pitch: Of the soles, toes down positive. Shape (T, N, 2), rad.
        contact: Of the soles. Shape (T, N, 2).
        stepping: Whether the gait clock runs. Shape (T, N).
    """

    base: Array
    heading: Array
    gravity: Array
    joints: Array
    rates: Array
    torques: Array
    feet: Array
    pitch: Array
    contact: BoolArray
    stepping: BoolArray


def measure_gait(
    skill: PolicySkill[Any],
    trials: int,
    seed: int,
    *,
    randomisation: Randomisation = EVALUATION,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Walk straight ahead, stop, stand and turn: the `eval gait --json` object.

    Robots that fall are counted, and left out of the other figures.
    """
    check_episodes(trials)
    check_seed(seed)
    walks = Walks(skill, trials, seed, randomisation)
    stop = _STOP + moments(walks.streams, walks.ids, skill.controller.config.period)
    record = _walk(walks, stop, progress)
    carried = walks.randomiser.mass + walks.randomiser.load
    figures = figures_of(skill, record, stop, Scales.of(skill.robot).mass + carried)
    kept = ~walks.fell
    out: dict[str, Any] = {"skill": skill.name, "robot": skill.robot.name, "trials": trials, "seed": seed}
    out["fall_rate"] = float(walks.fell.mean())
    out["fall_interval"] = wilson_interval(int(walks.fell.sum()), trials)
    known = {k: v[kept & np.isfinite(v)] for k, v in figures.items()}
    out["mean"] = {k: float(v.mean()) if len(v) else float("nan") for k, v in known.items()}
    out["interval"] = {k: bootstrap_interval(v) for k, v in known.items()}
    out["largest"] = {k: float(v[np.argmax(np.abs(v))]) if len(v) else float("nan") for k, v in known.items()}
    missing = [f"{part}.{k}" for k, v in known.items() if not len(v) for part in ("mean", "largest")]
    missing += [f"interval.{k}[{i}]" for k, v in known.items() if not len(v) for i in (0, 1)]
    out |= {"undefined": dict.fromkeys(missing, "no robot came so far")} if missing else {}
    return out | {"commit": commit(), "bundle": skill.bundle.digest[:16]}


def moments(streams: Streams, ids: IntArray, period: float) -> Array:
    """When within a gait cycle each of robots `ids` stops, s."""
    return streams.uniform(ids, _STOP_MOMENT, 0.0, period)[:, 0]


def commands(time: float, stop: Array, ahead: float, spin: float) -> Array:
    """What robots that stop at `stop` (N,) are told at `time`: (N, 3)."""
    out = np.zeros((len(stop), 3))
    out[:, 0] = np.where((time >= _START) & (time < stop), ahead, 0.0)
    out[:, 2] = spin if time >= _TURN else 0.0
    return out


def _walk(walks: Walks, stop: Array, progress: Callable[[int, int], None] | None) -> GaitRecord:
    space, dt = walks.skill.goal_space, walks.skill.robot.control_dt
    steps = round(_END / dt)
    rows: list[tuple[Any, ...]] = []
    for tick in range(steps):
        state = walks.step(commands(tick * dt, stop, _CRUISE * space.upper[0], space.upper[2]))
        rows.append((
            state.base_position, yaw(state.base_quaternion), gravity_base(state.base_quaternion),
            state.joint_position, state.joint_velocity, state.joint_torque, walks.sim.foot_position(),
            walks.sim.foot_pitch(), state.foot_contact, walks.memory.stepping.copy(),
        ))  # fmt: skip
        if progress is not None and tick % 25 == 0:
            progress(tick, steps)
    return GaitRecord(
        **dict(zip(GaitRecord.__dataclass_fields__, map(np.stack, zip(*rows, strict=True)), strict=True))
    )


def figures_of(skill: PolicySkill[Any], record: GaitRecord, stop: Array, mass: Array) -> dict[str, Array]:
    """Each figure of `GAIT` for N robots of `mass` (N,), kg, that stopped at `stop` (N,), s. Each (N,)."""
    robot = skill.robot
    dt, period = robot.control_dt, skill.controller.config.period
    found = _walking(robot, record, round(period / dt), mass) | _stopping(record, stop, dt, Scales.of(robot).speed)
    turn = round(_TURN / dt)
    turned = np.abs(np.unwrap(record.heading[turn:], axis=0) - record.heading[turn - 1])
    reached = turned >= np.pi / 2
    seconds = np.where(reached.any(axis=0), (np.argmax(reached, axis=0) + 1) * dt, np.nan)
    return found | {"turn_seconds": seconds, "turn_rate": 90.0 / seconds}


def _walking(robot: Robot, record: GaitRecord, cycle: int, mass: Array) -> dict[str, Array]:
    """Straight ahead, over whole gait cycles."""
    dt = robot.control_dt
    first = round(_GAUGE / dt)
    count = (round(_STOP / dt) - first) // cycle
    span = slice(first, first + count * cycle)

    def ranges(values: Array) -> Array:
        """Mean over cycles of largest minus smallest: (T, N) -> (N,)."""
        each = values[span].reshape(count, cycle, -1)
        return np.asarray(np.ptp(each, axis=1).mean(axis=0))

    velocity = np.diff(record.base, axis=0)[span] / dt
    ahead = to_heading(velocity.reshape(-1, 3), record.heading[span].ravel())[:, 0].reshape(velocity.shape[:2])
    speed = ahead.mean(axis=0)
    airborne = np.where(record.contact[span], 0.0, np.abs(record.pitch[span])).reshape(count, cycle, -1, 2)
    foot_speed = length(np.diff(record.feet, axis=0)[..., :2]) / dt
    planted = record.contact[1:] & record.contact[:-1]
    slip = np.where(planted, foot_speed, np.nan)[span]
    power = np.abs(record.torques[span] * record.rates[span]).sum(axis=2).mean(axis=0)
    knees = record.joints[span][:, :, [robot.role("knee", side) for side in ("left", "right")]]
    shoulders = [record.joints[:, :, robot.role("shoulder_pitch", side)] for side in ("left", "right")]
    jerk = np.diff(record.base, n=3, axis=0)[span] / dt**3
    pitch = np.arcsin(np.clip(record.gravity[:, :, 0], -1.0, 1.0))
    return {
        "speed": speed,
        "pelvis_range": ranges(record.base[:, :, 2]),
        "tilt_range": np.degrees(ranges(pitch)),
        "foot_pitch": np.degrees(airborne.max(axis=1).mean(axis=(0, 2))),
        "slip_speed_p95": np.nanpercentile(slip, 95, axis=(0, 2)),
        "knee": np.degrees(np.nanmean(np.where(record.contact[span], knees, np.nan), axis=(0, 2))),
        "arm_swing": np.degrees(np.mean([ranges(s) for s in shoulders], axis=0)),
        "jerk": np.sqrt((jerk**2).sum(axis=2).mean(axis=0)),
        "cost_of_transport": power / (mass * GRAVITY * np.maximum(speed, 1e-3)),
    }


def _stopping(record: GaitRecord, stop: Array, dt: float, scale: float) -> dict[str, Array]:
    """From the command to stand still on."""
    steps, n = record.base.shape[:2]
    everybody, halt = np.arange(n), np.ceil(stop / dt).astype(np.int64)
    window, rest, turn = round(_WINDOW / dt), round(_REST / dt), round(_TURN / dt)
    shifted = np.minimum(halt[None] + np.arange(rest)[:, None], steps - 1)
    planar = record.base[shifted, everybody, :2]
    speed = length(np.diff(planar, axis=0)) / dt
    sums = np.cumsum(np.concatenate([np.zeros((1, n)), speed]), axis=0)
    mean = (sums[window:] - sums[:-window]) / window
    moving = mean >= _RESTING * scale
    last = np.where(moving.any(axis=0), len(moving) - np.argmax(moving[::-1], axis=0), 0)
    seconds = last * dt
    heading = record.heading[halt, everybody]
    way = np.stack([np.cos(heading), np.sin(heading)], axis=1)
    along = np.einsum("tnc,nc->tn", planar - planar[0], way)
    lean = np.degrees(np.arcsin(np.clip(record.gravity[shifted, everybody, 0], -1.0, 1.0)))
    settled = halt + rest
    standing = (np.arange(steps)[:, None] >= settled) & (np.arange(steps)[:, None] < turn)
    drift = length(record.base[turn - 1, :, :2] - record.base[settled, everybody, :2])
    return {
        "rest_seconds": seconds,
        "rest_within_3_s": (seconds <= 3.0).astype(np.float64),
        "step_back": along.max(axis=0) - along[-1],
        "lean_back": np.maximum(-lean.min(axis=0), 0.0),
        "standing_drift": drift,
        "standing_steps": (record.stepping & standing).sum(axis=0) / np.maximum(standing.sum(axis=0), 1),
    }
