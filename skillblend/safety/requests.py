"""What is asked for beside a prohibition: which clauses are requests, and their text for a planner."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skillblend.safety.clauses import Clause, Token
from skillblend.safety.meaning import Meaning
from skillblend.safety.vocabulary import HANDS, SMALL, Verb

_STATEMENT = re.compile(
    r"(?:there|here) (?:is|are|was|were)\b|(?:it|he|she|they|someone|somebody|people|everyone|that|which|who)\b|"
    r"(?:there's|here's|it's|that's|they're|he's|she's|what's)\b|"
    r"(?:the|my|our|your|this|that|those|these|both|a|an)(?: \w+){1,3}? (?:is|are|was|were|has|have|had|"
    r"belongs?|looks?|"
    r"seems?|smells?|stands?|sits?|does|will|might|could|would|contains?|holds?|stays?|hurts?|broke|breaks?|moves?)\b|"
    r"i\b|i'm\b|i've\b|we\b|we're\b|you (?:are|were|have|had|look|seem|know|see|hear|understand|broke|"
    r"touched|scratched)\b"
)
_WISH = re.compile(
    r"\b(?:want|wants|need|needs|like|i'd|we'd|wish|expect|prefer|love|should|must|has to|have to|to be|"
    r"can|could|may|let|"
    r"are (?:to|allowed|free|welcome)|go ahead|would you|will you|ask|asking|order|appreciate)\b"
)
_QUANTIFIER = re.compile(r"\b(?:all|every|each|both|any|everything|anything|everywhere|anywhere)\b")


def asks_something(clause: Clause, meaning: Meaning) -> bool:
    """Whether a clause without a negation asks for something that some option may do."""
    line = " ".join(clause.words)
    if _STATEMENT.match(line) and not _WISH.search(line):
        return False
    things = meaning.things(clause.words)
    telling = [name for name in meaning.classes(clause.words) if name not in (Verb.USE, Verb.DO)]
    if telling:
        return True
    if meaning.classes(clause.words):
        return bool(things or HANDS.intersection(clause.words))
    only_names = bool(things) and all(word in SMALL or meaning.things([word]) for word in clause.words)
    return (
        only_names or bool(meaning.steps_of(clause.words)) or bool(HANDS.intersection(clause.words) and "up" in line)
    )


def mend(clauses: Sequence[Clause], meaning: Meaning) -> str:
    """The requests among `clauses` as one text, with names where pronouns would have lost what they stand for."""
    for i, clause in enumerate(clauses):
        if clause.role == "request" and not clause.lead:
            _name_pronouns(clauses, i, meaning)
            _name_ones(clauses, i, meaning)
            _spell_out(clauses, i, meaning)
    _drop_repeated(clauses, meaning)
    kept = [i for i, clause in enumerate(clauses) if clause.role == "request"]
    text = ""
    for number, i in enumerate(kept):
        joint = "" if number == 0 else _joint(clauses[i], adjacent=kept[number - 1] == i - 1)
        text += joint + clauses[i].source
    return re.sub(r"\s+", " ", text).strip(" ,;:-")


def _joint(clause: Clause, *, adjacent: bool) -> str:
    if not clause.joint:
        return " "
    words = [mark for mark in clause.joint if mark.isalpha()]
    if not adjacent:
        first = clause.words[:1] in (["first"], ["before"])
        return ", but " if first else (", " if words[:1] == ["before"] else ", then ")
    marks = "." if "." in clause.joint else ("," if "," in clause.joint else "")
    return f"{marks} {' '.join(words)} " if words else f"{marks} "


def _last_named(clauses: Sequence[Clause], i: int, meaning: Meaning) -> tuple[list[str], bool]:
    """Things last named before clause `i`, and whether that clause is itself asked for."""
    for clause in reversed(clauses[:i]):
        if found := meaning.things(clause.words):
            return found, clause.role == "request" and bool(meaning.classes(clause.words))
    return [], True


def _name_pronouns(clauses: Sequence[Clause], i: int, meaning: Meaning) -> None:
    clause = clauses[i]
    if meaning.things(clause.words) or not meaning.classes(clause.words):
        return
    named, kept = _last_named(clauses, i, meaning)
    if kept:
        return
    name = " and ".join(f"the {thing}" for thing in named)
    last = clause.tokens[-1]
    for k, token in enumerate(clause.tokens):
        there = token is last and token.word == "there" and Verb.GO in meaning.classes(clause.words)
        if token.word in ("it", "them") or there or (token is last and token.word in ("that", "this", "those")):
            name = f"to {name}" if there else name
            clause.tokens[k : k + 1] = [Token(word, word) for word in name.split(" ")]
            return


def _name_ones(clauses: Sequence[Clause], i: int, meaning: Meaning) -> None:
    """As in "the blue one" is the blue marker; "the other one" the one that was not spoken of."""
    clause = clauses[i]
    words = [token.word for token in clause.tokens]
    named, _ = _last_named(clauses, i, meaning)
    if "other" in words:
        kinds = {thing.kind for thing in meaning.objects if thing.name in named}
        rest = [t.name for t in meaning.objects if t.kind in kinds and t.name not in named]
        at = words.index("other")
        if len(rest) == 1:
            after = 2 if words[at + 1 : at + 2] in (["one"], ["marker"], ["table"], ["button"]) else 1
            clause.tokens[at : at + after] = [Token(word, word) for word in rest[0].split(" ")]
        return
    for k in range(1, len(words)):
        if words[k] in ("one", "ones") and words[k - 1] not in SMALL:
            found = meaning.things([words[k - 1], "one"])
            if found:
                noun = found[0].split(" ")[-1]
                clause.tokens[k] = Token(noun, noun)


def _spell_out(clauses: Sequence[Clause], i: int, meaning: Meaning) -> None:
    """As in "touch every table | except the wooden one": the tables that are left, by name."""
    clause = clauses[i]
    after = clauses[i + 1] if i + 1 < len(clauses) else None
    if after is None or after.role != "ban" or after.joint or not _QUANTIFIER.search(" ".join(clause.words)):
        return
    excluded = [name for k in _bans_from(clauses, i + 1) for name in meaning.things(clauses[k].words)]
    named = meaning.things(clause.words) or meaning.names
    verb = next(iter(meaning.classes(clause.words)), None)
    asked = meaning.by_verb(verb) if verb else frozenset[str]()
    about = {s.text: s.arguments[0] for s in meaning.steps if s.text in asked and s.arguments}
    rest = [text for text, name in about.items() if name in named and name not in excluded]
    if re.search(r"\b(?:any|anywhere|anything)\b", " ".join(clause.words)):
        rest = rest[:1]
    if excluded and rest:
        clause.tokens = [Token(word, word) for word in " and ".join(rest).split(" ")]


def _bans_from(clauses: Sequence[Clause], i: int) -> list[int]:
    end = i
    while end < len(clauses) and clauses[end].role == "ban":
        end += 1
    return list(range(i, end))


def _drop_repeated(clauses: Sequence[Clause], meaning: Meaning) -> None:
    """A bare name, of which a later request says what to do, is no request of its own."""
    asked = [c for c in clauses if c.role == "request"]
    for clause, after in zip(asked, asked[1:], strict=False):
        bare = not meaning.classes(clause.words) and meaning.things(clause.words)
        if bare and set(bare) <= set(meaning.things(after.words)) and meaning.classes(after.words):
            clause.role = "context"
