"""Whether the steps of a run are those that an instruction asks for: accepted plans of an instructions file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import SceneState, Step, Thing
from skillblend.options import DONE, ENDS, REFUSE

_AFTER = r"(?: (?:at|by|from|in|into|off|on|onto|over|to|under|with) the .+)?"
"""What may follow a thing in an option's text: another thing."""


def judge_sequence(events: Sequence[tuple[Step, bool]], plans: Sequence[Sequence[str]]) -> bool:
    """Whether what was done satisfies one of the accepted `plans`.

    Successful steps must be those of the plan, in its order: nothing left out, nothing added. Only walking
    that follows from the rest is free: to the thing that the next step is about, and to where the
    robot already is. A failed step is forgiven if it was a try at what the plan asks for next.

    Args:
        events: Steps in the order in which they ended, each with the judge's verdict. ``done`` may be
            among them; ``refuse`` is how a refusal shows.
        plans: Option texts. None at all means that the instruction must be refused before any motion.
    """
    acted = [(step, success) for step, success in events if step.behaviour != DONE.behaviour]
    if not plans:
        return [step.behaviour for step, _ in acted] == [REFUSE.behaviour]
    return any(
        _follows(acted, [text for text, counts in zip(plan, _essential(plan), strict=True) if counts])
        for plan in plans
    )


def _follows(events: Sequence[tuple[Step, bool]], plan: list[str]) -> bool:
    succeeded = [i for i, (_, success) in enumerate(events) if success]
    texts = [events[i][0].text for i in succeeded]
    counted = [i for i, counts in zip(succeeded, _essential(texts), strict=True) if counts]
    if [events[i][0].text for i in counted] != plan:
        return False
    for i, (step, success) in enumerate(events):
        position = sum(j < i for j in counted)
        expected = plan[position] if position < len(plan) else ""
        approaches = step.behaviour not in ENDS and BEHAVIOURS[step.behaviour].approaches
        on_the_way = approaches and _is_about(expected, step.arguments[0])
        if not success and step.text != expected and not on_the_way:
            return False
    return True


def _essential(texts: Sequence[str]) -> list[bool]:
    """Which of the option `texts` are more than walking that the rest implies."""
    essential: list[bool] = []
    place = ""
    for i, text in enumerate(texts):
        target = text.rpartition(" the ")[2] if " the " in text else ""
        if _approaches(text, target):
            following = next((later for later in texts[i + 1 :] if later != text), "")
            implied = target == place or _is_about(following, target)
            essential.append(not implied)
        else:
            essential.append(True)
        place = target
    return essential


def _approaches(text: str, target: str) -> bool:
    """Whether the option `text` brings the robot to the thing called `target`, asked of the behaviours that do so."""
    there = SceneState(things=(Thing(name=target, kind=""),)) if target else SceneState(things=())
    walks = (BEHAVIOURS[name] for name in BEHAVIOURS if BEHAVIOURS[name].approaches)
    return any(step.text == text for behaviour in walks for step in behaviour.ground(there))


def _is_about(text: str, thing: str) -> bool:
    """Whether the option `text` does something where `thing` is, beside going there."""
    named = re.fullmatch(rf".* the {re.escape(thing)}{_AFTER}", text) is not None
    return named and not _approaches(text, thing)
