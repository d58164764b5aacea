"""Value functions of behaviours: P(success | behaviour, arguments, state), fitted on their own executed rollouts.

A logistic model over features and their squares. The features are what a robot can know before it begins: the skill's
own critic is one of them, how it stands and moves and what is around it are the others, so that the same numbers come
out on hardware.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from skillblend.affordance import Affordance
from skillblend.behaviours import BEHAVIOURS, Stage
from skillblend.bundle import MANIFEST, read_from_bundle, replace_files
from skillblend.contracts import Array, Observation, Step
from skillblend.kinematics import gravity_base
from skillblend.navigation import wrap
from skillblend.safety.machine import Mode
from skillblend.safety.plan import KeepOut, Situation

FOLDER = "values"
"""Beside a robot's skills, under its models."""

FEATURES = (
    "critic", "tilt", "spin", "joint speed", "away", "askew", "beside", "way", "space", "space ahead", "load",
)  # fmt: skip
"""Log-odds of the skill's critic; tilt of the trunk, rad; its angular velocity, rad/s; mean joint speed, rad/s; from
the base to the thing, m; from the heading to its direction, rad; across the heading, m; how long the way is, m; how
near the nearest furniture is, and how near on the way or ahead, m; whether something is in hand."""

FARTHEST, ROOMY, AHEAD = 4.0, 1.0, 0.6
"""Distances, and clearances, beyond which nothing changes, m; how far ahead one looks who walks nowhere, m."""

_SURE = 1e-3
"""Probabilities are kept so far from 0 and 1 when their log-odds are taken."""


def squared(x: Array) -> Array:
    """Features (N, F), then their squares (N, F)."""
    return np.concatenate([x, x * x], axis=1)


def names() -> tuple[str, ...]:
    """What the model is fitted on: `FEATURES`, then their squares."""
    return (*FEATURES, *(f"{name} squared" for name in FEATURES))


def describe(step: Step, i: int, stage: Stage, obs: Observation, critic: float) -> Array:
    """`FEATURES` of `step` for robot `i` of `obs`, with what the skill's own critic says. Shape (F,)."""
    situation = stage.perception.situation(i, Mode.RUNNING)
    scene = stage.perception.scene_state()
    gravity = gravity_base(obs.base_quaternion[i : i + 1])[0]
    p = min(max(critic, _SURE), 1.0 - _SURE)
    loaded = any(thing.held is not None and bool(thing.held[i]) for thing in scene.things)
    return np.array([
        math.log(p / (1.0 - p)),
        math.asin(min(1.0, float(np.linalg.norm(gravity[:2])))),
        float(np.linalg.norm(obs.base_angular_velocity[i])),
        float(np.abs(obs.joint_velocity[i]).mean()),
        *_place(step, situation),
        *_room(step, situation),
        float(loaded),
    ])  # fmt: skip


def _place(step: Step, situation: Situation) -> tuple[float, float, float, float]:
    """Where the thing is that `step` is about, or comes to, and how long the way there is; zeros without one."""
    thing = next((name for name in reversed(step.arguments) if name in situation.objects), "")
    if not thing:
        return 0.0, 0.0, 0.0, _amount(step)
    (x, y), (to_x, to_y) = situation.position, situation.objects[thing]
    away, course = math.dist((x, y), (to_x, to_y)), math.atan2(to_y - y, to_x - x)
    askew = abs(float(wrap(np.array(course - situation.heading))))
    way = 0.0
    if situation.route is not None and BEHAVIOURS[step.behaviour].approaches:
        corners = [(x, y), *situation.route((x, y), thing)]
        way = sum(math.dist(a, b) for a, b in zip(corners, corners[1:], strict=False))
    return min(away, FARTHEST), askew, min(away * abs(math.sin(askew)), FARTHEST), min(way, 2 * FARTHEST)


def _amount(step: Step) -> float:
    """Metres, or turns of 90 degrees, that a step without a thing asks for."""
    numbers = [float(text) for text in step.arguments if text.lstrip("-").replace(".", "", 1).isdigit()]
    return abs(numbers[-1]) / (90.0 if abs(numbers[-1]) > FARTHEST else 1.0) if numbers else 0.0


def _room(step: Step, situation: Situation) -> tuple[float, float]:
    """How near furniture is to where the robot stands, and to its way."""
    ways = {"forward": 0.0, "left": math.pi / 2, "backward": math.pi, "right": -math.pi / 2}
    course = situation.heading + ways.get(step.arguments[0] if step.arguments else "", 0.0)
    length = _amount(step) if step.arguments and step.arguments[0] in ways else AHEAD
    (x, y) = situation.position
    end = (x + length * math.cos(course), y + length * math.sin(course))
    zones = [zone for zone in situation.zones if zone.name not in step.arguments]
    return _least(zones, (x, y), (x, y)), _least(zones, (x, y), end)


def _least(zones: Sequence[KeepOut], start: tuple[float, float], end: tuple[float, float]) -> float:
    return max(-ROOMY, min([ROOMY, *(zone.distance_to_way(start, end) for zone in zones)]))


def load_values(models: Path, robot: str) -> dict[str, Affordance]:
    """The value functions of a robot's behaviours; of those that have one.

    Raises:
        BundleError: One is damaged.
    """
    folder = models / robot / FOLDER
    if not (folder / MANIFEST).exists():
        return {}
    paths = [path for path in sorted(folder.glob("*.json")) if path.name != MANIFEST]
    return {
        path.stem: Affordance.parse(read_from_bundle(folder, path.name), path.stem, path, names()) for path in paths
    }


def save_value(folder: Path, value: Affordance) -> None:
    """Put a value function into a folder of them and its manifest, both or neither."""
    manifest: dict[str, str] = json.loads((folder / MANIFEST).read_text()) if (folder / MANIFEST).exists() else {}
    replace_files(folder, {f"{value.skill}.json": value.text()}, manifest)
