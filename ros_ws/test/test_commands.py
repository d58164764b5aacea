"""Every command of docs/ros2.md, run as it stands there against the launch file of a simulated robot.

`ros2` is a stand-in of ours (stand_ins/ros2cli): there is no wheel of it. What runs elsewhere, and what cannot run
here, is listed with its reason; tests/unit/ros/test_doc_commands.py fails for a command that is in no list.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from geometry_msgs.msg import PoseStamped, Twist
from page import RUN, fenced
from rig import ROOT, SPEED
from sensor_msgs.msg import Joy
from skillblend_msgs.msg import GuardState
from typed import TypedCommand

from skillblend_ros import nodes, topics
from skillblend_ros.client import Client
from skillblend_ros.stack import Claim, Stack

STAND_IN = ROOT / "ros_ws" / "stand_ins" / "ros2cli" / "ros2.py"
PROGRAMS = {
    "ros2": [sys.executable, str(STAND_IN)],
    "python": [sys.executable],
    "ros_ws/.venv/bin/python": [sys.executable],
    "skillblend": [str(Path(sys.prefix) / "bin" / "skillblend")],
}


class Follower:
    """Whoever follows the page: a folder that is no checkout, a domain, and a second look at the robot."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.client = Client("reader")
        self.commanded: list[Twist] = []
        self.places: list[PoseStamped] = []
        nodes.listen(self.client.node, topics.CMD_VEL, self.commanded.append)
        nodes.listen(self.client.node, topics.POSE, self.places.append)

    def type(self, command: str, *more: str, swap: Sequence[tuple[str, str]] = ()) -> TypedCommand:
        """Begin a command of the page, with `more` behind it, and parts of it swapped for what there is here."""
        assert command in RUN, command
        for old, new in swap:
            assert old in command
            command = command.replace(old, new)
        return self.begin(" ".join((command, *more)))

    def begin(self, command: str) -> TypedCommand:
        words = shlex.split(command)
        return TypedCommand([*PROGRAMS[words[0]], *words[1:]], self.environment, self.folder)

    def says(self, command: str, *patterns: str) -> None:
        """`command` prints what matches all of `patterns`, and ends in order."""
        typed = self.type(command) if command in RUN else self.begin(command)
        try:
            typed.until(lambda: all(re.search(pattern, typed.text) for pattern in patterns))
            if "topic echo" not in command:  # that one goes on for ever
                typed.until(typed.ended)
        finally:
            code = typed.end()
        assert code == 0, typed.text[-3000:]

    def call(self, order: str, mode: int) -> None:
        """An order to the guard, as the page writes it; the mode it is in then."""
        command = f"ros2 service call /guard/{order} std_srvs/srv/Trigger"
        self.says(command, "success: true")
        self.client.until("the guard's mode", lambda: self.guard.mode == mode)

    @property
    def guard(self) -> GuardState:
        return self.client.guard if self.client.guard is not None else GuardState(mode=255)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """The launch file of the simulated robot runs, started in a folder that is no checkout."""
    folder = tmp_path_factory.mktemp("reader")
    with pytest.MonkeyPatch.context() as patch, Stack(folder / "logs") as stack:
        patch.setenv("ROS_DOMAIN_ID", str(stack.domain))
        found = Follower(folder, stack.environment)
        launched = found.type("ros2 launch skillblend_ros sim.launch.py", f"speed:={SPEED:g}")
        try:
            yield found
        finally:
            found.client.close()
            code = launched.end()
        assert code == 0 and "have ended: [0, 0, 0, 0, 0]" in launched.text, launched.text[-3000:]


# --- in the order of the page: first power-on -----------------------------------------------------------------


def test_the_guard_hears_the_robot_and_nobody_else_writes(reader: Follower) -> None:
    said = (r"state_age: 0\.\d", r"\nmode: 0\n", r"\npresent: 0\n", r"\nlowcmd_publishers: 1\n")
    reader.says("ros2 topic echo guard_state", *said)


def test_the_stop_is_tried_before_anything_moves(reader: Follower) -> None:
    reader.call("estop", GuardState.FAULT)
    reader.call("rearm", GuardState.DAMPING)
    reader.call("relax", GuardState.PASSIVE)
    assert (GuardState.FAULT, GuardState.DAMPING, GuardState.PASSIVE) == (4, 1, 0), "as the page has them"


def test_the_policies_are_loaded_compared_and_drive(reader: Follower) -> None:
    for transition in ("configure", "activate"):
        reader.says(f"ros2 lifecycle set /skill_server {transition}", "Transitioning successful")
    reader.call("arm", GuardState.DAMPING)
    reader.client.until("a robot that can stand", lambda: reader.guard.steady and not reader.guard.present)
    reader.call("stand", GuardState.STAND)
    reader.call("run", GuardState.RUNNING)


def test_the_robot_walks_by_keyboard(reader: Follower) -> None:
    def place() -> float:
        return reader.places[-1].pose.position.x

    command = "ros2 run skillblend_ros teleop --ros-args -p forward:=0.1 -p aside:=0.1 -p turning:=0.2"
    reader.client.until("a place", lambda: bool(reader.places))
    began = place()
    typed = reader.type(command)
    try:
        typed.until(lambda: bool(reader.commanded) and reader.commanded[-1].linear.x == pytest.approx(0.1), "w")
        typed.until(lambda: place() > began + 0.05, "w")
        typed.press("x")
        typed.until(typed.ended)
    finally:
        typed.end()


def test_the_robot_walks_by_gamepad(reader: Follower) -> None:
    """Messages as the package joy sends them; `ros2 run joy joy_node` itself is not among the wheels."""
    publisher = reader.client.node.create_publisher(Joy, "joy", nodes.qos("sensor"))
    command = "ros2 run skillblend_ros gamepad --ros-args -p forward:=0.1 -p aside:=0.1 -p turning:=0.2"
    typed = reader.type(command)
    reader.commanded.clear()

    def walks() -> bool:
        publisher.publish(Joy(axes=[0.0, 1.0, 0.0, 0.0], buttons=[int(i == 4) for i in range(11)]))
        return bool(reader.commanded) and reader.commanded[-1].linear.x == pytest.approx(0.1)

    try:
        typed.until(walks)
    finally:
        assert typed.end() == 0
    reader.client.until("standing at the end", lambda: reader.commanded[-1].linear.x == 0.0)


def test_an_instruction_is_sent(reader: Follower) -> None:
    command = (
        "ros2 action send_goal /execute_instruction skillblend_msgs/action/ExecuteInstruction "
        "\"{instruction: 'turn left'}\""
    )
    reader.says(command, "success: true", "Goal finished with status: SUCCEEDED")


def test_the_console_knows_the_guard(reader: Follower) -> None:
    command = "ros_ws/.venv/bin/python -m skillblend_ros console"
    typed = reader.type(command)
    try:
        typed.until(lambda: "orders of the guard" in typed.text)
        typed.until(lambda: "running; no fault" in typed.text, "guard\r")
        typed.press("quit\r")
        typed.until(typed.ended)
    finally:
        assert typed.end() == 0


def test_a_bag_is_recorded(reader: Follower) -> None:
    command = "ros_ws/.venv/bin/python -m skillblend_ros record --ros-args -p out:=runs/bag -p seconds:=60.0"
    typed = reader.type(command, swap=[("60.0", "2.0")])
    try:
        typed.until(typed.ended)
    finally:
        assert typed.end() == 0
    assert list((reader.folder / "runs" / "bag").glob("*.mcap"))


def test_the_robot_brakes(reader: Follower) -> None:
    reader.call("damp", GuardState.DAMPING)


# --- beside the robot -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "known"), [("robots", "h1"), ("scenes", "workshop"), ("planners", "saycan")])
def test_names_are_listed(reader: Follower, what: str, known: str) -> None:
    reader.says(f"skillblend list {what}", rf"\b{known}\b")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    """A reader in a domain of their own, where nothing runs yet."""
    with Stack(tmp_path / "logs") as stack:
        monkeypatch.setenv("ROS_DOMAIN_ID", str(stack.domain))
        found = Follower(tmp_path, stack.environment)
        yield found
        found.client.close()


def test_the_file_of_parameters_is_taken(elsewhere: Follower) -> None:
    (text,) = (block for block in fenced() if "ros__parameters" in block)
    scene = elsewhere.folder / "office.json"
    scene.write_text(json.dumps({"things": [{"name": "desk", "kind": "table", "position": [2, 0]}]}))
    assert "/home/me/office.json" in text
    (elsewhere.folder / "mine.yaml").write_text(text.replace("/home/me/office.json", str(scene)))
    heard: list[Any] = []
    nodes.listen(elsewhere.client.node, topics.THINGS, heard.append)
    typed = elsewhere.type("ros_ws/.venv/bin/python -m skillblend_ros sim_robot --ros-args --params-file mine.yaml")
    try:
        typed.until(lambda: bool(heard))
    finally:
        assert typed.end() == 0
    assert [thing.name for thing in heard[0].things] == ["desk"]


def test_the_launch_file_of_a_robot_hears_one_on_the_vendors_topics(elsewhere: Follower) -> None:
    claim = Claim()
    robot = elsewhere.type("python -m skillblend_ros dds_robot", f"--domain {claim.domain}")
    command = "ros2 launch skillblend_ros robot.launch.py robot:=h1 interface:=eth0"
    launched = elsewhere.type(command, f"dds_domain:={claim.domain}", swap=[("eth0", "lo")])
    try:
        launched.until(lambda: elsewhere.guard.mode != 255 and 0.0 <= elsewhere.guard.state_age < 0.5)
        elsewhere.says("ros2 topic echo guard_state", r"\nmode: 0\n", r"\nlowcmd_publishers: 1\n")
    finally:
        code = launched.end()
        assert robot.end() == 0
        claim.close()
    assert code == 0 and "have ended: [0, 0, 0, 0, 0]" in launched.text, launched.text[-3000:]
