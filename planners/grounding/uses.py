"""Things by what they are for, before words are linked: "the thing that keeps food cold", "where the novels are".

By a list of what things are used for; only where one thing of the scene fits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from planners import rx
from planners.grounding.looks import lexicon

_NOUN = (
    r"(?:thing|things|thingy|thingamajig|thingummy|gadget|device|stuff|object|tool|item|one|place|spot|"
    r"piece of furniture|"
    r"furniture|machine|appliance|doodah|whatsit|contraption|container|gizmo|box|table|cabinet|cupboard|bin|board|"
    r"surface|"
    r"vessel|implement|utensil|person|man|woman|lady|guy|bloke|fella|chap|fellow|lad|girl|boy|gentleman|somebody|"
    r"someone|whoever|desk|bench|button|switch|thingamabob|whatchamacallit)"
)
_REL = (
    r"(?:that|which|where|in which|on which|for|you|we|they|people|everyone|used|made|with which|whose|who|holding|"
    r"full of|with|i|to|the|one|behind|works|is|works|standing|sitting|at|from)"
)
_USE = re.compile(
    rf"(?:\b(?:(?:the|that|your|our|a|some|this) |(?=whoever|somebody|someone))(?:little |big |"
    rf"old )?(?P<noun>{_NOUN}),? (?P<rel>{_REL})|"
    rf"(?P<lead>(?:\b(?:to|at|by|on|in|into) )?)\b(?P<where>where(?! you(?:'re| are| were| stand| started)\b)))"
    r" (?P<rest>(?:[a-z'-]+ ?){1,9})"
)


_OPEN = frozenset(
    [
        "piece of furniture",
        "thing",
        "things",
        "thingy",
        "thingamajig",
        "thingummy",
        "gadget",
        "device",
        "stuff",
        "object",
        "tool",
        "item",
        "one",
        "place",
        "spot",
        "furniture",
        "machine",
        "appliance",
        "doodah",
        "whatsit",
        "contraption",
        "container",
        "gizmo",
        "vessel",
        "implement",
        "utensil",
        "thingamabob",
        "whatchamacallit",
    ]
)
"""Nouns that may stand for anything."""

_KINDS = {
    "cabinet": ("cupboard", "cabinet"),
    "bin": ("container",),
    "table": ("surface", "board", "desk", "bench"),
    "counter": ("surface", "table"),
    "shelf": ("furniture", "cabinet"),
    "button": ("switch",),
}


def _plain(noun: str, own: Mapping[str, str]) -> bool:
    return sum(noun in (*name.split(), kind) for name, kind in own.items()) == 1


_PERSONS = frozenset(
    [
        "person",
        "man",
        "woman",
        "lady",
        "guy",
        "bloke",
        "fella",
        "chap",
        "fellow",
        "lad",
        "girl",
        "boy",
        "gentleman",
        "somebody",
        "someone",
        "whoever",
    ]
)
_FOR_HIM = re.compile(r"\b(put|take|bring|pick|carry|push|kick|touch|press|drop|leave|close|set) him\b")
_BY_BOOKS = re.compile(
    r"\b(to|by|at|near|beside|next to|towards|in front of|with|in on|touch|tap|pat|feel|visit|leave) (?:the|those|"
    r"these|them|all the|all those|all these) (?:books|novels|paperbacks|volumes|storybooks)\b"
)
_ON_WALL = re.compile(
    rf"\b(?:the|that|this) (?:little |big |round |small |red )?{_NOUN} (?:that's |"
    rf"which is )?on the wall\b"
)


_COLOUR_OF = re.compile(
    r"\b(?:the|a|an|that) ((?:[a-z]+ )?[a-z]+?)(?: on the (?:floor|ground))?(?:,? (?:that is|that's|which is|with|"
    r"in))? the colou?r "
    r"of (?:the |a |an )?(?:clear |fresh |summer |ripe |deep )?([a-z]+)"
)


def _coloured(match: re.Match[str]) -> str:
    """As in "the mark that is the colour of the sky"."""
    likened: dict[str, str] = lexicon()["coloured like"]
    found = [colour for colour, words in likened.items() if match.group(2) in words.split()]
    return f"the {found[0]} {match.group(1)}" if found else match.group()


def by_use(text: str, names: Sequence[str], kinds: Sequence[str]) -> str:
    """`text` with the name of the one thing that is told of by what it is for: "the thing that keeps food cold"."""
    own = {name.lower(): kind for name, kind in zip(names, kinds, strict=True)}
    if "person" not in kinds:
        text = _FOR_HIM.sub(r"\1 it", text)
    buttons, shelves = ([name for name, kind in own.items() if kind == of] for of in ("button", "shelf"))
    balls = [name for name, kind in own.items() if kind == "ball"]
    if len(balls) == 1:
        text = rx.sub(
            r"\b(?:the|that) (?:big |little |bouncy )?round (?:thing|object|one|thingy)\b", f"the {balls[0]}", text
        )
    if len(buttons) == 1:
        text = _ON_WALL.sub(f"the {buttons[0]}", text)
    if len(shelves) == 1 and not any("book" in name.split() for name in own):
        text = _BY_BOOKS.sub(rf"\1 the {shelves[0]}", text)
    text = _COLOUR_OF.sub(_coloured, text)
    return _USE.sub(lambda match: _named(match, own), text)


def _named(match: re.Match[str], own: Mapping[str, str]) -> str:
    """The name of the thing that a match tells of; the match where none, or several, can be meant."""
    noun, rel = match.group("noun") or "", match.group("rel") or "where"
    if noun and rel in ("the", "with", "for") and noun not in (*_OPEN, "box", "cabinet", "cupboard", "bin"):
        return match.group()
    if noun and noun not in _OPEN and noun in {w for n in own for w in n.split()} and _plain(noun, own):
        return match.group()  # the one of its kind
    rest = rx.split(r"\b(?:and|then|before|after|but|because|so|please|over)\b", match.group("rest"))[0]
    if any(rx.search(rf"\b{re.escape(name)}\b", rest) for name in own):
        return match.group()
    if rx.search(r"\bnot\b|n't\b", rest):
        return match.group()
    found = _fitting(rest if noun not in _PERSONS else f"{rel} {rest}", noun, own)
    if len(found) != 1:
        return match.group()
    tail = match.group("rest")[len(rest) :]
    lead = "" if noun else (match.group("lead") or "to ")
    tail = rx.sub(r"^ ?(?:and|or) [a-z]+(?: in it| inside| in)?(?=$|[,.;:!?])", "", tail) if noun else tail
    return f"{lead}the {found[0]} {tail}".rstrip() + (" " if match.group().endswith(" ") and tail == "" else "")


def _fitting(rest: str, noun: str, own: Mapping[str, str]) -> list[str]:
    """Names of things that are for what `rest` says, and may be called `noun`; of places where no noun is said."""
    words: dict[str, str] = lexicon()["used for"]
    said = rx.findall(r"[a-z]+", rest)
    hits: dict[str, int] = {}
    for name, kind in own.items():
        key = next((key for key in (name, name.split()[-1], kind) if key in words), "")
        stems = tuple(stem.rstrip("*") for stem in words.get(key, "").split() if stem.endswith("*"))
        if (kind == "person") != (noun in _PERSONS) or (not noun and kind in ("item", "box")):
            continue
        if noun and noun not in (*_OPEN, *_PERSONS, *name.split(), kind, *_KINDS.get(kind, ())):
            continue
        if key in ("wooden table", "metal table") and noun not in ("table", "desk", "bench"):
            continue
        if noun in ("place", "spot") and kind in ("item", "box"):
            continue
        hits[name] = sum(word.startswith(stems) or word in words.get(key, "").split() for word in said)
    most = max(hits.values(), default=0)
    return [name for name, count in hits.items() if count == most > 0]
