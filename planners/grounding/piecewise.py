"""An instruction clause by clause: each becomes the options that it asks for, and what asks for nothing is left out.

A clause is left out only where it tells, calls or comments; one that looks like a request and is not understood, or
that forbids what another one asks for, leaves the whole as it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from planners.grounding.amounts import read_amounts
from planners.grounding.asides import calls, request_verbs, tells
from planners.grounding.frames import Clauses
from planners.grounding.mentions import known_verbs
from planners.grounding.sequence import is_filler, read_sequence
from skillblend.contracts import SceneState

_MARK = re.compile(
    r"(\s*[.;:!?]+\s*|\s*,\s+|\s+-+\s+|\s+(?=(?:and|but|then|so|before|after|once|when|plus|afterwards|while)\b))"
)
_LEAD = re.compile(
    r"^(?:(?:and|but|so|then|plus|afterwards|later|next|only|after that|after this|before|after|once|when|as soon as|"
    r"first|finally|lastly|last)(?![\w'])[,:]? ?)+"
)
_BAN = re.compile(
    r"\b(?:not|never|no|nor|neither|without|avoid\w*|nobody|none|leave|instead of|rather than|except)\b|"
    r"n't\b|\bdont\b"
)
_AMOUNT = re.compile(
    r"(?:(?:and |just |exactly )*(?:twice|once|thrice|(?:two|three|four|five|six|[2-6]) times|"
    r"for [\w ]+? (?:seconds?|secs?|minutes?|metres?)))$"
)
_OWN = re.compile(
    r"\b(?:left|right|forwards?|backwards?|ahead|metres?|degrees|hands?|arms?|knees?|crouch|squat|turn\w*|stop|stand|"
    r"walk|go|step|touch\w*|press\w*|push\w*|pick\w*|put|kick\w*|take|bring|give|seconds?|wait|around|halt)\b"
)
"""Words that only requests have, or prohibitions."""

_HARMLESS = re.compile(
    r"^(?:watch|listen|look|see|guess|trust|believe|help|hurry|mind|excuse|forgive|pardon|bless|thank|sort|show|tell|"
    r"let's (?:play|see|have|do)|come on|be|have fun|enjoy|remember|note|that's|there's|no)\b(?! the\b)"
)
_STAYS = re.compile(
    r"(?:that|this|the other|the rest)(?: one| ones)? (?:stays?|can stay|may stay|is to stay|should stay)[a-z ']*"
)
"""What is to be left as it is."""

_IMPERATIVE = re.compile(
    r"^(?:please )?(?!(?:the|a|an|my|our|your|his|her|its|this|that|these|those|and|or|of|in|on|at|with|for|so|what|how|"
    r"all|not|no|little|big|is|are|was|it|i|we|he|she|they|you|very|too|really)\b)[a-z]+ "
    r"(?:me|us|the|a|an|my|your|our|some|up|down|out|it|them|that|this|him|her|to|into|onto|over|off|away|two|three)\b"
)


def plainly(text: str, scene: SceneState) -> str:
    """`text`, in the scene's names, in the options' own words; empty where a clause of it is not understood."""
    if not scene.names:
        return ""
    reader = Clauses(scene)
    names = [name.lower() for name in scene.names]
    made: list[str] = []
    banned: list[str] = []
    for clause, mark in _clauses(text):
        lead = _LEAD.match(clause)
        start = lead.group() if lead else ""
        rest = clause[len(start) :]
        said = _said(rest, start, scene, reader)
        if said is not None:
            made.append(f"{start}{said}{mark}")
            continue
        spoken = [name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", rest)]
        if _BAN.search(rest) and spoken:
            banned += spoken
        elif not _idle(rest, start, names):
            return ""
        if made and mark.strip() in (".", ";", "!", "?", ":"):
            made[-1] = re.sub(r"[,\s]*$", ". ", made[-1])
    plain = re.sub(r"^(?:and|but|so|then)\b,? ", "", "".join(made).strip(" ,.;:-"))
    steps = read_sequence(read_amounts(plain, scene).text, scene) if plain else ()
    clash = any(argument.lower() in banned for step in steps for argument in step.arguments)
    return "" if clash or not steps else plain


def _clauses(text: str) -> list[tuple[str, str]]:
    """Clauses of `text` with the marks behind them; a conjunction that only joins things opens none."""
    pieces = _MARK.split(text)
    found: list[tuple[str, str]] = []
    for clause, mark in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        if found and not found[-1][1].strip() and found[-1][1] and not _opens(clause):
            before, gap = found.pop()
            clause = f"{before}{gap}{clause}"
        found.append((clause, mark))
    return [(clause, mark) for clause, mark in found if clause.strip()]


def _opens(clause: str) -> bool:
    """Whether a clause with a conjunction in front begins something of its own."""
    rest = clause[len(m.group()) :] if (m := _LEAD.match(clause)) else clause
    first = re.match(r"(?:(?:please|you|can|could|then|now|just|also) )*([a-z'-]+)", rest)
    word = first.group(1) if first else ""
    return word in request_verbs() or word in known_verbs() or not re.match(r"and (?:the|a|an|my|your)\b", clause)


def _said(rest: str, lead: str, scene: SceneState, reader: Clauses) -> str | None:
    """What a clause asks for in the options' words; None where it is not understood."""
    plain = rest.strip(" ,.;:!?-")
    if not plain or is_filler(plain) or _AMOUNT.fullmatch(plain):
        return plain
    if read_sequence(read_amounts(plain, scene).text, scene):
        reader.heard(plain)
        return plain
    if _BAN.search(plain):
        return None
    told = reader.plain(plain)
    if not told and re.fullmatch(rf"(?:(?:the |and |or |, ?)*(?:{_any(scene)}))+", plain):
        return plain  # goes on with the verb before it
    return told or None


def _any(scene: SceneState) -> str:
    return "|".join(re.escape(name.lower()) for name in sorted(scene.names, key=len, reverse=True))


def _idle(rest: str, lead: str, names: Sequence[str]) -> bool:
    """Whether a clause asks for nothing."""
    plain = rest.strip(" ,.;:!?-")
    if re.search(r"\b(?:before|after|once|when|as soon as)\b", lead) and plain:
        return False
    if not plain or _STAYS.fullmatch(plain) or calls(plain, names) or tells(f"{lead}{plain}".strip(), names) or tells(plain, names):
        return True
    if any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain) for name in names):
        return False
    if _HARMLESS.match(plain) and not _OWN.search(plain):
        return True
    if _OWN.search(plain) or _IMPERATIVE.match(plain):
        return False
    first = re.match(r"[a-z'-]+", plain)
    asks = first is not None and first.group() in request_verbs() | known_verbs()
    return not asks and ("and" not in lead.split() or len(plain.split()) > 1)
