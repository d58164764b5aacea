"""``skillblend preview``: what an instruction would come to, before anything moves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import robots
from skillblend.checks import check_integer
from skillblend.cli.arguments import Instruction, Robots, Said, check_setting
from skillblend.cli.output import counting, output_folder
from skillblend.cli.paths import MODELS
from skillblend.errors import InputError
from skillblend.files import json_text, write_json, writing
from skillblend.forecast import Forecast, Share
from skillblend.safety.instruction import check_instruction, check_text
from skillblend.safety.rules import InstructionRules
from skillblend.session import Outcome
from skillblend.shipped import DEFAULT_PLANNER
from skillblend.simulated import load_planner, open_session, plan_ahead, preview

MOST = 256
"""Futures of one plan: 16 take a second or two."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preview(Said):
    """Simulate the futures of an instruction: how likely it succeeds, how long it takes, what may go wrong.

    Attributes:
        words: What to do, with or without quotes around it.
        robot: Whom.
        scene: Where.
        seed: Of the simulation that the futures start from.
        futures: How many are simulated, all at once.
        out: Folder for forecast.json and a storyboard.png of key frames; none is written without.
        models: Where the bundles are.
        planner: Who decides; see `skillblend list planners`.
        json: Print one JSON object and nothing else.
    """

    words: Instruction
    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    futures: int = 16
    out: Path | None = None
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out, once there is something to carry out.

        Raises:
            InputError: The instruction is none, or futures are too few or too many.
        """
        check_text(self.instruction, InstructionRules())
        check_integer("futures", self.futures, 1, MOST)
        return partial(show_preview, self)


def show_preview(args: Preview) -> int:
    """Plan in one copy of the present, and follow the plan in many."""
    check_instruction(args.instruction)
    where = check_setting(args.robot, args.scene, args.seed, args.planner)
    if where.sketch is not None:
        raise InputError(f"{where.name} is an abstract scene, where nothing can move; `skillblend plan` works in it")
    console = Console(stderr=args.json)
    with output_folder(args.out) if args.out is not None else nullcontext():
        session = open_session(args.robot, args.scene, args.seed, args.models, partial(load_planner, args.planner))
        plan, rehearsal = plan_ahead(session, args.instruction)
        forecast = None
        if plan:
            forecast = preview(session, plan, futures=args.futures, frames=args.out is not None)
        _leave(args, rehearsal, forecast, console)
    return 0


def _leave(args: Preview, rehearsal: Outcome, forecast: Forecast | None, console: Console) -> None:
    record = record_of(args, rehearsal, forecast)
    if args.json:
        print(json_text(record), flush=True)
    show_forecast(forecast, rehearsal, console)
    if args.out is None:
        return
    write_json(args.out / "forecast.json", record)
    with writing(args.out / "storyboard.png"):
        (args.out / "storyboard.png").unlink(missing_ok=True)
    if forecast is not None:
        _draw(args, forecast, args.out / "storyboard.png", console)


def _draw(args: Preview, forecast: Forecast, path: Path, console: Console) -> None:
    """The storyboard; without OpenGL, why there is none."""
    from sim import scenes
    from sim.render import RenderingUnavailable
    from sim.storyboard import save_storyboard

    try:
        with counting("drawing the storyboard", quiet=args.json) as progress:
            robot, scene = robots.load(args.robot), scenes.load(args.scene)
            save_storyboard(robot, scene, forecast, path, progress=progress)
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)
    except RenderingUnavailable as error:
        console.print(f"[yellow]no storyboard: {escape(str(error))}[/yellow]", highlight=False, soft_wrap=True)


def record_of(args: Preview, rehearsal: Outcome, forecast: Forecast | None) -> dict[str, Any]:
    """What ``forecast.json`` holds."""
    return {
        "instruction": args.instruction,
        "robot": args.robot,
        "scene": args.scene,
        "start_seed": args.seed,
        "planner": rehearsal.planner,
        "refused": rehearsal.refused,
        "reason": rehearsal.reason,
        "planned": rehearsal.success,
        "forecast": None if forecast is None else forecast.record(),
    }


def show_forecast(forecast: Forecast | None, rehearsal: Outcome, console: Console) -> None:
    """Each step with its share of success, time and trouble, then the plan as a whole."""
    if rehearsal.reason:
        begin = "refused" if rehearsal.refused else "the plan as rehearsed ended without success"
        console.print(f"{begin}: {rehearsal.reason}", markup=False, highlight=False, soft_wrap=True)
    if forecast is None:
        return
    table = Table()
    for name in ("", "step", "succeeds", "95% interval", "seconds", "trouble"):
        table.add_column(name, justify="left" if name in ("step", "trouble") else "right")
    for number, step in enumerate(forecast.steps, start=1):
        seconds = "" if step.seconds is None else f"{step.seconds:.1f}"
        trouble = "; ".join(f"{how} in {count}" for how, count in step.trouble.items())
        why = f"{trouble}: {step.why}" if step.why else trouble
        table.add_row(str(number), escape(step.step.text), *_shown(step.done), seconds, escape(why))
    console.print(table)
    took = "" if forecast.seconds is None else f" in about {forecast.seconds:.1f} s"
    share, interval = _shown(forecast.success)
    moved = "".join(f"; the {name} is moved in {count}" for name, count in forecast.moved.items())
    console.print(
        f"[bold]the plan succeeds in {share} futures ({interval}){took}[/bold], the robot falls in {forecast.falls}"
        f"{escape(moved)}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def _shown(share: Share) -> tuple[str, str]:
    low, high = share.interval
    return f"{share.count} of {share.total}", f"{low:.0%} to {high:.0%}"
