"""Every topic of the workspace: its name, type, and how reliably it is carried.

Names are relative, so that a launch file can put a robot into a namespace. QoS follows REP-2003: sensor data
best effort; commands reliable with depth 1, for an old command is worse than none; state that a late
listener needs is kept (transient local).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Delivery = Literal["sensor", "command", "event", "kept"]
"""Best effort, depth 5; reliable, depth 1; reliable, depth 10; reliable and transient local, depth 1."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One topic.

    Attributes:
        name: Relative.
        kind: Message type as ROS writes it.
        delivery: QoS.
        publisher: Which node writes it.
        content: What it carries, with units and frame.
    """

    name: str
    kind: str
    delivery: Delivery
    publisher: str
    content: str


def _topic(name: str, kind: str, delivery: Delivery, publisher: str, content: str) -> Topic:
    return Topic(name=name, kind=kind, delivery=delivery, publisher=publisher, content=content)


LOWSTATE = _topic(
    "lowstate",
    "std_msgs/msg/UInt8MultiArray",
    "sensor",
    "sim_robot",
    "the vendor's packed state message and CRC",
)
LOWCMD = _topic(
    "lowcmd", "std_msgs/msg/UInt8MultiArray", "command", "guard", "the vendor's packed motor command and CRC"
)
POSE = _topic(
    "localization/pose",
    "geometry_msgs/msg/PoseStamped",
    "sensor",
    "sim_robot",
    "base_link in map, m; here the truth",
)
THINGS = _topic(
    "perception/things",
    "skillblend_msgs/msg/ThingStates",
    "sensor",
    "sim_robot",
    "poses (map, m), openness and travel of things; here the truth",
)
JOINT_STATES = _topic(
    "joint_states",
    "sensor_msgs/msg/JointState",
    "sensor",
    "guard",
    "as measured, rad, rad/s, N m, by name",
)
IMU = _topic("imu", "sensor_msgs/msg/Imu", "sensor", "guard", "orientation and angular velocity of base_link, rad/s")
GUARD_STATE = _topic("guard_state", "skillblend_msgs/msg/GuardState", "kept", "guard", "mode, faults, limits hit")
CONTRACT = _topic("machine_contract", "std_msgs/msg/String", "kept", "guard", "what policies must match, JSON")
TARGETS = _topic(
    "joint_targets",
    "trajectory_msgs/msg/JointTrajectory",
    "command",
    "skill_server",
    "one point, rad, by joint name",
)
CMD_VEL = _topic("cmd_vel", "geometry_msgs/msg/Twist", "command", "", "walking command in base_link, m/s and rad/s")
JOY = _topic("joy", "sensor_msgs/msg/Joy", "sensor", "", "axes and buttons of a gamepad, as the package joy has them")
REJECTIONS = _topic(
    "rejections", "std_msgs/msg/String", "event", "skill_server", "why a goal was rejected: actions cannot say it"
)
TF = _topic("/tf", "tf2_msgs/msg/TFMessage", "event", "frames", "base_link in map, both soles in base_link; 50 Hz")
DESCRIPTION = _topic(
    "robot_description", "std_msgs/msg/String", "kept", "frames", "the robot's links and joints, URDF"
)
DIAGNOSTICS = _topic(
    "/diagnostics", "diagnostic_msgs/msg/DiagnosticArray", "event", "sim_robot", "health of every node, 1 Hz"
)

TOPICS: tuple[Topic, ...] = (
    LOWSTATE,
    LOWCMD,
    POSE,
    THINGS,
    JOINT_STATES,
    IMU,
    GUARD_STATE,
    CONTRACT,
    TARGETS,
    CMD_VEL,
    JOY,
    REJECTIONS,
    TF,
    DESCRIPTION,
    DIAGNOSTICS,
)

MAP, BASE = "map", "base_link"
SOLES = ("left_sole", "right_sole")
"""Frames, REP-105 and REP-120; a sole's is level with it, in the middle of where it meets the ground."""
EXECUTE_SKILL, EXECUTE_INSTRUCTION = "execute_skill", "execute_instruction"
LIST_SKILLS, EXPLAIN_LAST, GET_AFFORDANCES = "list_skills", "explain_last", "get_affordances"
HANG, INJECT_FAULT, MOVE_THING = "sim_robot/hang", "sim_robot/inject_fault", "sim_robot/move_thing"
GUARD_SERVICES = ("arm", "stand", "run", "damp", "relax", "estop", "rearm")
"""`std_srvs/Trigger` under `guard/`."""
