"""The text that the language model reads: scene, instruction, executed steps; it writes the next line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from skillblend.contracts import SceneObject, Step

TERMINATOR = "\n"
FAILED = " (failed)"
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_PLURALS = {"shelf": "shelves", "box": "boxes"}


def plural(kind: str) -> str:
    """Plural of an object kind."""
    return _PLURALS.get(kind, f"{kind}s")


def normalise(instruction: str) -> str:
    """Lower case, one space between words, plain quotes, no closing punctuation.

    The adapter is trained on this form alone, so capitals and "!!" cannot change a plan.
    """
    text = unicodedata.normalize("NFKC", instruction).translate(_QUOTES)
    text = re.sub(r"\s+", " ", text).strip().lower()
    return text.rstrip(" .!?,;:")


def scene_text(objects: Sequence[SceneObject]) -> str:
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


def build_prompt(instruction: str, objects: Sequence[SceneObject], history: Sequence[tuple[Step, bool]]) -> str:
    """The whole prompt; the option texts, each with `TERMINATOR`, are its possible continuations."""
    return scene_text(objects) + request_text(instruction) + history_text(history)
