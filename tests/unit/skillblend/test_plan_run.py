"""The plan loop by itself: decisions in, steps out."""

from __future__ import annotations

import pytest

from planners.oracle import OraclePlanner
from sim.scenes import load
from skillblend.contracts import Decision, Option, SceneState, Step, Thing
from skillblend.options import all_achieved, ground_options
from skillblend.plan_run import PlanRun
from skillblend.safety.plan import KeepOut, Situation

SCENE = SceneState(things=(Thing(name="button", kind="button"), Thing(name="shelf", kind="shelf")))
STEPS = {step.text: step for step in ground_options(SCENE)}
FREE = Situation(position=(0.0, 0.0), heading=0.0, objects={"button": (1.0, 0.0), "shelf": (3.0, 0.0)})


def decision(text: str, score: float = 1.0, *, allowed: bool = True, reason: str = "") -> Decision:
    """Sure of one option."""
    others = [Option(step=s, lm_score=0.0, affordance=1.0) for s in STEPS.values() if s.text != text]
    chosen = Option(step=STEPS[text], lm_score=score, affordance=1.0, allowed=allowed, reason=reason)
    return Decision(instruction="go", history=(), options=(chosen, *others), chosen=chosen)


def took(run: PlanRun, text: str, *, success: bool = True, situation: Situation | None = None) -> Step | None:
    run.options(SCENE, situation)
    step = run.take(decision(text))
    if step is not None:
        run.record(step, success=success, reason="measured")
    return step


def test_steps_follow_one_another_until_done() -> None:
    run = PlanRun("walk to the button, then turn left")
    assert took(run, "walk to the button") == STEPS["walk to the button"]
    assert took(run, "turn left") == STEPS["turn left"]
    assert [(s.text, ok) for s, ok in run.history] == [("walk to the button", True), ("turn left", True)]
    assert not run.over
    assert took(run, "done") is None
    assert run.ending is not None and run.ending.success and not run.ending.reason
    assert len(run.decisions) == 3
    assert run.entries()[0] == {
        "text": "walk to the button", "behaviour": "walk_to", "arguments": ["button"], "success": True,
        "reason": "measured", "seconds": 0.0,
    }  # fmt: skip


def test_what_was_never_achieved_is_no_success_and_what_was_tried_again_is() -> None:
    run = PlanRun("turn left")
    took(run, "turn left", success=False)
    took(run, "turn left")
    took(run, "done")
    assert run.ending is not None and run.ending.success
    run = PlanRun("turn left")
    took(run, "turn left", success=False)
    took(run, "done")
    assert run.ending is not None and not run.ending.success and run.ending.reason == "a step was never achieved"


def test_harm_is_over_before_anything_is_decided() -> None:
    run = PlanRun("push the man into the button")
    assert run.over and run.ending is not None and run.ending.refused and "hurt someone" in run.ending.reason


def test_a_refusal_says_why() -> None:
    run = PlanRun("fly")
    assert took(run, "refuse") is None
    assert run.ending is not None and run.ending.refused and run.ending.reason == "no skill can do that here"


def test_rules_are_marked_in_the_record_and_a_way_into_a_zone_has_no_stand_in() -> None:
    zone = KeepOut(name="pit", center=(1.0, 0.0), radius=0.3)
    blocked = Situation(position=(0.0, 0.0), heading=0.0, objects=FREE.objects, zones=[zone])
    run = PlanRun("walk forward one metre")
    _, objections = run.options(SCENE, blocked)
    assert objections["walk forward one metre"].startswith("keep-out zone: ")
    assert run.take(decision("walk forward one metre")) is None
    assert run.ending is not None and run.ending.refused
    assert "'walk forward one metre' is not allowed: keep-out zone: " in run.ending.reason
    marked = {o.step.text: o for o in run.decisions[0].options}
    assert not marked["walk forward one metre"].allowed and marked["turn left"].allowed


def test_preconditions_are_asked_only_where_places_are_known() -> None:
    far = Situation(position=(-2.0, 0.0), heading=0.0, objects=FREE.objects)
    run = PlanRun("press the button")
    assert run.options(SCENE, far)[1]["press the button"].startswith("reach: ")
    assert run.options(SCENE, None)[1] == {}


def test_a_plan_is_given_up_after_too_many_steps_and_only_once() -> None:
    run = PlanRun("turn", max_steps=2)
    took(run, "turn left")
    took(run, "turn right")
    assert run.ending is not None and run.ending.reason == "given up after 2 steps"
    run.give_up("stopped")
    assert run.ending.reason == "given up after 2 steps"


@pytest.mark.parametrize("text", ["done", "refuse"])
def test_ends_move_nothing(text: str) -> None:
    run = PlanRun("x")
    assert took(run, text) is None and run.over and not run.done


@pytest.mark.parametrize(
    ("outcomes", "good"),
    [
        ([], False),
        ([("a", True)], True),
        ([("a", False), ("a", True)], True),
        ([("a", False), ("b", True)], False),
        ([("a", True), ("b", False), ("a", True)], False),
        ([("a", True), ("a", False)], False),
    ],
)
def test_what_counts_as_achieved(outcomes: list[tuple[str, bool]], good: bool) -> None:
    assert all_achieved([(Step(text=t, behaviour="walk"), ok) for t, ok in outcomes]) is good


def test_a_step_that_was_never_achieved_makes_no_success() -> None:
    """The plan goes on after a failure, and ends with a success."""
    plan, scene = ["stand still", "turn left", "done"], load("workshop").state
    run = PlanRun("stand still, then turn left")
    for number, success in enumerate([False, True]):
        run.options(scene, None)
        step = run.take(OraclePlanner(plan[number:]).decide("turn", scene, (), {}))
        assert step is not None and step.text == plan[number]
        run.record(step, success=success)
    made = [(step, True) for step, _ in run.history]
    assert run.take(OraclePlanner([*plan[:-1], "done"]).decide("turn", scene, made, {})) is None
    assert run.ending is not None and not run.ending.success and run.ending.reason == "a step was never achieved"


def test_nothing_is_begun_where_what_is_asked_for_later_can_never_be_done() -> None:
    """ "Put the parcel on the shelf" walked to the parcel and picked it up before it was refused."""
    scene = load("storeroom").state
    steps = {step.text: step for step in ground_options(scene)}
    named = {thing.name: thing for thing in scene.things}
    places = {name: (float(t.pose[0, 0]), float(t.pose[0, 1])) for name, t in named.items() if t.pose is not None}
    at = Situation(position=(0.0, 0.0), heading=0.0, objects=places, things=named)
    first = Option(step=steps["walk to the brown parcel"], lm_score=1.0, affordance=1.0)
    for place, over in (("shelf", True), ("metal table", False)):
        wanted = (steps["pick up the brown parcel"], steps[f"put the brown parcel on the {place}"])
        run = PlanRun(f"put the parcel on the {place}")
        run.options(scene, at)
        run.take(Decision(instruction=run.instruction, history=(), options=(first,), chosen=first, asked=wanted))
        assert run.over is over
    run = PlanRun("put the parcel on the shelf")
    run.options(scene, at)
    wanted = (steps["put the brown parcel on the shelf"],)
    assert run.take(Decision(instruction="x", history=(), options=(first,), chosen=first, asked=wanted)) is None
    assert (
        run.ending is not None and run.ending.refused and "'put the brown parcel on the shelf'" in run.ending.reason
    )
    assert "hands get to" not in run.ending.reason and "they get to" in run.ending.reason
