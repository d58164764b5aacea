"""Tasks for a blender: reach targets metres away (FarReach) and press a button on a wall (ButtonPress).

Definitions follow SkillBench (Kuang et al., arXiv 2506.09366, appendix) with these corrections: targets
lie on both sides of the robot, within reach of the arms once it has walked there; the button is a real
spring-loaded one that a hand has to push; errors are reported with and without fallen episodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np

from sim.batch import BatchSim
from sim.randomisation import Randomiser
from sim.streams import Streams
from sim.tasks.base import Task, fallen
from sim.things.button import DEPTH, RECESS, THRESHOLD, cap
from sim.world import World
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray, Observation, WorldState
from skillblend.kinematics import gravity_base, to_heading, turned, yaw
from skillblend.scales import Scales

_POSE, _YAW, _CENTRE, _LEFT, _RIGHT, _BUTTON = range(6)

WEIGHTS: dict[str, float] = {
    "far": 2.0, "near": 2.0, "exact": 2.0, "fine": 2.0, "effort": -0.02, "tilt": -0.5, "slip": -0.1, "pressed": 3.0,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BlendTaskConfig:
    """Episodes of a blender's task.

    Attributes:
        episode_seconds: Length, s.
        success_distance: Largest wrist error that counts as reached, m.
        weights: Reward weights per second.
    """

    episode_seconds: float = 8.0
    success_distance: float = 0.05
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))


class BlendTask(Task):
    """What FarReach and ButtonPress share: hands to points in the world, errors at the last step."""

    def __init__(self, world: World, controller: BlendController, config: BlendTaskConfig | None = None) -> None:
        """Bind a blender's observation and action mapping to a world."""
        self.world = world
        self.controller = controller
        self.config = config or BlendTaskConfig()
        self.decimation = controller.config.decision_ticks
        self.actor_size = controller.observation_size
        self.critic_size = controller.privileged_size
        self.action_size = controller.action_size
        self.fallen_height = Scales.of(world.robot).fallen_height
        period = world.robot.control_dt * self.decimation
        self.episode_steps = round(self.config.episode_seconds / period)
        self.period = period

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        n = sim.n
        self.memory = self.controller.new_memory(n)
        self.target = np.zeros((n, 2, 3))
        self.goal = np.zeros((n, 6))
        self.distance = np.zeros((n, 2))
        self.age = np.zeros(n)
        self.fell = np.zeros(n, dtype=np.bool_)
        self.feet = np.zeros((n, 2, 3))
        self.slip = np.zeros(n)
        names = ("error", "paper_error", "success", "fell", "length", "first_success")
        self.metrics = {k: np.zeros(n) for k in names}

    def initial_state(self, ids: IntArray) -> tuple[Array, Array]:
        """Default pose with noise at the origin, facing +x."""
        joints = self.world.robot.num_joints
        qpos = np.tile(self.world.home, (len(ids), 1))
        qpos[:, 7 : 7 + joints] += self.streams.uniform(ids, _POSE, -0.04, 0.04, joints)
        qpos[:, 2] += 0.005
        qpos[:, 3:7] = turned(qpos[:, 3:7], self.streams.uniform(ids, _YAW, -0.1, 0.1)[:, 0])
        return qpos, np.zeros((len(ids), self.world.model.nv))

    def begin(self, ids: IntArray, state: WorldState, obs: Observation) -> None:
        """Clear bookkeeping and draw the targets."""
        self.memory.reset(ids, state.joint_position[ids])
        self.memory.walking.stance = self.controller.walking.odometry(obs)
        self.memory.reaching.stance = self.memory.walking.stance
        self.age[ids] = 0.0
        self.fell[ids] = False
        self.slip[ids] = 0.0
        self.feet[ids] = self.sim.foot_position(ids)
        for values in self.metrics.values():
            values[ids] = 0.0
        self.metrics["first_success"][ids] = np.nan
        self.draw_targets(ids, state)
        self._aim(state)

    def draw_targets(self, ids: IntArray, state: WorldState) -> None:
        """Set `target` (world) for new episodes."""
        raise NotImplementedError

    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Decide at the first tick, then let the skills run."""
        if tick == 0:
            self.controller.decide(action, self.memory)
            self.action = action
            self.slip[:] = 0.0
        return self.controller.targets(obs, self.goal, self.memory)

    def after_tick(self, state: WorldState, obs: Observation) -> None:
        """Goals re-expressed in the moved stance frame; the skills' filters."""
        feet = self.sim.foot_position()
        moved = np.linalg.norm((feet - self.feet)[:, :, :2], axis=2) / self.world.robot.control_dt
        self.slip += (moved * state.foot_contact).sum(axis=1) / self.decimation
        self.feet = feet
        self._aim(state)
        self.controller.update(obs, self.goal, self.memory)

    def observe(self, state: WorldState, obs: Observation) -> Array:
        """Blender features, then truth for the critic."""
        features = self.controller.features(obs, self.goal, self.memory)
        heading = yaw(state.base_quaternion)
        error = to_heading(self.target - self.sim.hand_position(), heading)
        rand, left = self.randomiser, 1.0 - self.age / self.config.episode_seconds
        truth = [
            to_heading(state.base_linear_velocity, heading),
            np.clip(error * 5.0, -3.0, 3.0).reshape(state.num, 6),
            state.foot_contact.astype(np.float64),
            left[:, None],
            rand.friction[:, None] - 0.8,
            rand.mass[:, None] * 0.2,
        ]
        return np.concatenate([features, np.concatenate(truth, axis=1)], axis=1)

    def reward(self, state: WorldState) -> Array:
        """Four widths of nearness, a little effort, a price for falling."""
        self.age += self.period
        self.distance = np.linalg.norm(self.target - self.sim.hand_position(), axis=2)
        error = self.scored(self.distance)
        gravity = gravity_base(state.base_quaternion)
        self.terms = {
            "far": np.exp(-error / 0.5),
            "near": np.exp(-((error / 0.12) ** 2)),
            "exact": np.exp(-((error / 0.04) ** 2)),
            "fine": np.exp(-((error / 0.015) ** 2)),
            "effort": (np.clip(self.action, -3, 3) ** 2).mean(axis=1),
            "tilt": (gravity[:, :2] ** 2).sum(axis=1),
            "slip": self.slip,
            "pressed": self.bonus(state),
        }
        total = sum((self.config.weights[k] * v for k, v in self.terms.items()), np.zeros(state.num))
        self.fell = self.failed(state)
        self._measure(state, error)
        return total * self.period - 2.0 * self.fell

    def scored(self, distance: Array) -> Array:
        """Error (N,) in m from wrist distances (N, 2)."""
        return distance.mean(axis=1)

    def paper_error(self) -> Array:
        """Mean absolute error per axis over both wrists, the paper's metric. Shape (N,), m."""
        return np.abs(self.target - self.sim.hand_position()).mean(axis=(1, 2))

    def bonus(self, state: WorldState) -> Array:
        """Extra reward term (N,)."""
        return np.zeros(state.num)

    def failed(self, state: WorldState) -> BoolArray:
        """Tilted by more than 45 degrees or too low."""
        return fallen(state, self.fallen_height)

    def succeeded(self, state: WorldState) -> BoolArray:
        """Every scored wrist is within `success_distance` of its target now."""
        del state
        return self.distance.max(axis=1) < self.config.success_distance

    def _measure(self, state: WorldState, error: Array) -> None:
        good = self.succeeded(state) & ~self.fell
        self.metrics["error"] = error
        self.metrics["paper_error"] = self.paper_error()
        self.metrics["success"] = good.astype(np.float64)
        self.metrics["fell"] = self.fell.astype(np.float64)
        self.metrics["length"] += 1
        first = np.isnan(self.metrics["first_success"]) & good
        self.metrics["first_success"] = np.where(first, self.age, self.metrics["first_success"])

    def _aim(self, state: WorldState) -> None:
        middle = self.sim.foot_position().mean(axis=1)
        middle[:, 2] = 0.0
        local = to_heading(self.target - middle[:, None], yaw(state.base_quaternion))
        self.goal = self.controller.goal_space.clip(local.reshape(state.num, 6))


class FarReachTask(BlendTask):
    """Both wrists to targets up to 2.8 m away; floor of doing nothing: about 0.85 m by the paper's metric.

    Each wrist's target is its start plus an offset on a sphere of radius 0.25 m (cut to x in
    [-0.10, 0.25], outward y to 0.25, inward y to 0.10), plus a centre shared by both hands: x from U[0, 2],
    y from U[-2, 2], z from U[0, 2] capped at 0.5, all heights capped at 1.6 m.
    """

    name = "far_reach"
    paper_threshold = 0.05
    max_height = 1.6

    def draw_targets(self, ids: IntArray, state: WorldState) -> None:
        """See the class docstring."""
        draw, k = self.streams.uniform, len(ids)
        centre = draw(ids, _CENTRE, np.array([0.0, -2.0, 0.0]), np.array([2.0, 2.0, 2.0]), 3)
        centre[:, 2] = np.minimum(centre[:, 2], 0.5)
        offsets = np.stack([self._offset(ids, _LEFT, 1.0), self._offset(ids, _RIGHT, -1.0)], axis=1)
        start = self._wrist_start(k, state)
        target = start + offsets + centre[:, None]
        target[:, :, 2] = np.minimum(target[:, :, 2], self.max_height)
        self.target[ids] = target

    def _offset(self, ids: IntArray, tag: int, side: float) -> Array:
        """Uniform on the sphere, cut to the box by the first of eight draws that lies inside."""
        u = self.streams.uniform(ids, 20 + tag, 0.0, 1.0, 16).reshape(len(ids), 8, 2)
        z, angle = 2 * u[..., 0] - 1, 2 * np.pi * u[..., 1]
        r = np.sqrt(1 - z * z)
        points = 0.25 * np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=-1)
        outward = side * points[..., 1]
        inside = (points[..., 0] > -0.10) & (outward > -0.10)
        first = np.argmax(inside, axis=1)
        chosen = points[np.arange(len(ids)), first]
        fallback = np.array([0.25, 0.0, 0.0])
        some: BoolArray = np.asarray(inside.any(axis=1))
        return np.where(some[:, None], chosen, fallback)

    def _wrist_start(self, k: int, state: WorldState) -> Array:
        del state
        home = self.world.robot.default_pose[None]
        arms = self.controller.reaching.arms(home, np.zeros_like(home)).position[0]
        arms = arms + np.array([0.0, 0.0, self.world.robot.base_height])
        return np.tile(arms, (k, 1, 1))


class ButtonPressTask(BlendTask):
    """Press a spring-loaded button on a wall 1.5 m ahead with the left hand.

    The wall's near face is at x = 1.475 (0.05 m thick, centre 1.5); the button sticks out of it, at y from
    U[-0.5, 0.5] and z from U[0.8, 1.4] (the paper's U[0.5, 1.5], cut to what reaching's goal space
    covers). Success: pushed in beyond `threshold` by the wrist, which is within 5 cm of it.
    """

    name = "button_press"
    paper_threshold = 0.05
    threshold = THRESHOLD

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Find the button."""
        super().attach(sim, streams, randomiser)
        model = sim.world.model
        self._travel = int(model.joint("button").qposadr[0])
        self._mount = int(model.body("button_mount").id)
        self._place = sim.batch.expand("body_pos")
        self.pressed = np.zeros(sim.n, dtype=np.bool_)
        self._ever = np.zeros(sim.n, dtype=np.bool_)
        self.metrics["pressed"] = np.zeros(sim.n)

    def initial_state(self, ids: IntArray) -> tuple[Array, Array]:
        """The button's place is drawn with the state."""
        place = self.streams.uniform(ids, _BUTTON, np.array([-0.5, 0.8]), np.array([0.5, 1.4]), 2)
        self._place[ids, self._mount, 1:] = place
        return super().initial_state(ids)

    def draw_targets(self, ids: IntArray, state: WorldState) -> None:
        """The left wrist's target is the button; the right hand has none."""
        del state
        self.pressed[ids] = False
        self._ever[ids] = False
        place = self._place[ids, self._mount, 1:]
        left = np.concatenate([np.full((len(ids), 1), BUTTON_X), place], axis=1)
        self.target[ids] = np.stack([left, left], axis=1)

    def after_tick(self, state: WorldState, obs: Observation) -> None:
        """Watch the button's travel."""
        super().after_tick(state, obs)
        self.pressed = self.sim.qpos[:, self._travel] > self.threshold
        left = np.linalg.norm(self.target[:, 0] - self.sim.hand_position()[:, 0], axis=1)
        self._ever |= self.pressed & (left < self.config.success_distance)

    def scored(self, distance: Array) -> Array:
        """Left wrist only."""
        return distance[:, 0]

    def paper_error(self) -> Array:
        """Mean absolute error of the left wrist over y and z, as the paper scores this task."""
        return np.abs(self.target[:, 0] - self.sim.hand_position()[:, 0])[:, 1:].mean(axis=1)

    def bonus(self, state: WorldState) -> Array:
        """While pressed."""
        del state
        self.metrics["pressed"] = self._ever.astype(np.float64)
        return self.pressed.astype(np.float64)

    def succeeded(self, state: WorldState) -> BoolArray:
        """Pressed now, by the hand that should."""
        del state
        return self.pressed & (self.distance[:, 0] < self.config.success_distance)


BUTTON_X = 1.425
"""Where the wrist is when its 3 cm sphere has pushed the button in by 2.5 cm, m."""


def furnish_button(spec: mujoco.MjSpec) -> None:
    """Wall at x = 1.5 and, before it, the button of every scene on a mount that tasks move per simulation."""
    spec.worldbody.add_geom(
        name="wall", type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.025, 1.0, 1.5], pos=[1.5, 0, 1.5],
        contype=1, conaffinity=0, rgba=[0.75, 0.78, 0.8, 1],
    )  # fmt: skip
    mount = spec.worldbody.add_body(name="button_mount", pos=[1.475 - DEPTH / 2 - RECESS, 0, 1.1])
    cap().add(mount, "button", visual=False)
