"""What two requests must have in common, word for word and in order, before their likeness means anything.

Sentence embeddings of "turn left once" and "turn left twice", or of "touch the box" and "do not touch the box", are
near each other. So things, amounts, directions, what is done, the order of it, and every word that turns a sentence
round must be the same; what is left to likeness is how it is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isnan

from planners.grounding.amounts import number_of
from planners.grounding.looks import look_of
from planners.prompt import plural
from skillblend.contracts import SceneState
from skillblend.options import ENDS, ground_options
from skillblend.safety.vocabulary import DIRECTIONS, SMALL, verb_class, word_set

GOING = word_set(
    "walk walking go going head heading come coming march proceed travel stroll wander visit approach advance stride"
)
"""Verbs that ask for the same: to be at a thing then."""

TURNING_ROUND = word_set(
    "not no never none nothing neither nor without don't dont doesn't isn't aren't won't can't cannot avoid avoiding "
    "except but instead unless skip leave ignore other another else rest remaining"
)
"""Words after which a sentence means something else."""

BINDING = word_set(
    "before after first second third last until while once when if whenever as during again back twice thrice "
    "times time each every both all only either or same it them there here that this"
)
"""Words that say in which order, how often, on what condition, and of what was spoken."""


def binding_words(request: str, names: Sequence[str], scene: SceneState) -> tuple[str, ...]:
    """What of `request` must agree, in order.

    Args:
        request: As it was read: in lower case, in the scene's names and the options' amounts.
        names: Of things.
        scene: Whose options say what can be done.
    """
    telling = doing_words(scene) | naming_words(names, scene)
    known = sorted({name.lower() for name in names}, key=len, reverse=True)
    named = "|".join(rf"(?<![\w-])(?:(?:this|that) )?{re.escape(name)}(?![\w-])" for name in known)
    found: list[str] = []
    for match in re.finditer(
        rf"(?P<name>{named or '(?!)'})|[\w.]*\d[\w.]*|[^\W\d_]+(?:['’][^\W\d_]+)*", request.lower()
    ):
        word = match.group().replace("’", "'")
        if match["name"]:
            found.append(f"the {word.removeprefix('this ').removeprefix('that ')}")
        elif said := _binding(word, telling):
            found.append(said)
    return tuple(found)


def doing_words(scene: SceneState) -> frozenset[str]:
    """Words of the scene's options that are no names of things, and not as good as none."""
    steps = [step for step in ground_options(scene) if step.behaviour not in ENDS]
    about = {word for name in scene.names for word in name.lower().split()}
    words = {word for step in steps for word in re.findall(r"[a-z]+", step.text.lower())}
    return frozenset(words - about - SMALL)


def naming_words(names: Sequence[str], scene: SceneState) -> frozenset[str]:
    """Words of things' names and kinds, and their plurals."""
    words = {word for name in (*names, *(thing.kind for thing in scene.things)) for word in name.lower().split()}
    return frozenset(words | {plural(word) for word in words})


def _binding(word: str, telling: frozenset[str]) -> str:
    """In what form a word must agree; "" where it need not."""
    if word in GOING:
        return "walk"
    if word in TURNING_ROUND or word in BINDING:
        return word
    if word in DIRECTIONS:
        return DIRECTIONS[word]
    if any(letter.isdigit() for letter in word) or (word not in ("a", "an") and not isnan(number_of(word))):
        return word
    tells = word in telling or verb_class(word) is not None or look_of(word) is not None
    return word if tells else ""
