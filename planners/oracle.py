"""A planner that replays a given plan: for tests, and as the ceiling of what execution can reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skillblend.contracts import Decision, Option, SceneState, Step
from skillblend.errors import InputError, PlanError
from skillblend.options import DONE, REFUSE, ground_options


class OraclePlanner:
    """Replays `plan`: a failed step is tried once more, a second failure of it is refused.

    Args:
        plan: Option texts; ``"done"`` is added where the plan ends without it.
        max_failures: A step that failed this often ends the plan with ``"refuse"``.
    """

    def __init__(self, plan: Sequence[str], *, max_failures: int = 2) -> None:
        if not plan:
            raise InputError("the oracle needs a plan; give at least one option text, or ['refuse']")
        ends = plan[-1] in (DONE.text, REFUSE.text)
        self._plan = tuple(plan) if ends else (*plan, DONE.text)
        self._max_failures = max_failures

    def decide(
        self,
        instruction: str,
        scene: SceneState,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Decision:
        """The plan's next step, whatever the instruction and the affordances.

        Raises:
            PlanError: The next step is no option in this scene.
        """
        steps = ground_options(scene.things)
        text = self._next(history)
        if text not in {step.text for step in steps}:
            raise PlanError(
                f"the scripted step {text!r} is no option in this scene; options: {[s.text for s in steps]}"
            )
        options = [
            Option(
                step=step,
                lm_score=float(step.text == text),
                affordance=affordances.get(step.text, 1.0),
                reason="scripted",
            )
            for step in steps
        ]
        options.sort(key=lambda option: option.lm_score, reverse=True)
        return Decision(instruction=instruction, history=tuple(history), options=tuple(options), chosen=options[0])

    def _next(self, history: Sequence[tuple[Step, bool]]) -> str:
        failures = 0
        for _, ok in reversed(history):
            if ok:
                break
            failures += 1
        if failures >= self._max_failures:
            return REFUSE.text
        succeeded = sum(ok for _, ok in history)
        return self._plan[min(succeeded, len(self._plan) - 1)]
