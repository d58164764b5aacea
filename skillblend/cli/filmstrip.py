"""``skillblend filmstrip``: an episode in one picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from tyro.conf import Positional

import robots
from skillblend.blenders import read_blender
from skillblend.cli.arguments import Robots
from skillblend.cli.output import check_file, counting
from skillblend.cli.paths import MODELS, is_shipped
from skillblend.skills.skill import bundle_folder, load_skill

FILMS = Path("runs/filmstrips")
"""Where filmstrips of the shipped models go, unless told otherwise."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filmstrip:
    """Draw a skill or a blender at work as a filmstrip PNG.

    Attributes:
        skill: Name of a skill or a task; `skillblend list skills` and `list tasks` have them.
        robot: Whom.
        variant: Of a blender: blender, joint_gates, scalar_gate, every_tick or flat (no
            skills at all); of a skill: bundle SKILL.VARIANT.
        seed: Of the episode.
        seconds: Length.
        models: Where the bundles are.
        out: PNG to write; beside the bundle by default, in runs/filmstrips for a shipped one.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    variant: str = "blender"
    seed: int = 3
    seconds: float = 6.0
    models: Path = MODELS
    out: Path | None = None

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(film_skill, self)


def film_skill(args: Filmstrip) -> int:
    """Draw one episode."""
    from sim.blenders import DEFAULT, bundle_name, make_blender
    from sim.evaluate import check_seed
    from sim.film import film, film_task
    from sim.tasks.spec import TASKS

    robot = robots.load(args.robot)
    blended = args.skill in TASKS
    if blended:
        folder = args.models / robot.name / bundle_name(args.skill, args.variant)
    else:
        variant = "" if args.variant == DEFAULT else args.variant
        folder = bundle_folder(args.models, robot.name, args.skill, variant)
    name = folder.name
    check_seed(args.seed)
    out = args.out or (FILMS / robot.name / f"{name}.png" if is_shipped(args.models) else folder / "filmstrip.png")
    skill = None if blended else load_skill(args.skill, robot, folder)  # before anything is written
    check_file(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    if skill is None:
        controller = make_blender(TASKS[args.skill], robot, args.models, args.variant)
        bundle = read_blender(folder, name, controller)
        with counting(f"drawing {name}") as progress:
            actor = bundle.actor
            film_task(args.skill, controller, actor, out, seed=args.seed, seconds=args.seconds, progress=progress)
    else:
        with counting(f"drawing {name}") as progress:
            film(skill, out, seed=args.seed, seconds=args.seconds, progress=progress)
    Console().print(str(out), markup=False)
    return 0
