"""Steps that are allowed where the robot is, keep-out zones, and speed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from skillblend.contracts import Decision, Option, SceneState, Step, Thing
from skillblend.errors import InputError, PlanError, SafetyError, ShapeError, UnknownNameError
from skillblend.options import after, check_plan, ground_options, objection
from skillblend.safety.machine import Mode
from skillblend.safety.plan import KeepOut, Situation, limit_command, mark, overruled
from skillblend.safety.rules import PlanRules

RULES = PlanRules(clearance=0.4, stand_off=0.4, reach=1.5, max_distance=10.0, deceleration=0.8, max_speed=1.1)
PIT = KeepOut(name="pit", center=(3.0, 0.0), radius=0.5)


def situation(**changes) -> Situation:
    values = {"position": (0.0, 0.0), "heading": 0.0, "objects": {"button": (1.4, 0.0), "box": (6.0, 0.0)}}
    return Situation(**(values | changes))


def walk(argument: str) -> Step:
    return Step(text=f"walk {argument}", behaviour="walk", arguments=tuple(argument.split()))


WALK_TO_BOX = Step(text="walk to the box", behaviour="walk_to", arguments=("box",))
TOUCH_BOX = Step(text="touch the box", behaviour="touch", arguments=("box",))


def test_every_move_is_allowed_in_the_open():
    for step in ground_options(SceneState()):
        assert objection(step, situation(), RULES) == ""


def test_every_grounded_skill_is_known():
    things = (Thing(name="button", kind="button"), Thing(name="box", kind="box"))
    for step in ground_options(SceneState(things=things)):
        objection(step, situation(), RULES)


@pytest.mark.parametrize("mode", Mode)
def test_motion_needs_a_robot_that_stands(mode):
    assert (objection(walk("forward 1"), situation(mode=mode)) == "") == (mode in (Mode.STAND, Mode.RUNNING))
    assert objection(Step(text="done", behaviour="done"), situation(mode=mode)) == ""


def test_reach_is_a_precondition_of_touching():
    assert "6.0 m away" in objection(TOUCH_BOX, situation(), RULES)
    press = Step(text="press the button", behaviour="press", arguments=("button",))
    assert objection(press, situation(), RULES) == ""


def test_a_plan_is_judged_where_its_steps_lead():
    check_plan([WALK_TO_BOX, TOUCH_BOX], situation(), RULES)
    with pytest.raises(SafetyError, match="step 1, 'touch the box'"):
        check_plan([TOUCH_BOX, WALK_TO_BOX], situation(), RULES)


@pytest.mark.parametrize(
    ("argument", "goal"),
    [("forward 2", (0, 2)), ("backward 1", (0, -1)), ("left 0.5", (-0.5, 0)), ("right 0.5", (0.5, 0))],
)
def test_walking_directions_follow_the_heading(argument, goal):
    facing_left = situation(heading=math.pi / 2)
    assert after(walk(argument), facing_left, RULES).position == pytest.approx(goal, abs=1e-12)


def test_turning_and_walking_to_change_the_heading():
    turned = after(Step(text="turn left", behaviour="turn", arguments=("90",)), situation(), RULES)
    assert turned.heading == pytest.approx(math.pi / 2)
    arrived = after(Step(text="", behaviour="walk_to", arguments=("box",)), turned, RULES)
    assert arrived.position == pytest.approx((5.6, 0.0))
    assert arrived.heading == pytest.approx(0.0)
    assert after(TOUCH_BOX, arrived, RULES) == arrived


@pytest.mark.parametrize(
    ("argument", "heading", "clear"),
    [
        ("forward 2", 0.0, True),  # ends 0.5 m before the rim, clearance 0.4 m
        ("forward 2.2", 0.0, False),
        ("forward 6", 0.0, False),  # straight through
        ("forward 6", math.asin(0.88 / 3), False),  # passes 0.88 m from the centre
        ("forward 6", math.asin(0.92 / 3), True),
        ("backward 6", 0.0, True),
    ],
)
def test_paths_keep_clear_of_zones(argument, heading, clear):
    why = objection(walk(argument), situation(zones=[PIT], heading=heading), RULES)
    assert (why == "") == clear
    assert clear or "pit" in why


def test_a_zone_may_be_left_but_not_crossed():
    inside = situation(position=(2.4, 0.0), zones=[PIT])
    assert objection(walk("backward 1"), inside, RULES) == ""
    assert "pit" in objection(walk("forward 3"), inside, RULES)
    assert "pit" in objection(walk("backward 0.1"), inside, RULES)


def test_an_object_beyond_a_zone_is_not_walked_to():
    assert "pit" in objection(WALK_TO_BOX, situation(zones=[PIT]), RULES)


def test_destinations_are_near():
    assert "12.0 m away" in objection(walk("forward 12"), situation(), RULES)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (Step(text="fly", behaviour="fly"), UnknownNameError),
        (Step(text="", behaviour="walk_to", arguments=("boxx",)), UnknownNameError),
        (walk("upward 1"), UnknownNameError),
        (walk("forward far"), InputError),
        (walk("forward nan"), InputError),
        (Step(text="turn", behaviour="turn", arguments=()), InputError),
    ],
)
def test_steps_that_mean_nothing(step, error):
    with pytest.raises(error):
        objection(step, situation(), RULES)


@pytest.mark.parametrize(("center", "radius"), [((0.0, np.nan), 1.0), ((0.0, 0.0), 0.0), ((0.0, 0.0), np.inf)])
def test_zones_are_discs(center, radius):
    with pytest.raises(InputError, match="keep-out 'x'"):
        KeepOut(name="x", center=center, radius=radius)


def test_commands_keep_their_direction_and_never_get_faster(rng):
    command = rng.uniform(-3, 3, (200, 3))
    out = limit_command(command, np.zeros((200, 2)), np.zeros(200), [PIT], RULES)
    speed, before = np.linalg.norm(out[:, :2], axis=1), np.linalg.norm(command[:, :2], axis=1)
    assert (speed <= np.minimum(before, RULES.max_speed) + 1e-12).all()
    assert np.allclose(out[:, 0] * command[:, 1], out[:, 1] * command[:, 0])
    assert (np.abs(out[:, 2]) <= RULES.max_yaw_rate).all()


def test_the_robot_can_always_stop_before_a_zone():
    """Walk at the allowed speed towards the pit from all sides: the clearance is never entered."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    position = np.array(PIT.center) + 4.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    heading = angle + np.pi + np.linspace(-0.3, 0.3, 64)
    wish = np.tile([1.1, 0.0, 0.0], (64, 1))
    nearest, dt = np.inf, 0.02
    for _ in range(600):
        command = limit_command(wish, position, heading, [PIT], RULES)
        step = np.stack([np.cos(heading), np.sin(heading)], axis=1) * command[:, :1]
        position = position + dt * step
        nearest = min(nearest, np.linalg.norm(position - PIT.center, axis=1).min())
    assert nearest >= PIT.radius + RULES.clearance - 1e-3


def test_walking_away_is_never_slowed():
    out = limit_command(np.array([[-0.5, 0.0, 0.0]]), np.array([[2.2, 0.0]]), np.zeros(1), [PIT], RULES)
    assert out[0, 0] == -0.5


def test_commands_must_fit_and_be_finite():
    with pytest.raises(ShapeError, match="command"):
        limit_command(np.zeros((2, 2)), np.zeros((2, 2)), np.zeros(2))
    with pytest.raises(InputError, match="finite"):
        limit_command(np.full((1, 3), np.nan), np.zeros((1, 2)), np.zeros(1))


TABLE = KeepOut(name="table", center=(2.0, 0.0), half=(0.5, 1.0), furniture=True)
TABLE_RULES = PlanRules(furniture_clearance=0.15)


@pytest.mark.parametrize(
    ("start", "end", "distance"),
    [
        ((0.0, 0.0), (1.0, 0.0), 0.5),
        ((0.0, 0.0), (4.0, 0.0), 0.0),  # across
        ((2.0, 0.0), (2.1, 0.0), 0.0),  # within
        ((0.0, 1.4), (4.0, 1.4), 0.4),  # along its end
        ((0.5, 1.0), (1.5, 2.0), math.sqrt(0.5)),  # past its corner (1.5, 1)
        ((0.0, 0.0), (0.0, 1.0), 1.5),
    ],
)
def test_the_distance_of_a_way_to_a_rectangle(start, end, distance):
    assert TABLE.distance_to_way(start, end) == pytest.approx(distance)
    assert TABLE.distance_to_way(end, start) == pytest.approx(distance)


@pytest.mark.parametrize(("half", "radius"), [((0.0, 0.0), 0.0), ((-1.0, 1.0), 0.5), ((np.inf, 1.0), 0.0)])
def test_rectangles_have_a_size(half, radius):
    with pytest.raises(InputError, match="keep-out 'x'"):
        KeepOut(name="x", center=(0.0, 0.0), half=half, radius=radius)


def test_one_stands_and_steps_beside_furniture_but_does_not_walk_into_it():
    beside = situation(position=(1.2, 0.0), zones=[TABLE])
    assert objection(walk("left 0.5"), beside, TABLE_RULES) == ""
    assert objection(walk("backward 1"), beside, TABLE_RULES) == ""
    assert objection(walk("forward 0.1"), beside, TABLE_RULES) == ""
    assert objection(walk("forward 0.5"), beside, TABLE_RULES).startswith(
        "keep-out zone: it passes 0.00 m from the table"
    )


def test_a_route_is_judged_corner_by_corner():
    def around(start, name):
        return [(0.0, 2.0), (4.0, 2.0), (4.0, 0.0)]

    objects = {"box": (4.5, 0.0)}
    straight = situation(objects=objects, zones=[TABLE])
    assert "table" in objection(WALK_TO_BOX, straight, TABLE_RULES)
    routed = situation(objects=objects, zones=[TABLE], route=around)
    assert objection(WALK_TO_BOX, routed, TABLE_RULES) == ""
    arrived = after(WALK_TO_BOX, routed, TABLE_RULES)
    assert arrived.position == (4.0, 0.0) and arrived.heading == pytest.approx(-math.pi / 2)

    def nowhere(start, name):
        raise PlanError("shut in")

    assert objection(WALK_TO_BOX, situation(objects=objects, route=nowhere)) == "way: shut in"


def test_the_robot_stops_before_furniture_at_any_angle():
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    position = np.array(TABLE.center) + 4.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    heading = angle + np.pi + np.linspace(-0.3, 0.3, 64)
    wish, nearest, dt = np.tile([1.1, 0.0, 0.0], (64, 1)), np.inf, 0.02
    for _ in range(600):
        command = limit_command(wish, position, heading, [TABLE], TABLE_RULES)
        position = position + dt * np.stack([np.cos(heading), np.sin(heading)], axis=1) * command[:, :1]
        nearest = min(nearest, np.linalg.norm(TABLE.offset(position), axis=1).min())
    assert 0.1 < nearest < 0.2 and nearest >= 0.15 - 1e-3
    inside = limit_command(np.array([[0.5, 0.0, 0.0]]), np.array([[1.9, 0.0]]), np.zeros(1), [TABLE], TABLE_RULES)
    assert inside[0, 0] == 0.0


def decided(**scores: float) -> Decision:
    options = tuple(
        Option(step=Step(text=text, behaviour=text if text == "refuse" else "walk"), lm_score=score, affordance=0.5)
        for text, score in scores.items()
    )
    chosen = max(options[1:], key=lambda option: option.lm_score)
    return Decision(instruction="x", history=(), options=options, chosen=chosen)


def test_a_walk_into_a_zone_has_no_stand_in():
    zone, far = {"two": "keep-out zone: near the table"}, {"two": "reach: far"}
    assert overruled(decided(two=0.8, one=0.2), zone) == "'two' is not allowed: keep-out zone: near the table"
    assert overruled(decided(two=0.8, one=0.2), far) == ""
    assert overruled(decided(two=0.45, one=0.35), zone) == ""
    assert overruled(decided(two=0.2, one=0.8), zone) == ""
    marked = mark(decided(two=0.8, one=0.2), zone)
    assert [(o.allowed, o.reason) for o in marked.options] == [(False, zone["two"]), (True, "")]
    assert marked.chosen is marked.options[1]  # nobody can refuse here
    refusing = mark(decided(two=0.8, one=0.15, refuse=0.05), zone)
    assert refusing.chosen.step.behaviour == "refuse"
    assert mark(decided(two=0.2, one=0.8), zone).chosen.step.text == "one"


def test_what_the_instruction_forbids_stays_in_the_record_where_a_rule_forbids_it_too():
    forbidden = decided(two=0.2, one=0.8)
    barred = replace(forbidden.options[0], allowed=False, reason="the instruction forbids it: 'not two'")
    decision = replace(forbidden, options=(barred, forbidden.options[1]))
    far = {"two": "reach: far"}
    marked = mark(decision, far)
    assert marked.options[0].reason == "the instruction forbids it: 'not two'; reach: far"
    assert mark(marked, far) == marked
