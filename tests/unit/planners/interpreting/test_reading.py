"""Where words are left over, the interpreter says what is asked for; elsewhere nobody asks it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from planners.corpus.lookup import possible_steps
from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner
from planners.grounding.reading import InstructionReader
from planners.interpreting.interpreter import Interpretation
from planners.interpreting.talk import talk_scenes
from planners.oracle import ScriptScorer
from planners.planner import ScoredPlanner
from skillblend.contracts import SceneState
from skillblend.options import UNABLE
from skillblend.plan_run import PlanRun

KITCHEN = talk_scenes()["kitchen"]
STEPS = {step.text: step for step in possible_steps(KITCHEN.things)}
ODD = "the mug has grown tired of its counter, anna could cheer it up"


class Told:
    """Says what it was told to say."""

    def __init__(self, *steps: str, probability: float = 0.9, unclear: bool = False) -> None:
        self.meant = Interpretation(
            steps=tuple(STEPS[text] for text in steps),
            refused=not steps and not unclear,
            unclear=unclear,
            probability=probability,
        )
        self.asked: list[str] = []

    def interpret(self, text: str, scene: SceneState) -> Interpretation:
        assert scene.names
        self.asked.append(text)
        return self.meant


@pytest.fixture
def carried(grounder: Grounder) -> Callable[[str, Told], PlanRun]:
    """The plan if every step succeeds, of a scorer that would refuse."""

    def run(instruction: str, told: Told) -> PlanRun:
        carried = PlanRun(instruction)
        scorer = ScoredPlanner("toy", ScriptScorer(["refuse"]))
        planner = GroundedPlanner(scorer, grounder, interpreter=told)
        while not carried.over:
            carried.options(KITCHEN, None)
            step = carried.take(planner.decide(instruction, KITCHEN, carried.history, {}))
            if step is not None:
                carried.record(step, success=True)
        return carried

    return run


def test_what_it_says_is_done_with_the_walks_between(carried: Callable[[str, Told], PlanRun]) -> None:
    told = Told("pick up the mug", "hand the mug to anna")
    run = carried(ODD, told)
    assert [done.step.text for done in run.done] == [
        "walk to the mug", "pick up the mug", "walk to the anna", "hand the mug to anna",
    ]  # fmt: skip
    assert run.ending is not None and run.ending.success
    assert len(told.asked) == 1
    note = "interpreted as pick up the mug, then hand the mug to anna (0.90)"
    assert all(note in made.reading for made in run.decisions)
    assert run.decisions[0].asked == told.meant.steps


def test_a_second_form_is_read_where_it_is_not_sure_of_the_first(grounder: Grounder) -> None:
    said = "would you be so kind and let the bell ring, as it were"
    read = InstructionReader(grounder).read(said, KITCHEN)
    assert read.linked != read.text
    for probability, texts in ((0.95, [read.text]), (0.7, [read.text, read.linked])):
        told = Told("press the bell", probability=probability)
        InstructionReader(grounder, told).read(said, KITCHEN)
        assert told.asked == texts


def test_it_may_say_that_no_option_does_that(carried: Callable[[str, Told], PlanRun]) -> None:
    run = carried(ODD, Told())
    assert run.ending is not None and run.ending.refused and run.ending.reason == UNABLE


@pytest.mark.parametrize(("probability", "taken"), [(0.7, False), (0.9, True)])
def test_it_must_be_surer_of_things_that_nobody_named(probability: float, taken: bool, grounder: Grounder) -> None:
    """ "Go to the oven" is not the fridge."""
    for said, surely in (("go to the oven", taken), ("go to the lid of the fridge", True)):
        told = Told("walk to the fridge", probability=probability)
        read = InstructionReader(grounder, told).read(said, KITCHEN)
        assert told.asked
        assert bool(read.sequence) is surely


@pytest.mark.parametrize(("place", "surely"), [("kitchen counter", False), ("dining table", True)])
def test_it_must_be_surer_where_things_would_stay_where_they_lie(
    place: str, surely: bool, grounder: Grounder
) -> None:
    told = Told("pick up the mug", f"put the mug on the {place}", probability=0.7)
    said = f"the mug has grown tired of its counter, the {place} would cheer it up"
    assert bool(InstructionReader(grounder, told).read(said, KITCHEN).sequence) is surely


def test_what_was_reworded_is_read_as_it_was_said(grounder: Grounder) -> None:
    """The rule of prohibitions hands the planner the reworded request."""
    told = Told("pick up the mug", "hand the mug to anna", probability=0.95)
    reader = InstructionReader(grounder, told)
    for said in ("the cup, it belongs in anna's hands, right?", "ring it, the bell"):
        text, _ = reader.reword(said, KITCHEN)
        assert text != said and reader.read(text, KITCHEN) == reader.read(said, KITCHEN)
        assert reader.read(said, KITCHEN).sequence == told.meant.steps


def test_what_is_said_plainly_is_not_taken_for_what_was_reworded_to_it(grounder: Grounder) -> None:
    """ "Press the bell", after "ring the bell" had been taken for something else, was that, too."""
    reader = InstructionReader(grounder, Told("crouch", probability=0.95))
    text, _ = reader.reword("ring the bell", KITCHEN)
    assert [step.text for step in reader.read(text, KITCHEN).sequence] == ["crouch"]
    assert text == "press the bell" and reader.reword(text, KITCHEN) == (text, ())
    assert [step.text for step in reader.read(text, KITCHEN).sequence] == ["press the bell"]


@pytest.mark.parametrize("steps", [("press the bell",), ()])
def test_what_it_is_not_sure_of_is_left_to_the_planner(steps: tuple[str, ...], grounder: Grounder) -> None:
    unsure = InstructionReader(grounder, Told(*steps, probability=0.2)).read(ODD, KITCHEN)
    alone = InstructionReader(grounder).read(ODD, KITCHEN)
    assert unsure == alone


@pytest.mark.parametrize(
    "understood",
    [
        "press the bell",
        "Go to the marker.",
        "Pick up the apple, then hand the apple to anna.",
        "press the bell three times",
    ],
)
def test_it_is_not_asked_what_is_clear_or_unclear_as_it_is_said(understood: str, grounder: Grounder) -> None:
    told = Told("press the bell")
    read = InstructionReader(grounder, told).read(understood, KITCHEN)
    assert not told.asked
    assert read.sequence or read.choices


@pytest.mark.parametrize(
    ("said", "probability", "taken"),
    [
        ("ring it, the bell", 0.95, True),  # read by patterns, too, but as something else
        ("ring it, the bell", 0.85, False),
        ("a hand on the dining table, nothing fancy", 0.9, True),  # refused by patterns: nobody is called "on"
        ("a hand on the dining table, nothing fancy", 0.7, False),
    ],
)
def test_it_must_be_surer_where_patterns_say_something_else(
    said: str, probability: float, taken: bool, grounder: Grounder
) -> None:
    alone = InstructionReader(grounder).read(said, KITCHEN)
    assert alone.sequence or alone.why
    read = InstructionReader(grounder, Told("press the bell", "crouch", probability=probability)).read(said, KITCHEN)
    assert (read != alone) is taken
    assert not taken or ([step.text for step in read.sequence] == ["press the bell", "crouch"] and not read.why)


@pytest.mark.parametrize(
    ("told", "asks"),
    [
        (Told(unclear=True), True),
        (Told("walk to the white marker", probability=0.7), True),
        (Told(), True),
        (Told("walk to the white marker"), False),
    ],
)
def test_a_question_is_asked_unless_it_is_very_sure(told: Told, asks: bool, grounder: Grounder) -> None:
    said = "would you be so kind and go to the marker, as it were"
    read = InstructionReader(grounder, told).read(said, KITCHEN)
    assert bool(read.choices) is bool(read.answers) is asks
    assert asks or ([step.text for step in read.sequence] == ["walk to the white marker"] and not read.why)


@pytest.mark.parametrize("said", ["go to the green marker", "touch the fridge", "turn left by 30 degrees"])
def test_what_is_not_here_or_cannot_be_done_stays_refused_by_its_name(said: str, grounder: Grounder) -> None:
    """A language model is 0.93 sure that the green marker is the white one."""
    alone, told = InstructionReader(grounder).read(said, KITCHEN), Told("walk to the white marker", probability=0.99)
    assert alone.why and InstructionReader(grounder, told).read(said, KITCHEN) == alone
