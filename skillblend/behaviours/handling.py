"""What behaviours share that take and put down things with both hands: what is before a robot, and how it is held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.behaviours.base import Needs, Stage
from skillblend.behaviours.locomotion import limited
from skillblend.contracts import Array, Blend, IntArray, SceneState, Thing
from skillblend.errors import PlanError
from skillblend.kinematics import to_heading
from skillblend.navigation import wrap
from skillblend.predicates import on
from skillblend.safety.plan import GRIP, Situation
from skillblend.safety.rules import PlanRules
from skillblend.scales import Scales

ITEMS = ("box",)
"""Kinds of things that have two sides for two palms; free ones can be carried."""

SMALL = ("item",)
"""Kinds of things that may be too small for two palms: they are carried in scenes to plan in alone."""

SURFACES = ("table", "counter", "shelf")
"""Kinds of things that something can be put on."""

UNDER_TOP, LEVEL = 0.03, 0.05
"""Hands take a thing so far below its top at least, and above its middle at most, m: what is held above its middle
hangs, and does not turn over."""

BINS = ("bin",)
"""Kinds of things that something can be dropped into."""

RASTER = 0.02
"""Places along the front of a surface are tried so far apart, m."""

PALM = 0.028
"""From a wrist to the surface that its palm is on, m; reference body."""


def is_carried(thing: Thing) -> bool:
    """Whether two hands can be asked to carry `thing`."""
    fits = thing.kind in ITEMS or (thing.kind in SMALL and thing.pose is None)
    return fits and thing.motion == "free"


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A box as a robot sees it that faces one of its sides.

    Attributes:
        middle: World, m. Shape (3,).
        turn: From the robot's heading to that of the side, rad, at most 45 degrees either way.
        depth, width, height: Along the heading, across it, and upwards, m.
        bottom: Height of its lowest point, m.
    """

    middle: Array
    turn: float
    depth: float
    width: float
    height: float
    bottom: float

    @property
    def above(self) -> float:
        """Height of the wrists over the middle when hands take it, m."""
        return float(min(LEVEL, max(self.height / 2 - UNDER_TOP, 0.0)))


def seen(thing: Thing, heading: float, row: int = 0) -> Parcel:
    """The thing called for, as a robot of this heading sees it.

    Raises:
        PlanError: Nobody knows where it is, or how large.
    """
    if thing.pose is None or not all(thing.size):
        raise PlanError(f"nobody knows where the {thing.name} is, or how large it is; take it elsewhere")
    pose = thing.pose[row]
    w, x, y, z = pose[3:]
    course = float(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
    off = float(wrap(np.array(course - heading)))
    quarters = round(off / (np.pi / 2))
    length, across, height = thing.size
    depth, width = (length, across) if quarters % 2 == 0 else (across, length)
    upward = np.abs([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)])
    return Parcel(
        middle=pose[:3].copy(), turn=off - quarters * np.pi / 2, depth=depth, width=width, height=height,
        bottom=float(pose[2] - upward @ np.array(thing.size) / 2),
    )  # fmt: skip


def both_hands(name: str, scene: SceneState) -> Needs:
    """What taking a thing between the palms needs: empty hands, and the robot at it or at what it is on."""
    places = [
        frozenset({f"{how}({name}, {thing.name})", f"at({thing.name})"})
        for thing in scene.things
        for how, kinds in (("on", SURFACES), ("in", BINS))
        if thing.kind in kinds and thing.name != name
    ]
    return Needs(any_of=(frozenset({f"at({name})"}), *places), empty_hands=True)


def check_size(thing: Thing, situation: Situation, rules: PlanRules) -> str:
    """Why both hands cannot take `thing` as the robot faces it: its weight, its width; empty where they can."""
    if thing.mass > rules.heaviest:
        return f"{GRIP}: the {thing.name} weighs {thing.mass:.1f} kg, at most {rules.heaviest:.1f} kg are lifted"
    parcel = seen(thing, situation.heading)
    width = min(parcel.width, parcel.depth)
    if not rules.narrowest <= width <= rules.widest:
        return (
            f"{GRIP}: the {thing.name} is {width:.2f} m wide, two hands take {rules.narrowest:.2f} to "
            f"{rules.widest:.2f} m"
        )
    return ""


def check_height(what: str, height: float, rules: PlanRules) -> str:
    """Why hands do not get to `height`, m; empty where they do."""
    if rules.hand_low <= height <= rules.hand_high:
        return ""
    return (
        f"{GRIP}: {what} hands {height:.2f} m high, they get to {rules.hand_low:.2f} to {rules.hand_high:.2f} m "
        "while the robot stands"
    )


def check_depth(thing: Thing, situation: Situation, rules: PlanRules) -> str:
    """Why hands do not get to `thing`: it lies too far from the front of what it is on; empty where they do."""
    scene = SceneState(things=tuple(situation.things.values()))
    for support in scene.things:
        if support.kind not in SURFACES or support.pose is None or thing.pose is None:
            continue
        if not on(scene, thing.name, support.name)[0]:
            continue
        pose = support.pose[0]
        course = 2.0 * float(np.arctan2(pose[6], pose[3]))
        along = float((thing.pose[0, :2] - pose[:2]) @ [np.cos(course), np.sin(course)])
        deep = along + support.size[0] / 2
        if deep > rules.deepest:
            return (
                f"{GRIP}: the {thing.name} lies {deep:.2f} m from the front of the {support.name}, hands get to "
                f"{rules.deepest:.2f} m"
            )
    return ""


def ahead(stage: Stage, i: int, point: Array) -> Array:
    """A world point (3,) in the stance frame of robot `i`, m."""
    middle, heading = stage.perception.stances()
    return to_heading((point - middle[i])[None, None], heading[i : i + 1])[0, 0]


def both(x: float, y: float, z: float, apart: float) -> Array:
    """Wrist targets (2, 3) at either side of a point, m."""
    return np.array([[x, y + apart / 2, z], [x, y - apart / 2, z]])


def palm(stage: Stage) -> float:
    """From a wrist to the surface that its palm is on, m."""
    return PALM * Scales.of(stage.robot).reach


def free_space(scene: SceneState, name: str, support: Thing, wide: float, near: float) -> float | None:
    """Where along the front of `support` there is room for a thing that is `wide` m: nearest to `near`, m.

    Along its own y axis, from its middle. None where there is no room.

    Args:
        scene: For N = 1.
        name: Of the thing, which takes up no room itself.
        support: What it shall be on.
        wide: Along the front, with what it needs at its sides, m.
        near: Where it would be best, m.
    """
    assert support.pose is not None  # known to whoever asks
    pose = support.pose[0]
    taken: list[tuple[float, float]] = []
    angle = 2.0 * float(np.arctan2(pose[6], pose[3]))
    for other in scene.things:
        if other.name in (name, support.name) or other.motion != "free" and other.kind != "box" or other.pose is None:
            continue
        if not on(scene, other.name, support.name)[0]:
            continue
        offset = other.pose[0, :2] - pose[:2]
        y = float(-np.sin(angle) * offset[0] + np.cos(angle) * offset[1])
        radius = float(np.hypot(*other.size[:2])) / 2
        taken.append((y - radius, y + radius))
    most = support.size[1] / 2 - wide / 2
    places: list[float] = np.arange(-most, most + 1e-9, RASTER).tolist()
    clear = [y for y in places if all(y + wide / 2 <= low or y - wide / 2 >= high for low, high in taken)]
    return min(clear, key=lambda y: abs(y - near)) if clear else None


def with_hands(stage: Stage, command: Array, grip: Array, ids: IntArray) -> Blend:
    """Robots `ids` walk as if their hands were full, hands where `grip` (len(ids), 5) has them."""
    careful = limited(stage, command, ids, np.ones(len(ids), dtype=np.bool_))
    goal = np.concatenate([careful, grip], axis=1)
    return stage.skills.one_hot("carrying", stage.skills.skill("carrying").goal_space.clip(goal))
