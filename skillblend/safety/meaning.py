"""Which options a stretch of words speaks of: "touch the box", "walking", "left", "anything else"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    VERBS,
    things_named,
    verb_class,
)

_STANDING = ("wait", "stop", "stand", "continue", "pace")
_CONTACT = ("touch", "press")
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

    def classes(self, words: Sequence[str]) -> list[str]:
        """Classes of the verbs among `words`, the telling ones first."""
        found = [name for word in words if (name := verb_class(word))]
        if words and words[0] == "back" and not found:
            found = ["walk"]
        return sorted(dict.fromkeys(found), key=lambda name: name in ("use", "do", "move"))

    def steps_of(self, words: Sequence[str], things: Sequence[str] = (), verb: str = "") -> Texts:
        """Texts of the options meant.

        Args:
            words: Canonical.
            things: What a pronoun or the subject stands for, besides what the words name.
            verb: Class of the verb where the words have none.
        """
        named = [*self.things(words), *things]
        classes = self.classes(words) or ([verb] if verb else [])
        if named:
            found = [self._on_things(name, words, named) for name in classes]
            return self._union(found) if found else self.about(named)
        found = [self._alone(name, words) for name in classes or ("",)]
        return self._union(found)

    def _union(self, parts: Sequence[Texts]) -> Texts:
        return frozenset(text for part in parts for text in part)

    def about(self, things: Sequence[str], *, walk: bool = True, contact: bool = True) -> Texts:
        """Options with `things`: to walk there, and everything else that is done with them."""
        ends = tuple(f"the {thing}" for thing in things)

        def holds(step: Step) -> bool:
            return any(end in f"{step.text} " for end in (f"{e} " for e in ends)) and (
                walk if step.behaviour == "walk_to" else contact
            )

        return self._where(holds)

    def everything(self) -> Texts:
        """All that moves."""
        return self._where(lambda s: s.behaviour != "stand")

    def _where(self, holds: Callable[[Step], bool]) -> Texts:
        return frozenset(step.text for step in self.steps if holds(step))

    def _on_things(self, name: str, words: Sequence[str], things: Sequence[str]) -> Texts:
        if name in ("walk", "hurry"):
            return self.about(things, contact=bool(NEARNESS.intersection(words)))
        if name == "move":
            there = bool({"to", "towards", "toward"}.intersection(words))
            return self.about(things, walk=there, contact=not there)
        if name == "turn":
            return self._where(lambda s: s.behaviour == "turn")
        return self.about(things, walk=name == "do")

    def _alone(self, name: str, words: Sequence[str]) -> Texts:
        """Options of a verb without a thing; none where an unknown thing or a manner follows it."""
        if HANDS.intersection(words) and name in ("", "raise", "touch", "use", "move"):
            return self._where(lambda s: s.behaviour == "raise_hands")
        if self._unknown(words):
            return frozenset[str]()
        every = bool(EVERYTHING.intersection(words))
        if name in _CONTACT:
            return (
                self.about(self.names, walk=False)
                if name == "touch"
                else self._where(lambda s: s.behaviour == "press")
            )
        if name == "raise":
            return self._where(lambda s: s.behaviour == "raise_hands")
        ways = [DIRECTIONS[word] for word in words if word in DIRECTIONS]
        if name == "turn" or (not name and ways):
            return self._turns(ways) | (self._walks(ways, words) if not name else frozenset[str]())
        if name == "walk" or (name == "move" and ways):
            return self._on_foot(ways, words, every)
        return self.everything() if name == "move" or (every and name in ("", "do", "use")) else frozenset[str]()

    def _on_foot(self, ways: Sequence[str], words: Sequence[str], every: bool) -> Texts:
        if ways and not set(ways) <= {"around"}:
            turns = self._turns([w for w in ways if w in ("left", "right")]) if "go" in words else frozenset[str]()
            return self._walks(ways, words) | (turns if {"left", "right"}.intersection(ways) else frozenset[str]())
        if any(word.startswith(_STANDING) for word in words) and not every:
            return frozenset[str]()
        return self._where(lambda s: s.behaviour in ("walk", "walk_to"))

    def _turns(self, ways: Sequence[str]) -> Texts:
        texts = {"left": "turn left", "right": "turn right", "around": "turn around", "backward": "turn around"}
        wanted = {texts[way] for way in ways if way in texts}
        return self._where(lambda s: s.behaviour == "turn" and (not wanted or s.text in wanted))

    def _walks(self, ways: Sequence[str], words: Sequence[str]) -> Texts:
        sides = {"left", "right"} if "sideways" in ways else set[str]()
        wanted = set(ways) | sides
        amounts = {AMOUNTS[word] for word in words if word in AMOUNTS and AMOUNTS[word]}
        exact = amounts if any(word in _UNITS for word in words) else set[str]()

        def holds(step: Step) -> bool:
            way, amount = (*step.arguments, "", "")[:2]
            return step.behaviour == "walk" and way in wanted and (not exact or amount in exact)

        return self._where(holds)

    def _unknown(self, words: Sequence[str]) -> list[str]:
        known = (
            SMALL | EVERYTHING | ANYWHERE | PRONOUNS | set(DIRECTIONS) | set(AMOUNTS) | {"want", "go", "let", "try"}
        )
        return [w for w in words if w not in known and not verb_class(w) and not w.startswith("~") and w not in VERBS]
