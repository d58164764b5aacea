"""What a skill is to everybody else: one `SkillSpec` in a file of its own, found by the file's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from skillblend.columns import Seen
from skillblend.contracts import Array, BoolArray, GoalSpace, Memory, Observation, Robot
from skillblend.kinematics import Stance
from skillblend.registry import Registry


class SkillMemory(Memory, Protocol):
    """What a skill remembers between control steps, for N robots.

    Attributes:
        stance: Latest kinematic estimate; whoever begins an episode sets it, `Controller.update` renews it.
    """

    stance: Stance | None


M = TypeVar("M", bound=SkillMemory)

LIMBS: dict[str, tuple[str, ...]] = {
    "legs": ("hip", "knee", "ankle"),
    "torso": ("torso", "waist"),
    "arms": ("shoulder", "elbow", "wrist"),
}
"""Limb group -> what the names of its joints contain."""


class PolicyShape(Protocol):
    """What a bundle's networks must fit."""

    robot: Robot
    layout: tuple[tuple[str, int], ...]
    action_size: int
    privileged_size: int


class Controller(PolicyShape, Protocol[M]):
    """Observation and action mapping of a skill, for N robots.

    Attributes:
        name: The skill's.
        goal_space: Of its goals.
        goal_at_rest: Where it asks nothing of the robot but to stay as it is. Shape (G,).
        summary_layout: What a blender sees of its memory, as (name, size).
    """

    name: str
    config: Any
    goal_space: GoalSpace
    goal_at_rest: Array
    summary_layout: tuple[tuple[str, int], ...]

    def new_memory(self, n: int) -> M:
        """Memory for `n` robots in the default pose."""
        ...

    def update(self, obs: Observation, goal: Array, memory: M, stance: Stance | None = None) -> None:
        """Advance filters, once per control step; `stance` where somebody has estimated it already."""
        ...

    def features(self, obs: Observation, goal: Array, memory: M) -> Array:
        """Policy input (N, O)."""
        ...

    def targets(self, action: Array, goal: Array, memory: M) -> Array:
        """Joint targets (N, J), rad, from policy output (N, A); advances clocks."""
        ...

    def privileged(self, goal: Array, memory: M, truth: Any = None) -> Array:
        """The critic's extra columns, from simulator truth or, without it, from estimates."""
        ...

    def summary(self, memory: M) -> Array:
        """What a blender sees of the memory: `summary_layout` side by side, about one in size."""
        ...

    def stepping(self, memory: M) -> BoolArray:
        """Whether the skill is moving the feet. Shape (N,)."""
        ...

    def wait(self, rows: BoolArray, memory: M) -> None:
        """Robots `rows` (N,) are moved by others now: what follows the goal waits where the robot is."""
        ...


@dataclass(frozen=True, kw_only=True)
class Holding:
    """How a skill walks with what is in the hands.

    Attributes:
        goal: The skill's goal (N, G) from a walking command (N, 3) and what else it is asked, a grip (N, G - 3).
        lost: Where wrists (N, 2, 3), m, show that nothing is between the hands any more, (N,): from the grip too.
    """

    goal: Callable[[Array, Array], Array]
    lost: Callable[[Array, Array], BoolArray]


C = TypeVar("C", bound=Controller[Any])


def _value_alone(
    controller: Controller[Any], value: Array, obs: Observation, goal: Array, memory: SkillMemory
) -> Array:
    """Nothing but what the critic says."""
    del controller, obs, goal, memory
    return value[:, :1]


@dataclass(frozen=True, kw_only=True)
class SkillSpec(Generic[C, M]):
    """A skill by name, with a controller C that remembers M.

    Attributes:
        name: As registered.
        about: One sentence, for cards and help.
        make: Controller for a robot, with a stored configuration or its own.
        limbs: Limb groups (`LIMBS`) that its goal is about.
        planted: Its feet stay where they are: it takes the legs over from others only once they are calm.
        recovers: It catches a robot in any stance: the legs are its where no other skill may have them.
        features: Names of what its affordance is told, the critic's value first.
        error: How far robots are from goals, by their own estimate, (N,): from goal and memory; None for a skill
            without an end.
        describe: What that is, (N, F): from the controller, the critic's value (N, 1), observation, goal and memory.
        lean: How far it means the base to lean forward, sine of the angle, (N,): from controller and memory; None for
            a skill that stays upright.
        holds: Robots (N,) whose legs it keeps, asked for its goal at rest, until others can have them: from the same;
            None where that is at once.
        followed: Attribute of its memory that follows its goal and is what its network sees, (N, G) or (N,); empty
            for a skill that does not say.
        parts: What its network sees, by the names of `Controller.layout`; those that are missing go in as they are.
        follow: How its memory goes along with the gait of robots (N,) whose legs another skill has that walks alike:
            their clock is one. From that skill's memory; None for a skill without a gait.
        carries: How it holds a thing: a robot whose hands are full walks and stands by it. None for one that holds
            nothing.
        borrows: Networks of another skill may start its training: at rest it sees, under the same names, what a
            robot that stands sees there.
    """

    name: str
    about: str
    make: Callable[[Robot, Mapping[str, Any] | None], C]
    limbs: tuple[str, ...]
    planted: bool
    recovers: bool = False
    features: tuple[str, ...] = ("value",)
    error: Callable[[Array, M], Array] | None = None
    describe: Callable[[C, Array, Observation, Array, M], Array] = _value_alone
    lean: Callable[[C, M], Array] | None = None
    holds: Callable[[C, M], BoolArray] | None = None
    followed: str = ""
    parts: Mapping[str, Seen] = field(default_factory=dict[str, Seen])
    follow: Callable[[BoolArray, M, Any], None] | None = None
    carries: Holding | None = None
    borrows: bool = False


SKILLS: Registry[SkillSpec[Any, Any]] = Registry("skill", package="skillblend.skills", attribute="SKILL")
"""Every skill: the modules of this package that define `SKILL`, and what was added."""


def tuples(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as JSON holds it, with tuples for lists."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}  # pyright: ignore[reportUnknownArgumentType]
