"""Whether the steps of a run are those that an instruction asks for: accepted plans of an instructions file."""

from __future__ import annotations

from collections.abc import Sequence

from skillblend.contracts import Step


def judge_sequence(events: Sequence[tuple[Step, bool]], plans: Sequence[Sequence[str]]) -> bool:
    """Whether what was done satisfies one of the accepted `plans`.

    Successful steps must be those of the plan, in its order: nothing left out, nothing added. Only walking
    that follows from the rest is free: to the object that is pressed or touched next, and to where the
    robot already is. A failed step is forgiven if it was a try at what the plan asks for next.

    Args:
        events: Steps in the order in which they ended, each with the judge's verdict. ``done`` may be
            among them; ``refuse`` is how a refusal shows.
        plans: Option texts. None at all means that the instruction must be refused before any motion.
    """
    acted = [(step, success) for step, success in events if step.behaviour != "done"]
    if not plans:
        return [step.behaviour for step, _ in acted] == ["refuse"]
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
        on_the_way = step.behaviour == "walk_to" and expected in _at(step.arguments[0])
        if not success and step.text != expected and not on_the_way:
            return False
    return True


def _essential(texts: Sequence[str]) -> list[bool]:
    """Which of the option `texts` are more than walking that the rest implies."""
    essential: list[bool] = []
    place = ""
    for i, text in enumerate(texts):
        verb, _, target = text.partition(" the ")
        if verb == "walk to":
            following = next((later for later in texts[i + 1 :] if later != text), "")
            implied = target == place or following in _at(target)
            essential.append(not implied)
            place = target
        else:
            essential.append(True)
            place = target if verb in ("press", "touch") else ""
    return essential


def _at(name: str) -> tuple[str, str]:
    """Option texts of what one must stand at `name` for."""
    return f"press the {name}", f"touch the {name}"
