"""``skillblend conformance`` and ``fuzz``: what the guard promises, shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional

from skillblend.cli.paths import MODELS
from skillblend.errors import InputError
from skillblend.files import json_text

MAX_MESSAGES = 10**9


@dataclasses.dataclass(frozen=True, kw_only=True)
class Conformance:
    """Twelve fault classes while a robot walks in MuJoCo, and policy switches; fails if one trial does.

    Attributes:
        robot: Whom.
        trials: Of each class.
        switches: Policy switches of one robot; 0 for none.
        loaded: Each robot carries 0 to 3 kg (of an H1; others by their weight) at the palms.
        seed: Of everything.
        models: Where the bundles are.
        json: Print one JSON object and nothing else.
    """

    robot: Annotated[str, tyro.conf.arg(help="see `skillblend list robots`")] = "h1"
    trials: int = 100
    switches: int = 50
    loaded: Annotated[bool, tyro.conf.arg(name="load")] = False
    seed: int = 0
    models: Path = MODELS
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(conformance, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fuzz:
    """Random messages to the guard, each answer judged; fails if one is outside a limit.

    Attributes:
        robot: Whose guard.
        messages: How many.
        seed: Of the messages.
        json: Print one JSON object and nothing else.
    """

    robot: Positional[Annotated[str, tyro.conf.arg(help="see `skillblend list robots`")]] = "h1"
    messages: int = 1_000_000
    seed: int = 0
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(fuzz_guard, self)


def conformance(args: Conformance) -> int:
    """Run both parts of the suite; 0 if all passed, 1 if not."""
    import robots
    from sim.conformance.faults import Fault
    from sim.conformance.suite import check_trials, run_suite
    from sim.conformance.switches import PolicySwitches, default_policies
    from sim.evaluate import check_seed
    from sim.publish import commit
    from skillblend.cli.output import bar
    from skillblend.intervals import wilson_interval
    from skillblend.loading import load_skillset

    check_seed(args.seed)
    check_trials(args.trials)
    if args.switches < 0:
        raise InputError(f"switches = {args.switches} must not be negative")
    robot, revision = robots.load(args.robot), commit()
    skills = load_skillset(robot, args.models)
    with bar("conformance", quiet=args.json) as progress:
        task = progress.add_task("trials", total=args.trials * (len(Fault) + 1))
        classes = run_suite(
            skills.skill(skills.recovering), args.trials, args.seed, loaded=args.loaded,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
        switched = None
        alone = len(default_policies(skills)) == 1
        if args.switches and not alone:
            task = progress.add_task("switches", total=args.switches)
            switched = PolicySwitches(skills, args.seed, loaded=args.loaded).run(
                args.switches, lambda done, total: progress.update(task, completed=done, total=total)
            )
    faults = classes[: len(Fault)]
    passed, total = sum(c.passed for c in faults), sum(c.trials for c in faults)
    report: dict[str, Any] = {
        "robot": robot.name,
        "trials": args.trials,
        "seed": args.seed,
        "load": args.loaded,
        "commit": revision,
        "passed": passed,
        "total": total,
        "interval": wilson_interval(passed, total),
        "classes": [dataclasses.asdict(c) for c in faults],
        "control": dataclasses.asdict(classes[-1]),
        "switches": dataclasses.asdict(switched) if switched else None,
    }
    if alone:
        report["left_out"] = f"no switches: {robot.name} has one skill, {skills.recovering}; train another"
    _show_conformance(report, args.json)
    fine = passed == total and classes[-1].passed == args.trials and (switched is None or switched.passed)
    return 0 if fine else 1


def _show_conformance(report: dict[str, Any], as_json: bool) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if as_json:
        print(json_text(report))
        return
    console, table = Console(), Table(title=f"{report['robot']}, seed {report['seed']}", title_justify="left")
    for name in ("class", "passed", "95% interval", "allowed", "mean", "worst", "damping", "stand"):
        table.add_column(name, justify="left" if name == "class" else "right")
    for row in (*report["classes"], report["control"]):
        low, high = row["interval"]
        table.add_row(
            row["fault"], f"{row['passed']}/{row['trials']}", f"{low:.3f}-{high:.3f}",
            *(_milliseconds(row[key]) for key in ("deadline", "latency_mean", "latency_max")),
            str(row["damping"]), str(row["stand"]),
        )  # fmt: skip
    console.print(table)
    for row in (*report["classes"], report["control"]):
        for number, reasons in row["failures"].items():
            console.print(f"[red]{row['fault']} {number}[/red]: {escape('; '.join(reasons))}", highlight=False)
    if report["switches"]:
        found = report["switches"]
        console.print(
            f"{found['switches']} switches between {', '.join(found['policies'])}: {found['falls']} falls, "
            f"{found['trips']} trips, torque over the limit by {found['torque_excess']:.3g} N m"
        )
    if "left_out" in report:
        console.print(report["left_out"], highlight=False)
    console.print(f"[bold]{report['passed']} of {report['total']}[/bold] trials passed")


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1e3 * seconds:.0f} ms"


def fuzz_guard(args: Fuzz) -> int:
    """Send the messages; 0 if no answer was outside a limit, 1 if one was."""
    import robots
    from sim.evaluate import check_seed
    from sim.publish import commit
    from skillblend.cli.output import bar
    from skillblend.safety.fuzz import fuzz

    check_seed(args.seed)
    if not 1 <= args.messages <= MAX_MESSAGES:
        raise InputError(f"messages = {args.messages} must be between 1 and {MAX_MESSAGES}")
    robot, revision = robots.load(args.robot), commit()
    with bar("fuzz", quiet=args.json) as progress:
        task = progress.add_task("messages", total=args.messages)
        report = fuzz(
            robot, args.messages, seed=args.seed, progress=lambda done: progress.update(task, completed=done)
        )
    result: dict[str, Any] = {
        "robot": robot.name,
        "seed": args.seed,
        "commit": revision,
        "messages": report.messages,
        "violation_count": sum(report.violations.values()),
        "violations": dict(report.violations),
        "corrupted": report.corrupted,
        "limited": report.limited,
        "modes": dict(report.modes),
        "trips": dict(report.trips),
        "seconds": round(report.seconds, 1),
    }
    print(json_text(result) if args.json else _fuzz_text(result))
    return 1 if report.violations else 0


def _fuzz_text(result: dict[str, Any]) -> str:
    return (
        f"{result['messages']} messages in {result['seconds']:.0f} s, {result['corrupted']} of them corrupted "
        f"while a policy ran, {result['limited']} limited: {result['violation_count']} violations "
        f"{result['violations'] or ''}"
    )
