"""Hints, where nothing is asked for: "brr, somebody left the fridge open".

On a text in the scene's names. Only where it asks for nothing else, and only for what one would do at once: close
what stands open, hand a person what is missed.
"""

from __future__ import annotations

import re

from planners import rx
from planners.corpus.lookup import possible_steps
from planners.corpus.phrases import verb_of
from planners.grounding.alternatives import any_of
from planners.grounding.asides import asks_for_something
from planners.grounding.doings import takes
from planners.grounding.notes import changed
from planners.grounding.pronouns import is_negated
from skillblend.contracts import SceneState

_SOON = (
    r"(?:(?:still|just|really|always|been|all|wide|half|standing|hanging|sitting|left|swinging|a bit|again|right|"
    r"now|so|ever so|badly|already|slightly|both|even) )*"
)
_MISSES = (
    r"(?:(?:is|'s|has been|was|keeps?) (?:waiting|asking|looking|hunting|desperate|dying|after|gasping|calling|"
    r"begging|searching|hoping)"
    r"(?: (?:for|after|on))?|needs?|wants?|would like|would love|'d like|'d love|could (?:do with|use)|can't find|"
    r"cannot find|has lost|lost|"
    r"asked for|has asked for|has been asking for|fancies|fancied|ordered|forgot|has forgotten|left behind|misses|"
    r"(?:still )?(?:hasn't|has not|never) (?:got|had|received|gotten)|(?:still )?(?:doesn't|does not) have|"
    r"is missing|is expecting|'s expecting|requires?|"
    r"should (?:have|get)|is (?:supposed|meant|due) to (?:have|get))"
)
_OPEN = (
    r"(?:open|ajar|gaping|gaping open|wide open|opened|unshut|not (?:shut|closed|properly shut|closed properly)|"
    r"letting [^,.;:!?]*? out)"
)


_ASKS = re.compile(r"(?:is|are|was|were|has|have|did|does|do|why|where|when|how|what) ")
"""A question after how something is asks for nothing to be done."""


def without_hints(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text` as a request where it only hints at one; and what was read as what."""
    if not scene.names or asks_for_something(text) or _ASKS.match(text):
        return text, ()
    steps = possible_steps(scene.things)
    doors = [s.arguments[0].lower() for s in steps if s.behaviour == verb_of("shut")]
    loads = [s.arguments[0].lower() for s in steps if takes(s)]
    people = [thing.name.lower() for thing in scene.things if thing.kind == "person"]
    made = _doors(text, doors) or _missed(text, loads, people)
    return (made, changed(text, made)) if made else (text, ())


def _doors(text: str, doors: list[str]) -> str:
    """A request to close what is said to stand open; empty where nothing is."""
    if not doors:
        return ""
    x = rf"(?:the |that |this )?(?P<x>{any_of(doors)})(?:'s)?(?: doors?)?"
    for pattern in (
        rf"{x} (?:is|are|was|'s|has been|stands|hangs|has been left|'s been left|got left) {_SOON}{_OPEN}",
        rf"{x} (?:has|'s) {_SOON}{_OPEN}",
        rf"\b(?:cold|draught|draft|chill|cool|warm|air)\b[^.;!?]*?\b(?:com|gett|pour|escap|leak|seep|flood|rush|waft|"
        rf"blow|stream)ing (?:out )?(?:from|out of|of|through) {x}",
        rf"{x} (?:really |just )?(?:can't|cannot|mustn't|shouldn't) be left {_SOON}{_OPEN}",
        rf"\b(?:left|leave|leaves|leaving|found|see|got|with) {x} {_SOON}{_OPEN}",
        rf"{x} {_SOON}{_OPEN}",
        rf"\b(?:forgot|forgotten|didn't bother|didn't remember|never bothered) to (?:close|shut) {x}",
        rf"\b(?:nobody|no one|no-one|somebody hasn't|someone hasn't|he never|she never|they never)(?: has|"
        rf"'s)? (?:ever )?(?:closed|shut|closes|shuts) {x}",
        rf"{x} (?:isn't|is not|wasn't|hasn't been|ain't) (?:properly |quite |fully )?(?:shut|closed)",
    ):
        match = rx.search(pattern, text)
        before = "" if match is None else text[: match.start()]
        asked = rx.search(r"\b(?:is|are|was|has|did|does|if|whether) $", before) is not None
        if match is not None and "leave" not in before and not asked:
            return f"close the {match.group('x')}"
    return ""


def _missed(text: str, loads: list[str], people: list[str]) -> str:
    """A request to hand what somebody misses; empty where nobody does."""
    if not people or not loads:
        return ""
    spoken = list(dict.fromkeys(rx.findall(any_of(people), text)))
    if len(spoken) == 1:
        text = rx.sub(r"\b(?:he|she|they)\b", spoken[0], text)
    match = rx.search(
        rf"(?<![\w-])(?P<p>{any_of(people)})(?:'s)? {_SOON}{_MISSES} {_SOON}(?:for )?(?:the |his |her |their |that |"
        rf"a |an |this )?(?P<o>{any_of(loads)})", text
    )  # fmt: skip
    if match is None or is_negated(text[: match.start()]):
        return ""
    return f"hand the {match.group('o')} to the {match.group('p')}"
