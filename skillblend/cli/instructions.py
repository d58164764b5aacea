"""``skillblend eval instructions``: a file of instructions, each carried out and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

import robots
from sim import scenes
from sim.judge import judge_sequence
from sim.pipelines import check_seed, commit
from skillblend.cases import Case, parse_cases, read_file
from skillblend.checks import check_integer
from skillblend.cli.output import check_file
from skillblend.cli.run import MAX_STEPS, Session, load_planner
from skillblend.contracts import Step
from skillblend.files import json_text, write_json
from skillblend.options import REFUSE, ground_options

if TYPE_CHECKING:
    from skillblend.cli.eval_commands import EvalInstructions


def eval_instructions(args: EvalInstructions) -> int:
    """Run every instruction of a file in a fresh simulation; how many satisfy the judge."""
    scene, entries = read_file(args.file)
    check_integer("limit", args.limit, 0, 10**6)
    check_seed(args.seed)
    check_file(args.out)
    robots.load(args.robot)
    steps = [step.text for step in ground_options(scenes.load(scene).objects)]
    cases = parse_cases(entries, steps, args.file)
    planner = load_planner(args.planner, gold_plans(cases))
    console = Console(stderr=args.json)
    rows: list[dict[str, Any]] = []
    for case in cases[: args.limit or None]:
        session = Session(args.robot, scene, args.seed, args.models, planner)
        rows.append(_row(session, case, plan_only=args.plan_only))
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


def _row(session: Session, case: Case, *, plan_only: bool) -> dict[str, Any]:
    """One instruction carried out, or only planned, and judged."""
    row = _plan_only(session, case.instruction) if plan_only else asdict(session.run(case.instruction)[0])
    known = {s.text: s for s in ground_options(session.scene.objects)}
    events = [(known[s["text"]], bool(s["success"])) for s in row["steps"]]
    events += [(REFUSE, True)] if row["refused"] else []
    good = judge_sequence(events, case.plans) and not row["falls"]
    return row | {"id": case.id, "category": case.category, "good": good}


def _say(row: dict[str, Any], console: Console) -> None:
    done = [s["text"] for s in row["steps"] if s["success"]]
    mark = "[green]ok  [/green]" if row["good"] else "[red]miss[/red]"
    line = f"{row['id']:14s} {row['instruction']} -> {done or (row['refused'] and 'refuse')}"
    console.print(f"{mark} {escape(line)}")


def _plan_only(session: Session, instruction: str) -> dict[str, Any]:
    """The plan if every step succeeded, with affordances of the present state left out."""
    history: list[tuple[Step, bool]] = []
    refused = False
    while len(history) < MAX_STEPS:
        decision = session.planner.decide(instruction, session.scene.state, history, {})
        if decision.chosen.step.skill in ("done", "refuse"):
            refused = decision.chosen.step.skill == "refuse"
            break
        history.append((decision.chosen.step, True))
    steps = [{"text": s.text, "success": True} for s, _ in history]
    row = {"instruction": instruction, "planner": session.planner.name, "steps": steps}
    return row | {"refused": refused, "falls": 0}
