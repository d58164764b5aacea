"""What the training of a skill is to everybody else: one `SkillTraining` in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.mdp import CONTROL_DT
from sim.randomisation import Randomisation
from sim.rewards import Reward
from skillblend.contracts import Array, IntArray, Robot
from skillblend.registry import Registry
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import Controller

if TYPE_CHECKING:
    from sim.mdp import Task
    from sim.starts import StartStates
    from sim.streams import Streams
    from skillblend.training.ppo import PPOConfig

Rows = tuple[Array, Array]
"""Features (M, F) of goals as they were given, and whether each was reached (M,)."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class SkillTraining:
    """How a skill is trained and judged. Functions import what is heavy, so that names cost nothing.

    Attributes:
        skill: Its name.
        task: Its MDP, for a robot, the skill's controller and fields of the task's configuration.
        rewards: Terms of that MDP by name; a fall costs besides.
        ppo: Hyper-parameters.
        disturbed: What is randomised in training.
        pushed: The evaluation with pushes.
        errors: Per episode, from the task's metrics (E,); NaN where none was measured.
        good_below: By error: episodes in which each is at most so large are successes, unless the robot falls.
        unmeasured: Why an error may have no value.
        rollouts: Features and outcomes of goals to fit the affordance on: skill, seed, how many.
        leaves: States that the skill leaves behind, for others to start from: skill, seed, steps.
        evaluation: Fields of the task's configuration in evaluation, where they differ from training.
        at_rest: The same for episodes whose goal is to stay as the robot is; None where there are none.
        shown: The same for pictures.
        settled: The same in training a gait that keeps level and comes to rest at once; None for a skill without one.
        episode_seconds: Length of an episode, s.
        goals: Goals (N, G) that a standing robot may be asked for: from controller, random streams, robots (N,) and a
            tag, to which the next belongs too; None for any of the goal space.
    """

    skill: str
    task: Callable[[Robot, Any, Mapping[str, Any]], Task]
    rewards: Mapping[str, Reward[Any]]
    ppo: Callable[[], PPOConfig]
    disturbed: Randomisation
    pushed: Randomisation
    errors: Callable[[Mapping[str, Array]], dict[str, Array]]
    good_below: Mapping[str, float]
    unmeasured: str
    rollouts: Callable[[PolicySkill[Any], int, int, Progress | None], Rows]
    leaves: Callable[[PolicySkill[Any], int, int], StartStates]
    evaluation: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at_rest: Mapping[str, Any] | None = None
    shown: Mapping[str, Any] = field(default_factory=dict[str, Any])
    settled: Mapping[str, Any] | None = None
    episode_seconds: float = 20.0
    goals: Callable[[Any, Streams, IntArray, int], Array] | None = None

    @property
    def episode_steps(self) -> int:
        """Control steps of an episode."""
        return round(self.episode_seconds / CONTROL_DT)


def drawn_goals(controller: Controller[Any], skill: str, streams: Streams, ids: IntArray, tag: int) -> Array:
    """Random goals (len(ids), G) that standing robots `ids` may be asked for; to `tag` the next belongs too."""
    draw, space = TRAININGS[skill].goals, controller.goal_space
    if draw is not None:
        return draw(controller, streams, ids, tag)
    return streams.uniform(ids, tag, space.lower, space.upper, len(space.names))


TRAININGS: Registry[SkillTraining] = Registry("skill training", package="sim.skills", attribute="TRAINING")
"""Of every skill that can be trained here: the modules of this package that define `TRAINING`, and what was added."""
