"""Where things are, as people say it: "where the tin is", "back here", "away from the shelf"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from planners import rx
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
_ASKS = re.compile(r"\b(?:tell|show|know|see|say|ask|find|check|look|explain|remember|point)(?:s|ing)?\b[^,.;:!?]*$")
"""Where a place is asked for, and not meant to be gone to."""

_WHERE = (
    r"(?:(?:right |just |exactly )?(?:to |at )?(?:the (?:place|spot) )?where) (?:the )?({any})"
    r"(?: is| was| lies| lay| stands| stood| sits| sat|'s)(?: now| lying| standing)?(?![\w-])"
)


_RANKS = {
    **dict.fromkeys(("nearest", "closest", "nearer", "closer"), ("away", 1.0)),
    **dict.fromkeys(("farthest", "furthest", "farther", "further", "remotest"), ("away", -1.0)),
    **dict.fromkeys(("biggest", "largest", "bigger", "larger"), ("size", -1.0)),
    **dict.fromkeys(("smallest", "smaller", "littlest", "tiniest"), ("size", 1.0)),
    **dict.fromkeys(("heaviest", "heavier"), ("mass", -1.0)),
    **dict.fromkeys(("lightest", "lighter"), ("mass", 1.0)),
    **dict.fromkeys(("highest", "tallest", "higher", "taller"), ("top", -1.0)),
    **dict.fromkeys(("lowest", "lower"), ("top", 1.0)),
}
"""What a word of rank compares, and whether the least or the most of it is meant."""

_CLEARLY = 0.05
"""Share by which the first of a rank must differ from the second."""

_RANKED = re.compile(
    rf"(?:(?: (?:that|which)(?: is|'s))?(?: the)? (?P<word>{'|'.join(_RANKS)})(?: one)?)?"
    r"(?P<you>(?: away)? (?:to|from) (?:you|me|us|here|where you (?:are|stand)|yourself)\b)?"
)


NOT_THIS = re.compile(
    r",? ?(?:(?:just|but|only|although|though|(?:(?:as|so) long as|provided) it(?:'s| is)|(?:that|which)(?: is|'s)?)"
    r",? )*"
    r"(?:not|isn't|except(?: for)?|other than|apart from|besides) "
)
"""Between "a marker" and the one that it must not be."""

WHERE_YOU_ARE = re.compile(
    r"(?: that| where)? (?:you're|you are)(?: now| currently)?(?: standing)?(?: now)?"
    r"(?: at| by| next to| near| in front of)\b"
)
"""Behind a thing that the robot stands at."""

ON_IT = re.compile(r" (?:lying |standing |sitting )?on (?:it|top(?: of it)?)\b")
"""Behind what lies on a thing."""

RESTS = re.compile(
    r" (?:(on|in|inside|on top of) |(?:that|which)(?: is|'s| lies| stands| sits)(?: lying| standing| sitting)? "
    r"(?:on|in|inside|on top of) |(?:lying|standing|sitting|resting) (?:on|in) |(?:from|off|out of)(?: on| inside)? )"
)
"""Between a thing and what it lies on or in."""


def rank_of(words: Sequence[str], behind: str) -> tuple[str, int, bool]:
    """The word of rank in `words` or in what is said `behind`; how many letters of that; whether it says "to you"."""
    match = _RANKED.match(behind)
    own = next((word for word in words if word in _RANKS), "")
    if match is None:
        return own, 0, False
    word = own or match.group("word") or ""
    return word, len(match.group()) if word else 0, bool(match.group("you"))


def ranked(word: str, fit: Sequence[int], scene: SceneState, to: str = "") -> int | None:
    """Which of the things `fit` is first by a word of rank, seen from `to` or the robot; None for no clear one."""
    kind, sign = _RANKS[word]
    at = scene.thing(to).pose if to else scene.base
    values: list[float] = []
    for thing in (scene.things[k] for k in fit):
        if thing.pose is None or (kind == "away" and at is None):
            return None
        away = math.dist(thing.pose[0, :2], at[0, :2]) if at is not None else 0.0
        top = float(thing.pose[0, 2]) + thing.size[2] / 2
        values.append({"away": away, "size": math.prod(thing.size), "mass": thing.mass, "top": top}[kind])
    order = sorted(range(len(fit)), key=lambda i: sign * values[i])
    first, second = values[order[0]], values[order[1]]
    return fit[order[0]] if abs(first - second) > _CLEARLY * max(abs(first), abs(second)) else None


def rests(scene: SceneState, name: str, under: str) -> bool:
    """Whether one thing lies on or in another."""
    return any(holds(scene, Predicate(where, (name, under))) for where in ("on", "in"))


def name_where(text: str, scene: SceneState) -> str:
    """`text`, which has the scene's names, without "where the tin is".

    That is what the tin lies on, where something is to be put there, and the tin itself otherwise.
    """
    known = {name.lower(): name for name in scene.names}
    if not known:
        return text
    one = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))

    def name(match: re.Match[str]) -> str:
        if _ASKS.search(text[: match.start()]):
            return match.group()
        thing = known[match.group(1)]
        under = next((other for other in scene.names if rests(scene, thing, other)), "")
        if _PUTS.search(text[: match.start()]):
            return f"on the {under.lower()}" if under else match.group()
        return f"to the {thing.lower()}"

    return rx.sub(_WHERE.format(any=one), name, text)


def no_way(text: str, names: Sequence[str]) -> str:
    """Why one cannot walk as `text` says, which has the scene's `names`; empty where nothing is against it.

    One walks to things and by metres: not back to where nothing is, not away from a thing, around it or past it.
    Where a clause says a place or a distance too, that is enough to go by.
    """
    one = "(?:" + "|".join(re.escape(name.lower()) for name in names) + r")\b"
    for pattern in (_BACK_HERE, _FLEE.format(any=one), _ROUND.format(any=one)):
        for match in rx.finditer(pattern, text):
            rest = rx.split(r"[,.;:!?]| and | then ", text[match.end() :])[0]
            said = rest if pattern == _BACK_HERE else f"{match.group()} {rest}"
            if not is_negated(text[: match.start()]) and not _ENOUGH.search(said):
                return (
                    f"I know no way for {match.group()!r}: I walk to things and by metres; say where to, or how far"
                )
    return ""
