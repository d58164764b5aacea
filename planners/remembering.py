"""A planner that remembers: what was carried out before makes the same steps likelier, and nothing else.

It decides as without, prohibitions and all, and only then looks whether an instruction that asks for the same was
carried out here. The next step of that plan is a proposal: its share grows, everybody else's shrinks, and what has
the highest product of share and value is done. What was refused stays refused, what a rule forbids or what has no
value is not proposed, a plan is not over any earlier, and after a step that failed nothing is proposed any more.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from planners.agreement import binding_words
from planners.grounding.amounts import Amounts, read_amounts
from planners.planner import History
from planners.prompt import normalise
from planners.retrieval import Encoder
from planners.variants import SUFFIX
from skillblend.contracts import Array, Decision, Option, Planner, SceneState, Step
from skillblend.episodes import EpisodeStore
from skillblend.errors import BundleError, InputError
from skillblend.options import ENDS, REFUSE
from skillblend.remembered import Remembered, SceneSignature, signature_of
from skillblend.safety.heeding import HeedingPlanner
from skillblend.safety.prohibitions import read

log = logging.getLogger(__name__)

ALIKE = 0.6
"""Cosine of two requests' sentence embeddings from which on they may ask for the same, where what must agree does.

Source: `planners/data/tuning/field_kitchen.json` beside `kitchen_before.json`: pairs that ask for the same and agree
have 0.68 to 0.94, a polite word more takes off a quarter.
"""

SAME_PLACE = 0.5
"""Likeness of two scenes from which on a plan of one may do in the other."""

KEPT = 256
"""Instructions for which what was recalled is kept while they are carried out."""


@dataclass(frozen=True, kw_only=True)
class Recollection:
    """An instruction that asks for the same.

    Attributes:
        entry: What was carried out.
        alike: Cosine of both requests; 1 for equal ones.
        weight: Share that its next step is given, in [0, 1]: how like request and scene are, times how far the entry
            can be trusted.
        same: The same request in an equal scene.
    """

    entry: Remembered
    alike: float
    weight: float
    same: bool

    def following(self, history: History) -> Step | None:
        """The step that comes after `history`; None where something else was done, or one step failed."""
        plan, done = self.entry.plan, tuple(step for step, _ in history)
        if len(done) >= len(plan) or plan[: len(done)] != done or not all(ok for _, ok in history):
            return None
        return plan[len(done)]

    def note(self) -> str:
        """For the record of a decision."""
        how = "the same" if self.same else f"{self.alike:.2f} alike"
        return f"remembered {self.entry.instruction!r} ({how}): carried out {self.entry.times} times"


class RememberingPlanner(HeedingPlanner):
    """A planner with the rule for prohibitions before it and a memory behind it.

    Args:
        planner: Decides.
        store: What was carried out.
        robot: Whose plans are used, next to those that nobody carried out.
        judge: What verifies what is taken in.
        code: Commit of the program, kept with what is taken in.
        encoder: Sentence embeddings; loaded at the first request that is like another and not the same.
    """

    def __init__(
        self, planner: Planner, store: EpisodeStore, *, robot: str, judge: str = "", code: str = "",
        encoder: Encoder | None = None,
    ) -> None:  # fmt: skip
        super().__init__(planner.planner if isinstance(planner, HeedingPlanner) else planner)
        self.name = f"{planner.name}{SUFFIX}"
        self._store, self._robot, self._judge, self._code = store, robot, judge, code
        self._encoder, self._likes = encoder, True
        self._latest: tuple[str, int, list[int]] = ("", 0, [])
        self._recalled: OrderedDict[tuple[str, ...], list[Recollection]] = OrderedDict()

    def decide(
        self, instruction: str, scene: SceneState, history: History, affordances: Mapping[str, float]
    ) -> Decision:
        """Choose the next step among what the instruction does not forbid, mindful of what was done before.

        Raises:
            InputError: The instruction is not acceptable text.
            PlanError: No option can be chosen.
        """
        made = replace(super().decide(instruction, scene, history, affordances), planner=self.name)
        key = (instruction, *scene.names)
        if made.chosen.step == REFUSE:
            self._recalled.pop(key, None)
            return made
        if not history or key not in self._recalled:
            self._recalled[key] = self._recall(instruction, scene)
            self._recalled.move_to_end(key)
            if len(self._recalled) > KEPT:
                self._recalled.popitem(last=False)
        return proposed(made, self._recalled[key], history)

    def request(self, instruction: str, scene: SceneState) -> Amounts:
        """What is asked for, beside what is forbidden: in the scene's names and the options' amounts."""
        reword: Any = getattr(self.planner, "reword", None)
        text = instruction if reword is None else reword(instruction, scene, ())[0]
        return read_amounts(normalise(read(text, scene.things).request), scene)

    def learn(
        self, instruction: str, scene: SceneState, steps: Sequence[Mapping[str, Any]], decisions: Sequence[Decision],
        *, success: bool,
    ) -> str:  # fmt: skip
        """Take in how an instruction went that began in `scene`; why that could not be kept, "" where it was.

        Kept is what succeeded at the first try, step by step as it was decided. How the use of what was remembered
        ended is counted in any case, unless somebody changed the plan.
        """
        self._latest = ("", 0, [])
        plan = [made.chosen.step for made in decisions if made.chosen.step.behaviour not in ENDS]
        if [entry["text"] for entry in steps] != [step.text for step in plan][: len(steps)] or not steps:
            return ""
        numbers = sorted({number for made in decisions for number in made.remembered})
        try:
            new = self._verified(instruction, scene, plan, steps) if success else None
            used = [e for e in self._store.episodes() if e.number in numbers]
            own = next((e.number for e in used if new is not None and _equal(new, e)), 0)
            if numbers:
                self._store.used(numbers, success=success)
            if new is not None:
                own = own or self._store.add(new)
        except InputError as error:
            return f"not kept: {error}"
        self._latest = (instruction, own, numbers)
        return ""

    def mistaken(self, instruction: str) -> None:
        """Drop what was kept of `instruction`, where that was the latest; what was used for it failed."""
        (latest, own, numbers), self._latest = self._latest, ("", 0, [])
        if latest != instruction:
            return
        try:
            if own:
                self._store.forget(own)
            if numbers:
                self._store.used(numbers, success=False)
        except InputError as error:
            log.warning("a correction cannot be kept: %s", error)

    def lines(self) -> list[str]:
        """All that is kept, for people."""
        try:
            found = [entry.line() for entry in self._store.episodes()]
        except InputError as error:
            return [f"  {error}"]
        over = self._store.passed_over
        return [*found, *([f"  {over} more that can no longer be done, or are damaged"] if over else [])]

    def forget(self, number: int) -> str:
        """Drop one; what there is to say about it."""
        try:
            gone = self._store.forget(number)
        except InputError as error:
            return str(error)
        self._recalled.clear()
        return f"forgotten: episode {number}" if gone else f"there is no episode {number}; `memory` lists them"

    def _verified(
        self, instruction: str, scene: SceneState, plan: Sequence[Step], steps: Sequence[Mapping[str, Any]]
    ) -> Remembered | None:
        asked = self.request(instruction, scene)
        if len(steps) != len(plan) or not all(entry["success"] for entry in steps) or asked.why or not asked.text:
            return None
        return Remembered(
            instruction=instruction, request=asked.text, scene=signature_of(scene), plan=tuple(plan),
            verdicts=tuple(str(entry["reason"]) for entry in steps), robot=self._robot, judge=self._judge,
            code=self._code,
        )  # fmt: skip

    def _recall(self, instruction: str, scene: SceneState) -> list[Recollection]:
        """What asks for the same: the same request in an equal scene first, then what has most weight."""
        asked, here = self.request(instruction, scene), signature_of(scene)
        if asked.why or not asked.text:
            return []
        try:
            kept = self._store.episodes()
        except InputError as error:
            log.warning("nothing is remembered: %s", error)
            return []
        near = [e for e in kept if e.robot in (self._robot, "") and _fits(e, here) and _agrees(e, asked.text, scene)]
        others = [entry for entry in near if entry.request != asked.text]
        cosines = iter(self._cosines(asked.text, [entry.request for entry in others]))
        found: list[Recollection] = []
        for entry in near:
            alike = 1.0 if entry.request == asked.text else float(next(cosines))
            if alike >= ALIKE:
                like = (alike - ALIKE) / (1.0 - ALIKE) * entry.scene.likeness(here)
                same = entry.request == asked.text and entry.scene == here
                found.append(Recollection(entry=entry, alike=alike, weight=like * entry.trust, same=same))
        return sorted(found, key=lambda one: (not one.same, -one.weight, one.entry.number))

    def _cosines(self, text: str, others: Sequence[str]) -> Sequence[float] | Array:
        """Of the embeddings; without an encoder nothing is like anything else."""
        if not others:
            return []
        try:
            if self._encoder is None and self._likes:
                from planners.retrieval import SentenceEncoder

                self._encoder = SentenceEncoder()
        except BundleError as error:
            self._likes = False
            log.warning("only the same requests are remembered: %s", error)
        if self._encoder is None:
            return [0.0] * len(others)
        vectors = self._encoder.embed([text, *others])
        return vectors[1:] @ vectors[0]


def proposed(made: Decision, found: Sequence[Recollection], history: History) -> Decision:
    """`made`, with the share of the next step of what was remembered grown by its weight."""
    for one in found:
        step = one.following(history)
        option = next((o for o in made.options if o.step == step), None)
        if option is None or not option.allowed or not option.affordance > 0.0:
            continue
        return _raised(made, option, one)
    return made


def _raised(made: Decision, option: Option, one: Recollection) -> Decision:
    if made.chosen.step == REFUSE:
        return made
    times = f"remembered: carried out {one.entry.times} times"
    rest, w = 1.0 - one.weight, one.weight
    grown = replace(
        option, lm_score=rest * option.lm_score + w, reason="; ".join(filter(None, (option.reason, times)))
    )
    shares = {
        other.step.text: grown if other is option else replace(other, lm_score=rest * other.lm_score)
        for other in made.options
    }
    options = sorted(shares.values(), key=lambda o: (o.score, o.lm_score), reverse=True)
    best = max(made.options, key=lambda o: o.score)
    own = shares[made.chosen.step.text]
    by_score = made.chosen.score >= best.score  # else a rule of the planner's chose it, which stays
    chosen = grown if made.chosen is option or (by_score and grown.score > own.score) else own
    return replace(
        made, options=tuple(options), chosen=chosen, reading=(*made.reading, one.note()),
        remembered=(one.entry.number,) if chosen is grown else (),
        unaccounted=() if chosen is grown else made.unaccounted,
    )  # fmt: skip


def _fits(entry: Remembered, here: SceneSignature) -> bool:
    """Whether the things of a plan are here, as they were there, in a scene that is like that one."""
    kinds, words = dict(entry.scene.things), {word for step in entry.plan for word in step.arguments}
    about = sorted(words & set(kinds))
    as_there = all((name, kinds[name]) in here.things for name in about)
    return as_there and entry.scene.about(about) == here.about(about) and entry.scene.likeness(here) >= SAME_PLACE


def _agrees(entry: Remembered, request: str, scene: SceneState) -> bool:
    """Whether what must agree does."""
    names = [*scene.names, *(name for name, _ in entry.scene.things)]
    return binding_words(entry.request, names, scene) == binding_words(request, names, scene)


def _equal(one: Remembered, other: Remembered) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("request", "robot", "scene", "plan"))
