"""Offhand ways of speaking, before words are linked to things: "one of the two parcels, I don't mind which".

Each becomes what one would say with care. On a text in normal form; nothing is looked up in the scene but its names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from planners.grounding.asides import begins_request
from planners.grounding.linking import is_listed
from planners.grounding.looks import lexicon, look_of
from planners.grounding.mentions import singular

_COUNT = r"(?:two|three|four|2|3|4|many|few)"
_LIKE = (
    r"(?:you (?:happen to )?(?:like|fancy|prefer|want|please|choose|feel like|pick|wish|can get to|'d like|"
    r"would like)"
    r"(?: best| most| more)?|takes your fancy|suits you(?: best)?|is (?:easier|easiest|handier|"
    r"handiest)(?: for you)?)"
)
_NO_MATTER = re.compile(
    r"[,.;:!-]* ?(?:\(? ?(?:and |but )?(?:i|we) (?:really )?(?:don't|do not|couldn't|dont) (?:mind|care|"
    r"give a \w+)(?: (?:at all|less))?"
    r"(?: about)?(?: (?:which|what)(?: (?:one|of them|order))?(?: (?:it is|you (?:take|choose|pick|use)|first))?)?|"
    r"(?:it |that )?(?:doesn't|does not|don't|dont|makes no|no) (?:matter|difference)(?: to me)?(?: (?:which|"
    r"what)(?: (?:one|order))?"
    r"(?: (?:it is|you (?:take|choose|pick)))?)?|whichever(?: one)?(?: you (?:like|want|prefer|fancy))?|"
    r"your (?:choice|call|pick)|you (?:choose|decide|pick)(?: which(?: one)?)?|take your pick|"
    r"up to you(?: which(?: one)?)?|"
    r"either(?: one)?(?: of them)? (?:will do|is fine|is ok|works|would do|goes|'ll do)|"
    r"any(?: one)? will do) ?\)?(?= ?(?:[,.;:!)]|$))"
)
_ITS_TOP = re.compile(
    r" (?:along|across|over|on|down) (?:its|it's|their|the same|that same)(?: own| very)? "
    r"(?:table|counter|bench|surface|worktop|top|tabletop|desk|workbench|countertop)(?: top)?(?= |$|[,.;:!?])"
)
_VERBAL = re.compile(
    r"(?:a|an|the|his|hers|mine|ours|yours|theirs|for|in|on|at|by|not|been|still|just|too|so|very|really|getting|going|gonna|"
    r"empty|open|shut|closed|wide|ready|full|broken|done|over|here|there|all|always|what|where|who|how|due|meant|left|got|gone|"
    r"run|off|come|rubbish|[a-z]{3,}ing|[a-z]{3,}ed)\b"
)
_ROLE = re.compile(r"(?:can|could|will|would) you be (?:the|a|an|our|my) [a-z]+ ?[?.!,]+ ?")
_DONE = re.compile(
    r"(^|[,.;:!?]+ |, | )(?:and |but |then |only )*(?:once|when|after|as soon as|the moment|and once|after which|"
    r"whenever) "
    r"(?:(?:you(?:'ve| have|'re| are)? (?:done|finished|managed|sorted|got)(?: (?:with )?(?:that|it|so|this|"
    r"all that|with that))?|you(?:'re| are| get|'ve got) (?:there|over there|finished|done|ready)|"
    r"(?:that|this|it|all that)(?:'s| is|'s all| has been)(?: all)? (?:done|over|finished|sorted|taken care of|"
    r"out of the way|settled|complete))"
    r"(?! (?:at|to|on|the|with|touching|pressing|walking)\b)|there(?= [a-z]+ ))[,;:.]* (?:then )?"
)
_ORDER_FREE = re.compile(
    r"[,.;:!-]* ?(?:and )?(?:in (?:any|whatever|whichever) order(?: you (?:like|please|want))?|the order (?:is|"
    r"'s) up to you|"
    r"(?:the )?order (?:does not|doesn't) matter|whichever (?:you like )?first|(?:in )?(?:whatever|whichever|any) order (?:suits you|is fine|will do|you please)|whichever (?:comes )?first|"
    r"in no particular order)"
    r"(?= ?(?:[,.;:!)]|$))"
)


def with_care(text: str, names: Sequence[str]) -> str:
    """`text`, in normal form, as one would say it with care."""
    text = _ORDER_FREE.sub("", re.sub(r"\.{2,}", ".", text))
    nouns = {word for name in names for word in name.lower().split()}
    text = (
        re.sub(
            r",? ?\b(?:(?:oh|ah|actually|but|er+m?|um+) )*no,? (wait|sorry|actually|"
            r"not)\b,?",
            r", no, \1, ",
            text,
        )
        if " no" in text
        else text
    )
    text = re.sub(r" {2,}", " ", re.sub(r"no, not, ", "no, not ", text))
    text = re.sub(r"\b([a-z]+)'s (?=[a-z])", lambda m: _with_is(m, nouns), text)
    text = _DONE.sub(lambda m: f"{m.group(1) or ''}then ", text)
    text = re.sub(
        r"\b(times|twice|thrice)(?:,? (?:in a row|in succession|running|on the trot|over|one after the other|"
        r"back to back|"
        r"on the bounce|straight|please|all in all|in total|altogether))+(?= ?(?:[,.;:!?]|$)| (?:and|"
        r"then)\b)", r"\1", text,
    )  # fmt: skip
    text = re.sub(
        r"^(?:before (?:anything|everything) else|before you do anything(?: else)?|"
        r"first things first)[,:;]* ",
        "first, ",
        text,
    )
    text = re.sub(
        r"^(?:after that|afterwards|then|anyway|anyhow|so yeah|simon says|"
        r"as i said)[,:;]* (?=[a-z])",
        "",
        text,
    )
    text = re.sub(r"([,.;:!?] )(?:anyway|anyhow|so yeah|whatever)[,.;]* (?=[a-z])", r"\1", text)
    text = re.sub(
        r"\b(?:from where you(?:'re| are)?(?: standing| stood| now)*|from here|"
        r"from there),? (?=[a-z]+ )(?!on\b)",
        "",
        text,
    )
    text = re.sub(
        r"\b(?:step|get|move|come|walk) (?:away |off |out )?(?:from|off|out of)(?: of)? (?:there|here|"
        r"it|that)(?:,? and(?: then)?|,? then|,) ",
        "",
        text,
    )
    text = re.sub(
        r"(?<![\w'])do (?=(?:touch|press|go|walk|close|shut|pick|put|kick|take|bring|come|visit|"
        r"push)\b)",
        "",
        text,
    )
    text = re.sub(
        r"\b(shelf|bookcase|rack|shelves|bookshelf|unit) (?:of|with|full of|for|holding) (?:the |"
        r"all the |its )?books\b",
        r"\1",
        text,
    )
    text = re.sub(
        r"\b(touch|press|visit|kick|pick up|push|walk to|go to|take|lift) (?:only|just|"
        r"merely) (?=the )",
        r"\1 ",
        text,
    )
    text = re.sub(r"(?<=[a-z]) no (?=(?:the|not|wait|sorry)\b)", ", no, ", text)
    text = re.sub(r"\bi must (?:to )?have\b", "i want", text)
    text = re.sub(r"\b([a-z']+) (?=(?:it's|i'm|they're|he's|she's|there's|i've|we've|we're) )", _run_on, text)
    text = re.sub(
        r"\bthe ([a-z]+),? (?:that|which)(?: is|'s)? ?(?:isn't|is not|not|"
        r"neither)(?: either)? ([a-z-]+),? (?:or|nor|and) ([a-z-]+)\b",
        lambda m: _other_than(m, names),
        text,
    )
    text = re.sub(r"\bsee through(?= [a-z])", "see-through", text)
    for name in names:
        first, *rest = name.lower().split()
        if rest and sum(other.lower().split()[0] == first for other in names) == 1 and look_of(first) is None:
            text = re.sub(rf"\b(?:the|that) {re.escape(first)} one\b", f"the {name.lower()}", text)
    text = re.sub(r"\bplease to (?=[a-z])", "please ", text)
    text = _ITS_TOP.sub("", _ROLE.sub("", text))
    text = re.sub(rf"\b(?:whichever|whatever|any|which ever) ([a-z]+)(?: one)? (?:that )?{_LIKE}", r"any \1", text)
    text = re.sub(
        rf"\b(?:any |either |just |only |exactly )?one of (?:the|those|these|your|"
        rf"our)(?: {_COUNT})? ([a-z ]+?s)\b(?! that)",
        _any,
        text,
    )
    free = _NO_MATTER.sub("", text)
    if free != text and begins_request(free):
        text = (
            re.sub(
                r"\b(?:a|one|either) (?=[a-z]+)(?!one of|of\b|"
                r"either\b)",
                "any ",
                free,
            )
            if "any " not in free
            else free
        )
    text = re.sub(
        rf"^(?:out )?of (?:the|these|those|your|our)(?: {_COUNT}| both)? ([a-z]+s),? (.*?)\bthe ((?:[a-z]+ )?)one\b",
        lambda m: f"{m.group(2)}the {m.group(3)}{singular(m.group(1), names)}", text,
    )  # fmt: skip
    return text


_JOINS = frozenset(
    re.findall(
        r"\w+",
        "and but because if that when so as since think know what where while though before after until or than "
        "i guess say",
    )
)


def _run_on(match: re.Match[str]) -> str:
    """A sentence that follows without a mark: "put it in the bin it's broken"."""
    return match.group() if match.group(1) in _JOINS else f"{match.group(1)}, "


def _other_than(match: re.Match[str], names: Sequence[str]) -> str:
    """The one thing of a kind that is neither: "the marker that isn't red or green"."""
    noun, *looks = match.groups()
    own = [name.lower() for name in names if " " in name and name.lower().split()[-1] == singular(noun, names)]
    out = {look_of(look) for look in looks if look_of(look) is not None}
    fit = [name for name in own if look_of(name.split()[0]) not in out]
    return f"the {fit[0]}" if len(fit) == 1 and len(fit) < len(own) else match.group()


def _with_is(match: re.Match[str], nouns: set[str]) -> str:
    """A short "is" in full: "the parcel's his", but not "it's" and "grandpa's old can"."""
    word, whole = match.group(1), match.string[match.end() :]
    follows = re.match(r"[a-z]+", whole)
    if word in ("it", "that", "there", "he", "she", "what", "who", "let", "here", "where", "how"):
        return match.group()
    next_word = follows.group() if follows else ""
    noun = look_of(next_word) is not None or next_word in nouns or is_listed(next_word)
    verbal = _VERBAL.match(whole) is not None
    return f"{word} is " if verbal or (word in nouns and not noun) else match.group()


def _any(match: re.Match[str]) -> str:
    *before, noun = match.group(1).split()
    return " ".join(["any", *before, singular(noun)])


_NOUN = (
    r"(?:thing|things|thingy|thingamajig|thingummy|gadget|device|stuff|object|tool|item|one|place|spot|"
    r"piece of furniture|"
    r"furniture|machine|appliance|doodah|whatsit|contraption|container|gizmo|box|table|cabinet|cupboard|bin|board|"
    r"surface|"
    r"vessel|implement|utensil|person|man|woman|lady|guy|bloke|fella|chap|fellow|lad|girl|boy|gentleman|somebody|someone|whoever|desk|bench|button|switch|thingamabob|whatchamacallit)"
)
_REL = (
    r"(?:that|which|where|in which|on which|for|you|we|they|people|everyone|used|made|with which|whose|who|holding|"
    r"full of|with|i|to|the|one|behind|works|is|works|standing|sitting|at|from)"
)
_USE = re.compile(
    rf"(?:\b(?:(?:the|that|your|our|a|some|this) |(?=whoever|somebody|someone))(?:little |big |old )?(?P<noun>{_NOUN}),? (?P<rel>{_REL})|"
    rf"(?P<lead>(?:\b(?:to|at|by|on|in|into) )?)\b(?P<where>where(?! you(?:'re| are| were| stand| started)\b)))"
    r" (?P<rest>(?:[a-z'-]+ ?){1,9})"
)


def by_use(text: str, names: Sequence[str], kinds: Sequence[str]) -> str:
    """`text` with the name of the one thing that is told of by what it is for: "the thing that keeps food cold"."""
    words = lexicon()["used for"]
    if "person" not in kinds:
        text = re.sub(
            r"\b(put|take|bring|pick|carry|push|kick|touch|press|drop|leave|close|"
            r"set) him\b",
            r"\1 it",
            text,
        )
    own = {name.lower(): kind for name, kind in zip(names, kinds, strict=True)}

    buttons = [name for name, kind in own.items() if kind == "button"]
    shelves = [name for name, kind in own.items() if kind == "shelf"]
    if len(buttons) == 1:
        text = re.sub(
            rf"\bthe (?:little |big |round )?{_NOUN} (?:that's |"
            rf"which is )?on the wall\b",
            f"the {buttons[0]}",
            text,
        )
    if len(shelves) == 1 and not any("book" in name.split() for name in own):
        text = re.sub(
            r"\b(to|by|at|near|beside|next to|towards|in front of|with) (?:the|those|these|them|all the|"
            r"all those) books\b",
            rf"\1 the {shelves[0]}",
            text,
        )

    def fits(rest: str, noun: str) -> list[str]:
        said = re.findall(r"[a-z]+", rest)
        found: list[str] = []
        for name, kind in own.items():
            keys = [key for key in (name, name.split()[-1], kind) if key in words]
            stems = words[keys[0]].split() if keys else []
            if noun and noun not in (*_OPEN, *name.split(), kind) and noun not in _KINDS.get(kind, ()):
                continue
            if any(
                word.startswith(stem.rstrip("*")) if stem.endswith("*") else word == stem
                for word in said
                for stem in stems
            ):
                found.append(name)
        return found

    def name(match: re.Match[str]) -> str:
        noun, rel = match.group("noun") or "", match.group("rel") or "where"
        if noun and rel in ("the", "with", "for") and noun not in (*_OPEN, "box", "cabinet", "cupboard", "bin"):
            return match.group()
        if noun and noun not in _OPEN and noun in {w for n in own for w in n.split()} and _plain(noun, own):
            return match.group()  # the one of its kind
        rest = re.split(r"\b(?:and|then|before|after|but|because|so|please|over)\b", match.group("rest"))[0]
        if any(re.search(rf"\b{re.escape(n)}\b", rest) for n in own):
            return match.group()
        found = fits(rest, noun)
        if len(found) != 1:
            return match.group()
        tail = match.group("rest")[len(rest) :]
        lead = "" if noun else (match.group("lead") or "to ")
        return f"{lead}the {found[0]} {tail}".rstrip() + (" " if match.group().endswith(" ") and tail == "" else "")

    return _USE.sub(name, text)


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


def _plain(noun: str, own: dict[str, str]) -> bool:
    return sum(noun in (*name.split(), kind) for name, kind in own.items()) == 1
