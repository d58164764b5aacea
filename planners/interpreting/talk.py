"""Sentences of people with the steps that they ask for: ``planners/data/talk``, one a line.

``scene | start | sentence | steps``: start is ``-``, ``at THING`` or ``holding THING``; in it, ``[words=thing]`` is
a mention, of several things with ``+`` between them; the steps are options, ``; `` between them, or ``refuse``, or
``ask`` where nobody could know which of several things is meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from planners.corpus.lookup import approaches, possible_steps
from planners.prompt import normalise
from planners.standins import stands_at
from skillblend.contracts import SceneState, Step, Thing
from skillblend.errors import InputError
from skillblend.options import REFUSE

ASK = "ask"
"""What is written of a request that may mean several things."""

FOLDER = Path(__file__).resolve().parent.parent / "data" / "talk"
_MENTION = re.compile(r"\[([^\]=]+)=([^\]=]+)\]")


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """What somebody said.

    Attributes:
        scene: Name of the scene.
        at: The thing that the robot stands at; empty for none.
        holding: The thing that it holds; empty for nothing.
        raw: The words.
        marked: The words with the things' names in the place of mentions; empty where that does not go.
        mentions: Names of the things that are marked in it.
        steps: Texts of the options that are asked for, in order; or ``("refuse",)``, or ``("ask",)``.
    """

    scene: str
    at: str
    holding: str
    raw: str
    marked: str
    mentions: tuple[str, ...]
    steps: tuple[str, ...]

    def start(self, scene: SceneState) -> SceneState:
        """`scene` as it is when this is said."""
        told = {f"at({self.at})"} if self.at else set[str]()
        told |= {f"held({self.holding})"} if self.holding else set()
        return replace(scene, facts=scene.facts | told)


@cache
def talk_scenes() -> Mapping[str, SceneState]:
    """The scenes that people talk in, by name."""
    known: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "scenes.json").read_text(encoding="utf-8"))
    return {
        name: SceneState(
            things=tuple(Thing(name=t["name"], kind=t["kind"], motion=t.get("motion", "fixed")) for t in things),
            facts=frozenset(f"on({t['name']}, {t['on']})" for t in things if "on" in t),
        )
        for name, things in known.items()
    }


def plain_step(text: str) -> str:
    """An option's text without articles, to compare by."""
    return re.sub(r"\bthe ", "", text.strip().lower())


def read_lines(path: Path) -> list[Utterance]:
    """The sentences of a file.

    Raises:
        InputError: A line is not of the form, or names what its scene does not have.
    """
    return [
        read_line(line, f"{path.name}:{number}")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]


def read_line(line: str, place: str) -> Utterance:
    """One sentence.

    Raises:
        InputError: It is not of the form, or names what its scene does not have.
    """
    parts = [part.strip() for part in line.split(" | ")]
    if len(parts) != 4 or parts[0] not in talk_scenes():
        raise InputError(f"{place}: {line[:60]!r} is not 'scene | start | sentence | steps' of a known scene")
    name, start, sentence, wanted = parts
    scene = talk_scenes()[name]
    begins = re.fullmatch(r"-|(at|holding) (?:the )?(.+)", start)
    if begins is None or (begins[2] and begins[2] not in scene.names):
        raise InputError(f"{place}: start {start!r} must be '-', 'at THING' or 'holding THING'")
    for match in _MENTION.finditer(sentence):
        if odd := [thing for thing in match[2].split("+") if thing not in scene.names]:
            raise InputError(f"{place}: {name} has no {odd[0]!r}; it has {', '.join(scene.names)}")
    steps = tuple(_step(name, text, place) for text in wanted.split(";") if text.strip())
    if not steps:
        raise InputError(f"{place}: no steps; write 'refuse' for what cannot be done")
    return Utterance(
        scene=name, at=begins[2] if begins[1] == "at" else "", holding=begins[2] if begins[1] == "holding" else "",
        raw=_MENTION.sub(r"\1", sentence), marked=_marked(sentence, scene),
        mentions=tuple(thing for match in _MENTION.finditer(sentence) for thing in match[2].split("+")),
        steps=without_serving(steps, _options(name)),
    )  # fmt: skip


@cache
def _options(name: str) -> Mapping[str, Step]:
    """What can ever be done in the scene called `name`, by its text."""
    return {step.text: step for step in possible_steps(talk_scenes()[name].things)}


def _step(name: str, text: str, place: str) -> str:
    plain = {plain_step(option): option for option in (*_options(name), REFUSE.text, ASK)}
    found = plain.get(plain_step(text))
    if found is None:
        raise InputError(f"{place}: {text.strip()!r} is no option of this scene")
    return found


def _marked(sentence: str, scene: SceneState) -> str:
    """`sentence` with names for mentions; empty where a mention is of several things."""
    people = {thing.name for thing in scene.things if thing.kind == "person"}
    found = list(_MENTION.finditer(sentence))
    if not found or any("+" in match[2] for match in found):
        return ""

    def name(match: re.Match[str]) -> str:
        bare = match[2] in people and not match[1].lower().startswith("the ")
        return match[2] if bare else f"the {match[2]}"

    return _MENTION.sub(name, sentence)


def without_serving(steps: Sequence[str], known: Mapping[str, Step]) -> tuple[str, ...]:
    """`steps`, by their texts in `known`, without walks to where the next one is done anyhow."""
    found: list[str] = []
    for k, text in enumerate(steps):
        following = known.get(steps[k + 1]) if k + 1 < len(steps) else None
        step = known.get(text)
        serves = (
            step is not None and following is not None and approaches(step) and bool(following.arguments)
            and following.arguments[stands_at(following)] == step.arguments[0]
        )  # fmt: skip
        if not serves:
            found.append(text)
    return tuple(found)


def renamed(text: str, names: Mapping[str, str]) -> str:
    """`text`, in normal form, with other names for things."""
    pattern = re.compile(
        r"(?<![\w-])(?:" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + r")(?![\w-])"
    )
    return pattern.sub(lambda match: names[match.group()], normalise(text))
