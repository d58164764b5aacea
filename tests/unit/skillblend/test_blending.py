"""Blending: the mix, the gates and the decisions, each beside what can be worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import robots
from skillblend.blending import BlendConfig, BlendController, gate_groups, mix, softmax
from skillblend.contracts import Array, Observation, Robot
from skillblend.errors import InputError, ShapeError
from skillblend.policy import Mlp
from skillblend.skills.reaching import ReachingController
from skillblend.skills.walking import WalkingController

ROBOT = robots.load("h1")
GOAL = np.array([0.3, 0.2, 1.1, 0.3, -0.2, 1.1])


def constant(inputs: int, outputs: int, value: float) -> Mlp:
    """A network that says the same whatever it sees."""
    return Mlp([(np.zeros((outputs, inputs), np.float32), np.full(outputs, value, np.float32))])


def make(config: BlendConfig | None = None, robot: Robot = ROBOT) -> BlendController:
    walking, reaching = WalkingController(robot), ReachingController(robot)
    return BlendController(
        robot,
        (walking, constant(walking.observation_size, walking.action_size, 0.1)),
        (reaching, constant(reaching.observation_size, reaching.action_size, -0.2)),
        config,
    )


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
    controller = make(BlendConfig(gates=gates))
    assert controller.action_size == size
    assert dict(controller.layout)["action"] == size
    memory, obs = controller.new_memory(2), standing(2)
    features = controller.features(obs, np.tile(GOAL, (2, 1)), memory)
    assert features.shape == (2, controller.observation_size)
    assert np.isfinite(features).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decision_ticks": 0}, "decision_ticks = 0 must be a whole number between 1 and 1000"),
        ({"gates": "leg"}, "gates = 'leg' must be 'limb', 'joint' or 'scalar'"),
        ({"hands": "right"}, "hands = 'right' must be 'both' or 'left'"),
    ],
)
def test_configurations_that_mean_nothing(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        BlendConfig(**changes)


def test_goals_reach_four_metres_further_than_the_arms() -> None:
    controller = make()
    far = np.array([4.0, 4.0, 0.0] * 2)
    np.testing.assert_allclose(controller.goal_space.lower, controller.reaching.goal_space.lower - far)
    np.testing.assert_allclose(controller.goal_space.upper, controller.reaching.goal_space.upper + far)


def decided(action: Array, config: BlendConfig | None = None) -> tuple[Array, Array]:
    """Command and stored action after one decision."""
    controller = make(config)
    memory = controller.new_memory(1)
    full = np.zeros((1, controller.action_size))
    full[0, : len(action)] = action
    controller.decide(full, memory)
    return memory.command[0], memory.action[0]


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
    np.testing.assert_allclose(memory.command, [[0.0, 0.0, 0.0], [0.2, 0.0, 0.0]], atol=1e-12)


def test_gate_weights_by_hand() -> None:
    controller = make(BlendConfig(gate_scale=2.0))
    action = np.zeros((1, 12))
    action[0, 9:] = [np.log(3.0) / 2, 0.0, -np.log(4.0) / 2]
    weights = controller.weights(action)
    legs, torso, arms = (g > 0 for g in controller.groups)
    assert weights.shape == (1, 2, 19)
    np.testing.assert_allclose(weights.sum(axis=1), np.ones((1, 19)))
    for joints, reach in ((legs, 0.75), (torso, 0.5), (arms, 0.2)):
        np.testing.assert_allclose(weights[0, 1, joints], reach)


def test_a_hand_without_a_target_rests_beside_the_body() -> None:
    goal = np.tile(GOAL, (2, 1))
    np.testing.assert_array_equal(make().aims(goal), goal.reshape(2, 2, 3))
    aims = make(BlendConfig(hands="left", rest=(0.2, 0.3, 0.9))).aims(goal)
    np.testing.assert_array_equal(aims[:, 0], goal[:, :3])
    np.testing.assert_allclose(aims[:, 1], [[0.2, -0.3, 0.9]] * 2)
    np.testing.assert_array_equal(goal, np.tile(GOAL, (2, 1)))


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
    controller.walking.features(obs, alone.command, alone.walking)
    walk = controller.walking.targets(np.full((2, 10), 0.1), alone.command, alone.walking)
    reach = controller.reaching.targets(np.full((2, 19), -0.2), shifted, alone.reaching)
    share = 1.0 / (1.0 + np.exp(-2.0 * np.clip(action[:, 9:], -3, 3) @ controller.groups))
    np.testing.assert_allclose(found, share * reach + (1 - share) * walk, atol=1e-6)


def test_both_skills_are_told_what_was_sent() -> None:
    controller, obs, goal = make(), standing(2), np.tile(GOAL, (2, 1))
    memory = controller.new_memory(2)
    controller.update(obs, goal, memory)
    controller.decide(np.ones((2, 12)), memory)
    sent = controller.targets(obs, goal, memory)
    stored = sent.copy()
    for targets in (memory.last_targets, memory.walking.last_targets, memory.reaching.last_targets):
        np.testing.assert_array_equal(targets, stored)
    sent[:] = np.nan  # what the caller does with its array is its own affair
    memory.walking.last_targets[0] = 5.0
    np.testing.assert_array_equal(memory.last_targets, stored)
    np.testing.assert_array_equal(memory.reaching.last_targets, stored)


def test_resetting_some_robots_leaves_the_others(rng: np.random.Generator) -> None:
    controller, obs, goal = make(), standing(3), np.tile(GOAL, (3, 1))
    memory = controller.new_memory(3)
    controller.update(obs, goal, memory)
    controller.decide(rng.normal(size=(3, 12)), memory)
    controller.targets(obs, goal, memory)
    action, command, targets = memory.action.copy(), memory.command.copy(), memory.last_targets.copy()
    pose = np.full((1, 19), 0.01)
    memory.reset(np.array([1]), pose)
    for name, before, fresh in (("action", action, 0.0), ("command", command, 0.0), ("last_targets", targets, 0.01)):
        now = getattr(memory, name)
        np.testing.assert_array_equal(now[1], np.full_like(now[1], fresh))
        np.testing.assert_array_equal(now[[0, 2]], before[[0, 2]])
    for part in (memory.walking, memory.reaching):
        np.testing.assert_array_equal(part.last_targets[1], pose[0])
        np.testing.assert_array_equal(part.last_targets[[0, 2]], targets[[0, 2]])


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
    assert memory.reaching.goal.reshape(6) == pytest.approx(expected)


def test_a_hand_without_a_target_is_led_to_its_rest() -> None:
    controller = make(BlendConfig(hands="left"))
    memory = controller.new_memory(1)
    action = np.zeros((1, controller.action_size))
    action[0, 9:] = 3.0
    controller.decide(action, memory)
    for _ in range(200):
        controller.update(standing(1), np.tile(GOAL[:3], 2)[None], memory)
    rest = np.array(controller.config.rest) * [1.0, -1.0, 1.0]
    assert memory.reaching.goal[0, 1] == pytest.approx(rest)


def test_reaching_waits_at_the_wrists_while_it_has_no_say() -> None:
    controller = make()
    memory = controller.new_memory(1)
    action = np.zeros((1, controller.action_size))
    action[0, 9:] = -3.0
    controller.decide(action, memory)
    for _ in range(50):
        controller.update(standing(1), GOAL[None], memory)
    assert np.isnan(memory.reaching.goal).all()
    action[0, 9:] = 3.0
    controller.decide(action, memory)
    controller.update(standing(1), GOAL[None], memory)
    moved = np.linalg.norm(memory.reaching.goal - memory.reaching.wrists, axis=2)
    assert moved.max() <= controller.reaching.config.goal_rate * ROBOT.control_dt + 1e-9
