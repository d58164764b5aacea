"""``skillblend eval gait``: the gait card of a walking skill."""

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
from skillblend.cli.output import bar, show_result, shown, updater
from skillblend.cli.paths import MODELS
from skillblend.skills.skill import bundle_folder, load_skill
from skillblend.skills.spec import SKILLS


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalGait:
    """Measure how a robot walks straight ahead, stops, stands and turns on the spot.

    Attributes:
        robot: Whom.
        variant: Bundle SKILL.VARIANT instead of that of the skill that walks.
        loaded: Each robot carries 0 to 3 kg (of an H1; others by their weight) at the palms.
        episodes: How many robots.
        seed: Of the episodes.
        models: Where the bundles are.
        agent: policy, or a floor in its place: zero or random actions.
        json: Print one JSON object and nothing else.
    """

    robot: Robots = "h1"
    variant: str = ""
    loaded: Annotated[bool, arg(name="load")] = False
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    agent: Agents = POLICY
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(eval_gait, self)


def eval_gait(args: EvalGait) -> int:
    """Print the gait card."""
    from sim.gait import measure_gait
    from sim.load import LOAD
    from sim.settings import EVALUATION

    robot = robots.load(args.robot)
    name = next(name for name in SKILLS if SKILLS[name].recovers)
    skill = load_skill(name, robot, bundle_folder(args.models, robot.name, name, args.variant))
    skill = with_agent(skill, args.agent, args.seed)
    randomisation = EVALUATION.loaded(LOAD) if args.loaded else EVALUATION
    with bar("eval gait", quiet=args.json) as progress:
        task = progress.add_task("steps", total=1300)
        result = measure_gait(
            skill, args.episodes, args.seed, randomisation=randomisation, progress=updater(progress, task)
        )
    result |= {"variant": args.variant, "load": args.loaded} | floor_of(args.agent)
    if args.json:
        show_result(result, as_json=True)
    else:
        _table(result)
    return 0


def _table(result: dict[str, Any]) -> None:
    from sim.gait import GAIT

    falls = f"falls {shown(result['fall_rate'])}"
    what = f"{result['robot']} {result['skill']}{'.' if result['variant'] else ''}{result['variant']}"
    what += f", {result['agent']} actions" if "agent" in result else ""
    load = ", with a load" if result["load"] else ""
    table = Table(title=f"{what}{load}: {result['trials']} robots, seed {result['seed']}, {falls}")
    for name in ("figure", "unit", "mean", "95% interval", "largest"):
        table.add_column(name)
    for name, unit in GAIT.items():
        low, high = result["interval"][name]
        row = (shown(result["mean"][name]), f"{shown(low)} to {shown(high)}", shown(result["largest"][name]))
        table.add_row(name, unit, *row)
    Console().print(table)
