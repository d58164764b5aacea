"""Carrying: hands by kinematics and springs, full and empty hands, what may be picked up and put down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import robots
from sim import scenes
from skillblend.behaviours import BEHAVIOURS
from skillblend.behaviours.handling import free_space, seen
from skillblend.contracts import Observation, SceneState, Step, Thing
from skillblend.errors import InputError, PlanError, ShapeError, UnknownNameError
from skillblend.holding import Hands
from skillblend.loading import load_skillset
from skillblend.navigation import Pose2D
from skillblend.options import after, check_plan, effect, ground_options, objection
from skillblend.safety.machine import Mode
from skillblend.safety.plan import KeepOut, Situation, check_way
from skillblend.safety.rules import PlanRules
from skillblend.shipped import MODELS
from skillblend.skills.carrying import CarryingConfig, CarryingController
from skillblend.skills.spec import SKILLS

ROBOT = robots.load("h1")
CARRYING = CarryingController(ROBOT)
STORE = scenes.load("storeroom")
OPTIONS = {step.text: step for step in ground_options(STORE.state)}
PICK, PUT = "pick up the brown parcel", "put the brown parcel on the metal table"


def still(n: int) -> Observation:
    pose = np.tile(ROBOT.default_pose, (n, 1))
    return Observation(
        time=np.zeros(n), joint_position=pose, joint_velocity=np.zeros_like(pose),
        base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)), base_angular_velocity=np.zeros((n, 3)),
    )  # fmt: skip


def quaternion(heading: float) -> list[float]:
    return [np.cos(heading / 2), 0.0, 0.0, np.sin(heading / 2)]


@pytest.mark.parametrize("grip", [(0.33, 0.0, 1.10, 0.36), (0.40, 0.02, 1.05, 0.24), (0.30, 0.0, 1.20, 0.50)])
def test_hands_get_to_a_grip(grip: tuple[float, ...]) -> None:
    _, away = CARRYING.solve(np.array([[*grip, 0.0]]))
    assert away[0] < 0.003


def test_hands_do_not_get_beyond_the_arms() -> None:
    _, away = CARRYING.solve(np.array([[0.50, 0.0, 0.80, 0.3, 0.0]]))
    assert away[0] > 0.05


def test_springs_bear_what_palms_press_with() -> None:
    """The virtual work of the joints' torques is that of the forces: tau = J^T f, in numbers from differences."""
    pose, _ = CARRYING.solve(np.array([[0.33, 0.0, 1.10, 0.36, 0.0]]))
    torque = CARRYING.pressed(pose, np.array([10.0]), np.array([4.0]))[0] * ROBOT.stiffness
    hands, force = CARRYING._hands, np.array([[0.0, -10.0, 4.0], [0.0, 10.0, 4.0]])  # noqa: SLF001
    for joint in CARRYING.arm_joints.ravel():
        moved = pose.copy()
        moved[0, joint] += 1e-6
        shift = hands(moved, 0 * moved).position[0] - hands(pose, 0 * pose).position[0]
        assert torque[joint] == pytest.approx((shift * force).sum() / 1e-6, abs=1e-3)


def test_hands_begin_to_carry_with_what_the_springs_bear_at_that_moment() -> None:
    """Also of robots that waited before, whatever was between; robots that wait on are asked nothing."""
    memory, goal = CARRYING.new_memory(2), np.tile([0.0, 0.0, 0.0, 0.33, 0.0, 1.10, 0.36, 0.0], (2, 1))
    hanging = np.tile(ROBOT.default_pose, (2, 1))
    memory.last_targets = hanging + CARRYING.pressed(hanging, np.zeros(2), np.full(2, 6.0))
    sent = memory.last_targets.copy()
    action = np.zeros((2, CARRYING.action_size))
    for _ in range(3):
        CARRYING.update(still(2), goal, memory)
        CARRYING.wait(np.array([True, True]), memory)
        CARRYING.targets(action, goal, memory)
        memory.last_targets = sent.copy()
    assert (memory.lift == 0.0).all()
    CARRYING.update(still(2), goal, memory)
    CARRYING.wait(np.array([True, False]), memory)
    CARRYING.targets(action, goal, memory)
    assert memory.lift == pytest.approx([0.0, 6.0], rel=0.1)


def test_a_force_asks_for_no_more_than_the_motors_have() -> None:
    pose, _ = CARRYING.solve(np.array([[0.33, 0.0, 1.10, 0.36, 0.0]]))
    torque = CARRYING.pressed(pose, np.array([1e4]), np.zeros(1))[0] * ROBOT.stiffness
    assert (np.abs(torque) <= 0.9 * ROBOT.torque_limit + 1e-9).all()


@pytest.mark.parametrize(
    "wrong",
    [{"force": -1.0}, {"hand_rate": 0.0}, {"iterations": 0}, {"low": (0.6, 0.0, 0.7)}, {"widths": (0.5, 0.1)}],
)
def test_values_that_nothing_can_be_carried_by_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        CarryingConfig(**wrong)  # type: ignore[arg-type]


def hands(n: int = 2) -> Hands:
    return Hands({"walking": CARRYING.goal_space, "carrying": CARRYING.goal_space}, n)


def test_hands_are_full_until_they_let_go() -> None:
    mine = hands()
    assert mine.carrier == "carrying" and not mine.full.any()
    mine.hold(np.array([1]), np.array([[0.33, 0.0, 1.1, 0.36, 50.0]]))
    assert mine.full.tolist() == [False, True]
    assert mine.take(np.array([1, 1])).full.all()
    np.testing.assert_allclose(mine.goals(np.ones((1, 3)), np.array([1])), [[1, 1, 1, 0.33, 0.0, 1.1, 0.36, 50.0]])
    mine.let_go(np.array([1]))
    assert not mine.full.any()


@pytest.mark.parametrize(("apart", "dropped"), [(0.36, False), (0.33, False), (0.30, True)])
def test_hands_that_have_closed_on_nothing_have_dropped_it(apart: float, dropped: bool) -> None:
    mine = hands()
    mine.hold(np.array([0]), np.array([[0.33, 0.0, 1.1, 0.36, 50.0]]))
    wrists = np.tile(np.array([[0.33, apart / 2, 1.1], [0.33, -apart / 2, 1.1]]), (2, 1, 1))
    mine.see(wrists)
    assert mine.dropped.tolist() == [dropped, False]


def test_grips_fit_the_skill_that_carries() -> None:
    with pytest.raises(ShapeError, match=r"must be \(1, 5\)"):
        hands().hold(np.array([0]), np.zeros((1, 4)))
    with pytest.raises(UnknownNameError, match="that carries"):
        Hands({"walking": CARRYING.goal_space}, 1).hold(np.array([0]), np.zeros((1, 5)))


def test_full_hands_walk_by_the_skill_that_carries() -> None:
    skills = load_skillset(ROBOT, MODELS)
    skills.reset(still(2))
    ids, command = np.arange(2), np.array([[0.3, 0.0, 0.0], [0.3, 0.0, 0.0]])
    skills.hands.hold(np.array([1]), np.array([[0.33, 0.0, 1.1, 0.36, 50.0]]))
    blend, carrier = skills.walk(command, ids), skills.names.index("carrying")
    assert blend.weights[:, carrier].mean(axis=1).tolist() == [0.0, 1.0]
    np.testing.assert_allclose(blend.goals[carrier][1], [0.3, 0, 0, 0.33, 0, 1.1, 0.36, 50.0])
    assert skills.stand().weights[1, carrier].all()
    skills.reset(still(2))
    assert not skills.hands.full.any()


def test_a_robot_whose_hands_are_empty_walks_as_before() -> None:
    skills = load_skillset(ROBOT, MODELS)
    blend = skills.walk(np.array([[0.3, 0.0, 0.0]]), np.array([0]))
    np.testing.assert_array_equal(blend.weights, skills.one_hot("walking", np.array([[0.3, 0.0, 0.0]])).weights)


def parcel(heading: float, size: tuple[float, float, float] = (0.2, 0.3, 0.1)) -> Thing:
    return Thing(
        name="parcel", kind="box", motion="free", size=size, mass=1.0,
        pose=np.array([[1.0, 0.0, 0.95, *quaternion(heading)]]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "width", "turn"), [(0.0, 0.3, 0.0), (0.2, 0.3, 0.2), (1.5, 0.2, 1.5 - np.pi / 2)]
)
def test_a_parcel_is_as_wide_as_the_side_that_one_faces(heading: float, width: float, turn: float) -> None:
    found = seen(parcel(heading), 0.0)
    assert (found.width, found.turn) == (width, pytest.approx(turn))
    assert found.bottom == pytest.approx(0.90)


def test_nothing_is_taken_that_nobody_sees() -> None:
    with pytest.raises(PlanError, match="nobody knows"):
        seen(replace(parcel(0.0), pose=None), 0.0)


def before(x: float, y: float, heading: float) -> Situation:
    return STORE.situation(Pose2D(x=x, y=y, heading=heading), Mode.RUNNING)


WOODEN, METAL = before(1.85, 1.1, 0.0), before(1.2, -1.8, -np.pi / 2)


def changed(situation: Situation, name: str, **fields: object) -> Situation:
    things = dict(situation.things)
    things[name] = replace(things[name], **fields)  # type: ignore[arg-type]
    return replace(situation, things=things)


def test_what_can_be_picked_up_and_put_down_is_offered() -> None:
    assert PICK in OPTIONS and PUT in OPTIONS
    assert "pick up the ball" not in OPTIONS and "put the brown parcel on the brown parcel" not in OPTIONS
    assert not any(step.behaviour in ("pick_up", "put_on") for step in ground_options(scenes.load("workshop").state))


@pytest.mark.parametrize(
    ("situation", "why"),
    [
        (WOODEN, ""),
        (WOODEN.holding(("blue parcel",)), "hands: the blue parcel is in them"),
        (before(0.0, 0.0, 0.0), "reach: the brown parcel is"),
        (changed(WOODEN, "brown parcel", mass=4.0), "grip: the brown parcel weighs 4.0 kg, at most 2.0"),
        (changed(WOODEN, "brown parcel", size=(0.5, 0.5, 0.2)), "grip: the brown parcel is 0.50 m wide"),
        (changed(WOODEN, "brown parcel", size=(0.08, 0.08, 0.2)), "grip: the brown parcel is 0.08 m wide"),
        (
            changed(WOODEN, "brown parcel", pose=np.array([[2.55, 1.1, 1.01, 1.0, 0.0, 0.0, 0.0]])),
            "grip: the brown parcel lies 0.37 m from the front of the wooden table, hands get to 0.25 m",
        ),
        (
            changed(WOODEN, "brown parcel", pose=np.array([[2.35, 1.1, 0.11, 1.0, 0.0, 0.0, 0.0]])),
            "grip: the brown parcel takes hands 0.16 m high",
        ),
    ],
)
def test_what_is_held_against_picking_up(situation: Situation, why: str) -> None:
    found = objection(OPTIONS[PICK], situation)
    assert found.startswith(why) and bool(found) == bool(why)


@pytest.mark.parametrize(
    ("situation", "text", "why"),
    [
        (METAL.holding(("brown parcel",)), PUT, ""),
        (METAL, PUT, "hands: the brown parcel is not in them; pick it up first"),
        (WOODEN.holding(("brown parcel",)), PUT, "reach: the metal table is"),
        (
            before(0.2, 2.0, np.pi / 2).holding(("brown parcel",)),
            "put the brown parcel on the shelf",
            "grip: to let go of it on the shelf takes hands 1.7",
        ),
        (
            changed(METAL, "blue parcel", size=(1.0, 1.2, 0.18)).holding(("brown parcel",)),
            PUT,
            "room: the brown parcel and two hands take",
        ),
    ],
)
def test_what_is_held_against_putting_down(situation: Situation, text: str, why: str) -> None:
    found = objection(OPTIONS[text], situation)
    assert found.startswith(why) and bool(found) == bool(why)


BIN = before(2.1, -1.3, 0.0).holding(("brown parcel",))


@pytest.mark.parametrize(
    ("situation", "why"),
    [
        (BIN, ""),
        (BIN.holding(()), "hands: the brown parcel is not in them; pick it up first"),
        (WOODEN.holding(("brown parcel",)), "reach: the bin is"),
        (
            changed(BIN, "bin", size=(0.30, 0.45, 0.55)),
            "room: the brown parcel is 0.26 m wide, what is put in the bin at most 0.20 m",
        ),
        (
            changed(BIN, "bin", size=(0.45, 0.45, 1.40), pose=np.array([[2.6, -1.3, 0.7, 1.0, 0.0, 0.0, 0.0]])),
            "grip: to let go of it over the bin takes hands 1.6",
        ),
    ],
)
def test_what_is_held_against_putting_into_a_bin(situation: Situation, why: str) -> None:
    found = objection(OPTIONS["put the brown parcel in the bin"], situation)
    assert found.startswith(why) and bool(found) == bool(why)


def test_what_is_in_a_bin_is_in_no_hand() -> None:
    facts = effect(OPTIONS["put the brown parcel in the bin"], frozenset({"held(brown parcel)", "at(bin)"}))
    assert facts == {"in(brown parcel, bin)", "at(bin)"}


def test_small_things_are_asked_for_in_scenes_to_plan_in_alone() -> None:
    table, tin = Thing(name="table", kind="table"), Thing(name="tin", kind="item", motion="free")
    texts = [step.text for step in ground_options(SceneState(things=(table, tin)))]
    assert {"pick up the tin", "put the tin on the table"} <= set(texts)
    assert "pick up the tin" not in OPTIONS  # which is 8 cm wide


def test_a_plan_of_both_is_checked_as_a_whole() -> None:
    steps = [OPTIONS[text] for text in ("walk to the brown parcel", PICK, "walk to the metal table", PUT)]
    check_plan(steps, before(0.0, 0.0, 0.0))
    held = after(steps[1], WOODEN, PlanRules())
    assert held.held == ("brown parcel",) and after(steps[3], held, PlanRules()).held == ()
    facts = effect(steps[1], frozenset({"on(brown parcel, wooden table)", "at(brown parcel)"}))
    assert facts == {"held(brown parcel)", "at(brown parcel)"}
    assert effect(steps[3], facts) == {"on(brown parcel, metal table)", "at(brown parcel)"}


def test_a_robot_with_something_in_its_hands_stays_further_from_keep_out_zones() -> None:
    zone = KeepOut(name="stairwell", center=(2.0, 0.9), radius=0.4)
    empty = Situation(position=(0.0, 0.0), heading=0.0, zones=(zone,))
    way = [(0.0, 0.0), (2.0, 0.0)]
    assert check_way(way, empty, PlanRules()) == ""
    assert "stairwell" in check_way(way, empty.holding(("parcel",)), PlanRules())


def test_room_is_found_beside_what_stands_there() -> None:
    table = Thing(name="table", kind="table", size=(0.6, 1.4, 0.9), pose=np.array([[0, 0, 0.45, 1, 0, 0, 0]], float))
    item = Thing(
        name="box", kind="box", motion="free", size=(0.2, 0.2, 0.2), pose=np.array([[0, 0, 1.0, 1, 0, 0, 0]], float)
    )
    scene = SceneState(things=(table, item))
    assert free_space(scene, "box", table, 0.4, 0.0) == pytest.approx(0.0, abs=0.011)  # its own place
    side = free_space(scene, "parcel", table, 0.4, 0.1)
    assert side is not None and 0.34 <= side <= 0.5
    assert free_space(scene, "parcel", table, 1.2, 0.0) is None


def test_no_step_is_about_things_that_do_not_fit() -> None:
    for name in ("pick_up", "put_on"):
        with pytest.raises(InputError, match="argument"):
            BEHAVIOURS[name].objection(Step(text="x", behaviour=name), WOODEN, PlanRules())


def test_a_gait_that_another_skill_walks_is_followed() -> None:
    follow = SKILLS["walking"].follow
    assert follow is not None
    walked, memory = CARRYING.new_memory(2), CARRYING.new_memory(2)
    walked.phase[:], walked.stepping[:], walked.command[:], walked.anchored[:] = 0.4, True, 0.2, True
    follow(np.array([True, False]), memory, walked)
    assert memory.phase.tolist() == [0.4, 0.0]
    assert memory.stepping.tolist() == memory.anchored.tolist() == [True, False]
    assert memory.command.tolist() == [[0.2] * 3, [0.0] * 3]
    memory.phase[0] = 0.9
    assert walked.phase[0] == 0.4  # a copy
