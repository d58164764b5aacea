"""How often a planner's first step and whole plan are right: ``python -m planners.evaluation FILE``."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from skillblend.contracts import Planner, SceneObject, Step
from skillblend.errors import InputError, UnknownNameError
from skillblend.options import DONE, REFUSE

DEV = Path(__file__).resolve().parent / "data" / "dev.json"
_ENDS = (DONE.text, REFUSE.text)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One instruction with the plan it should get.

    Attributes:
        instruction: As typed.
        objects: The scene.
        plan: Option texts, ending in ``"done"`` or being ``("refuse",)``.
    """

    instruction: str
    objects: tuple[SceneObject, ...]
    plan: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a planner made of one case.

    Attributes:
        case: The case.
        plan: The planner's plan as far as its first wrong step.
        seconds: Time of every decision.
    """

    case: Case
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


def load_cases(path: Path = DEV) -> list[Case]:
    """Cases from a JSON file with ``scenes`` (name to [object, kind] pairs) and ``instructions``.

    Raises:
        InputError: Not such a file.
        UnknownNameError: A case names a scene that the file lacks.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        scenes = {
            name: tuple(SceneObject(name=thing, kind=kind) for thing, kind in things)
            for name, things in data["scenes"].items()
        }
        rows = [(str(r["instruction"]), str(r["scene"]), tuple(map(str, r["plan"]))) for r in data["instructions"]]
    except (OSError, json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is no file of cases: {error!r}; see planners/data/dev.json") from error
    for _, scene, _ in rows:
        if scene not in scenes:
            raise UnknownNameError("scene", scene, scenes)
    return [Case(instruction=text, objects=scenes[scene], plan=plan) for text, scene, plan in rows]


def run_case(planner: Planner, case: Case, affordances: Mapping[str, float] | None = None) -> Outcome:
    """Ask `planner` for step after step, every step succeeding, up to its first mistake."""
    history: list[tuple[Step, bool]] = []
    plan: list[str] = []
    seconds: list[float] = []
    while len(plan) < len(case.plan):
        began = time.perf_counter()
        step = planner.decide(case.instruction, case.objects, history, affordances or {}).chosen.step
        seconds.append(time.perf_counter() - began)
        plan.append(step.text)
        history.append((step, True))
        if step.text in _ENDS or step.text != case.plan[len(plan) - 1]:
            break
    return Outcome(case=case, plan=tuple(plan), seconds=tuple(seconds))


def summarise(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Counts of right first steps and whole plans, and the median seconds of a decision.

    Raises:
        InputError: No outcomes.
    """
    if not outcomes:
        raise InputError("no outcomes to summarise; run at least one case")
    times = sorted(second for outcome in outcomes for second in outcome.seconds)
    return {
        "cases": len(outcomes),
        "first_steps_right": sum(outcome.first_right for outcome in outcomes),
        "plans_right": sum(outcome.right for outcome in outcomes),
        "median_seconds": round(times[len(times) // 2], 3),
    }


def main(file: Path = DEV, adapter: Path | None = None, bare: bool = False, guard: bool = True) -> None:
    """Evaluate the planner on `file` and print every mistake, then one JSON line.

    Args:
        file: Cases.
        adapter: Folder of the adapter; the shipped one if not given.
        bare: Use the language model without any adapter.
        guard: Let the scene guard object.
    """
    from planners.saycan import ADAPTER, SayCanPlanner

    planner = SayCanPlanner.load(None if bare else adapter or ADAPTER, guard=guard)
    outcomes: list[Outcome] = []
    for case in load_cases(file):
        outcome = run_case(planner, case)
        outcomes.append(outcome)
        if not outcome.right:
            print(f"- {case.instruction}\n    want {list(case.plan)}\n    got  {list(outcome.plan)}", flush=True)
    print(json.dumps(summarise(outcomes)))


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
