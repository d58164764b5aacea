"""Skills kept in step: hand-overs as one rule for any number of skills, robot by robot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robots
from skillblend.bundle import Bundle
from skillblend.contracts import Array, BoolArray, GoalSpace, IntArray, Observation, Robot
from skillblend.errors import BundleError, InputError, ShapeError, UnknownNameError
from skillblend.loading import load_skillset
from skillblend.policy import Mlp
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import LIMBS, SKILLS, SkillSpec
from skillblend.skillset import CALM_TIME, HAND_OVER, SkillSet

ROBOT = robots.load("h1")
LEGS = ROBOT.joints(*LIMBS["legs"])
REST = np.setdiff1d(np.arange(ROBOT.num_joints), LEGS)
PLACES = {"stander": 0.1, "squat": 0.2, "lean": 0.4}


@dataclass(kw_only=True)
class Memory:
    last_targets: Array
    waiting: BoolArray
    stance: Any = None

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        self.last_targets[ids] = joint_position


class Constant:
    """A skill that sends every joint to one place, plus its goal."""

    action_size, privileged_size = 1, 0
    layout = (("nothing", 1),)
    summary_layout: tuple[tuple[str, int], ...] = ()
    config: Any = None
    moving = False

    def __init__(self, robot: Robot, name: str) -> None:
        self.robot, self.name = robot, name
        self.goal_space = GoalSpace(names=("shift",), units=("rad",), lower=np.array([-1.0]), upper=np.array([1.0]))
        self.goal_at_rest = np.zeros(1)

    def new_memory(self, n: int) -> Memory:
        return Memory(last_targets=np.tile(self.robot.default_pose, (n, 1)), waiting=np.zeros(n, dtype=np.bool_))

    def update(self, obs: Observation, goal: Array, memory: Memory, stance: Any = None) -> None:
        del obs, goal, stance
        memory.waiting[:] = False

    def features(self, obs: Observation, goal: Array, memory: Memory) -> Array:
        del obs, memory
        return goal

    def targets(self, action: Array, goal: Array, memory: Memory) -> Array:
        del action, memory
        return np.tile(PLACES[self.name] + goal, (1, self.robot.num_joints))

    def privileged(self, goal: Array, memory: Memory, truth: Any = None) -> Array:
        del memory, truth
        return np.empty((len(goal), 0))

    def summary(self, memory: Memory) -> Array:
        return np.empty((len(memory.last_targets), 0))

    def stepping(self, memory: Memory) -> BoolArray:
        return np.full(len(memory.last_targets), self.moving)

    def wait(self, rows: BoolArray, memory: Memory) -> None:
        memory.waiting |= rows


def identity() -> Mlp:
    return Mlp([(np.ones((1, 1), np.float32), np.zeros(1, np.float32))])


def spec(name: str, *, planted: bool) -> SkillSpec:
    def make(robot: Robot, config: Mapping[str, Any] | None) -> Any:
        del config
        return Constant(robot, name)

    return SkillSpec(
        name=name, about="Stays.", make=make, limbs=("arms",), planted=planted, recovers=not planted,
    )  # fmt: skip


@pytest.fixture
def skills() -> Iterator[SkillSet]:
    """Three skills, of which one steps."""
    for name in PLACES:
        SKILLS.add(name, spec(name, planted=name != "stander"))
    bundle = Bundle(folder=Path(), config={}, actor=identity(), critic=identity(), digest="")
    try:
        yield SkillSet({name: PolicySkill(SKILLS[name].make(ROBOT, None), bundle) for name in PLACES})
    finally:
        for name in PLACES:
            SKILLS.remove(name)


def still(n: int, tilt: float = 0.0) -> Observation:
    """N robots that stand in the default pose, leaning forward by `tilt` rad."""
    return Observation(
        time=np.zeros(n),
        joint_position=np.tile(ROBOT.default_pose, (n, 1)),
        joint_velocity=np.zeros((n, ROBOT.num_joints)),
        base_quaternion=np.tile([np.cos(tilt / 2), 0.0, np.sin(tilt / 2), 0.0], (n, 1)),
        base_angular_velocity=np.zeros((n, 3)),
    )


def ticks(seconds: float) -> int:
    return round(seconds / ROBOT.control_dt)


def test_at_rest_the_recovering_skill_has_every_joint(skills: SkillSet) -> None:
    skills.reset(still(2))
    np.testing.assert_array_equal(skills.act(still(2), skills.rest()), np.full((2, 19), 0.1))


def test_arms_change_at_once_and_calm_legs_within_the_hand_over(skills: SkillSet) -> None:
    skills.reset(still(1))
    blend = skills.one_hot("squat", np.array([[0.05]]))
    for number in range(ticks(CALM_TIME)):
        sent = skills.act(still(1), blend)
        np.testing.assert_allclose(sent[0, REST], 0.25)
        np.testing.assert_allclose(sent[0, LEGS], 0.1, err_msg=f"tick {number}")
    shares = [(skills.act(still(1), blend)[0, LEGS] - 0.1) / 0.15 for _ in range(ticks(HAND_OVER) + 2)]
    shares = [s for s in shares if s.max() > 1e-9]
    step = ROBOT.control_dt / HAND_OVER
    for number, share in enumerate(shares):
        np.testing.assert_allclose(share, min(1.0, (number + 1) * step), atol=1e-9)
    np.testing.assert_allclose(skills.act(still(1), blend), 0.25)


def test_legs_stay_with_a_skill_that_is_stepping(skills: SkillSet) -> None:
    skills.reset(still(1))
    skills.skill("stander").controller.moving = True  # type: ignore[attr-defined]
    assert skills.stepping.all()
    for _ in range(50):
        sent = skills.act(still(1), skills.one_hot("squat", np.zeros((1, 1))))
    np.testing.assert_allclose(sent[0, LEGS], 0.1)


def test_planted_skills_hand_legs_to_each_other_over_time_and_back_at_once(skills: SkillSet) -> None:
    skills.reset(still(1))
    for _ in range(50):
        skills.act(still(1), skills.one_hot("squat", np.zeros((1, 1))))
    first = skills.act(still(1), skills.one_hot("lean", np.zeros((1, 1))))
    step = ROBOT.control_dt / HAND_OVER
    np.testing.assert_allclose(first[0, LEGS], 0.2 + 0.2 * step)
    np.testing.assert_allclose(first[0, REST], 0.4)
    for _ in range(ticks(HAND_OVER)):
        sent = skills.act(still(1), skills.one_hot("lean", np.zeros((1, 1))))
    np.testing.assert_allclose(sent, 0.4)
    np.testing.assert_allclose(skills.act(still(1), skills.rest()), 0.1)


def test_a_planted_robot_that_tilts_gets_its_legs_back(skills: SkillSet) -> None:
    skills.reset(still(2))
    blend = skills.one_hot("squat", np.zeros((2, 1)))
    for _ in range(50):
        skills.act(still(2), blend)
    obs = still(2)
    obs.base_quaternion[1] = still(1, tilt=0.3).base_quaternion[0]
    sent = skills.act(obs, blend)
    np.testing.assert_allclose(sent[0], 0.2)
    np.testing.assert_allclose(sent[1, LEGS], 0.1)
    np.testing.assert_allclose(sent[1, REST], 0.2)


def test_robots_of_one_batch_do_as_each_does_alone(skills: SkillSet) -> None:
    both = skills.rest(2).put(np.array([False, True]), skills.one_hot("lean", np.full((2, 1), 0.1)))
    skills.reset(still(2))
    together = np.array([skills.act(still(2), both) for _ in range(40)])
    skills.reset(still(1))
    alone = np.array([skills.act(still(1), skills.one_hot("lean", np.array([[0.1]]))) for _ in range(40)])
    np.testing.assert_array_equal(together[:, 1], alone[:, 0])
    np.testing.assert_allclose(together[:, 0], 0.1)


def test_limbs_that_are_not_named_stay_with_the_standing_skill(skills: SkillSet) -> None:
    skills.reset(still(1))
    arms = ROBOT.joints(*LIMBS["arms"])
    for _ in range(50):
        sent = skills.act(still(1), skills.one_hot("lean", np.zeros((1, 1)), limbs=("arms",)))
    np.testing.assert_allclose(sent[0, arms], 0.4)
    np.testing.assert_allclose(np.delete(sent[0], arms), 0.1)


def waits_now(skills: SkillSet, name: str) -> bool:
    own = skills.memory_of(name)
    assert isinstance(own, Memory)
    return bool(own.waiting[0])


def test_skills_without_a_say_wait_and_all_know_what_was_sent(skills: SkillSet) -> None:
    skills.reset(still(1))
    sent = skills.act(still(1), skills.one_hot("lean", np.zeros((1, 1))))
    assert [waits_now(skills, name) for name in PLACES] == [True, True, False]
    for name in PLACES:
        np.testing.assert_array_equal(skills.memory_of(name).last_targets, sent)


@pytest.fixture
def holding() -> Iterator[tuple[SkillSet, BoolArray, Array]]:
    """The same, but `squat` holds the legs of those of two robots, and leans as far, as the two arrays say."""
    low, lean = np.ones(2, dtype=np.bool_), np.zeros(2)
    for name in PLACES:
        SKILLS.add(name, spec(name, planted=name != "stander"))
    squat = replace(
        SKILLS.remove("squat"), holds=lambda controller, memory: low,
        lean=lambda controller, memory: np.sin(lean), limbs=("legs",),
    )  # fmt: skip
    SKILLS.add("squat", squat)
    bundle = Bundle(folder=Path(), config={}, actor=identity(), critic=identity(), digest="")
    try:
        yield SkillSet({name: PolicySkill(SKILLS[name].make(ROBOT, None), bundle) for name in PLACES}), low, lean
    finally:
        for name in PLACES:
            SKILLS.remove(name)


def squatted(skills: SkillSet) -> None:
    """Two robots that squat has for good, with 0.05 asked of it."""
    skills.reset(still(2))
    for _ in range(50):
        sent = skills.act(still(2), skills.one_hot("squat", np.full((2, 1), 0.05)))
    np.testing.assert_allclose(sent, 0.25)


@pytest.mark.parametrize("other", ["stander", "lean"])
def test_legs_are_held_at_the_goal_at_rest_until_others_can_have_them(
    holding: tuple[SkillSet, BoolArray, Array], other: str
) -> None:
    skills, low, _ = holding
    squatted(skills)
    low[1] = False
    blend = skills.one_hot(other, np.zeros((2, 1)))
    for _ in range(50):
        sent = skills.act(still(2), blend)
    np.testing.assert_allclose(sent[:, REST], PLACES[other])
    np.testing.assert_allclose(sent[0, LEGS], PLACES["squat"], err_msg="held, with nothing asked")
    np.testing.assert_allclose(sent[1, LEGS], PLACES[other])
    low[0] = False
    for _ in range(ticks(HAND_OVER) + 1):
        sent = skills.act(still(2), blend)
    np.testing.assert_allclose(sent, PLACES[other])


def test_a_lean_that_is_meant_is_no_tilt(holding: tuple[SkillSet, BoolArray, Array]) -> None:
    skills, _, lean = holding
    squatted(skills)
    lean[:] = 0.4
    blend = skills.one_hot("squat", np.zeros((2, 1)))
    obs = still(2, tilt=0.4)
    obs.base_quaternion[1] = still(1, tilt=0.1).base_quaternion[0]
    sent = skills.act(obs, blend)
    np.testing.assert_allclose(sent[0, LEGS], PLACES["squat"])
    np.testing.assert_allclose(
        sent[1, LEGS], PLACES["stander"], err_msg="upright, where it should lean, it falls back"
    )


def test_a_skill_whose_limbs_are_legs_waits_until_it_has_them(holding: tuple[SkillSet, BoolArray, Array]) -> None:
    skills, *_ = holding
    skills.reset(still(2))
    waits = []
    for _ in range(ticks(CALM_TIME + HAND_OVER) + 5):
        skills.act(still(2), skills.one_hot("squat", np.zeros((2, 1))))
        waits.append(waits_now(skills, "squat"))
    assert all(waits[: ticks(CALM_TIME)]) and not waits[-1]


def test_resetting_rows_leaves_the_others(skills: SkillSet) -> None:
    skills.reset(still(2))
    blend = skills.one_hot("squat", np.zeros((2, 1)))
    for _ in range(50):
        skills.act(still(2), blend)
    skills.reset_rows(np.array([1]), still(2))
    sent = skills.act(still(2), blend)
    np.testing.assert_allclose(sent[0, LEGS], 0.2)
    np.testing.assert_allclose(sent[1, LEGS], 0.1)


def test_what_does_not_fit_is_refused(skills: SkillSet) -> None:
    skills.reset(still(2))
    with pytest.raises(ShapeError, match="an observation of 3 robots, skills in step with 2"):
        skills.act(still(3), skills.rest(3))
    with pytest.raises(ShapeError, match="must be for 2 robots and the skills"):
        skills.act(still(2), skills.rest(3))
    with pytest.raises(ShapeError, match=r"goal \(2, 2\) of squat must be \(N, 1\)"):
        skills.one_hot("squat", np.zeros((2, 2)))
    with pytest.raises(UnknownNameError, match="unknown limb group 'wings'"):
        skills.one_hot("squat", np.zeros((2, 1)), limbs=("wings",))
    with pytest.raises(UnknownNameError, match="did you mean 'squat'"):
        skills.one_hot("squats", np.zeros((2, 1)))
    with pytest.raises(UnknownNameError, match="unknown blender 'dance'"):
        skills.task("dance", np.zeros((2, 1)))
    with pytest.raises(ShapeError, match="same robots and skills"):
        skills.rest(2).put(np.array([True]), skills.rest(2))


def test_exactly_one_skill_recovers(skills: SkillSet) -> None:
    only = {name: skills.skill(name) for name in ("squat", "lean")}
    with pytest.raises(InputError, match=r"must recover, found \[\]"):
        SkillSet(only)


def test_a_robot_without_skills(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle at"):
        load_skillset(ROBOT, tmp_path)
