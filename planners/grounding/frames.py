"""One clause as a frame: a verb, what it is done to, and where to: "rest your palm against the shelf" is a touch.

On a text in the scene's names. The words may stand in any order and with any small words between them; of what a verb
can mean, that is taken which the scene has an option for. A clause with a word that is neither verb, nor thing, nor
small, is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from planners import rx
from planners.corpus.lookup import approaches, possible_steps
from planners.corpus.phrases import verb_of
from planners.grounding.doings import in_form, needs_hold, takes
from planners.grounding.pronouns import load_of, standing_at
from planners.grounding.wording import (
    AT,
    BODY,
    FROM,
    IN_HAND,
    INTO,
    LOOSE,
    ONTO,
    PREPOSITIONS,
    PRONOUNS,
    SIDE,
    TO,
    WITH_HAND,
    is_passive,
    small_words,
    uses_of_verbs,
    without_tail,
)
from skillblend.contracts import SceneState, Step


@dataclass
class Spoken:
    """What has been spoken of so far: in hand, the last thing to take, place and person; names in lower case."""

    load: str = ""
    thing: str = ""
    place: str = ""
    person: str = ""


@dataclass(frozen=True)
class _Parts:
    """The parts of a clause behind, and before, its verb.

    Attributes:
        items: (preposition, name) of things; the first word is empty where none stands before it.
        side: "left", "right" or empty.
        hand: A hand, or a part of one, is what the verb is about.
        shut: It is to be shut.
        there: A place that was spoken of is meant.
    """

    items: tuple[tuple[str, str], ...]
    side: str = ""
    hand: bool = False
    shut: bool = False
    there: bool = False
    before: tuple[str, ...] = field(default=())

    def bare(self) -> list[str]:
        """Things that no preposition stands before."""
        return [*self.before, *(name for lead, name in self.items if not lead)]

    def after(self, *leads: frozenset[str]) -> list[str]:
        """Things behind one of several prepositions."""
        return [name for lead, name in self.items if any(lead in words for words in leads)]


class Clauses:
    """Reads clauses of one instruction one after the other.

    Args:
        scene: As it is when the instruction is told.
    """

    def __init__(self, scene: SceneState) -> None:
        self._scene = scene
        steps = possible_steps(scene.things)
        self._by = {(step.behaviour, *(a.lower() for a in step.arguments)): step for step in steps}
        self._kinds = {thing.name.lower(): thing.kind for thing in scene.things}
        self._names = sorted(self._kinds, key=len, reverse=True)
        self._loads = {s.arguments[0].lower() for s in steps if takes(s)}
        here = standing_at(scene)
        self.last = self._word = ""
        self.spoken = Spoken(load=load_of(scene).lower())
        self.spoken.place = scene.things[here].name.lower() if here is not None else ""

    def plain(self, clause: str) -> str:
        """The options that `clause` asks for, in their own words; empty where it is not understood."""
        text = without_tail(clause.strip(" ,.;:!?-"))
        for match in rx.finditer(r"[a-z'-]+", text):
            for use, form in uses_of_verbs().get(match.group(), ()):
                self._word = match.group()
                before, after = text[: match.start()].strip(), text[match.end() :].strip()
                said = self._frame(use, before, after)
                form = 0 if rx.search(r"\b(?:you're|you are|be)$", before) else form
                if said:
                    self.heard(" ".join(step.text.lower() for step in said))
                    return " and ".join(in_form(step.text.lower(), form) for step in said)
            known = (
                small_words("lead")
                | small_words("aside")
                | small_words("subject")
                | {word for name in self._names for word in name.split()}
            )
            if match.group() not in known:
                break
        return self._verbless(text)

    def heard(self, text: str, *, done: bool = True) -> None:
        """Take note of what `text` speaks of, and, of what is `done`, what is in hand after it."""
        said = [key[0] for key, step in self._by.items() if len(key) == 2 and step.text.lower() in text]
        self.last = said[-1] if said else ""
        for name in rx.findall("|".join(map(re.escape, self._names)), text):
            kind = self._kinds[name]
            self.spoken.person = name if kind == "person" else self.spoken.person
            self.spoken.thing = name if name in self._loads or kind == "ball" else self.spoken.thing
            if name not in self._loads and kind not in ("person", "ball"):
                self.spoken.place = name
        for name in self._loads if done else ():
            if rx.search(rf"\bpick(?:ing|ed)? up the {re.escape(name)}(?![\w-])", text):
                self.spoken.load = name
        if self.spoken.load and rx.search(rf"\b(?:put|hand)\w* the {re.escape(self.spoken.load)}(?![\w-])", text):
            self.spoken.load = ""

    def shorter(self, text: str) -> str:
        """`text` without where a thing lies, told beside its name."""
        one = "|".join(map(re.escape, self._names))
        return rx.sub(
            rf"((?:{one}),?) (?:that|which)(?:'s| is| stays| stands| lies| sits| rests)(?: \w+ing)? (?:on|in|at|"
            rf"by)(?: top of)? "
            rf"(?:the )?(?:{one})(?![\w-])", r"\1", text
        )  # fmt: skip

    def takes(self, name: str) -> bool:
        """Whether a thing can be picked up."""
        return name in self._loads

    def walks(self, names: Sequence[str]) -> str:
        """The walks to several things, in words; empty where one has none."""
        steps = self._walks(names)
        self.heard(" ".join(step.text.lower() for step in steps))
        return " and ".join(step.text.lower() for step in steps) if len(steps) == len(names) else ""

    def again(self, names: Sequence[str]) -> str:
        """What was asked for last, of other things; empty where that cannot be."""
        steps = self._all(self.last, names) if self.last else []
        self.heard(" ".join(step.text.lower() for step in steps))
        return " and ".join(step.text.lower() for step in steps)

    def _verbless(self, text: str) -> str:
        """A thing and where it goes, without a verb: "stapler to the clerk"."""
        parts = self._parts(text, before=())
        if parts is None or not parts.bare() or len(parts.bare()) == len(parts.items) or parts.hand:
            return ""
        said = self._hand(parts) or self._put(parts)
        if said:
            self.heard(" ".join(step.text.lower() for step in said))
        return " and ".join(step.text.lower() for step in said)

    def _frame(self, use: str, before: str, after: str) -> list[Step]:
        """The steps of one verb with what stands before and behind it; none where that does not fit."""
        subjects = self._subjects(before)
        if subjects is None:
            return []
        parts = self._parts(after, subjects)
        if parts is None:
            return []
        if use == "goes":
            return self._goes(parts) if subjects else []
        if subjects and not is_passive(before):
            return []
        made = {
            "hand": self._hand, "put": self._put, "bring": self._bring, "push": self._push, "kick": self._kick,
            "shut": self._shut, "press": self._press, "take": self._take, "touch": self._touch, "go": self._go,
            "lay hands": self._lay_hands, "bin": self._bin, "free": self._free,
        }  # fmt: skip
        return made[use](parts)

    def _subjects(self, before: str) -> tuple[str, ...] | None:
        """Things before a verb; None where another word is no small one."""
        rest = before
        found = [name for name in rx.findall(rf"(?:{'|'.join(map(re.escape, self._names))})(?![\w-])", rest)]
        it = rx.search(r"\b(?:it|that|this|they|them)(?:'s|'d|'ll)?(?![\w'])", rest)
        found = found or ([self._meant("it")] if it and self._meant("it") else [])
        for name in sorted(set(found), key=len, reverse=True):
            rest = rx.sub(rf"\b{re.escape(name)}(?![\w-])", " ", rest)
        words = rx.findall(r"[a-z0-9']+", rest)
        if rx.search(r"\b(?:he|she|they|him)\b", rest) and "you" not in words:
            return None
        lead = small_words("lead") | (
            small_words("subject") | small_words("aside") if found else small_words("aside")
        )
        return tuple(dict.fromkeys(found)) if all(word in lead for word in words) else None

    def _parts(self, text: str, before: tuple[str, ...]) -> _Parts | None:
        """The parts of what stands behind a verb; None where a word is neither thing nor small."""
        rest = IN_HAND.sub(" ", WITH_HAND.sub(" ", f"{text} "))
        side = SIDE.search(rest)
        rest = SIDE.sub(" ", rest, count=1) if side else rest
        body = BODY.search(rest)
        rest = BODY.sub(" ", rest, count=1) if body else rest
        words = rx.findall(rf"(?:{'|'.join(map(re.escape, self._names))})(?![\w-])|[a-z0-9']+|,", rest)
        items: list[tuple[str, str]] = []
        lead, last, joined, shut, there = "", "", False, False, False
        for k, word in enumerate(words):
            longest = next((p for p in PREPOSITIONS if words[k : k + len(p.split())] == p.split()), "")
            if word in self._kinds or (word in PRONOUNS and self._meant(word)):
                items.append((last if joined and not lead else lead, self._meant(word)))
                last, lead, joined = items[-1][0], "", False
            elif word in ("and", ",", "&"):
                joined = True
            elif longest:
                lead = longest if not (lead and longest in ("of", "to")) else lead
            elif word in ("shut", "closed"):
                shut = True
            elif word == "there":
                there = True
            elif word not in small_words("aside"):
                return None
        shut = shut or lead == "to"
        if lead and lead not in (*LOOSE, "to"):
            return None
        return _Parts(tuple(items), side.group(1) if side else "", body is not None, shut, there, before)

    def _meant(self, word: str) -> str:
        if word in self._kinds:
            return word
        if word in ("him", "her"):
            people = [name for name, kind in self._kinds.items() if kind == "person"]
            return self.spoken.person or (people[0] if len(people) == 1 else "")
        return self.spoken.load or self.spoken.thing

    def _all(self, behaviour: str, names: Sequence[str], *more: str) -> list[Step]:
        """The step of a behaviour for each of several things; none where one has none."""
        found = [self._by.get((behaviour, name, *more)) for name in names]
        steps = [step for step in found if step is not None]
        return steps if len(steps) == len(found) else []

    def _picked(self, names: Sequence[str], steps: Sequence[Step]) -> list[Step]:
        """`steps`, each with what is to be held for it picked up before."""
        found: list[Step] = []
        for name, step in zip(names, steps, strict=True):
            if needs_hold(step) and self.spoken.load != name:
                found += self._all(verb_of("take"), [name])
            found.append(step)
        return found

    def _objects(self, parts: _Parts) -> list[str]:
        """What is taken somewhere: what is named, or what is in hand."""
        bare = [name for name in parts.bare() if name in self._loads]
        if bare or parts.bare():
            return bare if len(bare) == len(parts.bare()) else []
        known = self.spoken.load or self.spoken.thing
        return [known] if known in self._loads else []

    def _laid(self, names: Sequence[str], place: str) -> list[Step]:
        """The steps that put things on or into a place."""
        for behaviour in (verb_of("put on"), verb_of("put in")):
            if steps := self._all(behaviour, names, place):
                return self._picked(names, steps)
        return []

    def _places(self, parts: _Parts) -> list[str]:
        found = parts.after(ONTO, INTO, TO)
        return found or ([self.spoken.place] if parts.there and self.spoken.place else [])

    def _put(self, parts: _Parts) -> list[Step]:
        names, places = self._objects(parts), self._places(parts)
        strange = [name for lead, name in parts.items if lead and name not in (*places, *parts.after(FROM))]
        return [] if len(places) != 1 or strange or not names or parts.hand else self._laid(names, places[0])

    def _bring(self, parts: _Parts) -> list[Step]:
        names, places = self._objects(parts), [*self._places(parts), *parts.after(AT)]
        if not names or len(places) != 1 or parts.hand:
            return []
        if laid := self._laid(names, places[0]):
            return laid
        walk = self._walks(places)
        return [*(() if names == [self.spoken.load] else self._all(verb_of("take"), names)), *walk] if walk else []

    def _hand(self, parts: _Parts) -> list[Step]:
        people = [name for lead, name in parts.items if self._kinds[name] == "person" and (not lead or lead in TO)]
        if len(people) != 1 or parts.hand or any(lead in ONTO | INTO for lead, _ in parts.items):
            return []
        bare = [name for name in parts.bare() if name not in people]
        known = self.spoken.load or self.spoken.thing
        names = bare or ([known] if known in self._loads else [])
        steps = self._all(verb_of("hand"), names, people[0]) if names else []
        return self._picked(names, steps) if steps else []

    def _goes(self, parts: _Parts) -> list[Step]:
        """Something that shall be somewhere: "both parcels go in the bin"."""
        if any(self._kinds[name] == "person" for name in parts.before):
            return []
        return self._hand(parts) or self._put(parts)

    def _push(self, parts: _Parts) -> list[Step]:
        if not parts.side or parts.hand or any(lead and lead not in FROM | ONTO for lead, _ in parts.items):
            return []
        return self._all(verb_of("push"), parts.bare(), parts.side) if parts.bare() else []

    def _kick(self, parts: _Parts) -> list[Step]:
        aims = all(not lead or lead in FROM or self._kinds[name] in ("goal", "person") for lead, name in parts.items)
        return self._all(verb_of("shoot"), parts.bare()) if parts.bare() and aims and not parts.hand else []

    def _shut(self, parts: _Parts) -> list[Step]:
        alone = len(parts.bare()) == len(parts.items) + len(parts.before)
        return self._all(verb_of("shut"), parts.bare()) if parts.bare() and alone else []

    def _one_of(self, word: str, names: Sequence[str]) -> list[Step]:
        found = [
            next((s for key, s in self._by.items() if key[1:] == (name,) and s.text.startswith(f"{word} ")), None)
            for name in names
        ]
        steps = [step for step in found if step is not None]
        return steps if len(steps) == len(found) else []

    def _pressed(self, parts: _Parts) -> list[str]:
        return [*parts.bare(), *parts.after(ONTO, frozenset(["at", "against"]))]

    def _press(self, parts: _Parts) -> list[Step]:
        names = self._pressed(parts)
        if not parts.items and not parts.before and self._word == "ring":
            bells = [key[1] for key, step in self._by.items() if step.text.startswith("press ")]
            names = bells if len(bells) == 1 else []
            return self._one_of("press", names)
        return self._one_of("press", names) if names and len(names) == len(parts.items) + len(parts.before) else []

    def _take(self, parts: _Parts) -> list[Step]:
        alone = all(
            not lead or lead in FROM | ONTO | INTO and lead not in ("onto", "into") for lead, _ in parts.items
        )
        names = parts.bare()
        return self._all(verb_of("take"), names) if names and alone and not parts.hand and not parts.there else []

    def _touch(self, parts: _Parts) -> list[Step]:
        names = self._pressed(parts) if not parts.hand else [*self._pressed(parts), *parts.after(TO)]
        if not names or parts.side or len(names) != len(parts.items) + len(parts.before):
            return []
        found = [self._one_of("press", [name]) or self._one_of("touch", [name]) for name in names]
        return [steps[0] for steps in found] if all(found) and not (parts.bare() and parts.after(ONTO)) else []

    def _lay_hands(self, parts: _Parts) -> list[Step]:
        """As in "rest your palm against the shelf"."""
        return self._touch(parts) if parts.hand else []

    def _bin(self, parts: _Parts) -> list[Step]:
        """As in "recycle it", where there is one bin."""
        bins = [name for name, kind in self._kinds.items() if kind == "bin"]
        names = self._objects(parts)
        return self._laid(names, bins[0]) if len(bins) == 1 and names and not self._strange(parts) else []

    def _strange(self, parts: _Parts) -> list[str]:
        return [name for lead, name in parts.items if lead and lead not in FROM]

    def _free(self, parts: _Parts) -> list[Step]:
        """As in "free your hands on the table"."""
        places = parts.after(ONTO, INTO, AT)
        fits = parts.hand and self.spoken.load and len(places) == 1 and len(parts.items) == 1
        return self._laid([self.spoken.load], places[0]) if fits else []

    def _walks(self, names: Sequence[str]) -> list[Step]:
        found = {s.arguments[0].lower(): s for s in self._by.values() if approaches(s) and len(s.arguments) == 1}
        return [found[name] for name in names if name in found]

    def _go(self, parts: _Parts) -> list[Step]:
        names = [*parts.after(TO - {"for"}, AT, ONTO, INTO, frozenset(["for"]))]
        names = names or ([self.spoken.place] if parts.there and self.spoken.place else [])
        names = names or [name for name in parts.after(frozenset(["with"])) if self._kinds[name] == "person"]
        direct = [name for lead, name in parts.items if not lead]
        if self._word in ("visit", "visiting", "visited", "reach", "approach") and len(direct) == len(parts.items):
            return self._walks(direct) if not parts.hand else []
        if parts.hand or parts.side or parts.bare():
            return []
        return self._walks(names)
