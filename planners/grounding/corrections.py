"""What a speaker takes back: "go to the red marker, no wait, the blue one" asks for the blue marker alone.

On a text in the scene's names, before anything else is read. What follows the words of taking back stands for what
was said last: a whole request for a request, a thing for a thing, a side for a side.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from planners import rx
from planners.grounding.asides import begins_request
from planners.grounding.pronouns import is_negated

_SORRY = (
    r"(?:sorry|srry|sry|oops|whoops|my mistake|my bad|silly me|apologies|excuse me|dear me|oh dear|ah|oh|er+m?|"
    r"um+|hm+)"
)
_BACK = (
    r"(?:(?:no|nah|nope|ah|oh|wait|hang on|hold on|stop),? )*"
    r"(?:no,? wait|wait,? no|wait|hang on|hold on|no,? no|no,? sorry|actually,? no|no,? actually|"
    r"scratch that|strike that|scrap that|forget (?:that|it)|cancel that|ignore that|"
    r"(?:no,? )?i(?: actually)? (?:mean|meant)(?: to say)?|i should say|or rather|rather|"
    r"make (?:that|it)|make(?= the\b)|let's make (?:that|it)|correction|on second thoughts?|change of plan|"
    r"changed? my mind|i've changed my mind|"
    r"nvm|never ?mind|not that(?: one)?|that's wrong|that's not right|wrong one|nah|nope|actually|instead|better|"
    r"no|sorry)"
)
_MARK = re.compile(
    rf"(?:(?:[.,;:!?-]+|\.\.+| -) ?|(?<= )(?=(?:no,? wait|wait,? no|i mean|i meant|scratch that|actually,? no|"
    rf"or rather)\b))"
    rf"(?:(?:{_SORRY}|but|and|or)[,. ]+)*(?P<mark>{_BACK})(?![\w'])"
    rf"(?:[.,;:!?-]* (?:(?:{_SORRY}|{_BACK}|let's say|i'd rather you|please|just|you'd better|better|"
    rf"do)(?![\w'])))*[.,;:!?-]* ?"
)
_WEAK = (
    "actually",
    "instead",
    "better",
    "no",
    "rather",
    "sorry",
    "wait",
    "hang on",
    "hold on",
    "make it",
    "make that",
    "make",
)
"""Marks that take something back only where a thing, a side or another request of the same kind follows."""

_NOT = re.compile(r"^not (?:to |in |on |into |onto )?(?P<x>[^,.;:!?]*?)(?:[,.;:!?]+ (?:but )?| but )")
_SIDE = re.compile(r"\b(?:left|right|forwards?|backwards?)\b")
_END = r"(?= ?(?:[,.;:!?]|$)| (?:and|then|because|before|after)\b)"
_WHY = re.compile(r",? (?:because|since|cause|cos|'cause|as) .*$")


@cache
def _one(names: tuple[str, ...]) -> re.Pattern[str]:
    found = sorted((name.lower() for name in names), key=len, reverse=True)
    return rx.compiled(rf"(?:the )?(?:{'|'.join(re.escape(name) for name in found)})(?![\w-])")


def corrected(text: str, names: Sequence[str]) -> str:
    """`text`, in the names of a scene, without what the speaker takes back."""
    if not names:
        return text
    for _ in range(4):
        match = next((m for m in _MARK.finditer(text) if _replaced(text, m, tuple(names)) is not None), None)
        if match is None:
            return text
        text = _replaced(text, match, tuple(names)) or text
    return text


def _replaced(text: str, match: re.Match[str], names: tuple[str, ...]) -> str | None:
    """`text` with what follows `match` in the place of what stands before it; None where nothing is taken back."""
    before, after = text[: match.start()].rstrip(" ,.;:!?-"), text[match.end() :]
    if not before or is_negated(f"{rx.split(r'[.;!?]', before)[-1]} ") or not after:
        return None
    one, weak = _one(names), match.group("mark") in _WEAK
    no = _NOT.match(after)
    if no is not None and one.search(no.group("x")):
        after, weak = after[no.end() :], False
    thing = rx.match(
        rf"(?:(?:to|in|into|on|onto|at|by|with|for|use|take|go for) )?({one.pattern})(?:{_END}|"
        rf"(?= (?:in|on|to|into|onto|instead)\b))",
        after,
    )
    if thing is not None:
        return _thing_for_thing(before, after, thing, one)
    side = rx.match(rf"(?:(?:to )?(?:the|your) )?({_SIDE.pattern})(?: one)?{_END}", after)
    if side is not None and (last := list(_SIDE.finditer(before))):
        at = last[-1]
        return f"{before[: at.start()]}{side.group(1)}{before[at.end() :]}{after[side.end() :]}"
    if not begins_request(after):
        return None
    start = _request_before(before)
    if weak and not _alike(before[start:], after):
        return None
    return f"{before[:start]}{after}"


def _thing_for_thing(before: str, after: str, thing: re.Match[str], one: re.Pattern[str]) -> str | None:
    """The last thing that was said before, replaced; of two things for two, both."""
    said = list(one.finditer(before))
    if not said:
        return None
    at = said[-1]
    lead = rx.search(r"(?:\b(?:in|into|on|onto) )$", before[: at.start()])
    own = rx.match(r"(in|into|on|onto) ", after)
    start = lead.start() if lead and own else at.start()
    new = (
        after[: thing.end()]
        if lead and own
        else f"{'' if thing.group(1).startswith('the ') else 'the '}{thing.group(1)}"
    )
    return f"{before[:start]}{new}{before[at.end() :]}{after[thing.end() :]}"


def _request_before(before: str) -> int:
    """Where the last request of `before` begins."""
    starts = [0, *(m.end() for m in rx.finditer(r"[.;:!?]+ |,? (?:and then|and|then) |, ", before))]
    for start in reversed(starts):
        if begins_request(before[start:]):
            return start
    return 0


def _alike(before: str, after: str) -> bool:
    """Whether two requests begin with the same word, or say so: "turn left, no, turn right"."""
    first, second = before.split(), after.split()
    return bool(first and second) and (first[0] == second[0] or second[0] in ("go", "walk", "put", "take", "turn"))
