"""``skillblend eval``, ``filmstrip`` and ``bench``."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import robots
from sim import settings
from sim.blenders import DEFAULT, VARIANTS, bundle_name, make_blender
from sim.evaluate import check_episodes, check_seed, evaluate_skill, evaluate_task
from sim.publish import commit
from sim.skills.spec import TRAININGS
from sim.tasks.spec import TASKS
from skillblend.blenders import read_blender
from skillblend.checks import check_integer
from skillblend.cli.output import bar, check_file
from skillblend.cli.paths import is_shipped
from skillblend.errors import InputError, UnknownNameError
from skillblend.files import json_text
from skillblend.skills.skill import load_skill
from skillblend.skillset import load_skillset

if TYPE_CHECKING:
    from skillblend.cli.commands import Bench, Filmstrip
    from skillblend.cli.eval_commands import EvalHandover, EvalSkill, EvalTask

FILMS = Path("runs/filmstrips")
"""Where filmstrips of the shipped models go, unless told otherwise."""


def eval_skill(args: EvalSkill) -> int:
    """Print the results of a skill."""
    robot = robots.load(args.robot)
    skill = load_skill(args.skill, robot, args.models / robot.name / args.skill)
    if args.card:
        check_file(skill.bundle.folder / "card.md")
    disturbance = settings.EVALUATION
    if args.push:
        disturbance = TRAININGS[args.skill].pushed
    with bar(f"eval {args.skill}", quiet=args.json) as progress:
        task = progress.add_task("episodes", total=args.episodes)
        result = evaluate_skill(
            skill,
            args.episodes,
            args.seed,
            randomisation=disturbance,
            standing=args.stand,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if args.card:
        from sim.cards import write_skill_card

        write_skill_card(skill, result)
    show_result(result, args.json)
    return 0


def eval_task(args: EvalTask) -> int:
    """Print the results of a task under one or all policies."""
    from sim.tasks.baselines import baseline, baseline_names

    spec = TASKS[args.task]
    robot = robots.load(args.robot)
    if args.card:
        check_file(args.models / robot.name / args.task / "card.md")
    known = ("all", *VARIANTS, *baseline_names(spec))
    if args.policy not in known:
        raise UnknownNameError("policy", args.policy, known)
    names = [args.policy]
    if args.policy == "all":
        trained = [v for v in VARIANTS if (args.models / robot.name / bundle_name(args.task, v)).is_dir()]
        names = [*baseline_names(spec), *trained]
    rows: list[dict[str, Any]] = []
    for name in names:
        variant = name if name in VARIANTS else DEFAULT
        controller = make_blender(spec, robot, args.models, variant)
        if name in VARIANTS:
            label = bundle_name(args.task, name)
            act: Any = read_blender(args.models / robot.name / label, label, controller).actor
        else:
            act = baseline(name, spec, controller)
        with bar(f"{args.task} {name}", quiet=args.json) as progress:
            task = progress.add_task("episodes", total=args.episodes)
            update = updater(progress, task)
            rows.append(evaluate_task(args.task, controller, act, name, args.episodes, args.seed, update))
    if args.card:
        from sim.cards import write_task_card

        write_task_card(args.models / robot.name / args.task, rows)
    if args.json or len(rows) == 1:
        show_result(rows[0] if len(rows) == 1 else rows, args.json)
    else:
        _table(args.task, rows)
    return 0


def eval_handover(args: EvalHandover) -> int:
    """Print how many of the switches the robot survives."""
    from sim.handover import HandoverTrials

    check_episodes(args.episodes)
    check_seed(args.seed)
    robot = robots.load(args.robot)
    skills = load_skillset(robot, args.models)
    pairs = list(permutations(skills.names, 2)) if args.every else [(args.first, args.second)]
    about = {"robot": robot.name, "seed": args.seed, "commit": commit()}
    rows: list[dict[str, Any]] = []
    for first, second in pairs:
        trials = HandoverTrials(skills, args.episodes, args.seed, settings.EVALUATION)
        with bar(f"{first} to {second}", quiet=args.json) as progress:
            task = progress.add_task("steps", total=500)
            rows.append({**about, **trials.run(first, second, updater(progress, task))})
        if args.every and not args.json:
            show_result(rows[-1], as_json=False)
    if args.json or not args.every:
        show_result(rows if args.every else rows[0], args.json)
    return 0


def film_skill(args: Filmstrip) -> int:
    """Draw one episode."""
    from sim.film import film, film_task

    robot = robots.load(args.robot)
    blended = args.skill in TASKS
    name = bundle_name(args.skill, args.variant) if blended else args.skill
    if not blended and args.variant != DEFAULT:
        raise InputError(f"{args.skill} has no variants, found --variant {args.variant}; leave it out")
    folder = args.models / robot.name / name
    check_seed(args.seed)
    out = args.out or (FILMS / robot.name / f"{name}.png" if is_shipped(args.models) else folder / "filmstrip.png")
    skill: Any = None if blended else load_skill(args.skill, robot, folder)
    check_file(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    if blended:
        controller = make_blender(TASKS[args.skill], robot, args.models, args.variant)
        bundle = read_blender(folder, name, controller)
        film_task(args.skill, controller, bundle.actor, out, seed=args.seed, seconds=args.seconds)
    else:
        film(skill, out, seed=args.seed, seconds=args.seconds)
    Console().print(str(out), markup=False)
    return 0


def bench(args: Bench) -> int:
    """Measure, print, write."""
    from sim.bench import bench as measure

    check_integer("threads", args.threads, 0, max(2, os.cpu_count() or 1))
    check_file(args.out)
    result = measure(
        robots.load("h1"), num_envs=args.num_envs, nthread=args.threads, seconds=args.seconds,
        models=args.models, out=args.out, console=None if args.json else Console(),
    )  # fmt: skip
    if args.json:
        print(json_text(result))
    return 0


def updater(progress: Any, task: Any) -> Callable[[int, int], None]:
    """What moves a progress bar."""

    def update(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)

    return update


def show_result(result: Any, as_json: bool) -> None:
    """Print one result, or a list of them."""
    if as_json:
        print(json_text(result))
        return
    console = Console()
    rows = cast("list[dict[str, Any]]", result if isinstance(result, list) else [result])
    for row in rows:
        table = Table(show_header=False)
        for key, value in row.items():
            table.add_row(key, escape(_text(value)))
        console.print(table)


def _table(task: str, rows: list[dict[str, Any]]) -> None:
    table = Table(title=f"{task}: {rows[0]['episodes']} episodes, seed {rows[0]['seed']}")
    columns = ("policy", "success_rate", "fall_rate", "paper_error", "error", "error_median")
    for name in columns:
        table.add_column(name)
    for row in rows:
        table.add_row(*(escape(_text(row[c])) for c in columns))
    Console().print(table)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_text(v)}" for k, v in cast("dict[str, Any]", value).items())
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_text(v) for v in cast("list[Any]", value)) + "]"
    return str(value)
