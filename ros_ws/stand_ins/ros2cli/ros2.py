"""The command `ros2`, as far as docs/ros2.md uses it: there is no wheel of ros2cli. For tests alone.

Each verb takes its arguments in ros2cli's order, and ends as ros2cli does: unknown nodes, topics, types, fields and
transitions end it with code 1. A robot has the real one from apt, and never this one (it is not in src/).
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import launching
import rclpy
import yaml
from lifecycle_msgs.srv import ChangeState, GetAvailableTransitions
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.task import Future

PATIENCE = 240.0
"""How long anything is waited for, s. ros2cli waits for ever; a test must end."""
STATUS = {4: "SUCCEEDED", 5: "CANCELED", 6: "ABORTED"}
"""How a goal ends: `action_msgs/GoalStatus`."""


def interface(name: str, kind: str) -> Any:
    """The class of an interface that is written ``package/kind/Name``; it ends here where there is none."""
    package, _, rest = name.partition("/")
    middle, _, last = rest.partition("/")
    if middle != kind:
        sys.exit(f"the passed type {name!r} is no {kind}")
    try:
        return getattr(importlib.import_module(f"{package}.{kind}"), last)
    except (AttributeError, ModuleNotFoundError) as error:
        sys.exit(f"the passed type is invalid: {error}")


def filled(message: Any, values: Mapping[str, Any]) -> Any:
    """`message` with its fields set; a field or a type that it has not ends it."""
    for name, value in values.items():
        if name not in message.get_fields_and_field_types():
            sys.exit(f"failed to populate field: {type(message).__name__} has no {name!r}")
        old = getattr(message, name)
        try:
            setattr(message, name, filled(old, value) if isinstance(value, Mapping) else value)
        except AssertionError as error:
            sys.exit(f"failed to populate field: {error}")
    return message


def plain(value: Any) -> Any:
    """A message as numbers, texts, lists and mappings."""
    if hasattr(value, "get_fields_and_field_types"):
        return {name: plain(getattr(value, name)) for name in value.get_fields_and_field_types()}
    if isinstance(value, bool | int | float | str):
        return value
    return list(value) if isinstance(value, bytes) else [plain(item) for item in value]


def until(node: Node, holds: Callable[[], bool], what: str) -> None:
    """Spin until `holds`."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"{what} did not come within {PATIENCE:.0f} s")
        rclpy.spin_once(node, timeout_sec=0.1)


def answer(node: Node, future: Future, what: str) -> Any:
    """The result of `future`."""
    until(node, future.done, what)
    return future.result()


def called(node: Node, kind: Any, name: str, request: Any) -> Any:
    """What the service called `name` answers."""
    client = node.create_client(kind, name)
    until(node, client.service_is_ready, f"service {name}")
    return answer(node, client.call_async(request), f"an answer of {name}")


def echo(node: Node, args: argparse.Namespace) -> int:
    """Print what is published, in the publisher's own QoS."""
    name = args.name if args.name.startswith("/") else f"/{args.name}"
    until(node, lambda: bool(node.get_publishers_info_by_topic(name)), f"a publisher of {name}")
    info = node.get_publishers_info_by_topic(name)[0]
    kept = info.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    sure = info.qos_profile.reliability == ReliabilityPolicy.RELIABLE
    qos = QoSProfile(
        depth=10,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if kept else DurabilityPolicy.VOLATILE,
        reliability=ReliabilityPolicy.RELIABLE if sure else ReliabilityPolicy.BEST_EFFORT,
    )
    heard: list[Any] = []

    def hear(message: Any) -> None:
        heard.append(message)
        print(yaml.safe_dump(plain(message), sort_keys=False) + "---", flush=True)

    node.create_subscription(interface(args.kind or info.topic_type, "msg"), name, hear, qos)
    while not (heard and args.once):
        rclpy.spin_once(node, timeout_sec=0.1)
    return 0


def call(node: Node, args: argparse.Namespace) -> int:
    """Call a service."""
    kind = interface(args.kind, "srv")
    found = called(node, kind, args.name, filled(kind.Request(), yaml.safe_load(args.values)))
    print(yaml.safe_dump(plain(found)))
    return 0


def send_goal(node: Node, args: argparse.Namespace) -> int:
    """Send a goal, and wait for its result."""
    kind = interface(args.kind, "action")
    goal = filled(kind.Goal(), yaml.safe_load(args.values))
    client = ActionClient(node, kind, args.name)
    until(node, client.server_is_ready, f"action server {args.name}")
    handle = answer(node, client.send_goal_async(goal), "an answer to the goal")
    if not handle.accepted:
        print("Goal was rejected.")
        return 0
    until(node, (result := handle.get_result_async()).done, "the result")
    print(yaml.safe_dump(plain(result.result().result)))
    print(f"Goal finished with status: {STATUS.get(result.result().status, 'UNKNOWN')}")
    return 0


def set_state(node: Node, args: argparse.Namespace) -> int:
    """Ask a lifecycle node for a transition."""
    request = GetAvailableTransitions.Request()
    known = called(node, GetAvailableTransitions, f"{args.name}/get_available_transitions", request)
    labels = {found.transition.label: found.transition for found in known.available_transitions}
    if args.transition not in labels:
        sys.exit(f"Unknown transition requested, available ones are: {sorted(labels)}")
    change = ChangeState.Request(transition=labels[args.transition])
    done = called(node, ChangeState, f"{args.name}/change_state", change).success
    print("Transitioning successful" if done else "Transitioning failed", file=sys.stdout if done else sys.stderr)
    return 0


def program(package: str, name: str) -> Path:
    """Where the program called `name` of `package` was installed."""
    found = {script.name for script in distribution(package).entry_points if script.group == "console_scripts"}
    if name not in found:
        sys.exit(f"No executable found: {package} has {sorted(found)}")
    return Path(sys.prefix) / "bin" / name


def run(args: argparse.Namespace) -> int:
    """Become a program."""
    path = program(args.package, args.name)
    os.execv(path, [str(path), *args.rest])


def launch(args: argparse.Namespace) -> int:
    """Start what a launch file describes, and end it together."""
    source = Path(str(importlib.import_module(args.package).__file__)).parents[1]
    return launching.run(source / "launch" / args.name, args.rest, program)


VERBS: dict[str, Callable[[Node, argparse.Namespace], int]] = {
    "topic echo": echo, "service call": call, "action send_goal": send_goal, "lifecycle set": set_state,
}  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """What may be said."""
    out = argparse.ArgumentParser(prog="ros2")
    nouns = out.add_subparsers(dest="noun", required=True)
    verbs = {
        verb: nouns.add_parser(verb.split()[0]).add_subparsers(dest="verb", required=True).add_parser(verb.split()[1])
        for verb in VERBS
    }
    for verb in verbs.values():
        verb.add_argument("name")
    verbs["topic echo"].add_argument("kind", nargs="?")
    verbs["topic echo"].add_argument("--once", action="store_true")
    verbs["lifecycle set"].add_argument("transition")
    for verb in ("service call", "action send_goal"):
        verbs[verb].add_argument("kind")
        verbs[verb].add_argument("values", nargs="?", default="{}")
    for name in ("run", "launch"):
        noun = nouns.add_parser(name)
        noun.add_argument("package")
        noun.add_argument("name")
        noun.add_argument("rest", nargs=argparse.REMAINDER)
    return out


def main() -> int:
    """One command."""
    args = parser().parse_args()
    if args.noun in ("run", "launch"):
        return run(args) if args.noun == "run" else launch(args)
    rclpy.init()
    node = Node("ros2cli_stand_in")
    try:
        return VERBS[f"{args.noun} {args.verb}"](node, args)
    except KeyboardInterrupt:
        return 0
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    sys.exit(main())
