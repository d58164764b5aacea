"""Long instructions piece by piece: the language model forgets steps of what asks for many.

What asks for one thing after the other, in four clauses or more, is shown clause by clause: when a clause is done,
the next one is read. What binds clauses together (before, after, once, not, each ...) is left whole, and so is what
the model would refuse as a whole.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from planners.corpus.lookup import approaches, goes
from planners.corpus.phrases import moves, verbs
from planners.grounding.looks import lexicon
from planners.prompt import normalise
from skillblend.contracts import Array, Step
from skillblend.options import DONE, REFUSE

MANY = 4
"""Clauses from which on an instruction is shown in pieces."""

REMEMBERED = 512
"""Places in instructions that are remembered."""

History = Sequence[tuple[Step, bool]]
Weigh = Callable[[str, History], Array]
"""Weighs the options for a text and a history. Shape (K,)."""

_BOUND = re.compile(
    r"\b(?:before(?!hand)|once|until|till|while|whilst|not|never|without|but|except|unless|if|when|whenever|"
    r"instead|either|or|order|sequence|reverse|each|every|all|both|last|other|another|same|having|prior|following|"
    r"via)\b|n't\b|\bafter(?! that\b)\b(?!wards?)|\bfirst,? .*\bfirst\b"
)
"""Words that say more than one thing after the other."""

_LEAD = re.compile(
    r"^(?:(?:and|then|next|now|also|please|just|after that|afterwards?|finally|lastly|first(?: of all| off)?|"
    r"second(?:ly)?|third(?:ly)?|fourth(?:ly)?|fifth|sixth|to begin|to finish|in the end|at the end|could you|"
    r"can you|would you|\d\.|-)[, ]+)+"
)
_BREAK = re.compile(r"(?:(?<!\d)[.;:!?,]+(?: -)? |,? (?=(?:and|then)\b )|(?<=\S) (?=\d\. ))")
_VERB = re.compile(r"([a-z]+(?: (?:to|at|by|on))?) the [^,.;:!?]*[,.;:!?]*$")
"""A clause that is a verb and a thing: what follows without a verb has the same."""


@cache
def _verbs() -> frozenset[str]:
    """Words that a request begins with."""
    phrases = [
        p
        for entry in verbs().values()
        for use in ("say", "object", "two", "alone")
        for p in entry["words"].get(use, ())
    ]
    phrases += [p for words in moves("say").values() for p in words]
    found = {phrase.split(" ")[0].split("|")[0] for phrase in phrases}
    return frozenset(found | {word for line in lexicon()["deeds"].values() for word in line.split()})


@cache
def _shouts() -> frozenset[str]:
    """Requests without a verb: "hands up"."""
    return frozenset(phrase for words in moves("shouts").values() for phrase in words)


def clauses_of(text: str) -> list[str]:
    """The requests of a text in normal form that asks for one thing after the other; else the whole text."""
    if _BOUND.search(text):
        return [text]
    found: list[str] = []
    at = 0
    for end in (*(match.end() for match in _BREAK.finditer(text)), len(text)):
        piece = text[at:end].strip()
        plain = _LEAD.sub("", piece)
        begins, verb = plain.split(" ")[0].strip(",.;:!?"), _VERB.match(found[-1]) if found else None
        if not found or begins in _verbs() or plain.strip(" ,.;:!?") in _shouts():
            found.append(plain)
        elif verb is not None and plain.startswith(("the ", "to the ")):
            found.append(f"{verb.group(1) if plain.startswith('the ') else verb.group(1).split(' ')[0]} {plain}")
        else:
            found[-1] = f"{found[-1]} {piece}"
        at = end
    return [re.sub(r",? (?:and|then)$", "", piece.strip(" ,.;:!?")) for piece in found if piece.strip(" ,.;:!?")]


class PieceByPiece:
    """Weighs options for the clause that an instruction has come to.

    Where it has come to follows from the history alone; places are remembered to find them again.
    """

    def __init__(self) -> None:
        self._places: OrderedDict[tuple[str, ...], tuple[int, int]] = OrderedDict()

    def weigh(self, text: str, history: History, options: Sequence[str], weigh: Weigh) -> Array:
        """Probabilities of `options`, in their order. Shape (K,)."""
        clauses = clauses_of(normalise(text))
        if len(clauses) < MANY or DONE.text not in options:
            return weigh(text, history)
        done = list(options).index(DONE.text)
        if not history:
            whole = weigh(text, history)
            if options[int(np.argmax(whole))] == REFUSE.text:
                return whole
        k, start = self._place(text, clauses, history, options, weigh)
        p, k, start = self._forward(clauses, k, start, history, done, weigh)
        self._remember(text, history, (k, start))
        if options[int(np.argmax(p))] == REFUSE.text:
            return weigh(text, history)
        if k < len(clauses) - 1:
            p[done] = 0.0
        return p / p.sum()

    def _forward(
        self, clauses: Sequence[str], k: int, start: int, history: History, done: int, weigh: Weigh
    ) -> tuple[Array, int, int]:
        """The weights for the first clause from `k` on that is not done, its number, and where its history begins."""
        while True:
            p = weigh(clauses[k], (*_here(clauses[k], history[:start]), *history[start:]))
            if int(np.argmax(p)) != done or k == len(clauses) - 1:
                return p, k, start
            k, start = k + 1, len(history)

    def _place(
        self, text: str, clauses: Sequence[str], history: History, options: Sequence[str], weigh: Weigh
    ) -> tuple[int, int]:
        """Clause, and number of steps that were done before it, at the step before the last."""
        if not history:
            return 0, 0
        known = self._places.get(_key(text, history[:-1]))
        if known is not None:
            return known
        k, start = self._place(text, clauses, history[:-1], options, weigh)
        _, k, start = self._forward(clauses, k, start, history[:-1], list(options).index(DONE.text), weigh)
        self._remember(text, history[:-1], (k, start))
        return k, start

    def _remember(self, text: str, history: History, place: tuple[int, int]) -> None:
        self._places[_key(text, history)] = place
        if len(self._places) > REMEMBERED:
            self._places.popitem(last=False)


def _key(text: str, history: History) -> tuple[str, ...]:
    return (text, *(f"{step.text}{ok}" for step, ok in history))


def _here(clause: str, before: History) -> list[tuple[Step, bool]]:
    """The walk that has brought the robot to where `clause` wants it, where it is still there."""
    walks = [step for step, ok in before if ok and goes(step)]
    if not walks or not approaches(walks[-1]):
        return []
    name = walks[-1].arguments[0].lower()
    return [(walks[-1], True)] if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", clause) else []
