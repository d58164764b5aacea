"""Commands of docs/ros2.md, and the files for RViz and Nav2, name programs, parameters and topics that exist."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
import yaml

import robots
from skillblend.shipped import MODELS
from skillblend.skills.skill import load_skill
from skillblend_ros import topics
from skillblend_ros.parameters import NODES, refusal
from skillblend_ros.programs import PROGRAMS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "ros2.md").read_text()
PACKAGE = ROOT / "ros_ws" / "src" / "skillblend_ros"
TOPICS = {f"/{topic.name.removeprefix('/')}" for topic in topics.TOPICS}


LISTS = runpy.run_path(str(ROOT / "ros_ws" / "test" / "page.py"))


def test_every_command_is_run_or_says_why_not() -> None:
    run, elsewhere, left_out = set(LISTS["RUN"]), set(LISTS["ELSEWHERE"]), set(LISTS["LEFT_OUT"])
    assert LISTS["commands"]() == run | elsewhere | left_out
    assert len(run) + len(elsewhere) + len(left_out) == len(run | elsewhere | left_out), "each in one list"
    assert all(len(reason) > 20 for reason in LISTS["LEFT_OUT"].values())


@pytest.mark.parametrize("command", LISTS["ELSEWHERE"])
def test_what_runs_elsewhere_does(command: str) -> None:
    file, text = LISTS["ELSEWHERE"][command]
    assert text in (ROOT / file).read_text()


@pytest.mark.parametrize("command", sorted(LISTS["RUN"]))
def test_what_runs_is_in_the_test_that_runs_it(command: str) -> None:
    """As it stands, or made of a word of a list."""
    source = (ROOT / "ros_ws" / "test" / "test_commands.py").read_text().replace('"\n        "', "")
    source = source.replace('\\"', '"')
    verb, _, rest = command.partition(" /guard/")
    made = [
        verb == "ros2 service call" and f'call("{rest.split()[0]}"' in source,
        "ros2 lifecycle set" in command and f'"{command.split()[-1]}"' in source,
        command.startswith("skillblend list ") and f'("{command.split()[-1]}", ' in source,
    ]
    assert command in source or f'{command}"' in source or any(made), command


def test_what_is_installed_by_hand_is_what_is_locked() -> None:
    (pinned,) = re.findall(r"pip install --no-deps (cyclonedds==\S+) rich-click", PAGE)
    assert pinned in (ROOT / "ros_ws" / "requirements.lock").read_text().splitlines()


def commands(pattern: str) -> list[re.Match[str]]:
    return list(re.finditer(pattern, PAGE.replace("\n", " ")))


def test_every_program_that_is_started_exists_and_takes_its_parameters() -> None:
    started = commands(r"(?:-m skillblend_ros|ros2 run skillblend_ros) (\w+)([^`|]*)")
    assert len(started) >= 5
    for match in started:
        name, rest = match.groups()
        if name == "NAME":
            continue
        assert name in PROGRAMS, match.group(0)
        known = {parameter.name: parameter for parameter in NODES.get(name, ())}
        for key, text in re.findall(r"-p (\w+):=(\S+)", rest):
            assert key in known, f"{name} has no parameter {key}"
            value = type(known[key].default)(text.strip("'\""))
            assert refusal(known[key], value) == ""


def test_every_service_that_is_called_exists() -> None:
    called = {match.group(1) for match in commands(r"ros2 service call (/\S+) std_srvs/srv/Trigger")}
    called |= {match.group(1) for match in commands(r"`(/guard/\w+)`")}
    assert called and called <= {f"/guard/{name}" for name in topics.GUARD_SERVICES}


def test_every_topic_that_is_heard_exists() -> None:
    heard = {f"/{match.group(1).lstrip('/')}" for match in commands(r"ros2 topic echo (\S+?)`")}
    assert heard and heard <= TOPICS


def test_every_launch_file_exists_and_takes_its_arguments() -> None:
    launched = commands(r"ros2 launch skillblend_ros (\S+\.py)([^`|]*)")
    assert launched
    for match in launched:
        text = (PACKAGE / "launch" / match.group(1)).read_text()
        declared = set(re.findall(r'DeclareLaunchArgument\("(\w+)"', text))
        assert set(re.findall(r"(\w+):=", match.group(2))) <= declared


def test_actions_and_lifecycle_nodes_exist() -> None:
    assert {match.group(1) for match in commands(r"ros2 action send_goal /(\w+)")} <= {
        topics.EXECUTE_INSTRUCTION,
        topics.EXECUTE_SKILL,
    }
    assert {match.group(1) for match in commands(r"ros2 lifecycle set /(\w+)")} == {"skill_server"}


def test_every_program_is_told_of() -> None:
    for name in PROGRAMS:
        assert re.search(rf"\b{name}\b", PAGE), f"docs/ros2.md says nothing of {name}"


def test_rviz_shows_topics_and_frames_that_exist() -> None:
    layout = yaml.safe_load((PACKAGE / "rviz" / "robot.rviz").read_text())["Visualization Manager"]
    shown = {
        value["Value"]
        for display in layout["Displays"]
        for value in display.values()
        if isinstance(value, dict) and "Value" in value
    }
    assert {"/robot_description", "/localization/pose"} == shown <= TOPICS
    frames = {layout["Global Options"]["Fixed Frame"], layout["Views"]["Current"]["Target Frame"]}
    assert frames == {topics.MAP, topics.BASE}


@pytest.mark.parametrize("robot", robots.names())
def test_nav2_asks_for_no_more_than_the_walking_skill_takes(robot: str) -> None:
    if not (MODELS / robot / "walking").is_dir():
        pytest.skip(f"{robot} does not walk")
    space = load_skill("walking", robots.load(robot), MODELS / robot / "walking").goal_space
    nav2 = yaml.safe_load((PACKAGE / "nav2" / "nav2.yaml").read_text())
    smoother = nav2["velocity_smoother"]["ros__parameters"]
    follow = nav2["controller_server"]["ros__parameters"]["FollowPath"]
    upper, lower = smoother["max_velocity"], smoother["min_velocity"]
    assert all(upper <= space.upper) and all(lower >= space.lower)
    assert [follow["vx_max"], follow["vy_max"], follow["wz_max"]] == upper and follow["vx_min"] == lower[0]
    assert smoother["velocity_timeout"] < 0.5, "the skill server stands 0.5 s after the last command"
    for name in ("local_costmap", "global_costmap"):
        assert nav2[name][name]["ros__parameters"]["robot_base_frame"] == topics.BASE
