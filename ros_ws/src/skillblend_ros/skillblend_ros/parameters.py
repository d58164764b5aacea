"""Every parameter of every node: default, range, and what it means."""

from __future__ import annotations

import math
from dataclasses import dataclass

import robots
from planners.variants import DEFAULT, PLANNERS, planner_called
from sim import scenes
from sim.scene_file import is_path
from skillblend.errors import SkillblendError


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter; its type is that of its default.

    Attributes:
        name: As ROS sees it.
        default: bool, int, float or str.
        text: What it means, with its unit.
        lower, upper: Range of a number; None for none.
        choices: Allowed values of a text; empty for any.
        listed: What `skillblend list` calls those values, where new ones may come by themselves.
        files: Whether the path of a JSON file will do as well.
        models: Whether METHOD:MODEL will do as well: another language model, as `planners.writing` has it.
        fixed: Can be set only when the node starts.
    """

    name: str
    default: bool | int | float | str
    text: str
    lower: float | None = None
    upper: float | None = None
    choices: tuple[str, ...] = ()
    listed: str = ""
    files: bool = False
    models: bool = False
    fixed: bool = True


ROBOT = Parameter(name="robot", default="h1", text="Robot model.", choices=robots.names(), listed="robots")
SCENE = Parameter(
    name="scene", default="workshop", text="Map: what stands where; a name, or the path of a JSON file.",
    choices=scenes.names(), listed="scenes", files=True,
)  # fmt: skip
MODELS = Parameter(
    name="models", default="", text="Folder of the trained bundles; empty for those that come with skillblend."
)
PRIORITY = Parameter(
    name="realtime_priority", default=0, lower=0, upper=90,
    text="SCHED_FIFO priority of the process; 0 for none. Refused by the system, it is reported and left at none.",
)  # fmt: skip

TIMES = Parameter(name="times", default="", text="File for the times of each step, for benchmarks; empty for none.")

SIGHTING_AGE = Parameter(
    name="sighting_age", default=1.0, lower=0.05, upper=60.0, fixed=False,
    text="Poses of things are not believed when they are older than this as they come in, s of wall time.",
)  # fmt: skip

SIM_ROBOT: tuple[Parameter, ...] = (
    ROBOT,
    SCENE,
    PRIORITY,
    TIMES,
    Parameter(name="seed", default=0, lower=0, upper=2**31, text="Of dynamics and sensor noise."),
    Parameter(name="log", default="", text="File for the simulator's truth; empty for none."),
    Parameter(
        name="speed", default=1.0, lower=0.05, upper=1.0,
        text="Robot time per wall time: below 1, everything is slowed down for machines that cannot keep up.",
    ),
)  # fmt: skip
SPEED = SIM_ROBOT[-1]
GUARD: tuple[Parameter, ...] = (
    ROBOT,
    MODELS,
    PRIORITY,
    TIMES,
    SPEED,
    Parameter(
        name="simulated", default=False,
        text="The robot is simulated: its clock may stand still or be slowed down. Never true on a robot.",
    ),
)  # fmt: skip
DDS_LINK: tuple[Parameter, ...] = (
    ROBOT,
    PRIORITY,
    SPEED,
    Parameter(
        name="dds_domain", default=0, lower=0, upper=232, text="DDS domain of the robot; never that of ROS."
    ),
    Parameter(
        name="interface", default="lo",
        text="Network interface to the robot, such as eth0; lo for this machine alone.",
    ),
    Parameter(
        name="state_spacing", default=0.0095, lower=0.0, upper=0.02,
        text="Least time between two states for the guard, s: robots speak more often than it needs.",
    ),
    Parameter(
        name="watch_rivals", default=True,
        text="Tell the guard when someone else writes motor commands on the robot's network.",
    ),
)  # fmt: skip
SKILL_SERVER: tuple[Parameter, ...] = (
    ROBOT,
    SCENE,
    MODELS,
    PRIORITY,
    TIMES,
    SPEED,
    Parameter(
        name="command_timeout", default=0.5, lower=0.05, upper=5.0, fixed=False,
        text="A walking command on cmd_vel counts for this long, s.",
    ),
    Parameter(
        name="pose_timeout", default=0.5, lower=0.05, upper=5.0, fixed=False,
        text="Goals that need the robot's place end when it has not been heard of for this long, s.",
    ),
    Parameter(
        name="things_timeout", default=5.0, lower=0.1, upper=3600.0, fixed=False,
        text="Goals about a thing that can move are refused when it was seen once, and not for this long, s.",
    ),
    SIGHTING_AGE,
)  # fmt: skip
PLANNER: tuple[Parameter, ...] = (
    ROBOT,
    SCENE,
    SIGHTING_AGE,
    Parameter(
        name="planner",
        default=DEFAULT,
        choices=tuple(name for name in PLANNERS if not PLANNERS[name].scripted),
        text="Who decides what is done next.",
        listed="planners",
        models=True,
    ),
    Parameter(
        name="memory",
        default="",
        text="File of what was carried out, or `user` for this user's; empty for none. It is made if missing.",
    ),
    Parameter(
        name="max_steps",
        default=16,
        lower=1,
        upper=24,
        fixed=False,
        text="Gives an instruction up after so many steps.",
    ),
    Parameter(
        name="threads",
        default=1,
        lower=1,
        upper=16,
        text="Threads of the language model; the policy needs a core.",
    ),
    Parameter(
        name="nice",
        default=10,
        lower=0,
        upper=19,
        text="How far the language model stands back behind everything else; 0 for not at all.",
    ),
)
FRAMES: tuple[Parameter, ...] = (ROBOT,)
TELEOP: tuple[Parameter, ...] = (
    ROBOT,
    Parameter(name="forward", default=0.4, lower=0.05, upper=1.0, text="Speed of a key or a stick forward, m/s."),
    Parameter(
        name="aside",
        default=0.2,
        lower=0.05,
        upper=0.5,
        text="Speed of a key or a stick aside or backward, m/s.",
    ),
    Parameter(name="turning", default=0.5, lower=0.05, upper=1.0, text="Rate of a key or a stick that turns, rad/s."),
)
_AXES = {"axis_ahead": (1, "ahead"), "axis_left": (0, "left"), "axis_turn": (3, "to the left")}
_BUTTONS = {"button_hold": (4, "without which nothing moves"), "button_stop": (1, "that is the emergency stop")}
GAMEPAD: tuple[Parameter, ...] = (
    *TELEOP,
    *(
        Parameter(name=name, default=number, lower=0, upper=31, text=f"Axis of joy that is 1 for fully {way}.")
        for name, (number, way) in _AXES.items()
    ),
    *(
        Parameter(name=name, default=number, lower=0, upper=31, text=f"Button of joy {what}.")
        for name, (number, what) in _BUTTONS.items()
    ),
)
RECORD: tuple[Parameter, ...] = (
    Parameter(name="out", default="runs/bag", text="Folder of the recording; must not exist."),
    Parameter(name="seconds", default=0.0, lower=0.0, upper=86400.0, text="Ends after this time, s; 0 never."),
)

NODES: dict[str, tuple[Parameter, ...]] = {
    "sim_robot": SIM_ROBOT,
    "guard": GUARD,
    "dds_link": DDS_LINK,
    "skill_server": SKILL_SERVER,
    "planner": PLANNER,
    "record": RECORD,
    "frames": FRAMES,
    "teleop": TELEOP,
    "gamepad": GAMEPAD,
}
"""Parameters by node."""


def refusal(parameter: Parameter, value: object) -> str:
    """Why `value` is not allowed; empty where it is."""
    wanted = type(parameter.default)
    if type(value) is not wanted:
        return f"{parameter.name} must be {wanted.__name__}, got {type(value).__name__}"
    if parameter.models and ":" in str(value):
        try:
            planner_called(str(value))
        except SkillblendError as error:
            return f"{parameter.name} = {value!r}: {error}"
        return ""
    named = parameter.files and is_path(str(value))
    if parameter.choices and value not in parameter.choices and not named:
        return f"{parameter.name} = {value!r} is unknown; choose one of {list(parameter.choices)}"
    low = -math.inf if parameter.lower is None else parameter.lower
    high = math.inf if parameter.upper is None else parameter.upper
    if isinstance(value, int | float) and not low <= value <= high:
        return f"{parameter.name} = {value} is outside [{low:g}, {high:g}]"
    return ""


BEGIN, END = "<!-- parameters: made by ros_ws/parameter_table.py -->", "<!-- end of parameters -->"
"""What surrounds the table in docs/ros2.md."""


def table() -> str:
    """All parameters as a Markdown table."""
    nodes: dict[Parameter, list[str]] = {}
    for node, parameters in NODES.items():
        for parameter in parameters:
            nodes.setdefault(parameter, []).append(node)
    rows = [f"| `{p.name}` | {', '.join(of)} | {_about(p)} |" for p, of in nodes.items()]
    head = "| parameter | nodes | default | allowed | can change | meaning |\n|---|---|---|---|---|---|"
    return "\n".join((head, *rows))


def _about(parameter: Parameter) -> str:
    changes = "" if parameter.fixed else "yes"
    return f"`{_shown(parameter.default)}` | {_range(parameter)} | {changes} | {parameter.text}"


def _shown(value: object) -> str:
    """A value as ROS's command line takes it."""
    return str(value).lower() if isinstance(value, bool) else '""' if value == "" else str(value)


def _range(parameter: Parameter) -> str:
    if parameter.choices:
        names = ", ".join(f"`{name}`" for name in parameter.choices)
        names = f"as `skillblend list {parameter.listed}` says" if parameter.listed else names
        more = ", or a file" if parameter.files else ", or `METHOD:MODEL`" if parameter.models else ""
        return f"{names}{more}"
    if parameter.lower is not None and parameter.upper is not None:
        return " to ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in (parameter.lower, parameter.upper))
    return "`true`, `false`" if isinstance(parameter.default, bool) else "any text"
