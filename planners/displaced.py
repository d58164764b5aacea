"""What has come undone: a robot that was moved away, or failed where it stands, has to walk there again.

A scorer knows where the robot is from the steps alone. A walk that no longer holds is left out of what it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from planners.corpus.lookup import approaches, goes
from skillblend.contracts import SceneState, Step
from skillblend.predicates import at

TWICE = 2
"""So many walks to one thing in a row are not taken back again: the way there is not what is missing."""

History = Sequence[tuple[Step, bool]]


def what_holds(history: History, scene: SceneState) -> History:
    """`history` without the last walk to a thing, where the robot is not at that thing, or failed to use it.

    Nor with that failure: whoever reads of it tries once more from where it stands.
    """
    k = next((k for k in range(len(history) - 1, -1, -1) if goes(history[k][0]) and history[k][1]), None)
    if k is None or not approaches(history[k][0]):
        return history
    walk, since = history[k][0], history[k + 1 :]
    name = walk.arguments[0]
    about = [ok for step, ok in since if name in step.arguments]
    if any(about) or _in_a_row(history[: k + 1], walk) >= TWICE:
        return history
    if not about and _is_there(scene, name):
        return history
    return [*history[:k], *(entry for entry in since if name not in entry[0].arguments)]


def _in_a_row(history: History, walk: Step) -> int:
    """How often the robot has walked there since it went anywhere else."""
    count = 0
    for step, ok in reversed(history):
        if goes(step) and ok and step != walk:
            break
        count += step == walk and ok
    return count


def _is_there(scene: SceneState, name: str) -> bool:
    """Whether the robot is at the thing, as far as anybody knows."""
    if f"at({name})" in scene.facts or scene.base is None:
        return True
    if name not in scene.names or scene.thing(name).pose is None:
        return True
    return bool(at(scene, name)[0])
