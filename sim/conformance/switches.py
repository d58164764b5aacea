"""Policies that take over from each other through the guard while the robot moves: walking, reaching, blenders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.conformance.judge import MotorJudge, tilts
from sim.conformance.robot import LINK_DT, SpeakingRobots
from sim.conformance.suite import quiet
from sim.skills.reaching import reachable_points
from skillblend.contracts import Array, BoolArray, Observation
from skillblend.errors import InputError, UnknownNameError
from skillblend.kinematics import from_heading, to_heading, yaw
from skillblend.safety import Guard, Rules
from skillblend.scales import Scales
from skillblend.skillset import SkillSet

HOLD = (1.0, 2.5)
"""How long a policy acts before the next one takes over, s."""
WALK, REACH = "walking", "reaching"
BLENDER = "far_reach"
WIDE = ((-0.2, -0.5, 0.95), (1.0, 0.5, 1.35))
"""Where a blender's targets lie around the robot when it takes over, heading frame, m."""
APART = 0.2
"""Half the distance between the targets of a blender's two hands, m."""
MAX_SWITCHES = 10_000
_COMMAND, _LEFT, _RIGHT, _FAR = 230, 231, 232, 233


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


class PolicySwitches:
    """N robots whose policies change at the same random moments, to goals of their own."""

    def __init__(
        self,
        skills: SkillSet,
        seed: int,
        *,
        robots: int = 1,
        policies: Sequence[str] = (WALK, REACH),
        rules: Rules | None = None,
    ) -> None:
        """Stand them up.

        Args:
            skills: Skills and blenders.
            seed: Of everything.
            robots: N.
            policies: Which take turns, the first one first: two or more of walking, reaching and far_reach.
            rules: Of the guard.

        Raises:
            InputError: Less than one robot, or less than two policies.
            UnknownNameError: No such policy.
        """
        known = (WALK, REACH, *(name for name in skills.blenders if name == BLENDER))
        for name in policies:
            if name not in known:
                raise UnknownNameError("policy", name, known)
        if robots < 1 or len(set(policies)) < 2:
            raise InputError(f"robots = {robots} must be at least 1, and {list(policies)} at least two policies")
        self.skills, self.robots = skills, SpeakingRobots(skills.robot, np.arange(robots), seed)
        self.judge = MotorJudge(skills.robot, robots, self.robots.noise)
        self.guard = Guard(skills.robot, rules, num=robots)
        self.policies = tuple(policies)
        self._rng = np.random.default_rng(seed)
        self._fell: BoolArray = np.zeros(robots, dtype=np.bool_)
        place = Scales.of(skills.robot).place
        self._wide = [np.array([x, y, place((0.0, 0.0, z))[2]]) for x, y, z in WIDE]
        self._points = reachable_points(skills.robot, skills.skill(REACH).controller)  # type: ignore[arg-type]

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
        """Random goals for `policy`, and how to pursue them."""
        robots, draw = self.robots, self.robots.streams.uniform
        if policy == WALK:
            space = self.skills.skill(WALK).goal_space
            command = draw(robots.ids, _COMMAND, space.lower, space.upper, 3)
            return lambda obs: self.skills.act(obs, self.skills.one_hot(WALK, command))
        if policy == REACH:
            rows = [robots.streams.integers(robots.ids, tag, 0, len(self._points)) for tag in (_LEFT, _RIGHT)]
            left, right = self._points[rows[0]], self._points[rows[1]] * [1.0, -1.0, 1.0]
            goal = np.concatenate([left, right], axis=1)
            return lambda obs: self.skills.act(obs, self.skills.one_hot(REACH, goal))
        middle, heading = self._stance()
        low, high = self._wide
        center = middle + from_heading(draw(robots.ids, _FAR, low, high, 3)[:, None], heading)[:, 0]
        aside = from_heading(np.tile([0.0, APART, 0.0], (len(heading), 1, 1)), heading)[:, 0]
        world = np.stack([center + aside, center - aside], axis=1)

        def blend(obs: Observation) -> Array:
            middle, heading = self._stance()
            local = to_heading(world - middle[:, None], heading).reshape(-1, 6)
            return self.skills.act(obs, self.skills.task(BLENDER, local))

        return blend

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
