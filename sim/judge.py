"""Whether a step was really done, decided from simulator truth alone; and whether a run did what was asked.

What counts as done, between `Judge.begin` and `Judge.verdict`, if the robot never fell on the way:

- ``walk_to``: at the end the base is within 0.35 m of the stand of the object; of a floor marker, within
  0.30 m of its centre.
- ``press``: the button travelled beyond its threshold while a wrist was within 0.10 m of its cap.
- ``touch``: a wrist came within 0.06 m of the surface of the object (the hand's own radius is 0.03-0.04 m).
- ``walk``: the base moved the asked distance along the asked direction of the first heading, to 25% or
  0.2 m, whichever is more; sideways of it less than 0.35 m; the heading at the end within 30 degrees.
- ``turn``: the heading, followed continuously, changed by the asked angle to 20 degrees (by half a turn in
  either direction), and the base always stayed within 0.5 m.
- ``stand``: the asked time went by, and the base always stayed within 0.2 m.
- ``raise``: at the end both wrists are above `Judge.raised_height` (1.35 m for H1: 0.1 m below its
  shoulder joints in the default pose).

>>> judge = Judge(scene, robot)
>>> judge.begin(step, look(sim, scene))
>>> judge.update(look(sim, scene))  # after every control step
>>> judge.verdict()  # at any time; cheap
Verdict(success=True, reason='0.12 m from the stand of the shelf, 0.35 allowed')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.batch import BatchSim
from sim.scene import Scene
from sim.tasks.base import fallen
from skillblend.contracts import Array, Frame, Robot, Step
from skillblend.errors import InputError, SkillblendError
from skillblend.kinematics import Limbs, yaw

STAND_TOLERANCE = 0.35
MARKER_TOLERANCE = 0.30
PRESS_DISTANCE = 0.10
TOUCH_DISTANCE = 0.06
WALK_TOLERANCE = (0.25, 0.2)
"""Share of the distance, and m; the larger counts."""
WALK_DRIFT = 0.35
WALK_HEADING = np.radians(30.0)
TURN_TOLERANCE = np.radians(20.0)
TURN_DRIFT = 0.5
STAND_DRIFT = 0.2
RAISED_BELOW_SHOULDER = 0.1
FALLEN_SHARE = 0.6
"""Fallen below this share of the standing base height, or tilted by more than 45 degrees."""

_DIRECTIONS = {"forward": (1.0, 0.0), "backward": (-1.0, 0.0), "left": (0.0, 1.0), "right": (0.0, -1.0)}


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the judge sees of one simulation at one moment.

    Attributes:
        time: s.
        base: Position of the base, world. Shape (3,), m.
        heading: Of the base x axis, rad.
        wrists: Left and right, world. Shape (2, 3), m.
        travel: How far each button is pushed in, m.
        fallen: Tilted by more than 45 degrees, or too low.
    """

    time: float
    base: Array
    heading: float
    wrists: Array
    travel: Mapping[str, float]
    fallen: bool


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a step was done, and the measurement that decided it."""

    success: bool
    reason: str


def look(sim: BatchSim, scene: Scene, time: float, *, row: int = 0) -> Look:
    """Simulation `row` of `sim`, a world furnished with `scene`, at `time` (s)."""
    state = sim.state(np.full(sim.n, time))
    lowest = FALLEN_SHARE * sim.world.robot.base_height
    travel = scene.travel(sim.world.model, sim.qpos[row : row + 1])
    return Look(
        time=time,
        base=state.base_position[row].copy(),
        heading=float(yaw(state.base_quaternion[row : row + 1])[0]),
        wrists=sim.hand_position()[row],
        travel={name: float(value[0]) for name, value in travel.items()},
        fallen=bool(fallen(state, lowest)[row]),
    )


class Judge:
    """Watches one robot carry out one step after the other.

    Attributes:
        falls: How often the robot went from standing to fallen since the judge was made.
        raised_height: Where wrists count as raised, m.
    """

    def __init__(self, scene: Scene, robot: Robot) -> None:
        """Judge `robot` in `scene`."""
        self.scene = scene
        self.falls = 0
        self.raised_height = shoulder_height(robot) - RAISED_BELOW_SHOULDER
        self._step: Step | None = None
        self._down = False

    def begin(self, step: Step, now: Look) -> None:
        """Start watching for `step`, forgetting the one before.

        Raises:
            InputError: A step of this kind, or with this argument, cannot be judged.
            UnknownNameError: It is about an object that is not in the scene.
        """
        self._check(step)
        self._step = step
        self._first = now
        self._turned = 0.0
        self._drift = 0.0
        self._fell = False
        self._nearest = np.inf
        self._pushed = 0.0
        self._now = now
        self.update(now)

    def update(self, now: Look) -> None:
        """Take note of the state after a control step. Steps may be shorter than 20 ms, or longer.

        Raises:
            SkillblendError: `begin` was not called.
        """
        step = self._running()
        change = now.heading - self._now.heading
        self._turned += float(np.arctan2(np.sin(change), np.cos(change)))
        self._drift = max(self._drift, float(np.hypot(*(now.base - self._first.base)[:2])))
        self._fell |= now.fallen
        self.falls += now.fallen and not self._down
        self._down = now.fallen
        if step.skill in ("press", "touch"):
            gap = float(self.scene.thing(step.argument).surface_distance(now.wrists).min())
            self._nearest = min(self._nearest, gap)
            if gap <= PRESS_DISTANCE:
                self._pushed = max(self._pushed, now.travel.get(step.argument, 0.0))
        self._now = now

    def verdict(self) -> Verdict:
        """Whether the step is done at this moment.

        Raises:
            SkillblendError: `begin` was not called.
        """
        step = self._running()
        if self._fell:
            return Verdict(success=False, reason="fell")
        return _RULES[step.skill](self, step)

    def _running(self) -> Step:
        if self._step is None:
            raise SkillblendError("no step to judge; call Judge.begin first")
        return self._step

    def _check(self, step: Step) -> None:
        if step.skill not in _RULES:
            raise InputError(f"cannot judge a step of kind {step.skill!r} ({step.text!r}); known: {sorted(_RULES)}")
        if step.skill in ("walk_to", "press", "touch"):
            thing = self.scene.thing(step.argument)
            if step.skill == "press" and thing.spring is None:
                raise InputError(f"{step.text!r}: the {thing.name} cannot be pressed; choose a button")
            if step.skill == "touch" and not thing.touches:
                raise InputError(f"{step.text!r}: the {thing.name} cannot be touched; it lies on the floor")
        elif step.skill == "walk":
            walk_amount(step)
        elif step.skill in ("turn", "stand"):
            _number(step, step.argument)

    def _walk_to(self, step: Step) -> Verdict:
        thing = self.scene.thing(step.argument)
        marker = thing.object.kind == "marker"
        allowed = MARKER_TOLERANCE if marker else STAND_TOLERANCE
        away = float(np.hypot(*(self._now.base[:2] - thing.stand.xy)))
        what = f"the {thing.name}" if marker else f"the stand of the {thing.name}"
        return Verdict(success=away <= allowed, reason=f"{away:.2f} m from {what}, {allowed} allowed")

    def _press(self, step: Step) -> Verdict:
        spring = self.scene.thing(step.argument).spring
        assert spring is not None  # checked by begin
        return Verdict(
            success=self._pushed >= spring.threshold,
            reason=f"pushed in {1000 * self._pushed:.0f} mm by a hand, {1000 * spring.threshold:.0f} needed",
        )

    def _touch(self, step: Step) -> Verdict:
        return Verdict(
            success=self._nearest <= TOUCH_DISTANCE,
            reason=f"a wrist came within {self._nearest:.3f} m of the {step.argument}, {TOUCH_DISTANCE} needed",
        )

    def _walk(self, step: Step) -> Verdict:
        wanted = walk_amount(step)
        distance = float(np.hypot(*wanted))
        c, s = np.cos(self._first.heading), np.sin(self._first.heading)
        dx, dy = (self._now.base - self._first.base)[:2]
        moved = np.array([c * dx + s * dy, -s * dx + c * dy])
        along = float(moved @ wanted) / distance
        aside = float(abs(moved[0] * wanted[1] - moved[1] * wanted[0])) / distance
        tolerance = max(WALK_TOLERANCE[0] * distance, WALK_TOLERANCE[1])
        good = abs(along - distance) <= tolerance and aside < WALK_DRIFT and abs(self._turned) <= WALK_HEADING
        return Verdict(
            success=bool(good),
            reason=f"moved {along:.2f} m of {distance:.2f} +- {tolerance:.2f}, {aside:.2f} m aside, "
            f"turned {np.degrees(self._turned):.0f} degrees",
        )

    def _turn(self, step: Step) -> Verdict:
        wanted = np.radians(_number(step, step.argument))
        turned = self._turned
        if abs(wanted) > np.pi - 1e-6:
            wanted, turned = abs(wanted), abs(turned)
        good = abs(turned - wanted) <= TURN_TOLERANCE and self._drift <= TURN_DRIFT
        return Verdict(
            success=bool(good),
            reason=f"turned {np.degrees(self._turned):.0f} degrees of {step.argument} +- 20, "
            f"strayed {self._drift:.2f} m, {TURN_DRIFT} allowed",
        )

    def _stand(self, step: Step) -> Verdict:
        seconds = self._now.time - self._first.time
        good = seconds >= _number(step, step.argument) - 0.05 and self._drift < STAND_DRIFT
        return Verdict(
            success=bool(good),
            reason=f"stood {seconds:.1f} s of {step.argument}, strayed {self._drift:.2f} m, {STAND_DRIFT} allowed",
        )

    def _raise(self, step: Step) -> Verdict:
        del step
        low = float(self._now.wrists[:, 2].min())
        return Verdict(
            success=low >= self.raised_height,
            reason=f"the lower wrist is {low:.2f} m high, {self.raised_height:.2f} needed",
        )


_RULES: dict[str, Callable[[Judge, Step], Verdict]] = {
    "walk_to": Judge._walk_to,
    "press": Judge._press,
    "touch": Judge._touch,
    "walk": Judge._walk,
    "turn": Judge._turn,
    "stand": Judge._stand,
    "raise": Judge._raise,
}


def judge_sequence(events: Sequence[tuple[Step, bool]], plans: Sequence[Sequence[str]]) -> bool:
    """Whether what was done satisfies one of the accepted `plans`.

    Successful steps must be those of the plan, in its order: nothing left out, nothing added. Only walking
    that follows from the rest is free: to the object that is pressed or touched next, and to where the
    robot already is. A failed step is forgiven if it was a try at what the plan asks for next.

    Args:
        events: Steps in the order in which they ended, each with the judge's verdict. ``done`` may be
            among them; ``refuse`` is how a refusal shows.
        plans: Option texts. None at all means that the instruction must be refused before any motion.
    """
    acted = [(step, success) for step, success in events if step.skill != "done"]
    if not plans:
        return [step.skill for step, _ in acted] == ["refuse"]
    return any(
        _follows(acted, [text for text, counts in zip(plan, _essential(plan), strict=True) if counts])
        for plan in plans
    )


def _follows(events: Sequence[tuple[Step, bool]], plan: list[str]) -> bool:
    succeeded = [i for i, (_, success) in enumerate(events) if success]
    texts = [events[i][0].text for i in succeeded]
    counted = [i for i, counts in zip(succeeded, _essential(texts), strict=True) if counts]
    if [events[i][0].text for i in counted] != plan:
        return False
    for i, (step, success) in enumerate(events):
        position = sum(j < i for j in counted)
        expected = plan[position] if position < len(plan) else ""
        on_the_way = step.skill == "walk_to" and expected in _at(step.argument)
        if not success and step.text != expected and not on_the_way:
            return False
    return True


def _essential(texts: Sequence[str]) -> list[bool]:
    """Which of the option `texts` are more than walking that the rest implies."""
    essential: list[bool] = []
    place = ""
    for i, text in enumerate(texts):
        verb, _, target = text.partition(" the ")
        if verb == "walk to":
            following = next((later for later in texts[i + 1 :] if later != text), "")
            implied = target == place or following in _at(target)
            essential.append(not implied)
            place = target
        else:
            essential.append(True)
            place = target if verb in ("press", "touch") else ""
    return essential


def _at(name: str) -> tuple[str, str]:
    """Option texts of what one must stand at `name` for."""
    return f"press the {name}", f"touch the {name}"


def shoulder_height(robot: Robot) -> float:
    """Height of the first shoulder joints above the floor in the default pose, m."""
    joints = [i for i, name in enumerate(robot.joint_names) if "shoulder" in name]
    body = next(body for body in robot.bodies if body.joint in joints)
    pose = Limbs(robot, [Frame(body=body.name, offset=(0.0, 0.0, 0.0))])(
        robot.default_pose[None], np.zeros((1, robot.num_joints))
    )
    return robot.base_height + float(pose.position[0, 0, 2])


def walk_amount(step: Step) -> Array:
    """Forward and left displacement (2,), m, that a ``walk`` step such as ``"backward 0.5"`` asks for.

    Raises:
        InputError: Not a direction and a positive distance.
    """
    direction, _, amount = step.argument.partition(" ")
    if direction not in _DIRECTIONS or (distance := _number(step, amount)) <= 0:
        raise InputError(
            f"{step.text!r}: {step.argument!r} is no way to walk; give one of {list(_DIRECTIONS)} and metres"
        )
    return distance * np.array(_DIRECTIONS[direction])


def _number(step: Step, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{step.text!r}: {text!r} is not a number") from None
