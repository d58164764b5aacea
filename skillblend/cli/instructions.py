"""``skillblend eval instructions``: a file of instructions, each carried out and judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

import robots
from sim import scenes
from sim.evaluate import check_seed
from sim.publish import commit
from sim.sequence import judge_sequence
from skillblend.cases import Case, parse_cases, read_file
from skillblend.checks import check_integer
from skillblend.cli.output import check_file
from skillblend.cli.run import report_of
from skillblend.contracts import Planner, SceneState, Step
from skillblend.files import json_text, write_json
from skillblend.options import REFUSE, ground_options
from skillblend.plan_run import PlanRun
from skillblend.session import Outcome
from skillblend.simulated import load_planner, open_session

if TYPE_CHECKING:
    from skillblend.cli.eval_commands import EvalInstructions

AT_ONCE = 16
"""Instructions that are carried out beside each other; results do not depend on it."""


def eval_instructions(args: EvalInstructions) -> int:
    """Run every instruction of a file in a fresh simulation; how many satisfy the judge."""
    place, entries = read_file(args.file)
    check_integer("limit", args.limit, 0, 10**6)
    check_seed(args.seed)
    check_file(args.out)
    robots.load(args.robot)
    scene = scenes.load(place).state
    cases = parse_cases(entries, [step.text for step in ground_options(scene)], args.file)[: args.limit or None]
    planner = load_planner(args.planner, gold_plans(cases))
    console = Console(stderr=args.json)
    rows: list[dict[str, Any]] = []
    for first in range(0, len(cases), AT_ONCE):
        chunk = cases[first : first + AT_ONCE]
        texts = [case.instruction for case in chunk]
        if args.plan_only:
            outcomes = [plan_alone(planner, scene, text) for text in texts]
        else:
            outcomes = _carry_out(args, place, planner, texts)
        for case, outcome in zip(chunk, outcomes, strict=True):
            rows.append(_judged(case, report_of(outcome, robot=args.robot, scene=place, seed=args.seed), scene))
            _say(rows[-1], console)
    summary = {
        "instructions": len(rows),
        "satisfied": sum(r["good"] for r in rows) / len(rows),
        "falls": sum(r["falls"] for r in rows),
        "plan_only": args.plan_only,
        "planner": planner.name,
        "seed": args.seed,
        "commit": commit(),
        "runs": rows,
    }
    write_json(args.out, summary)
    brief = {k: v for k, v in summary.items() if k != "runs"}
    print(json_text(brief) if args.json else brief)
    return 0


def gold_plans(cases: Sequence[Case]) -> dict[str, Sequence[str]]:
    """The first plan of every instruction, and refusing where there is none: what a scripted planner replays."""
    return {case.instruction: case.plans[0] if case.plans else [REFUSE.text] for case in cases}


def _carry_out(args: EvalInstructions, scene: str, planner: Planner, texts: list[str]) -> list[Outcome]:
    """All at once, each with a robot of its own, which begins like any other."""
    session = open_session(args.robot, scene, args.seed, args.models, lambda: planner, episodes=[0] * len(texts))
    return session.run_all(texts)


def plan_alone(planner: Planner, scene: SceneState, instruction: str) -> Outcome:
    """The plan if every step succeeded: nothing moves, no rule looks at places, affordances are left out."""
    run = PlanRun(instruction)
    while not run.over:
        run.options(scene, None)
        step = run.take(planner.decide(instruction, scene, run.history, {}))
        if step is not None:
            run.record(step, success=True)
    ending = run.ending
    assert ending is not None  # the loop ended
    return Outcome(
        instruction=instruction, planner=planner.name, success=ending.success, refused=ending.refused,
        reason=ending.reason,
        steps=run.entries(), decisions=run.decisions,
    )  # fmt: skip


def _judged(case: Case, row: dict[str, Any], scene: SceneState) -> dict[str, Any]:
    """`row` with whether its steps are what `case` asks for."""
    known = {step.text: step for step in ground_options(scene)}
    events: list[tuple[Step, bool]] = [(known[s["text"]], bool(s["success"])) for s in row["steps"]]
    events += [(REFUSE, True)] if row["refused"] else []
    good = judge_sequence(events, case.plans) and not row["falls"]
    return row | {"id": case.id, "category": case.category, "good": good}


def _say(row: dict[str, Any], console: Console) -> None:
    done = [s["text"] for s in row["steps"] if s["success"]]
    mark = "[green]ok  [/green]" if row["good"] else "[red]miss[/red]"
    line = f"{row['id']:14s} {row['instruction']} -> {done or (row['refused'] and 'refuse')}"
    console.print(f"{mark} {escape(line)}")
