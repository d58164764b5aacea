"""``skillblend eval instructions``: a file of instructions, each carried out and judged."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from sim.judge import judge_sequence
from sim.pipelines import check_seed, commit
from skillblend.cli.output import check_file
from skillblend.cli.run import MAX_STEPS, Session, load_planner
from skillblend.contracts import Step
from skillblend.errors import InputError
from skillblend.files import json_text, write_json
from skillblend.options import REFUSE, ground_options

if TYPE_CHECKING:
    from skillblend.cli.eval_commands import EvalInstructions


def eval_instructions(args: EvalInstructions) -> int:
    """Run every instruction of a file in a fresh simulation; how many satisfy the judge."""
    try:
        data: dict[str, Any] = json.loads(args.file.read_text())
        items: list[dict[str, Any]] = data["instructions"]
        if not items or args.limit < 0:
            raise ValueError(f"{len(items)} instructions, limit {args.limit}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{args.file} must be JSON with 'scene' and 'instructions': {error}") from error
    check_seed(args.seed)
    check_file(args.out)
    planner = load_planner()
    console = Console(stderr=args.json)
    rows: list[dict[str, Any]] = []
    for item in items[: args.limit or None]:
        session = Session(args.robot, data["scene"], args.seed, args.models, planner)
        if args.plan_only:
            row = _plan_only(session, item["instruction"])
        else:
            report, _ = session.run(item["instruction"])
            row = asdict(report)
        done = [s["text"] for s in row["steps"] if s["success"]]
        known = {s.text: s for s in ground_options(session.scene.objects)}
        events = [(known[s["text"]], bool(s["success"])) for s in row["steps"]]
        events += [(REFUSE, True)] if row["refused"] else []
        good = judge_sequence(events, item["plans"]) and not row["falls"]
        rows.append(row | {"id": item["id"], "category": item["category"], "good": good})
        mark = "[green]ok  [/green]" if good else "[red]miss[/red]"
        line = f"{item['id']:14s} {item['instruction']} -> {done or row['refused'] and 'refuse'}"
        console.print(f"{mark} {escape(line)}")
    summary = {
        "instructions": len(rows),
        "satisfied": sum(r["good"] for r in rows) / len(rows),
        "falls": sum(r["falls"] for r in rows),
        "plan_only": args.plan_only,
        "seed": args.seed,
        "commit": commit(),
        "runs": rows,
    }
    write_json(args.out, summary)
    brief = {k: v for k, v in summary.items() if k != "runs"}
    print(json_text(brief) if args.json else brief)
    return 0


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
    return {"instruction": instruction, "steps": steps, "refused": refused, "falls": 0}
