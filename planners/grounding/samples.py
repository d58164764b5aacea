"""Mentions to learn from: what people call the things of a scene, and what is not there.

Words come from `lexicon.json`, and for nouns also from WordNet. Each word belongs to one of three parts, by its hash:
what the comparing networks learn from, what their weighing is learnt from, and what nothing is learnt from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from planners.grounding.linking import Phrase, can_mean, groups
from planners.grounding.looks import NAMED, lexicon, look_of, other_look, same_look
from planners.grounding.wordnet import WordNet
from skillblend.contracts import Thing

PARTS = ("compare", "weigh", "test")
ARTIFACT = 6
"""Number of WordNet's file of things that people make."""


def part_of(word: str) -> str:
    """Which part a word belongs to."""
    draw = hashlib.sha256(word.encode()).digest()[0] / 256
    return PARTS[0] if draw < 0.6 else PARTS[1] if draw < 0.8 else PARTS[2]


@dataclass(frozen=True)
class Pair:
    """Two words, and what they are to each other."""

    a: str
    b: str
    label: int


def noun_pairs(rng: np.random.Generator, allowed: Sequence[str], wordnet: WordNet | None) -> list[Pair]:
    """Nouns that can mean the same (1) or not (0)."""
    table = groups()
    words = {n: [w for w in (n, *more) if part_of(w) in allowed or w == n] for n, (_, more) in table.items()}
    pairs: list[Pair] = []
    for name, (kind, _) in table.items():
        for word in words[name]:
            pairs += [Pair(word, name, 1)] * 3 + [Pair(word, kind, 1)]
            for other, (other_kind, _) in table.items():
                if not can_mean(word, other, other_kind) and kind != other_kind:
                    pairs.append(Pair(word, other, 0))
        for word in words[kind]:
            pairs.append(Pair(word, name, 1))
    absent = [w for w in lexicon()["absent"] if part_of(w) in allowed]
    names = list(table)
    pairs += [Pair(word, name, 0) for word in absent for name in rng.choice(names, 20, replace=False).tolist()]
    if wordnet is not None:
        pairs += _general_pairs(rng, wordnet, allowed)
    return pairs


def _general_pairs(
    rng: np.random.Generator, wordnet: WordNet, allowed: Sequence[str], count: int = 2500
) -> list[Pair]:
    """Words of one meaning, or of one and the next more general one; and neighbours that are something else."""
    known = [o for o, s in wordnet.synsets.items() if s.topic == ARTIFACT and all(len(w) < 16 for w in s.lemmas)]
    pairs: list[Pair] = []
    for offset in rng.choice(known, count, replace=False).tolist():
        own = [w for w in wordnet.synsets[offset].lemmas if part_of(w) in allowed]
        above = wordnet.above(offset)
        if not own or not above:
            continue
        more = wordnet.synsets[above[0]].lemmas[0]
        pairs += [Pair(a, b, 1) for a, b in zip(own, own[1:], strict=False)] + [Pair(own[0], more, 1)]
        siblings = [s for s in wordnet.below(above[0], 1) if s not in (offset, above[0])]
        for other in rng.permutation(siblings)[:2].tolist():
            pairs.append(Pair(own[0], wordnet.synsets[other].lemmas[0], 0))
        stranger = wordnet.synsets[int(rng.choice(known))].lemmas[0]
        pairs.append(Pair(own[0], stranger, 0))
    return pairs


@dataclass(frozen=True)
class Sample:
    """A mention in a scene, and which things it can mean: none, one or several."""

    said: Phrase
    names: tuple[Phrase, ...]
    things: tuple[Thing, ...]
    right: tuple[int, ...]


class Sampler:
    """Draws mentions whose words belong to some parts.

    Args:
        rng: The only source of randomness.
        allowed: The parts.
    """

    def __init__(self, rng: np.random.Generator, allowed: Sequence[str]) -> None:
        self.rng, self.allowed = rng, allowed
        self.table = groups()
        self.absent = [w for w in lexicon()["absent"] if part_of(w) in allowed]

    def _one(self, items: Iterable[str]) -> str:
        found = list(items)
        return found[int(self.rng.integers(len(found)))]

    def _look(self) -> str:
        sort = self._one(["colour"] * 5 + ["material"] * 4 + ["size", "shape", "age", "height"])
        return self._one(lexicon()["looks"][sort])

    def _said_look(self, base: str) -> str:
        """A word for the look `base`, mostly another one."""
        bases = next(bases for bases in lexicon()["looks"].values() if base in bases)
        words = bases[base]
        return self._one(words) if words and self.rng.random() < 0.6 else base

    def scene(self) -> tuple[tuple[Phrase, ...], tuple[Thing, ...]]:
        """Three to nine things, with siblings that differ in a look alone."""
        names: dict[str, tuple[Phrase, Thing]] = {}
        size, noun = int(self.rng.integers(3, 10)), ""
        while len(names) < size:
            if not noun or self.rng.random() < 0.65:
                noun = self._one(["marker", "button", "table", "shelf", "box", *self.table])
            kind = self.table[noun][0]
            phrase = Phrase((self._look(),) if self.rng.random() < 0.55 else (), noun)
            names[phrase.text] = phrase, Thing(name=phrase.text, kind=kind)
        return tuple(p for p, _ in names.values()), tuple(t for _, t in names.values())

    def sample(self) -> Sample:
        """One mention, of which a third mean nothing here."""
        names, things = self.scene()
        draw = self.rng.random()
        if draw < 0.66:
            said = self.described(names[int(self.rng.integers(len(names)))], things, names)
        elif draw < 0.85:
            said = self._near(names[int(self.rng.integers(len(names)))])
        else:
            looks = (self._said_look(self._look()),) if self.rng.random() < 0.3 else ()
            free = [n for n in self.table if part_of(n) in self.allowed]
            said = Phrase(looks, self._one(self.absent if self.rng.random() < 0.6 else free))
        return Sample(said, names, things, tuple(self.fits(said, names, things)))

    def described(self, name: Phrase, things: Sequence[Thing], names: Sequence[Phrase]) -> Phrase:
        """What the thing called `name` is called by somebody who looks at it."""
        thing = things[names.index(name)]
        words = [w for w in (*self.table[name.noun][1], *self.table[thing.kind][1]) if part_of(w) in self.allowed]
        noun = self._one(words) if words and self.rng.random() < 0.7 else self._one((name.noun, thing.kind))
        if name.looks and self.rng.random() < 0.1:
            noun = "one"
        looks = (self._said_look(name.looks[0]),) if name.looks and (noun == "one" or self.rng.random() < 0.8) else ()
        if not name.looks and self.rng.random() < 0.15:
            looks = (self._said_look(self._look()),)
        return Phrase(looks, noun)

    def _near(self, name: Phrase) -> Phrase:
        """The same with another look: a green marker beside a red one."""
        if not name.looks:
            return Phrase((), self._one(self.absent))
        bases = next(bases for bases in lexicon()["looks"].values() if name.looks[0] in bases)
        other = self._one(b for b in bases if b != name.looks[0])
        kind = self.table[name.noun][0]
        words = [w for w in (name.noun, kind, *self.table[name.noun][1]) if part_of(w) in self.allowed]
        return Phrase((self._said_look(other),), self._one(words or [name.noun]))

    def fits(self, said: Phrase, names: Sequence[Phrase], things: Sequence[Thing]) -> list[int]:
        """The things that `said` can mean: the exact name, else those of that noun and look, the named noun first."""
        exact = [k for k, name in enumerate(names) if name == said]
        if exact:
            return exact
        nouns = [
            k
            for k, (name, thing) in enumerate(zip(names, things, strict=True))
            if said.noun == "one" or can_mean(said.noun, name.noun, thing.kind)
        ]
        named = [k for k in nouns if names[k].noun == said.noun or said.noun in self.table[names[k].noun][1]]
        fit = [k for k in (named or nouns) if self._agrees(said, names[k])]
        fit = fit or [k for k in nouns if self._agrees(said, names[k])]
        looked = [k for k in fit if names[k].looks and said.looks and same_look(said.looks[0], names[k].looks[0])]
        if said.noun == "one":
            return looked
        plain = [k for k in fit if not names[k].looks]
        return looked or (plain if not said.looks and len(plain) == 1 else fit)

    def _agrees(self, said: Phrase, name: Phrase) -> bool:
        """Whether no look that is said is another than the thing's; colour and stuff have to be in its name."""
        if not said.looks:
            return True
        a, own = said.looks[0], name.looks[0] if name.looks else ""
        return same_look(a, own) or not (other_look(a, own) or (look_of(a) or ("",))[0] in NAMED)
