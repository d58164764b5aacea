"""Messages, topics, QoS and conversions; recording; what stands on the graph."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist
from rclpy.qos import ReliabilityPolicy
from rig import SPEED
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import JointState
from skillblend_msgs.msg import Decision as DecisionMsg
from skillblend_msgs.msg import GuardState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

import robots
from skillblend.contracts import Decision, Option, SceneState, Step
from skillblend.errors import InputError
from skillblend.hardware import LowState
from skillblend.options import ground_options
from skillblend_ros import conversions, nodes, topics
from skillblend_ros.client import Client
from skillblend_ros.record import typestore
from skillblend_ros.stack import Stack

H1 = robots.load("h1")
STAMP = Time(sec=12, nanosec=500_000_000)


def measured(rng: np.random.Generator) -> LowState:
    count = H1.num_joints
    quaternion = rng.normal(size=(1, 4))
    return LowState(
        time=np.array([3.0]),
        joint_position=rng.normal(size=(1, count)),
        joint_velocity=rng.normal(size=(1, count)),
        joint_torque=rng.normal(size=(1, count)),
        temperature=np.full((1, count), 30.0),
        base_quaternion=quaternion / np.linalg.norm(quaternion),
        base_angular_velocity=rng.normal(size=(1, 3)),
        motor_fault=np.full(1, False),
        checksum_ok=np.full(1, True),
        mode_machine=np.zeros(1, dtype=np.int64),
    )


def test_a_measurement_survives_the_messages_in_any_joint_order() -> None:
    rng = np.random.default_rng(0)
    state = measured(rng)
    joints, inertial = conversions.joint_state(state, H1, STAMP), conversions.imu(state, STAMP)
    order = rng.permutation(H1.num_joints)
    shuffled = JointState(header=joints.header, name=[joints.name[i] for i in order])
    shuffled.position = [joints.position[i] for i in order]
    shuffled.velocity = [joints.velocity[i] for i in order]
    found = conversions.observation(shuffled, inertial, H1)
    assert found.joint_position == pytest.approx(state.joint_position)
    assert found.joint_velocity == pytest.approx(state.joint_velocity)
    assert found.base_quaternion == pytest.approx(state.base_quaternion)
    assert found.base_angular_velocity == pytest.approx(state.base_angular_velocity)
    assert found.time[0] == 12.5
    assert inertial.orientation.w == state.base_quaternion[0, 0]
    assert inertial.linear_acceleration_covariance[0] == -1.0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda names: names[:-1], "missing"),
        (lambda names: [*names[:-1], "tail"], "unknown \\['tail'\\]"),
        (lambda names: [*names[:-1], names[0]], "once"),
    ],
)
def test_joints_that_are_not_the_robots_are_refused(change: Callable[[list[str]], list[str]], why: str) -> None:
    names = change(list(H1.joint_names))
    with pytest.raises(InputError, match=why):
        conversions.reorder(names, [0.0] * len(names), H1)


def test_targets_survive_the_message_and_nonsense_becomes_nan() -> None:
    targets = np.random.default_rng(1).normal(size=(1, H1.num_joints))
    message = conversions.targets_message(targets, H1, STAMP)
    assert conversions.targets_of(message, H1) == pytest.approx(targets)
    two = JointTrajectory(joint_names=message.joint_names, points=[*message.points, *message.points])
    short = JointTrajectory(joint_names=message.joint_names, points=[JointTrajectoryPoint(positions=[1.0])])
    for wrong in (two, short, JointTrajectory()):
        assert np.isnan(conversions.targets_of(wrong, H1)).all()


def test_poses_commands_and_bytes_survive() -> None:
    position, quaternion = np.array([1.0, 2.0, 3.0]), np.array([0.5, -0.5, 0.5, 0.5])
    message = conversions.pose_message(position, quaternion, STAMP)
    assert message.header.frame_id == "map"
    assert (message.pose.orientation.w, message.pose.orientation.x) == (0.5, -0.5)
    found = conversions.pose_of(message)
    assert found[0] == pytest.approx(position)
    assert found[1] == pytest.approx(quaternion)
    twist = Twist()
    twist.linear.x, twist.linear.y, twist.angular.z = 0.1, 0.2, 0.3
    assert conversions.command_of(twist).tolist() == [0.1, 0.2, 0.3]
    assert conversions.message_bytes(conversions.bytes_message(b"\x00\xff\x10")) == b"\x00\xff\x10"


def test_a_decision_survives_the_message() -> None:
    steps = ground_options(SceneState())
    options = tuple(Option(step=s, lm_score=0.1, affordance=0.5, reason="because") for s in steps[:3])
    reading = ("forbidden by 'never turn': turn left, turn right", "asked for: 'go'")
    first = Decision(
        instruction="never turn, go", history=((steps[4], True),), options=options, chosen=options[1],
        planner="bag_of_words", reading=reading,
    )  # fmt: skip
    message = conversions.decision_message(first, GuardState(mode=3), STAMP, 0.25)
    assert (message.guard.mode, message.seconds) == (3, 0.25)
    assert conversions.decision_of(message, steps) == first
    unknown = conversions.decision_of(message, [Step(text="x", behaviour="x")])
    assert [o.step.text for o in unknown.options] == [o.step.text for o in options]


@pytest.mark.parametrize("chosen", ["", "fly"])
def test_a_decision_for_none_of_its_options_is_refused(chosen: str) -> None:
    step = Option(step=Step(text="turn left", behaviour="turn"), lm_score=1.0, affordance=1.0)
    decision = Decision(instruction="go", history=(), options=(step,), chosen=step)
    message = conversions.decision_message(decision, GuardState(), STAMP, 0.1)
    message.chosen = chosen
    with pytest.raises(InputError, match="turn left"):
        conversions.decision_of(message, [step.step])
    with pytest.raises(InputError, match="none of"):
        conversions.decision_of(DecisionMsg(), [])


def test_every_topic_is_on_the_graph_with_its_type(ready: Client, stack: Stack) -> None:
    ready.until("diagnostics", lambda: ready.node.count_publishers(topics.DIAGNOSTICS.name) >= 3)
    stack.start("gamepad")  # nobody else listens to one
    ready.until("the gamepad's node", lambda: ready.node.count_subscribers(topics.JOY.name) >= 1)
    known = dict(ready.node.get_topic_names_and_types())
    stack.stop("gamepad")
    for topic in topics.TOPICS:
        name = topic.name if topic.name.startswith("/") else f"/{topic.name}"
        assert known.get(name) == [topic.kind], name


def test_sensor_data_is_best_effort_and_commands_are_reliable(ready: Client) -> None:
    for topic in (topics.LOWSTATE, topics.POSE, topics.IMU, topics.JOINT_STATES, topics.LOWCMD, topics.TARGETS):
        for info in ready.node.get_publishers_info_by_topic(topic.name):
            best = info.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
            assert best == (topic.delivery == "sensor"), topic.name
    writers = [info.node_name for info in ready.node.get_publishers_info_by_topic(topics.LOWCMD.name)]
    readers = [info.node_name for info in ready.node.get_subscriptions_info_by_topic(topics.LOWSTATE.name)]
    assert writers == readers == ["guard"]


def test_every_node_reports_its_health(ready: Client) -> None:
    heard: dict[str, object] = {}

    def hear(message: DiagnosticArray) -> None:
        for status in message.status:
            heard[status.name] = {value.key: value.value for value in status.values}

    listener = nodes.listen(ready.node, topics.DIAGNOSTICS, hear)
    ready.until("diagnostics", lambda: {"sim_robot", "guard", "skill_server"} <= set(heard))
    assert "real_time_factor" in heard["sim_robot"]  # type: ignore[operator]
    ready.node.destroy_subscription(listener)


def test_a_recording_reads_back(ready: Client, stack: Stack, tmp_path: Path) -> None:
    bag = tmp_path / "bag"
    stack.start("record", {"out": bag})
    ready.until("the recorder", lambda: ready.node.count_subscribers(topics.LOWSTATE.name) >= 2)
    time.sleep(2.0 / SPEED)
    assert stack.stop("record") == 0, stack.output("record")
    with AnyReader([bag], default_typestore=typestore()) as reader:
        counts = {line.topic: line.msgcount for line in reader.connections}
        assert counts["/lowstate"] > 100
        assert counts["/joint_targets"] > 50
        line = next(line for line in reader.connections if line.topic == "/guard_state")
        _, _, raw = next(reader.messages([line]))
        assert reader.deserialize(raw, line.msgtype).mode == GuardState.RUNNING
    stack.start("record", {"out": bag})
    ready.until("its end", lambda: not stack.running("record"))
    assert stack.stop("record") == 1
    assert "exists already" in stack.output("record")
