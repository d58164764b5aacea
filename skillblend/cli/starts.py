"""``skillblend starts``: states that a skill leaves behind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from tyro.conf import Positional

import robots
from skillblend.cli.arguments import Robots
from skillblend.cli.output import check_file, check_new
from skillblend.cli.paths import MODELS
from skillblend.skills.skill import load_skill

_STEPS = 700
"""Environment steps from which start states are collected."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Starts:
    """Collect states that a skill leaves behind, for another skill to start from.

    Attributes:
        skill: Its name; `skillblend list skills` has them.
        out: File to write.
        robot: Whom.
        seed: Of the rollouts.
        models: Where the bundles are.
    """

    skill: Positional[str]
    out: Path
    robot: Robots = "h1"
    seed: int = 11
    models: Path = MODELS

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(collect_starts, self)


def collect_starts(args: Starts) -> int:
    """Roll out a skill under pushes and keep what it leaves behind."""
    from sim.evaluate import check_seed
    from sim.skills.spec import TRAININGS
    from sim.starts import save_starts

    robot = robots.load(args.robot)
    skill = load_skill(args.skill, robot, args.models / robot.name / args.skill)
    check_seed(args.seed)
    check_file(args.out)
    check_new(args.out, "file of start states")
    starts = TRAININGS[args.skill].leaves(skill, args.seed, _STEPS)
    save_starts(starts, args.out)
    Console().print(f"{starts.num} states -> {args.out}", markup=False)
    return 0
