"""All skills of a robot kept in step: whichever acts, every other knows what was sent and can take over."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np

from skillblend.blending import BlendConfig, BlendController, BlendMemory
from skillblend.bundle import CONFIG, Bundle
from skillblend.contracts import Array, BoolArray, Observation, Robot
from skillblend.errors import BundleError
from skillblend.kinematics import gravity_base, length
from skillblend.skills.skill import Reaching, Walking, load_skill, naming, read_policy, tuples

RECOVER_TILT = 0.25
"""A reaching robot that tilts by more (sine of the angle) gives its legs back to walking, to step."""

CALM_SPEED, CALM_TILT, CALM_TIME = 0.1, 0.12, 0.3
"""Legs are handed over once the gait clock has been off, leg odometry below this speed (m/s, over half a second) and
the tilt below this (sine of the angle) for so long (s): a robot that has just stopped may still be falling."""

HAND_OVER = 0.3
"""How long it takes to hand the legs from walking to reaching, s."""


class Body:
    """Walking, reaching and their blenders for N robots.

    Attributes:
        walking, reaching: The frozen skills.
        blenders: High-level policies by task name.
    """

    def __init__(
        self, walking: Walking, reaching: Reaching, blenders: dict[str, tuple[BlendController, Bundle]]
    ) -> None:
        """Join skills that were trained for the same robot."""
        self.robot: Robot = walking.robot
        self.walking = walking
        self.reaching = reaching
        self.blenders = blenders
        self._core = make_blend_controller(walking, reaching, BlendConfig())
        self.memory: BlendMemory = self._core.new_memory(1)
        self._legs = self.robot.joints("hip", "knee", "ankle")
        self._gates: BoolArray = np.arange(self._core.action_size) >= 9
        self._share = np.ones(1)
        self._calm = np.zeros(1)
        self._ticks = 0

    def reset(self, obs: Observation) -> None:
        """Begin with the robots of `obs`, which stand as they are."""
        self.memory = self._core.new_memory(obs.num)
        self.memory.reset(np.arange(obs.num), obs.joint_position)
        self._share = np.zeros(obs.num)
        self._calm = np.zeros(obs.num)
        self._ticks = 0

    @property
    def stepping(self) -> bool:
        """Whether any robot's gait clock runs."""
        return bool(self.memory.walking.stepping.any())

    def walk(self, obs: Observation, command: Array) -> Array:
        """Joint targets (N, J) of walking under `command` (N, 3)."""
        return self.switched(obs, command, np.zeros((obs.num, 6)), np.zeros(obs.num, dtype=np.bool_))

    def reach(self, obs: Observation, goal: Array) -> Array:
        """Joint targets (N, J) of reaching for `goal` (N, 6).

        Taking over from a walking robot, arms and torso reach at once while the legs first walk to a
        stop; once they have been calm for `CALM_TIME` they are handed over within `HAND_OVER` seconds.
        """
        return self.switched(obs, np.zeros((obs.num, 3)), goal, np.ones(obs.num, dtype=np.bool_))

    def _walk_targets(self, obs: Observation, command: Array) -> Array:
        memory, controller = self.memory.walking, self.walking.controller
        action = self.walking.bundle.actor(controller.features(obs, command, memory))
        return controller.targets(action, command, memory)

    def switched(self, obs: Observation, command: Array, goal: Array, reaching: BoolArray) -> Array:
        """Joint targets (N, J) where some of N robots walk and others reach (`reaching`, (N,))."""
        command = np.where(reaching[:, None], 0.0, command)
        self.memory.command = command
        self.memory.action[:] = np.where(reaching, 3.0, -3.0)[:, None] * self._gates
        self._core.update(obs, goal, self.memory)
        walking = self.memory.walking
        tilt = length(gravity_base(obs.base_quaternion)[:, :2])
        calm = ~walking.stepping & (length(walking.average[:, :2]) < CALM_SPEED) & (tilt < CALM_TILT)
        self._calm = np.where(calm, self._calm + self.robot.control_dt, 0.0)
        ready = reaching & ((self._calm > CALM_TIME) | (self._share > 0.0)) & (tilt < RECOVER_TILT)
        step = self.robot.control_dt / HAND_OVER
        self._share = np.where(ready, np.minimum(self._share + step, 1.0), 0.0)
        walk = self._walk_targets(obs, command)
        memory, controller = self.memory.reaching, self.reaching.controller
        action = self.reaching.bundle.actor(controller.features(obs, goal, memory))
        reach = controller.targets(action, goal, memory)
        share = np.where(reaching[:, None], 1.0, np.zeros_like(walk))
        share[:, self._legs] = self._share[:, None]
        mixed = share * reach + (1.0 - share) * walk
        self._core.sent(mixed, self.memory)
        self._ticks = 0
        return mixed

    def blend(self, task: str, obs: Observation, goal: Array) -> Array:
        """Joint targets (N, J) of the blender trained for `task`, hands to `goal` (N, 6)."""
        controller, bundle = self.blenders[task]
        goal = controller.goal_space.clip(goal)
        controller.update(obs, goal, self.memory)
        if self._ticks % controller.config.decision_ticks == 0:
            action = bundle.actor(controller.features(obs, goal, self.memory))
            controller.decide(action, self.memory)
        self._ticks += 1
        self._share[:] = 0.0
        self._calm[:] = 0.0
        return controller.targets(obs, goal, self.memory)

    def wrists(self) -> Array:
        """Filtered wrist positions, stance frame. Shape (N, 2, 3), m; NaN before the first step."""
        return self.memory.reaching.wrists


def make_blend_controller(walking: Walking, reaching: Reaching, config: BlendConfig) -> BlendController:
    """A blender's observation and action mapping over two frozen skills."""
    return BlendController(
        walking.robot,
        (walking.controller, walking.bundle.actor),  # type: ignore[arg-type]
        (reaching.controller, reaching.bundle.actor),  # type: ignore[arg-type]
        config,
    )


BLEND_TASKS: dict[str, BlendConfig] = {
    "far_reach": BlendConfig(hands="both"),
    "button_press": BlendConfig(hands="left"),
}
"""Tasks that ship with a blender, and how it is configured."""


def read_blender(folder: Path, name: str, controller: BlendController) -> Bundle:
    """Read the bundle of a blender, which was trained as `controller` is configured.

    Raises:
        BundleError: It does not exist or does not fit.
    """
    bundle = read_policy(folder, name, controller)
    with naming(folder):
        trained = asdict(BlendConfig(**tuples(bundle.config["controller"])))
    for key, value in asdict(controller.config).items():
        if trained[key] != value:
            raise BundleError(
                f"{folder / CONFIG}: controller.{key} is {trained[key]!r}, this code needs {value!r}; train it again"
            )
    return bundle


def load_body(robot: Robot, models: Path) -> Body:
    """Read all bundles of `robot` under `models`; blenders that do not exist are left out.

    Raises:
        BundleError: A bundle does not fit, or a skill is missing.
    """
    walking: Walking = load_skill("walking", robot, models / robot.name / "walking")
    reaching: Reaching = load_skill("reaching", robot, models / robot.name / "reaching")
    blenders: dict[str, tuple[BlendController, Bundle]] = {}
    for task, config in BLEND_TASKS.items():
        folder = models / robot.name / task
        if folder.is_dir():
            controller = make_blend_controller(walking, reaching, config)
            bundle = read_blender(folder, task, controller)
            blenders[task] = (controller, bundle)
    return Body(walking, reaching, blenders)
