"""Looks ahead: best-first over sequences of steps, where the next step alone is not clear.

A sequence is worth the mean logarithm of its steps, each of which is what the scorer makes of it times its value: the
affordance now, and later whether the effects of the steps before it leave what it needs. A sequence that ends without
what the instruction names is worth less. What the scorer is surest of is taken without looking ahead.
"""

from __future__ import annotations

import heapq
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from planners.corpus.lookup import approaches
from planners.planner import History, Query, ScoredPlanner, Scorer
from planners.prompt import normalise
from skillblend.behaviours import BEHAVIOURS, Facts
from skillblend.contracts import Decision, Option, SceneState, Step
from skillblend.options import DONE, ENDS, REFUSE, effect, ground_options

SECONDS = 2.0
"""Of processor time that one decision may look ahead for, s."""

SURE = 0.95
"""Share of the next step from which on nothing is looked ahead for."""

UNLIKELY, WIDTH = 0.02, 3
"""Steps with a smaller share are not followed; and so many at most."""

AGAINST = 0.05
"""Value of a step whose needs are not met, of a walk to where the robot is, and of ending without a thing named."""

DEEPEST = 16
"""Longest sequence."""

_BUT = re.compile(r"\b(?:not|never|without|but|except|instead|avoid)\b|n't\b")


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A sequence of steps.

    Attributes:
        steps: From here on.
        worth: Sum of the logarithms of their products.
        facts: What holds after them.
    """

    steps: tuple[Step, ...] = ()
    worth: float = 0.0
    facts: Facts = frozenset()

    @property
    def mean(self) -> float:
        """Of the logarithms; 0 for no steps."""
        return self.worth / max(len(self.steps), 1)

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return bool(self.steps) and self.steps[-1].behaviour in ENDS


class SearchPlanner(ScoredPlanner):
    """Takes the first step of the best sequence.

    Args:
        name: Of the variant.
        scorer: Weighs options.
        seconds: Of looking ahead for a decision, by `clock`, s.
        clock: What tells them; processor time, so that what else runs here changes nothing.
    """

    def __init__(
        self, name: str, scorer: Scorer, *, seconds: float = SECONDS,
        clock: Callable[[], float] = time.process_time,
    ) -> None:  # fmt: skip
        super().__init__(name, scorer)
        self._seconds, self._clock = seconds, clock

    def decide(
        self, instruction: str, scene: SceneState, history: History, affordances: Mapping[str, float]
    ) -> Decision:
        """Choose the next step.

        Raises:
            InputError: The instruction is not acceptable text, or an affordance no probability.
            UnknownNameError: An affordance for something that is no option here.
            PlanError: Every option has score 0.
        """
        made = super().decide(instruction, scene, history, affordances)
        if made.chosen.step == REFUSE or made.chosen.lm_score >= SURE:
            return made
        best = self._best(made, scene, history)
        option = next(option for option in made.options if option.step == best.steps[0])
        if option.step == made.chosen.step:
            return made
        told = ", ".join(step.text for step in best.steps)
        chosen = replace(option, reason=f"looked ahead: {told} ({math.exp(best.mean):.2f} a step)")
        return replace(made, chosen=chosen, options=tuple(chosen if o is option else o for o in made.options))

    def _best(self, made: Decision, scene: SceneState, history: History) -> Branch:
        """The best sequence that was found in time; the likeliest unfinished one where none was finished."""
        ends, ticket = self._clock() + self._seconds, count()
        root = Branch(facts=facts_after(scene, history))
        queue = [(-child.mean, next(ticket), child) for child in self._first(made, root, scene, history)]
        heapq.heapify(queue)
        while queue and not queue[0][2].ended and self._clock() < ends:
            branch = heapq.heappop(queue)[2]
            for child in self._children(made.instruction, branch, scene, history):
                heapq.heappush(queue, (-child.mean, next(ticket), child))
        return queue[0][2] if queue else root

    def _first(self, made: Decision, root: Branch, scene: SceneState, history: History) -> list[Branch]:
        """The steps that the decision weighs, by its own products."""
        able = [option for option in made.options if option.score > 0.0 and option.lm_score >= UNLIKELY]
        return [self._after(root, o, o.score, made.instruction, scene, history) for o in able[:WIDTH]]

    def _children(self, instruction: str, branch: Branch, scene: SceneState, history: History) -> list[Branch]:
        """The likely steps after a branch; none after one that is long enough."""
        if len(branch.steps) >= DEEPEST:
            return []
        then = replace(scene, facts=branch.facts, base=None)
        steps = ground_options(then)
        past = [*history, *((step, True) for step in branch.steps)]
        shares = self._scorer.probabilities(Query(instruction=instruction, scene=then, history=past, steps=steps))
        likely = sorted(range(len(steps)), key=lambda k: -shares[k])[:WIDTH]
        options = [Option(step=steps[k], lm_score=float(shares[k]), affordance=1.0) for k in likely]
        able = [option for option in options if option.lm_score >= UNLIKELY]
        return [self._after(branch, o, o.lm_score, instruction, scene, history) for o in able]

    def _after(
        self, branch: Branch, option: Option, share: float, instruction: str, scene: SceneState, history: History
    ) -> Branch:
        step, steps = option.step, (*branch.steps, option.step)
        worth = math.log(share * value(step, branch.facts, scene))
        if step == DONE:
            done = [*(s for s, ok in history if ok), *branch.steps]
            worth += len(missing(instruction, scene, done)) * math.log(AGAINST)
        elif step == REFUSE and len(steps) > 1:
            worth += math.log(AGAINST)
        return Branch(steps=steps, worth=branch.worth + worth, facts=effect(step, branch.facts))


def facts_after(scene: SceneState, history: History) -> Facts:
    """What holds after the steps that succeeded, beside what the scene says."""
    facts: Facts = frozenset()
    for step, ok in history:
        facts = effect(step, facts) if ok else facts
    return facts | scene.facts


def value(step: Step, facts: Facts, scene: SceneState) -> float:
    """What a step is worth where `facts` hold, by what it needs and whether it brings the robot anywhere."""
    if step.behaviour in ENDS:
        return 1.0
    idle = approaches(step) and effect(step, facts) == facts
    return AGAINST if idle or not BEHAVIOURS[step.behaviour].needs(step, scene).met(facts) else 1.0


def missing(instruction: str, scene: SceneState, done: list[Step]) -> list[str]:
    """Things that `instruction` names and no step was about; none where it excludes something."""
    text = normalise(instruction)
    if _BUT.search(text):
        return []
    about = {word for step in done for word in step.arguments}
    return [
        name
        for name in scene.names
        if name not in about and re.search(rf"(?<![\w-]){re.escape(name.lower())}(?![\w-])", text)
    ]
