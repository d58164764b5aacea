"""``skillblend train`` and ``skillblend starts``."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

import robots
from sim import pipelines
from sim.variants import bundle_name
from skillblend.bundle import CONFIG, read_config
from skillblend.checks import check_integer
from skillblend.cli.output import check_file, check_folder, progress_line
from skillblend.contracts import Robot
from skillblend.errors import BundleError, InputError
from skillblend.skills.skill import load_skill, make_controller
from skillblend.training.loop import LoopConfig

if TYPE_CHECKING:
    from skillblend.cli.commands import Starts, TrainPlanner, TrainSkill, TrainTask


def train_skill(args: TrainSkill) -> int:
    """Train, then bundle to OUT/ROBOT/SKILL."""
    robot = robots.load(args.robot)
    controller = make_controller(args.skill, robot)
    target = args.out / robot.name / args.skill
    console = Console()
    job = _for_robot(_job(args, target), args.skill, robot, target, console)
    result = pipelines.train_skill(args.skill, robot, job, progress_line(console))
    if result.interrupted:
        return _interrupted(f"{result.steps:,} steps are kept in {job.folder}")
    pipelines.publish(args.skill, controller, job, target)
    console.print(f"{result.steps:,} steps in {result.minutes:.1f} min -> {target}", markup=False)
    return 0


def train_task(args: TrainTask) -> int:
    """Train a blender, then bundle to OUT/ROBOT/TASK."""
    robot = robots.load(args.robot)
    controller = pipelines.fast_blend_controller(args.task, robot, args.models, args.variant)
    name = bundle_name(args.task, args.variant)
    target = args.out / robot.name / name
    job = _job(args, target)
    source = _trained_for(args.initial)
    if source not in (None, robot.name):
        raise InputError(
            f"{args.initial} is for {source}, not for {robot.name}: only skills are carried from robot to robot; "
            "leave --initial out"
        )
    console = Console()
    report = progress_line(console)
    result = pipelines.train_blender(args.task, robot, args.models, job, report, args.variant)
    if result.interrupted:
        return _interrupted(f"{result.steps:,} decisions are kept in {job.folder}")
    pipelines.publish(name, controller, job, target)
    console.print(f"{result.steps:,} decisions in {result.minutes:.1f} min -> {target}", markup=False)
    return 0


def train_planner(args: TrainPlanner) -> int:
    """Train the planner's adapter."""
    from planners import training

    pipelines.check_seed(args.seed)
    if args.steps is not None:
        check_integer("steps", args.steps, 1, 10**7)
    check_folder(args.out)
    settings: dict[str, Any] = {"out": args.out, "seed": args.seed, "resume": args.resume}
    settings["initial"] = args.initial
    settings |= {"checkpoints": args.out.with_name(f"{args.out.name}.training"), "commit": pipelines.commit()}
    if args.steps is not None:
        settings["steps"] = args.steps
    config = training.TrainConfig(**settings)
    figures = training.train(config)
    if figures.get("interrupted"):
        return _interrupted(f"{figures['step']:.0f} steps are kept in {config.checkpoints}")
    return 0


def collect_starts(args: Starts) -> int:
    """Roll out a skill under pushes and keep what it leaves behind."""
    from sim.handover import collect_skill_starts
    from sim.tasks.starts import save_starts

    robot = robots.load(args.robot)
    skill = load_skill(args.skill, robot, args.models / robot.name / args.skill)
    pipelines.check_seed(args.seed)
    check_file(args.out)
    starts = collect_skill_starts(skill, seed=args.seed)
    save_starts(starts, args.out)
    Console().print(f"{starts.num} states -> {args.out}", markup=False)
    return 0


def _for_robot(
    job: pipelines.TrainingJob, skill: str, robot: Robot, target: Path, console: Console
) -> pipelines.TrainingJob:
    """`job`; where it begins from a bundle of another robot, from that bundle carried over to `robot`."""
    from skillblend.training.carry import carry

    source = _trained_for(job.initial)
    if job.initial is None or source in (None, robot.name):
        return job
    folder = target.with_name(f"{target.name}.carried")
    known = carry(job.initial, skill, robots.load(source), robot, folder)
    console.print(f"{source} {skill} carried over: {known} of {robot.num_joints} joints known by role", markup=False)
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


def _interrupted(what: str) -> int:
    print(f"skillblend: stopped; {what}; go on with --resume", file=sys.stderr)
    return 130


def _job(args: TrainSkill | TrainTask, target: Path) -> pipelines.TrainingJob:
    pipelines.check_seed(args.seed)
    if not 1 <= args.num_envs <= 8192:
        raise InputError(f"num_envs = {args.num_envs} must be between 1 and 8192")
    check_integer("threads", args.threads, 1, max(2, os.cpu_count() or 1))
    LoopConfig(minutes=args.minutes, exploration=args.exploration)
    check_folder(args.out)
    return pipelines.TrainingJob(
        minutes=args.minutes,
        seed=args.seed,
        folder=target.with_name(f"{target.name}.training"),
        resume=args.resume,
        initial=args.initial,
        starts=getattr(args, "starts", None),
        num_envs=args.num_envs,
        threads=args.threads,
        exploration=args.exploration,
    )
