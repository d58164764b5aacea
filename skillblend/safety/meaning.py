"""Which options a stretch of words speaks of: "touch the box", "walking", "left", "anything else"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import SceneState, Step, Thing
from skillblend.options import ENDS, ground_options
from skillblend.safety.vocabulary import (
    AMOUNTS,
    ANYWHERE,
    DIRECTIONS,
    EVERYTHING,
    HANDS,
    NEARNESS,
    PRONOUNS,
    SMALL,
    Verb,
    things_named,
    verb_class,
)

_STANDING = ("wait", "stop", "stand", "continue", "pace")
_VAGUE = (Verb.USE, Verb.DO, Verb.MOVE)
_UNITS = ("metre", "metres", "meter", "meters", "m")
Texts = frozenset[str]


class Meaning:
    """Words against the options of one scene."""

    def __init__(self, objects: Sequence[Thing]) -> None:
        """The scene."""
        self.objects = tuple(objects)
        options = ground_options(SceneState(things=self.objects))
        self.steps = [step for step in options if step.behaviour not in ENDS]
        self.names = [thing.name for thing in objects]

    def things(self, words: Sequence[str]) -> list[str]:
        """Names of the things that are spoken of by name."""
        return things_named(words, self.objects)

    def classes(self, words: Sequence[str]) -> list[Verb]:
        """What the verbs among `words` ask for, the telling ones first."""
        found = [name for word in words if (name := verb_class(word))]
        if words and words[0] == "back" and not found:
            found = [Verb.GO]
        return sorted(dict.fromkeys(found), key=lambda name: name in _VAGUE)

    def steps_of(self, words: Sequence[str], things: Sequence[str] = (), verb: Verb | None = None) -> Texts:
        """Texts of the options meant.

        Args:
            words: Canonical.
            things: What a pronoun or the subject stands for, besides what the words name.
            verb: What is asked for where the words have no verb.
        """
        named = [*self.things(words), *things]
        classes = self.classes(words) or ([verb] if verb else [])
        if named:
            found = [self._on_things(name, words, named) for name in classes]
            return self._union(found) if found else self.about(named)
        found = [self._alone(name, words) for name in classes or (None,)]
        return self._union(found)

    def _union(self, parts: Sequence[Texts]) -> Texts:
        return frozenset(text for part in parts for text in part)

    def about(self, things: Sequence[str], *, walk: bool = True, contact: bool = True) -> Texts:
        """Options with `things`: to walk there, and everything else that is done with them."""
        ends = tuple(f"the {thing}" for thing in things)

        def holds(step: Step) -> bool:
            return any(end in f"{step.text} " for end in (f"{e} " for e in ends)) and (
                walk if BEHAVIOURS[step.behaviour].approaches else contact
            )

        return self._where(holds)

    def everything(self) -> Texts:
        """All that moves."""
        return self._where(lambda s: not BEHAVIOURS[s.behaviour].motionless)

    def motionless(self) -> list[str]:
        """Texts of the options by which nothing moves."""
        return [step.text for step in self.steps if BEHAVIOURS[step.behaviour].motionless]

    def by_verb(self, verb: Verb) -> Texts:
        """Options that answer to `verb`."""
        return self._where(lambda s: BEHAVIOURS[s.behaviour].verb is verb)

    def spoken(self, verb: Verb | None) -> str:
        """How one asks for what answers to `verb`: as its option begins, or "go to"; empty where there is none."""
        if verb is Verb.GO:
            return "go to"
        found = [step for step in self.steps if verb is not None and BEHAVIOURS[step.behaviour].verb is verb]
        return found[0].text.split(" ")[0] if found else ""

    def _where(self, holds: Callable[[Step], bool]) -> Texts:
        return frozenset(step.text for step in self.steps if holds(step))

    def _on_things(self, name: Verb, words: Sequence[str], things: Sequence[str]) -> Texts:
        if name in (Verb.GO, Verb.HURRY):
            return self.about(things, contact=bool(NEARNESS.intersection(words)))
        if name is Verb.MOVE:
            there = bool({"to", "towards", "toward"}.intersection(words))
            return self.about(things, walk=there, contact=not there)
        if name is Verb.TURN:
            return self.by_verb(name)
        return self.about(things, walk=name is Verb.DO)

    def _alone(self, name: Verb | None, words: Sequence[str]) -> Texts:
        """Options of a verb without a thing; none where an unknown thing or a manner follows it."""
        if HANDS.intersection(words) and name in (None, Verb.RAISE, Verb.TOUCH, Verb.USE, Verb.MOVE):
            return self.by_verb(Verb.RAISE)
        if self._unknown(words):
            return frozenset[str]()
        every = bool(EVERYTHING.intersection(words))
        if name is Verb.TOUCH:
            return self.about(self.names, walk=False)
        if name in (Verb.PRESS, Verb.RAISE):
            return self.by_verb(name)
        ways = [DIRECTIONS[word] for word in words if word in DIRECTIONS]
        if name is Verb.TURN or (not name and ways):
            return self._turns(ways) | (self._walks(ways, words) if not name else frozenset[str]())
        if name is Verb.GO or (name is Verb.MOVE and ways):
            return self._on_foot(ways, words, every)
        vague = name is Verb.MOVE or (every and name in (None, Verb.DO, Verb.USE))
        return self.everything() if vague else frozenset[str]()

    def _on_foot(self, ways: Sequence[str], words: Sequence[str], every: bool) -> Texts:
        if ways and not set(ways) <= {"around"}:
            turns = self._turns([w for w in ways if w in ("left", "right")]) if "go" in words else frozenset[str]()
            return self._walks(ways, words) | (turns if {"left", "right"}.intersection(ways) else frozenset[str]())
        if any(word.startswith(_STANDING) for word in words) and not every:
            return frozenset[str]()
        return self.by_verb(Verb.GO)

    def _turns(self, ways: Sequence[str]) -> Texts:
        texts = {"left": "turn left", "right": "turn right", "around": "turn around", "backward": "turn around"}
        wanted = {texts[way] for way in ways if way in texts}
        turns = self.by_verb(Verb.TURN)
        return turns & wanted if wanted else turns

    def _walks(self, ways: Sequence[str], words: Sequence[str]) -> Texts:
        sides = {"left", "right"} if "sideways" in ways else set[str]()
        wanted = set(ways) | sides
        amounts = {AMOUNTS[word] for word in words if word in AMOUNTS and AMOUNTS[word]}
        exact = amounts if any(word in _UNITS for word in words) else set[str]()

        def holds(step: Step) -> bool:
            way, amount = (*step.arguments, "", "")[:2]
            return way in wanted and (not exact or amount in exact)

        return self._where(holds) & (self.by_verb(Verb.GO) - self.about(self.names))

    def _unknown(self, words: Sequence[str]) -> list[str]:
        known = (
            SMALL | EVERYTHING | ANYWHERE | PRONOUNS | set(DIRECTIONS) | set(AMOUNTS) | {"want", "go", "let", "try"}
        )
        return [w for w in words if w not in known and not verb_class(w) and not w.startswith("~")]
