"""Reads an instruction: the scene's names and the options' amounts in the place of the words that were typed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from planners.grounding.amounts import Amounts, read_amounts
from planners.grounding.asides import narrated, without_asides
from planners.grounding.briefly import addressed, by_what_lies_there, what_lies_on, without_brevity
from planners.grounding.byways import without_byways
from planners.grounding.corrections import corrected
from planners.grounding.deeds import read_deeds
from planners.grounding.doings import hands_full, needs_hold, puts, read_doings, takes
from planners.grounding.elided import in_full, named_in_full
from planners.grounding.errands import read_errands
from planners.grounding.footing import read_footing
from planners.grounding.gestures import without_gestures
from planners.grounding.grounder import Grounder
from planners.grounding.hints import without_hints
from planners.grounding.idioms import look_first, with_speaker, without_idioms
from planners.grounding.offhand import with_care
from planners.grounding.piecewise import plainly
from planners.grounding.places import rests
from planners.grounding.pronouns import load_of
from planners.grounding.rewording import Rewording, Rewriter
from planners.grounding.sequence import read_sequence
from planners.grounding.smalltalk import without_smalltalk
from planners.grounding.spelling import respell
from planners.grounding.states import without_doors, without_states
from planners.grounding.unable import cannot, is_guess
from planners.grounding.uses import by_use
from planners.grounding.wishes import without_wishes
from planners.planner import History
from planners.prompt import normalise
from skillblend.contracts import SceneState, Step
from skillblend.options import UNABLE

if TYPE_CHECKING:
    from planners.interpreting.interpreter import Interpretation

REMEMBERED = 256
"""Instructions whose reading is kept while they are carried out."""


SURE, SURER, SUREST = 0.5, 0.8, 0.9
"""Least probability of an interpretation that is taken: where words were left over; where they are unclear to the
patterns, refused on a guess, or name nothing that it is about; and where patterns read them as something else."""


class Interprets(Protocol):
    """Whatever says what a request asks for; `planners.interpreting.interpreter` does it with a language model."""

    def interpret(self, text: str, scene: SceneState) -> Interpretation | None:
        """Steps, or that there are none; None where it cannot tell."""
        ...


@dataclass(frozen=True)
class ReadInstruction:
    """An instruction in the scene's names and the options' amounts.

    Attributes:
        text: What the scorer is given.
        linked: The words with the scene's names in the place of mentions, and nothing else changed.
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
    linked: str
    notes: tuple[str, ...]
    why: str
    choices: tuple[str, ...]
    answers: tuple[str, ...]
    absent: tuple[str, ...]
    named: tuple[str, ...]
    amounts: Amounts
    asked: tuple[Step, ...] = ()
    sequence: tuple[Step, ...] = ()


@dataclass(frozen=True)
class _Words:
    """What was linked, what was read as what, steps that take hold or move, all steps where no word is left over."""

    words: Rewording
    notes: tuple[str, ...] = ()
    asked: tuple[Step, ...] = ()
    sequence: tuple[Step, ...] = ()
    linked: str = ""


class InstructionReader:
    """Reads instructions, and remembers how.

    Args:
        grounder: Links words to things.
        interpreter: Asked where a request is not understood as it was said; None for nobody.
    """

    def __init__(self, grounder: Grounder, interpreter: Interprets | None = None) -> None:
        self._rewriter = Rewriter(grounder)
        self._interpreter = interpreter
        self._memory: OrderedDict[tuple[str, ...], _Words] = OrderedDict()
        self._reworded: tuple[tuple[str, ...], str] = (), ""
        self._meant: OrderedDict[tuple[str, ...], Interpretation | None] = OrderedDict()

    def read(self, instruction: str, scene: SceneState, history: History = ()) -> ReadInstruction:
        """`instruction` as it was read in `scene` before anything was done: "the other one" stays what it was."""
        reworded, said = self._reworded
        if reworded == (instruction, *scene.names) and said != instruction:
            return self.read(said, scene, history)
        found = self._words(instruction, scene, history)
        words, deeds, asked, sequence = found.words, found.notes, found.asked, found.sequence
        amounts = read_amounts(words.text, scene)
        full = hands_full(asked, load_of(scene))
        read = ReadInstruction(
            linked=found.linked,
            text=amounts.text if amounts.text != normalise(instruction) else instruction,
            notes=(*words.notes, *deeds, *amounts.notes),
            why=words.why or amounts.why or full or _missing(words),
            choices=words.choices,
            answers=words.answers,
            absent=words.absent,
            named=words.named,
            amounts=amounts,
            asked=asked,
            sequence=sequence,
        )
        exact = words.text == normalise(instruction) or bool(amounts.times) or bool(amounts.metres)
        firm = read.why not in ("", full) and not read.choices and not is_guess(read.why)
        if self._interpreter is None or firm or (exact and (sequence or read.choices)) or not scene.names:
            return read
        return self._interpreted(read, self._interpreter, instruction, scene, history)

    def _interpreted(
        self, read: ReadInstruction, interpreter: Interprets, instruction: str, scene: SceneState, history: History
    ) -> ReadInstruction:
        """`read`, or what the interpreter takes it for."""
        key = (instruction, *scene.names)
        if not history or key not in self._meant:
            self._meant[key] = _together(interpreter, (read.text, read.linked), scene)
            _keep(self._meant, key)
        meant = self._meant[key]
        if meant is None or meant.unclear or meant.probability < _least(read, meant, scene):
            return read
        if meant.refused:
            note = f"interpreted: {UNABLE} ({meant.probability:.2f})"
            return read if read.why or read.choices else replace(read, why=UNABLE, notes=(*read.notes, note))
        if meant.steps == read.sequence:
            return read
        note = f"interpreted as {', then '.join(step.text for step in meant.steps)} ({meant.probability:.2f})"
        asked = tuple(step for step in meant.steps if takes(step) or needs_hold(step))
        return replace(
            read, why="", choices=(), answers=(), absent=(), sequence=meant.steps, asked=asked, named=(),
            notes=(*read.notes, note),
        )  # fmt: skip

    def reword(self, instruction: str, scene: SceneState, history: History = ()) -> tuple[str, tuple[str, ...]]:
        """`instruction` with the scene's names, and what was read as what; amounts stay as they are.

        Whoever hands the result to `read` next is told what was made of what had been said.
        """
        found = self._words(instruction, scene, history)
        words, deeds = found.words, found.notes
        if words.text == normalise(instruction):
            self._reworded = (), ""  # it may be what something else was reworded to
            return instruction, ()
        self._reworded = (words.text, *scene.names), instruction
        return words.text, (*words.notes, *deeds)

    def _words(self, instruction: str, scene: SceneState, history: History) -> _Words:
        """The instruction in the scene's names and the usual verbs."""
        key = (instruction, *scene.names)
        if told := narrated(normalise(instruction)):
            return _Words(Rewording(text=normalise(instruction), why=told), linked=normalise(instruction))
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
            self._memory[key] = _Words(replace(words, text=text), notes, steps, sequence, linked)
            _keep(self._memory, key)
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


def _least(read: ReadInstruction, meant: Interpretation, scene: SceneState) -> float:
    """The probability from which on `meant` counts."""
    put = [rests(scene, step.arguments[0], step.arguments[1]) for step in meant.steps if puts(step)]
    if read.sequence or (put and all(put)):  # everything would be put where it lies already
        return SUREST
    guessed = any(name not in read.named for step in meant.steps for name in step.arguments if name in scene.names)
    return SURER if read.choices or read.why or guessed else SURE


def _together(interpreter: Interprets, texts: Sequence[str], scene: SceneState) -> Interpretation | None:
    """What `texts`, forms of one request, are taken for, with the mean of its probabilities.

    Where the first is sure, nobody asks about the others.
    """
    found: list[Interpretation] = []
    for text in dict.fromkeys(map(normalise, texts)):
        meant = interpreter.interpret(text, scene)
        if meant is None:
            return None
        found.append(meant)
        if meant.probability >= SUREST:
            return meant
    best = max(found, key=lambda meant: meant.probability)
    alike = [m for m in found if (m.steps, m.refused, m.unclear) == (best.steps, best.refused, best.unclear)]
    return replace(best, probability=sum(m.probability for m in alike) / len(found))


def _keep(memory: OrderedDict[tuple[str, ...], Any], key: tuple[str, ...]) -> None:
    """Make `key` the latest, and forget the oldest of too many."""
    memory.move_to_end(key)
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)


def _missing(words: Rewording) -> str:
    """That something is spoken of which is here in another colour or stuff alone."""
    return f"there is no such thing here: {', '.join(words.absent)}" if words.absent else ""
