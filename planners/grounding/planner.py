"""A planner that reads: the instruction is put into the scene's names and the options' amounts before it is scored.

A rule of the planner, whatever weighs the options. What cannot be read is refused by its name or asked about; what is
asked for a number of times is done that often; and of what was named and never dealt with, the decision says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from planners.corpus.lookup import approaches, goes
from planners.grounding.grounder import Grounder
from planners.grounding.reading import InstructionReader, Interprets, ReadInstruction
from planners.grounding.sequence import kept_to
from planners.planner import History, ScoredPlanner
from planners.standins import stands_at
from skillblend.contracts import Decision, Option, SceneState, Step
from skillblend.options import DONE, ENDS, REFUSE, ground_options

MOST_ASKED = 2
"""Answers to a question that are tried before it is asked."""

WANTED = 0.005
"""Share that an option needs to be taken because a thing that was named is still missing; counts are exact."""


class GroundedPlanner:
    """Reads, then asks `planner`.

    Attributes:
        name: The planner's own.

    Args:
        planner: Decides on what was read.
        grounder: Links words to things.
        orders: Whether an instruction of which every word is understood is done in that order, whatever `planner`
            would rather do; not of planners that are to show what they decide by themselves.
        interpreter: Says what is asked for where words are left over; None for nobody.
    """

    def __init__(
        self,
        planner: ScoredPlanner,
        grounder: Grounder,
        *,
        orders: bool = True,
        interpreter: Interprets | None = None,
    ) -> None:
        self.name = planner.name
        self._orders = orders
        self.planner = planner
        self.reader = InstructionReader(grounder, interpreter)

    def read(self, instruction: str, scene: SceneState, history: History = ()) -> ReadInstruction:
        """`instruction` as it was read in `scene` before anything was done: "the other one" stays what it was."""
        return self.reader.read(instruction, scene, history)

    def reword(self, instruction: str, scene: SceneState, history: History = ()) -> tuple[str, tuple[str, ...]]:
        """`instruction` with the scene's names, and what was read as what; amounts stay as they are."""
        return self.reader.reword(instruction, scene, history)

    def decide(
        self, instruction: str, scene: SceneState, history: History, affordances: Mapping[str, float]
    ) -> Decision:
        """Choose the next step on what `instruction` was read as.

        Raises:
            InputError: The instruction is not acceptable text, or an affordance no probability.
            UnknownNameError: An affordance for something that is no option here.
            PlanError: Every option has score 0.
        """
        read = self.read(instruction, scene, history)
        if read.why and not history:
            refused = self._never(read, scene, affordances)
            if refused is not None:
                return replace(refused, instruction=instruction, reading=read.notes)
            return _declined(self.name, instruction, scene, read)
        made = self.planner.decide(read.text, scene, history, affordances)
        made = replace(made, instruction=instruction, reading=(*read.notes, *made.reading), asked=read.asked)
        made = _accounted(made, read, history)
        return kept_to(made, read.sequence, history, scene) if read.sequence and self._orders else made

    def _never(self, read: ReadInstruction, scene: SceneState, affordances: Mapping[str, float]) -> Decision | None:
        """The refusal where no answer could be carried out, so that there is nothing to ask; None where one could."""
        made: Decision | None = None
        for answer in read.answers[:MOST_ASKED]:
            meant = self.read(answer, scene)
            if meant.why:
                return None
            made = self.planner.decide(meant.text, scene, (), affordances)
            if made.chosen.step != REFUSE:
                return None
        return made


def _declined(name: str, instruction: str, scene: SceneState, read: ReadInstruction) -> Decision:
    """A refusal by its reason, with the choices where it is a question; nothing is scored."""
    options = [
        Option(step=step, lm_score=float(step == REFUSE), affordance=1.0, reason=read.why if step == REFUSE else "")
        for step in ground_options(scene)
    ]
    options.sort(key=lambda option: option.lm_score, reverse=True)
    return Decision(
        instruction=instruction, history=(), options=tuple(options), chosen=options[0], planner=name,
        reading=read.notes, choices=read.choices, answers=read.answers,
    )  # fmt: skip


def _accounted(made: Decision, read: ReadInstruction, history: History) -> Decision:
    """`made`, where it is over too early with something else instead, or with what is missing."""
    if made.chosen.step == REFUSE and read.absent and not history:
        return made
    if made.chosen.step != DONE:
        return made
    wanted = _still_wanted(read, history)
    if not wanted:
        return made
    doing = next((step for step in read.asked if f"to {step.text}" in wanted), None)
    option = None if doing is None else _towards(doing, made, history)
    if option is not None:
        return _instead(made, option, wanted)
    for option in made.options:
        served = next((text for text in wanted.values() if _serves(option, text)), "")
        least = 0.0 if option.step.text == served else WANTED
        if served and option.allowed and option.affordance > 0.0 and option.lm_score >= least:
            return _instead(made, option, wanted)
    return replace(made, unaccounted=tuple(wanted))


def _instead(made: Decision, option: Option, wanted: Mapping[str, str]) -> Decision:
    """`made`, but for `option`, because something is still `wanted`."""
    chosen = replace(option, reason=f"still asked for: {', '.join(wanted)}")
    return replace(made, chosen=chosen, options=tuple(chosen if o is option else o for o in made.options))


def _towards(doing: Step, made: Decision, history: History) -> Option | None:
    """The option by which `doing` is done, or by which one goes where it is done; None where neither can be."""
    place = doing.arguments[stands_at(doing)] if doing.arguments else ""
    walks = [step for step, ok in history if ok and goes(step)]
    there = not place or (bool(walks) and walks[-1].arguments == (place,))
    for option in made.options:
        wanted = option.step == doing if there else approaches(option.step) and option.step.arguments == (place,)
        if wanted and option.allowed and option.affordance > 0.0:
            return option
    return None


def _serves(option: Option, text: str) -> bool:
    return option.step.behaviour not in ENDS and (option.step.text == text or text in option.step.arguments)


def _still_wanted(read: ReadInstruction, history: History) -> dict[str, str]:
    """What was asked for and has not been done: in words, and the option's text or the thing that serves it."""
    done = [step for step, ok in history if ok]
    missing = {f"the {name}": name for name in read.named if not any(name in step.arguments for step in done)}
    for step in read.asked:
        if sum(other == step for other in done) < read.asked.count(step):
            missing[f"to {step.text}"] = step.text
    for words, count in read.amounts.times:
        texts = [step.text for step in done]
        named = [name for name in read.named if name.lower() in words]
        about = [step for step in done if not named or any(name in step.arguments for name in named)]
        best = max((texts.count(step.text) for step in about), default=0)
        if best < count and about:
            most = max(about, key=lambda step: (texts.count(step.text), texts[::-1].index(step.text) * -1))
            missing[f"{words} ({best} of {count} times)"] = most.text
    return missing | _walks_wanted(read.amounts.metres, history)


def _walks_wanted(metres: Sequence[tuple[str, float]], history: History) -> dict[str, str]:
    missing: dict[str, str] = {}
    for way, length in metres:
        walked = sum(
            float(s.arguments[1]) for s, ok in history if ok and len(s.arguments) == 2 and s.arguments[0] == way
        )
        if walked < length - 1e-6:
            missing[f"{way} {length:g} m ({walked:g} m done)"] = way
    return missing
