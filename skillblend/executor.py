"""Steps of a plan become motion: each step is a behaviour that gives joint targets at every control step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from skillblend.body import Body
from skillblend.contracts import Array, Bridge, Observation, Step
from skillblend.errors import PlanError
from skillblend.navigation import Leg, Navigator, Pose2D
from skillblend.safety.plan import KeepOut, limit_command
from skillblend.safety.rules import PlanRules

ARRIVED, MAX_CORRECTIONS, QUIET = 0.10, 3, 0.2
"""A walk ends when the robot stands this near to its end, m; how often it is corrected; standing counts after, s."""

RAISED = (0.20, 0.28, 1.50, 0.20, -0.28, 1.50)
"""Reaching goal of raised hands: high, and close enough to the body to clear furniture in front, m."""

HOLDING = ("raise",)
"""Steps that end in a pose to be kept; after all others the robot comes to rest on its feet, arms down."""

Behaviour = Callable[[Observation], tuple[Array, bool]]
"""Observation -> joint targets (1, J), and whether the step is over."""


APPROACH_CLEARANCE, TOUCH_CLEARANCE, PRESS_CLEARANCE = 0.12, 0.04, 0.005
"""Wrist distance from a surface before touching it, when touching and when pressing it, m; a hand is 0.03 m thick."""


LIFT_AHEAD, LIFTED, LIFT_SECONDS = 0.15, 0.05, 1.2
"""A hand is lifted at most so far ahead of the feet, m: a table's edge is in front of it; until it is so little below
its height, m, or for so long, s."""

APPROACH_SECONDS = 0.8
"""How long a hand stays in front of a surface before it touches it, s."""


class Perception(Protocol):
    """Where the robot and the things are: simulator truth in MuJoCo, localisation and a map on a robot."""

    @property
    def zones(self) -> Sequence[KeepOut]:
        """Where not to go."""
        ...

    def pose(self) -> Pose2D:
        """The base on the floor."""
        ...

    def stance(self) -> tuple[Array, float]:
        """Midpoint between the soles on the floor, world (3,), m, and the heading, rad."""
        ...

    def route(self, name: str) -> tuple[Sequence[Leg], float | None]:
        """How to walk to where one stands to use the object called `name`, and the heading there."""
        ...

    def touch_points(self, name: str, clearance: float) -> tuple[Array | None, Array | None]:
        """Where the left and the right wrist are `clearance` m off the object's surface, world (3,), m."""
        ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a step went, in the robot's own opinion.

    Attributes:
        step: What was tried.
        finished: The behaviour ended by itself, not by time.
        seconds: How long it took.
    """

    step: Step
    finished: bool
    seconds: float


class Executor:
    """Runs steps on a bridge at the control rate."""

    def __init__(
        self,
        body: Body,
        bridge: Bridge,
        perception: Perception,
        *,
        watch: Callable[[Observation], bool] | None = None,
        rules: PlanRules | None = None,
    ) -> None:
        """Join skills, robot and perception.

        Args:
            body: Skills of the robot.
            bridge: The robot, N = 1.
            perception: Where things are.
            watch: Called after each control step; returning False interrupts the step (a fall, a stop).
            rules: What walking commands are limited by; `PlanRules()` by default.
        """
        self.body = body
        self.bridge = bridge
        self.perception = perception
        self.rules = rules or PlanRules()
        self.watch: Callable[[Observation], bool] = watch or _alive
        self.dt = body.robot.control_dt
        self.body.reset(bridge.read())

    def execute(self, step: Step) -> Outcome:
        """Run one step to its end, its time limit or an interruption.

        Raises:
            PlanError: No behaviour implements the step.
        """
        behaviour, limit = self.behaviour(step)
        finished, alive, ticks = False, True, 0
        while alive and not finished and ticks * self.dt < limit:
            alive, finished = self._tick(behaviour)
            ticks += 1
        if alive and step.skill not in HOLDING:
            ticks += self._settle()
        return Outcome(step=step, finished=finished and alive, seconds=ticks * self.dt)

    def walk(self, obs: Observation, command: Array, *, localised: bool = True) -> Array:
        """Joint targets (1, J) of walking, no faster than the rules allow here.

        Args:
            obs: As measured.
            command: Forward, left (m/s) and yaw rate (rad/s). Shape (1, 3).
            localised: Whether the pose is known; no keep-out zone can be kept without.
        """
        here, zones = self.perception.pose(), self.perception.zones if localised else ()
        limited = limit_command(command, here.position[None], np.array([here.heading]), zones, self.rules)
        return self.body.walk(obs, self.body.walking.goal_space.clip(limited))

    def _tick(self, behaviour: Behaviour) -> tuple[bool, bool]:
        obs = self.bridge.read()
        targets, over = behaviour(obs)
        self.bridge.send(targets)
        return self.watch(obs), over

    def _settle(self) -> int:
        """Stand still until the feet are quiet, so that the next step starts from a stance."""
        quiet, ticks = 0, 0
        while quiet < round(0.4 / self.dt) and ticks < round(4.0 / self.dt):
            alive, _ = self._tick(lambda obs: (self.body.walk(obs, np.zeros((1, 3))), False))
            ticks += 1
            if not alive:
                break
            quiet = 0 if self.body.stepping else quiet + 1
        return ticks

    def behaviour(self, step: Step) -> tuple[Behaviour, float]:
        """What acts in `step`, and its time limit, s: for whoever advances it one control step at a time.

        Raises:
            PlanError: No behaviour implements the step.
        """
        makers = {
            "walk": self._move,
            "turn": self._turn,
            "stand": self._stand,
            "raise": self._raise,
            "walk_to": self._walk_to,
            "touch": self._touch,
            "press": self._press,
        }
        if step.skill not in makers:
            raise PlanError(f"no behaviour for step {step.text!r} ({step.skill}); known: {sorted(makers)}")
        return makers[step.skill](step.argument)

    def _navigate(self, route: Sequence[Leg], heading: float | None) -> tuple[Behaviour, float]:
        navigator = Navigator(route, heading)
        points = [self.perception.pose().position, *(leg.position for leg in route)]
        length = sum(float(np.linalg.norm(b - a)) for a, b in zip(points, points[1:], strict=False))

        end, tries, quiet, stopping = route[-1].position, 0, 0, False

        def behave(obs: Observation) -> tuple[Array, bool]:
            nonlocal navigator, tries, quiet, stopping
            here = self.perception.pose()
            command, done = navigator.command(here, self.body.walking.goal_space)
            stopping = stopping or done
            if not stopping:
                return self.walk(obs, command[None]), False
            targets = self.body.walk(obs, np.zeros((1, 3)))
            quiet = 0 if self.body.stepping else quiet + 1
            if quiet * self.dt < QUIET:
                return targets, False
            if np.linalg.norm(here.position - end) <= ARRIVED or tries == MAX_CORRECTIONS:
                return targets, True
            tries, quiet, stopping = tries + 1, 0, False
            navigator = Navigator([Leg(position=end, keep_heading=True)], heading)
            return targets, False

        return behave, 25.0 + length / 0.25

    def _walk_to(self, name: str) -> tuple[Behaviour, float]:
        return self._navigate(*self.perception.route(name))

    def _move(self, argument: str) -> tuple[Behaviour, float]:
        direction, amount = argument.split()
        angle = {"forward": 0.0, "left": np.pi / 2, "backward": np.pi, "right": -np.pi / 2}[direction]
        here = self.perception.pose()
        way = float(amount) * np.array([np.cos(here.heading + angle), np.sin(here.heading + angle)])
        goal = Leg(position=here.position + way, keep_heading=direction != "forward")
        return self._navigate([goal], here.heading)

    def _turn(self, argument: str) -> tuple[Behaviour, float]:
        here = self.perception.pose()
        goal = here.heading + np.radians(float(argument))
        turned, last = 0.0, here.heading

        def behave(obs: Observation) -> tuple[Array, bool]:
            nonlocal turned, last
            now = self.perception.pose()
            turned += (now.heading - last + np.pi) % (2 * np.pi) - np.pi
            last = now.heading
            left = goal - here.heading - turned
            spin = float(np.clip(1.5 * left, -0.5, 0.5))
            back = here.position - now.position
            c, s = np.cos(now.heading), np.sin(now.heading)
            hold = 0.5 * np.array([c * back[0] + s * back[1], -s * back[0] + c * back[1]])
            command = np.array([[*np.clip(hold, -0.15, 0.15), spin]])
            return self.walk(obs, command), abs(left) < 0.1

        return behave, 25.0

    def _stand(self, argument: str) -> tuple[Behaviour, float]:
        ticks = round(float(argument) / self.dt)
        return self._for(ticks, lambda obs: self.body.walk(obs, np.zeros((1, 3))))

    def _raise(self, argument: str) -> tuple[Behaviour, float]:
        del argument
        high = np.array([RAISED])
        return self._for(round(2.5 / self.dt), lambda obs: self.body.reach(obs, high))

    def _touch(self, name: str, clearance: float = TOUCH_CLEARANCE) -> tuple[Behaviour, float]:
        """Lift the better placed hand beside the body, bring it in front of the surface, then onto it."""
        near_by = self.perception.touch_points(name, APPROACH_CLEARANCE)
        surface = self.perception.touch_points(name, clearance)
        _, hand = self._one_hand(near_by)
        ticks, lifted, held = 0, 0, 0

        def behave(obs: Observation) -> tuple[Array, bool]:
            nonlocal ticks, lifted, held
            ticks += 1
            close = lifted > 0 and (ticks - lifted) * self.dt > APPROACH_SECONDS
            goal, _ = self._one_hand(surface if close else near_by, hand)
            if not lifted:
                goal[0, 3 * hand] = min(goal[0, 3 * hand], LIFT_AHEAD)
                low = float(goal[0, 3 * hand + 2] - self.body.wrists()[0, hand, 2])
                lifted = ticks if low < LIFTED or ticks * self.dt > LIFT_SECONDS else 0
            targets = self.body.reach(obs, self.body.reaching.goal_space.clip(goal))
            error = np.linalg.norm(self.body.wrists()[0, hand] - goal[0, 3 * hand : 3 * hand + 3])
            held = held + 1 if close and error < 0.04 else 0
            return targets, held > round(0.3 / self.dt)

        return behave, 5.5

    def _press(self, name: str) -> tuple[Behaviour, float]:
        point, _ = self.perception.touch_points(name, PRESS_CLEARANCE)
        if point is None or "button_press" not in self.body.blenders:
            return self._touch(name, PRESS_CLEARANCE)
        held = 0

        def behave(obs: Observation) -> tuple[Array, bool]:
            nonlocal held
            middle, heading = self.perception.stance()
            local = _local(point, middle, heading)
            targets = self.body.blend("button_press", obs, np.concatenate([local, local])[None])
            near = float(np.linalg.norm(self.body.wrists()[0, 0] - local)) < 0.04
            held = held + 1 if near else 0
            return targets, held > round(0.4 / self.dt)

        return behave, 8.0

    def reach_goal(self, name: str) -> Array:
        """Reaching goal (1, 6) that touching or pressing `name` would use from here."""
        return self._one_hand(self.perception.touch_points(name, TOUCH_CLEARANCE))[0]

    def _one_hand(self, points: tuple[Array | None, Array | None], hand: int | None = None) -> tuple[Array, int]:
        """Reaching goal (1, 6) with one hand at its point, the other at rest; and which hand.

        Args:
            points: For the left and the right wrist, world (3,), m; None where a hand does not suit.
            hand: 0 left, 1 right; None for the one that has the least to do.
        """
        middle, heading = self.perception.stance()
        space = self.body.reaching.goal_space
        rest = np.array([0.22, 0.24, 0.98, 0.22, -0.24, 0.98])
        options: list[tuple[float, int, Array]] = []
        for side, point in enumerate(points):
            if point is None or (hand is not None and side != hand):
                continue
            part = slice(3 * side, 3 * side + 3)
            local = _local(point, middle, heading)
            outside = np.abs(local - np.clip(local, space.lower[part], space.upper[part])).sum()
            cost = float(outside + 0.2 * np.linalg.norm(local - rest[part]))
            options.append((cost, side, local))
        _, chosen, local = min(options, key=lambda o: o[0])
        goal = rest[None].copy()
        goal[0, 3 * chosen : 3 * chosen + 3] = local
        return goal, chosen

    def _for(self, ticks: int, targets: Callable[[Observation], Array]) -> tuple[Behaviour, float]:
        count = 0

        def behave(obs: Observation) -> tuple[Array, bool]:
            nonlocal count
            count += 1
            return targets(obs), count >= ticks

        return behave, ticks * self.dt + 1.0


def _local(point: Array, middle: Array, heading: float) -> Array:
    """A world point (3,) in the stance frame."""
    d = point - middle
    c, s = np.cos(heading), np.sin(heading)
    return np.array([c * d[0] + s * d[1], -s * d[0] + c * d[1], d[2]])


def _alive(obs: Observation) -> bool:
    """Nobody watches."""
    del obs
    return True
