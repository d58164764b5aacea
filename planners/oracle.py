"""A planner that replays known plans: for tests, and as the ceiling of what execution can reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planners.planner import Gold, History, Query, ScoredPlanner
from skillblend.contracts import Array
from skillblend.errors import InputError, PlanError
from skillblend.options import DONE, REFUSE

DOUBT = 1e-9
"""What refusing keeps of the probability: it wins where the next step may not be done."""


class ScriptScorer:
    """Gives all to a plan's next step; one that failed is tried again, `max_failures` in a row are refused.

    Args:
        plan: Option texts; ``"done"`` is added where the plan ends without it.
        max_failures: Failures in a row after which refusing is next.
    """

    def __init__(self, plan: Sequence[str], *, max_failures: int = 2) -> None:
        if not plan:
            raise InputError("the oracle needs a plan; give at least one option text, or ['refuse']")
        ends = plan[-1] in (DONE.text, REFUSE.text)
        self._plan = tuple(plan) if ends else (*plan, DONE.text)
        self._max_failures = max_failures

    def probabilities(self, query: Query) -> Array:
        """One-hot but for `DOUBT`. Shape (K,).

        Raises:
            PlanError: The next step is no option in this scene.
        """
        text = self._next(query.history)
        if text not in query.texts:
            raise PlanError(f"the scripted step {text!r} is no option in this scene; options: {query.texts}")
        return np.array([(1.0 - DOUBT) * (t == text) + DOUBT * (t == REFUSE.text) for t in query.texts])

    def _next(self, history: History) -> str:
        failures = 0
        for _, ok in reversed(history):
            if ok:
                break
            failures += 1
        if failures >= self._max_failures:
            return REFUSE.text
        succeeded = sum(ok for _, ok in history)
        return self._plan[min(succeeded, len(self._plan) - 1)]


class GoldScorer:
    """Replays the known plan of each instruction.

    Args:
        plans: By instruction.
    """

    def __init__(self, plans: Gold) -> None:
        if not plans:
            raise InputError(
                "the oracle replays known plans and was given none; use it with "
                "`skillblend eval instructions FILE --planner oracle`, or choose another planner"
            )
        self._scripts = {instruction: ScriptScorer(plan) for instruction, plan in plans.items()}

    def probabilities(self, query: Query) -> Array:
        """Of the instruction's own script. Shape (K,).

        Raises:
            InputError: There is no plan for this instruction.
            PlanError: Its next step is no option in this scene.
        """
        script = self._scripts.get(query.instruction)
        if script is None:
            raise InputError(
                f"the oracle knows no plan for {query.instruction[:80]!r}, only for the {len(self._scripts)} "
                "instructions of its file; choose another planner"
            )
        return script.probabilities(query)


class OraclePlanner(ScoredPlanner):
    """Replays `plan` whatever the instruction: a failed step is tried once more, a second failure is refused.

    Args:
        plan: Option texts; ``"done"`` is added where the plan ends without it.
        max_failures: A step that failed this often ends the plan with ``"refuse"``.
    """

    def __init__(self, plan: Sequence[str], *, max_failures: int = 2) -> None:
        super().__init__("oracle", ScriptScorer(plan, max_failures=max_failures), max_failures=max_failures)
