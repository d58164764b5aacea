"""Two steps at once, as one step: how that is written, so that it can be taken apart again."""

from __future__ import annotations

from collections.abc import Mapping

from skillblend.contracts.planning import Step
from skillblend.errors import InputError

TOGETHER = "together"
"""Behaviour of a step that is two at once."""

WHILE = "while you"
"""Between the two, in its text and among its arguments."""


def pair(one: Step, other: Step) -> Step:
    """`one` while `other` is done.

    Raises:
        InputError: One of them is two already.
    """
    for step in (one, other):
        if step.behaviour == TOGETHER:
            raise InputError(f"{step.text!r} is two steps at once already; give one step")
    arguments = (one.behaviour, *one.arguments, WHILE, other.behaviour, *other.arguments)
    return Step(text=f"{one.text} {WHILE} {other.text}", behaviour=TOGETHER, arguments=arguments)


def halves(step: Step) -> tuple[Step, Step]:
    """The two steps that `step` is.

    Raises:
        InputError: It is not two.
    """
    words = step.arguments
    at = words.index(WHILE) if WHILE in words else 0
    if step.behaviour != TOGETHER or not 0 < at < len(words) - 1:
        raise InputError(f"{step.text!r} with arguments {list(words)} is not two steps at once; make it with `pair`")
    texts = step.text.split(f" {WHILE} ")
    one, other = words[:at], words[at + 1 :]
    first, second = texts if len(texts) == 2 else (" ".join(one), " ".join(other))
    return (
        Step(text=first, behaviour=one[0], arguments=tuple(one[1:])),
        Step(text=second, behaviour=other[0], arguments=tuple(other[1:])),
    )


def named(text: str, known: Mapping[str, Step]) -> Step | None:
    """The step called `text`: one of `known`, by their texts, or two of them at once; None where there is none."""
    one, middle, other = text.partition(f" {WHILE} ")
    if not middle or one not in known or other not in known:
        return known.get(text)
    return pair(known[one], known[other])
