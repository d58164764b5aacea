"""``make ros-demo``: starts the nodes, sends one instruction through the action, and judges what happened.

Success is the planner's own, confirmed by the simulator's log: every step that was reported as done really
was, and the robot never fell.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from skillblend.contracts import Step
from skillblend.errors import SkillblendError
from skillblend.options import ground_options
from skillblend.shipped import MODELS
from skillblend.tables import decision_table
from skillblend_ros.stack import Stack

INSTRUCTION = "walk forward one metre, then press the button"
FIRST, SECOND, THIRD = 30, 29, 20
"""Priorities of guard, robot and policy where the system grants real time."""


@dataclass(kw_only=True)
class Timeline:
    """When the steps were carried out, `time.monotonic`."""

    began: float = 0.0
    steps: list[tuple[Step, bool, float, float]] = field(default_factory=list[tuple[Step, bool, float, float]])


def settings(argument: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="ros-demo", description="Carry out an instruction through ROS 2.")
    parser.add_argument("instruction", nargs="?", default=INSTRUCTION)
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--scene", default="workshop")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", type=float, default=1.0, help="robot time per wall time; below 1 on slow machines")
    parser.add_argument(
        "--realtime", action=argparse.BooleanOptionalAction, default=True,
        help="ask for real-time scheduling; refused by the system, everything runs without",
    )  # fmt: skip
    parser.add_argument("--record", action="store_true", help="record every topic into OUT/recordings, rosbag2 MCAP")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[4] / "runs" / "ros-demo")
    return parser.parse_args(argument)


def start(stack: Stack, args: argparse.Namespace, log: Path) -> None:
    """All nodes, as processes."""
    rank = (lambda level: level) if args.realtime else (lambda level: 0)
    common = {"speed": args.speed}
    robot = {"scene": args.scene, "seed": args.seed, "log": log, "realtime_priority": rank(SECOND)}
    stack.start("sim_robot", common | robot)
    stack.start("guard", common | {"models": args.models, "simulated": True, "realtime_priority": rank(FIRST)})
    policy = {"models": args.models, "scene": args.scene, "realtime_priority": rank(THIRD)}
    stack.start("skill_server", common | policy)
    stack.start("planner", {"scene": args.scene})
    if args.record:
        stack.start("record", {"out": args.out / "recordings" / time.strftime("%Y%m%d-%H%M%S")})


def main(argument: list[str] | None = None) -> int:
    """Exit code 0 on success only."""
    args = settings(argument)
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    console = Console()
    stack = Stack(args.out / "logs")
    os.environ.update(stack.environment)
    log = args.out / "truth.bin"
    try:
        with stack:
            start(stack, args, log)
            status, result, timeline = _carry_out(args, console)
    except KeyboardInterrupt:
        console.print("interrupted; all nodes have ended")
        return 130
    except SkillblendError as error:
        console.print(f"[red]{error}[/red]; dead nodes: {stack.dead() or 'none'}; logs: {stack.folder}")
        return 1
    honest = _confirm(log, timeline, console)
    said = "refused" if result.refused else ("success" if result.success else f"failure: {result.reason}")
    console.print(f"[bold]{said}[/bold] in {result.seconds:.1f} s of wall time; log and output in {args.out}")
    return 0 if status == _succeeded() and result.success and honest else 1


def _carry_out(args: argparse.Namespace, console: Console) -> tuple[int, Any, Timeline]:
    from skillblend_ros.client import Client

    client = Client("demo")
    timeline = Timeline()
    try:
        console.print("starting simulated robot, guard, skill server and planner")
        client.bring_up()
        console.print(f"the guard lets the policy drive; instruction: {args.instruction!r}")
        goal = client.instruct(args.instruction, lambda message: _show(message, console, timeline, args.scene))
        status, result = goal.result(600.0)
        return status, result, timeline
    finally:
        client.close()


def _show(message: Any, console: Console, timeline: Timeline, scene: str) -> None:
    """Print one feedback message."""
    from sim import scenes
    from skillblend_ros import conversions

    if message.kind == message.DECIDED:
        steps = ground_options(scenes.load(scene).state)
        console.print(decision_table(conversions.decision_of(message.decision, steps), message.decision.seconds))
        timeline.began = time.monotonic()
    elif message.kind == message.EXECUTED:
        done = message.step
        step = Step(text=done.text, behaviour=done.behaviour, arguments=tuple(done.arguments))
        timeline.steps.append((step, done.success, timeline.began, time.monotonic()))
        mark = "done" if done.success else f"failed: {done.reason}"
        console.print(f"  {done.text}: {mark} ({done.seconds:.1f} s of robot time)")


def _confirm(log: Path, timeline: Timeline, console: Console) -> bool:
    """Whether the simulator's log agrees with every success."""
    from skillblend_ros.truth import read_truth
    from skillblend_ros.verdicts import fell, judge_step

    about, records = read_truth(log)
    good = True
    for step, success, begin, end in timeline.steps:
        part = records[(records["wall"] >= begin) & (records["wall"] <= end)]
        verdict = judge_step(about, part, step)
        good = good and (verdict.success or not success)
        agrees = "yes" if verdict.success else "no"
        console.print(f"  judge, from simulator truth: {step.text}: {agrees}, {verdict.reason}")
    return good and not fell(about, records[records["held"] == 0][: _before_end(records)])


def _before_end(records: Any) -> int:
    """Records before the guard's process ended, after which the motors only brake and the robot sinks."""
    free = records[records["held"] == 0]
    stiff = (free["stiffness"] > 0.0).any(axis=1)
    return int(stiff.nonzero()[0][-1]) if stiff.any() else 0


def _succeeded() -> int:
    from skillblend_ros.client import SUCCEEDED

    return SUCCEEDED
