"""Which of several things is meant, by what is said behind it: "the table with the box on it"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from planners import rx
from planners.grounding.grounder import Sense
from planners.grounding.mentions import Mention
from planners.grounding.places import ON_IT, RESTS, WHERE_YOU_ARE, rank_of, ranked, rests
from skillblend.contracts import SceneState
from skillblend.predicates import Predicate, holds


@dataclass
class Found:
    """A mention, and the things that it stands for."""

    mention: Mention
    sense: Sense
    things: list[int]
    sure: float = 1.0
    unclear: bool = False
    near: bool = False
    notes: list[str] = field(default_factory=list[str])


PUTS = re.compile(
    r"\b(?:put|place|set|lay|stack|rest|leave|deposit|drop|throw|toss|stick|pop|load|dump|position|putting|"
    r"placing|setting|"
    r"laying|dropping|throwing)(?: down| back)? $"
)
"""A verb that puts what follows somewhere."""

_WITH = ("with", "that has", "which has", "that holds", "with on it")


_UNDER = re.compile(r"(?: (?:that|which|where))? ")
_LIES = re.compile(
    r" (?:is|are|was|sits|lies|rests|stands)(?: (?:now|currently|sitting|lying|resting|standing|placed))*"
    r"(?: (?:on|upon|on top of|in))?(?= ?(?:[,.;:!?]|$)| (?:and|then|before|after)\b)"
)
"""Around what lies on a thing: "the table (that) the tin is on"."""


def described(text: str, entry: Found, later: Sequence[Found], scene: SceneState, here: int | None) -> bool:
    """Choose among several by what is said behind: where the robot is, what lies on it, or a word of its name."""
    rest = text[entry.mention.end :]
    match = WHERE_YOU_ARE.match(rest)
    if match and here is not None and here in entry.things:
        return _take(entry, text, [here], entry.mention.end + match.end())
    if later and len(later[0].things) == 1:
        load = later[0].mention
        behind = ON_IT.match(text, load.end)
        if text[entry.mention.end : load.start].strip() in _WITH and behind:
            on_top = scene.things[later[0].things[0]].name
            fit = [k for k in entry.things if holds(scene, Predicate("on", (on_top, scene.things[k].name)))]
            return len(fit) == 1 and _take(entry, text, fit, behind.end())
    if _on_the_same(text, entry, later, scene) or _by_rank(text, entry, later, scene):
        return True
    if later and len(later[0].things) == 1 and entry.things:
        under, place = scene.things[later[0].things[0]].name, later[0].mention
        between = RESTS.fullmatch(text[entry.mention.end : place.start])
        if between and not (between.group(1) and PUTS.search(text[: entry.mention.start])):
            fit = [k for k in entry.things if rests(scene, scene.things[k].name, under)]
            if len(fit) == 1:
                return _take(entry, text, fit, place.end)
    return len(entry.things) > 1 and (_by_load(text, entry, later, scene) or _by_word(text, entry, scene))


def _by_load(text: str, entry: Found, later: Sequence[Found], scene: SceneState) -> bool:
    """What another thing lies on: "the table the tin is on"."""
    if not (later and len(later[0].things) == 1):
        return False
    behind = _LIES.match(text, later[0].mention.end)
    if behind is None or not _UNDER.fullmatch(text[entry.mention.end : later[0].mention.start]):
        return False
    on_top = scene.things[later[0].things[0]].name
    fit = [k for k in entry.things if rests(scene, on_top, scene.things[k].name)]
    return len(fit) == 1 and _take(entry, text, fit, behind.end())


def _by_word(text: str, entry: Found, scene: SceneState) -> bool:
    """By a word of its name in what is said behind it."""
    clause = rx.match(r" (?:that|which|who|for) ([^,.;:!?]*)", text[entry.mention.end :])
    stems = {word[:4] for word in clause.group(1).split() if len(word) > 3} if clause else set[str]()
    fit = [k for k in entry.things if stems & {w[:4] for w in scene.things[k].name.lower().split() if len(w) > 3}]
    return len(fit) == 1 and clause is not None and _take(entry, text, fit, entry.mention.end + clause.end())


def _by_rank(text: str, entry: Found, later: Sequence[Found], scene: SceneState) -> bool:
    """The first of several by a word of rank: "the table nearest to you", "the marker closest to the shelf"."""
    word, more, you = rank_of(entry.mention.said.split(), text[entry.mention.end :])
    end, to = entry.mention.end + more, ""
    if not word or len(entry.things) < 2:
        return False
    if later and len(later[0].things) == 1 and not you and text[end : later[0].mention.start] in (" to ", " from "):
        to, end = scene.things[later[0].things[0]].name, later[0].mention.end
    best = ranked(word, entry.things, scene, to)
    return best is not None and _take(entry, text, [best], end)


def _on_the_same(text: str, entry: Found, later: Sequence[Found], scene: SceneState) -> bool:
    """What another thing lies on or in: "the same table as the brown one"."""
    same = rx.search(r"\b(?:the )?(?:very )?same $", text[: entry.mention.start])
    if not (later and len(later[0].things) == 1 and same):
        return False
    if text[entry.mention.end : later[0].mention.start].strip() not in ("as", "that holds", "with"):
        return False
    other = scene.things[later[0].things[0]].name
    fit = [k for k, thing in enumerate(scene.things) if rests(scene, other, thing.name)]
    entry.mention = replace(entry.mention, start=same.start()) if len(fit) == 1 else entry.mention
    return len(fit) == 1 and _take(entry, text, fit, later[0].mention.end)


def _take(entry: Found, text: str, things: list[int], end: int) -> bool:
    """The mention means `things`, and reaches to `end`."""
    entry.things = things
    entry.mention = replace(entry.mention, end=end, said=text[entry.mention.start : end])
    return True
