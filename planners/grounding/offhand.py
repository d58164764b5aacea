"""Offhand ways of speaking, before words are linked to things: "one of the two parcels, I don't mind which".

Each becomes what one would say with care. On a text in normal form; nothing is looked up in the scene but its names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from planners import rx
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
    r" (?:(?:along|across|over|down) (?:its|it's|their|the same|that same)|on (?:its|it's))(?: own| very)? "
    r"(?:table|counter|bench|surface|worktop|top|tabletop|desk|workbench|countertop)(?: top)?(?= |$|[,.;:!?])"
)
_VERBAL = re.compile(
    r"(?:a|an|the|his|hers|mine|ours|yours|theirs|for|in|on|at|by|not|been|still|just|too|so|very|really|getting|"
    r"going|gonna|"
    r"empty|open|shut|closed|wide|ready|full|broken|done|over|here|there|all|always|what|where|who|how|due|meant|"
    r"left|got|gone|"
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
    r"(?:the )?order (?:does not|doesn't) matter|whichever (?:you like )?first|(?:in )?(?:whatever|whichever|"
    r"any) order (?:suits you|is fine|will do|you please)|whichever (?:comes )?first|"
    r"in no particular order)"
    r"(?= ?(?:[,.;:!)]|$))"
)


_NUMBER = r"(?:two|three|four|five|six|[2-6])"
_PLAIN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\.{2,}"), "."),
    (_ORDER_FREE, ""),
    (re.compile(r",? ?\b(?:(?:oh|ah|actually|but|er+m?|um+) )*no,? (wait|sorry|actually|not)\b,?"), r", no, \1, "),
    (re.compile(r"no, not, "), "no, not "),
    (re.compile(r" {2,}"), " "),
)
"""Marks and words that are in the way of all else."""

_PLAINER: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"\b(times|twice|thrice)(?:,? (?:in a row|in succession|running|on the trot|over|one after the other|"
            r"back to back|on the bounce|straight|please|all in all|in total|altogether))+"
            r"(?= ?(?:[,.;:!?]|$)| (?:and|then)\b)"
        ),
        r"\1",
    ),
    (
        re.compile(
            r"^(?:before (?:anything|everything) else|before you do anything(?: else)?|first things first)[,:;]* "
        ),
        "first, ",
    ),
    (
        re.compile(r"^(?:after that|afterwards|then|anyway|anyhow|so yeah|simon says|as i said)[,:;]* (?=[a-z])"),
        "",
    ),
    (re.compile(r"([,.;:!?] )(?:anyway|anyhow|so yeah|whatever)[,.;]* (?=[a-z])"), r"\1"),
    (
        re.compile(
            r"\b(?:from where you(?:'re| are)?(?: standing| stood| now)*|from here|from there),? (?=[a-z]+ )(?!on\b)"
        ),
        "",
    ),
    (
        re.compile(
            r"\b(?:step|get|move|come|walk) (?:away |off |out )?(?:from|off|out of)(?: of)? (?:there|here|it|that)"
            r"(?:,? and(?: then)?|,? then|,) "
        ),
        "",
    ),
    (
        re.compile(
            r"(?<![\w'])do (?=(?:touch|press|go|walk|close|shut|pick|put|kick|take|bring|come|visit|"
            r"push)\b)"
        ),
        "",
    ),
    (
        re.compile(
            r"\b(shelf|bookcase|rack|shelves|bookshelf|unit) (?:of|with|full of|for|holding) (?:the |all the |its )?"
            r"books\b"
        ),
        r"\1",
    ),
    (
        re.compile(r"\b(touch|press|visit|kick|pick up|push|walk to|go to|take|lift) (?:only|just|merely) (?=the )"),
        r"\1 ",
    ),
    (re.compile(r"(?<=[a-z]) no (?=(?:the|not|wait|sorry)\b)"), ", no, "),
    (re.compile(r"\bi must (?:to )?have\b"), "i want"),
    (re.compile(r"\bsee through(?= [a-z])"), "see-through"),
    (re.compile(r"\bplease to (?=[a-z])"), "please "),
    (
        re.compile(
            r"\b(?:flaming|bloody|blasted|damned?|ruddy|flipping|freaking|blooming|bleeding|stupid|dratted|poxy|"
            r"wretched|"
            r"infernal|goddamn|effing|frigging|flippin|bleedin|bloomin|friggin)\b "
        ),
        "",
    ),
    (
        re.compile(
            rf"\b({_NUMBER}) (?:quarter |90[- ]degree )?turns (?:to )?(?:the |your )?(left|"
            rf"right)"
        ),
        r"turn \2 \1 times",
    ),
    (re.compile(rf"\b({_NUMBER}) (left|right)(?:[- ]hand)? turns"), r"turn \2 \1 times"),
    (
        re.compile(
            r"(?:^|(?<=[,.;:!?] ))(?:and )?(?:the |my |your )?(?:very )?(?:last|final|next|first|second|third|"
            r"fourth|fifth) "
            r"(?:step|thing|one|task|job|item)(?: to do)?(?: is|:|'s)(?: (?:to|that you))? "
        ),
        "then ",
    ),
    (re.compile(r"\b(the|that) thing (?=(?:that's |which is )?made )"), r"\1 one "),
    (
        re.compile(
            r"\b(the|that|this) ((?:\w+ )?\w+) (?:fixed|mounted|attached|screwed|stuck|hanging) (?:to|"
            r"on) the wall"
        ),
        r"the \2 on the wall",
    ),
    (
        re.compile(
            r"\b(?:find|take|get|grab|pick)(?: yourself)? (?:a|your) (?:spot|place|position|seat|pitch) "
            r"(?=(?:right |over )?(?:by|near|at|next to|beside|close to|in front of|on)\b)"
        ),
        "walk ",
    ),
    (re.compile(r"\bback (?:off|up|away)(?= (?:an?|half|one|two|three|four|[\d.]+) )"), "walk backward"),
    (_ROLE, ""),
    (_ITS_TOP, ""),
)
"""Ways of speaking, and what is said with care in their place."""

_WHICHEVER = re.compile(rf"\b(?:whichever|whatever|any|which ever) ([a-z]+)(?: one)? (?:that )?{_LIKE}")
_ONE_OF = re.compile(
    rf"\b(?:any |either |just |only |exactly )?one of (?:the|those|these|your|"
    rf"our)(?: {_COUNT})? ([a-z ]+?s)\b(?! that)"
)
_OF_THE = re.compile(
    rf"^(?:out )?of (?:the|these|those|your|our)(?: {_COUNT}| both)? ([a-z]+s),? (.*?)\bthe ((?:[a-z]+ )?)one\b"
)
_NEITHER = re.compile(
    r"\bthe ([a-z]+),? (?:that|which)(?: is|'s)? ?(?:isn't|is not|not|neither)(?: either)? ([a-z-]+),? "
    r"(?:or|nor|and) ([a-z-]+)\b"
)
_NEXT = re.compile(r"\b([a-z']+) (?=(?:it's|i'm|they're|he's|she's|there's|i've|we've|we're) )")
_ONE = re.compile(r"\b(?:a|one|either) (?=[a-z]+)(?!one of|of\b|either\b)")


def with_care(text: str, names: Sequence[str]) -> str:
    """`text`, in normal form, as one would say it with care."""
    for pattern, plain in _PLAIN:
        text = pattern.sub(plain, text)
    nouns = {word for name in names for word in name.lower().split()}
    text = rx.sub(r"\b([a-z]+)'s (?=[a-z])", lambda match: _with_is(match, nouns), text)
    text = _DONE.sub(lambda match: f"{match.group(1) or ''}then ", text)
    for pattern, plain in _PLAINER:
        text = pattern.sub(plain, text)
    text = _NEITHER.sub(lambda match: _other_than(match, names), _NEXT.sub(_run_on, text))
    text = _first_word(text, names)
    text = _ONE_OF.sub(_any, _WHICHEVER.sub(r"any \1", text))
    free = _NO_MATTER.sub("", text)
    if free != text and begins_request(free):
        text = free if "any " in free else _ONE.sub("any ", free)
    return _OF_THE.sub(lambda m: f"{m.group(2)}the {m.group(3)}{singular(m.group(1), names)}", text)


def _first_word(text: str, names: Sequence[str]) -> str:
    """Names for "the express one" where one name alone begins so, and for what is listed in several words."""
    called: dict[str, tuple[str, list[str]]] = lexicon()["called"]
    for name in names:
        for words in called.get(name.lower(), ("", []))[1]:
            if " " in words and words != name.lower():
                text = rx.sub(rf"(?<![\w-]){re.escape(words)}(?![\w-])", name.lower(), text)
    for name in names:
        first, *rest = name.lower().split()
        if rest and sum(other.lower().split()[0] == first for other in names) == 1 and look_of(first) is None:
            text = rx.sub(rf"\b(?:the|that) {re.escape(first)} one\b", f"the {name.lower()}", text)
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
    follows = rx.match(r"[a-z]+", whole)
    if word in ("it", "that", "there", "he", "she", "what", "who", "let", "here", "where", "how"):
        return match.group()
    next_word = follows.group() if follows else ""
    noun = (
        look_of(next_word) is not None or next_word in nouns or is_listed(next_word) or is_listed(singular(next_word))
    )
    verbal = _VERBAL.match(whole) is not None
    return f"{word} is " if verbal or (word in nouns and not noun) else match.group()


def _any(match: re.Match[str]) -> str:
    *before, noun = match.group(1).split()
    return " ".join(["any", *before, singular(noun)])
