"""A deterministic check beside the language model: does the instruction name something that is not there?

It plans nothing. It only objects, and only where the words leave no doubt: a colour with a noun that no
object of the scene answers to, or a kind of object that the scene lacks. Sentences with a negation are left
to the model, for "not the green marker" may well name what is absent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from planners.phrases import phrases
from planners.prompt import normalise, plural
from skillblend.contracts import SceneObject

KINDS = ("marker", "button", "table", "shelf", "box")
_NEGATION = re.compile(
    r"\b(not|no|never|without|instead|rather|avoid|except|skip|ignore|forget|mind|unless|nor|mean|meant)\b|n't"
)


class SceneGuard:
    """Objects to instructions that name what the scene does not have."""

    def objection(self, instruction: str, objects: Sequence[SceneObject]) -> str:
        """Why the instruction cannot be followed in this scene; ``""`` if the guard sees no reason."""
        text = normalise(instruction)
        if _NEGATION.search(text):
            return ""
        words = re.findall(r"[a-z]+", text)
        known = {word for thing in objects for word in (*thing.name.lower().split(), thing.kind)}
        nouns = {thing.name.lower().split()[-1] for thing in objects} | set(KINDS)
        for colour, noun in zip(words, words[1:], strict=False):
            if colour in phrases("colours") and noun in nouns and not _answers(colour, noun, objects):
                return f"there is no {colour} {noun} here; objects: {_names(objects)}"
        for kind in KINDS:
            if kind not in known and re.search(rf"\b(the|a|that|this|every|each|both|all) {kind}\b", text):
                return f"there is no {kind} here; objects: {_names(objects)}"
            if kind not in known and re.search(rf"\b{plural(kind)}\b", text):
                return f"there are no {plural(kind)} here; objects: {_names(objects)}"
        return ""


def _answers(colour: str, noun: str, objects: Sequence[SceneObject]) -> bool:
    """Whether some object is called by that colour, and by that noun as its name or kind."""
    return any(
        colour in thing.name.lower().split() and (noun in thing.name.lower().split() or noun == thing.kind)
        for thing in objects
    )


def _names(objects: Sequence[SceneObject]) -> list[str]:
    return [thing.name for thing in objects]
