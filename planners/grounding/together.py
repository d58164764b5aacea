"""Two things asked for at once: "raise your hands while you walk to the red marker" becomes one step of two halves.

Each half is read and decided by itself; halves that share no part of the body are paired, others are refused by the
parts that clash. Everything else goes through as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from planners.grounding.planner import GroundedPlanner
from planners.planner import History
from skillblend.behaviours import BEHAVIOURS
from skillblend.behaviours.together import shared
from skillblend.contracts import Decision, Option, SceneState, Step
from skillblend.contracts.pairs import TOGETHER, WHILE, pair
from skillblend.options import DONE, ENDS, REFUSE
from skillblend.safety.plan import PARTS
from skillblend.safety.vocabulary import verb_class

TRIES = 2
"""How often a pair is tried that does not succeed."""

_VERBS = (
    "walk", "go", "turn", "step", "move", "head", "come", "raise", "lift", "hold", "keep", "put", "touch", "press",
    "push", "reach", "stand", "stay", "wait",
)  # fmt: skip
_GERUNDS = {
    "putting": "put",
    "going": "go",
    "coming": "come",
    "raising": "raise",
    "moving": "move",
    "stepping": "step",
}
_VERB = "|".join([*_VERBS, *_GERUNDS, *(f"{verb}ing" for verb in _VERBS)])
_WHILE = rf"(?:while|as|and at the same time|at the same time as)(?: you(?: are|'re)?)? (?=(?:{_VERB})\b)"
_MIDDLE = re.compile(rf"(?P<one>.+?),? {_WHILE}(?P<other>.+)", re.IGNORECASE)
_FRONT = re.compile(rf"while(?: you(?: are|'re)?)? (?=(?:{_VERB})\b)(?P<other>[^,]+), (?P<one>.+)", re.IGNORECASE)
_THEN = re.compile(r"(?:[,;]? (?:and )?then |[;.] (?=\S))", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|never|no|without|don't|dont|avoid\w*|until|unless)\b", re.IGNORECASE)
_KEEP_UP = re.compile(
    r"\b(?:keep|hold) (?:your |both |both your |the )?(?:hands|arms) (?:up|raised|high|in the air)\b"
)


@dataclass(frozen=True)
class Apart:
    """An instruction taken apart.

    Attributes:
        before: What comes first; empty where nothing does.
        one, other: What is asked for at once.
        after: What comes then; empty where nothing does.
    """

    before: str
    one: str
    other: str
    after: str


def apart(instruction: str) -> Apart | None:
    """`instruction` around the first pair that it asks for; None where it asks for none, or forbids something."""
    if _NOT.search(instruction):
        return None
    pieces = [piece.strip(" .!") for piece in _THEN.split(instruction)]
    for number, piece in enumerate(pieces):
        found = _FRONT.fullmatch(piece) or _MIDDLE.fullmatch(piece)
        if found:
            before, after = ", then ".join(pieces[:number]), ", then ".join(pieces[number + 1 :])
            return Apart(before, _plain(found["one"]), _plain(found["other"]), after)
    return None


def _plain(words: str) -> str:
    """As an order: "walking there" is "walk there", and hands that are kept up are raised."""
    first, _, rest = words.strip().partition(" ")
    low = first.casefold()
    verb = _GERUNDS.get(low, low.removesuffix("ing") if low.removesuffix("ing") in _VERBS else low)
    return _KEEP_UP.sub("raise both hands", f"{verb} {rest}".strip())


class PairingPlanner:
    """Pairs what is asked for at once, then asks `planner`.

    Attributes:
        name: The planner's own.
        planner: Decides on each half.
    """

    def __init__(self, planner: GroundedPlanner) -> None:
        """Let `planner` decide on each half, and on all that is no pair."""
        self.planner = planner
        self.name = planner.name

    def reword(self, instruction: str, scene: SceneState, history: History = ()) -> tuple[str, tuple[str, ...]]:
        """As the planner does."""
        return self.planner.reword(instruction, scene, history)

    def decide(
        self, instruction: str, scene: SceneState, history: History, affordances: Mapping[str, float]
    ) -> Decision:
        """Choose the next step.

        Raises:
            InputError: The instruction is not acceptable text, or an affordance no probability.
            UnknownNameError: An affordance for something that is no option here.
            PlanError: Every option has score 0.
        """
        asked = apart(instruction)
        if asked is None:
            return self.planner.decide(instruction, scene, history, affordances)
        affordances = {text: value for text, value in affordances.items() if f" {WHILE} " not in text}
        tried = [k for k, (step, _) in enumerate(history) if step.behaviour == TOGETHER]
        paired = bool(tried) and history[tried[-1]][1]
        if paired or len(tried) >= TRIES:
            if asked.after and paired:
                made = self.planner.decide(asked.after, scene, history[tried[-1] + 1 :], affordances)
            else:
                made = _only(self._half(asked.one, scene, affordances), DONE, "both were done" if paired else "")
        else:
            made = self._first(asked, scene, history, affordances)
        return replace(made, instruction=instruction, history=tuple(history))

    def _first(self, asked: Apart, scene: SceneState, history: History, affordances: Mapping[str, float]) -> Decision:
        """What comes before the pair, what one half needs first, or the pair."""
        if asked.before:
            made = self.planner.decide(asked.before, scene, history, affordances)
            if made.chosen.step != DONE or made.unaccounted:
                return made
        one, other = (self._half(text, scene, affordances) for text in (asked.one, asked.other))
        for made in (one, other):
            if made.chosen.step.behaviour in ENDS:
                return made if made.chosen.step == REFUSE else _only(made, REFUSE, "half of it asks for nothing")
        first, second = _wanted(one, asked.one), _wanted(other, asked.other)
        if clash := shared(first.step, second.step):
            both = f"{first.step.text!r} and {second.step.text!r} both take the {' and the '.join(clash)}"
            return _only(one, REFUSE, f"{PARTS}: {both}; ask for one after the other")
        for made, want in ((one, first), (other, second)):
            if made.chosen.step != want.step:
                return made
        return _paired(one, first, second, other.reading)

    def _half(self, text: str, scene: SceneState, affordances: Mapping[str, float]) -> Decision:
        return self.planner.decide(text, scene, (), affordances)


def _wanted(made: Decision, text: str) -> Option:
    """What `text` asks for, whether it can be done from here or not: of one who first has to go there, what then."""
    best = max((o for o in made.options if o.step.behaviour not in ENDS), key=lambda option: option.lm_score)
    behaviour, verb = BEHAVIOURS[best.step.behaviour], verb_class(text.split(" ")[0].casefold())
    if not behaviour.approaches or verb in (None, behaviour.verb):
        return best
    there = (o for o in made.options if o.step.arguments == best.step.arguments)
    return next((o for o in there if BEHAVIOURS[o.step.behaviour].verb is verb), best)


def _paired(made: Decision, one: Option, other: Option, reading: tuple[str, ...]) -> Decision:
    """The pair, weighed by the product of both halves, before all else, which shares what is left."""
    step: Step = pair(one.step, other.step)
    score, chance = one.lm_score * other.lm_score, one.affordance * other.affordance
    chosen = Option(
        step=step, lm_score=score, affordance=chance, reason="both halves, as if one did not touch the other"
    )
    rest = [replace(option, lm_score=option.lm_score * (1.0 - score)) for option in made.options]
    notes = (f"at once: {one.step.text!r} and {other.step.text!r}",)
    return replace(made, options=(chosen, *rest), chosen=chosen, reading=(*made.reading, *reading, *notes))


def _only(made: Decision, step: Step, reason: str) -> Decision:
    """`made`, ended by `step` for a reason."""
    options = [
        replace(o, lm_score=float(o.step == step), reason=reason if o.step == step else "") for o in made.options
    ]
    options.sort(key=lambda option: option.lm_score, reverse=True)
    return replace(made, options=tuple(options), chosen=options[0], choices=(), answers=(), unaccounted=())
