"""Two steps at once: how they are written, what forbids them, and whose joints are whose."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from sim import scenes
from sim.verdicts import VERDICTS, Look, Track
from skillblend.behaviours.together import BEHAVIOUR, BothAtOnce, shared
from skillblend.contracts import Step
from skillblend.contracts.pairs import halves, named, pair
from skillblend.errors import InputError, PlanError
from skillblend.options import effect, ground_options, objection
from skillblend.safety.machine import Mode
from skillblend.safety.plan import Situation
from skillblend.sayings import step_called
from skillblend.shipped import MODELS
from skillblend.simulated import open_session

SCENE = scenes.load("workshop")
STEPS = {step.text: step for step in ground_options(SCENE.state)}
RAISE, WALK, TURN, TOUCH = (
    STEPS[text] for text in ("raise both hands", "walk to the red marker", "turn left", "touch the shelf")
)
STANDING = Situation(position=(0.0, 0.0), heading=0.0, objects={"red marker": (2.0, 0.0)}, mode=Mode.RUNNING)


@pytest.mark.parametrize(("one", "other"), [(RAISE, WALK), (WALK, RAISE), (TURN, RAISE)])
def test_a_pair_can_be_taken_apart(one: Step, other: Step) -> None:
    both = pair(one, other)
    assert both.text == f"{one.text} while you {other.text}" and halves(both) == (one, other)
    renamed = Step(text="anything", behaviour=both.behaviour, arguments=both.arguments)
    assert [(half.behaviour, half.arguments) for half in halves(renamed)] == [
        (half.behaviour, half.arguments) for half in (one, other)
    ]


def test_a_pair_is_called_by_its_text() -> None:
    assert named(pair(RAISE, WALK).text, STEPS) == pair(RAISE, WALK) and named("turn left", STEPS) == TURN
    assert named("raise both hands while you fly", STEPS) is None and named("fly", STEPS) is None
    assert step_called("Raise both hands while you turn left", SCENE.state) == (pair(RAISE, TURN), "")


def test_what_is_no_pair_is_refused() -> None:
    both = pair(RAISE, WALK)
    for step in (RAISE, Step(text="x", behaviour="together", arguments=("turn", "90"))):
        with pytest.raises(InputError, match="is not two steps at once"):
            halves(step)
    with pytest.raises(InputError, match="two steps at once already"):
        pair(both, TURN)


def test_clashes_and_the_objections_of_halves() -> None:
    assert shared(RAISE, WALK) == [] and shared(TURN, WALK) == ["legs"] and shared(RAISE, TOUCH) == ["arms"]
    assert objection(pair(RAISE, WALK), STANDING) == ""
    clash = objection(pair(TURN, WALK), STANDING)
    assert clash == "parts of the body: 'turn left' and 'walk to the red marker' both take the legs; do one first"
    outside = Step(text="walk to the red marker", behaviour="walk_to", arguments=("red marker",))
    far = objection(pair(RAISE, outside), Situation(position=(0.0, 0.0), heading=0.0, mode=Mode.FAULT))
    assert far.startswith("mode")


def test_what_both_change_holds_afterwards() -> None:
    facts = effect(pair(RAISE, WALK), frozenset({"at(shelf)"}))
    assert facts == {"raised(hands)", "at(red marker)", "facing(red marker)"}


def test_each_half_has_the_joints_of_its_parts() -> None:
    session = open_session(planner="uniform", models=MODELS)
    stage, robot = session.stage, robots.load("h1")
    runner = BEHAVIOUR.runner(stage, 1)
    assert isinstance(runner, BothAtOnce)
    runner.begin(0, pair(RAISE, WALK))
    blend, over = runner.drive(np.array([0]), session.cast.bridge.read())
    arms = robot.joints("shoulder", "elbow", "wrist")
    names = stage.skills.names
    reaching, walking = names.index("reaching"), names.index("walking")
    assert (blend.weights[0, reaching, arms] == 1.0).all() and blend.weights[0, reaching].sum() == len(arms)
    assert (blend.weights.sum(axis=1) == 1.0).all() and not over.any()
    assert blend.goals[walking][0, 0] != 0.0 and blend.goals[reaching][0, 2] > 1.3
    with pytest.raises(PlanError, match="takes the legs twice"):
        runner.begin(0, pair(TURN, WALK))


def test_both_halves_are_judged() -> None:
    robot = robots.load("h1")
    rule = VERDICTS["together"](SCENE, robot, 1)
    both = pair(RAISE, WALK)
    rule.check(both)
    with pytest.raises(InputError, match="as half of a step"):
        rule.check(Step(text="a while you b", behaviour="together", arguments=("jump", "while you", "turn", "90")))

    def look(x: float, height: float) -> Look:
        marker = SCENE.thing("red marker").stand
        return Look(
            time=np.zeros(1), base=np.array([[marker.x + x, marker.y, 1.0]]), heading=np.zeros(1),
            wrists=np.full((1, 2, 3), height), travel={}, fallen=np.zeros(1, dtype=np.bool_),
        )  # fmt: skip

    for x, height, good in ((0.1, 1.6, True), (0.1, 0.9, False), (2.0, 1.6, False)):
        track = Track(look(x, height))
        rule.begin(0, both, track)
        rule.update(np.array([0]), [both], track)
        found = rule.verdict(0, both, track)
        assert found.success is good and "wrist" in found.reason and "red marker" in found.reason


def test_it_walks_with_raised_hands() -> None:
    session = open_session(planner="uniform", episodes=(0, 1), seed=3)
    for outcome in session.follow([[pair(RAISE, WALK)]] * 2):
        assert outcome.success, outcome.steps
    assert (session.cast.bridge.hands()[:, :, 2] > 1.3).all()  # type: ignore[attr-defined]
