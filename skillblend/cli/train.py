"""``skillblend train`` and ``skillblend starts``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

from rich.console import Console

import robots
from sim import train
from sim.blenders import bundle_name, make_blender
from sim.evaluate import check_seed
from sim.publish import commit, publish
from sim.skills.spec import TRAININGS
from sim.tasks.spec import TASKS
from sim.tasks.starts import load_starts
from skillblend.bundle import CONFIG, read_config
from skillblend.checks import check_integer, check_number
from skillblend.cli.output import check_file, check_folder, progress_line
from skillblend.contracts import Robot
from skillblend.errors import BundleError, InputError
from skillblend.interrupts import WORDS
from skillblend.skills.skill import load_skill, make_controller
from skillblend.training.checkpoint import read_meta
from skillblend.training.loop import LoopConfig, TrainingResult, check_fresh

if TYPE_CHECKING:
    from skillblend.cli.commands import Starts, TrainPlanner, TrainSkill, TrainTask


_STEPS = 700
"""Environment steps from which start states are collected."""


def train_skill(args: TrainSkill) -> int:
    """Train, then bundle to OUT/ROBOT/SKILL."""
    robot = robots.load(args.robot)
    controller = make_controller(args.skill, robot)
    target = args.out / robot.name / args.skill
    console = Console()
    job = _for_robot(_job(args, target, 20.0), args.skill, robot, target, console)
    _announce(f"{args.skill} of {robot.name}", job, console)
    report = progress_line(console, TRAININGS[args.skill].errors)
    result = train.train_skill(args.skill, robot, job, report, _overdue("steps", job.folder))
    if result.interrupted:
        return _interrupted(result, "steps", job.folder)
    publish(args.skill, controller, job, target)
    console.print(f"{result.steps:,} steps in {result.minutes:.1f} min -> {target}", markup=False)
    return 0


def train_task(args: TrainTask) -> int:
    """Train a blender, then bundle to OUT/ROBOT/TASK."""
    robot = robots.load(args.robot)
    controller = make_blender(TASKS[args.task], robot, args.models, args.variant, fast=True)
    name = bundle_name(args.task, args.variant)
    target = args.out / robot.name / name
    job = _job(args, target, 25.0)
    source = _trained_for(args.initial)
    if source not in (None, robot.name):
        raise InputError(
            f"{args.initial} is for {source}, not for {robot.name}: only skills are carried from robot to robot; "
            "leave --initial out"
        )
    console = Console()
    _announce(f"{name} of {robot.name}", job, console)
    report, late = progress_line(console), _overdue("decisions", job.folder)
    result = train.train_blender(args.task, robot, args.models, job, report, args.variant, late)
    if result.interrupted:
        return _interrupted(result, "decisions", job.folder)
    publish(name, controller, job, target)
    console.print(f"{result.steps:,} decisions in {result.minutes:.1f} min -> {target}", markup=False)
    return 0


def train_planner(args: TrainPlanner) -> int:
    """Train the planner's adapter."""
    from planners import training

    check_seed(args.seed)
    if args.steps is not None:
        check_integer("steps", args.steps, 1, 10**7)
    check_folder(args.out)
    checkpoints = args.out.with_name(f"{args.out.name}.training")
    if not args.resume:
        training.check_fresh(checkpoints)
        _check_new(args.out, "planner")
    check_folder(checkpoints)
    settings: dict[str, Any] = {"out": args.out, "seed": args.seed, "resume": args.resume}
    settings["initial"] = args.initial
    settings |= {"checkpoints": checkpoints, "commit": commit()}
    if args.steps is not None:
        settings["steps"] = args.steps
    config = training.TrainConfig(**settings)
    console = Console()
    verb = "goes on" if args.resume else "begins"
    console.print(
        f"training the planner {verb}: {config.steps} steps, seed {args.seed}; "
        f"a checkpoint each minute in {checkpoints}",
        markup=False, highlight=False,
    )  # fmt: skip

    def report(row: dict[str, float]) -> None:
        rate = 60 * row["step"] / row["seconds"]
        line = f"{row['step']:.0f} of {row['steps']:.0f}  loss {row['average_loss']:.3f}  {rate:.1f} steps/min"
        left = f"{(row['steps'] - row['step']) / rate:5.1f} min left"
        console.print(f"{line}  {left}  checkpoint {row['checkpoint_age']:.0f} s old", highlight=False)

    figures = training.train(config, report, _overdue("steps", checkpoints))
    number = int(figures.get("interrupted", 0))
    if number:
        print(_kept(number, figures["step"], "steps", checkpoints), file=sys.stderr)
        return 128 + number
    return 0


def collect_starts(args: Starts) -> int:
    """Roll out a skill under pushes and keep what it leaves behind."""
    from sim.tasks.starts import save_starts

    robot = robots.load(args.robot)
    skill = load_skill(args.skill, robot, args.models / robot.name / args.skill)
    check_seed(args.seed)
    check_file(args.out)
    _check_new(args.out, "file of start states")
    starts = TRAININGS[args.skill].leaves(skill, args.seed, _STEPS)
    save_starts(starts, args.out)
    Console().print(f"{starts.num} states -> {args.out}", markup=False)
    return 0


def _for_robot(job: train.TrainingJob, skill: str, robot: Robot, target: Path, console: Console) -> train.TrainingJob:
    """`job`; where it begins from a bundle of another robot or skill, from that bundle carried over."""
    from skillblend.training.carry import carry

    source = _trained_for(job.initial)
    if job.initial is None or source is None:
        return job
    before = read_config(job.initial).get("skill")
    if (source, before) == (robot.name, skill):
        return job
    folder = target.with_name(f"{target.name}.carried")
    known = carry(job.initial, skill, robots.load(source), robot, folder)
    console.print(f"{source} {before} carried over: {known} of {robot.num_joints} joints known by role", markup=False)
    return replace(job, initial=folder)


def _trained_for(initial: Path | None) -> str | None:
    """Name of the robot of the bundle `initial`; None where it is none.

    Raises:
        BundleError: It is of a robot that does not exist here.
    """
    if initial is None or not (initial / CONFIG).exists():
        return None
    name = read_config(initial).get("robot")
    if name not in robots.names():
        raise BundleError(f"{initial} is for the robot {name!r}; known are {', '.join(robots.names())}")
    return str(name)


def _announce(what: str, job: train.TrainingJob, console: Console) -> None:
    """The first line of a run, before anything takes long."""
    budget = f"{job.steps:,} steps" if job.steps else f"{job.minutes:g} min"
    begin = f"goes on from {read_meta(job.folder)['steps']:,} steps" if job.resume else "begins"
    console.print(
        f"training {what} {begin}: {budget}, {job.num_envs} environments, seed {job.seed}; "
        f"a checkpoint each minute in {job.folder}",
        markup=False, highlight=False,
    )  # fmt: skip


def _interrupted(result: TrainingResult, what: str, folder: Path) -> int:
    print(_kept(result.signal, result.steps, what, folder), file=sys.stderr)
    return 128 + result.signal


def _overdue(what: str, folder: Path) -> Callable[[int, int], Never]:
    """Ends the process, with what is kept, where a run does not end in time by itself."""

    def leave(number: int, steps: int) -> Never:
        print(_kept(number, steps, what, folder), file=sys.stderr, flush=True)
        os._exit(128 + number)

    return leave


def _kept(number: int, steps: float, what: str, folder: Path) -> str:
    return f"skillblend: {WORDS[number]}; {steps:,.0f} {what} are kept in {folder}; go on with --resume"


def _job(args: TrainSkill | TrainTask, target: Path, minutes: float) -> train.TrainingJob:
    check_seed(args.seed)
    if not 1 <= args.num_envs <= 8192:
        raise InputError(f"num_envs = {args.num_envs} must be between 1 and 8192")
    check_integer("threads", args.threads, 1, max(2, os.cpu_count() or 1))
    budget = args.minutes if args.minutes is not None else (10_000.0 if args.steps else minutes)
    LoopConfig(minutes=budget, max_steps=args.steps, exploration=args.exploration)
    reversals = getattr(args, "reversals", 0.0)
    check_number("reversals", reversals, 0.0, 1.0)
    folder = target.with_name(f"{target.name}.training")
    for place in (args.out, target.parent, folder):
        check_folder(place)
    if not args.resume:
        check_fresh(folder)
        _check_new(target, "bundle")
    _check_start(args.initial, getattr(args, "starts", None))
    return train.TrainingJob(
        minutes=budget,
        steps=args.steps,
        seed=args.seed,
        folder=folder,
        resume=args.resume,
        initial=args.initial,
        starts=getattr(args, "starts", None),
        num_envs=args.num_envs,
        threads=args.threads,
        exploration=args.exploration,
        reversals=reversals,
    )


def _check_start(initial: Path | None, starts: Path | None) -> None:
    """Refuse what a run cannot begin from, before it says that it begins."""
    if initial is not None:
        read_config(initial) if (initial / CONFIG).exists() else read_meta(initial)
    if starts is not None:
        load_starts(starts)


def _check_new(target: Path, what: str) -> None:
    """Refuse to overwrite what took time to make."""
    if target.exists():
        raise InputError(f"{target} holds a {what} already; name another --out, or remove {target}")
