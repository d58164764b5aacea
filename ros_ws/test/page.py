"""Commands of docs/ros2.md: what a reader may type, as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ros2.md").read_text()
STARTS = r"(?:[A-Z_]+=\S+ )*(?:ros2|make|skillblend|python|pip|rviz2|export|colcon|ros_ws/\S+/python)\b.*"
"""How a command begins: environment, then a program."""
FENCE = re.compile(r"^```(?:\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fenced() -> list[str]:
    """What stands in blocks of code, one text a block."""
    return [match.group(1) for match in FENCE.finditer(PAGE)]


def commands() -> set[str]:
    """Every command: spans and blocks of code, without comments, a broken line joined."""
    spans = re.findall(r"`([^`]+)`", FENCE.sub("", PAGE))
    lines = [line.partition("#")[0].strip() for block in fenced() for line in block.splitlines()]
    joined = [" ".join(text.split()) for text in (*spans, *lines)]
    return {text for text in joined if re.fullmatch(STARTS, text) and " " in text}


SERVICES = ("estop", "arm", "stand", "run", "damp")
RUN = frozenset(
    {
        "python -m skillblend_ros dds_robot",
        "ros2 action send_goal /execute_instruction skillblend_msgs/action/ExecuteInstruction "
        "\"{instruction: 'turn left'}\"",
        "ros2 launch skillblend_ros robot.launch.py robot:=h1 interface:=eth0",
        "ros2 launch skillblend_ros sim.launch.py",
        "ros2 lifecycle set /skill_server activate",
        "ros2 lifecycle set /skill_server configure",
        "ros2 run skillblend_ros gamepad --ros-args -p forward:=0.1 -p aside:=0.1 -p turning:=0.2",
        "ros2 run skillblend_ros teleop --ros-args -p forward:=0.1 -p aside:=0.1 -p turning:=0.2",
        "ros2 topic echo guard_state",
        "ros_ws/.venv/bin/python -m skillblend_ros console",
        "ros_ws/.venv/bin/python -m skillblend_ros record --ros-args -p out:=runs/bag -p seconds:=60.0",
        "ros_ws/.venv/bin/python -m skillblend_ros sim_robot --ros-args --params-file mine.yaml",
        "skillblend list planners",
        "skillblend list robots",
        "skillblend list scenes",
        *(f"ros2 service call /guard/{order} std_srvs/srv/Trigger" for order in SERVICES),
    }
)
"""Run by test_commands.py."""

ELSEWHERE = {
    "make ros-build": (".ci/run", "make ros-build"),
    "make ros-demo": (".ci/run", "make ros-demo"),
    'make ros-demo ARGS="--speed 0.3"': (".ci/run", 'make ros-demo ARGS="--speed 0.3"'),
    "make ros-test": (".ci/run", "make ros-test"),
    "make test": (".ci/run", "make test"),
    "SKILLBLEND_ROS_SPEED=0.2 SKILLBLEND_ROS_TRIALS=1 make ros-test": (
        ".ci/run", "SKILLBLEND_ROS_SPEED=0.25 SKILLBLEND_ROS_TRIALS=1 make ros-test",
    ),
    "skillblend console": ("tests/integration/test_console_pty.py", "['console', "),
    "skillblend drive": ("tests/integration/test_drive.py", '"drive"'),
}  # fmt: skip
"""Run by CI or by another test: the file that does it, and what stands there."""

MEASURED = "a measurement of minutes on an idle machine, whose figures stand beside it"
LEFT_OUT = {
    "SKILLBLEND_ROS_SPEED=0.25 SKILLBLEND_ROS_TRIALS=1 make ros-test": "the suite itself, for busy machines",
    "SKILLBLEND_ROS_SPEED=0.5 SKILLBLEND_ROS_TRIALS=5 make ros-test ARGS=test/test_faults.py": MEASURED,
    'SKILLBLEND_STOPS=1000 make ros-test ARGS="-s test/test_stops.py"': MEASURED,
    "colcon build": "colcon is not installed; `make ros-build` builds the same packages with cmake and pip",
    "export ROS_DOMAIN_ID=7": "every command runs so, in a free domain instead of 7",
    "make ros-demo ARGS=--record": "the demo, which CI runs, beside the node that test_messages.py runs",
    "pip install --no-deps -e .": "no network in tests; `make ros-build` does it",
    "pip install --no-deps cyclonedds==11.0.1 rich-click": "no network in tests; `make ros-build` installs both",
    "python ros_ws/bench.py --cancels 50 --minutes 10 --nice 0": MEASURED,
    "python ros_ws/dds_bench.py --seconds 20 --realtime": MEASURED,
    "ros2 run joy joy_node": "neither the package joy nor a gamepad is here; test_commands.py sends its messages",
    "ros_ws/.venv/bin/python -m skillblend_ros NAME": "a pattern: NAME is each of programs.py",
    "rviz2 -d ros_ws/src/skillblend_ros/rviz/robot.rviz": "RViz is not installed; test_layouts.py reads the file",
    "skillblend drive --timing FILE": "a robot's; `skillblend drive` is run, and drive-bench writes the same times",
    "skillblend drive-bench --realtime": f"{MEASURED}; half a second of it is run by test_drive.py",
}
"""Not run here: why."""
