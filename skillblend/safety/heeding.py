"""Any planner, made to heed what an instruction forbids.

The rule reads the instruction (`skillblend.safety.prohibitions`); the planner is asked for the request that is left,
and what the instruction forbids can never be chosen. The record keeps both: the options with the planner's scores and
the rule's reasons, and in `Decision.reading` what the rule read and what the planner alone would have done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import Decision, Option, Planner, SceneState, Step
from skillblend.errors import PlanError, UnknownNameError
from skillblend.options import DONE, ENDS, REFUSE, all_achieved
from skillblend.safety.prohibitions import RULE, Reading, read

SURE, LIKELY = 0.5, 0.1
"""Share of what is allowed, and product, that an option needs to stand in for a forbidden one."""


@runtime_checkable
class Rewords(Protocol):
    """A planner that knows what the words of an instruction name in a scene."""

    def reword(
        self, instruction: str, scene: SceneState, history: Sequence[tuple[Step, bool]]
    ) -> tuple[str, tuple[str, ...]]:
        """`instruction` in the scene's names, and what was read as what, before anything was done."""
        ...


def heed(planner: Planner) -> Planner:
    """`planner` with the rule before it; nothing changes where it has been there already."""
    return planner if isinstance(planner, HeedingPlanner) else HeedingPlanner(planner)


class HeedingPlanner:
    """A planner with the rule before it.

    Attributes:
        name: The planner's own.
        planner: The planner itself.
    """

    def __init__(self, planner: Planner) -> None:
        """Ask `planner`, within what is allowed."""
        self.planner = planner
        self.name = planner.name

    def decide(
        self,
        instruction: str,
        scene: SceneState,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Decision:
        """Choose the next step among what the instruction does not forbid.

        Raises:
            InputError: The instruction is not acceptable text.
            PlanError: No option can be chosen.
        """
        text, notes = (
            self.planner.reword(instruction, scene, history)
            if isinstance(self.planner, Rewords)
            else (instruction, ())
        )
        made = self._heeding(text, scene, history, affordances)
        return replace(made, instruction=instruction, reading=tuple(dict.fromkeys((*notes, *made.reading))))

    def _heeding(
        self, text: str, scene: SceneState, history: Sequence[tuple[Step, bool]], affordances: Mapping[str, float]
    ) -> Decision:
        """The next step on `text`, which names things as the scene does."""
        reading = read(text, scene.things)
        if not reading.prohibitions:
            return replace(self._ask(reading.request, text, scene, history, affordances), instruction=text)
        shortened = bool(reading.request) and reading.request != text
        alone = None if shortened and history else self.planner.decide(text, scene, history, affordances)
        made = alone
        if made is None or shortened:
            made = self._ask(reading.request, text, scene, history, affordances)
        return _within(reading, replace(made, instruction=text), alone, history)

    def _ask(
        self,
        request: str,
        instruction: str,
        scene: SceneState,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Decision:
        """The planner's decision on `request`, or on the whole instruction where it knows that alone."""
        try:
            return self.planner.decide(request, scene, history, affordances)
        except (PlanError, UnknownNameError):
            return self.planner.decide(instruction, scene, history, affordances)


def _within(
    reading: Reading, made: Decision, alone: Decision | None, history: Sequence[tuple[Step, bool]]
) -> Decision:
    """`made` without what `reading` forbids."""
    forbidden = reading.forbidden(history)
    if not reading.request:
        forbidden |= _all_else(reading, made, history)
    options = sorted(
        (_marked(option, forbidden) for option in made.options), key=lambda o: (o.score, o.lm_score), reverse=True
    )
    own = next((k for k, option in enumerate(options) if option.step == made.chosen.step and option.allowed), 0)
    ranked = [options[own], *options[:own], *options[own + 1 :]]  # what it chose is not always what it scored highest
    chosen = _choose(ranked, made.chosen.step.text in forbidden, history, reading)  # may give a refusal its reason
    options = [chosen if option.step == chosen.step else option for option in options]
    return replace(made, options=tuple(options), chosen=chosen, reading=_say(reading, alone))


def _all_else(reading: Reading, made: Decision, history: Sequence[tuple[Step, bool]]) -> dict[str, str]:
    """Why nothing may be done where nothing is asked for; standing still may, where that is what was said."""
    why = f"{RULE}: nothing is asked for beside {_quoted(reading)}"
    return {
        o.step.text: why for o in made.options if not (o.step == REFUSE or (reading.stand and _rests(o, history)))
    }


def _rests(option: Option, history: Sequence[tuple[Step, bool]]) -> bool:
    """Whether it is how to stay where one is: to be done where something was done, else to stand."""
    if history or option.step.behaviour in ENDS:
        return bool(history) and option.step == DONE
    return BEHAVIOURS[option.step.behaviour].motionless


def _marked(option: Option, forbidden: Mapping[str, str]) -> Option:
    why = forbidden.get(option.step.text)
    return option if why is None else replace(option, allowed=False, reason=why)


def _choose(options: list[Option], barred: bool, history: Sequence[tuple[Step, bool]], reading: Reading) -> Option:
    """The best of what is allowed; where the planner's own choice is not, only what stands out among the rest."""
    if reading.stand:
        rest = (o for o in options if _rests(o, history) and o.allowed and o.affordance > 0.0)
        return next(rest, options[0])
    allowed = [option for option in options if option.allowed and option.score > 0.0]
    if allowed and not barred:
        return allowed[0]
    if allowed and allowed[0].score > max(SURE * sum(option.score for option in allowed), LIKELY):
        return allowed[0]
    done = next((option for option in allowed if option.step == DONE), None)
    if done is not None and all_achieved(history) and reading.request != reading.instruction:
        return done
    at = next((i for i, option in enumerate(options) if option.step == REFUSE), None)
    if at is None:
        raise PlanError(f"the instruction forbids every option: {_quoted(reading)}; ask for something else")
    options[at] = replace(options[at], reason=_why(options, reading))
    return options[at]


def _why(options: Sequence[Option], reading: Reading) -> str:
    """Why nothing is done."""
    if not reading.request:
        return f"{RULE}: nothing is asked for beside {_quoted(reading)}; say what to do instead"
    wanted = max(options, key=lambda option: option.lm_score)
    return wanted.reason if not wanted.allowed else f"{RULE}, and nothing else was clear: {_quoted(reading)}"


def _quoted(reading: Reading) -> str:
    return ", ".join(repr(ban.words) for ban in reading.prohibitions)


def _say(reading: Reading, alone: Decision | None) -> tuple[str, ...]:
    """What the rule read, and what the planner made of the whole instruction."""
    bans = [
        f"forbidden by {ban.words!r}: {', '.join(sorted(ban.steps)) or 'nothing that could be done here'}"
        + (f"; until then: {', '.join(sorted(ban.until))}" if ban.until else "")
        for ban in reading.prohibitions
    ]
    asked = f"asked for: {reading.request!r}" if reading.request else "nothing is asked for"
    own = (f"the planner alone: {alone.chosen.step.text} ({alone.chosen.lm_score:.2f})",) if alone else ()
    return (*bans, asked, *own)
