"""``skillblend eval``: what it can be asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, subcommand

from skillblend.cli.arguments import Robots
from skillblend.cli.paths import MODELS
from skillblend.shipped import DEFAULT_PLANNER


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalSkill:
    """Evaluate a skill on unseen 20-s episodes.

    Attributes:
        skill: walking or reaching.
        robot: Whom.
        episodes: How many.
        seed: Of the episodes.
        models: Where the bundles are.
        push: Also push the robot, on wider ranges of dynamics.
        stand: Walking only: command zero for the whole episode.
        json: Print one JSON object and nothing else.
        card: Rewrite the bundle's card with the results.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    push: bool = False
    stand: bool = False
    json: bool = False
    card: bool = False

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.evaluate import eval_skill

        return partial(eval_skill, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalTask:
    """Evaluate a task under a policy.

    Attributes:
        task: far_reach or button_press.
        robot: Whom.
        policy: blender, noop, uniform, only_SKILL, handover, oracle, or a variant (joint_gates, scalar_gate,
            every_tick, flat); all for a table of those that there are.
        episodes: How many.
        seed: Of the episodes.
        models: Where the bundles are.
        json: Print JSON (one object, or a list with --policy all) and nothing else.
        card: Rewrite the card of the blender's bundle with the results; with --policy all.
    """

    task: Positional[str]
    robot: Robots = "h1"
    policy: str = "blender"
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    json: bool = False
    card: bool = False

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.evaluate import eval_task

        return partial(eval_task, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalHandover:
    """Switch from one skill to another and back at random moments, and count falls.

    Attributes:
        first: Skill that begins, and takes over again at the end.
        second: Skill that takes over in between.
        every: All ordered pairs of the robot's skills instead.
        robot: Whom.
        episodes: Trials.
        seed: Of the trials.
        models: Where the bundles are.
        json: Print one JSON object and nothing else.
    """

    first: str = "walking"
    second: str = "reaching"
    every: bool = False
    robot: Robots = "h1"
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    json: bool = False

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.evaluate import eval_handover

        return partial(eval_handover, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalInstructions:
    """Carry out a file of instructions and judge each by simulator state.

    Attributes:
        file: JSON with "scene" and "instructions"; see docs/guides/instructions.md.
        robot: Whom.
        seed: Of the runs.
        models: Where the bundles are.
        planner: Who decides: saycan, lm_only, value_only, bag_of_words, embedding, uniform, oracle (the
            plans of the file), or one of yours.
        limit: Only the first so many; 0 for all.
        plan_only: Compare plans without moving.
        layouts: How often each is carried out, with other dynamics and sensor noise.
        out: Where a JSON report goes.
        json: Print one JSON object and nothing else.
    """

    file: Positional[Path]
    robot: Robots = "h1"
    seed: int = 0
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    limit: int = 0
    plan_only: bool = False
    layouts: int = 1
    out: Path = Path("runs/instructions.json")
    json: bool = False

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.instructions import eval_instructions

        return partial(eval_instructions, self)


@dataclasses.dataclass(frozen=True)
class Evaluate:
    """Evaluate a skill, a task, hand-overs or a file of instructions."""

    what: (
        Annotated[EvalSkill, subcommand("skill")]
        | Annotated[EvalTask, subcommand("task")]
        | Annotated[EvalHandover, subcommand("handover")]
        | Annotated[EvalInstructions, subcommand("instructions")]
    )

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        return self.what.load()
