"""An instruction in the scene's own names: "go to the crimson dot" becomes "go to the red marker".

Any scorer reads the result; the notes say what was read as what, and with which probability.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from planners import rx
from planners.grounding.conformal import load_asking
from planners.grounding.context import cues_of
from planners.grounding.describing import PUTS, Found, described
from planners.grounding.grounder import Grounder, Sense
from planners.grounding.linking import ONES, is_listed, phrase_of
from planners.grounding.looks import is_plain_look
from planners.grounding.mentions import ALL, ANY, NUMBERS, OTHER, Finder, Mention
from planners.grounding.notes import alike, is_name
from planners.grounding.parts import is_near, looks, parts_of, with_stuff
from planners.grounding.places import NOT_THIS, name_where, no_way
from planners.grounding.pronouns import in_one_breath, is_negated, load_of, name_load, name_pronouns, standing_at
from skillblend.contracts import Array, SceneState, Thing

SURE, SURER = 0.5, 0.85
"""Probability from which on a thing is taken to be meant; by a noun that is in no list."""

FITS = 0.1
"""Share of the best thing's probability from which on a thing may be meant by a singular."""

_BUT = re.compile(
    r",? (?:but|except(?: for)?|other than|apart from|aside from|besides|save(?: for)?|excluding|minus)$"
)


@dataclass(frozen=True, kw_only=True)
class Rewording:
    """An instruction as it was read.

    Attributes:
        text: In the scene's names.
        notes: What was read as what.
        named: Names of the things that are spoken of, in order.
        choices: What an unclear word may mean: the person has to say which. Empty where all is clear.
        answers: The text with each of them in its place.
        why: Why it cannot be read; empty where it can.
        absent: Mentions of what is not here.
    """

    text: str
    notes: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    why: str = ""
    absent: tuple[str, ...] = ()


Staying = Callable[[Array], tuple[list[int], Array]]
"""Cues (K, C) of things -> those that are not ruled out, and probabilities (K,) of all."""


class Rewriter:
    """Puts names in the place of mentions.

    Args:
        grounder: Says what mentions mean.
        staying: Says which of several fitting things are not ruled out; what is shipped if left out.
    """

    def __init__(self, grounder: Grounder, staying: Staying | None = None) -> None:
        self._grounder = grounder
        self._staying = staying or load_asking().staying

    def read(self, text: str, scene: SceneState) -> Rewording:
        """`text`, an instruction in normal form, in the names of `scene`."""
        things = [thing for thing in scene.things]
        if not things:
            return Rewording(text=text)
        load = load_of(scene)
        text = name_load(text, load)
        mentions = Finder([thing.name.lower() for thing in things]).find(text)
        found = self._link(text, mentions, things)
        here = standing_at(scene)
        _in_hand(text, found, [k for k, thing in enumerate(things) if thing.name == load])
        _settle(text, found, scene, here, self._staying)
        made = _write(text, found, scene, here)
        return replace(made, named=tuple(name for name in made.named if name != load))

    def _link(self, text: str, mentions: Sequence[Mention], things: Sequence[Thing]) -> list[Found]:
        """What each mention, or a part of it, means."""
        looked = [with_stuff(text, mention) for mention in mentions]
        parts = [parts_of(text, mention, things) for mention, _ in looked]
        flat = [part for group in parts for part in group]
        senses = iter(self._grounder.senses([phrase_of(part.words) for part in flat], things) if flat else [])
        found: list[Found] = []
        covered = 0
        for group, (_, without) in zip(parts, looked, strict=True):
            read = [(part, next(senses)) for part in group]
            read.sort(key=lambda entry: max(entry[1].likely, default=0.0) < 1.0)  # names as they are come first
            part, sense = next(((p, s) for p, s in read if _believed(p, s, things)), read[0])
            if part.start < covered:  # within what an earlier one says about its stuff
                continue
            covered = part.end
            if not _believed(part, sense, things):
                found.append(Found(part, sense, [], sure=sense.none, near=is_near(part, things)))
                continue
            fit = [
                k
                for k in (_several(part, sense) if part.plural else sense.fitting(FITS))
                if not (without and looks(things[k], without))
            ]
            found.append(Found(part, sense, fit, sure=float(sense.likely[fit].sum()) if fit else 0.0))
        return found


def _believed(mention: Mention, sense: Sense, things: Sequence[Thing]) -> bool:
    """Whether the mention is taken to mean something here: a noun in no list has to be surer, and no new thing."""
    phrase = phrase_of(mention.words)
    own = {word for thing in things for word in thing.name.lower().split()}
    if phrase.noun in ONES:
        named = any(is_plain_look(look) or look in own for look in phrase.looks)
        return sense.none < SURE and (named or mention.words[-1] in ONES)
    if is_listed(phrase.noun) or is_listed(phrase.last) or phrase.last in own:
        return sense.none < SURE
    new = bool(set(mention.determiners) & ANY) or phrase.last.endswith("s")
    return not new and not mention.plural and float(sense.likely.max(initial=0.0)) >= SURER


def _several(mention: Mention, sense: Sense) -> list[int]:
    """Things that a plural means: those that fit best if they are several, as many as are said; else all that fit."""
    best, wanted = sense.fitting(), _count(mention)
    return best if len(best) > 1 and wanted in (0, len(best)) else sense.fitting(0.0)


def _count(mention: Mention) -> int:
    """How many are said; 0 where no number is."""
    return next(
        (NUMBERS[word] for word in mention.determiners if word in NUMBERS), 2 * ("both" in mention.determiners)
    )


def _settle(text: str, found: list[Found], scene: SceneState, here: int | None, staying: Staying) -> None:
    """Decide what several fitting things mean: all of them, the other one, the one before, or a question."""
    before: list[int] = []
    things = scene.things
    for i, entry in enumerate(found):
        mention, lead = entry.mention, set(entry.mention.determiners)
        if lead & ANY and len(entry.things) > 1 and i + 1 < len(found):
            out = found[i + 1].things if NOT_THIS.fullmatch(text[mention.end : found[i + 1].mention.start]) else []
            entry.things = [k for k in entry.things if k not in out] or entry.things
        if not entry.things and not (mention.words == ONES[:1] and before):
            continue
        if mention.words[-1] in ONES and before:
            pool = range(len(things)) if mention.words[0] in ONES else entry.things
            entry.things = [k for k in pool if things[k].kind == things[before[-1]].kind] or entry.things
        if lead & OTHER:
            last = before[-1] if before else here
            entry.things = [k for k in entry.things if k not in ({last} if last is not None else set())]
        if mention.plural:
            wanted = next(
                (NUMBERS[word] for word in mention.determiners if word in NUMBERS), 2 if "both" in lead else 0
            )
            entry.unclear = bool(wanted) and len(entry.things) > wanted and bool(lead & (ALL | {"the"}))
            entry.things = entry.things if len(entry.things) > 1 else []
        elif not described(text, entry, found[i + 1 :], scene, here) and len(entry.things) > 1:
            later = [k for other in found[i + 1 :] for k in other.things if len(other.things) == 1]
            if not _choose(entry, before, later, here):
                place = next((k for k in reversed(before) if things[k].motion != "free"), here)
                _rule_out(text, entry, scene, place, staying)
        if not entry.unclear:
            before += [k for k in entry.things if k not in before[-1:]]


_HELD = re.compile(
    r" (?:in(?:to)? your (?:hands?|arms)|(?:that |which )?you(?:'re| are)? (?:hold|holding|carry|carrying)|in hand)\b"
)


def _in_hand(text: str, found: Sequence[Found], load: Sequence[int]) -> None:
    """Of several fitting things the one in the robot's hands, where it is put somewhere or said to be there."""
    for entry in found:
        put, said = PUTS.search(text[: entry.mention.start]), _HELD.match(text, entry.mention.end)
        if not entry.mention.plural and len(entry.things) > 1 and set(load) & set(entry.things) and (put or said):
            entry.things = list(load)
            if said:
                end = said.end()
                entry.mention = replace(entry.mention, end=end, said=text[entry.mention.start : end])


def _choose(entry: Found, before: Sequence[int], later: Sequence[int], here: int | None) -> bool:
    """Choose among several: the one spoken of before or later, any where any will do; whether there is one."""
    spoken = [k for k in (*reversed(before), *later) if k in entry.things]
    if "this" in entry.mention.determiners and not before and here is not None and here in entry.things:
        entry.things = [here]
    elif spoken:
        entry.things = spoken[:1]
    elif set(entry.mention.determiners) & ANY:
        entry.things = [entry.sense.best]
    else:
        return False
    return True


def _rule_out(text: str, entry: Found, scene: SceneState, place: int | None, staying: Staying) -> None:
    """Keep of several things those that may be meant; more than one make a question, behind a negation none."""
    before = text[: entry.mention.start]
    stay, p = staying(cues_of(before, entry.things, entry.sense.likely, scene, place))
    if is_negated(before):
        return
    entry.sure = float(p[stay].sum())
    entry.things = [entry.things[k] for k in stay]
    entry.unclear = len(stay) > 1


def _write(text: str, found: list[Found], scene: SceneState, here: int | None) -> Rewording:
    """`text` with names in the places of mentions, and what has to be said about it."""
    things = scene.things
    pieces: list[str] = []
    notes: list[str] = []
    named: list[str] = []
    spoken: list[str] = []
    unclear = next((entry for entry in found if entry.unclear), None)
    at, i = 0, 0
    while i < len(found):
        entry, end = found[i], found[i].mention.end
        if entry.mention.start < at:
            i += 1
            continue
        chosen, start = _all_but(text, entry, things)
        if (
            entry.mention.plural
            and i + 1 < len(found)
            and _BUT.search(text[end : found[i + 1].mention.start].rstrip())
        ):
            left_out = {things[k].name for k in found[i + 1].things}
            chosen, end, i = [name for name in chosen if name not in left_out], found[i + 1].mention.end, i + 1
        i += 1
        chosen, end, i = _ordered(text, chosen, end, found, i, things)
        if not chosen or entry.unclear or (entry.mention.plural and _THERE_ARE.search(text[:start])):
            continue
        words = in_one_breath(chosen)
        said = text[start:end]
        pieces += [text[at:start], said if is_name(said, chosen) else words]
        at = end
        named += [] if _AWAY.search(text[: entry.mention.start]) else chosen
        spoken += (
            []
            if _AWAY.search(text[: entry.mention.start]) and not _LOST.search(text[: entry.mention.start])
            else chosen
        )
        if not is_name(said, chosen) and not alike(said, words):
            notes.append(f"read {said!r} as {words} ({entry.sure:.2f})")
    rewritten = name_pronouns("".join([*pieces, text[at:]]), spoken, things, here)
    rewritten = name_where(rewritten, scene)
    absent = tuple(e.mention.said for e in found if not e.things and e.near)
    if unclear is None:
        why = no_way(rewritten, [thing.name for thing in things])
        return Rewording(text=rewritten, notes=tuple(notes), named=tuple(named), absent=absent, why=why)
    choices = tuple(things[k].name for k in unclear.things)
    why = f"{unclear.mention.said!r} can be {' or '.join('the ' + name for name in choices)}: say which"
    mention = unclear.mention
    answers = tuple(f"{text[: mention.start]}the {name.lower()}{text[mention.end :]}" for name in choices)
    return Rewording(
        text=rewritten,
        notes=tuple(notes),
        named=tuple(named),
        choices=choices,
        answers=answers,
        why=why,
        absent=absent,
    )


_ALL_BUT = re.compile(
    r"\b(?:all|everything|every ?one|each one)(?: of them)? "
    r"(?:but|except(?: for)?|other than|apart from|save(?: for)?) $"
)


_THERE_ARE = re.compile(r"\bthere (?:are|were)(?: only| just)? $")
_AWAY = re.compile(
    r"\b(?:leav\w+|away|from|off|past|around|round|behind|not|never|without|than|instead of|between) (?:from |the )?$"
    r"|n't \w+ $"
)
"""What is spoken of after it is not to be dealt with."""

_LOST = re.compile(
    r"n't (?:find|see|reach|get|spot|carry|lift|manage|use|need|want|remember|drink|eat|"
    r"finish)(?: \w+)? $|\boff (?:the )?$"
)
"""What is spoken of after it may still be meant by "it"."""


def _all_but(text: str, entry: Found, things: Sequence[Thing]) -> tuple[list[str], int]:
    """Names that a mention stands for, and where it begins; "all but the red one" are the others of its kind."""
    match = _ALL_BUT.search(text[: entry.mention.start])
    if match is None or len(entry.things) != 1:
        return [things[k].name for k in entry.things], entry.mention.start
    out = things[entry.things[0]]
    return [t.name for t in things if t.kind == out.kind and t is not out], match.start()


def _ordered(
    text: str, chosen: list[str], end: int, found: Sequence[Found], i: int, things: Sequence[Thing]
) -> tuple[list[str], int, int]:
    """Several things with the one in front that comes first: "every marker, the blue one first"."""
    if len(chosen) < 2 or i >= len(found) or len(found[i].things) != 1:
        return chosen, end, i
    name, mention = things[found[i].things[0]].name, found[i].mention
    between = text[end : mention.start].strip(" ,-")
    starts = between in ("starting with", "beginning with", "starting at", "beginning at")
    behind = rx.match(r" first\b", text[mention.end :])
    if name not in chosen or not (starts or (not between and behind)):
        return chosen, end, i
    rest = [other for other in chosen if other != name]
    return [name, *rest], mention.end + (len(behind.group()) if behind and not starts else 0), i + 1
