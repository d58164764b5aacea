"""``skillblend eval preview``: whether plans succeed as often as their simulated futures say, and what that takes."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tyro.conf import Positional

import robots
from skillblend.affordance import expected_calibration_error
from skillblend.agents import POLICY, floor_of
from skillblend.cases import Case, parse_cases, read_file
from skillblend.checks import check_integer, check_number
from skillblend.cli.arguments import Agents, Robots
from skillblend.cli.instructions import check_playable
from skillblend.cli.output import bar, check_file, keep_earlier, show_result, updater
from skillblend.cli.paths import MODELS
from skillblend.errors import InputError
from skillblend.files import write_json
from skillblend.forecast import Share
from skillblend.options import ground_options
from skillblend.session import Session
from skillblend.simulated import load_planner, open_session, preview

if TYPE_CHECKING:
    from sim.randomisation import Randomisation
    from sim.scene import Scene

AT_ONCE = 12
"""Plans that are carried out beside each other; results do not depend on it."""

PUSH_EVERY = 4.0
"""Mean time between pushes, where there are any, s."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalPreview:
    """Preview the first plan of each instruction of a file, then carry it out, and compare.

    Attributes:
        file: As `eval instructions` takes it; instructions without a plan are left out.
        robot: Whom.
        seed: Of what really happens; the futures have another.
        layouts: How often each plan is previewed and carried out, with other dynamics.
        futures: Of each preview.
        push: Speed of pushes, in the futures and in earnest, m/s; 0 for none.
        models: Where the bundles are.
        out: Where a JSON report goes.
        agent: policy, or a floor in its place: zero or random actions.
        json: Print one JSON object and nothing else.
    """

    file: Positional[Path]
    robot: Robots = "h1"
    seed: int = 0
    layouts: int = 1
    futures: int = 16
    push: float = 0.0
    models: Path = MODELS
    out: Path = Path("runs/preview.json")
    agent: Agents = POLICY
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out.

        Raises:
            InputError: A number is out of range.
        """
        check_integer("layouts", self.layouts, 1, 1000)
        check_integer("futures", self.futures, 1, 256)
        check_number("push", self.push, 0.0, 3.0)
        return partial(eval_preview, self)


def eval_preview(args: EvalPreview) -> int:
    """Ask before each plan what it would come to, then see."""
    from sim import scenes
    from sim.bridge import SENSORS
    from sim.evaluate import check_seed
    from sim.publish import commit
    from sim.scene_file import parse_scene

    place, entries = read_file(args.file)
    check_seed(args.seed)
    check_file(args.out)
    robots.load(args.robot)
    where = scenes.load(place) if isinstance(place, str) else parse_scene(place, name="inline")
    texts = [step.text for step in ground_options(where.state)]
    cases = [case for case in parse_cases(entries, texts, where.state.names, args.file) if case.plans]
    if not cases:
        raise InputError(f"{args.file} has no instruction with a plan; give one that has 'plans'")
    check_playable(cases, where)
    pushed = dataclasses.replace(SENSORS, push_every=PUSH_EVERY if args.push else 0.0, push_speed=args.push)
    work = [(case, layout) for layout in range(args.layouts) for case in cases]
    rows: list[dict[str, Any]] = []
    with bar("plans", quiet=args.json) as progress:
        update = updater(progress, progress.add_task("plans", total=len(work)))
        for first in range(0, len(work), AT_ONCE):
            rows += compare(args, where, pushed, work[first : first + AT_ONCE])
            update(len(rows), len(work))
    found = summary(rows) | {"futures": args.futures, "push": args.push, "seed": args.seed, "commit": commit()}
    found |= floor_of(args.agent)
    keep_earlier(args.out)
    write_json(args.out, found | {"plans": rows})
    show_result(found, args.json)
    return 0


def compare(
    args: EvalPreview, where: Scene, pushed: Randomisation, chunk: Sequence[tuple[Case, int]]
) -> list[dict[str, Any]]:
    """Each plan of `chunk` previewed from where its robot stands, then carried out there."""
    session = open_session(
        args.robot, where, args.seed, args.models, partial(load_planner, "uniform"),
        episodes=[layout for _, layout in chunk], begin_at=[case.start.at for case, _ in chunk],
        randomisation=pushed, agent=args.agent,
    )  # fmt: skip
    session.stand(0.5)
    told = [_ask(session, i, case.plans[0], args.futures) for i, (case, _) in enumerate(chunk)]
    known = {step.text: step for step in ground_options(where.state)}
    outcomes = session.follow([[known[text] for text in case.plans[0]] for case, _ in chunk])
    return [
        row | {
            "id": case.id, "layout": layout, "steps": len(case.plans[0]), "happened": outcome.success,
            "reason": outcome.reason, "fell": bool(outcome.falls), "simulated_seconds": outcome.seconds,
        }
        for row, (case, layout), outcome in zip(told, chunk, outcomes, strict=True)
    ]  # fmt: skip


def _ask(session: Session, i: int, plan: Sequence[str], futures: int) -> dict[str, Any]:
    began, busy = time.perf_counter(), time.process_time()
    forecast = preview(session, list(plan), robot=i, futures=futures)
    return {
        "wall_seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - busy,
        "share": forecast.success.value,
        "median_seconds": forecast.seconds,
        "falls": forecast.falls,
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Calibration, and the time that previews took, of plans of two steps and of all."""
    p = np.array([row["share"] for row in rows])
    happened = np.array([row["happened"] for row in rows], dtype=np.bool_)
    two = [row for row in rows if row["steps"] == 2]
    done = [row for row in rows if row["happened"] and row["median_seconds"] is not None]
    off = [abs(row["median_seconds"] - row["simulated_seconds"]) for row in done]
    return {
        "plans": len(rows),
        "succeeded": Share(count=int(happened.sum()), total=len(rows)).record(),
        "foreseen": float(p.mean()),
        "ece": expected_calibration_error(p, happened.astype(np.float64)),
        "brier": float(np.mean((p - happened) ** 2)),
        "seconds_off_median": float(np.median(off)) if off else None,
        "two_step_previews": len(two),
        "two_step_wall": _percentiles([row["wall_seconds"] for row in two]),
        "two_step_cpu": _percentiles([row["cpu_seconds"] for row in two]),
        "wall": _percentiles([row["wall_seconds"] for row in rows]),
    }


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, s; empty where there are none."""
    return {f"p{q}": float(np.percentile(values, q)) for q in (50, 95)} if values else {}
