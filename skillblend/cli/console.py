"""``skillblend console``: type instructions to a simulated robot; `stop` never goes through the language model."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from skillblend.cli.arguments import Robots
from skillblend.cli.memory import open_memory, remembering
from skillblend.cli.paths import MODELS
from skillblend.cli.viewing import View
from skillblend.draft import Player
from skillblend.errors import InputError
from skillblend.options import ground_options
from skillblend.preferences import FILE as PREFERENCES
from skillblend.preferences import Preferences
from skillblend.sayings import WORDS
from skillblend.session import Hooks, Session
from skillblend.shell import Shell
from skillblend.shipped import DEFAULT_PLANNER
from skillblend.simulated import load_planner, open_session
from skillblend.terminal import greet, listen, read_script, state_folder, telling


@dataclasses.dataclass(frozen=True, kw_only=True)
class Talk:
    """An interactive prompt: instructions, `stop`, and what `help` lists.

    Attributes:
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        models: Where the bundles are.
        planner: Who decides; see `skillblend list planners`, or METHOD:MODEL as in docs/planner.md.
        memory: File of what was carried out, which makes the same steps likelier when the same is asked for; `user`
            stands for one in the state folder.
        script: Carry out the lines of this file instead, and leave.
        yes: Ask about no plan, however risky: for programs.
        json: Print one JSON object a line for each event, and nothing else.
        verbose: Show the table of every decision.
        view: Serve a live browser viewer.
        port: Of the viewer.
    """

    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    memory: Path | None = None
    script: Path | None = None
    yes: bool = False
    json: bool = False
    verbose: bool = False
    view: bool = False
    port: int = 8080

    def load(self) -> Callable[[], int]:
        """What carries it out.

        Raises:
            InputError: There is no standard input, or the script cannot be read.
        """
        if self.script is not None:
            return partial(console, self, read_script(self.script))
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - closed by whoever started us
            raise InputError("standard input is closed, nothing can be typed; open it, or use `skillblend run`")
        return partial(console, self)


def console(args: Talk, script: Sequence[str] | None = None) -> int:
    """Follow lines until the person leaves; 1 where a script's instruction was not achieved."""
    from planners.examples import Examples
    from skillblend.cli.player import SimulatedPlayer

    out = Console(stderr=args.json)
    store = open_memory(args.memory, lambda text: out.print(text, markup=False, soft_wrap=True))
    planner, memory = remembering(load_planner(args.planner), store, args.robot)
    view = View(args.robot, args.scene, args.port, out) if args.view else None

    def make(hooks: Callable[[Any], Hooks]) -> Session:
        return open_session(args.robot, args.scene, args.seed, args.models, lambda: planner, hooks=hooks)

    def player(shell: Shell) -> Player:
        return SimulatedPlayer(make, shell, view)

    tell = telling(out, Examples().show, as_json=args.json, verbose=args.verbose)
    kept = Preferences(state_folder() / PREFERENCES if script is None else None)
    shell = Shell(player, tell if view is None else view.telling(tell), yes=args.yes, preferences=kept, memory=memory)
    if view is not None:
        view.serve(shell)
    words = [s.text for s in ground_options(shell.player.scene)]
    if not args.json:
        greet(out, f"{args.robot} in the {args.scene}")
        if kept.lines():
            shell.tell_rules()
    return listen(shell, [*words, *WORDS], "history", script)
