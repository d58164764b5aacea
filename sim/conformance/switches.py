"""Policies that take over from each other through the guard while the robot moves: its skills, its blenders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.conformance.judge import MotorJudge, tilts
from sim.conformance.robot import LINK_DT, SpeakingRobots
from sim.conformance.suite import quiet
from sim.skills.spec import drawn_goals
from sim.tasks.spec import TASKS
from skillblend.contracts import Array, BoolArray, GoalSpace, Observation
from skillblend.errors import InputError, UnknownNameError
from skillblend.kinematics import from_heading, to_heading, yaw
from skillblend.safety import Guard, Rules
from skillblend.scripts import Scripted
from skillblend.skillset import SkillSet
from skillblend.terms import point_columns, point_names

HOLD = (1.0, 2.5)
"""How long a policy acts before the next one takes over, s."""
MAX_SWITCHES = 10_000
_GOALS = 230
"""First of the tags of random goals: two a policy, in alphabetical order."""


@dataclass(frozen=True, kw_only=True)
class SwitchResult:
    """What became of the robots.

    Attributes:
        robots, switches: How many, and how often each robot's policy changed.
        policies: Which took turns.
        falls: Robots that fell.
        trips: Robots that the guard stopped.
        torque_excess: Worst demand over a joint's torque limit, N m.
        position_excess: Worst target outside a joint's range, rad.
        velocity_excess: Worst torque that sped up a joint beyond its velocity limit, N m.
        while_walking: Share of the switches at which the robots' gait clocks ran.
        reasons: Of the trips.
    """

    robots: int
    switches: int
    policies: tuple[str, ...]
    falls: int
    trips: int
    torque_excess: float
    position_excess: float
    velocity_excess: float
    while_walking: float
    reasons: list[str]

    @property
    def passed(self) -> bool:
        """Whether nobody fell or was stopped, and no limit was exceeded."""
        excess = max(self.torque_excess, self.position_excess, self.velocity_excess)
        return not self.falls and not self.trips and excess <= 0.0


class _Pinned:
    """Goals whose points stay where they are in the world, wherever the robots go."""

    def __init__(self, space: GoalSpace, goal: Array, middle: Array, heading: Array) -> None:
        """Goals (N, G) as robots see them that stand at `middle` (N, 3), m, and face `heading` (N,), rad."""
        self._columns = [point_columns(space, name) for name in point_names(space)]
        self._goal = goal
        self._world = [middle + from_heading(goal[:, None, c], heading)[:, 0] for c in self._columns]

    def seen(self, middle: Array, heading: Array) -> Array:
        """The goals (N, G) as robots see them that stand and face like this."""
        out = self._goal.copy()
        for columns, world in zip(self._columns, self._world, strict=True):
            out[:, columns] = to_heading((world - middle)[:, None], heading)[:, 0]
        return out


def default_policies(skills: SkillSet) -> tuple[str, ...]:
    """All skills of a robot, the one that recovers first."""
    return (skills.recovering, *(name for name in skills.names if name != skills.recovering))


class PolicySwitches:
    """N robots whose policies change at the same random moments, to goals of their own."""

    def __init__(
        self,
        skills: SkillSet,
        seed: int,
        *,
        robots: int = 1,
        policies: Sequence[str] | None = None,
        rules: Rules | None = None,
        loaded: bool = False,
    ) -> None:
        """Stand them up.

        Args:
            skills: Skills and blenders.
            seed: Of everything.
            robots: N.
            policies: Which take turns, the first one first: two or more of the robot's skills and of the tasks that
                it has blenders for; None for its skills, beginning with the one that recovers.
            rules: Of the guard.
            loaded: Each robot carries something at its palms.

        Raises:
            InputError: Less than one robot, or less than two policies.
            UnknownNameError: No such policy.
        """
        known = (*skills.names, *skills.blenders)
        policies = default_policies(skills) if policies is None else policies
        for name in policies:
            if name not in known:
                raise UnknownNameError("policy", name, known)
        if robots < 1 or len(set(policies)) < 2:
            raise InputError(f"robots = {robots} must be at least 1, and {list(policies)} at least two policies")
        self.skills = skills
        self.robots = SpeakingRobots(skills.robot, np.arange(robots), seed, loaded=loaded)
        self.judge = MotorJudge(skills.robot, robots, self.robots.noise)
        self.guard = Guard(skills.robot, rules, num=robots)
        self.policies = tuple(policies)
        self._rng = np.random.default_rng(seed)
        self._fell: BoolArray = np.zeros(robots, dtype=np.bool_)
        scripts = [name for name, (_, decider) in skills.blenders.items() if isinstance(decider, Scripted)]
        order = [*sorted(set(known) - set(scripts)), *sorted(scripts)]
        self._tags = {name: _GOALS + 2 * i for i, name in enumerate(order)}

    def run(self, switches: int, progress: Callable[[int, int], None] | None = None) -> SwitchResult:
        """Walk, and change the policy `switches` times.

        Raises:
            InputError: Too few or too many switches.
        """
        if not 1 <= switches <= MAX_SWITCHES:
            raise InputError(f"switches = {switches} must be between 1 and {MAX_SWITCHES}")
        stepping: list[float] = []
        policy = self.policies[0]
        with quiet():
            self._begin()
            self._act(policy)
            for number in range(switches):
                stepping.append(float(self.skills.stepping.mean()))
                others = [p for p in self.policies if p != policy]
                policy = others[int(self._rng.integers(len(others)))]
                self._act(policy)
                if progress is not None:
                    progress(number + 1, switches)
        return self._result(switches, float(np.mean(stepping)))

    def _begin(self) -> None:
        obs = self._observe()
        self.guard.arm()
        self.guard.stand()
        self.guard.run()
        self.skills.reset(obs)

    def _act(self, policy: str) -> None:
        """Let `policy` act for a random time."""
        periods = round(float(self._rng.uniform(*HOLD)) / self.skills.robot.control_dt)
        targets = self._goal(policy)
        for _ in range(periods):
            wanted = targets(self._observe())
            self._send(self.guard.filter(wanted, self.robots.time, policy))
            for _ in range(round(self.skills.robot.control_dt / LINK_DT) - 1):
                self._observe()
                self._send(self.guard.tick(self.robots.time))

    def _goal(self, policy: str) -> Callable[[Observation], Array]:
        """Random goals for `policy`, and how to pursue them: a blender's are fixed in the world."""
        skills, robots, tag = self.skills, self.robots, self._tags[policy]
        if policy in skills.names:
            blend = skills.one_hot(
                policy, drawn_goals(skills.skill(policy).controller, policy, robots.streams, robots.ids, tag)
            )
            return lambda obs: skills.act(obs, blend)
        space, draw = skills.blenders[policy][0].goal_space, TASKS[policy].asked
        if draw is not None:
            goal = draw(skills.robot, robots.streams, robots.ids, tag)
        else:
            goal = robots.streams.uniform(robots.ids, tag, space.lower, space.upper, len(space.names))
        pinned = _Pinned(space, goal, *self._stance())
        return lambda obs: skills.act(obs, skills.task(policy, space.clip(pinned.seen(*self._stance()))))

    def _stance(self) -> tuple[Array, Array]:
        """Midpoint between the soles on the floor, world (N, 3), m, and the heading (N,), rad: localisation."""
        middle = self.robots.sim.foot_position().mean(axis=1)
        middle[:, 2] = 0.0
        return middle, yaw(self.robots.truth().base_quaternion)

    def _observe(self) -> Observation:
        """The robots' state messages, shown to the guard."""
        robots, codec = self.robots, self.robots.codec
        state = codec.decode_state(codec.encode_state(robots.measure(robots.truth())))
        self.guard.observe(state.observation(), robots.time, state.status())
        return state.observation()

    def _send(self, targets: Array) -> None:
        """What the guard passed, as bytes; one link period."""
        command, robots, truth = self.guard.command, self.robots, self.robots.truth()
        data = robots.codec.encode_command(targets, command.stiffness, command.damping, command.enabled)
        self.judge.see(robots.time, truth, robots.obey(data))
        robots.step()
        self._fell |= tilts(truth.base_quaternion) > np.pi / 4

    def _result(self, switches: int, stepping: float) -> SwitchResult:
        findings = self.judge.findings()
        return SwitchResult(
            robots=len(findings),
            switches=switches,
            policies=self.policies,
            falls=int(self._fell.sum()),
            trips=int(self.guard.faulted.sum()),
            torque_excess=max(f.torque for f in findings),
            position_excess=max(f.position for f in findings),
            velocity_excess=max(f.velocity for f in findings),
            while_walking=stepping,
            reasons=[f"robot {r.robot} at {r.time:.2f} s: {r.detail}" for r in self.guard.records],
        )
