"""``skillblend eval instructions``: a file of instructions, each carried out and judged."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from rich.console import Console
from rich.markup import escape
from tyro.conf import Positional

import robots
from skillblend import spokes
from skillblend.agents import POLICY, floor_of
from skillblend.cases import Case, Start, parse_cases, read_file
from skillblend.checks import check_integer
from skillblend.cli.arguments import Agents, Robots
from skillblend.cli.memory import PLANNED, SIMULATED, memory_tried, remembering
from skillblend.cli.output import check_file, keep_earlier, variants_table
from skillblend.cli.paths import MODELS
from skillblend.cli.run import report_of
from skillblend.contracts import Planner, SceneState, Step
from skillblend.episodes import EpisodeStore
from skillblend.errors import InputError
from skillblend.files import json_text, write_json
from skillblend.gold import Story
from skillblend.intervals import wilson_interval
from skillblend.options import REFUSE, effect, ground_options
from skillblend.plan_run import PlanRun
from skillblend.predicates import Predicate, holds
from skillblend.remembered import Remembers
from skillblend.session import Hooks, Outcome
from skillblend.shipped import DEFAULT_PLANNER
from skillblend.simulated import load_planner, open_session

if TYPE_CHECKING:
    from sim.bridge import MujocoBridge
    from sim.scene import Scene

AT_ONCE = 16
"""Instructions that are carried out beside each other; results do not depend on it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalInstructions:
    """Carry out a file of instructions and judge each by simulator state.

    Attributes:
        file: JSON with "scene" and "instructions"; see docs/guides/instructions.md.
        robot: Whom.
        seed: Of the runs.
        models: Where the bundles are.
        planner: Who decides; see `skillblend list planners`. The oracle replays the plans of the file. Several, with
            commas between them, or `all`: a table of them.
        memory: File of what was carried out: each planner is tried without it and with it, and nothing gets in.
        remember: Put the plans that are right into the memory instead, without looking into it.
        limit: Only the first so many; 0 for all.
        plan_only: Compare plans without moving.
        disturb: What happens to each robot once: the thing of its first step is `moved`, it is `displaced` after its
            first step, its first step is broken off (`failed`), the thing is `taken` away.
        layouts: How often each is carried out, with other dynamics and sensor noise.
        out: Where a JSON report goes.
        agent: policy, or a floor in its place: zero or random actions.
        json: Print one JSON object and nothing else.
    """

    file: Positional[Path]
    robot: Robots = "h1"
    seed: int = 0
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    memory: Path | None = None
    remember: bool = False
    limit: int = 0
    plan_only: bool = False
    disturb: Literal["none", "moved", "displaced", "failed", "taken"] = "none"
    layouts: int = 1
    out: Path = Path("runs/instructions.json")
    agent: Agents = POLICY
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(eval_instructions, self)


def eval_instructions(args: EvalInstructions) -> int:
    """Run every instruction of a file in fresh simulations; how many are carried out as they should be."""
    from sim import scenes
    from sim.evaluate import check_seed
    from sim.scene_file import parse_scene

    place, entries = read_file(args.file)
    check_integer("limit", args.limit, 0, 10**6)
    check_integer("layouts", args.layouts, 1, 1000)
    check_seed(args.seed)
    check_file(args.out)
    robots.load(args.robot)
    where = scenes.load(place) if isinstance(place, str) else parse_scene(place, name="inline")
    steps = [step.text for step in ground_options(where.state)]
    cases = parse_cases(entries, steps, where.state.names, args.file)[: args.limit or None]
    if not args.plan_only:
        check_playable(cases, where)
    elif args.disturb != "none":
        raise InputError("--disturb is about robots that move; leave --plan-only out")
    if args.disturb in OF_THINGS and not any(thing.motion == "free" for thing in where.state.things):
        raise InputError(
            f"--disturb {args.disturb} is about things that can be moved, and {where.name!r} has none; choose "
            "displaced or failed, or a file for another scene"
        )
    store = memory_tried(args.memory, remember=args.remember)
    console = Console(stderr=args.json)
    names, found = rows_of(args, planner_names(args.planner, cases), store, where, cases, console)
    for name, summary in zip(names, found, strict=True):
        out = args.out if len(names) == 1 else args.out.with_stem(f"{args.out.stem}.{file_part(name)}")
        keep_earlier(out)
        write_json(out, summary)
    brief = [
        s | {"runs": [{k: r[k] for k in BRIEF if k in r} for r in s["runs"]]} if len(names) == 1 else without_runs(s)
        for s in found
    ]
    if args.json:
        print(json_text(brief[0] if len(names) == 1 else {"planners": brief}))
    else:
        print(without_runs(found[0]) if len(names) == 1 else variants_table(found))
    return 0


OF_THINGS = ("moved", "taken")
"""Disturbances that happen to things."""

BRIEF = ("id", "category", "layout", "plan", "good", "verdict", "reason", "disturbed")
"""What of each run is printed."""


def rows_of(
    args: EvalInstructions, wanted: Sequence[str], store: EpisodeStore | None, where: Scene, cases: Sequence[Case],
    console: Console,
) -> tuple[list[str], list[dict[str, Any]]]:  # fmt: skip
    """Names of the rows and what each came to: one a planner, two with a memory that is tried."""
    names: list[str] = []
    found: list[dict[str, Any]] = []
    for name in wanted:
        planner = load_planner(name, gold_plans(cases))
        robot, judge = ("", PLANNED) if args.plan_only else (args.robot, SIMULATED)
        mindful, memory = remembering(planner, store, robot, judge)
        for who in dict.fromkeys((planner,) if args.remember else (planner, mindful)):
            names.append(name if who is planner else f"{name}+memory")
            found.append(run_planner(args, who, where, cases, console, memory if args.remember else None))
    return names, found


def planner_names(wanted: str, cases: Sequence[Case]) -> tuple[str, ...]:
    """The planners that are asked for.

    Raises:
        UnknownNameError: There is no such planner.
    """
    variants = spokes.module("planners.variants")
    known = variants.PLANNERS
    scripted = any(case.plans for case in cases)
    if wanted == "all":
        return tuple(name for name in known if scripted or not known[name].scripted)
    names = tuple(dict.fromkeys(name.strip() for name in wanted.split(",") if name.strip()))
    for name in names or (wanted,):
        variants.planner_called(name)
    return names or (wanted,)


def file_part(name: str) -> str:
    """A planner's name as part of a file's."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[-80:]


def without_runs(summary: Mapping[str, Any]) -> dict[str, Any]:
    """`summary` without what happened in each run."""
    return {key: value for key, value in summary.items() if key != "runs"}


def clustered_interval(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """95% interval of the share of runs that are right; layouts of one instruction count as one observation."""
    shares = [
        np.mean([row["good"] for row in rows if row["id"] == name]) for name in dict.fromkeys(r["id"] for r in rows)
    ]
    return wilson_interval(round(float(np.sum(shares))), len(shares))


def run_planner(
    args: EvalInstructions, planner: Planner, where: Scene, cases: Sequence[Case], console: Console,
    memory: Remembers | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What one planner makes of all cases, with every run; what is right gets into `memory`."""
    from sim.publish import commit

    rows: list[dict[str, Any]] = []
    work = [(case, layout) for case in cases for layout in range(1 if args.plan_only else args.layouts)]
    for first in range(0, len(work), AT_ONCE):
        chunk = work[first : first + AT_ONCE]
        if args.plan_only:
            told = [(*plan_alone(planner, where.state, case), "") for case, _ in chunk]
        else:
            told = carry_out(args, where, planner, chunk)
        for (case, layout), (outcome, story, disturbed) in zip(chunk, told, strict=True):
            report = report_of(outcome, robot=args.robot, scene=where.source, seed=args.seed)
            report |= {"layout": layout, "remembered": sum(bool(made.remembered) for made in outcome.decisions)}
            report |= {"disturbed": disturbed} if args.disturb != "none" else {}
            rows.append(judged(case, report, story, where.state, taken=args.disturb == "taken" and bool(disturbed)))
            _say(rows[-1], console)
            if memory is not None and rows[-1]["good"] and not outcome.refused:
                told = memory.learn(
                    case.instruction, scene_at(where.state, case.start), outcome.steps, outcome.decisions,
                    success=outcome.success,
                )  # fmt: skip
                if told:
                    raise InputError(told)
    summary = {
        "instructions": len(cases),
        "satisfied": sum(r["good"] for r in rows) / len(rows),
        "falls": sum(r["falls"] for r in rows),
        "families": families(rows),
        "interval": clustered_interval(rows),
        "plan_only": args.plan_only,
        "disturb": args.disturb,
        "disturbed": sum(bool(r.get("disturbed")) for r in rows),
        "remembered": sum(r["remembered"] > 0 for r in rows),
        "planner": planner.name,
        "seed": args.seed,
        "commit": commit(),
        **floor_of(args.agent),
    }
    return summary | {"runs": rows}


def check_playable(cases: Sequence[Case], where: Scene) -> None:
    """Refuse what cannot be simulated, before anything is loaded.

    Raises:
        InputError: The scene is abstract, or an instruction begins in a way that no robot can be put into.
    """
    if where.sketch is not None:
        raise InputError(f"{where.name} is an abstract scene, where nothing can move; give --plan-only")
    for case in cases:
        if case.start.holding or case.start.state:
            raise InputError(
                f"{case.id} begins with {sorted(case.start.facts)}; a simulation can begin at a thing alone: give "
                "--plan-only, or leave 'holding' and 'state' out"
            )


def families(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Right and total by category."""
    names = dict.fromkeys(row["category"] for row in rows)
    return {
        name: {
            "right": sum(row["good"] for row in rows if row["category"] == name),
            "total": sum(row["category"] == name for row in rows),
        }
        for name in names
    }


def gold_plans(cases: Sequence[Case]) -> dict[str, Sequence[str]]:
    """The first plan of every instruction, and refusing where there is none: what a scripted planner replays."""
    return {case.instruction: case.plans[0] if case.plans else [REFUSE.text] for case in cases}


def carry_out(
    args: EvalInstructions, where: Scene, planner: Planner, chunk: Sequence[tuple[Case, int]]
) -> list[tuple[Outcome, Story, str]]:
    """What came of each, and what was done to it: all at once, each with a robot of its own.

    Layout k is the same whatever runs beside it.
    """
    from sim.disturbances import Disturber

    known = {step.text: step for step in ground_options(where.state)}
    stories = [Story(case.start.facts) for case, _ in chunk]
    disturbers: list[Disturber] = []

    def hooks(bridge: MujocoBridge) -> Hooks:
        stories[:] = [Story(case.start.facts, bridge.things.row(i)) for i, (case, _) in enumerate(chunk)]

        def note(i: int, entry: Mapping[str, Any]) -> None:
            step = known[entry["text"]] if entry["success"] else None
            _tell(stories[i], step, bridge.things.row(i))
            disturber.judged(i)

        disturber = Disturber(args.disturb, bridge, args.seed, [layout for _, layout in chunk])
        disturbers.append(disturber)
        if args.disturb == "none":
            return Hooks(judged=note)
        return Hooks(
            judged=note,
            watch=disturber.watch,
            decided=lambda i, made, seconds: disturber.decided(i, made.chosen.step),
        )

    session = open_session(
        args.robot, where, args.seed, args.models, lambda: planner, hooks=hooks,
        episodes=[layout for _, layout in chunk], begin_at=[case.start.at for case, _ in chunk],
        agent=args.agent,
    )  # fmt: skip
    for disturber in disturbers:
        disturber.session = session
    outcomes = session.run_all([case.instruction for case, _ in chunk])
    done = [what for disturber in disturbers for what in disturber.done] or [""] * len(chunk)
    return list(zip(outcomes, stories, done, strict=True))


def plan_alone(planner: Planner, scene: SceneState, case: Case) -> tuple[Outcome, Story]:
    """The plan if every step succeeded: nothing moves, no rule looks at places, affordances are left out."""
    scene = scene_at(scene, case.start)
    story, run = Story(scene.facts), PlanRun(case.instruction)
    while not run.over:
        run.options(scene, None)
        step = run.take(planner.decide(case.instruction, scene, run.history, {}))
        if step is not None:
            run.record(step, success=True)
            _tell(story, step, None)
            scene = replace(scene, facts=story.now)
    ending = run.ending
    assert ending is not None  # the loop ended
    outcome = Outcome(
        instruction=case.instruction, planner=planner.name, success=ending.success, refused=ending.refused,
        reason=ending.reason, steps=run.entries(), decisions=run.decisions,
    )  # fmt: skip
    return outcome, story


def scene_at(scene: SceneState, start: Start) -> SceneState:
    """`scene` as an instruction that begins so finds it, where nothing moves."""
    things = tuple(
        replace(thing, held=np.array([True])) if thing.name == start.holding else thing for thing in scene.things
    )
    return replace(scene, things=things, facts=scene.facts | told_by_poses(scene) | start.facts)


def told_by_poses(scene: SceneState) -> frozenset[str]:
    """What rests on what, and is shut or open, in a scene with places; nothing in one without."""
    posed = [thing.name for thing in scene.things if thing.pose is not None]
    pairs = [Predicate("on", (a, b)) for a in posed for b in posed if a != b]
    doors = [
        Predicate(name, (thing.name,))
        for name in ("closed", "open")
        for thing in scene.things
        if thing.openness is not None
    ]
    return frozenset(str(predicate) for predicate in (*pairs, *doors) if holds(scene, predicate))


def _tell(story: Story, step: Step | None, scene: SceneState | None) -> None:
    """Add a step that succeeded, or one that did not (None), after which only the poses say what holds."""
    if step is None:
        story.add(story.now, frozenset(), scene)
    else:
        story.add(effect(step, story.now), effect(step, frozenset()), scene)


def judged(
    case: Case, row: dict[str, Any], story: Story, scene: SceneState, *, taken: bool = False
) -> dict[str, Any]:
    """`row` with whether its steps are what `case` asks for; where the thing was `taken`, whether it was given up."""
    from sim.sequence import judge_sequence

    done = [entry["text"] for entry in row["steps"] if entry["success"]]
    about = {"id": case.id, "category": case.category, "plan": done}
    if taken:
        good = not row["success"] and not row["falls"] and bool(row["reason"])
        return row | about | {"good": good, "verdict": "given up with a reason" if good else "not given up"}
    if case.gold is not None:
        found = case.gold.verdict(story, refused=row["refused"], fell=bool(row["falls"]))
        return row | about | {"good": found.right, "verdict": found.reason}
    known = {step.text: step for step in ground_options(scene)}
    events: list[tuple[Step, bool]] = [(known[s["text"]], bool(s["success"])) for s in row["steps"]]
    events += [(REFUSE, True)] if row["refused"] else []
    good = judge_sequence(events, case.plans) and not row["falls"]
    return row | about | {"good": good, "verdict": "" if good else "not an accepted plan"}


def _say(row: dict[str, Any], console: Console) -> None:
    done = [s["text"] for s in row["steps"] if s["success"]]
    mark = "[green]ok  [/green]" if row["good"] else "[red]miss[/red]"
    line = f"{row['id']:14s} {row['instruction']} -> {done or (row['refused'] and 'refuse')}"
    console.print(f"{mark} {escape(line)}")
