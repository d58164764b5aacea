"""``skillblend export pddl``: a scene's options, and what an instruction comes to, for programs that plan."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from skillblend.cases import Case
from skillblend.cli.arguments import Instruction, Said
from skillblend.cli.instructions import plan_alone, told_by_poses
from skillblend.cli.output import check_folder, check_new
from skillblend.files import json_text
from skillblend.options import ground_options
from skillblend.pddl import goal_of, symbolic
from skillblend.safety.instruction import check_instruction
from skillblend.shipped import DEFAULT_PLANNER
from skillblend.simulated import check_planner, load_planner


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportPddl(Said):
    """Write a scene's options as a PDDL domain, and a planner's plan for an instruction as a problem with that plan.

    Attributes:
        words: What to do, with or without quotes around it.
        scene: Where.
        planner: Whose plan; see `skillblend list planners`, or METHOD:MODEL as in docs/planner.md.
        out: Folder for domain.pddl, problem.pddl and plan.txt; must not exist.
        json: Print one JSON object and nothing else.
    """

    words: Instruction
    scene: str = "workshop"
    planner: str = DEFAULT_PLANNER
    out: Path = Path("runs/pddl")
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out.

        Raises:
            SafetyError: The instruction asks for harm.
        """
        check_instruction(self.instruction)
        return partial(export_pddl, self)


def export_pddl(args: ExportPddl) -> int:
    """Plan, write; 1, and nothing written, where there is no plan."""
    from sim import scenes

    scene = scenes.load(args.scene).state
    check_planner(args.planner)
    check_new(args.out, "folder")
    check_folder(args.out.parent)
    case = Case(id="", category="", instruction=args.instruction)
    outcome, _ = plan_alone(load_planner(args.planner), scene, case)
    known = {step.text: step for step in ground_options(scene)}
    texts = [entry["text"] for entry in outcome.steps]
    found = {"instruction": args.instruction, "plan": texts, "reason": outcome.reason}
    pairs = [text for text in texts if text not in known]
    why = f"two steps at once are no action of PDDL: {pairs[0]!r}" if pairs else outcome.reason if not texts else ""
    if not why:
        initial = scene.facts | told_by_poses(scene)
        steps = [known[text] for text in texts]
        symbols = symbolic(scene, initial)
        args.out.mkdir(parents=True)
        (args.out / "domain.pddl").write_text(symbols.domain())
        (args.out / "problem.pddl").write_text(symbols.problem(goal_of(steps, initial)))
        (args.out / "plan.txt").write_text(symbols.plan(steps))
        found |= {"actions": len(symbols.actions), "folder": str(args.out)}
    if args.json:
        print(json_text(found | {"reason": why or outcome.reason}))
    else:
        told = f"nothing written: {why}" if why else f"{args.out}: {len(texts)} steps of {found['actions']} actions"
        Console().print(told, markup=False, highlight=False, soft_wrap=True)
    return 1 if why else 0
