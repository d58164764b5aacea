"""``skillblend bench speed``: how fast stepping, rollouts and training are."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

import robots
from skillblend.checks import check_integer
from skillblend.cli.output import check_file, keep_earlier
from skillblend.cli.paths import MODELS
from skillblend.files import json_text, write_json


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchSpeed:
    """Measure stepping, rollout and training speed in one run; writes bench.json.

    Attributes:
        out: File to write.
        seconds: Per measurement; each row has 20.
        num_envs: Environments of the batched rows.
        threads: Simulation threads of the batched rows, 0 for one per CPU.
        models: Where the walking policy is that drives the robots.
        json: Print one JSON object and nothing else.
    """

    out: Path = Path("bench.json")
    seconds: float = 0.5
    num_envs: int = 256
    threads: int = 0
    models: Path = MODELS
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(bench_speed, self)


def bench_speed(args: BenchSpeed) -> int:
    """Measure, print, write."""
    from sim.bench import bench as measure

    check_integer("threads", args.threads, 0, max(2, os.cpu_count() or 1))
    check_file(args.out)
    result = measure(
        robots.load("h1"), num_envs=args.num_envs, nthread=args.threads, seconds=args.seconds,
        models=args.models, console=None if args.json else Console(),
    )  # fmt: skip
    keep_earlier(args.out)
    write_json(args.out, result)
    if args.json:
        print(json_text(result))
    return 0
