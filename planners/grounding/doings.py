"""Verbs of behaviours that take hold of things, or move them: "hoist the tin" becomes "pick up the tin".

By lookup: only where the scene has, or would have with full hands, an option that does it. What is to be put
somewhere is picked up first, unless it is held, or the instruction says so itself; what is brought where nothing can
be put down is carried there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from planners import rx
from planners.corpus.lookup import possible_steps
from planners.corpus.phrases import plan_of, verb_of
from planners.grounding.looks import lexicon
from planners.grounding.pronouns import is_negated
from skillblend.contracts import SceneState, Step

_ON, _IN = r"(?:up )?(?:on|onto|on top of|upon|atop)", r"(?:in|into|inside|inside of)"
_TO = r"(?:to|towards?|over to|across to|back to|up to|as far as|against|at|next to|beside)"
_WAY = (
    r"(?: (?:back|down|up|over|across|along|away|straight|right|carefully|gently|quickly|slowly|safely|nicely|"
    r"please|with you|now))*"
)
_SIDES = ("left", "right")
_ASIDE = (
    r" (?:(?:a (?:little|bit|tad|touch|little bit|smidge|smidgen|fraction|wee bit)|some|over|along|across|further|"
    r"slightly|gently|"
    r"aside|just|more|out|away|off|up|down|on|sideways|carefully|a nudge|one step) )*"
    r"(?:(?:to|towards) )?(?:the |your )?"
)
_SOME = (
    r"(?:(?: (?:a (?:little |wee )?(?:bit|tad|smidge|smidgen|touch|little|fraction)|slightly|some|more|further|"
    r"on its table)))*"
)
_SOURCE = r"(?: (?:from|off|out of|from on|from inside|from the top of) (?:the )?{any})?"
_HANDS = r"(?: (?:with|in|into|between) (?:your|both)(?: own)? (?:hands|arms)| with you)?"
_FOR = r"(?: (?:me|us|him|her|them))?"
_AND = r"(?:,? and(?: then)?)?"
_REALLY = r"(?: (?:really|actually|now|please|both|all|finally|always))*"
_SHALL = (
    r"(?: (?:should|must|shall|ought to|has to|have to|needs? to|wants? to|"
    r"(?:is|are)(?: supposed)? to|belongs?|goes))"
)
_LIES = (
    r"(?: (?:to )?(?:be|go|end up|lie|sit|stand|rest|stay|belong|get|wind up|finish)"
    r"(?: (?:put|placed|moved|laid|set))?)"
)
_WANT = r"\b(?:(?:i|we)(?:'d| would)? (?:need|want|like|prefer)|(?:i|we) would love|let us have|let's have)"
"""How one says that a thing shall be somewhere, instead of asking to put it there."""

_INFLECTED = {
    "take": ("taking", "taken", "took"), "bring": ("bringing", "brought"), "throw": ("throwing", "thrown", "threw"),
    "hold": ("holding", "held"), "get": ("getting", "got", "gotten"), "leave": ("leaving", "left"),
    "lay": ("laying", "laid"), "stick": ("sticking", "stuck"), "put": ("putting", "put"), "set": ("setting", "set"),
    "shut": ("shutting", "shut"), "catch": ("catching", "caught"), "bend": ("bending", "bent"),
    "do": ("doing", "done"), "give": ("giving", "given", "gave"), "shoot": ("shooting", "shot"),
}  # fmt: skip
_DOUBLED = frozenset(["grab", "drop", "pop", "slam", "plop", "nab", "snap", "tug", "squat", "step"])


@dataclass(frozen=True)
class Doing:
    """A request for a step, and where it stands.

    Attributes:
        start, end: In the text.
        steps: What it takes, apart from the walks.
        to: The thing that is brought along to where nothing is put down; empty where there is none.
        form: 0 for the plain form of the verb, 1 for "-ing", 2 for the participle.
    """

    start: int
    end: int
    steps: tuple[Step, ...]
    to: str = ""
    form: int = 0


def takes(step: Step) -> bool:
    """Whether something is in hand after `step`."""
    return step.behaviour == verb_of("take")


def puts(step: Step) -> bool:
    """Whether `step` puts what is in hand somewhere."""
    return step.behaviour in (verb_of("put on"), verb_of("put in"))


def needs_hold(step: Step) -> bool:
    """Whether `step` is done with what is in hand."""
    return puts(step) or step.behaviour == verb_of("hand")


def inflected(verb: str) -> tuple[str, str]:
    """The "-ing" form and the participle of a verb."""
    if verb in _INFLECTED:
        forms = _INFLECTED[verb]
        return forms[0], forms[1] if len(forms) > 1 else verb
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ing", f"{verb}{verb[-1]}ed"
    return (f"{verb[:-1]}ing", f"{verb}d") if verb.endswith("e") else (f"{verb}ing", f"{verb}ed")


def in_form(text: str, form: int) -> str:
    """An option's text with its verb in another form: "picking up the tin"."""
    head, space, rest = text.partition(" ")
    return f"{(head, *inflected(head))[form]}{space}{rest}"


@cache
def _forms() -> dict[str, dict[str, int]]:
    """Forms of the verbs for each use, with their number."""
    found: dict[str, dict[str, int]] = {}
    for use, words in lexicon()["doings"].items():
        found[use] = {}
        for verb in words.split():
            found[use].setdefault(verb, 0)
            for number, form in enumerate((*inflected(verb), *_INFLECTED.get(verb, ())[2:]), start=1):
                found[use].setdefault(form, min(number, 2))
    return found


@cache
def _patterns(names: tuple[str, ...]) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """(use, where to, pattern) for a scene of `names`, the longest way of asking first."""
    one = "(?:" + "|".join(re.escape(name.lower()) for name in sorted(names, key=len, reverse=True)) + ")"
    thing = rf"(?:(?:the|that|this|your|my|a|an) )?{one}"
    things = rf"(?P<o>{thing}(?:(?:, and|,| and) (?:then )?{thing})*)"
    x, source = rf"(?:the |that |this )?(?P<x>{one})\b", _SOURCE.format(any=one)

    def verb(use: str) -> str:
        return rf"\b(?P<v>{'|'.join(sorted(_forms()[use], key=len, reverse=True))})"

    moved = rf"(?: up)?{_FOR}{_WAY} {things}{_WAY}{source}{_WAY}"
    taken = verb("take")
    shall, lies = rf"{_SHALL}{_REALLY}{_LIES}?{_REALLY}{_WAY}", rf"(?:{_LIES})?{_REALLY}{_WAY}"
    found = [
        ("put", verb_of("put on"), rf"{verb('put')}{moved}{_AND} {_ON} {x}"),
        ("put", verb_of("put in"), rf"{verb('put')}{moved}{_AND} {_IN} {x}"),
        ("take", verb_of("put on"), rf"{taken}(?: out)?{moved}{_AND} (?:onto|on to|on top of|over to) {x}"),
        ("take", verb_of("put in"), rf"{taken}(?: out)?{moved}{_AND} (?:into|in to|inside) {x}"),
        ("place", verb_of("put on"), rf"(?P<v>{_WANT}) {things}{lies} {_ON} {x}"),
        ("place", verb_of("put in"), rf"(?P<v>{_WANT}) {things}{lies} {_IN} {x}"),
        ("place", verb_of("put on"), rf"(?P<v>){things}{shall} {_ON} {x}"),
        ("place", verb_of("put in"), rf"(?P<v>){things}{shall} {_IN} {x}"),
        ("bring", "", rf"{verb('bring')}{moved} {_TO} {x}"),
        ("hand", verb_of("hand"), rf"{verb('hand')}{moved}{_WAY} {_TO} {x}"),
        ("hand", verb_of("hand"), rf"{verb('hand')} {x} {things}"),
        ("push", verb_of("push"), rf"{verb('push')}{_WAY} {things}{_WAY}{source}{_WAY} (?:{_TO}|{_ON}) {x}"),
        *((f"push {s}", verb_of(f"push {s}"), rf"{verb('push')} {things}{_ASIDE}{s}(?:wards?|"
            rf"-hand side)?\b{_SOME}") for s in _SIDES),
        ("shoot", verb_of("shoot"), rf"{verb('shoot')}{_WAY} {things}{_WAY} (?:{_TO}|{_IN}|for) {x}"),
        ("shoot", verb_of("shoot"), rf"{verb('shoot')}{_WAY} {things}(?!{_WAY} (?:{_TO}|{_IN}|for) {thing})"),
        ("shut", verb_of("shut"), rf"{verb('shut')}(?: up)? {things}(?: doors?)?(?: up| again)?\b"),
        ("take", verb_of("take"), rf"{taken}(?: up| hold of| out)?{_FOR}{_WAY} {things}(?: up)?{source}{_HANDS}"),
    ]  # fmt: skip
    return tuple((use, behaviour, rx.compiled(pattern)) for use, behaviour, pattern in found)


@cache
def _alone() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Ways of asking for what is about no thing, by behaviour."""
    ways = lexicon()["doings alone"]
    return tuple(
        (name, rx.compiled(r"\b(?:" + "|".join(sorted(words, key=len, reverse=True)) + r")(?![\w-])"))
        for name, words in ways.items()
    )


def hands_full(asked: Sequence[Step], load: str) -> str:
    """Why the steps that are `asked` for cannot be done one after the other; empty where they can."""
    for step in asked:
        if takes(step):
            if load and load != step.arguments[0]:
                return f"I can hold one thing at a time, and would hold the {load} already: say where to put it first"
            load = step.arguments[0]
        elif needs_hold(step) and step.arguments[0] == load:
            load = ""
    return ""


def read_doings(text: str, scene: SceneState) -> tuple[str, tuple[str, ...], tuple[Step, ...]]:
    """`text` by the options' own words, what was read as what, and the steps that were asked for, in order."""
    steps = possible_steps(scene.things)
    found = _find(text, scene, steps)
    if not found:
        return text, (), ()
    picked = {thing.name for thing in scene.things if _is_held(thing.name, scene)}
    picked |= {s.arguments[0] for doing in found if not doing.to for s in doing.steps if takes(s)}
    pieces: list[str] = []
    notes: list[str] = []
    asked: list[Step] = []
    at = 0
    for doing in found:
        wanted = doing.steps if is_negated(text[: doing.start]) else _with_picking(doing, steps, picked)
        said = text[doing.start : doing.end]
        words = " and ".join(in_form(step.text, doing.form) for step in wanted)
        if doing.to:
            words = f"{words}{' and ' if words else ''}{in_form('walk to the', doing.form)} {doing.to}"
        picked |= {step.arguments[0] for step in wanted if takes(step)}
        asked += [] if is_negated(text[: doing.start]) else wanted
        pieces += [text[at : doing.start], words.lower()]
        at = doing.end
        if said != words.lower():
            notes.append(f"read {said!r} as {words!r}")
    return "".join([*pieces, text[at:]]), tuple(notes), tuple(asked)


def _is_held(name: str, scene: SceneState) -> bool:
    thing = scene.thing(name)
    return f"held({name})" in scene.facts or (thing.held is not None and bool(thing.held[0]))


def _find(text: str, scene: SceneState, steps: Sequence[Step]) -> list[Doing]:
    """All requests of `text` that some option serves; of two that overlap, the one that is looked for first."""
    by = {(step.behaviour, *step.arguments): step for step in steps}
    found: list[Doing] = []

    def free(start: int, end: int) -> bool:
        return all(end <= doing.start or start >= doing.end for doing in found)

    for use, behaviour, pattern in _patterns(scene.names) if scene.names else ():
        for match in pattern.finditer(text):
            doing = _doing(match, use, behaviour, scene, by)
            if doing is not None and free(doing.start, doing.end):
                found.append(doing)
    for behaviour, pattern in _alone():
        step = by.get((behaviour,))
        for match in pattern.finditer(text) if step is not None else ():
            if step is not None and free(*match.span()):
                form = 1 if match.group().split()[0].endswith("ing") else 0
                found.append(Doing(match.start(), match.end(), (step,), form=form))
    return sorted(found, key=lambda doing: doing.start)


def _doing(
    match: re.Match[str], use: str, behaviour: str, scene: SceneState, by: Mapping[tuple[str, ...], Step]
) -> Doing | None:
    """What a match asks for; None where no option does it."""
    form = 0 if use == "place" else _forms()[use.split(" ")[0]][match.group("v")]
    names = {name.lower(): name for name in scene.names}
    things = [names[m.group(1)] for m in rx.finditer(_one(scene.names), match.group("o"))]
    where = names.get(match.groupdict().get("x") or "", "")
    if use == "bring":
        on = [by.get((put, thing, where)) for thing in things for put in (verb_of("put on"), verb_of("put in"))]
        steps = [step for step in on if step is not None]
        can = all((verb_of("take"), thing) in by or _is_held(thing, scene) for thing in things)
        if not steps:
            alone = len(things) == 1 and can and where != things[0]
            return (
                Doing(match.start(), match.end(), _picking(things[0], by, scene), where.lower(), form)
                if alone
                else None
            )
        return Doing(match.start(), match.end(), tuple(steps), form=form) if len(steps) == len(things) else None
    told = (where,) if where else ()
    if use.startswith("push "):
        behaviour, (_, *told) = plan_of(behaviour)[-1]
    made = [by.get((behaviour, thing, *map(str, told))) for thing in things]
    if use == "shoot" and where and scene.thing(where).kind == "goal":
        made = [step or by.get((behaviour, thing)) for step, thing in zip(made, things, strict=True)]
    steps = [step for step in made if step is not None]
    return Doing(match.start(), match.end(), tuple(steps), form=form) if len(steps) == len(things) else None


@cache
def _one(names: tuple[str, ...]) -> re.Pattern[str]:
    return rx.compiled("(" + "|".join(re.escape(n.lower()) for n in sorted(names, key=len, reverse=True)) + ")")


def _picking(name: str, by: Mapping[tuple[str, ...], Step], scene: SceneState) -> tuple[Step, ...]:
    step = by.get((verb_of("take"), name))
    return () if step is None or _is_held(name, scene) else (step,)


def _with_picking(doing: Doing, steps: Sequence[Step], picked: set[str]) -> tuple[Step, ...]:
    """The steps of `doing`; what is put somewhere and in nobody's hand is picked up before."""
    if doing.to:  # whoever carries picks up, unless that was said
        return tuple(step for step in doing.steps if step.arguments[0] not in picked)
    found: list[Step] = []
    for step in doing.steps:
        if needs_hold(step) and step.arguments[0] not in picked:
            found += [s for s in steps if takes(s) and s.arguments == step.arguments[:1]]
        found.append(step)
    return tuple(found)
