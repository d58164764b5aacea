"""Words of an instruction that may name a thing: where they stand, and how they are meant.

No grammar of English: words that can never be part of a name, as a list, and runs of the others between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from planners.corpus.phrases import moves, new_verbs, verbs
from planners.grounding.linking import is_listed
from planners.grounding.looks import lexicon, look_of

_TOKEN = re.compile(r"[^\W_]+(?:['.-][^\W_]+)*|[^\w\s]")
ALL = frozenset(["both", "all", "every", "each"])
ANY = frozenset(["a", "an", "any", "some", "either"])
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}
OTHER = frozenset(("other", "another", "remaining"))
_DETERMINERS = (
    frozenset(["the", "this", "that", "these", "those", "your", "my", "his", "her", "our", "their", "of"])
    | ALL
    | ANY
    | OTHER
)


@dataclass(frozen=True)
class Word:
    """A word or a mark, and where it stands."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A run of words that may name a thing.

    Attributes:
        words: Without determiners, nouns in the singular.
        start, end: Where it stands, determiners included.
        determiners: Before it.
        plural: More than one is meant.
        said: The words as they stand.
        opens: Nothing stands before it in its clause: it may be a verb.
        spans: Where each word stands.
    """

    words: tuple[str, ...]
    start: int
    end: int
    determiners: tuple[str, ...] = ()
    plural: bool = False
    said: str = ""
    opens: bool = False
    spans: tuple[tuple[int, int], ...] = ()

    def cut(self, first: int, last: int, text: str) -> Mention:
        """Words `first` to `last` alone, of a mention in `text`."""
        whole = first == 0 or bool(self.determiners)  # "the book rack" is replaced as a whole, of "prod box" the box
        start, end = self.start if whole else self.spans[first][0], self.spans[last - 1][1]
        words, spans = self.words[first:last], self.spans[first:last]
        return replace(self, words=words, spans=spans, start=start, end=end, said=text[start:end])


def tokens_of(text: str) -> list[Word]:
    """Words and marks of a text in normal form."""
    return [Word(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


@cache
def _stops() -> frozenset[str]:
    return frozenset(word for line in lexicon()["never in a name"].values() for word in line.split())


@cache
def known_verbs() -> frozenset[str]:
    """Forms of the verbs that the corpus asks by."""
    phrases = [p for entry in verbs().values() for use in entry["words"].values() for p in use]
    phrases += [p for words in moves("say").values() for p in words]
    phrases += [p for verb in new_verbs() for use in verbs()[verb]["words"].values() for p in use]
    heads = {form for phrase in phrases if "|" in phrase for form in phrase.split(" ")[0].split("|")}
    return frozenset(heads | set(" ".join(lexicon()["verbs"]).split()))


def singular(word: str, names: Iterable[str] = ()) -> str:
    """`word` in the singular, where that is a noun that the list or a name has; else as it is."""
    forms = (word[:-1], word[:-2], word[:-3] + "f", word[:-3] + "fe", word[:-3] + "y")
    endings = ("s", "es", "ves", "ves", "ies")
    own = {part for name in names for part in name.split()}
    if word in own or (is_listed(word) and word not in ("shelves",)):
        return word
    for ending, form in zip(endings, forms, strict=True):
        if word.endswith(ending) and len(form) > 2 and (form in own or is_listed(form)):
            return form
    return "one" if word == "ones" else "person" if word == "people" else word


class Finder:
    """Finds mentions in the light of the names of a scene.

    Args:
        names: Of the things.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._own = {part for name in names for part in name.split()}

    def find(self, text: str) -> list[Mention]:
        """All runs of words in `text`, a text in normal form, that may name a thing."""
        tokens = tokens_of(text)
        found: list[Mention] = []
        i = 0
        while i < len(tokens):
            first = i
            while i < len(tokens) and self._leads(tokens, i):
                i += 1
            last = i
            while last < len(tokens) and last - i < 6 and self._goes_on(tokens, first, i, last):
                last += 1
            if last > i:
                mention = self._mention(text, tokens, first, i, last)
                found += [mention] if mention.determiners or self._is_name(mention) else []
                i = last
            elif i == first:
                i += 1
        return found

    def _is_name(self, mention: Mention) -> bool:
        """Whether words without a determiner hold a noun that is known, or a part of a name."""
        heads = {name.split()[-1] for name in self.names}
        return any(word in heads or is_listed(word) for word in mention.words) or (
            all(word in self._own for word in mention.words) and look_of(mention.words[0]) is not None
        )

    def _goes_on(self, tokens: Sequence[Word], first: int, noun: int, i: int) -> bool:
        """Whether word `i` goes on with the name that begins at `noun`, after determiners from `first` on."""
        word, after = tokens[i].word, tokens[i + 1].word if i + 1 < len(tokens) else ""
        verb = word in known_verbs() and word not in self._own
        if i > noun and verb and (not is_listed(word) or after in ("it", "them", "the")):
            return False
        if verb and first < noun == i and word not in _stops():
            return is_listed(word) or is_listed(singular(after)) or after in self._own
        return self._fits(tokens, i, alone=i == noun and noun == first)

    def _leads(self, tokens: Sequence[Word], i: int) -> bool:
        word = tokens[i].word
        if word == "of":
            return i > 0 and tokens[i - 1].word in (*ALL, *NUMBERS, "one", "some", "any", "either")
        after = tokens[i + 1].word if i + 1 < len(tokens) else ""
        if word in NUMBERS or word == "one":
            return word != "one" and (after.endswith("s") or after == "of")
        told = word == "that" and (after in _stops() or (i > 0 and tokens[i - 1].word in ("after", "before")))
        return word in _DETERMINERS and not told

    def _fits(self, tokens: Sequence[Word], i: int, *, alone: bool) -> bool:
        """Whether word `i` can be part of a name; `alone`: nothing says that one begins here."""
        word = tokens[i].word
        if not word[0].isalnum() or word in _DETERMINERS or word in NUMBERS:
            return False
        share = i > 0 and tokens[i - 1].word in ("quarter", "half", "full", "whole")  # of a circle, not of a thing
        said_of = i > 0 and tokens[i - 1].word in ("is", "are", "was", "were", "looks") and look_of(word) is not None
        acts = (
            i + 1 < len(tokens) and tokens[i + 1].word in ("it", "them") and word in known_verbs() | {"bin", "trash"}
        )
        if alone and (
            acts or share or said_of or self._asks(tokens, i) or (word in _stops() and word not in self._own)
        ):
            return False
        if word in self._own or is_listed(word) or is_listed(singular(word)):
            return True
        if look_of(word) is not None:
            return not alone or self._named_soon(tokens, i)
        if word in ("one", "ones"):
            return not alone
        return word not in _stops() and not (word in known_verbs() or word.endswith("ly") or word[0].isdigit())

    def _named_soon(self, tokens: Sequence[Word], i: int) -> bool:
        """Whether a look has a noun behind it, or is what a name begins with."""
        following = tokens[i + 1].word if i + 1 < len(tokens) else ""
        return tokens[i].word in self._own or is_listed(singular(following)) or following in self._own

    def _asks(self, tokens: Sequence[Word], i: int) -> bool:
        """Whether a word that opens a clause is a verb, for what follows is what it is about: "ring the bell"."""
        following = tokens[i + 1].word if i + 1 < len(tokens) else ""
        word = tokens[i].word
        opens = i == 0 or tokens[i - 1].word in OPENERS or not tokens[i - 1].word[0].isalnum()
        if word in self._own or word not in known_verbs():
            return False
        if word == "close" and opens:  # not "near" where it opens a clause
            return True
        known = following in self._own or is_listed(singular(following, self.names))
        if opens and known and word in ("press", "ring", "touch", "close", "shut", "push", "visit"):
            return True
        return not opens or following in _DETERMINERS or following in _stops() or not following[:1].isalnum()

    def _mention(self, text: str, tokens: Sequence[Word], first: int, noun: int, last: int) -> Mention:
        said = [token.word for token in tokens[noun:last]]
        head = singular(said[-1], self.names)
        lead = tuple(token.word for token in tokens[first:noun])
        many = head != said[-1] or bool(set(lead) & (ALL | set(NUMBERS)))
        before = tokens[first - 1].word if first else "."
        return Mention(
            words=(*said[:-1], head),
            start=tokens[first].start,
            end=tokens[last - 1].end,
            determiners=lead,
            plural=many and not (set(lead) & {"a", "an", "this", "that"}),
            said=text[tokens[first].start : tokens[last - 1].end],
            opens=not lead and (before in OPENERS or not before[0].isalnum()),
            spans=tuple((token.start, token.end) for token in tokens[noun:last]),
        )


OPENERS = frozenset(
    [
        "and",
        "then",
        "to",
        "you",
        "please",
        "now",
        "first",
        "next",
        "finally",
        "but",
        "or",
        "could",
        "can",
        "would",
        "will",
        "just",
        "also",
    ]
)
"""Words after which a verb may stand."""
