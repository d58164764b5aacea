"""What a console says about robots, plans and decisions: plain text from what is known, no I/O."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import Decision, Option, SceneState, Step, Thing
from skillblend.contracts.pairs import named
from skillblend.options import ENDS, ground_options
from skillblend.safety.plan import Point

COMMANDS: Mapping[str, str] = {
    "go": "begin the plan that is shown; Enter alone does the same",
    "skip N": "leave step N of the plan out",
    "edit N STEP": "put another step in its place",
    "cancel": "drop the plan",
    "preview": "simulate the plan that is shown, or `preview INSTRUCTION`",
    "pause": "stop, and keep the rest of the plan",
    "resume": "go on with the rest of the plan",
    "again": "carry out the last instruction once more",
    "undo": "go back what can be gone back; while the robot moves, stop it first, and type it again",
    "why": "why the last step was chosen; `why not STEP` for another one",
    "explain": "the whole table of the last decision, and what is behind it",
    "status": "what is going on, and what waits",
    "objects": "what is here, where, and what can be done with it",
    "options": "every step that exists here",
    "rules": "what holds over all instructions (`never ...`, `always ... afterwards`), and what was corrected before",
    "forget that": "take the latest of these back; `forget rule N`, `forget all`",
    "memory": "what was carried out before and is remembered, with `--memory`; `forget episode N` drops one",
    "queue": "lines that wait; `clear` drops them",
    "reset": "stand at the start again",
    "stop": "stop at once (also: halt, wait, no!, Ctrl-C, ...)",
    "help": "this list; `say` for sentences that fit this place",
    "quit": "leave",
}
"""What can be typed besides instructions, and what it does."""

WORDS = tuple(dict.fromkeys([*(name.split()[0] for name in COMMANDS), "say", "clear", "exit", "yes"]))
"""Their first words."""

_ALIKE = 0.75
_NEAR = 0.6
"""How alike a word must be to one that it is a slip of, and a step to one that is meant: difflib's ratio."""


def mistyped(line: str, known: Sequence[str] = WORDS) -> str:
    """The command that a line of one word is a slip of; empty where it is none."""
    words = line.casefold().split()
    if len(words) != 1 or words[0] in known or len(words[0]) < 3:
        return ""
    near = difflib.get_close_matches(words[0], known, n=1, cutoff=_ALIKE)
    return near[0] if near else ""


def step_called(text: str, scene: SceneState) -> tuple[Step | None, str]:
    """The step of this place that `text` means, or None and what there is instead."""
    known = {step.text: step for step in ground_options(scene) if step.behaviour not in ENDS}
    plain = " ".join(text.casefold().split())
    if found := named(plain, known):
        return found, ""
    words = set(plain.split()) - {"the", "a", "an", "to"}
    fitting = [name for name in known if words and words <= set(name.split())]
    if len(fitting) == 1:
        return known[fitting[0]], ""
    near = fitting or difflib.get_close_matches(plain, known, n=3, cutoff=_NEAR)
    meant = f"; did you mean {' or '.join(map(repr, near))}?" if near else "; `options` lists them"
    return None, f"no step here is called {text!r}{meant}"


def inverse(step: Step) -> Step | None:
    """What undoes `step`; None where nothing that the robot can do does."""
    return None if step.behaviour in ENDS else BEHAVIOURS[step.behaviour].inverse(step)


def plan_lines(steps: Sequence[tuple[Step, float | None]]) -> list[str]:
    """The steps of a plan, numbered, with the probability that each succeeds, and what cannot be undone."""
    lines: list[str] = []
    for number, (step, chance) in enumerate(steps, start=1):
        about = [] if chance is None else [f"{chance:.0%}"]
        about += [] if inverse(step) or BEHAVIOURS[step.behaviour].motionless else ["cannot be undone"]
        lines.append(f"  {number}. {step.text}" + (f" ({', '.join(about)})" if about else ""))
    return lines


def judged(entry: Mapping[str, Any]) -> str:
    """A step of a report with the time that it took and the judge's sentence: the measurement that decided it."""
    took = f" in {entry['seconds']:.1f} s" if entry.get("seconds") else ""
    found = f": {entry['reason']}" if entry.get("reason") else ""
    return f"{entry['text']}{took}{found}"


def step_line(entry: Mapping[str, Any], when: float | None = None) -> str:
    """The same with whether it was done."""
    mark = "ok" if entry["success"] else "NOT DONE"
    at = "" if when is None else f"{when:.1f} s "
    return f"{at}[{mark}] {judged(entry)}"


def why(decision: Decision | None) -> str:
    """Why the chosen option won, in a sentence or two."""
    if decision is None:
        return "nothing has been decided yet"
    best = decision.chosen
    text = f"{best.step.text!r} won: {_factors(best)}"
    others = [option for option in decision.options if option is not best]
    if others:
        second = others[0]
        text += f"; next came {second.step.text!r}: {_factors(second)}"
    return "; ".join([text, *decision.reading])


def why_not(text: str, decision: Decision | None, scene: SceneState) -> str:
    """What held the option that `text` means back."""
    if decision is None:
        return "nothing has been decided yet"
    step, trouble = step_called(text, scene)
    if step is None:
        return trouble
    option = next((o for o in decision.options if o.step.text == step.text), None)
    if option is None:
        return f"{step.text!r} was no option then"
    best = decision.chosen
    if option is best:
        return f"{step.text!r} is what was chosen: {_factors(best)}"
    if not option.allowed:
        return f"{step.text!r} was not allowed: {option.reason or 'a rule forbids it'}"
    what = "the robot is less likely to succeed" if option.affordance < best.affordance else ""
    said = "the instruction asks for it less" if option.lm_score < best.lm_score else ""
    lost = " and ".join(part for part in (said, what) if part) or "it came second"
    return f"{lost}: {step.text!r} {_factors(option)}, {best.step.text!r} {_factors(best)}"


def _factors(option: Option) -> str:
    return f"asked for with {option.lm_score:.2f}, would succeed with {option.affordance:.2f}"


def place(thing: Thing, base: Sequence[float]) -> str:
    """How far a thing is from the robot, and on which side."""
    if thing.pose is None:
        return "somewhere"
    x, y = float(thing.pose[0, 0]), float(thing.pose[0, 1])
    away = math.hypot(x - base[0], y - base[1])
    angle = math.atan2(y - base[1], x - base[0]) - base[2]
    angle = math.degrees(math.atan2(math.sin(angle), math.cos(angle)))
    sides = ((30.0, "ahead"), (150.0, "to the left" if angle > 0 else "to the right"), (181.0, "behind"))
    return f"{away:.1f} m {next(side for limit, side in sides if abs(angle) <= limit)}"


def object_lines(scene: SceneState) -> list[str]:
    """What is here: name, where, and what can be done with it."""
    base = None if scene.base is None else [float(value) for value in np.asarray(scene.base)[0]]
    steps = ground_options(scene)
    lines: list[str] = []
    for thing in scene.things:
        doable = [step.text.replace(f" the {thing.name}", "") for step in steps if thing.name in step.arguments]
        where = "" if base is None else f", {place(thing, base)}"
        lines.append(f"  {thing.name} ({thing.kind}{where}): {', '.join(doable) or 'nothing'}")
    return lines


def examples(scene: SceneState) -> list[str]:
    """Sentences that fit this place."""
    steps = [step for step in ground_options(scene) if step.behaviour not in ENDS]
    kinds = {step.behaviour: step for step in reversed(steps) if step.arguments}
    moves = [step.text for step in kinds.values()]
    first = [text for text in moves if text.startswith("walk to")] or moves
    pairs = [f"{first[0]}, then {moves[-1]}"] if len(moves) > 1 and moves[-1] != first[0] else []
    return [f"  {text}" for text in [*moves[:5], *pairs]]


def left_to_go(step: Step, scene: SceneState, here: Point) -> float | None:
    """How far the thing that `step` is about is from `here`, m; None where it is about none."""
    names = [name for name in step.arguments if name in scene.names]
    if not names or scene.thing(names[0]).pose is None:
        return None
    pose = scene.thing(names[0]).pose
    assert pose is not None  # looked at above
    return math.hypot(float(pose[0, 0]) - here[0], float(pose[0, 1]) - here[1])


def under_way(step: Step, scene: SceneState, here: Point) -> str:
    """`step`, and how far the thing that it is about is from `here`."""
    left = left_to_go(step, scene, here)
    return step.text if left is None else f"{step.text}, {left:.1f} m from it"
