"""A deterministic check beside the language model: is something asked for that is not there, or beyond all skills?

It plans nothing. It only objects, and only where the words leave no doubt: a colour or material with a noun
that no object of the scene answers to, a kind of object that the scene lacks, or a verb such as "fly" where a
request would have it. Sentences with a negation are left to the model, for "not the green marker" may well name
what is absent, and "walk, don't fly" what is not wanted.

This is planning competence, no safety rule: it helps the language model to refuse what it should, may be switched
off, and nothing relies on it. What may be asked at all is `skillblend.safety.instruction`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from planners.corpus.phrases import all_words, phrases
from planners.prompt import normalise, plural
from skillblend.contracts import Thing

KINDS = ("marker", "button", "table", "shelf", "box")
_NEGATION = re.compile(
    r"\b(not|no|never|without|instead|rather|avoid|except|skip|ignore|forget|mind|unless|nor|mean|meant)\b|n't"
)


_UNABLE = ("impossible", "impossible_with_object", "impossible_with_two")
_NO_REQUEST = (*_UNABLE, "impossible_tails", "absent", "chat", "questions")
_ASKING = r"(?:^|(?:\b(?:and|then|to|you|please|just|now|first|next|before|after|by)|[,.;:!?]|- )\s*)"


@cache
def unable_verbs() -> frozenset[str]:
    """Imperatives and gerunds of what no skill can do, without words that possible requests use."""
    forms = [form for name in _UNABLE for phrase in phrases(name) for form in phrase.split()[0].split("|")[:2]]
    return frozenset(forms) - all_words(without=_NO_REQUEST)


class SceneGuard:
    """Objects to instructions that name what the scene does not have, or ask for what no skill can do."""

    def objection(self, instruction: str, objects: Sequence[Thing]) -> str:
        """Why the instruction cannot be followed in this scene; ``""`` if the guard sees no reason."""
        text = normalise(instruction)
        if _NEGATION.search(text):
            return ""
        words = re.findall(r"[a-z]+", text)
        known = {word for thing in objects for word in (*thing.name.lower().split(), thing.kind)}
        nouns = {thing.name.lower().split()[-1] for thing in objects} | set(KINDS)
        looks = {*phrases("colours"), *phrases("materials")}
        for colour, noun in zip(words, words[1:], strict=False):
            if colour in looks and noun in nouns and not _answers(colour, noun, objects):
                return f"there is no {colour} {noun} here; objects: {_names(objects)}"
        for kind in KINDS:
            if kind not in known and re.search(rf"\b(the|a|that|this|every|each|both|all) {kind}\b", text):
                return f"there is no {kind} here; objects: {_names(objects)}"
            if kind not in known and re.search(rf"\b{plural(kind)}\b", text):
                return f"there are no {plural(kind)} here; objects: {_names(objects)}"
        return self._inability(text, known)

    def _inability(self, text: str, known: set[str]) -> str:
        """What is asked for that no skill can do; words that the scene's names hold are no verbs here."""
        for word in re.findall(_ASKING + r"(?=([a-z]+)\b)", text):
            if word in unable_verbs() and word not in known:
                return f"no skill can {word!r}; skills: walk, turn, step, stand, press, touch, raise both hands"
        return ""


def _answers(colour: str, noun: str, objects: Sequence[Thing]) -> bool:
    """Whether some object is called by that colour, and by that noun as its name or kind."""
    return any(
        colour in thing.name.lower().split() and (noun in thing.name.lower().split() or noun == thing.kind)
        for thing in objects
    )


def _names(objects: Sequence[Thing]) -> list[str]:
    return [thing.name for thing in objects]
