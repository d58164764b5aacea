"""What an instruction forbids, and what it asks for beside that.

`read` finds the clauses that forbid something ("never touch the box", "without turning", "not the blue one"), the
options that each of them covers, and the request that is left. Plain text work: no language model. It errs towards
forbidding; a prohibition of what is not there, or of a manner ("not too fast"), forbids no option but is no request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from skillblend.contracts import Step, Thing
from skillblend.safety.clauses import Clause, Token, clauses_of, is_predicate, set_aside, tokens_of
from skillblend.safety.meaning import Meaning, Texts
from skillblend.safety.requests import asks_something, mend
from skillblend.safety.vocabulary import Verb, verb_class

_DIRECT = (Verb.GO, Verb.TOUCH, Verb.PRESS, Verb.TURN)
"""Verbs that a correction of what is forbidden borrows."""

RULE = "the instruction forbids it"
"""Reasons given for options that a prohibition covers begin so."""

_AWAY = (
    "keep", "take", "stay", "steer", "remain", "get", "back", "move", "hold", "stand", "maintain", "give", "shun",
    "dodge", "evade", "beware", "spare", "avoid", "avoids", "avoiding", "refrain", "abstain", "ignore", "skip",
    "disregard", "forget", "leave", "let",
)  # fmt: skip
_EXCEPT = (
    "instead", "rather", "in", "except", "excluding", "other", "apart", "aside", "besides", "with", "save", "bar",
)  # fmt: skip
_NOTHING = ("no", "nothing", "nowhere", "none", "neither")
_REASONS = ("because", "since", "if", "otherwise", "else")
_PRONOUNS = ("it", "them", "that", "those", "these", "this", "either", "they")


@dataclass(frozen=True, kw_only=True)
class Prohibition:
    """One thing that is forbidden.

    Attributes:
        words: The clause, in lower case.
        steps: Texts of the options that it covers; none where it covers no option of this scene.
        until: Options of which one must have succeeded before those are allowed; none: they never are.
    """

    words: str
    steps: Texts
    until: Texts = frozenset[str]()

    def holds(self, history: Sequence[tuple[Step, bool]]) -> bool:
        """Whether it is still in force after `history`."""
        return not any(ok and step.text in self.until for step, ok in history)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An instruction as the rule reads it.

    Attributes:
        instruction: As typed.
        prohibitions: In order; empty where it forbids nothing.
        request: What is asked for; the instruction itself where it forbids nothing, empty where it only forbids.
        stand: Nothing is asked for but not to move.
    """

    instruction: str
    prohibitions: tuple[Prohibition, ...] = ()
    request: str = ""
    stand: bool = False

    def forbidden(self, history: Sequence[tuple[Step, bool]] = ()) -> dict[str, str]:
        """Option text -> why it is forbidden after `history`."""
        return {
            text: f"{RULE}: {ban.words!r}"
            for ban in self.prohibitions
            if ban.holds(history)
            for text in sorted(ban.steps)
        }


@dataclass
class _Ban:
    """A prohibition in the making."""

    clauses: list[Clause]
    steps: set[str] = field(default_factory=set[str])
    until: set[str] = field(default_factory=set[str])
    verb: Verb | None = None
    unclear: list[str] = field(default_factory=list[str])
    motionless: bool = False


def read(instruction: str, objects: Sequence[Thing]) -> Reading:
    """What `instruction` forbids and asks for in a scene of `objects`."""
    tokens, rephrased = set_aside(tokens_of(instruction))
    reader = _Reader(clauses_of(tokens), Meaning(objects))
    if not any(clause.lead or is_predicate(clause) for clause in reader.clauses):
        request = reader.as_typed() if rephrased else instruction
        return Reading(instruction=instruction, request=request or instruction)
    reader.find_bans()
    prohibitions = tuple(
        Prohibition(words=_words(ban), steps=frozenset(ban.steps), until=frozenset(ban.until)) for ban in reader.bans
    )
    if all(ban.until for ban in prohibitions):
        return Reading(instruction=instruction, prohibitions=prohibitions, request=instruction)
    request = reader.request()
    stand = not request and any(ban.motionless for ban in reader.bans)
    return Reading(instruction=instruction, prohibitions=prohibitions, request=request, stand=stand)


def _words(ban: _Ban) -> str:
    return " ".join(clause.source for clause in ban.clauses)


class _Reader:
    """The clauses of one instruction, given their roles one after the other."""

    def __init__(self, clauses: list[Clause], meaning: Meaning) -> None:
        self.clauses, self.meaning = clauses, meaning
        self.bans: list[_Ban] = []

    def as_typed(self) -> str:
        """All clauses, as a request."""
        for clause in self.clauses:
            clause.role = "request"
        return mend(self.clauses, self.meaning)

    def find_bans(self) -> None:
        """Give every clause its role."""
        i = 0
        while i < len(self.clauses):
            clause = self.clauses[i]
            if clause.lead or is_predicate(clause):
                i = self._ban(i)
                continue
            clause.role = "context" if clause.joint and clause.joint[-1] in _REASONS else clause.role
            i += 1
        self._settle()
        for i, clause in enumerate(self.clauses):
            if not clause.role:
                asked = asks_something(clause, self.meaning) and not self._frames(i)
                clause.role = "request" if asked else "context"

    def _settle(self) -> None:
        """Leave out of prohibitions what is asked for all the same: "press the button and nothing else"."""
        free = [c for c in self.clauses if not c.role]
        named = {name for c in free for name in self.meaning.things(c.words)}
        for ban in self.bans:
            words = [word for c in ban.clauses for word in c.words]
            if {"else", "other", "others"}.intersection(words):
                ban.steps -= self.meaning.about(sorted(named))
            if ban.unclear:
                ban.steps -= self.meaning.about([name for name in ban.unclear if name in named], contact=False)

    def request(self) -> str:
        """What is left; where something is asked for, "don't move" means to stand still in the end."""
        if any(clause.role == "request" for clause in self.clauses):
            for ban in self.bans:
                if ban.motionless:
                    ban.steps.clear()
                    ban.clauses[0].tokens, ban.clauses[0].role = self._still(), "request"
        return mend(self.clauses, self.meaning)

    def _still(self) -> list[Token]:
        """What not to move is as a request: the option by which nothing moves."""
        return [Token(text.split(" ")[0], text) for text in self.meaning.motionless()[:1]]

    def _frames(self, i: int) -> bool:
        """Whether the clause only leads up to a negation: "go | not to the red marker"."""
        follows = self.clauses[i + 1] if i + 1 < len(self.clauses) else None
        words = self.clauses[i].words
        return bool(
            follows is not None and follows.lead and not follows.joint and len(words) <= 3
            and not self.meaning.things(words) and self.meaning.classes(words)
            and not self.meaning.steps_of(words[:-1])
        )  # fmt: skip

    def _ban(self, i: int) -> int:
        """Read the prohibition that begins at clause `i`; where the next clause is."""
        clause = self.clauses[i]
        follows = self.clauses[i + 1] if i + 1 < len(self.clauses) else None
        empty = not clause.words and clause.lead not in _NOTHING
        if empty and follows is not None and follows.lead and "." not in follows.joint:
            clause.role = "context"  # "do not, I repeat, do not ..."
            return i + 1
        before = self.clauses[i - 1] if i > 0 and not clause.joint else None
        ban = _Ban(clauses=[clause])
        first = clause.lead.split(" ")[0] if clause.lead else ""
        exempting = first in _EXCEPT and bool(self.bans) and before is not None and before.role == "ban"
        only = exempting and self.bans[-1].clauses[-1].lead.split(" ")[0] in _NOTHING
        self._begin(ban, clause, before, first)
        end = self._extend(ban, i)
        for part in ban.clauses:
            part.role = "ban"
        if exempting:
            self.bans[-1].steps -= self.meaning.about(self.meaning.things(clause.words))
            if only and len(self.bans[-1].clauses) > 1:  # "touch | nothing | but the shelf"
                clause.tokens = [*self.bans[-1].clauses[0].tokens, *(t for t in clause.tokens if t.word)]
                clause.role, clause.lead = "request", ""
            else:
                self.bans[-1].clauses += ban.clauses
        else:
            self.bans.append(ban)
        return self._condition(ban, end)

    def _begin(self, ban: _Ban, clause: Clause, before: Clause | None, first: str) -> None:
        """What the clause with the negation covers."""
        words, meaning = list(clause.words), self.meaning
        subject: list[str] = []
        if before is not None and not before.role:
            subject = self._subject(ban, clause, before, words)
        things = self._things(ban, words) or ([] if meaning.things(words) else subject)
        ban.verb = next(iter(meaning.classes(words)), None)
        if first in _NOTHING and before is not None and before.role == "ban":
            ban.verb = next(iter(meaning.classes(before.words)), ban.verb)
            ban.steps |= meaning.steps_of([*before.words, *words, first], things)
        elif not ban.verb and "hands" in clause.lead:
            ban.steps |= meaning.about([*meaning.things(words), *things], walk=False) or self._hands(clause)
        elif not ban.verb and (first in (*_AWAY, *_EXCEPT) or is_predicate(clause)):
            told = before if first in _EXCEPT else None
            verb = next(iter(meaning.classes(told.words)), None) if told is not None else None
            named = [*meaning.things(words), *things]
            ban.steps |= meaning.about(named) if named or not verb else meaning.steps_of(words, (), verb)
        elif (first not in _NOTHING or (first == "no" and not words)) and self._elliptical(words):
            self._recall(ban, clause)
        else:
            ban.steps |= meaning.steps_of(words, things)
            ban.unclear = [] if ban.verb or clause.lead == "not" else [*meaning.things(words), *things]
        ban.motionless = frozenset(ban.steps) == meaning.everything() and Verb.MOVE in meaning.classes(words)

    def _hands(self, clause: Clause) -> Texts:
        """As in "keep your hands down", "keep your hands to yourself"."""
        if clause.lead.endswith("to yourself"):
            return self.meaning.about(self.meaning.names, walk=False)
        down = {"hands", "arms"}.intersection(clause.lead.split(" ")) and clause.lead.startswith("keep")
        return self.meaning.steps_of(["raise"]) if down else frozenset[str]()

    def _subject(self, ban: _Ban, clause: Clause, before: Clause, words: list[str]) -> list[str]:
        """The subject ("the box must | not ..."); it or a verb ("touch | nothing") belongs to the prohibition."""
        beside = clause.lead == "without" and " ".join(clause.words[:1]).endswith("ing")
        if beside or clause.lead in ("instead of", "rather than"):  # what comes before asks for something
            return []
        things = self.meaning.things(before.words)
        classes = self.meaning.classes(before.words)
        negative = clause.lead.split(" ")[0] in _NOTHING and classes and not things
        classes = [name for name in classes if name not in (Verb.USE, Verb.DO)]
        if negative or is_predicate(clause) or (things and not classes):
            before.role = "ban"
            ban.clauses.insert(0, before)
            if is_predicate(clause) and classes:
                words[:0] = before.words
                return []
            return things
        return []

    def _things(self, ban: _Ban, words: Sequence[str]) -> list[str]:
        """What the pronouns among `words` stand for: the things last spoken of, or else the next."""
        there = "there" in words and Verb.GO in self.meaning.classes(words)
        if self.meaning.things(words) or not (there or any(word in _PRONOUNS for word in words)):
            return []
        at = self.clauses.index(ban.clauses[-1])
        if at > 0 and "." in self.clauses[at].joint and not self.clauses[at - 1].role:
            last = self.clauses[at - 1]  # "the shelf? don't go there"
            bare = self.meaning.things(last.words) and not self.meaning.classes(last.words)
            last.role = "context" if bare else ""
        for clause in [*reversed(self.clauses[:at]), *self.clauses[at + 1 :]]:
            if found := self.meaning.things(clause.words):
                return found
        return []

    def _elliptical(self, words: Sequence[str]) -> bool:
        """As in "Don't.", "never do that": what was spoken of before."""
        said = [word for word in words if word not in (*_PRONOUNS, "do", "doing", "so", "think", "about", "~no")]
        return not said

    def _recall(self, ban: _Ban, clause: Clause) -> None:
        """Forbid what the clause before asked for."""
        at = self.clauses.index(ban.clauses[0])
        for earlier in reversed(self.clauses[:at]):
            if not earlier.role and self.meaning.classes(earlier.words):
                ban.steps |= self.meaning.steps_of(
                    earlier.words, self._things(_Ban(clauses=[earlier]), earlier.words)
                )
                earlier.role = "ban"
                ban.clauses.insert(0, earlier)
                return

    def _extend(self, ban: _Ban, i: int) -> int:
        """Take in the clauses that go on forbidding: "or the shelf", "and touch it"."""
        j = i + 1
        while j < len(self.clauses) and self._goes_on(ban, j):
            clause = self.clauses[j]
            ban.clauses.append(clause)
            words = clause.words
            things = self._things(ban, words)
            classes = self.meaning.classes(words)
            named = [*self.meaning.things(words), *things]
            if not classes and ban.verb and named:
                ban.steps |= self.meaning.steps_of([*self._verb_words(ban), *words], things)
            elif not classes and not ban.verb:
                ban.steps |= self.meaning.about(named) or self.meaning.steps_of(words)
            else:
                ban.steps |= self.meaning.steps_of(words, things, ban.verb)
            if named and self._verb_only(ban, i):
                ban.steps |= self.meaning.steps_of(self.clauses[i].words, named)
            j += 1
        if j < len(self.clauses):
            self._correct(ban, j)
        return j

    def _verb_words(self, ban: _Ban) -> list[str]:
        return [word for word in ban.clauses[0].words + ban.clauses[-2].words if self.meaning.classes([word])]

    def _verb_only(self, ban: _Ban, i: int) -> bool:
        """Whether the object of the negated verb comes only now: "don't touch | or press the box"."""
        words = self.clauses[i].words
        if len(words) == 1 and self.meaning.classes(words):
            if len(ban.clauses) == 2:
                ban.steps -= self.meaning.steps_of(words)
            return True
        return False

    def _goes_on(self, ban: _Ban, j: int) -> bool:
        clause, joint = self.clauses[j], self.clauses[j].joint
        if clause.lead or not joint or is_predicate(clause):
            return False
        words = clause.words
        verbs, things = self.meaning.classes(words), self.meaning.things(words)
        if joint[-1] in ("or", "nor"):
            return words[0] not in ("i", "you", "he", "she", "we", "they", "there", "it")
        refers = bool(set(words) & {"it", "them"}) and not things
        if "and" in joint or "plus" in joint:
            return (not verbs and bool(things or self.meaning.steps_of(words))) or (bool(verbs) and refers)
        if joint == (",",):
            return self._list_goes_on(j, bool(verbs))
        return False

    def _list_goes_on(self, j: int, with_verb: bool) -> bool:
        """Whether a later member of the list has "or": "don't touch the box, the shelf or the table"."""
        if not with_verb and not self.meaning.things(self.clauses[j].words):
            return False
        for clause in self.clauses[j + 1 :]:
            if clause.lead or "." in clause.joint or bool(self.meaning.classes(clause.words)) != with_verb:
                return False
            if clause.joint and clause.joint[-1] in ("or", "nor", "and"):
                return clause.joint[-1] != "and" or not with_verb
        return False

    def _correct(self, ban: _Ban, j: int) -> None:
        """Give a correction its verb: "don't go to the red marker but | to the blue one"."""
        clause = self.clauses[j]
        joint = clause.joint[-1:]
        if joint in (("or",), ("nor",)):  # "or I will be angry"
            clause.role = "context"
        if clause.lead or joint not in ((",",), (".",), ("but",), ("then",)) or self.meaning.classes(clause.words):
            return
        if not (self.meaning.things(clause.words) or self.meaning.steps_of(clause.words)):
            return
        verb = self.meaning.spoken(ban.verb if ban.verb in _DIRECT else None)
        at = self.clauses.index(ban.clauses[0])
        if not verb and at > 0 and not self.clauses[at].joint and self._frames(at - 1):
            verb = self.clauses[at - 1].source
        if not verb and ban.clauses[0].lead == "not":
            verb = self._corrected(ban, at)
        if verb:
            tokens = [t for t in clause.tokens if t.word not in ("to", "at", "on", "rather", "instead")]
            direct = verb_class(verb.split(" ")[0]) in (Verb.TOUCH, Verb.PRESS, Verb.TURN)
            verb = verb if verb.endswith((" to", " at")) or direct else f"{verb} to"
            clause.tokens = [*(Token(word, word) for word in verb.split(" ")), *tokens]

    def _corrected(self, ban: _Ban, at: int) -> str:
        """The verb of a request that is taken back: "go to the red marker, no, not the red | the blue one"."""
        for earlier in reversed(self.clauses[:at]):
            named = self.meaning.things(earlier.words)
            if named and not earlier.role and self.meaning.about(named) <= ban.steps:
                earlier.role = "context"
                verb = next(iter(self.meaning.classes(earlier.words)), None)
                return self.meaning.spoken(verb if verb in _DIRECT and verb is not Verb.TURN else None)
        return ""

    def _condition(self, ban: _Ban, j: int) -> int:
        """Read "until ..." behind a prohibition; where the next clause is."""
        if j >= len(self.clauses):
            return j
        clause = self.clauses[j]
        marks = clause.joint[-1:] if clause.joint else ((clause.lead.split(" ")[0],) if clause.lead else ("",))
        if marks[0] not in ("until", "unless", "before", "without"):
            return j
        if marks[0] == "without" and (not ban.steps or ban.clauses[0].lead.split(" ")[0] == "without"):
            return j
        met = self.meaning.steps_of(clause.words, self._things(_Ban(clauses=[clause]), clause.words))
        ban.until |= met - ban.steps
        ban.clauses.append(clause)
        clause.role = "ban"
        if ban.until:
            for part in ban.clauses:
                part.role = "request"
        return j + 1
