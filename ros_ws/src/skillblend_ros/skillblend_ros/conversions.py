"""Messages to and from the project's own nouns: the only place where ROS's conventions meet ours.

Ours: quaternions wxyz, joints in `Robot.joint_names` order, a leading batch axis. ROS: xyzw, joints by name.
"""

from __future__ import annotations

import array
from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, PoseStamped, TransformStamped, Twist
from sensor_msgs.msg import Imu, JointState
from skillblend_msgs.msg import Decision as DecisionMsg
from skillblend_msgs.msg import GuardState, OptionScore, SkillInfo, StepResult, ThingState, ThingStates
from std_msgs.msg import UInt8MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from skillblend.contracts import Array, Decision, Observation, Option, Robot, SceneState, Step
from skillblend.contracts.pairs import named
from skillblend.errors import InputError
from skillblend.hardware import LowState
from skillblend.safety import Guard
from skillblend_ros.gatekeeper import Gatekeeper
from skillblend_ros.pilot import Ability
from skillblend_ros.sightings import Sighting
from skillblend_ros.topics import BASE, MAP

UNKNOWN = -1.0
"""First element of a covariance matrix that means: there is no estimate. Source: sensor_msgs/Imu."""


def bytes_message(data: bytes) -> UInt8MultiArray:
    """Packed bytes as a message."""
    return UInt8MultiArray(data=array.array("B", data))


def message_bytes(message: UInt8MultiArray) -> bytes:
    """The bytes of a message."""
    return bytes(message.data)


def reorder(names: Sequence[str], values: Sequence[float], robot: Robot) -> Array:
    """`values` called `names`, in the robot's joint order. Shape (1, J).

    Raises:
        InputError: A joint is missing, unknown, named twice, or without a value.
    """
    wanted = set(robot.joint_names)
    if len(names) != len(values) or len(set(names)) != len(names) or set(names) != wanted:
        missing, extra = sorted(wanted - set(names)), sorted(set(names) - wanted)
        raise InputError(
            f"{len(values)} values for {len(names)} joints of {robot.name}, which has {len(wanted)}: "
            f"missing {missing}, unknown {extra}; name each joint once"
        )
    found = dict(zip(names, values, strict=True))
    return np.array([[found[name] for name in robot.joint_names]], dtype=np.float64)


def joint_state(state: LowState, robot: Robot, stamp: Time) -> JointState:
    """Measured joints, N = 1."""
    message = JointState()
    message.header.stamp, message.header.frame_id = stamp, BASE
    message.name = list(robot.joint_names)
    message.position = state.joint_position[0].tolist()
    message.velocity = state.joint_velocity[0].tolist()
    message.effort = state.joint_torque[0].tolist()
    return message


def imu(state: LowState, stamp: Time) -> Imu:
    """Orientation and angular velocity of the base, N = 1; no acceleration."""
    message = Imu()
    message.header.stamp, message.header.frame_id = stamp, BASE
    w, x, y, z = state.base_quaternion[0].tolist()
    message.orientation.x, message.orientation.y, message.orientation.z, message.orientation.w = x, y, z, w
    rate = message.angular_velocity
    rate.x, rate.y, rate.z = state.base_angular_velocity[0].tolist()
    message.linear_acceleration_covariance[0] = UNKNOWN
    return message


def observation(joints: JointState, inertial: Imu, robot: Robot) -> Observation:
    """What skills see, from two messages with the same stamp, N = 1.

    Raises:
        InputError: Not the robot's joints.
    """
    q, rate = inertial.orientation, inertial.angular_velocity
    return Observation(
        time=np.array([seconds(joints.header.stamp)]),
        joint_position=reorder(joints.name, joints.position, robot),
        joint_velocity=reorder(joints.name, joints.velocity, robot),
        base_quaternion=np.array([[q.w, q.x, q.y, q.z]]),
        base_angular_velocity=np.array([[rate.x, rate.y, rate.z]]),
    )


def targets_message(targets: Array, robot: Robot, stamp: Time) -> JointTrajectory:
    """Joint targets (1, J), rad."""
    message = JointTrajectory()
    message.header.stamp, message.header.frame_id = stamp, BASE
    message.joint_names = list(robot.joint_names)
    message.points = [JointTrajectoryPoint(positions=targets[0].tolist())]
    return message


def targets_of(message: JointTrajectory, robot: Robot) -> Array:
    """Joint targets (1, J), rad; NaN everywhere where the message is not one point for the robot's joints."""
    try:
        if len(message.points) != 1:
            raise InputError(f"{len(message.points)} points; joint targets are one")
        return reorder(message.joint_names, message.points[0].positions, robot)
    except InputError:
        return np.full((1, robot.num_joints), np.nan)


def pose_message(position: Array, quaternion: Array, stamp: Time) -> PoseStamped:
    """A pose of the base in the map: (3,), m, and (4,), wxyz."""
    message = PoseStamped(pose=_pose(position, quaternion))
    message.header.stamp, message.header.frame_id = stamp, MAP
    return message


def _pose(position: Array, quaternion: Array) -> Pose:
    message = Pose()
    place, turn = message.position, message.orientation
    place.x, place.y, place.z = (float(v) for v in position)
    turn.w, turn.x, turn.y, turn.z = (float(v) for v in quaternion)
    return message


def pose_values(message: Pose) -> Array:
    """Position (m) and quaternion wxyz. Shape (7,)."""
    place, turn = message.position, message.orientation
    return np.array([place.x, place.y, place.z, turn.w, turn.x, turn.y, turn.z])


def things_message(state: SceneState, stamp: Time) -> ThingStates:
    """Where things are, N = 1."""
    message = ThingStates()
    message.header.stamp, message.header.frame_id = stamp, MAP
    message.things = [
        ThingState(
            name=thing.name, pose=_pose(thing.pose[0, :3], thing.pose[0, 3:]),
            openness=-1.0 if thing.openness is None else float(thing.openness[0]),
            travel=-1.0 if thing.travel is None else max(float(thing.travel[0]), 0.0),
            held=thing.held is not None and bool(thing.held[0]),
        )
        for thing in state.things
        if thing.pose is not None
    ]  # fmt: skip
    return message


def sightings_of(message: ThingStates) -> list[Sighting]:
    """What is said of each thing; nothing is checked yet but the frame.

    Raises:
        InputError: The poses are in another frame.
    """
    if message.header.frame_id != MAP:
        raise InputError(f"poses of things in the frame {message.header.frame_id!r}; transform them into {MAP!r}")
    return [
        Sighting(
            name=thing.name, pose=pose_values(thing.pose), openness=thing.openness, travel=thing.travel,
            held=thing.held,
        )
        for thing in message.things
    ]  # fmt: skip


def pose_of(message: PoseStamped) -> tuple[Array, Array]:
    """Position (3,), m, and quaternion (4,), wxyz."""
    values = pose_values(message.pose)
    return values[:3], values[3:]


def usable_pose(message: PoseStamped) -> bool:
    """Whether a pose is one: in the map, finite, with a unit quaternion."""
    values = pose_values(message.pose)
    finite = bool(np.isfinite(values).all())
    return message.header.frame_id == MAP and finite and abs(float(np.linalg.norm(values[3:])) - 1.0) < 0.1


def transform(position: Array, quaternion: Array, parent: str, child: str, stamp: Time) -> TransformStamped:
    """The frame `child` in `parent`: (3,), m, and (4,), wxyz."""
    message = TransformStamped(child_frame_id=child)
    message.header.stamp, message.header.frame_id = stamp, parent
    place, turn = message.transform.translation, message.transform.rotation
    place.x, place.y, place.z = (float(v) for v in position)
    turn.w, turn.x, turn.y, turn.z = (float(v) for v in quaternion)
    return message


def twist(command: Array | None) -> Twist:
    """Forward, left and yaw rate (3,), m/s, m/s, rad/s; None to stand."""
    message = Twist()
    if command is not None:
        message.linear.x, message.linear.y, message.angular.z = (float(v) for v in command)
    return message


def command_of(message: Twist) -> Array:
    """Forward, left and yaw rate (3,), m/s, m/s, rad/s."""
    return np.array([message.linear.x, message.linear.y, message.angular.z])


def guard_state(keeper: Gatekeeper, now: float, publishers: int, stamp: Time) -> GuardState:
    """What the guard allows right now."""
    guard: Guard = keeper.guard
    message = GuardState()
    message.header.stamp, message.header.frame_id = stamp, BASE
    message.mode, message.faults = int(guard.state[0]), int(guard.faults[0])
    message.present = int(guard.blockers()[0])
    message.holding, message.steady = bool(guard.holding[0]), bool(guard.steady[0])
    message.detail = guard.records[-1].detail if guard.records and guard.faulted[0] else ""
    message.state_age = keeper.age(now)
    message.robot_time = float(keeper.state.time[0]) if keeper.state is not None else 0.0
    verdict = guard.verdict
    message.limited_position = bool(verdict.position.any())
    message.limited_rate = bool(verdict.rate.any())
    message.limited_torque = bool(verdict.torque.any())
    message.lowcmd_publishers = publishers
    return message


def skill_info(ability: Ability) -> SkillInfo:
    """One entry of ListSkills."""
    message = SkillInfo(name=ability.name, description=ability.description, arguments=list(ability.arguments))
    if ability.space is not None:
        message.goal_names, message.goal_units = list(ability.space.names), list(ability.space.units)
        message.goal_lower, message.goal_upper = ability.space.lower.tolist(), ability.space.upper.tolist()
    return message


def step_result(step: Step, *, success: bool, reason: str = "", seconds: float = 0.0) -> StepResult:
    """How a step went."""
    return StepResult(
        text=step.text,
        behaviour=step.behaviour,
        arguments=list(step.arguments),
        success=success,
        reason=reason,
        seconds=seconds,
    )


def decision_message(decision: Decision, guard: GuardState, stamp: Time, took: float) -> DecisionMsg:
    """A decision that took `took` seconds, with what the guard allowed."""
    message = DecisionMsg()
    message.stamp, message.guard, message.seconds = stamp, guard, took
    message.instruction, message.chosen = decision.instruction, decision.chosen.step.text
    message.planner, message.reading = decision.planner, list(decision.reading)
    message.history = [step_result(step, success=ok) for step, ok in decision.history]
    message.options = [
        OptionScore(
            step=o.step.text, lm_score=o.lm_score, affordance=o.affordance, score=o.score, allowed=o.allowed,
            reason=o.reason,
        )
        for o in decision.options
    ]  # fmt: skip
    return message


def decision_of(message: DecisionMsg, steps: Sequence[Step]) -> Decision:
    """The decision in a message, about a scene whose options are `steps`.

    Raises:
        InputError: What was chosen is none of its options.
    """
    known = {step.text: step for step in steps}
    options = tuple(
        Option(
            step=named(o.step, known) or Step(text=o.step, behaviour=""), lm_score=o.lm_score,
            affordance=o.affordance, allowed=o.allowed, reason=o.reason,
        )
        for o in message.options
    )  # fmt: skip
    chosen = next((o for o in options if o.step.text == message.chosen), None)
    if chosen is None:
        texts = [o.step.text for o in options]
        raise InputError(
            f"a decision for {message.chosen!r}, which is none of {texts}; is the planner of this version?"
        )
    history = tuple(
        (Step(text=s.text, behaviour=s.behaviour, arguments=tuple(s.arguments)), s.success) for s in message.history
    )
    return Decision(
        instruction=message.instruction, history=history, options=options, chosen=chosen, planner=message.planner,
        reading=tuple(message.reading),
    )  # fmt: skip


def seconds(stamp: Time) -> float:
    """A stamp in s."""
    return stamp.sec + 1e-9 * stamp.nanosec
