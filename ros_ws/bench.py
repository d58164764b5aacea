"""Two figures across real processes, in wall time: how fast cancelled goals end, how many control steps are late.

`python ros_ws/bench.py --cancels 60 --minutes 3 [--realtime]`, in the environment of `make ros-build`. The
second figure is taken while the language model decides again and again beside the policy. A benchmark, not a
test: what else the machine does shows in it. Prints one JSON line; `--out` writes it to a file too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from skillblend.cli.output import write_json
from skillblend_ros.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
LATE = 1.5
"""A period longer than this many control periods counts as a missed deadline."""


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Cancellation and deadlines across real processes.")
    parser.add_argument("--cancels", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--realtime", action="store_true", help="ask for real-time scheduling")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.cancels < 1 or not 0.0 < args.minutes < 120.0:
        print("error: --cancels must be at least 1, --minutes between 0 and 120", file=sys.stderr)
        return 1
    found = measure(args)
    print(json.dumps(found))
    if args.out is not None:
        write_json(args.out, found)
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Both figures, and what they were measured on."""
    common = {"models": ROOT / "models"}
    rank = 20 if args.realtime else 0
    with Stack(ROOT / "runs" / "ros-bench") as stack:
        os.environ.update(stack.environment)
        from skillblend_ros.client import Client

        stack.start("sim_robot", {"realtime_priority": rank})
        stack.start("guard", common | {"simulated": True, "realtime_priority": rank and rank + 1})
        stack.start("skill_server", common | {"realtime_priority": rank and rank - 1})
        stack.start("planner")
        client = Client("bench")
        try:
            client.bring_up()
            cancels = cancel_times(client, args.cancels)
            revive(client)
            late = deadlines(client, 60.0 * args.minutes)
        finally:
            client.close()
    return {
        "cancels": len(cancels),
        "cancel_p50_ms": float(np.percentile(cancels, 50)),
        "cancel_p99_ms": float(np.percentile(cancels, 99)),
        "cancel_max_ms": float(np.max(cancels)),
        **late,
        "realtime": args.realtime,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "machine": platform.machine(),
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


def deadlines(client: Any, seconds: float) -> dict[str, Any]:
    """Periods between the policy's targets, by the stamps of this process, with decisions going on beside it."""
    from skillblend_ros import nodes, topics

    stamps: list[float] = []
    listener = nodes.listen(client.node, topics.TARGETS, lambda message: stamps.append(time.monotonic()))
    end, decisions, revived = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        heard: list[Any] = []
        goal = client.instruct("turn left, then turn right, then stand still", heard.append)
        if not goal.accepted:
            revive(client)
            revived += 1
            continue
        goal.result()
        decisions += sum(message.kind == message.DECIDED for message in heard)
    client.node.destroy_subscription(listener)
    periods = np.diff(stamps)
    return {
        "steps": len(periods),
        "missed": int((periods > LATE * 0.02).sum()),
        "missed_share": float((periods > LATE * 0.02).mean()),
        "period_p99_ms": float(1e3 * np.percentile(periods, 99)),
        "period_max_ms": float(1e3 * periods.max()),
        "decisions": decisions,
        "revived": revived,
    }


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
