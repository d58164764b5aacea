"""How often a planner's first step and whole plan are right: ``python -m planners.evaluation FILE``."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillblend.cases import check_plan
from skillblend.contracts import Planner, SceneState, Step, Thing
from skillblend.errors import InputError, UnknownNameError
from skillblend.files import json_text
from skillblend.intervals import wilson_interval
from skillblend.options import DONE, REFUSE, ground_options

DEV = Path(__file__).resolve().parent / "data" / "dev.json"
_ENDS = (DONE.text, REFUSE.text)


@dataclass(frozen=True, kw_only=True)
class PlanCase:
    """One instruction with the plan it should get.

    Attributes:
        instruction: As typed.
        scene: What is there.
        plan: Option texts, ending in ``"done"`` or being ``("refuse",)``.
        category: What it tries; ``""`` where the file does not say.
    """

    instruction: str
    scene: SceneState
    plan: tuple[str, ...]
    category: str = ""

    @property
    def feasible(self) -> bool:
        """Whether it can be carried out at all."""
        return self.plan != (REFUSE.text,)


@dataclass(frozen=True, kw_only=True)
class PlanOutcome:
    """What a planner made of one case.

    Attributes:
        case: The case.
        plan: The planner's plan as far as its first wrong step.
        seconds: Time of every decision.
    """

    case: PlanCase
    plan: tuple[str, ...]
    seconds: tuple[float, ...]

    @property
    def first_right(self) -> bool:
        """Whether the first step is right."""
        return self.plan[:1] == self.case.plan[:1]

    @property
    def right(self) -> bool:
        """Whether the whole plan is right."""
        return self.plan == self.case.plan


def load_cases(path: Path = DEV) -> list[PlanCase]:
    """Cases from a JSON file with ``scenes`` (name to [object, kind] pairs) and ``instructions``.

    Raises:
        InputError: Not such a file, or a plan names a step that its scene lacks.
        UnknownNameError: A case names a scene that the file lacks.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        scenes = {
            name: SceneState(things=tuple(Thing(name=thing, kind=kind) for thing, kind in things))
            for name, things in data["scenes"].items()
        }
        rows = [
            (str(r["instruction"]), str(r["scene"]), tuple(map(str, r["plan"])), str(r.get("category", "")))
            for r in data["instructions"]
        ]
    except (OSError, json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} is no file of cases: {error!r}; see planners/data/dev.json") from error
    for i, (_, scene, plan, _) in enumerate(rows):
        if scene not in scenes:
            raise UnknownNameError("scene", scene, scenes)
        check_plan(plan, [step.text for step in ground_options(scenes[scene])], f"{path}: instructions[{i}]: plan")
    return [
        PlanCase(instruction=text, scene=scenes[scene], plan=plan, category=category)
        for text, scene, plan, category in rows
    ]


def run_case(planner: Planner, case: PlanCase, affordances: Mapping[str, float] | None = None) -> PlanOutcome:
    """Ask `planner` for step after step, every step succeeding, up to its first mistake."""
    history: list[tuple[Step, bool]] = []
    plan: list[str] = []
    seconds: list[float] = []
    while len(plan) < len(case.plan):
        began = time.perf_counter()
        step = planner.decide(case.instruction, case.scene, history, affordances or {}).chosen.step
        seconds.append(time.perf_counter() - began)
        plan.append(step.text)
        history.append((step, True))
        if step.text in _ENDS or step.text != case.plan[len(plan) - 1]:
            break
    return PlanOutcome(case=case, plan=tuple(plan), seconds=tuple(seconds))


def summarise(outcomes: Sequence[PlanOutcome]) -> dict[str, Any]:
    """Counts of right first steps, whole plans and refusals, and the median seconds of a decision.

    ``interval`` is the 95% Wilson interval of the share of right plans; ``refused`` counts infeasible
    instructions that were refused at once, ``wrongly_refused`` feasible ones whose plan breaks off with
    "refuse"; ``categories`` holds right plans and cases by category.

    Raises:
        InputError: No outcomes.
    """
    if not outcomes:
        raise InputError("no outcomes to summarise; run at least one case")
    times = sorted(second for outcome in outcomes for second in outcome.seconds)
    right = sum(outcome.right for outcome in outcomes)
    kinds = sorted({outcome.case.category for outcome in outcomes if outcome.case.category})
    groups = {kind: [o for o in outcomes if o.case.category == kind] for kind in kinds}
    return {
        "cases": len(outcomes),
        "first_steps_right": sum(outcome.first_right for outcome in outcomes),
        "plans_right": right,
        "interval": [round(end, 3) for end in wilson_interval(right, len(outcomes))],
        "infeasible": sum(not outcome.case.feasible for outcome in outcomes),
        "refused": sum(outcome.right and not outcome.case.feasible for outcome in outcomes),
        "wrongly_refused": sum(outcome.case.feasible and REFUSE.text in outcome.plan for outcome in outcomes),
        "median_seconds": round(times[len(times) // 2], 3),
        "categories": {kind: [sum(o.right for o in group), len(group)] for kind, group in groups.items()},
    }


def main(file: Path = DEV, planner: str = "saycan", adapter: Path | None = None, bare: bool = False) -> None:
    """Evaluate the planner on `file` and print every mistake, then one JSON line.

    Args:
        file: Cases.
        planner: Who decides.
        adapter: Folder of another adapter for the language model than the shipped one; for saycan.
        bare: Use the language model without any adapter; for saycan.
    """
    from planners.variants import planner_called

    cases = load_cases(file)
    if bare or adapter is not None:
        from planners.language import LanguageScorer
        from planners.planner import ScoredPlanner

        if planner != "saycan":
            raise InputError(f"--bare and --adapter are for the language model of saycan, not for {planner!r}")
        decider: Planner = ScoredPlanner("saycan", LanguageScorer.load(None if bare else adapter))
    else:
        decider = planner_called(planner).load({case.instruction: case.plan for case in cases})
    outcomes: list[PlanOutcome] = []
    for case in cases:
        outcome = run_case(decider, case)
        outcomes.append(outcome)
        if not outcome.right:
            print(f"- {case.instruction}\n    want {list(case.plan)}\n    got  {list(outcome.plan)}", flush=True)
    print(json_text({"planner": decider.name} | summarise(outcomes)))


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
