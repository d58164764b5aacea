"""The grounded options of a scene: the only things a plan may consist of."""

from __future__ import annotations

from collections.abc import Sequence

from skillblend.contracts import SceneObject, Step

DONE = Step(text="done", skill="done")
REFUSE = Step(text="refuse", skill="refuse")

MOVES: tuple[tuple[str, str, str], ...] = (
    ("walk forward half a metre", "walk", "forward 0.5"),
    ("walk forward one metre", "walk", "forward 1"),
    ("walk forward two metres", "walk", "forward 2"),
    ("walk backward half a metre", "walk", "backward 0.5"),
    ("walk backward one metre", "walk", "backward 1"),
    ("step to the left", "walk", "left 0.5"),
    ("step to the right", "walk", "right 0.5"),
    ("turn left", "turn", "90"),
    ("turn right", "turn", "-90"),
    ("turn around", "turn", "180"),
    ("stand still", "stand", "3"),
    ("raise both hands", "raise", ""),
)


def ground_options(objects: Sequence[SceneObject]) -> list[Step]:
    """Every step that some skill can try in a scene of `objects`, plus `DONE` and `REFUSE`.

    Objects of any kind can be walked to; buttons can be pressed; tables, shelves and boxes touched.
    """
    steps = [Step(text=text, skill=skill, argument=argument) for text, skill, argument in MOVES]
    for thing in objects:
        steps.append(Step(text=f"walk to the {thing.name}", skill="walk_to", argument=thing.name))
        if thing.kind == "button":
            steps.append(Step(text=f"press the {thing.name}", skill="press", argument=thing.name))
        elif thing.kind in ("table", "shelf", "box"):
            steps.append(Step(text=f"touch the {thing.name}", skill="touch", argument=thing.name))
    return [*steps, DONE, REFUSE]


def all_achieved(history: Sequence[tuple[Step, bool]]) -> bool:
    """Whether something was done and each step, tried again where it failed, was achieved in the end."""
    last = {step.text: success for step, success in history}
    return bool(last) and all(last.values())
