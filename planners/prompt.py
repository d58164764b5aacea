"""The text that the language model reads: scene, instruction, executed steps; it writes the next line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from skillblend.contracts import SceneState, Step, Thing

TERMINATOR = "\n"
FAILED = " (failed)"
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_WORDS = ("one", "two", "three", "four", "five", "six", "seven")
_ORDINALS = {word: str(i + 1) for words in (_WORDS, "abcdefg") for i, word in enumerate(words)}
_MARKS = re.compile(
    r"(?:(?<=^)|(?<=[\s;]))(?:(?:step|task|stop|item|number) (\d|one|two|three|four|five|six|seven)(?:[.:),]+| -)"
    r"|[(#]?(\d)[.:)]+|\(?([a-g])\)) +"
)
_PLURALS = {"shelf": "shelves", "box": "boxes"}


def plural(kind: str) -> str:
    """Plural of an object kind."""
    return _PLURALS.get(kind, f"{kind}s")


def normalise(instruction: str) -> str:
    """Lower case, one space between words, plain quotes, lists in one form, no closing punctuation.

    The adapter is trained on this form alone, so capitals, "!!" and the look of a list cannot change a plan:
    "1) ", "(a) " and "Step one: " all become "1. ", every bullet "- ", and a new line "; ".
    """
    text = unicodedata.normalize("NFKC", instruction).translate(_QUOTES).strip().lower()
    text = re.sub(r"(?m)^\s*[*\u2022\u00b7\u2023\u25aa+-] +|(?<=\s)[*\u2022\u00b7\u2023\u25aa] +", "- ", text)
    text = re.sub(r"(?<![.,;:!?\s])\s*\n\s*", "; ", text)
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"[.,;]+ (?=(?:\d\.|-) \S)", " ", _MARKS.sub(_number, text))
    return text.rstrip(" .!?,;:")


def _number(mark: re.Match[str]) -> str:
    found = next(group for group in mark.groups() if group)
    return f"{_ORDINALS.get(found, found)}. "


def scene_text(objects: Sequence[Thing]) -> str:
    """First line of the prompt: the objects by kind, kinds in order of first appearance."""
    kinds: dict[str, list[str]] = {}
    for thing in objects:
        kinds.setdefault(thing.kind, []).append(thing.name)
    groups = "; ".join(f"{plural(kind)}: {', '.join(names)}" for kind, names in kinds.items())
    return f"{groups or 'nothing'}\n"


def request_text(instruction: str) -> str:
    """Second part of the prompt: what the person said; the plan begins on the next line."""
    return f"Task: {normalise(instruction)}\n"


def history_text(history: Sequence[tuple[Step, bool]]) -> str:
    """Executed steps, one a line, failures marked."""
    return "".join(f"{step.text}{'' if ok else FAILED}\n" for step, ok in history)


def build_prompt(instruction: str, scene: SceneState, history: Sequence[tuple[Step, bool]]) -> str:
    """The whole prompt; the option texts, each with `TERMINATOR`, are its possible continuations."""
    return scene_text(scene.things) + request_text(instruction) + history_text(history)
