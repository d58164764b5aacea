"""How several actions become one sentence, whatever the order in which they are mentioned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planners.corpus.phrases import phrases

Asked = tuple[str, tuple[str, ...]]
"""A sentence, and the option texts that it asks for; none where it has to be refused."""

NESTED = 0.35
"""How often two of three or four actions are said as one."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that a person may ask for, and what it takes.

    Attributes:
        steps: Option texts that do it; empty where no skill can.
        imperative: ``"walk to the shelf"``.
        gerund: ``"walking to the shelf"``.
        participle: ``"walked to the shelf"``, after "have".
        target: Object it is about, as referred to; ``""`` without one.
        state: What holds afterwards: ``"the button has been pressed"``; ``""`` for "you have" and participle.
    """

    steps: tuple[str, ...]
    imperative: str
    gerund: str
    participle: str
    target: str = ""
    state: str = ""


def inflect(phrase: str, steps: Sequence[str], target: str = "", state: str = "") -> Action:
    """An action from ``"walk|walking|walked to the shelf"``."""
    head, _, rest = phrase.partition(" ")
    forms = head.split("|")
    words = [f"{form} {rest}".strip() for form in forms]
    return Action(
        steps=tuple(steps), imperative=words[0], gerund=words[1], participle=words[2], target=target, state=state
    )


def merge(first: Action, second: Action) -> Action:
    """Both in one breath, as if they were one action: "walk to the shelf and turn left"."""
    return Action(
        steps=(*first.steps, *second.steps),
        imperative=f"{first.imperative} and {second.imperative}",
        gerund=f"{first.gerund} and {second.gerund}",
        participle=f"{first.participle} and {second.participle}",
        target=second.target,
    )


def _forms(actions: Sequence[Action]) -> dict[str, str]:
    words: dict[str, str] = {}
    for letter, action in zip("abcd", actions, strict=False):
        words[letter] = action.imperative
        words[f"{letter}_ing"] = action.gerund
        words[f"{letter}_ed"] = action.participle
        words[f"{letter}_state"] = action.state or f"you have {action.participle}"
    return words


def compose(actions: Sequence[Action], rng: np.random.Generator) -> tuple[str, bool]:
    """One sentence asking for `actions` in order, and whether it begins with an imperative.

    Raises:
        ValueError: Not one to four actions.
    """
    if not 1 <= len(actions) <= 4:
        raise ValueError(f"compose takes 1 to 4 actions, got {len(actions)}")
    if len(actions) == 1:
        return actions[0].imperative, True
    if len(actions) > 2 and rng.random() < NESTED:
        at = int(rng.integers(len(actions) - 1))
        actions = [*actions[:at], merge(actions[at], actions[at + 1]), *actions[at + 2 :]]
    template = str(rng.choice(phrases({2: "pairs", 3: "triples", 4: "quads"}[len(actions)])))
    text = template.lstrip(">").format(**_forms(actions))
    return text, template.startswith(">")
