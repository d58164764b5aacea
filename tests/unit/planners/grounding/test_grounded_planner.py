"""A planner that reads: it asks, refuses by name, does a thing as often as it was told, and says what it left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner
from planners.oracle import ScriptScorer
from planners.planner import History, Query, ScoredPlanner
from sim import scenes
from skillblend.contracts import Array, SceneState
from skillblend.options import ground_options
from skillblend.plan_run import PlanRun
from skillblend.safety.heeding import heed

WORKSHOP = scenes.load("workshop").state


class Hearing:
    """Follows a script, and remembers what it was asked; where the script is over all other options keep a share."""

    def __init__(self, *plan: str) -> None:
        self.script = ScriptScorer(plan)
        self.asked: list[str] = []

    def probabilities(self, query: Query) -> Array:
        self.asked.append(query.instruction)
        found = self.script.probabilities(query)
        return 0.5 * found + 0.5 / len(found)


def run(grounder: Grounder, instruction: str, *plan: str, scene: SceneState = WORKSHOP) -> tuple[PlanRun, Hearing]:
    """The plan if every step succeeds."""
    scorer, carried = Hearing(*plan), PlanRun(instruction)
    planner = heed(GroundedPlanner(ScoredPlanner("toy", scorer), grounder))
    while not carried.over:
        carried.options(scene, None)
        step = carried.take(planner.decide(instruction, scene, carried.history, {}))
        if step is not None:
            carried.record(step, success=True)
    return carried, scorer


def steps(carried: PlanRun) -> list[str]:
    return [done.step.text for done in carried.done]


def test_the_scorer_is_asked_in_the_scenes_words_and_the_record_says_so(grounder: Grounder) -> None:
    carried, scorer = run(grounder, "Sashay to the crimson dot!", "walk to the red marker")
    assert set(scorer.asked) == {"walk to the red marker"}
    decision = carried.decisions[0]
    assert decision.instruction == "Sashay to the crimson dot!" and decision.planner == "toy"
    assert decision.reading[:2] == (
        "read 'the crimson dot' as the red marker (1.00)", "read 'sashay to' as 'walk to'"
    )  # fmt: skip
    assert carried.ending is not None and carried.ending.success


def test_plain_words_are_left_as_they_are(grounder: Grounder) -> None:
    carried, scorer = run(grounder, "Walk to the SHELF.", "walk to the shelf")
    assert set(scorer.asked) == {"Walk to the SHELF."} and carried.decisions[0].reading == ()


def test_a_question_is_a_refusal_with_its_choices(grounder: Grounder) -> None:
    carried, scorer = run(grounder, "go to the table", "walk to the metal table")
    ending = carried.ending
    assert ending is not None and ending.refused and not carried.done
    assert scorer.asked == ["go to the wooden table"]  # whether an answer could be carried out
    assert ending.question.choices == ("wooden table", "metal table")
    assert ending.question.answers == ("go to the wooden table", "go to the metal table")
    assert ending.reason == "'the table' can be the wooden table or the metal table: say which"
    decision = carried.decisions[0]
    assert {option.step for option in decision.options} == set(ground_options(WORKSHOP))
    assert sum(option.lm_score for option in decision.options) == 1.0


@pytest.mark.parametrize(
    ("instruction", "why"),
    [
        ("turn left 45 degrees", "I can turn by 90 or 180 degrees"),
        ("go to the green marker", "there is no such thing here: the green marker"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(grounder: Grounder, instruction: str, why: str) -> None:
    carried, _ = run(grounder, instruction, "turn left")
    assert carried.ending is not None and carried.ending.refused and why in carried.ending.reason
    assert not carried.ending.question and not carried.done


def test_what_is_to_be_done_three_times_is_not_over_after_one(grounder: Grounder) -> None:
    carried, _ = run(grounder, "press the button three times", "walk to the button", "press the button")
    assert steps(carried) == ["walk to the button", *["press the button"] * 3]
    assert carried.ending is not None and carried.ending.success
    assert "still asked for: press the button (1 of 3 times)" in carried.decisions[2].chosen.reason


def test_a_thing_that_was_named_is_gone_back_to(grounder: Grounder) -> None:
    carried, _ = run(grounder, "visit the shelf and the red marker", "walk to the shelf")
    assert steps(carried) == ["walk to the shelf", "walk to the red marker"]


def test_what_nothing_was_done_about_is_said(grounder: Grounder) -> None:
    class Stubborn(Hearing):
        def probabilities(self, query: Query) -> Array:
            return self.script.probabilities(query)

    planner = GroundedPlanner(ScoredPlanner("toy", Stubborn("walk to the shelf")), grounder)
    walk = next(step for step in ground_options(WORKSHOP) if step.text == "walk to the shelf")
    history: Sequence[tuple[object, bool]] = [(walk, True)]
    decision = planner.decide("visit the shelf and admire the red marker", WORKSHOP, history, {})  # type: ignore[arg-type]
    assert decision.unaccounted == ("the red marker",)
    carried = PlanRun("visit the shelf and the red marker")
    carried.record(walk, success=True)
    assert carried.take(decision) is None and carried.ending is not None
    assert not carried.ending.success and not carried.ending.refused
    assert carried.ending.reason == "plan completed, not verified: nothing was done about the red marker"


def test_words_keep_their_meaning_while_things_change(grounder: Grounder) -> None:
    """ "The other marker" is the one where the robot was not when it was told."""
    planner = GroundedPlanner(ScoredPlanner("toy", Hearing("walk to the blue marker")), grounder)
    before = SceneState(things=WORKSHOP.things, facts=frozenset({"at(red marker)"}))
    after = SceneState(things=WORKSHOP.things, facts=frozenset({"at(blue marker)"}))
    walk = next(step for step in ground_options(WORKSHOP) if step.text == "walk to the blue marker")
    history: History = [(walk, True)]
    assert planner.read("go to the other marker", before).text == "go to the blue marker"
    assert planner.read("go to the other marker", after, history).text == "go to the blue marker"
    assert planner.read("go to the other marker", after).text == "go to the red marker"


def test_what_is_forbidden_is_read_in_the_scenes_words(grounder: Grounder) -> None:
    planner = heed(GroundedPlanner(ScoredPlanner("toy", Hearing("walk to the red marker")), grounder))
    decision = planner.decide("turn left, but never go to the crimson dot", WORKSHOP, [], {})
    barred = {option.step.text for option in decision.options if not option.allowed}
    assert "walk to the red marker" in barred and decision.chosen.step.text != "walk to the red marker"


def test_probabilities_still_sum_to_one(grounder: Grounder) -> None:
    planner = GroundedPlanner(ScoredPlanner("toy", Hearing("walk to the shelf")), grounder)
    decision = planner.decide("walk to the bookcase", WORKSHOP, [], {})
    assert np.isclose(sum(option.lm_score for option in decision.options), 1.0)


class Doubting:
    """Refuses whatever has a cake in it, and walks to the first thing otherwise."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def probabilities(self, query: Query) -> Array:
        self.asked.append(query.instruction)
        wanted = "refuse" if "cake" in query.instruction else "walk to the wooden table"
        return np.array([0.9 if step.text == wanted else 0.1 / len(query.steps) for step in query.steps])


def test_a_question_whose_answers_are_all_impossible_is_not_asked(grounder: Grounder) -> None:
    scorer = Doubting()
    planner = GroundedPlanner(ScoredPlanner("toy", scorer), grounder)
    made = planner.decide("bake a cake for the table", WORKSHOP, [], {})
    assert (
        made.chosen.step.text == "refuse" and made.choices == () and made.instruction == "bake a cake for the table"
    )
    assert scorer.asked == ["bake a cake for the wooden table", "bake a cake for the metal table"]
    made = planner.decide("walk to the table", WORKSHOP, [], {})
    assert made.choices == ("wooden table", "metal table")


@pytest.mark.parametrize(
    "text", ["walk to a button", "walk forward one metre", "touch that shelf, then your box", "turn left"]
)
def test_what_reads_as_it_stands_is_not_told(grounder: Grounder, text: str) -> None:
    planner = GroundedPlanner(ScoredPlanner("toy", Doubting()), grounder)
    assert planner.decide(text, WORKSHOP, [], {}).reading == ()
