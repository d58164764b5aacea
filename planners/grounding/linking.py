"""Which thing a few words mean: a probability for each thing of the scene, and for none of them.

Looks are compared by a list (`planners.grounding.looks`), because a green marker is no red marker however near
their embeddings are; nouns by that list as far as it goes, and by a small network over the frozen sentence encoder.
A second network weighs what the comparisons say, and a softmax with a constant for "none" makes probabilities of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from planners.grounding.looks import NAMED, lexicon, look_of, other_look, same_look, usual_looks
from skillblend.contracts import Array, Thing

FEATURES = (
    "same words", "same noun", "all words in the name", "noun like noun", "noun like kind", "whole like name",
    "whole like kind", "same look", "other look", "looks without match", "looks said", "looks of the thing",
    "no noun", "whole noun like noun", "whole noun like kind", "listed", "listed for others",
    "look has to be in the name",
)  # fmt: skip
"""What the last network is told about a mention and a thing."""

ONES = ("one", "ones")
"""Nouns that stand for any."""


@dataclass(frozen=True)
class Phrase:
    """Looks and a noun, as in "red | floor marker".

    Attributes:
        looks: Words before the noun that say how it looks.
        noun: The rest; empty or "one" where nothing else is said.
    """

    looks: tuple[str, ...]
    noun: str

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join((*self.looks, self.noun)).strip()

    @property
    def plain(self) -> str:
        """All of it, without a "one" that stands for a noun."""
        return self.text.removesuffix(f" {ONES[0]}")

    @property
    def last(self) -> str:
        """The last word of the noun."""
        return self.noun.rpartition(" ")[2]


Vectors = Mapping[str, Array]
"""Embedding by text. Shape (D,) each."""


class Comparer:
    """The trained networks, in NumPy.

    Args:
        weights: By name, as `planners.grounding.training` makes them.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._w = {name: np.asarray(value, dtype=np.float64) for name, value in weights.items()}

    def _pair(self, net: str, a: Array, b: Array) -> Array:
        """Two layers over what two projected vectors have in common. Shapes (..., D) -> (..., outputs)."""
        w = self._w
        p, q = np.tanh(a @ w[f"{net}.project"]), np.tanh(b @ w[f"{net}.project"])
        cosine = (a * b).sum(-1, keepdims=True)
        x = np.concatenate([p * q, np.abs(p - q), cosine], -1)
        hidden = np.maximum(x @ w[f"{net}.first"] + w[f"{net}.first_bias"], 0.0)
        return hidden @ w[f"{net}.second"] + w[f"{net}.second_bias"]

    def like(self, noun: Array, others: Array) -> Array:
        """How sure it is that a noun can mean each of `others`, as log-odds. Shapes (D,), (K, D) -> (K,)."""
        return self._pair("noun", np.broadcast_to(noun, others.shape), others)[..., 0]

    def weigh(self, features: Array) -> Array:
        """Probabilities of K things, and of none at the end. Shapes (K, F) -> (K + 1,)."""
        w = self._w
        hidden = np.maximum(features @ w["scene.first"] + w["scene.first_bias"], 0.0)
        logits = np.append((hidden @ w["scene.second"])[:, 0], w["scene.none"][0]) / w["scene.temperature"][0]
        odds = np.exp(logits - logits.max())
        return odds / odds.sum()


def texts_of(phrase: Phrase) -> tuple[str, ...]:
    """What of `phrase` has to be embedded."""
    return tuple(text for text in (phrase.text, phrase.noun, phrase.last) if text)


Known = Callable[[str], bool]
"""Whether a list of words may be asked about a noun: in training, only about some."""


def features(
    comparer: Comparer,
    said: Phrase,
    names: Sequence[Phrase],
    things: Sequence[Thing],
    v: Vectors,
    known: Known = lambda noun: True,
) -> Array:
    """What `FEATURES` lists, for each thing. Shape (K, len(FEATURES))."""
    free = said.noun in ("", *ONES)
    rows = np.zeros((len(things), len(FEATURES)))
    kinds = np.array([v[thing.kind] for thing in things])
    nouns = np.array([v[name.noun] for name in names])
    likeness = [np.zeros(len(things))] * 4
    if not free:
        last, whole = v[said.last], v[said.noun]
        likeness = [comparer.like(vector, to) / 4 for vector in (last, whole) for to in (nouns, kinds)]
    listed = [
        not free and known(said.noun) and any(can_mean(said.noun, own, t.kind) for own in (n.noun, n.last))
        for n, t in zip(names, things, strict=True)
    ]
    elsewhere = not free and known(said.noun) and is_listed(said.noun)
    for k, (name, thing) in enumerate(zip(names, things, strict=True)):
        same, other, without, named = _looks(said, name, thing.kind)
        rows[k] = (
            said.plain == thing.name, not free and said.last == name.last,
            set(said.plain.split()) <= {*thing.name.split()},
            likeness[0][k], likeness[1][k], v[said.text] @ v[name.text], v[said.text] @ v[thing.kind], same, other,
            without, len(said.looks) > 0, len(name.looks) > 0, free, likeness[2][k], likeness[3][k],
            listed[k], elsewhere and not listed[k], named,
        )  # fmt: skip
    return rows


def _looks(said: Phrase, name: Phrase, kind: str) -> tuple[int, int, int, int]:
    """How many looks agree, clash, and are not in the name; and how many of these would have to be."""
    words = [*name.looks, *name.noun.split()]
    bare = not any((look_of(word) or ("",))[0] in NAMED for word in words)
    usual = usual_looks(name.last, kind) if bare and can_mean(said.last, name.last, kind) else ()
    same = [look for look in said.looks if any(same_look(look, word) for word in (*words, *usual))]
    other = [look for look in said.looks if look not in same and any(other_look(look, word) for word in words)]
    without = [look for look in said.looks if look not in (*same, *other)]
    named = [look for look in without if (look_of(look) or ("", ""))[0] in NAMED]
    return len(same), len(other), len(without), len(named)


@cache
def groups() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Nouns that things are named by: kind, and what else they are called."""
    kinds: dict[str, list[str]] = lexicon()["kinds"]
    names: dict[str, tuple[str, list[str]]] = lexicon()["names"]
    found = {kind: (kind, tuple(words)) for kind, words in kinds.items()}
    return found | {name: (kind, tuple(words)) for name, (kind, words) in names.items()}


def can_mean(word: str, name: str, kind: str) -> bool:
    """Whether the list says that `word` may stand for a thing of that kind whose name ends in `name`."""
    none: tuple[str, tuple[str, ...]] = ("", ())
    more: dict[str, list[str]] = lexicon()["kinds too"]
    of_kind = (*groups().get(kind, none)[1], *more.get(kind, ()))
    return word in (name, kind, *of_kind) or is_called(word, name, kind)


@cache
def _called() -> dict[str, tuple[str, tuple[str, ...]]]:
    """`groups`, with names that nothing was trained or calibrated on."""
    more: dict[str, tuple[str, list[str]]] = lexicon()["called"]
    both: dict[str, tuple[str, tuple[str, ...]]] = dict(groups())
    for name, (kind, words) in more.items():
        both[name] = (kind, (*both[name][1], *words) if name in both else tuple(words))
    return both


def is_called(word: str, name: str, kind: str) -> bool:
    """Whether the list has `word` for things of that very name, and not for all of their kind: "cup" for a mug."""
    return word == name or any(
        {word, name} <= {own, *others} for own, (of, others) in _called().items() if of == kind and own != kind
    )


def narrowed(said: Phrase, names: Sequence[Phrase], things: Sequence[Thing], p: Array) -> Array:
    """Probabilities (K + 1,) of things and of none, without things that the noun's last word, or its own, is not for.

    The last word of several says what a thing is: a football net is a net. A word that stands in the list of some
    things' own names is not meant for others of which it only fits the kind.
    """
    pairs = list(zip(names, things, strict=True))
    out = np.zeros(len(things), dtype=np.bool_)
    if said.last != said.noun and not is_listed(said.noun) and is_listed(said.last):
        heads = np.array([can_mean(said.last, name.last, thing.kind) for name, thing in pairs])
        out |= ~heads if heads.any() else out
    called = np.array([any(is_called(said.noun, n, t.kind) for n in (name.noun, name.last)) for name, t in pairs])
    kinds = np.array([can_mean(said.noun, name.last, thing.kind) for name, thing in pairs])
    out |= kinds & ~called if called.any() else out
    left = np.where(np.append(out, np.False_), 0.0, p)
    return left / left.sum() if left.sum() > 0.0 else p


@cache
def _listed() -> frozenset[str]:
    kinds: dict[str, list[str]] = lexicon()["kinds too"]
    called = {w for n, (_, more) in _called().items() for w in (n, *more)}
    return frozenset(called | {w for words in kinds.values() for w in words} | set(lexicon()["absent"]))


def is_listed(noun: str) -> bool:
    """Whether the list knows what `noun` stands for."""
    return noun in _listed()


def phrase_of(words: Sequence[str]) -> Phrase:
    """Looks and noun of what is said; looks alone are those of some "one"."""
    first = next((i for i, word in enumerate(words) if look_of(word) is None), len(words))
    first = next((i for i in range(min(first, len(words) - 1)) if " ".join(words[i:]) in _whole()), first)
    return Phrase(tuple(words[:first]), " ".join(words[first:]) or ONES[0])


@cache
def _whole() -> frozenset[str]:
    """Nouns that begin with a word that is a look elsewhere: a coffee cup is not brown."""
    more: dict[str, tuple[str, list[str]]] = lexicon()["called"]
    own = {word for name, (_, words) in more.items() if look_of(name.split()[0]) is None for word in words}
    return frozenset(word for word in own if " " in word and look_of(word.split()[0]) is not None)


def name_of(thing: Thing) -> Phrase:
    """Looks and noun of a thing's name; the last word is the noun, whatever it is: a thing may be called "square"."""
    *before, last = thing.name.lower().split()
    first = next((i for i, word in enumerate(before) if look_of(word) is None), len(before))
    return Phrase(tuple(before[:first]), " ".join((*before[first:], last)))
