"""Two figures across real processes, in wall time: how fast cancelled goals end, how many control steps are late.

`python ros_ws/bench.py --cancels 50 --minutes 10`, in the environment of `make ros-build`. Meanwhile the robot
walks and turns, the planner decides what is next, and another language model decides without a pause. What is
late is noted by the guard's process: see `skillblend_ros.timing`. A benchmark, not a test: what else the
machine does shows in it. Prints one JSON line; `--out` writes it to a file too.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import robots
from skillblend.files import json_text, write_json
from skillblend_ros import scheduling, topics
from skillblend_ros.stack import Stack
from skillblend_ros.timing import judge_deadlines

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "runs" / "ros-bench"
RANK = 20
PERIOD = robots.load("h1").control_dt
INSTRUCTION = "turn left, then turn right, then stand still"
CIRCLE, AROUND = (0.3, 0.0, 0.5), 4.0 * np.pi
"""Velocity in m/s and rad/s, and the s that it takes back to where the circle began."""
SCORED = "scored.txt"
PLANNER = f"{topics.EXECUTE_INSTRUCTION}/_action/status"
LOADING = 300.0
"""How long the planner may take to load, s."""


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Cancellation and deadlines across real processes.")
    parser.add_argument("--cancels", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--realtime", action=argparse.BooleanOptionalAction, default=True, help="ask for it")
    parser.add_argument("--nice", type=int, default=10, choices=range(20), help="of the language models; 0: as this")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--score", action="store_true", help="be the language model that decides without a pause")
    args = parser.parse_args()
    if args.score:
        return score(FOLDER / SCORED, args.nice)
    if args.cancels < 1 or not 0.0 < args.minutes < 120.0:
        print("error: --cancels must be at least 1, --minutes between 0 and 120", file=sys.stderr)
        return 1
    found = measure(args)
    print(json_text(found))
    if args.out is not None:
        write_json(args.out, found)
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Both figures, and what they were measured on."""
    with Stack(FOLDER) as stack:
        os.environ.update(stack.environment)
        start(stack, RANK if args.realtime else 0, args.nice)
        from skillblend_ros.client import Client

        client = Client("bench")
        try:
            client.bring_up()
            client.until("the planner", lambda: client.node.count_publishers(PLANNER) > 0, LOADING)
            cancels = cancel_times(client, args.cancels)
            revive(client)
            load, stolen = [os.getloadavg()[0]], stolen_time()
            began, told = time.monotonic(), drive(client, stack, args)
            ended = time.monotonic()
            load.append(os.getloadavg()[0])
            stolen = stolen_time() - stolen
        finally:
            client.close()
    found = judge_deadlines(np.load(FOLDER / "guard.npy"), PERIOD, began, ended)
    return {
        "cancels": len(cancels),
        "cancel_p50_ms": float(np.percentile(cancels, 50)),
        "cancel_p99_ms": float(np.percentile(cancels, 99)),
        "cancel_max_ms": float(np.max(cancels)),
        **{name if isinstance(value, int) else f"{name}_ms": value for name, value in in_ms(asdict(found)).items()},
        "missed_share": found.share,
        **told,
        **pauses(began, ended),
        "minutes": (ended - began) / 60.0,
        "realtime": args.realtime,
        "cores": os.cpu_count(),
        "load": load,
        "stolen_s": stolen,
        "machine": platform.machine(),
    }


def start(stack: Stack, rank: int, nice: int) -> None:
    """Robot, guard, policy and planner."""
    common: dict[str, object] = {"models": ROOT / "models"}
    stack.start("sim_robot", {"realtime_priority": rank, "times": FOLDER / "robot.npy"})
    guard = {"simulated": True, "realtime_priority": rank and rank + 1, "times": FOLDER / "guard.npy"}
    stack.start("guard", common | guard)
    stack.start("skill_server", common | {"realtime_priority": rank and rank - 1, "times": FOLDER / "policy.npy"})
    stack.start("planner", {"nice": nice})


def in_ms(values: dict[str, Any]) -> dict[str, Any]:
    """Counts as they are, times in ms."""
    return {name: value if isinstance(value, int) else 1e3 * value for name, value in values.items()}


def pauses(begin: float, end: float) -> dict[str, Any]:
    """Where time went, ms: between physics steps of the robot, in control steps of the policy, and after them."""
    policy, robot = np.load(FOLDER / "policy.npy"), np.load(FOLDER / "robot.npy")
    policy = policy[(policy[:, 0] >= begin) & (policy[:, 0] <= end)]
    robot = robot[(robot[:, 1] >= begin) & (robot[:, 1] <= end)]
    took = 1e3 * (policy[:, 1] - policy[:, 0])
    return {
        "robot_period_max_ms": float(1e3 * np.diff(robot[:, 1]).max()),
        "policy_p99_ms": float(np.percentile(took, 99)),
        "policy_max_ms": float(took.max()),
        "policy_rest_max_ms": float(1e3 * (policy[:, 2] - policy[:, 1]).max()),
    }


def cancel_times(client: Any, count: int) -> list[float]:
    """From asking for the end of a walking goal to its terminal state, ms."""
    rng, times = np.random.default_rng(0), list[float]()
    while len(times) < count:
        goal = client.skill("walking", goal=(float(rng.uniform(-0.2, 0.3)), 0.0, 0.4), seconds=30.0)
        if not goal.accepted:
            revive(client)
            continue
        time.sleep(float(rng.uniform(0.3, 1.0)))
        began = time.monotonic()
        goal.cancel()
        goal.result()
        times.append(1e3 * (goal.ended - began))
    return times


def drive(client: Any, stack: Stack, args: argparse.Namespace) -> dict[str, Any]:
    """Walk a circle, carry out an instruction, and so on, while a language model decides beside it."""
    command = [sys.executable, __file__, "--score", "--nice", str(args.nice)]
    scorer = subprocess.Popen(command, env=stack.environment, stdout=subprocess.DEVNULL)
    end, decisions, revived, goals = time.monotonic() + 60.0 * args.minutes, 0, 0, 0
    try:
        while time.monotonic() < end:
            if client.guard.mode != client.guard.RUNNING:
                revive(client)
                revived += 1
            goals += 1
            if goals % 2:
                goal = client.skill("walking", goal=CIRCLE, seconds=AROUND)
                heard = []
            else:
                heard: list[Any] = []
                goal = client.instruct(INSTRUCTION, heard.append)
            if goal.accepted:
                goal.result()
            decisions += sum(message.kind == message.DECIDED for message in heard)
    finally:
        scorer.send_signal(signal.SIGTERM)
        scorer.wait()
    return {"goals": goals, "decisions": decisions, "scored": int((FOLDER / SCORED).read_text()), "revived": revived}


def score(out: Path, nice: int) -> int:
    """Decide again and again until told to end; how often, into `out`."""
    import torch

    from planners.variants import DEFAULT, PLANNERS
    from sim import scenes
    from skillblend.options import ground_options

    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    torch.set_num_threads(1)
    scheduling.give_way(nice)
    scene = scenes.load("workshop").state
    known = {step.text: 0.9 for step in ground_options(scene)}
    planner, count = PLANNERS[DEFAULT].load({}), 0
    while not told:
        planner.decide(INSTRUCTION, scene, (), known)
        count += 1
    out.write_text(str(count))
    return 0


def stolen_time() -> float:
    """Time that the host of this virtual machine gave to others since it began, s; 0 where nobody counts it."""
    try:
        return float(Path("/proc/stat").read_text().split("\n")[0].split()[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return 0.0


def revive(client: Any) -> None:
    """Put the robot back on its feet, wherever it is."""
    from std_srvs.srv import Trigger

    client.stop()
    if client.guard.mode in (client.guard.STAND, client.guard.RUNNING):
        client.order("damp")
    client.call(Trigger, "sim_robot/hang")
    client.until("a robot that can stand", lambda: client.guard.steady and not client.guard.present)
    client.stand_up()


if __name__ == "__main__":
    sys.exit(main())
