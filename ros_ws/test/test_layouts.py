"""Files for Foxglove, RViz and Nav2 against what the running nodes publish: those programs are not installed here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rig import ROOT

from skillblend_ros import nodes, topics
from skillblend_ros.client import Client

FILES = ROOT / "ros_ws" / "src" / "skillblend_ros"
LAYOUT: dict[str, Any] = json.loads((FILES / "foxglove" / "layout.json").read_text())
RVIZ: dict[str, Any] = yaml.safe_load((FILES / "rviz" / "robot.rviz").read_text())["Visualization Manager"]
NAV2: dict[str, Any] = yaml.safe_load((FILES / "nav2" / "nav2.yaml").read_text())
PLOTTED = [path["value"] for panel in LAYOUT["configById"].values() for path in panel.get("paths", [])]
OTHERS = {"odom", "scan", "map"}
"""Topics that Nav2 hears from others than these nodes: odometry, a range sensor, a map server."""
SHOWN = {"RobotModel": "std_msgs/msg/String", "Pose": "geometry_msgs/msg/PoseStamped"}
"""What RViz's displays take."""


@pytest.fixture(scope="module")
def heard(stack: Any, client: Client) -> Iterator[dict[str, Any]]:
    """The latest message of each topic, and every frame that was told of."""
    from rig import revive

    revive(client)
    found: dict[str, Any] = {"frames": set()}
    listeners = []
    for topic in topics.TOPICS:
        name = f"/{topic.name.removeprefix('/')}"
        listeners.append(nodes.listen(client.node, topic, lambda m, name=name: found.update({name: m})))
    listeners.append(
        nodes.listen(
            client.node,
            topics.TF,
            lambda m: found["frames"].update(x for t in m.transforms for x in (t.header.frame_id, t.child_frame_id)),
        )
    )
    quiet = {f"/{topic.name}" for topic in (topics.JOY, topics.REJECTIONS, topics.CMD_VEL)}
    wanted = {f"/{topic.name.removeprefix('/')}" for topic in topics.TOPICS} - quiet
    client.until("every topic", lambda: wanted <= set(found) and len(found["frames"]) >= 4)
    for topic in (topics.REJECTIONS, topics.CMD_VEL):  # nobody has said anything: what would be said
        found.setdefault(f"/{topic.name}", nodes.message_type(topic.kind)())
    yield found
    for listener in listeners:
        client.node.destroy_subscription(listener)


def value_at(message: Any, path: str) -> Any:
    """What stands at a path of Foxglove's, such as `points[0].positions[3]`."""
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        message = message[int(index)] if index else getattr(message, name)
    return message


@pytest.mark.parametrize("path", PLOTTED)
def test_what_foxglove_plots_is_a_number_of_a_message(heard: Mapping[str, Any], path: str) -> None:
    topic, _, field = path.partition(".")
    assert isinstance(value_at(heard[topic], field), bool | int | float), path


def test_what_foxglove_calls_knees_are_knees(heard: Mapping[str, Any]) -> None:
    (panel,) = (p for p in LAYOUT["configById"].values() if p.get("title") == "Knees, rad")
    for path in (entry["value"] for entry in panel["paths"]):
        topic, number = path[1:].split(".")[0], int(re.findall(r"\[(\d+)\]", path)[-1])
        message = heard[f"/{topic}"]
        names = message.name if topic == "joint_states" else message.joint_names
        assert "knee" in names[number], path


def test_foxglove_shows_panels_frames_and_topics_that_are_there(heard: Mapping[str, Any]) -> None:
    panels, text = LAYOUT["configById"], json.dumps(LAYOUT["layout"])
    assert set(re.findall(r'"(\w+!\w+)"', text)) == set(panels), "each panel has its place, each place a panel"
    scene = panels["3D!pose"]
    frames = {name.removeprefix("frame:") for name in scene["transforms"]} | {scene["followTf"]}
    frames |= {layer["frameId"] for layer in scene["layers"].values() if "frameId" in layer}
    assert frames <= heard["frames"]
    told = {panel.get("topicPath") or panel.get("topicToRender") for panel in panels.values()} - {None}
    told |= set(scene["topics"]) | {layer["topic"] for layer in scene["layers"].values() if "topic" in layer}
    assert told <= set(heard)


def test_rviz_hears_what_is_published(client: Client, heard: Mapping[str, Any]) -> None:
    frames = {RVIZ["Global Options"]["Fixed Frame"], RVIZ["Views"]["Current"]["Target Frame"]}
    assert frames <= heard["frames"]
    shown = 0
    for display in RVIZ["Displays"]:
        asked = display.get("Topic") or display.get("Description Topic")
        if asked is None:
            continue
        shown += 1
        (info,) = client.node.get_publishers_info_by_topic(asked["Value"])
        assert info.topic_type == SHOWN[display["Class"].split("/")[1]]
        wanted = QoSProfile(
            depth=asked["Depth"],
            reliability=ReliabilityPolicy[asked["Reliability Policy"].upper().replace(" ", "_")],
            durability=DurabilityPolicy[asked["Durability Policy"].upper().replace(" ", "_")],
        )
        offered = info.qos_profile
        assert wanted.reliability != ReliabilityPolicy.RELIABLE or offered.reliability == ReliabilityPolicy.RELIABLE
        assert wanted.durability != DurabilityPolicy.TRANSIENT_LOCAL or offered.durability == wanted.durability
    assert shown == 2


def parameters(tree: Mapping[str, Any], key: str) -> list[Any]:
    """Every value that stands under `key`, at any depth."""
    found = [value for name, value in tree.items() if name == key]
    return found + [x for value in tree.values() if isinstance(value, Mapping) for x in parameters(value, key)]


def test_nav2_speaks_and_hears_on_topics_that_are_there(client: Client, heard: Mapping[str, Any]) -> None:
    kinds = dict(client.node.get_topic_names_and_types())
    (out,) = parameters(NAV2, "cmd_vel_out_topic")
    assert kinds[f"/{out}"] == ["geometry_msgs/msg/Twist"]
    assert not parameters(NAV2, "enable_stamped_cmd_vel"), "the skill server hears Twist, not TwistStamped"
    listening = {info.node_name for info in client.node.get_subscriptions_info_by_topic(f"/{out}")}
    assert "skill_server" in listening
    assert set(parameters(NAV2, "odom_topic")) | set(parameters(NAV2, "topic")) <= OTHERS
    frames = {x for k in ("global_frame", "local_frame", "robot_base_frame") for x in parameters(NAV2, k)}
    frames |= {x for k in ("base_frame_id", "odom_frame_id") for x in parameters(NAV2, k)}
    assert frames == {topics.MAP, topics.BASE} <= heard["frames"]


def test_nav2_configures_each_plugin_that_it_names() -> None:
    """A plugin without a name in the list is never loaded, and one that is only in the list has no type."""
    plain = {
        "controller_server": ("controller_plugins", "goal_checker_plugins"),
        "planner_server": ("planner_plugins",),
    }
    for node, lists in plain.items():
        settings = NAV2[node]["ros__parameters"]
        named = {name for key in lists for name in settings[key]}
        assert named == {name for name, value in settings.items() if isinstance(value, Mapping) and "plugin" in value}
    for name in ("local_costmap", "global_costmap"):
        settings = NAV2[name][name]["ros__parameters"]
        assert set(settings["plugins"]) == {key for key, value in settings.items() if isinstance(value, Mapping)}
        assert settings["plugins"][-1] == "inflation_layer", "it inflates what the layers before it have marked"
    monitor = NAV2["collision_monitor"]["ros__parameters"]
    assert {*monitor["polygons"], *monitor["observation_sources"]} == {
        key for key, value in monitor.items() if isinstance(value, Mapping)
    }
    assert NAV2["controller_server"]["ros__parameters"]["FollowPath"]["critics"], "without any, no path is better"
