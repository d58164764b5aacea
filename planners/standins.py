"""Options that the language model has not learnt, under the names of others that it has.

The adapter knows the behaviours that it was trained with, and refuses what is asked for by other verbs. A behaviour
that came later is asked of it in another's place: "pick up the tin, then put the tin on the desk" reads "touch the
tin, then touch the desk", and where it touches the tin, the tin is picked up. Where one stands for such a step is
looked up in the file of its verb (`planners.corpus`). Options of such behaviours that nobody asked for count 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from planners.corpus.lookup import possible_steps
from planners.corpus.phrases import plan_of, verbs
from planners.grounding.doings import in_form, needs_hold, puts, takes
from planners.grounding.pronouns import load_of
from planners.prompt import normalise
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import SceneState, Step
from skillblend.options import ENDS

_AT_PLACE = "touch the {}"
"""What stands in for a step that is about a thing."""

_ALONE = (
    ("raise both hands", re.compile(r"\b(?:hands?|arms?|raise|raising|up)\b")),
    ("turn around", re.compile(r"\b(?:turn|turning|around|back|spin|face)\b")),
    ("step to the left", re.compile(r"$^")),
)
"""What stands in for a step that is about no thing, and words with which it cannot."""


@dataclass
class StandIns:
    """What the language model is shown instead of an instruction, a history and options.

    Attributes:
        text: The instruction.
        history: Executed steps.
        shown: For each text that is shown as an option, the index of the option that it stands for.
    """

    text: str
    history: list[tuple[Step, bool]]
    shown: dict[str, int] = field(default_factory=dict[str, int])


def stand_in(
    instruction: str,
    scene: SceneState,
    history: Sequence[tuple[Step, bool]],
    steps: Sequence[Step],
    learnt: Sequence[str] | None = None,
) -> StandIns:
    """What is shown for `instruction`, whose `steps` are the options now.

    Nothing is changed where all are of behaviours that were `learnt`; None where all were.
    """
    new = [s for s in (*possible_steps(scene.things), *(s for s, _ in history)) if not _is_learnt(s, learnt)]
    if not new:
        return StandIns(instruction, list(history), {step.text: k for k, step in enumerate(steps)})
    text = normalise(instruction)
    names = {step.text: _other_name(step, text) for step in new}
    text, asked = _reworded(text, names)
    done = [
        (Step(text=names.get(s.text, s.text), behaviour=s.behaviour, arguments=s.arguments), ok) for s, ok in history
    ]
    now = [step for step in steps if _has_hands(step, in_hand(scene, history))]
    shown = _shown(now, history, asked, names, learnt)
    number = {step.text: k for k, step in enumerate(steps)}
    return StandIns(text if asked else instruction, done, {name: number[text] for name, text in shown.items()})


def in_hand(scene: SceneState, history: Sequence[tuple[Step, bool]]) -> str:
    """The name of what the robot holds, as far as the scene or what it has done tells; empty for nothing."""
    held = load_of(scene)
    for step, ok in history:
        if ok and takes(step):
            held = step.arguments[0]
        elif ok and needs_hold(step) and step.arguments[0] == held:
            held = ""
    return held


def _has_hands(step: Step, held: str) -> bool:
    """Whether the hands are as `step` needs them."""
    if takes(step):
        return not held
    return not puts(step) or step.arguments[0] == held


def _is_learnt(step: Step, learnt: Sequence[str] | None) -> bool:
    return learnt is None or step.behaviour in learnt or step.behaviour in ENDS


def _other_name(step: Step, text: str) -> str:
    """What stands in for `step` in an instruction that says `text`."""
    if not step.arguments:
        rest = text.replace(step.text.lower(), "")
        return next((name for name, clash in _ALONE if not clash.search(rest)), _ALONE[-1][0])
    return _AT_PLACE.format(step.arguments[stands_at(step)])


def stands_at(step: Step) -> int:
    """Which of a step's arguments one stands at: the last one that its verb's plan walks to."""
    plan = plan_of(step.behaviour) if "plan" in verbs().get(step.behaviour, {}) else ()
    walked = [int(told[0]) for name, told in plan if told and name in BEHAVIOURS and BEHAVIOURS[name].approaches]
    return min(walked[-1] if walked else 0, len(step.arguments) - 1)


def _reworded(text: str, names: Mapping[str, str]) -> tuple[str, list[tuple[int, str]]]:
    """`text` by the names of what stands in, and which options it asks for, by where it does."""
    asked: list[tuple[int, str]] = []
    pieces: list[str] = []
    at = 0
    wanted = {in_form(option.lower(), form): (option, form) for option in names for form in (2, 1, 0)}
    pattern = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, wanted), key=len, reverse=True)) + r")(?![\w-])")
    for match in pattern.finditer(text):
        option, form = wanted[match.group()]
        pieces += [text[at : match.start()], in_form(names[option].lower(), form)]
        asked.append((match.start(), option))
        at = match.end()
    return "".join([*pieces, text[at:]]), asked + _asked_anyhow(text, set(names.values()))


def _asked_anyhow(text: str, names: set[str]) -> list[tuple[int, str]]:
    """Where `text` asks for what stands in for something else, and where that is meant."""
    return [(m.start(), name) for name in names for m in re.finditer(rf"\b{re.escape(name.lower())}(?![\w-])", text)]


def _shown(
    steps: Sequence[Step],
    history: Sequence[tuple[Step, bool]],
    asked: Sequence[tuple[int, str]],
    names: Mapping[str, str],
    learnt: Sequence[str] | None,
) -> dict[str, str]:
    """The options that are shown, and the text of the one that each stands for."""
    texts = {step.text for step in steps}
    shown = {step.text: step.text for step in steps if _is_learnt(step, learnt)}
    queues: dict[str, list[str]] = {}
    for _, option in sorted(asked):
        queues.setdefault(names.get(option, option), []).append(option)
    for name, queue in queues.items():
        done = sum(ok and names.get(step.text, step.text) == name for step, ok in history)
        following = queue[done] if done < len(queue) else name
        if following in texts:
            shown[name] = following
        else:
            shown.pop(name, None)  # not now: nothing is in hand
    return shown
