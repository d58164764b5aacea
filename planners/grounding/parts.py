"""What of a run of words may be a name, and what is said behind it about its stuff."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from planners import rx
from planners.grounding.linking import is_listed, phrase_of
from planners.grounding.looks import NAMED, look_of, same_look
from planners.grounding.mentions import Mention
from skillblend.contracts import Thing

_MADE = re.compile(
    r"(?:,? (?:that|which|who)(?: is|'s| are)?( not|n't)?(?: isn't)?| (not))? ?"
    r"(?:is )?(?:made (?:out )?of|of|in) (\w[\w-]*)"
    r"|,? (?:that|which)(?:'s| is)( not)? (\w[\w-]*)"
    r"|,? (?:that|which) (isn't|is not) (?:made (?:out )?of )?(\w[\w-]*)"
)


def parts_of(text: str, mention: Mention, things: Sequence[Thing]) -> list[Mention]:
    """The mention, and what is left of it without its first or last words: "prod box", "the shelf pronto"."""
    n, own = len(mention.words), {word for thing in things for word in thing.name.lower().split()}
    verb = mention.opens and n > 1 and not _names(mention.words[0], own)
    found = [] if verb else [mention]
    for first in range(1, n):
        if look_of(mention.words[first - 1]) is None:
            found.append(mention.cut(first, n, text))
    for last in range(n - 1, 0, -1):
        found.append(mention.cut(0, last, text))
    return found


def _names(word: str, own: set[str]) -> bool:
    """Whether a word can begin a name."""
    return word in own or is_listed(word) or look_of(word) is not None


def with_stuff(text: str, mention: Mention) -> tuple[Mention, str]:
    """The mention with what is said behind it, "made of oak"; and a look that it must not have."""
    match = _MADE.match(text, mention.end)
    if match is None or rx.search(r"\b(?:is|are|was) $", text[: mention.start]):
        return mention, ""
    negated = any(match.group(k) for k in (1, 2, 4, 6))
    word = match.group(3) or match.group(5) or match.group(7) or ""
    look = look_of(word)
    if look is None or (" in " in match.group() and look[0] != "colour"):
        return mention, ""
    wide = replace(mention, end=match.end(), said=text[mention.start : match.end()])
    if negated:
        return wide, word
    first = mention.spans[0]
    return replace(wide, words=(word, *mention.words), spans=(first, *mention.spans)), ""


def looks(thing: Thing, look: str) -> bool:
    """Whether the thing looks so, by its name."""
    return any(same_look(look, word) for word in thing.name.lower().split())


def is_near(mention: Mention, things: Sequence[Thing]) -> bool:
    """Whether a thing of that noun is here, but of another colour or stuff."""
    phrase = phrase_of(mention.words)
    looks = [look for look in phrase.looks if (look_of(look) or ("",))[0] in NAMED]
    return bool(looks) and any(phrase.last in (*thing.name.lower().split()[-1:], thing.kind) for thing in things)
