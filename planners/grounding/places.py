"""Where things are, as people say it: "where the tin is", "back here", "away from the shelf"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planners.grounding.pronouns import is_negated
from skillblend.contracts import SceneState
from skillblend.predicates import Predicate, holds

_GO = r"\b(?:go|walk|move|run|step|head|get|wander|stroll|come|march)(?:ing|ning|ting)?"
_BACK_HERE = r"\bback(?: to)? (?:here|where you (?:are|stand|started|began)|this (?:spot|place))\b"
_FLEE = rf"{_GO}(?: as)?(?: far)?(?: right| well)?(?: away| off)? from (?:the )?{{any}}"
_ROUND = rf"{_GO}(?: all the way| once| right)? (?:around|round|past|behind|through|under) (?:the )?{{any}}"
_ENOUGH = re.compile(r"\b(?:to|at|towards?|metres?|meters?|m|steps?|feet)\b")
"""A clause that says a place or a distance."""

_PUTS = re.compile(r"\b(?:put|plac|set|lay|drop|leav|stack|rest|deposit|stick|pop)(?:e|ing|ting|ping)?\b[^,.;:!?]*$")
_WHERE = (
    r"(?:(?:right |just |exactly )?(?:to |at )?(?:the (?:place|spot) )?where) (?:the )?({any})"
    r"(?: is| was| lies| lay| stands| stood| sits| sat|'s)(?: now| lying| standing)?(?![\w-])"
)


def rests(scene: SceneState, name: str, under: str) -> bool:
    """Whether one thing lies on or in another."""
    return name != under and any(holds(scene, Predicate(where, (name, under))) for where in ("on", "in"))


def name_where(text: str, scene: SceneState) -> str:
    """`text`, which has the scene's names, without "where the tin is".

    That is what the tin lies on, where something is to be put there, and the tin itself otherwise.
    """
    known = {name.lower(): name for name in scene.names}
    if not known:
        return text
    one = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))

    def name(match: re.Match[str]) -> str:
        thing = known[match.group(1)]
        under = next((other for other in scene.names if rests(scene, thing, other)), "")
        if _PUTS.search(text[: match.start()]):
            return f"on the {under.lower()}" if under else match.group()
        return f"to the {thing.lower()}"

    return re.sub(_WHERE.format(any=one), name, text)


def no_way(text: str, names: Sequence[str]) -> str:
    """Why one cannot walk as `text` says, which has the scene's `names`; empty where nothing is against it.

    One walks to things and by metres: not back to where nothing is, not away from a thing, around it or past it.
    Where a clause says a place or a distance too, that is enough to go by.
    """
    one = "(?:" + "|".join(re.escape(name.lower()) for name in names) + r")\b"
    for pattern in (_BACK_HERE, _FLEE.format(any=one), _ROUND.format(any=one)):
        for match in re.finditer(pattern, text):
            rest = re.split(r"[,.;:!?]| and | then ", text[match.end() :])[0]
            said = rest if pattern == _BACK_HERE else f"{match.group()} {rest}"
            if not is_negated(text[: match.start()]) and not _ENOUGH.search(said):
                return (
                    f"I know no way for {match.group()!r}: I walk to things and by metres; say where to, or how far"
                )
    return ""
