"""The nouns that every package shares. NumPy only; arrays that vary per robot lead with a batch axis N.

Conventions: SI units, float64, quaternions ``wxyz``, world frame z up, base frame x forward, y left
(REP-103). Joint order is always `Robot.joint_names`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from skillblend.errors import InputError, ShapeError, UnknownNameError

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Body:
    """One rigid body of the kinematic tree.

    Attributes:
        name: Link name.
        parent: Index of the parent body, -1 for the floating base.
        position: Origin in the parent frame at zero joint angle. Shape (3,), m.
        rotation: Orientation in the parent frame at zero joint angle. Shape (3, 3).
        joint: Index into `Robot.joint_names`, -1 where the body is welded to its parent.
        axis: Joint axis in the body frame. Shape (3,), unit length (zeros where welded).
        mass: kg.
        com: Centre of mass in the body frame. Shape (3,), m.
        inertia: Rotational inertia about the centre of mass, body axes. Shape (3, 3), kg m^2.
    """

    name: str
    parent: int
    position: Array
    rotation: Array
    joint: int
    axis: Array
    mass: float
    com: Array
    inertia: Array


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A point fixed to a body: where a foot stands or a hand touches.

    Attributes:
        body: Name of the body it is fixed to.
        offset: Position in the body frame. Shape (3,), m.
    """

    body: str
    offset: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """How the motors of one robot are addressed.

    Attributes:
        family: Of messages: `unitree_hg` or `unitree_go`.
        motors: Joint name -> slot of its motor in a message, joints that a model welds included.
        imu: Where the IMU sits: in the base, or above the yaw joint of the trunk.
    """

    family: Literal["hg", "go"]
    motors: Mapping[str, int]
    imu: Literal["base", "torso"] = "base"

    def __post_init__(self) -> None:
        """Refuse a slot that two joints share.

        Raises:
            InputError: Two joints have one motor, or a slot is negative.
        """
        slots = list(self.motors.values())
        shared = sorted(joint for joint, slot in self.motors.items() if slot < 0 or slots.count(slot) > 1)
        if shared:
            raise InputError(f"joints {shared} share a motor slot or have none; give each a slot of its own")


@dataclass(frozen=True, kw_only=True)
class Robot:
    """Everything that skills, simulation and hardware need to know about one robot.

    Attributes:
        joint_names: Actuated joints; their order is *the* joint order, J of them.
        bodies: Kinematic tree, parents before children; ``bodies[0]`` is the floating base.
        default_pose: Standing pose. Shape (J,), rad.
        position_lower, position_upper: Joint limits. Shape (J,), rad.
        velocity_limit: Shape (J,), rad/s.
        torque_limit: Shape (J,), N m.
        stiffness: PD position gain. Shape (J,), N m/rad.
        damping: PD velocity gain. Shape (J,), N m s/rad.
        control_dt: Policy period, s.
        base_height: Base height above the ground in the default pose, m.
        feet: Left and right sole centre.
        hands: Left and right wrist, the points that reaching is about.
        roles: What skills call a joint -> what this robot calls it, sides left out, where the two differ: an
            elbow may be an ``elbow_pitch``, the yaw of the trunk (``torso``) a ``waist_yaw``.
        mirror_index, mirror_sign: ``q_mirrored = mirror_sign * q[..., mirror_index]`` reflects a pose
            through the sagittal plane. Shape (J,).
        mjcf: The robot alone as an MJCF document (no floor, no actuators' task-specific tuning).
        source: Where the numbers come from, with their licence.
        wiring: How its motors are addressed; None for a robot that only moves in simulation.
        meshes: Its description in MuJoCo Menagerie, such as ``unitree_h1/h1.xml``; empty where that has none.
    """

    name: str
    joint_names: tuple[str, ...]
    bodies: tuple[Body, ...]
    default_pose: Array
    position_lower: Array
    position_upper: Array
    velocity_limit: Array
    torque_limit: Array
    stiffness: Array
    damping: Array
    control_dt: float
    base_height: float
    feet: tuple[Frame, Frame]
    hands: tuple[Frame, Frame]
    mirror_index: IntArray
    mirror_sign: Array
    mjcf: str = field(repr=False)
    source: str
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    wiring: Wiring | None = None
    meshes: str = ""

    @property
    def num_joints(self) -> int:
        """J, the number of actuated joints."""
        return len(self.joint_names)

    def joint(self, name: str) -> int:
        """Index of the joint called `name` (with or without the ``_joint`` suffix).

        Raises:
            UnknownNameError: No such joint.
        """
        for candidate in (name, f"{name}_joint"):
            if candidate in self.joint_names:
                return self.joint_names.index(candidate)
        raise UnknownNameError("joint", name, self.joint_names)

    def role(self, role: str, side: str = "") -> int:
        """Index of the joint that plays `role`, say ``elbow``, on `side`: left, right, or nothing for the trunk.

        Raises:
            UnknownNameError: No such joint.
        """
        name = self.roles.get(role, role)
        return self.joint(f"{side}_{name}" if side else name)

    @property
    def joint_roles(self) -> tuple[str, ...]:
        """What skills call each joint: the same name for the same part of every robot, such as ``left_elbow``."""
        roles = {name: role for role, name in self.roles.items()}
        out: list[str] = []
        for name in self.joint_names:
            side = next((s for s in ("left_", "right_") if name.startswith(s)), "")
            part = name.removeprefix(side).removesuffix("_joint")
            out.append(side + roles.get(part, part))
        return tuple(out)

    def joints(self, *patterns: str) -> IntArray:
        """Indices of all joints whose name contains any of `patterns`, in joint order."""
        found = [i for i, n in enumerate(self.joint_names) if any(p in n for p in patterns)]
        return np.array(found, dtype=np.int64)

    def body(self, name: str) -> int:
        """Index of the body called `name`.

        Raises:
            UnknownNameError: No such body.
        """
        for i, candidate in enumerate(self.bodies):
            if candidate.name == name:
                return i
        raise UnknownNameError("body", name, [b.name for b in self.bodies])

    def mirror(self, joints: Array) -> Array:
        """Reflect joint values (..., J) through the sagittal plane."""
        return joints[..., self.mirror_index] * self.mirror_sign


@dataclass(kw_only=True)
class Observation:
    """What a real robot can measure, for N robots.

    Attributes:
        time: Shape (N,), s since the episode began.
        joint_position: Shape (N, J), rad.
        joint_velocity: Shape (N, J), rad/s.
        base_quaternion: Orientation of the base in the world, wxyz. Shape (N, 4). Its yaw drifts on
            hardware, so skills only use the direction of gravity in it.
        base_angular_velocity: Base frame. Shape (N, 3), rad/s.
    """

    time: Array
    joint_position: Array
    joint_velocity: Array
    base_quaternion: Array
    base_angular_velocity: Array

    @property
    def num(self) -> int:
        """N, the number of robots."""
        return self.joint_position.shape[0]

    def take(self, ids: IntArray) -> Observation:
        """The measurable part of robots `ids` alone, as copies."""
        return Observation(
            time=self.time[ids],
            joint_position=self.joint_position[ids],
            joint_velocity=self.joint_velocity[ids],
            base_quaternion=self.base_quaternion[ids],
            base_angular_velocity=self.base_angular_velocity[ids],
        )

    def put(self, ids: IntArray, rows: Observation) -> None:
        """Replace the measurable part of robots `ids` by `rows`, in place."""
        self.time[ids] = rows.time
        self.joint_position[ids] = rows.joint_position
        self.joint_velocity[ids] = rows.joint_velocity
        self.base_quaternion[ids] = rows.base_quaternion
        self.base_angular_velocity[ids] = rows.base_angular_velocity


@dataclass(kw_only=True)
class WorldState(Observation):
    """Simulator truth. Rewards, critics and judges may read it; actors may not.

    Attributes:
        base_position: World frame. Shape (N, 3), m.
        base_linear_velocity: World frame. Shape (N, 3), m/s.
        joint_torque: Shape (N, J), N m.
        foot_contact: Left, right. Shape (N, 2).
        scene: The things around the robots; None in a world without named things.
    """

    base_position: Array
    base_linear_velocity: Array
    joint_torque: Array
    foot_contact: BoolArray
    scene: SceneState | None = None


@dataclass(frozen=True, kw_only=True)
class GoalSpace:
    """Names, units and limits of the numbers that a skill takes as its goal.

    Attributes:
        names: One per column, G of them.
        units: One per column.
        lower, upper: Limits. Shape (G,).
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    lower: Array
    upper: Array

    def check(self, goal: Array) -> Array:
        """Return `goal` (N, G) unchanged if every value is finite and inside the limits.

        Raises:
            ShapeError: Not (N, G).
            InputError: A value is not finite or outside its limits.
        """
        if goal.ndim != 2 or goal.shape[1] != len(self.names):
            raise ShapeError(f"goal {goal.shape} must be (N, {len(self.names)}): {self.names}")
        bad = ~np.isfinite(goal) | (goal < self.lower - 1e-9) | (goal > self.upper + 1e-9)
        if bad.any():
            _, column = np.argwhere(bad)[0]
            value = goal[tuple(np.argwhere(bad)[0])]
            raise InputError(
                f"goal {self.names[column]} = {value:.4g} {self.units[column]} is outside "
                f"[{self.lower[column]:.4g}, {self.upper[column]:.4g}]; choose a value inside"
            )
        return goal

    def clip(self, goal: Array) -> Array:
        """`goal` (N, G) moved to the nearest allowed value."""
        return np.clip(goal, self.lower, self.upper)


class Memory(Protocol):
    """What a skill remembers between control steps, for N robots."""

    last_targets: Array
    """Joint targets (N, J) that were *sent*, rad: set by whoever sent them, blended or not."""

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget everything about robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        ...


@runtime_checkable
class Skill(Protocol):
    """A goal-conditioned primitive, frozen after training."""

    name: str
    robot: Robot
    goal_space: GoalSpace

    def new_memory(self, obs: Observation) -> Any:
        """Fresh memory for the N robots of `obs`."""
        ...

    def act(self, obs: Observation, goal: Array, memory: Any) -> Array:
        """Joint position targets (N, J) in rad for this control step; advances `memory`."""
        ...

    def value(self, obs: Observation, goal: Array, memory: Any) -> Array:
        """Features (N, F) from the skill's critic, for its affordance."""
        ...


@dataclass(frozen=True, kw_only=True)
class TaskGoal:
    """Robots for which the blender that was trained for a task decides goals and weights.

    Attributes:
        task: Its name.
        rows: Which robots. Shape (N,).
        goal: The task's goal; rows of other robots mean nothing. Shape (N, G).
    """

    task: str
    rows: BoolArray
    goal: Array


@dataclass(frozen=True, kw_only=True)
class Blend:
    """What N robots are to do: goals and per-joint weights for K skills.

    Attributes:
        goals: One (N, G_k) array per skill.
        weights: Shape (N, K, J); each column over K sums to one.
        tasks: Robots whose rows a blender fills in; the others' are as they stand here.
    """

    goals: tuple[Array, ...]
    weights: Array
    tasks: tuple[TaskGoal, ...] = ()

    @property
    def num(self) -> int:
        """N, the number of robots."""
        return len(self.weights)

    def spread(self, ids: IntArray, n: int) -> Blend:
        """For `n` robots, of which robots `ids` do what this blend says; the rows of the others mean nothing."""

        def among(rows: Any) -> Any:
            wide = np.zeros((n, *rows.shape[1:]), dtype=rows.dtype)
            wide[ids] = rows
            return wide

        return Blend(
            goals=tuple(among(goal) for goal in self.goals),
            weights=among(self.weights),
            tasks=tuple(replace(t, rows=among(t.rows), goal=among(t.goal)) for t in self.tasks),
        )

    def put(self, rows: BoolArray, other: Blend) -> Blend:
        """This blend, with robots `rows` (N,) doing what `other` says.

        Raises:
            ShapeError: The two are not for the same robots and skills.
        """
        if other.weights.shape != self.weights.shape or rows.shape != (self.num,):
            raise ShapeError(
                f"blends {self.weights.shape} and {other.weights.shape} (N, K, J) and rows {rows.shape} must be for "
                "the same robots and skills"
            )
        tasks = [replace(t, rows=t.rows & ~rows) for t in self.tasks]
        tasks += [replace(t, rows=t.rows & rows) for t in other.tasks]
        return Blend(
            goals=tuple(np.where(rows[:, None], b, a) for a, b in zip(self.goals, other.goals, strict=True)),
            weights=np.where(rows[:, None, None], other.weights, self.weights),
            tasks=tuple(t for t in tasks if t.rows.any()),
        )


@dataclass(frozen=True, kw_only=True)
class Step:
    """One grounded step of a plan: what the console prints and the executor runs.

    Attributes:
        text: The option as the language model reads it, e.g. ``"walk to the red marker"``.
        behaviour: Registered name, e.g. ``"walk_to"``; ``"done"`` and ``"refuse"`` end a plan.
        arguments: Things and amounts that it is grounded in, e.g. ``("red marker",)``.
    """

    text: str
    behaviour: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Option:
    """One candidate of a decision.

    Attributes:
        step: What would be done.
        lm_score: p(option | instruction, scene, history), normalised over the options.
        affordance: P(success | step, state) in [0, 1].
        allowed: False where a safety rule forbids it.
        reason: Why it is not allowed, or where its affordance comes from.
    """

    step: Step
    lm_score: float
    affordance: float
    allowed: bool = True
    reason: str = ""

    @property
    def score(self) -> float:
        """The product that decides; 0 where a rule forbids the option."""
        return self.lm_score * self.affordance if self.allowed else 0.0


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The record of one planning decision: everything that `explain` prints.

    Attributes:
        instruction: As typed.
        history: Steps executed so far, with their success.
        options: All candidates, best product first.
        chosen: The winner.
        planner: Name of the planner that decided.
        reading: What the rule for prohibitions read in the instruction, and what the planner alone would have done;
            empty where nothing is forbidden.
    """

    instruction: str
    history: tuple[tuple[Step, bool], ...]
    options: tuple[Option, ...]
    chosen: Option
    planner: str = ""
    reading: tuple[str, ...] = ()


Motion = Literal["fixed", "slide", "hinge", "free"]
"""How a thing can move: not at all, along a line, about an axis, or anyhow."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A named thing that instructions can refer to, with what is known of its state in N simulations.

    Attributes:
        name: As people say it, without article: ``"red marker"``.
        kind: ``"marker"``, ``"button"``, ``"table"``, ``"shelf"``, ``"box"``, ...
        motion: How it can move.
        size: Extents along its own axes, m; zeros where unknown.
        mass: kg; 0 where unknown.
        pose: World position (m) and quaternion wxyz of its middle. Shape (N, 7); None where unknown.
        openness: Share of its way that a sliding or hinged part is open. Shape (N,); None without such a part.
        travel: How far a button is pushed in. Shape (N,), m; None without one.
        held: Whether the robot holds it. Shape (N,); None where unknown.
    """

    name: str
    kind: str
    motion: Motion = "fixed"
    size: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mass: float = 0.0
    pose: Array | None = field(default=None, compare=False)
    openness: Array | None = field(default=None, compare=False)
    travel: Array | None = field(default=None, compare=False)
    held: BoolArray | None = field(default=None, compare=False)

    def row(self, i: int) -> Thing:
        """What is known of it in simulation `i` alone, with N = 1."""

        def only(values: Any) -> Any:
            return None if values is None else values[i : i + 1]

        return replace(
            self, pose=only(self.pose), openness=only(self.openness), travel=only(self.travel), held=only(self.held)
        )


@dataclass(frozen=True, kw_only=True)
class SceneState:
    """The things around the robot with their live state, from simulator truth or from perception.

    What planners, behaviours, rules and verdicts are handed. Predicates of it are in `skillblend.predicates`.

    Attributes:
        things: All that has a name.
        base: The robot's base on the floor: x, y (m) and heading (rad), world frame. Shape (N, 3); None where
            unknown, as in an abstract scene.
        facts: What holds besides what the poses say, as predicates such as ``"on(box, metal table)"``: an
            abstract scene has nothing else. For N = 1.
    """

    things: tuple[Thing, ...] = ()
    base: Array | None = field(default=None, compare=False)
    facts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse two things of one name.

        Raises:
            InputError: A name comes twice.
        """
        names = [thing.name for thing in self.things]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"two things are called {twice[0]!r}; give each thing a name of its own")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all things."""
        return tuple(thing.name for thing in self.things)

    def thing(self, name: str) -> Thing:
        """The thing called `name`.

        Raises:
            UnknownNameError: No such thing here.
        """
        for thing in self.things:
            if thing.name == name:
                return thing
        raise UnknownNameError("object", name, self.names)

    def row(self, i: int) -> SceneState:
        """The scene around robot `i` alone, with N = 1."""
        base = None if self.base is None else self.base[i : i + 1]
        return replace(self, things=tuple(thing.row(i) for thing in self.things), base=base)


class Planner(Protocol):
    """Instruction, scene and history -> the next step."""

    name: str
    """What `--planner` calls it; every report, trace and evaluation says who decided."""

    def decide(
        self,
        instruction: str,
        scene: SceneState,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Decision:
        """Choose the next step; `affordances` maps option texts to P(success).

        Raises:
            InputError: The instruction is not acceptable text.
            PlanError: No option can be chosen.
        """
        ...


class Bridge(Protocol):
    """A robot that can be read and commanded: simulated or real, N = 1 on hardware."""

    def read(self) -> Observation:
        """The latest observation."""
        ...

    def send(self, targets: Array) -> None:
        """Command joint position targets (N, J), rad, for one control period."""
        ...

    def stop(self, ids: IntArray | None = None) -> None:
        """Robots `ids`, None for all, go to the safe mode at once."""
        ...
