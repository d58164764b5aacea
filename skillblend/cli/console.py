"""``skillblend console``: type instructions to a simulated robot; `stop` never goes through the language model."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from skillblend.cli.arguments import Robots
from skillblend.cli.paths import MODELS
from skillblend.cli.viewing import View
from skillblend.errors import InputError
from skillblend.options import ground_options
from skillblend.session import Hooks, Session
from skillblend.shell import HELP, WORDS, Shell, converse, history, state_folder
from skillblend.shipped import DEFAULT_PLANNER
from skillblend.simulated import load_planner, open_session
from skillblend.tables import decision_table

if TYPE_CHECKING:
    from sim.bridge import MujocoBridge


@dataclasses.dataclass(frozen=True, kw_only=True)
class Talk:
    """An interactive prompt: instructions, `explain`, `stop`, `quit`.

    Attributes:
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        models: Where the bundles are.
        planner: Who decides; see `skillblend list planners`.
        view: Serve a live browser viewer.
        port: Of the viewer.
    """

    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    view: bool = False
    port: int = 8080

    def load(self) -> Callable[[], int]:
        """What carries it out.

        Raises:
            InputError: There is no standard input.
        """
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - closed by whoever started us
            raise InputError("standard input is closed, nothing can be typed; open it, or use `skillblend run`")
        return partial(console, self)


def console(args: Talk) -> int:
    """Read lines until the person leaves."""
    from planners.examples import Examples

    out = Console()
    planner = load_planner(args.planner)
    view = View(args.robot, args.scene, args.port, out) if args.view else None

    def hooks(bridge: MujocoBridge) -> Hooks:
        return Hooks(
            watch=None if view is None else partial(view.update, bridge),
            decided=lambda _, decision, t: out.print(decision_table(decision, t)),
        )

    def make() -> Session:
        return open_session(args.robot, args.scene, args.seed, args.models, lambda: planner, hooks=hooks)

    shell = Shell(make, out, Examples().show)
    words = [s.text for s in ground_options(shell.session.scene)]
    out.print(f"{args.robot} in the {args.scene}. {HELP}", markup=False)
    converse(shell, [*words, *WORDS], history(state_folder() / "history"))
    return 0
