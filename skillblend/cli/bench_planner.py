"""``skillblend bench planner``: how fast the shipped planner loads and decides."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from skillblend.checks import check_integer
from skillblend.cli.output import check_file, keep_earlier
from skillblend.files import json_text, write_json


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchPlanner:
    """Measure how fast the shipped planner loads and decides, beside scoring option by option; writes a file.

    Attributes:
        out: File to write.
        scene: Whose options are decided between; see `skillblend list scenes`.
        loads: How often it is loaded anew.
        json: Print one JSON object and nothing else.
    """

    out: Path = Path("bench-planner.json")
    scene: str = "storeroom"
    loads: int = 3
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(bench_planner, self)


def bench_planner(args: BenchPlanner) -> int:
    """Measure, print, write."""
    from planners.timing import measure
    from sim import scenes

    check_integer("loads", args.loads, 1, 100)
    check_file(args.out)
    state = scenes.load(args.scene).state
    console = Console(quiet=args.json)
    with console.status("loading") as status:
        found = measure(state, loads=args.loads, tell=lambda text: status.update(text))
    keep_earlier(args.out)
    write_json(args.out, found)
    if args.json:
        print(json_text(found))
        return 0
    decision = found["decision"]
    console.print(
        f"decision among {found['options']} options: median {decision['p50']} s, 95% of {decision['of']} within "
        f"{decision['p95']} s\none pass is {found['speedup']} times as fast as scoring option by option "
        f"({found['naive']} s), and differs by at most {found['difference']}\nloading: {found['load']} s"
    )
    return 0
