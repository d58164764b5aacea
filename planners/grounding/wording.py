"""Words by what they do in a clause: prepositions, small words, what stands behind a request, uses of verbs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from planners import rx
from planners.grounding.doings import inflected
from planners.grounding.looks import lexicon

_USES = {
    "shoot": "kick", "shut": "shut", "hand": "hand", "put": "put", "bring": "bring", "push": "push", "take": "take",
    "going": "go", "touching": "touch", "pressing": "press",
}  # fmt: skip
_ORDER = (
    "goes",
    "hand",
    "put",
    "bring",
    "push",
    "kick",
    "shut",
    "press",
    "take",
    "touch",
    "lay hands",
    "go",
    "bin",
    "free",
)
"""Uses of a verb in the order in which they are tried."""

PREPOSITIONS = (
    "on top of", "in front of", "next to", "close to", "out of", "up to", "over to", "across to", "down to",
    "back to", "on to", "in to", "as far as", "to", "into", "in", "onto", "on", "at", "by", "near", "beside",
    "towards", "toward", "against", "from", "off", "inside", "for", "with", "upon", "along", "past", "around",
    "round", "until", "till", "before", "behind", "under", "via", "of", "unto", "alongside",
)  # fmt: skip
TO = frozenset(["to", "up to", "over to", "across to", "down to", "back to", "towards", "toward", "as far as",
                 "unto", "until", "till", "for"])  # fmt: skip
ONTO = frozenset(["on", "onto", "on to", "on top of", "upon"])
INTO = frozenset(["in", "into", "in to", "inside"])
AT = frozenset(["at", "by", "near", "beside", "next to", "close to", "in front of", "before", "alongside", "against"])
FROM = frozenset(["from", "off", "out of", "along"])
SIDE = re.compile(
    r"\b(?:(?:to|on|at|towards|over to) )?(?:the |your )?(left|right)(?:wards?|[- ]hand side|[- ]hand| "
    r"side)?(?![\w-])"
)
WITH_HAND = re.compile(
    r"\b(?:with|using) (?:your |a |one |the |both |either |any |just |only |own |open |left |right |flat |of )*"
    r"(?:hands?|palms?|fingers?|fingertips?|fist|thumb|arms?)(?: gently| lightly| firmly)*"
)
IN_HAND = re.compile(
    r"\b(?:in|into|between|with) (?:your |both |the |own |of |two )*(?:hands?|arms|palms|grip|paws)(?![\w-])"
)
BODY = re.compile(
    r"\b(?:your |a |one |the |both |of |left |right |open |flat )*(?:hands?|palms?|fingers?|fingertips?|fist|thumb|"
    r"mitts?|paws?)(?![\w-])"
)
_TAIL = re.compile(
    r",? \b(?:like (?:in|a|an|the|you|they|we|i|he|she|it|this|that|so)|as (?:if|though)|because|so (?:that|i|we|"
    r"he|she|it|"
    r"they|the|nobody|people)|to (?:make (?:room|way|space|sure)|show|see|prove|let|find|help|save|give|keep|check|"
    r"clear|get)|in case|before (?:i|we|he|she|it|they|somebody|someone|anyone)|where (?:you|it|he|she|they) "
    r"[\w ]+|on (?:the last one|arrival)|(?:when|once) you(?:'re| get) there|where it's \w+|before you (?:drop|"
    r"spill|break|lose|forget)|before it|like when|"
    r"(?:un)?till? (?:i|we|he|she|it's|"
    r"they|the|further)|while (?:i|we|he|she|they)|for (?:(?:my|our|his|her|their) \w+|service|attention|help|"
    r"safe ?keeping|safety|luck|fun|a change|"
    r"once|good|starters|the time being|the moment|my sake|tidiness|recycling|collection|delivery|breakfast|lunch|"
    r"dinner|later|today|tonight|now|me|us|you|everyone|the team|a bit|a while|a moment|a sec|a second))\b.*$"
)
"""What says why, how or what for, behind a request."""


_LYING = re.compile(
    r",? (?:(?:that's|that is|which is|which|that)(?: \w+ing| currently| still)*|(?:sitting|lying|standing|left))"
    r"(?: (?:stays|stands|lies|sits|rests))? (?:on|off) (?:top of )?the (?:floor|ground)|"
    r" (?:from|off|on) the (?:floor|ground)(?= )"
)
"""Where a thing lies, told beside its name."""


PRONOUNS = frozenset(["it", "him", "her", "that", "this", "them"])
LOOSE = frozenset(["in", "on", "off", "by", "past", "around", "round", "along", "for"])
"""Small words that stand alone behind a verb as well."""


_OTHERS = frozenset(
    ["he", "she", "they", "somebody", "someone", "anybody", "anyone", "nobody", "everybody", "everyone", "people"]
)


def is_lead(words: Sequence[str]) -> bool:
    """Whether `words`, in front of a request, say nothing of what is asked."""
    others = _OTHERS & set(words)
    if (others and "you" not in words) or words[-1:] == ["i"]:
        return False  # what somebody does or did
    return all(word.strip(",") in small_words("lead") for word in words)


def without_tail(text: str) -> str:
    """`text` without why, how or what for, behind a request, and without where a thing lies on the floor."""
    short = _LYING.sub("", _TAIL.sub("", f" {text}")).strip()
    return rx.sub(r" (?:till|until|while|so|because|if|as|like)$", "", short)


def is_passive(before: str) -> bool:
    """Whether what stands before a verb says that something shall be done to it."""
    return rx.search(r"\b(?:be|get|being|been|needs?|wants?|requires?|is|are|gets)(?: \w+)?$", before) is not None


@cache
def small_words(sort: str) -> frozenset[str]:
    """Words that say nothing of what is asked, by where they stand."""
    return frozenset(lexicon()["small words"][sort].split())


@cache
def uses_of_verbs() -> Mapping[str, tuple[tuple[str, int], ...]]:
    """Uses and number of the form, by the forms of verbs."""
    found: dict[str, list[tuple[str, int]]] = {}
    lists = {use: lexicon()["frames"].get(use, "") for use in _ORDER}
    for sort in ("doings", "deeds"):
        for name, words in lexicon()[sort].items():
            if name in _USES:
                lists[_USES[name]] += f" {words}"
    for use in _ORDER:
        for verb in dict.fromkeys(lists[use].split()):
            for form, word in enumerate((verb, *inflected(verb))):
                if (use, form) not in found.setdefault(word, []) and use not in [u for u, _ in found[word]]:
                    found[word].append((use, form))
    return {word: tuple(uses) for word, uses in found.items()}
