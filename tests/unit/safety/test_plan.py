"""Steps that are allowed where the robot is, keep-out zones, and speed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skillblend.contracts import Step
from skillblend.errors import InputError, SafetyError, ShapeError, UnknownNameError
from skillblend.options import MOVES, ground_options
from skillblend.safety.machine import Mode
from skillblend.safety.plan import KeepOut, Situation, after, check_plan, limit_command, objection
from skillblend.safety.rules import PlanRules

RULES = PlanRules(clearance=0.4, stand_off=0.4, reach=1.5, max_distance=10.0, deceleration=0.8, max_speed=1.1)
PIT = KeepOut(name="pit", center=(3.0, 0.0), radius=0.5)


def situation(**changes) -> Situation:
    values = {"position": (0.0, 0.0), "heading": 0.0, "objects": {"button": (1.4, 0.0), "box": (6.0, 0.0)}}
    return Situation(**(values | changes))


def walk(argument: str) -> Step:
    return Step(text=f"walk {argument}", skill="walk", argument=argument)


WALK_TO_BOX = Step(text="walk to the box", skill="walk_to", argument="box")
TOUCH_BOX = Step(text="touch the box", skill="touch", argument="box")


def test_every_move_is_allowed_in_the_open():
    for text, skill, argument in MOVES:
        assert objection(Step(text=text, skill=skill, argument=argument), situation(), RULES) == ""


def test_every_grounded_skill_is_known():
    from skillblend.contracts import SceneObject

    things = [SceneObject(name="button", kind="button"), SceneObject(name="box", kind="box")]
    for step in ground_options(things):
        objection(step, situation(), RULES)


@pytest.mark.parametrize("mode", Mode)
def test_motion_needs_a_robot_that_stands(mode):
    assert (objection(walk("forward 1"), situation(mode=mode)) == "") == (mode in (Mode.STAND, Mode.RUNNING))
    assert objection(Step(text="done", skill="done"), situation(mode=mode)) == ""


def test_reach_is_a_precondition_of_touching():
    assert "6.0 m away" in objection(TOUCH_BOX, situation(), RULES)
    press = Step(text="press the button", skill="press", argument="button")
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
    turned = after(Step(text="turn left", skill="turn", argument="90"), situation(), RULES)
    assert turned.heading == pytest.approx(math.pi / 2)
    arrived = after(Step(text="", skill="walk_to", argument="box"), turned, RULES)
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
        (Step(text="fly", skill="fly"), UnknownNameError),
        (Step(text="", skill="walk_to", argument="boxx"), UnknownNameError),
        (walk("upward 1"), UnknownNameError),
        (walk("forward far"), InputError),
        (walk("forward nan"), InputError),
        (Step(text="turn", skill="turn", argument=""), InputError),
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
