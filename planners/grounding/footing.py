"""A named foot on a floor marker: "put your left foot on the red marker" becomes the option that does it."""

from __future__ import annotations

import re

from planners import rx
from planners.corpus.lookup import possible_steps
from planners.grounding.alternatives import any_of
from planners.grounding.pronouns import is_negated
from skillblend.contracts import SceneState

_WHOSE = r"(?:your |the |a |one |just (?:your |the )?|only (?:your |the )?)?"
_FOOT = rf"{_WHOSE}(?P<foot>left|right|one|single)? ?(?:foot|leg)(?: only| alone| first)?"
_SET = r"(?:put|place|set|plant|rest|lay|stick|pop|get|have|keep)(?P<ing>ting|ing)?"
_STEP = r"(?:step|stand|get|go|walk|move|tread|come)(?P<ing>ping|ting|ing)?(?: up)?"
_ON = r"(?:on to|onto|on top of|on)(?: the middle of| the centre of| the center of)?"


def read_footing(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text`, with the scene's names in it, by the options for feet; and what was read as what."""
    options = {
        (step.arguments[0].lower(), step.arguments[1]): step.text.lower()
        for step in possible_steps(scene.things)
        if len(step.arguments) == 2 and step.text.endswith(" foot")
    }
    if not options or not rx.search(r"\b(?:foot|leg)\b", text):
        return text, ()
    thing = rf"(?:the )?(?P<o>{any_of(name for name, _ in options)})"
    notes: list[str] = []

    def reworded(match: re.Match[str]) -> str:
        said = match.group("foot")
        words = options[match.group("o"), said if said in ("left", "right") else "left"]
        if match.groupdict().get("ing"):
            words = f"stepping{words.removeprefix('step')}"
        if match.group() != words:
            notes.append(f"read {match.group()!r} as {words!r}")
        return words

    for pattern in (
        rf"\b{_STEP} {_ON} {thing},? (?:with|using|on) {_FOOT}",
        rf"\bwith {_FOOT},? {_STEP} {_ON} {thing}",
        rf"\b{_SET} {_FOOT} {_ON} {thing}",
        rf"\b{_STEP} with {_FOOT} {_ON} {thing}",
        rf"(?:(?<=^)|(?<=[,.;] )|(?<=then )|(?<=and )){_FOOT} {_ON} {thing}",
    ):
        text = rx.sub(pattern, reworded, text)
    return text, tuple(notes)


def no_footing(text: str, scene: SceneState) -> str:
    """Why a foot cannot do what `text`, read, asks of it; empty where nothing is asked that it cannot."""
    kicked = rx.search(rf"{_KICKS.pattern}\w* [^,.;]*? (?:with|using) (?:your |the )?right (?:foot|leg)\b", text)
    if kicked is not None and not is_negated(text[: kicked.start()]):
        return f"{kicked.group()!r}: I kick with the left foot alone"
    one = any_of(scene.names)
    options = [step.text.lower() for step in possible_steps(scene.things) if step.text.endswith(" foot")]
    known = "|".join(re.escape(words) for option in options for words in (option, f"stepping{option[4:]}"))
    rest = rx.sub(known or "$^", "", text)
    asked = rx.search(rf"\b{_SET} {_FOOT} {_ON} (?:the )?{one}", rest) or (
        None if _KICKS.search(rest) else rx.search(rf"{one} (?:with|using) {_FOOT}(?![\w-])", rest)
    )
    if asked is None or is_negated(rest[: asked.start()]):
        return ""
    markers = [thing.name for thing in scene.things if any(thing.name.lower() in option for option in options)]
    where = f"the {' or the '.join(markers)}" if markers else "a floor marker, and none is here"
    return f"{asked.group()!r}: all that I can do with one foot is to set it on {where}"


_KICKS = re.compile(r"\b(?:kick|boot|shoot|punt)")
"""What is done with a foot anyway."""
