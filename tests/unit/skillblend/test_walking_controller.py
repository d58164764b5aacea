from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import robots
from skillblend.contracts import Array, Observation, Robot
from skillblend.skills.gait import WalkingConfig
from skillblend.skills.walking import WalkingController, WalkingMemory, WalkingTruth

N = 40
POLAR, AXIAL = np.array([1.0, -1.0, 1.0]), np.array([-1.0, 1.0, -1.0])
"""How a mirror at the sagittal plane changes a velocity and an angular velocity."""
COMMAND = np.array([1.0, -1.0, -1.0])


@pytest.fixture
def controller(robot: Robot) -> WalkingController:
    return WalkingController(robot)


def random_observation(robot: Robot, rng: np.random.Generator, n: int = N) -> Observation:
    tilt = rng.uniform(-0.3, 0.3, (n, 3))
    quaternion = np.concatenate([np.ones((n, 1)), tilt], axis=1)
    return Observation(
        time=np.zeros(n),
        joint_position=robot.default_pose + rng.uniform(-0.3, 0.3, (n, robot.num_joints)),
        joint_velocity=rng.normal(size=(n, robot.num_joints)),
        base_quaternion=quaternion / np.linalg.norm(quaternion, axis=1, keepdims=True),
        base_angular_velocity=rng.normal(size=(n, 3)),
    )


def mirrored_observation(robot: Robot, obs: Observation) -> Observation:
    return Observation(
        time=obs.time,
        joint_position=robot.mirror(obs.joint_position),
        joint_velocity=robot.mirror(obs.joint_velocity),
        base_quaternion=obs.base_quaternion * [1.0, -1.0, 1.0, -1.0],
        base_angular_velocity=obs.base_angular_velocity * AXIAL,
    )


def random_memory(controller: WalkingController, rng: np.random.Generator, n: int = N) -> WalkingMemory:
    robot = controller.robot
    return WalkingMemory(
        phase=rng.uniform(0.0, 0.49, n),
        stepping=rng.random(n) < 0.8,
        last_targets=robot.default_pose + rng.uniform(-0.3, 0.3, (n, robot.num_joints)),
        velocity=rng.normal(size=(n, 3)),
        average=rng.normal(size=(n, 3)),
        command=rng.uniform(-0.3, 0.3, (n, 3)),
        mirrored=np.zeros(n, dtype=np.bool_),
        waiting=np.zeros(n),
        away=rng.normal(size=(n, 2)),
        feet=rng.normal(size=(n, 2)),
        anchored=rng.random(n) < 0.5,
        holding=rng.random(n) < 0.5,
    )


def mirrored_memory(robot: Robot, memory: WalkingMemory) -> WalkingMemory:
    return WalkingMemory(
        phase=(memory.phase + 0.5) % 1.0,
        stepping=memory.stepping.copy(),
        last_targets=robot.mirror(memory.last_targets),
        velocity=memory.velocity * POLAR,
        average=memory.average * COMMAND,
        command=memory.command * COMMAND,
        mirrored=memory.mirrored.copy(),
        waiting=memory.waiting.copy(),
        away=memory.away * [1.0, -1.0],
        feet=memory.feet * [1.0, -1.0],
        anchored=memory.anchored.copy(),
        holding=memory.holding.copy(),
    )


def random_goal(controller: WalkingController, rng: np.random.Generator, n: int = N) -> Array:
    space = controller.goal_space
    return rng.uniform(np.maximum(space.lower, -space.upper), np.minimum(space.upper, -space.lower), (n, 3))


def test_the_policy_sees_a_mirrored_robot_as_itself(controller: WalkingController, rng: np.random.Generator) -> None:
    """Mirrored, and half a cycle later: the same features, and targets that are mirrored."""
    robot = controller.robot
    obs, memory, goal = random_observation(robot, rng), random_memory(controller, rng), random_goal(controller, rng)
    other_obs, other = mirrored_observation(robot, obs), mirrored_memory(robot, memory)
    action = rng.normal(size=(N, controller.action_size))
    for _ in range(5):
        controller.update(obs, goal, memory)
        controller.update(other_obs, goal * COMMAND, other)
        seen = controller.features(obs, goal, memory)
        assert controller.features(other_obs, goal * COMMAND, other) == pytest.approx(seen, abs=1e-6)
        targets = controller.targets(action, goal, memory)
        mirrored = controller.targets(action, goal * COMMAND, other)
        assert mirrored == pytest.approx(robot.mirror(targets), abs=1e-9)


def test_the_critic_sees_a_mirrored_robot_as_itself(controller: WalkingController, rng: np.random.Generator) -> None:
    robot = controller.robot
    obs, memory, goal = random_observation(robot, rng), random_memory(controller, rng), random_goal(controller, rng)
    other = mirrored_memory(robot, memory)
    controller.features(obs, goal, memory)
    controller.features(mirrored_observation(robot, obs), goal * COMMAND, other)
    truth = WalkingTruth(
        velocity=rng.normal(size=(N, 3)),
        average=rng.normal(size=(N, 3)),
        height=rng.uniform(0.8, 1.0, N),
        clearance=rng.uniform(0.0, 0.1, (N, 2)),
        dynamics=rng.normal(size=(N, 5)),
    )
    mirrored = replace(
        truth,
        velocity=truth.velocity * POLAR,
        average=truth.average * COMMAND,
        clearance=truth.clearance[:, ::-1],
    )
    assert controller.privileged(goal, other, mirrored) == pytest.approx(controller.privileged(goal, memory, truth))


def test_features_fill_the_declared_layout(controller: WalkingController, rng: np.random.Generator) -> None:
    obs, memory = random_observation(controller.robot, rng), random_memory(controller, rng)
    goal = random_goal(controller, rng)
    features = controller.features(obs, goal, memory)
    assert features.shape == (N, controller.observation_size)
    assert np.abs(features).max() <= 10.0
    assert controller.privileged(goal, memory).shape == (N, controller.privileged_size)


def test_without_action_or_command_a_standing_robot_keeps_its_pose(controller: WalkingController) -> None:
    robot = controller.robot
    memory = controller.new_memory(2)
    targets = controller.targets(np.zeros((2, controller.action_size)), np.zeros((2, 3)), memory)
    assert targets == pytest.approx(np.tile(robot.default_pose, (2, 1)))
    assert memory.phase.tolist() == [0.0, 0.0]


def test_the_clock_runs_once_a_period_while_stepping(controller: WalkingController) -> None:
    memory = controller.new_memory(2)
    memory.stepping[:] = [True, False]
    steps = round(controller.config.period / controller.robot.control_dt)
    for k in range(steps):
        assert memory.phase[0] == pytest.approx(k / steps)
        controller.targets(np.zeros((2, controller.action_size)), np.zeros((2, 3)), memory)
    assert memory.phase == pytest.approx(np.zeros(2), abs=1e-9) or memory.phase[0] == pytest.approx(1.0)


def test_legs_swing_in_turn(controller: WalkingController) -> None:
    """In the first half of the cycle the left knee bends, in the second the right one."""
    robot = controller.robot
    memory = controller.new_memory(2)
    memory.stepping[:] = True
    memory.phase[:] = [0.25, 0.75]
    change = controller.reference(memory) - robot.default_pose
    left, right = robot.joint("left_knee"), robot.joint("right_knee")
    bend = 2 * controller.config.swing
    assert change[0, [left, right]] == pytest.approx([bend, 0.0], abs=1e-12)
    assert change[1, [left, right]] == pytest.approx([0.0, bend], abs=1e-12)


def test_a_command_or_a_disturbance_starts_the_clock_and_calm_stops_it(rng: np.random.Generator) -> None:
    robot = robots.load("h1")
    controller = WalkingController(robot, WalkingConfig(hold_distance=0.0))
    quiet = Observation(
        time=np.zeros(4),
        joint_position=np.tile(robot.default_pose, (4, 1)),
        joint_velocity=np.zeros((4, robot.num_joints)),
        base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (4, 1)),
        base_angular_velocity=np.zeros((4, 3)),
    )
    quiet.base_quaternion[3] = [np.cos(0.08), 0.0, np.sin(0.08), 0.0]  # tilted by 0.16 rad
    memory = controller.new_memory(4)
    memory.velocity[2, 0] = 1.0
    goal = np.zeros((4, 3))
    goal[1, 0] = 0.3
    controller.update(quiet, goal, memory)
    assert memory.stepping.tolist() == [False, True, True, True]
    memory.stepping[:] = True
    memory.phase[:] = 0.25  # a foot is in the air: nobody stops here
    memory.velocity[:] = 0.0
    quiet.base_quaternion[3] = [1.0, 0.0, 0.0, 0.0]
    goal[:] = 0.0
    controller.update(quiet, goal, memory)
    assert memory.stepping.all()
    memory.phase[:] = 0.5  # a foot comes down
    controller.update(quiet, goal, memory)
    assert not memory.stepping.any()


def test_arms_and_torso_move_no_faster_than_allowed(controller: WalkingController, rng: np.random.Generator) -> None:
    robot = controller.robot
    memory = random_memory(controller, rng)
    memory.last_targets[:] = np.clip(memory.last_targets, robot.position_lower, robot.position_upper)
    before = memory.last_targets.copy()
    action = np.zeros((N, controller.action_size))
    targets = controller.targets(action, random_goal(controller, rng), memory)
    change = np.abs(targets - before)[:, controller.slow]
    assert change.max() <= controller.config.arm_rate * robot.control_dt + 1e-12


def test_targets_stay_inside_the_joint_limits(controller: WalkingController, rng: np.random.Generator) -> None:
    robot = controller.robot
    memory = random_memory(controller, rng)
    action = rng.normal(0.0, 100.0, (N, controller.action_size))
    targets = controller.targets(action, random_goal(controller, rng), memory)
    assert (targets >= robot.position_lower).all() and (targets <= robot.position_upper).all()


def test_resetting_some_forgets_those_alone(controller: WalkingController, rng: np.random.Generator) -> None:
    memory = random_memory(controller, rng, 3)
    kept = replace(memory, **{k: v.copy() for k, v in vars(memory).items() if isinstance(v, np.ndarray)})
    pose = rng.normal(size=(1, controller.robot.num_joints))
    memory.reset(np.array([1]), pose)
    for name in ("phase", "stepping", "last_targets", "velocity", "average"):
        assert np.array_equal(getattr(memory, name)[[0, 2]], getattr(kept, name)[[0, 2]])
    assert np.array_equal(memory.last_targets[1], pose[0])
    assert memory.phase[1] == 0.0 and not memory.stepping[1] and not memory.velocity[1].any()


def test_filters_follow_a_steady_velocity() -> None:
    """The light filter nearly arrives in 10 steps; the slow one covers 1 - 1/e in 0.4 s."""
    robot = robots.load("h1")
    controller = WalkingController(robot)
    memory = controller.new_memory(1)
    spin = np.array([[0.0, 0.0, 0.5]])
    obs = Observation(
        time=np.zeros(1),
        joint_position=robot.default_pose[None],
        joint_velocity=np.zeros((1, robot.num_joints)),
        base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]),
        base_angular_velocity=spin,
    )
    for _ in range(20):
        controller.update(obs, np.zeros((1, 3)), memory)
    assert memory.average[0, 2] == pytest.approx(0.5 * (1 - 0.95**20))
    assert memory.stance is not None
    assert memory.velocity[0] == pytest.approx(memory.stance.linear_velocity[0] * (1 - 0.65**20))


def drifting(controller: WalkingController, velocity: tuple[float, float], n: int = 1) -> Observation:
    """A robot in its default pose whose feet stay behind: it slides over the floor."""
    robot = controller.robot
    obs = Observation(
        time=np.zeros(n),
        joint_position=np.tile(robot.default_pose, (n, 1)),
        joint_velocity=np.zeros((n, robot.num_joints)),
        base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
        base_angular_velocity=np.zeros((n, 3)),
    )
    stance = controller.odometry(obs)
    moving = replace(stance, linear_velocity=np.tile([*velocity, 0.0], (n, 1)))
    controller.odometry = lambda _: moving  # type: ignore[method-assign, assignment]
    return obs


def test_a_robot_that_drifts_while_stepping_is_led_back(controller: WalkingController) -> None:
    """0.5 s at (0.2, -0.1) m/s: the way back is (-0.10, 0.05) m long, and longer than the 0.10 m allowed."""
    controller.config = replace(controller.config, wake_speed=10.0)
    memory, still = controller.new_memory(1), np.zeros((1, 3))
    obs = drifting(controller, (0.2, -0.1))
    controller.update(obs, still, memory)
    memory.stepping[:], memory.phase[:] = True, 0.25
    for _ in range(24):
        controller.update(obs, still, memory)
    assert memory.away == pytest.approx(np.array([[-0.096, 0.048]]), abs=1e-9)
    assert memory.holding.tolist() == [True]
    assert (memory.command[0] * [-1.0, 1.0, 1.0] >= 0.0).all() and memory.command.any()


def test_a_planted_robot_does_not_believe_that_it_drifts(controller: WalkingController) -> None:
    controller.config = replace(controller.config, wake_speed=10.0)
    memory, still = controller.new_memory(1), np.zeros((1, 3))
    obs = drifting(controller, (0.2, 0.0))
    for _ in range(100):
        controller.update(obs, still, memory)
    assert not memory.away.any() and not memory.holding.any() and not memory.command.any()


def test_a_goal_to_move_forgets_where_the_robot_stopped(controller: WalkingController) -> None:
    memory = controller.new_memory(1)
    memory.away[:], memory.anchored[:], memory.holding[:] = 0.5, True, True
    controller.update(drifting(controller, (0.0, 0.0)), np.array([[0.3, 0.0, 0.0]]), memory)
    assert not memory.away.any() and not memory.anchored.any() and not memory.holding.any()
    assert memory.command[0, 0] > 0.0
