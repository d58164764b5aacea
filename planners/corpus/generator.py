"""Seeded generator of scenes, instructions and plans, as wide as we could make it.

Names, colours, verbs, word order and wrapping vary, so that a model learns to read the scene rather than to
remember it. `sample_scene` and `sample_example` are pure functions of the random generator they are handed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planners.corpus.held_out import is_held_out
from planners.corpus.references import Rng, Speaker, sample_scene
from planners.corpus.requests import TOPICS
from planners.prompt import FAILED
from skillblend.contracts import Thing
from skillblend.options import DONE, REFUSE

__all__ = ["Example", "sample_example", "sample_scene", "with_failures"]


@dataclass(frozen=True, kw_only=True)
class Example:
    """One training pair.

    Attributes:
        instruction: As a person might type it.
        plan: Option texts, ending in ``"done"`` or being ``("refuse",)``.
        lines: What the planner's page shows while the plan is executed: the plan's lines with failures.
        topic: Which part of the generator made it.
    """

    instruction: str
    plan: tuple[str, ...]
    lines: tuple[str, ...]
    topic: str


def with_failures(rng: Rng, plan: tuple[str, ...], probability: float = 0.12) -> tuple[str, ...]:
    """`plan` as executed: sometimes one step fails and is tried again, or fails twice and is given up."""
    if plan[0] == REFUSE.text or rng.random() >= probability:
        return plan
    index = int(rng.integers(len(plan) - 1))
    failed = plan[index] + FAILED
    if rng.random() < 0.4:
        return (*plan[:index], failed, failed, REFUSE.text)
    return (*plan[:index], failed, *plan[index:])


def finish(rng: Rng, instruction: str, steps: Sequence[str], topic: str) -> Example:
    """An example from its instruction and steps; no steps means that it has to be refused."""
    plan = (*steps, DONE.text) if steps else (REFUSE.text,)
    return Example(instruction=instruction, plan=plan, lines=with_failures(rng, plan), topic=topic)


def sample_example(rng: Rng, objects: Sequence[Thing]) -> Example:
    """One instruction for the scene `objects`, with its plan."""
    names = tuple(TOPICS)
    weights = np.array([TOPICS[name][0] for name in names])
    for _ in range(50):
        topic = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        speaker = Speaker(rng, objects)
        made = TOPICS[topic][1](speaker)
        if made is None:
            continue
        instruction, steps = made
        if is_held_out(instruction):
            continue
        if len(steps) <= 9 and set(steps) <= speaker.texts:
            return finish(rng, instruction, steps, topic)
    return finish(rng, "hello", (), "chat")
