"""Where things are, through real processes: what is moved in the simulation is walked to where it is by then."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from rig import guard_settings, policy_settings, revive, robot_settings
from skillblend_msgs.msg import ThingState, ThingStates
from skillblend_msgs.srv import MoveThing

from skillblend.contracts import Step
from skillblend_ros import conversions, nodes, topics
from skillblend_ros.client import Client
from skillblend_ros.stack import Stack
from skillblend_ros.truth import read_truth
from skillblend_ros.verdicts import judge_step

PLACE = {
    "robot": {"position": [0, 0], "heading_deg": 0},
    "things": [
        {"name": "table", "kind": "table", "position": [2.2, 0]},
        {"name": "box", "kind": "box", "on": "table", "position": [2.1, 0]},
        {"name": "cupboard", "kind": "cabinet", "position": [0, -3], "heading_deg": -90, "hinges": ["left"]},
    ],
}
ELSEWHERE = np.array([-0.6, 1.6, 0.15, 1.0, 0.0, 0.0, 0.0])
"""Where the box is put: on the floor, behind the robot to its left."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Client, Path]]:
    """All nodes in a scene of its own, in a domain of its own; the operator sees what is seen."""
    folder = tmp_path_factory.mktemp("things")
    scene = folder / "place.json"
    scene.write_text(json.dumps(PLACE))
    before = os.environ["ROS_DOMAIN_ID"]
    with Stack(folder / "logs") as stack:
        os.environ["ROS_DOMAIN_ID"] = str(stack.domain)
        try:
            client = Client("tester")
        finally:
            os.environ["ROS_DOMAIN_ID"] = before
        robot = robot_settings(folder) | {"scene": scene}
        stack.start("sim_robot", robot)
        stack.start("guard", guard_settings())
        stack.start("skill_server", policy_settings() | {"scene": scene})
        stack.start("planner", {"scene": scene, "planner": "bag_of_words"})
        yield stack, client, folder
        client.close()
        for node in ("sim_robot", "guard", "skill_server", "planner"):
            assert "Traceback" not in stack.output(node), stack.output(node)


@pytest.fixture(scope="module")
def seen(place: tuple[Stack, Client, Path]) -> dict[str, ThingState]:
    """The latest that was seen of each thing."""
    found: dict[str, ThingState] = {}

    def hear(message: ThingStates) -> None:
        if message.header.frame_id != "map":
            return  # said by a test below, to be disbelieved
        found.update({thing.name: thing for thing in message.things})

    nodes.listen(place[1].node, topics.THINGS, hear)
    return found


def move(client: Client, name: str, pose: np.ndarray) -> Any:
    request = MoveThing.Request(name=name, pose=conversions.pose_message(pose[:3], pose[3:], _now(client)).pose)
    return client.call(MoveThing, topics.MOVE_THING, request)


def _now(client: Client) -> Any:
    return client.node.get_clock().now().to_msg()


def lies(seen: dict[str, ThingState], name: str, pose: np.ndarray) -> Callable[[], bool]:
    """Whether `name` is seen within 10 cm of `pose`."""

    def holds() -> bool:
        return name in seen and bool(np.linalg.norm(conversions.pose_values(seen[name].pose)[:3] - pose[:3]) < 0.1)

    return holds


def test_a_box_that_was_moved_is_walked_to_where_it_is_now(
    place: tuple[Stack, Client, Path], seen: dict[str, ThingState]
) -> None:
    stack, client, folder = place
    revive(client)
    client.until("things", lambda: set(seen) == {"table", "box", "cupboard"})
    assert seen["cupboard"].openness == pytest.approx(0.0, abs=0.02) and seen["box"].openness == -1.0
    assert move(client, "box", ELSEWHERE).accepted
    client.until("the box elsewhere", lies(seen, "box", ELSEWHERE))
    status = f"{topics.EXECUTE_INSTRUCTION}/_action/status"
    client.until("the planner", lambda: client.node.count_publishers(status) > 0, 300.0)  # it loads its libraries
    began = time.monotonic()
    status, result = client.instruct("walk to the box").result()
    ended = time.monotonic()
    assert (status, result.success) == (GoalStatus.STATUS_SUCCEEDED, True), (result.reason, stack.output("planner"))
    assert [step.text for step in result.steps] == ["walk to the box"]
    about, records = read_truth(folder / "truth.bin")
    part = records[(records["wall"] >= began) & (records["wall"] <= ended)]
    box = part["things"][-1, about["things"].index("box")]
    assert np.linalg.norm(box[:3] - ELSEWHERE[:3]) < 0.1, "the log has it where it is"
    found = judge_step(about, part, Step(text="walk to the box", behaviour="walk_to", arguments=("box",)))
    assert found.success, found.reason
    assert np.linalg.norm(part["position"][-1, :2] - ELSEWHERE[:2]) < 1.2 < np.linalg.norm(ELSEWHERE[:2])


def test_what_cannot_be_moved_is_refused(place: tuple[Stack, Client, Path]) -> None:
    for name, pose, why in (
        ("moon", ELSEWHERE, "unknown object"),
        ("table", ELSEWHERE, "cannot be moved"),
        ("box", np.full(7, np.nan), "no place"),
    ):
        answer = move(place[1], name, pose)
        assert not answer.accepted and why in answer.reason


def test_what_cannot_be_believed_is_refused_by_both_with_its_reason(
    place: tuple[Stack, Client, Path], seen: dict[str, ThingState]
) -> None:
    stack, client, _ = place
    client.until("things", lambda: "box" in seen)
    publisher = nodes.publish(client.node, topics.THINGS)

    def say(name: str, *position: float, frame: str = "map", old: int = 0) -> ThingStates:
        stamp = _now(client)
        stamp.sec -= old
        pose = conversions.pose_message(np.array(position), np.array([1.0, 0.0, 0.0, 0.0]), stamp).pose
        message = ThingStates(things=[ThingState(name=name, pose=pose, openness=-1.0, travel=-1.0)])
        message.header.stamp, message.header.frame_id = stamp, frame
        return message

    cases = (
        (lambda: say("ghost", 0.0, 0.0, 0.0), "unknown thing 'ghost'"),
        (lambda: say("box", float("nan"), 0.0, 0.0), "finite"),
        (lambda: say("box", 0.0, 0.0, 0.0, old=60), "s old"),
        (lambda: say("box", 0.0, 0.0, 0.0, frame="camera"), "frame 'camera'"),
        (lambda: say("table", 0.0, 3.0, 0.5), "cannot move"),
    )
    for make, why in cases:

        def told(make: Any = make, why: str = why) -> bool:
            publisher.publish(make())  # best effort: said again until it is heard
            time.sleep(0.1)
            return all("not believed: " in text and why in text for text in map(stack.output, HEARERS))

        client.until(why, told)
    client.node.destroy_publisher(publisher)


HEARERS = ("skill_server", "planner")
