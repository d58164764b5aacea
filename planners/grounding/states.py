"""How things shall be, said instead of what to do: "swing the fridge shut", "the fridge needs closing".

Each becomes the plain request to close it. By lookup: only for things that the scene has an option to close.
"""

from __future__ import annotations

import re
from functools import cache

from planners import rx
from planners.corpus.lookup import possible_steps
from planners.corpus.phrases import verb_of
from planners.grounding.linking import groups
from planners.grounding.notes import changed
from planners.grounding.pronouns import is_negated
from skillblend.contracts import SceneState

_DOORS = r"(?:'?s)?(?: doors?)?"
_SHUT = r"(?:properly |fully |completely |all the way |tightly |firmly )*(?:shut|closed)"
_SWING = (
    r"(?:swing|swinging|push|pushing|pull|pulling|slam|slamming|bang|banging|press|pressing|get|getting|make|making|"
    r"nudge|ease|easing|kick|force|have|keep|leave|throw|want|need)"
)
_SURE = (
    r"(?:(?:make|be|making|being) (?:certain|sure)|see to it|see|ensure|ensuring|check|checking|verify|take care)"
    r"(?: that)?"
)
_STAYS = (
    r"(?:is|'s|are|was|has been|got|been|stands|hangs)"
    r"(?: (?:still|been|just|standing|hanging|left|wide|a bit|again))*"
)
_SEE_TO = (
    r"(?:(?:go|please|can you|could you|would you|will you|just|and|so) )*"
    r"(?:get|fix|sort|handle|mind|deal with|see to|take care of|do something about|help with) "
    r"(?:it|that|this|(?:the )?{x})(?: out)?"
)


_DOORS_OF = re.compile(r"\b(clos\w+|shut(?:ting)?)( up)?(?: both)?(?: of)?(?: the| its)? doors? (?:of|on) ")
_ITS_DOORS = re.compile(r"\b((?:clos\w+|shut(?:ting)?)(?: up)? [^,.;:!?]*?[a-z])(?:'s)? doors?\b")


@cache
def _doored() -> re.Pattern[str]:
    """A thing with doors, and they are spoken of."""
    words = sorted((w for kind, more in groups().values() if kind == "cabinet" for w in more), key=len, reverse=True)
    lead = r"(?:the|that|this|your|our|both|both the)"
    return rx.compiled(rf"\b({lead} (?:[a-z-]+ ){{0,2}}?(?:{'|'.join(words)}))(?:'s)? doors?\b")


def without_doors(text: str) -> str:
    """`text` where the doors of a thing are spoken of, as if the thing were: "shut the cupboard's doors"."""
    return _doored().sub(r"\1", _ITS_DOORS.sub(r"\1", _DOORS_OF.sub(r"\1\2 ", text)))


def without_states(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text`, in the scene's names, with things to be closed asked for so; and what was read as what."""
    names = [s.arguments[0].lower() for s in possible_steps(scene.things) if s.behaviour == verb_of("shut")]
    if not names:
        return text, ()
    said = text
    x = rf"(?:the |that |this )?(?P<x>{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))}){_DOORS}"
    ask = r"(?:(?:i|we) (?:want|need|would like|'d like) )?"
    see_to = _SEE_TO.replace("{x}", f"(?:{'|'.join(map(re.escape, names))})")
    again, needs = r"(?: again)?", r"(?:needs?|wants?|has|have|ought|should|must|shall)"
    for pattern in (
        rf"\b{ask}{_SWING} {x}(?: (?:to be|being))? (?:{_SHUT}|to(?= ?(?:[,.;:!?]|$)| (?:and|then)\b)){again}",
        rf"\b{_SURE} {x} (?:is|are|'s|stays?|gets) {_SHUT}{again}",
        rf"{x} {needs}(?: to)?(?: be| get)? (?:{_SHUT}|closing|shutting){again}",
        rf"(?:(?:someone|somebody|they|we|i|you|he|she) (?:has |have |'s |'ve )?left {x} (?:wide )?open{again}|"
        rf"{x.replace('?P<x>', '?P<y>')} {_STAYS} open{again})[,.;:!]* (?:and |so |but )?{see_to}",
    ):
        text = rx.sub(pattern, _closing, text)
    return text, changed(said, text)


def _closing(match: re.Match[str]) -> str:
    found = match.groupdict()
    name = found.get("x") or found.get("y") or ""
    ending = "ing" if rx.match(r"(?!swing\b)[a-z]+ing\b", match.group()) else "e"
    return match.group() if is_negated(match.string[: match.start()]) else f"clos{ending} the {name}"
