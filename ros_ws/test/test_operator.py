"""What an operator uses beside goals: frames, description, a file of parameters, other names, keys."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped, Twist
from rig import SPEED
from sensor_msgs.msg import Joy
from skillblend_msgs.msg import ThingStates
from std_srvs.srv import Trigger

import robots
from skillblend_ros import conversions, nodes, topics
from skillblend_ros.client import Client
from skillblend_ros.description import urdf
from skillblend_ros.stack import Stack

STARTS = 300.0
"""How long a node may take to start on a machine that has much else to do, s."""


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stack, Client]]:
    """Processes of a domain of their own, and an operator in it."""
    with Stack(tmp_path / "logs") as stack:
        monkeypatch.setenv("ROS_DOMAIN_ID", str(stack.domain))
        client = Client("tester")
        yield stack, client
        client.close()


def test_frames_follow_the_robot_and_the_description_is_kept(ready: Client) -> None:
    frames: dict[str, Any] = {}
    poses: list[Any] = []
    texts: list[str] = []
    heard = [
        nodes.listen(ready.node, topics.TF, lambda m: frames.update({t.child_frame_id: t for t in m.transforms})),
        nodes.listen(ready.node, topics.POSE, poses.append),
        nodes.listen(ready.node, topics.DESCRIPTION, lambda m: texts.append(m.data)),
    ]
    ready.until("frames", lambda: set(frames) == {"base_link", "left_sole", "right_sole"} and bool(poses))
    ready.until("the description", lambda: bool(texts))  # published long before we listened
    for listener in heard:
        ready.node.destroy_subscription(listener)
    assert texts[0] == urdf(robots.load("h1"))
    base, pose = frames["base_link"], conversions.pose_of(poses[-1])
    assert (base.header.frame_id, frames["left_sole"].header.frame_id) == ("map", "base_link")
    place = base.transform.translation
    assert np.array([place.x, place.y, place.z]) == pytest.approx(pose[0], abs=0.1)
    left, right = (frames[name].transform.translation for name in topics.SOLES)
    assert left.y > 0.0 > right.y
    assert place.z + min(left.z, right.z) == pytest.approx(0.0, abs=0.06), "soles on the floor"


def test_a_pose_that_is_none_moves_no_frame(other: tuple[Stack, Client]) -> None:
    stack, client = other
    stack.start("frames", names={"localization/pose": "/slam/pose"})
    heard: list[Any] = []
    nodes.listen(client.node, topics.TF, lambda m: heard.extend(m.transforms))
    publisher = client.node.create_publisher(PoseStamped, "/slam/pose", nodes.qos("sensor"))
    stamp = client.node.get_clock().now().to_msg()
    turn = np.array([1.0, 0.0, 0.0, 0.0])
    bad = [conversions.pose_message(np.array([np.nan, 0.0, 1.0]), turn, stamp)]
    bad += [conversions.pose_message(np.zeros(3), 2.0 * turn, stamp), PoseStamped()]
    good = conversions.pose_message(np.array([1.0, 2.0, 3.0]), turn, stamp)

    def comes() -> bool:
        for message in (*bad, good):
            publisher.publish(message)
        time.sleep(0.1)
        return bool(heard)

    client.until("a frame from the renamed topic", comes, STARTS)
    assert {(t.transform.translation.x, t.transform.translation.y) for t in heard} == {(1.0, 2.0)}


def test_a_file_of_parameters_names_a_scene_of_ones_own(other: tuple[Stack, Client], tmp_path: Path) -> None:
    stack, client = other
    scene, file = tmp_path / "office.json", tmp_path / "mine.yaml"
    scene.write_text(json.dumps({"things": [{"name": "desk", "kind": "table", "position": [2, 0]}]}))
    settings = {"/**": {"ros__parameters": {"scene": str(scene), "speed": SPEED}}}
    file.write_text(json.dumps(settings))  # JSON is YAML
    stack.start("sim_robot", file=file)
    heard: list[ThingStates] = []
    nodes.listen(client.node, topics.THINGS, heard.append)
    client.until("things", lambda: bool(heard), STARTS)
    assert [thing.name for thing in heard[0].things] == ["desk"]
    file.write_text(json.dumps({"/**": {"ros__parameters": {"scene": str(tmp_path / "nowhere.json")}}}))
    stack.start("skill_server", file=file)
    client.until("its end", lambda: not stack.running("skill_server"), STARTS)
    assert stack.stop("skill_server") == 1
    assert "nowhere.json" in stack.output("skill_server") and "Traceback" not in stack.output("skill_server")


class Typist:
    """Teleop in a terminal of its own."""

    def __init__(self, stack: Stack) -> None:
        """Begin to type."""
        self._here, there = pty.openpty()
        command = [sys.executable, "-m", "skillblend_ros", "teleop"]
        self.process = subprocess.Popen(
            command, env=stack.environment, stdin=there, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        os.close(there)

    def press(self, keys: str) -> None:
        os.write(self._here, keys.encode())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._here)


def test_keys_walk_the_robot_and_silence_stops_it(other: tuple[Stack, Client]) -> None:
    stack, client = other
    heard: list[Twist] = []
    nodes.listen(client.node, topics.CMD_VEL, heard.append)
    typist = Typist(stack)

    def says(key: str, holds: Callable[[Twist], bool]) -> Callable[[], bool]:
        def comes() -> bool:
            typist.press(key)
            time.sleep(0.05)
            return bool(heard) and holds(heard[-1])

        return comes

    try:
        client.until("walking", says("w", lambda m: m.linear.x == pytest.approx(0.4)), STARTS)
        client.until("turning", says("q", lambda m: m.angular.z == pytest.approx(0.5) and m.linear.x == 0.0))
        client.until("standing", lambda: heard[-1].angular.z == 0.0)  # no key any more
        client.until("walking again", says("w", lambda m: m.linear.x > 0.0))
        typist.press("x")
        assert typist.process.wait(20.0) == 0
        client.until("standing at the end", lambda: heard[-1].linear.x == 0.0)
    finally:
        typist.close()


def test_teleop_needs_a_terminal(other: tuple[Stack, Client]) -> None:
    stack, client = other
    stack.start("teleop")
    client.until("its end", lambda: not stack.running("teleop"), STARTS)
    assert stack.stop("teleop") == 1
    assert "no terminal" in stack.output("teleop") and "Traceback" not in stack.output("teleop")


def test_a_gamepad_walks_the_robot_while_its_button_is_held(other: tuple[Stack, Client]) -> None:
    stack, client = other
    stack.start("gamepad", {"forward": 0.3})
    heard: list[Twist] = []
    stops: list[Any] = []
    nodes.listen(client.node, topics.CMD_VEL, heard.append)

    def stop(request: Any, response: Any) -> Any:
        stops.append(request)
        response.success = True
        return response

    guard = client.node.create_service(Trigger, "guard/estop", stop)
    publisher = client.node.create_publisher(Joy, "joy", nodes.qos("sensor"))

    def says(axes: list[float], pressed: tuple[int, ...], holds: Callable[[], bool]) -> Callable[[], bool]:
        def comes() -> bool:
            publisher.publish(Joy(axes=axes, buttons=[int(i in pressed) for i in range(11)]))
            time.sleep(0.05)
            return holds()

        return comes

    ahead = [0.0, 1.0, 0.0, 0.0]
    walks = says(ahead, (4,), lambda: bool(heard) and heard[-1].linear.x == pytest.approx(0.3))
    client.until("walking", walks, STARTS)
    client.until("standing without the button", says(ahead, (), lambda: heard[-1].linear.x == 0.0))
    client.until("walking again", walks)
    client.until("standing when it falls silent", lambda: heard[-1].linear.x == 0.0)
    client.until("walking once more", walks)
    client.until("standing where an axis is missing", says([0.0], (4,), lambda: heard[-1].linear.x == 0.0))
    client.until("the guard's emergency stop", says(ahead, (4, 1), lambda: bool(stops)))
    assert len(stops) == 1, "the button was held, and stops once"
    assert "Traceback" not in stack.output("gamepad")
    client.node.destroy_service(guard)
