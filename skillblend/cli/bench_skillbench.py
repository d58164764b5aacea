"""``skillblend bench skillbench`` and ``report``: every task under every policy, and what comes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from tyro.conf import Positional

import robots
from skillblend.checks import check_integer
from skillblend.cli.arguments import Robots
from skillblend.cli.output import output_folder
from skillblend.cli.paths import MODELS
from skillblend.errors import InputError
from skillblend.files import json_text

if TYPE_CHECKING:
    from sim.skillbench.matrix import Matrix
    from sim.skillbench.results import Episode


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchSkillbench:
    """Run all tasks under all policies; the same command goes on where it was stopped.

    Attributes:
        robot: Whom.
        tasks: Names, or all; see `skillblend list tasks`.
        policies: Names, or all: noop, uniform, only_SKILL, handover, oracle, blender, flat, and what else is trained.
        episodes: Of each seed.
        seeds: How many seeds.
        first_seed: The first of them.
        out: Folder of the results.
        num_envs: How many episodes are simulated at once; figures do not depend on it.
        processes: How many processes do that; figures do not depend on it.
        engine: What runs them: processes of this machine, or a Ray cluster (an extra: see docs/guides/benchmark.md).
        ray_address: "HOST:PORT" of the cluster's head; without it, one of --processes is started for the run.
        models: Where the bundles are.
        json: Print one JSON object at the end and nothing else.
    """

    robot: Robots = "h1"
    tasks: tuple[str, ...] = ("all",)
    policies: tuple[str, ...] = ("all",)
    episodes: int = 100
    seeds: int = 5
    first_seed: int = 101
    out: Path = Path("results")
    num_envs: int = 50
    processes: int = 1
    engine: Literal["local", "ray"] = "local"
    ray_address: str = ""
    models: Path = MODELS
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(bench_skillbench, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BenchReport:
    """Write tables, charts and filmstrips of a benchmark run into its folder.

    Attributes:
        results: Folder of the run.
        into: Documents whose tables are renewed, between their markers; only of a complete run.
        films: Draw the best, the median and the worst episode of each task.
        policy: Whose; the blender's by default, the script's where there is none.
        models: Where the bundles are that the run was made with.
        json: Print one JSON object and nothing else.
    """

    results: Positional[Path]
    into: tuple[Path, ...] = ()
    films: bool = True
    policy: str = ""
    models: Path = MODELS
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(bench_report, self)


def bench_skillbench(args: BenchSkillbench) -> int:
    """Play what is missing."""
    from sim.skillbench.engine import engine
    from sim.skillbench.matrix import plan_matrix
    from sim.skillbench.ray_engine import ray_engine
    from sim.skillbench.results import Results
    from sim.skillbench.run import MOST_ENVS, run

    check_integer("seeds", args.seeds, 1, 1000)
    check_integer("num-envs", args.num_envs, 1, MOST_ENVS)
    check_integer("processes", args.processes, 1, 256)
    if args.ray_address and args.engine != "ray":
        raise InputError(f"--ray-address {args.ray_address} is for --engine ray; add it")
    play = ray_engine(args.ray_address, args.processes) if args.engine == "ray" else engine(args.processes)
    matrix = plan_matrix(
        robots.load(args.robot), args.models, tasks=args.tasks, policies=args.policies, episodes=args.episodes,
        seeds=[args.first_seed + k for k in range(args.seeds)],
    )  # fmt: skip
    console = Console(stderr=True)
    with output_folder(args.out):
        results = Results(args.out, matrix)
        for name, why in matrix.absent.items() if not args.json else ():
            console.print(f"missing: {name}: {why}", markup=False, highlight=False, soft_wrap=True)
        with ExitStack() as stack:
            show = _Board(matrix, console, stack, quiet=args.json)
            run(results, args.models.absolute(), play, num_envs=args.num_envs, progress=show)
        if args.json:
            about = {
                "out": str(args.out),
                "episodes": len(results.found),
                "absent": matrix.absent,
                "commit": matrix.commit,
            }
            print(json_text(about))
        else:
            Console().print(show.table())
    return 0


class _Board:
    """The table so far over a progress bar, on a terminal; a line for every job elsewhere."""

    def __init__(self, matrix: Matrix, console: Console, stack: ExitStack, *, quiet: bool) -> None:
        self._matrix, self._console, self._quiet = matrix, console, quiet
        self._counts: dict[tuple[str, str], list[float]] = {}
        self._done = 0
        self._bar = Progress(TextColumn("episodes"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._task = self._bar.add_task("", total=matrix.total)
        self._live: Live | None = None
        if not quiet and console.is_terminal:
            self._live = stack.enter_context(Live(self._bar, console=console, refresh_per_second=2, transient=True))

    def __call__(self, episodes: Sequence[Episode]) -> None:
        for e in episodes:
            sums = self._counts.setdefault((e.task, e.policy), [0.0, 0.0, 0.0])
            for k, value in enumerate((1.0, e.strict, e.paper_error)):
                sums[k] += value
        self._done += len(episodes)
        self._bar.update(self._task, completed=self._done)
        if self._live is not None:
            self._live.update(Group(self.table(), self._bar))
        elif not self._quiet and episodes:
            last = episodes[-1]
            self._console.print(
                f"{self._done}/{self._matrix.total} episodes; {last.task}/{last.policy}, seed {last.seed}: "
                f"{self._text(last.task, last.policy)}",
                markup=False, highlight=False, soft_wrap=True,
            )  # fmt: skip

    def table(self) -> Table:
        """Strict success and mean paper error of what there is."""
        table = Table(title=f"strict success, mean paper error; {self._done} of {self._matrix.total} episodes")
        table.add_column("policy")
        for task in self._matrix.tasks:
            table.add_column(task)
        for policy in self._matrix.policies:
            table.add_row(policy, *(escape(self._text(task, policy)) for task in self._matrix.tasks))
        return table

    def _text(self, task: str, policy: str) -> str:
        if (task, policy) not in self._counts:
            return "missing" if f"{task}/{policy}" in self._matrix.absent else "-"
        count, strict, error = self._counts[task, policy]
        return f"{100 * strict / count:.0f}%, {error / count:.3f}"


def bench_report(args: BenchReport) -> int:
    """Tables, charts, filmstrips."""
    from sim.skillbench.report import REPORT, report

    console = Console(stderr=True)
    with console.status("") as status:
        summary: dict[str, Any] = report(
            args.results, models=args.models, into=args.into, films=args.films, policy=args.policy,
            say=lambda text: status.update(escape(text)),
        )  # fmt: skip
    if args.json:
        print(json_text(summary))
    else:
        print(args.results / REPORT / "tables.md")
    return 0
