"""Blending: the mix, the gates and the decisions, each beside what can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robots
from skillblend.blend_config import BlendConfig, GoalColumn, SkillColumns, goal_columns
from skillblend.blending import BlendController, BlendMemory, gate_groups, mix, softmax
from skillblend.bundle import Bundle
from skillblend.contracts import Array, GoalSpace, Observation, Robot
from skillblend.errors import InputError, ShapeError, UnknownNameError
from skillblend.policy import Mlp
from skillblend.skills.reaching import ReachingController, ReachingMemory
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import SKILLS
from skillblend.skills.walking import WalkingController

ROBOT = robots.load("h1")
REACH = ReachingController(ROBOT).goal_space
WALK_COLUMNS = SkillColumns(skill="walking", base=(0.2, 0.0, 0.0), scale=(0.5, 0.25, 0.5), dead_zone=0.12)
GOAL = np.array([0.3, 0.2, 1.1, 0.3, -0.2, 1.1])


def constant(inputs: int, outputs: int, value: float) -> Mlp:
    """A network that says the same whatever it sees."""
    return Mlp([(np.zeros((outputs, inputs), np.float32), np.full(outputs, value, np.float32))])


def skill(controller: Any, value: float) -> PolicySkill[Any]:
    """A skill whose network says `value` whatever it sees."""
    actor = constant(controller.observation_size, controller.action_size, value)
    return PolicySkill(controller, Bundle(folder=Path(), config={}, actor=actor, critic=actor, digest=""))


def both(robot: Robot = ROBOT) -> dict[str, PolicySkill[Any]]:
    return {"walking": skill(WalkingController(robot), 0.1), "reaching": skill(ReachingController(robot), -0.2)}


def configured(fixed: dict[str, float] | None = None, **changes: Any) -> BlendConfig:
    """Walking and reaching as the shipped tasks drive them; goal columns in `fixed` are no choice."""
    held = fixed or {}
    far = np.array([4.0, 4.0, 0.0] * 2)
    columns = tuple(
        replace(column, lower=held[column.name], upper=held[column.name]) if column.name in held
        else replace(column, lower=column.lower - beyond, upper=column.upper + beyond)
        for column, beyond in zip(goal_columns(REACH), far.tolist(), strict=True)
    )  # fmt: skip
    reach = SkillColumns(skill="reaching", base=REACH.names, scale=(0.05,) * 6, limit=2.0)
    terms = ("goal", "near_error", "bearing")
    return BlendConfig(**{"skills": (WALK_COLUMNS, reach), "goal": columns, "terms": terms} | changes)


RIGHT = {"right_x": 0.22, "right_y": -0.24, "right_z": 0.98}


def make(config: BlendConfig | None = None, robot: Robot = ROBOT) -> BlendController:
    return BlendController(robot, both(robot), config or configured())


def standing(n: int, robot: Robot = ROBOT) -> Observation:
    return Observation(
        time=np.zeros(n),
        joint_position=np.tile(robot.default_pose, (n, 1)),
        joint_velocity=np.zeros((n, robot.num_joints)),
        base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
        base_angular_velocity=np.zeros((n, 3)),
    )


def test_mix_by_hand() -> None:
    targets = np.array([[[1.0, 2.0], [3.0, -2.0]]])
    weights = np.array([[[0.25, 1.0], [0.75, 0.0]]])
    np.testing.assert_array_equal(mix(targets, weights), [[2.5, 2.0]])


def test_mix_of_equals_is_itself(rng: np.random.Generator) -> None:
    one = rng.normal(size=(4, 1, 5))
    weights = softmax(rng.normal(size=(4, 3, 5)))
    np.testing.assert_allclose(mix(np.repeat(one, 3, axis=1), weights), one[:, 0])


@pytest.mark.parametrize("shape", [(1, 2, 1), (2, 1), (2, 2, 3), (1, 2, 3, 1)])
def test_weights_of_another_shape_are_never_broadcast(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"must match targets \(1, 2, 3\) \(N, K, J\)") as caught:
        mix(np.zeros((1, 2, 3)), np.zeros(shape))
    assert f"weights {shape}" in str(caught.value)


def test_softmax_by_hand() -> None:
    logits = np.log(np.array([[[1.0, 1.0], [3.0, 1.0], [4.0, 2.0]]]))
    np.testing.assert_allclose(softmax(logits), [[[0.125, 0.25], [0.375, 0.25], [0.5, 0.5]]])


def test_softmax_ignores_a_common_shift_and_survives_large_logits(rng: np.random.Generator) -> None:
    logits = rng.normal(size=(3, 2, 4))
    np.testing.assert_allclose(softmax(logits + 7.0), softmax(logits))
    with np.errstate(over="raise", invalid="raise"):
        np.testing.assert_allclose(softmax(np.array([[[1e4], [-1e4]]])), [[[1.0], [0.0]]])


@pytest.mark.parametrize("name", robots.names())
def test_limb_gates_move_every_joint_exactly_once(name: str) -> None:
    robot = robots.load(name)
    groups = gate_groups(robot, "limb")
    assert groups.shape == (3, robot.num_joints)
    np.testing.assert_array_equal(groups.sum(axis=0), np.ones(robot.num_joints))
    legs, torso, arms = groups
    assert legs[robot.joint("left_knee")] == 1
    assert arms[robot.joint("right_shoulder_pitch")] == 1
    assert torso[[i for i, n in enumerate(robot.joint_names) if "torso" in n or "waist" in n]].all()


def test_joint_and_scalar_gates() -> None:
    np.testing.assert_array_equal(gate_groups(ROBOT, "joint"), np.eye(19))
    np.testing.assert_array_equal(gate_groups(ROBOT, "scalar"), np.ones((1, 19)))


@pytest.mark.parametrize(("gates", "size"), [("limb", 12), ("joint", 28), ("scalar", 10)])
def test_sizes_follow_the_gates(gates: Any, size: int) -> None:
    controller = make(configured(gates=gates))
    assert controller.action_size == size
    assert dict(controller.layout)["action"] == size
    memory, obs = controller.new_memory(2), standing(2)
    features = controller.features(obs, np.tile(GOAL, (2, 1)), memory)
    assert features.shape == (2, controller.observation_size)
    assert np.isfinite(features).all()


def test_a_skill_that_is_not_there_and_a_goal_of_another_size() -> None:
    with pytest.raises(UnknownNameError, match="unknown skill 'reaching'; known: .*walking"):
        BlendController(ROBOT, {"walking": both()["walking"]}, configured())
    short = configured(skills=(replace(WALK_COLUMNS, base=(0.0,), scale=()),))
    with pytest.raises(InputError, match=r"walking\.base has 1 numbers, its goal 3"):
        make(short)


def decided(action: Array, config: BlendConfig | None = None) -> tuple[Array, Array]:
    """Command and stored action after one decision."""
    controller = make(config)
    memory = controller.new_memory(1)
    full = np.zeros((1, controller.action_size))
    full[0, : len(action)] = action
    controller.decide(full, memory)
    return memory.goals[0][0], memory.action[0]


@pytest.mark.parametrize(
    ("action", "command"),
    [
        ([0.0, 0.0, 0.0], [0.2, 0.0, 0.0]),  # the offset alone
        ([-0.4, 0.0, 0.0], [0.0, 0.0, 0.0]),
        ([-0.2, 0.0, 0.0], [0.0, 0.0, 0.0]),  # 0.1, in the dead zone
        ([-0.1, 0.0, 0.0], [0.15, 0.0, 0.0]),
        ([-0.4, 0.4, -0.1], [0.0, 0.1, -0.05]),  # sum of sizes 0.15
        ([-0.4, 0.2, -0.1], [0.0, 0.0, 0.0]),
        ([9.0, 9.0, -9.0], [1.0, 0.3, -0.6]),  # walking's own limits
    ],
)
def test_commands_and_the_dead_zone_by_hand(action: list[float], command: list[float]) -> None:
    found, _ = decided(np.array(action))
    np.testing.assert_allclose(found, command, atol=1e-12)


def test_actions_are_limited_before_they_are_remembered() -> None:
    _, stored = decided(np.array([100.0, -100.0, 1.0]))
    np.testing.assert_array_equal(stored[:4], [3.0, -3.0, 1.0, 0.0])


def test_dead_zone_is_per_robot() -> None:
    controller = make()
    memory = controller.new_memory(2)
    action = np.zeros((2, controller.action_size))
    action[0, 0] = -0.4
    controller.decide(action, memory)
    np.testing.assert_allclose(memory.goals[0], [[0.0, 0.0, 0.0], [0.2, 0.0, 0.0]], atol=1e-12)


def test_gate_weights_by_hand() -> None:
    controller = make(configured(gate_scale=2.0))
    action = np.zeros((1, 12))
    action[0, 9:] = [np.log(3.0) / 2, 0.0, -np.log(4.0) / 2]
    weights = controller.weights(action)
    legs, torso, arms = (g > 0 for g in controller.groups)
    assert weights.shape == (1, 2, 19)
    np.testing.assert_allclose(weights.sum(axis=1), np.ones((1, 19)))
    for joints, reach in ((legs, 0.75), (torso, 0.5), (arms, 0.2)):
        np.testing.assert_allclose(weights[0, 1, joints], reach)


def test_a_hand_without_a_target_is_asked_to_rest_beside_the_body() -> None:
    controller = make(configured(fixed=RIGHT))
    goal = controller.goal_space.clip(np.tile(GOAL, (2, 1)))
    asked = controller.goals(goal, controller.new_memory(2))[1]
    np.testing.assert_array_equal(asked[:, :3], np.tile(GOAL[:3], (2, 1)))
    np.testing.assert_allclose(asked[:, 3:], [[0.22, -0.24, 0.98]] * 2)


def test_targets_are_the_mix_of_what_each_skill_says_alone() -> None:
    controller, obs, goal = make(), standing(2), np.tile(GOAL, (2, 1))
    memory = controller.new_memory(2)
    action = np.zeros((2, 12))
    action[:, 3:9] = [1.0, 0.0, 0.0, 0.0, 0.0, -9.0]  # 5 cm, and more than the 10 cm allowed
    action[0, 9:] = [-0.5, 0.2, 1.0]
    controller.update(obs, goal, memory)
    controller.decide(action, memory)
    found = controller.targets(obs, goal, memory)

    alone = controller.new_memory(2)
    controller.update(obs, goal, alone)
    controller.decide(action, alone)
    shifted = goal + [0.05, 0.0, 0.0, 0.0, 0.0, -0.10]
    walking, reaching = (controller.ensemble.skills[name].controller for name in ("walking", "reaching"))
    walking.features(obs, alone.goals[0], alone.skills["walking"])
    walk = walking.targets(np.full((2, 10), 0.1), alone.goals[0], alone.skills["walking"])
    reach = reaching.targets(np.full((2, 19), -0.2), shifted, alone.skills["reaching"])
    share = 1.0 / (1.0 + np.exp(-2.0 * np.clip(action[:, 9:], -3, 3) @ controller.groups))
    np.testing.assert_allclose(found, share * reach + (1 - share) * walk, atol=1e-6)


def test_both_skills_are_told_what_was_sent() -> None:
    controller, obs, goal = make(), standing(2), np.tile(GOAL, (2, 1))
    memory = controller.new_memory(2)
    controller.update(obs, goal, memory)
    controller.decide(np.ones((2, 12)), memory)
    sent = controller.targets(obs, goal, memory)
    stored = sent.copy()
    for targets in (
        memory.last_targets,
        memory.skills["walking"].last_targets,
        memory.skills["reaching"].last_targets,
    ):
        np.testing.assert_array_equal(targets, stored)
    sent[:] = np.nan  # what the caller does with its array is its own affair
    memory.skills["walking"].last_targets[0] = 5.0
    np.testing.assert_array_equal(memory.last_targets, stored)
    np.testing.assert_array_equal(memory.skills["reaching"].last_targets, stored)


def test_resetting_some_robots_leaves_the_others(rng: np.random.Generator) -> None:
    controller, obs, goal = make(), standing(3), np.tile(GOAL, (3, 1))
    memory = controller.new_memory(3)
    controller.update(obs, goal, memory)
    controller.decide(rng.normal(size=(3, 12)), memory)
    controller.targets(obs, goal, memory)
    action, command, targets = memory.action.copy(), memory.goals[0].copy(), memory.last_targets.copy()
    pose = np.full((1, 19), 0.01)
    memory.reset(np.array([1]), pose)
    for now, before, fresh in (
        (memory.action, action, 0.0), (memory.goals[0], command, 0.0), (memory.last_targets, targets, 0.01),
    ):  # fmt: skip
        np.testing.assert_array_equal(now[1], np.full_like(now[1], fresh))
        np.testing.assert_array_equal(now[[0, 2]], before[[0, 2]])
    for part in (memory.skills["walking"], memory.skills["reaching"]):
        np.testing.assert_array_equal(part.last_targets[1], pose[0])
        np.testing.assert_array_equal(part.last_targets[[0, 2]], targets[[0, 2]])


def reaching(memory: BlendMemory) -> ReachingMemory:
    own = memory.skills["reaching"]
    assert isinstance(own, ReachingMemory)
    return own


def test_the_decision_shifts_what_reaching_follows() -> None:
    """A shift of (0.05, 0, -0.05) m for the left hand, two units of 0.05 m at most, inside reaching's limits."""
    controller = make()
    memory = controller.new_memory(1)
    action = np.zeros((1, controller.action_size))
    action[0, 3:9] = [1.0, 0.0, -1.0, 0.0, 100.0, 0.0]
    action[0, 9:] = 3.0
    controller.decide(action, memory)
    for _ in range(200):
        controller.update(standing(1), GOAL[None], memory)
    expected = GOAL + [0.05, 0.0, -0.05, 0.0, 0.1, 0.0]
    assert reaching(memory).goal.reshape(6) == pytest.approx(expected)


def test_a_hand_without_a_target_is_led_to_its_rest() -> None:
    controller = make(configured(fixed=RIGHT))
    memory = controller.new_memory(1)
    action = np.zeros((1, controller.action_size))
    action[0, 9:] = 3.0
    controller.decide(action, memory)
    for _ in range(200):
        controller.update(standing(1), controller.goal_space.clip(np.tile(GOAL[:3], 2)[None]), memory)
    rest = [0.22, -0.24, 0.98]
    assert reaching(memory).goal[0, 1] == pytest.approx(rest)


def test_reaching_waits_at_the_wrists_while_it_has_no_say() -> None:
    controller = make()
    memory = controller.new_memory(1)
    action = np.zeros((1, controller.action_size))
    action[0, 9:] = -3.0
    controller.decide(action, memory)
    for _ in range(50):
        controller.update(standing(1), GOAL[None], memory)
    assert np.isnan(reaching(memory).goal).all()
    action[0, 9:] = 3.0
    controller.decide(action, memory)
    controller.update(standing(1), GOAL[None], memory)
    moved = np.linalg.norm(reaching(memory).goal - reaching(memory).wrists, axis=2)
    assert moved.max() <= ReachingController(ROBOT).config.goal_rate * ROBOT.control_dt + 1e-9


class Holding(ReachingController):
    """A third skill: every joint at its goal, one number for all, wherever it was."""

    name = "holding"

    def __init__(self) -> None:
        super().__init__(ROBOT)
        self.goal_space = GoalSpace(names=("angle",), units=("rad",), lower=np.array([-1.0]), upper=np.array([1.0]))
        self.goal_at_rest = np.array([0.3])
        self.summary_layout = (("held", 1),)
        self.observation_size, self.action_size = 1, 1

    def features(self, obs: Observation, goal: Array, memory: Any) -> Array:
        del obs, memory
        return goal

    def update(self, obs: Observation, goal: Array, memory: Any, stance: Any = None) -> None:
        del obs, goal, memory, stance

    def summary(self, memory: Any) -> Array:
        return memory.last_targets[:, :1]

    def targets(self, action: Array, goal: Array, memory: Any) -> Array:
        del action
        memory.last_targets = np.tile(goal, (1, 19))
        return memory.last_targets


@pytest.fixture
def holding() -> Iterator[None]:
    spec = replace(SKILLS["reaching"], name="holding", make=lambda robot, config: Holding(), limbs=("arms", "torso"))
    SKILLS.add("holding", spec)
    yield
    SKILLS.remove("holding")


@pytest.mark.usefixtures("holding")
def test_three_skills_of_which_one_is_told_nothing() -> None:
    """Gates by hand: with logits 0, a and b, the shares are 1, e^a and e^b over their sum."""
    columns = (*configured().skills, SkillColumns(skill="holding", base=(0.25,)))
    controller = BlendController(ROBOT, both() | {"holding": skill(Holding(), 0.0)}, configured(skills=columns))
    assert (controller.action_size, controller.gates) == (9 + 6, slice(9, 15))
    assert dict(controller.layout)["holding.held"] == 1
    memory = controller.new_memory(2)
    np.testing.assert_array_equal(memory.goals[2], [[0.3], [0.3]])
    action = np.zeros((2, 15))
    action[:, 9:12], action[:, 12:] = np.log(2.0) / 2, np.log(5.0) / 2
    np.testing.assert_allclose(controller.weights(action)[0, :, 0], [1 / 8, 2 / 8, 5 / 8])
    controller.update(standing(2), np.tile(GOAL, (2, 1)), memory)
    features = controller.features(standing(2), np.tile(GOAL, (2, 1)), memory)
    assert features.shape == (2, controller.observation_size)
    controller.decide(action, memory)
    np.testing.assert_array_equal(memory.goals[2], [[0.25], [0.25]])
    mixed = controller.targets(standing(2), np.tile(GOAL, (2, 1)), memory)
    controller.decide(controller.as_decision(np.array([2, 2])), memory)
    assert (controller.weights(memory.action)[:, 2] > 0.99).all()
    assert np.isfinite(mixed).all()


@pytest.mark.usefixtures("holding")
def test_one_skill_has_every_joint_and_no_gates() -> None:
    column = GoalColumn(name="x", unit="m", lower=0.0, upper=1.0)
    config = BlendConfig(skills=(SkillColumns(skill="holding", base=(0.0,), scale=(0.5,)),), goal=(column,))
    controller = BlendController(ROBOT, {"holding": skill(Holding(), 0.0)}, config)
    assert controller.action_size == 1
    memory = controller.new_memory(1)
    controller.update(standing(1), np.zeros((1, 1)), memory)
    controller.decide(np.array([[1.0]]), memory)
    np.testing.assert_allclose(controller.targets(standing(1), np.zeros((1, 1)), memory), 0.5)


def test_scripts_say_what_they_mean() -> None:
    controller = make()
    limbs = {"legs": np.array([0, 1]), "torso": np.array([1, -1]), "arms": np.array([1, 1])}
    command = np.array([[0.5, 0.1, -0.2], [0.0, 0.0, 0.0]])
    shift = np.tile([0.01, -0.02, 0.03, 0.0, 0.0, 0.0], (2, 1))
    action = controller.encode({"walking": command, "reaching": shift}, limbs)
    memory = controller.new_memory(2)
    controller.decide(action, memory)
    np.testing.assert_allclose(memory.goals[0], command, atol=1e-12)
    np.testing.assert_allclose(controller.goals(np.tile(GOAL, (2, 1)), memory)[1], GOAL + shift)
    legs, torso, arms = (g > 0 for g in controller.groups)
    weights = controller.weights(action)[:, 1]
    assert (weights[0, legs] < 0.01).all() and (weights[1, legs] > 0.99).all()
    assert (weights[0, torso] > 0.99).all() and (weights[1, torso] == 0.5).all()
    assert (weights[:, arms] > 0.99).all()
