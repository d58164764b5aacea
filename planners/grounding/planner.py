"""A planner that reads: the instruction is put into the scene's names and the options' amounts before it is scored.

A rule of the planner, whatever weighs the options. What cannot be read is refused by its name or asked about; what is
asked for a number of times is done that often; and of what was named and never dealt with, the decision says so.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from planners.corpus.lookup import approaches, goes
from planners.grounding.amounts import Amounts, read_amounts
from planners.grounding.asides import narrated, without_asides
from planners.grounding.briefly import addressed, by_what_lies_there, what_lies_on, without_brevity
from planners.grounding.byways import without_byways
from planners.grounding.corrections import corrected
from planners.grounding.deeds import read_deeds
from planners.grounding.doings import hands_full, read_doings
from planners.grounding.elided import in_full, named_in_full
from planners.grounding.errands import read_errands
from planners.grounding.footing import read_footing
from planners.grounding.gestures import without_gestures
from planners.grounding.grounder import Grounder
from planners.grounding.hints import without_hints
from planners.grounding.idioms import look_first, with_speaker, without_idioms
from planners.grounding.offhand import with_care
from planners.grounding.piecewise import plainly
from planners.grounding.pronouns import load_of
from planners.grounding.rewording import Rewording, Rewriter
from planners.grounding.sequence import kept_to, read_sequence
from planners.grounding.smalltalk import without_smalltalk
from planners.grounding.spelling import respell
from planners.grounding.states import without_doors, without_states
from planners.grounding.unable import cannot
from planners.grounding.uses import by_use
from planners.grounding.wishes import without_wishes
from planners.planner import History, ScoredPlanner
from planners.prompt import normalise
from planners.standins import stands_at
from skillblend.contracts import Decision, Option, SceneState, Step
from skillblend.options import DONE, ENDS, REFUSE, ground_options

REMEMBERED = 256
"""Instructions whose reading is kept while they are carried out."""

MOST_ASKED = 2
"""Answers to a question that are tried before it is asked."""

WANTED = 0.005
"""Share that an option needs to be taken because a thing that was named is still missing; counts are exact."""


@dataclass(frozen=True)
class ReadInstruction:
    """An instruction in the scene's names and the options' amounts.

    Attributes:
        text: What the scorer is given.
        notes: What was read as what.
        why: Why it is refused or asked about; empty where it is clear.
        choices: What an unclear word may mean.
        answers: The instruction with each of them in its place.
        absent: Mentions of what is not here.
        named: Things that are spoken of.
        amounts: How often and how far.
        asked: Steps that take hold of things or move them, in the order in which they are asked for.
        sequence: All steps in order, where no word is left over; else none.
    """

    text: str
    notes: tuple[str, ...]
    why: str
    choices: tuple[str, ...]
    answers: tuple[str, ...]
    absent: tuple[str, ...]
    named: tuple[str, ...]
    amounts: Amounts
    asked: tuple[Step, ...] = ()
    sequence: tuple[Step, ...] = ()


_Words = tuple[Rewording, tuple[str, ...], tuple[Step, ...], tuple[Step, ...]]
"""What was linked, what was read as what, steps that take hold or move, and all steps where no word is left over."""


class GroundedPlanner:
    """Reads, then asks `planner`.

    Attributes:
        name: The planner's own.

    Args:
        planner: Decides on what was read.
        grounder: Links words to things.
        orders: Whether an instruction of which every word is understood is done in that order, whatever `planner`
            would rather do; not of planners that are to show what they decide by themselves.
    """

    def __init__(self, planner: ScoredPlanner, grounder: Grounder, *, orders: bool = True) -> None:
        self.name = planner.name
        self._orders = orders
        self.planner = planner
        self._rewriter = Rewriter(grounder)
        self._memory: OrderedDict[tuple[str, ...], _Words] = OrderedDict()

    def read(self, instruction: str, scene: SceneState, history: History = ()) -> ReadInstruction:
        """`instruction` as it was read in `scene` before anything was done: "the other one" stays what it was."""
        words, deeds, asked, sequence = self._words(instruction, scene, history)
        amounts = read_amounts(words.text, scene)
        return ReadInstruction(
            text=amounts.text if amounts.text != normalise(instruction) else instruction,
            notes=(*words.notes, *deeds, *amounts.notes),
            why=words.why or amounts.why or hands_full(asked, load_of(scene)) or _missing(words),
            choices=words.choices,
            answers=words.answers,
            absent=words.absent,
            named=words.named,
            amounts=amounts,
            asked=asked,
            sequence=sequence,
        )

    def reword(self, instruction: str, scene: SceneState, history: History = ()) -> tuple[str, tuple[str, ...]]:
        """`instruction` with the scene's names, and what was read as what; amounts stay as they are."""
        words, deeds, *_ = self._words(instruction, scene, history)
        return (words.text, (*words.notes, *deeds)) if words.text != normalise(instruction) else (instruction, ())

    def _words(self, instruction: str, scene: SceneState, history: History) -> _Words:
        """The instruction in the scene's names and the usual verbs."""
        key = (instruction, *scene.names)
        if told := narrated(normalise(instruction)):
            return Rewording(text=normalise(instruction), why=told), (), (), ()
        if not history or key not in self._memory:
            plain = without_smalltalk(respell(normalise(instruction), scene.names), scene.names)
            plain = by_what_lies_there(plain, scene)
            plain = by_use(with_care(plain, scene.names), scene.names, [thing.kind for thing in scene.things])
            words = self._rewriter.read(
                without_doors(in_full(look_first(with_speaker(plain, scene), scene), scene)), scene
            )
            linked = words.text
            words = self._asked_for(words, scene)
            text, feet = read_footing(words.text, scene)
            text, idioms = without_idioms(text, scene)
            text, hints = without_hints(text, scene)
            text, gestures = without_gestures(text, scene)
            text, wishes = without_wishes(text, scene)
            text, brief = without_brevity(text, scene)
            text, byways = without_byways(text, scene)
            text, elided, why = named_in_full(text, scene)
            text, errands = read_errands(text, scene)
            text, doings, steps = read_doings(text, scene)
            text, deeds = read_deeds(text, scene)
            words = replace(words, why=words.why or why or cannot(text, scene))
            sequence = read_sequence(read_amounts(text, scene).text, scene)
            whole = bool(sequence) or bool(words.choices) or bool(words.absent)
            plain, said = ("", "") if whole else plainly(text, scene)
            if not plain and not whole:
                plain, said = plainly(linked, scene)
            if plain:
                plain, _, steps = read_doings(plain, scene)
                text = said
                words = replace(words, why=cannot(plain, scene))
                sequence = read_sequence(read_amounts(plain, scene).text, scene)
            notes = (*feet, *idioms, *hints, *gestures, *wishes, *brief, *byways, *elided, *errands, *doings, *deeds)
            self._memory[key] = replace(words, text=text), notes, steps, sequence
            self._memory.move_to_end(key)
            if len(self._memory) > REMEMBERED:
                self._memory.popitem(last=False)
        return self._memory[key]

    def _asked_for(self, words: Rewording, scene: SceneState) -> Rewording:
        """`words` without what was taken back or told beside a request, which nothing is asked about."""
        movable = [thing.name for thing in scene.things if thing.motion in ("free", "hinge", "slide")]
        text = addressed(what_lies_on(corrected(words.text, scene.names), scene), scene)
        text, states = without_states(text, scene)
        text = without_asides(text, scene.names, movable)
        if text == words.text:
            return words
        left = self._rewriter.read(text, scene)
        return replace(left, notes=(*words.notes, *states, *left.notes))

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


def _missing(words: Rewording) -> str:
    """That something is spoken of which is here in another colour or stuff alone."""
    return f"there is no such thing here: {', '.join(words.absent)}" if words.absent else ""


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
