"""``skillblend eval endurance``: survival of a walking skill over the impulse of punches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from rich.table import Table
from tyro.conf import arg

import robots
from skillblend.agents import POLICY, floor_of, with_agent
from skillblend.cli.arguments import Agents, Robots
from skillblend.cli.output import bar, check_file, keep_earlier, show_result, shown, updater
from skillblend.cli.paths import MODELS
from skillblend.errors import InputError
from skillblend.files import atomic_write, json_text
from skillblend.skills.skill import bundle_folder, load_skill
from skillblend.skills.spec import SKILLS

SHIPPED = "shipped"
"""What the bundle without a variant is called in results and plots."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalEndurance:
    """Walk through 18 waypoints for 90 s, arms moving at random, punched every 5 s; the share of robots still up.

    Attributes:
        robot: Whom.
        variants: Bundles SKILL.VARIANT to compare with that of the skill that walks.
        loaded: Each robot carries 0 to 3 kg (of an H1; others by their weight) at the palms.
        impulses: Of the punches, N s; of an H1, others by their weight and speed.
        episodes: How many robots.
        seed: Of the episodes.
        models: Where the bundles are.
        out: JSON to write, with a plot of the same name beside it; none by default.
        agent: policy, or a floor in its place: zero or random actions.
        json: Print one JSON object and nothing else.
    """

    robot: Robots = "h1"
    variants: tuple[str, ...] = ()
    loaded: Annotated[bool, arg(name="load")] = False
    impulses: tuple[float, ...] = (0.0, 10.0, 20.0, 30.0, 40.0)
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    out: Path | None = None
    agent: Agents = POLICY
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(eval_endurance, self)


def eval_endurance(args: EvalEndurance) -> int:
    """Print the curves; keep them, with a plot, where asked to.

    Raises:
        InputError: Nothing to punch with, or a file for the results that is no JSON.
    """
    from sim.endurance import survival
    from sim.load import LOAD
    from sim.plots import survival_plot
    from sim.settings import EVALUATION

    if not args.impulses:
        raise InputError("no impulses; give at least one, 0 for no punches")
    if args.out is not None:
        if args.out.suffix != ".json":
            raise InputError(f"out = {args.out} must end with .json; the plot goes beside it as .png")
        check_file(args.out)
    robot = robots.load(args.robot)
    name = next(name for name in SKILLS if SKILLS[name].recovers)
    folders = {v or SHIPPED: bundle_folder(args.models, robot.name, name, v) for v in ("", *args.variants)}
    skills = {k: with_agent(load_skill(name, robot, v), args.agent, args.seed) for k, v in folders.items()}
    setting = EVALUATION.loaded(LOAD) if args.loaded else EVALUATION
    found: dict[str, Any] = {}
    for label, skill in skills.items():
        with bar(f"eval endurance {label}", quiet=args.json) as progress:
            task = progress.add_task("steps", total=4500 * len(args.impulses))
            update = updater(progress, task)
            found[label] = survival(
                skill, args.impulses, args.episodes, args.seed, randomisation=setting, progress=update
            )
    result = {"load": args.loaded, "bundles": found} | floor_of(args.agent)
    if args.out is not None:
        for file in (args.out, args.out.with_suffix(".png")):
            keep_earlier(file)
        atomic_write(args.out, json_text(result, indent=1) + "\n")
        survival_plot({label: r["curve"] for label, r in found.items()}, args.out.with_suffix(".png"))
    if args.json:
        show_result(result, as_json=True)
    else:
        _table(found)
    return 0


def _table(found: dict[str, Any]) -> None:
    table = Table(title="still up after 90 s")
    for name in ("bundle", "impulse, N s", "survived", "95% interval", "s until a fall", "waypoints"):
        table.add_column(name)
    for label, result in found.items():
        for row in result["curve"]:
            low, high = row["survived_interval"]
            shares = (shown(row["survived"]), f"{shown(low)} to {shown(high)}")
            table.add_row(
                label, f"{row['impulse']:g}", *shares, shown(row["seconds_until_fall"]), shown(row["waypoints"])
            )
    Console().print(table)
