"""What is said to a robot on its way: each line is a stop, and what is to be done then.

"not that one", "the other one", "a bit further left", "stop there, first touch the shelf".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from skillblend.asking import Clarification
from skillblend.contracts import SceneState, Step

_OTHER = re.compile(
    r"^(?:(?:no|nope|wait|stop|hey)[, !]+)*(?:(?:not|wrong) (?:that|this|the) (?:one|thing)|not that|wrong one|"
    r"i meant?|i mean|rather|(?=the ))[,;. ]*(?:but |rather |i mean |take |go to )?"
    r"(?P<which>(?:the )?(?:.+?)(?: one)?)?"
    r"(?:,? (?:instead|please))*$"
)
_BACK = re.compile(r"^(?:no|nope|not|wrong|i meant?|rather|the other)\b")
_FIRST = re.compile(
    r"^(?:(?:no|wait|stop|halt|hold on|hang on)(?: (?:there|here|now))?[,;.! ]+"
    r"(?:but )?(?:and )?)+first[, ]+(?P<what>.+)$"
)
_BIT = re.compile(
    r"^(?:(?:no|wait|stop)[,! ]+)*(?:move |go |step )?"
    r"(?:a (?:little |tiny )?(?:bit|little)|slightly|some)(?: more)?"
    r"(?: further| farther| more)?(?: to)?(?: the)? (?P<way>left|right|forwards?|ahead|back(?:wards?)?)(?: please)?$"
)
_WAYS = {"forward": "forward", "forwards": "forward", "ahead": "forward", "back": "backward"}


def may_correct(line: str) -> bool:
    """Whether a line has the form of a correction; cheap, for every line that is typed while something goes on."""
    text = _plain(line)
    return any(form.match(text) for form in (_BIT, _FIRST, _OTHER))


def is_about_the_last(line: str) -> bool:
    """Whether a line is about what was done, or planned, before it: no instruction of its own."""
    text = _plain(line)
    return _OTHER.match(text) is not None and _BACK.match(text) is not None


def _plain(line: str) -> str:
    return " ".join(line.split()).strip(" .!").casefold()


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What is to be done instead.

    Attributes:
        lines: Instructions, one after the other.
        goes_on: What is left of the plan follows.
        instead: The instruction that the first line stands for from now on; "" for none.
        question: What somebody has to say first.
        hint: Why nothing can be made of it.
    """

    lines: tuple[str, ...] = ()
    goes_on: bool = False
    instead: str = ""
    question: Clarification = Clarification()
    hint: str = ""


def correction_of(line: str, instruction: str, step: Step | None, scene: SceneState) -> Correction | None:
    """What a line means while `step` of `instruction` is being carried out; None where it corrects nothing."""
    text = _plain(line)
    if found := _BIT.match(text):
        return _aside(found["way"], scene)
    if found := _FIRST.match(text):
        return Correction(lines=(found["what"],), goes_on=True)
    found = _OTHER.match(text)
    if found is None or step is None:
        return None
    return _another((found["which"] or "").strip(), instruction, step, scene)


def _aside(way: str, scene: SceneState) -> Correction:
    from skillblend.options import ground_options

    way = _WAYS.get(way, "backward" if way.startswith("back") else way)
    known = [s.text for s in ground_options(scene) if not set(s.arguments) & set(scene.names)]
    wanted = [text for text in known if way in text.split() and text.startswith(("step ", "walk "))]
    if not wanted:
        return Correction(hint=f"there is no small step {way} here; `options` lists what there is")
    return Correction(lines=(wanted[0],), goes_on=True)


def _another(which: str, instruction: str, step: Step, scene: SceneState) -> Correction | None:
    """Another thing of that kind in the place of the one that the step is about."""
    names = [name for name in step.arguments if name in scene.names]
    if not names:
        return None
    wrong = names[-1]
    kind = scene.thing(wrong).kind
    others = [thing.name for thing in scene.things if thing.kind == kind and thing.name != wrong]
    noun = wrong.split()[-1]
    named = [name for name in others if name.split()[-1] == noun]
    others = named if named and noun in instruction.casefold().split() else others
    words = set(re.findall(r"[a-z0-9]+", which)) - {"the", "other", "one", "another"}
    fit = [name for name in others if words <= {*name.lower().split(), kind}]
    if words and not fit:
        return None  # no word about a thing of this kind: an instruction of its own
    if not others:
        return Correction(hint=f"there is no other {kind} here than the {wrong}")
    answers = tuple(_with(instruction, wrong, name, kind, step) for name in fit)
    if len(fit) > 1:
        return Correction(question=Clarification(choices=tuple(fit), answers=answers))
    vague = wrong.casefold() not in instruction.casefold()  # who named the thing itself meant no other by that name
    return Correction(lines=answers, instead=instruction if vague else "")


def _with(instruction: str, wrong: str, name: str, kind: str, step: Step) -> str:
    """`instruction` about another thing: its name in the place of the wrong one's or its kind's, else the step."""
    for said in dict.fromkeys((wrong, wrong.split()[-1], kind)):
        which = r"(?:[\w-]+ ){0,2}" if said != wrong else ""  # "the big table" is one of the tables
        pattern = re.compile(rf"\b(?:(?:the|a|an|that|this) {which})?{re.escape(said)}\b", re.IGNORECASE)
        if len(pattern.findall(instruction)) == 1:
            return pattern.sub(f"the {name}", instruction)
    return step.text.replace(wrong, name)


def step_under_way(doing: str, steps: Sequence[Step]) -> Step | None:
    """The step that a line about what is going on begins with; the longest where several do."""
    fit = [step for step in steps if doing.startswith(step.text)]
    return max(fit, key=lambda step: len(step.text)) if fit else None
