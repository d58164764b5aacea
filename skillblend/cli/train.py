"""``skillblend train`` and ``skillblend starts``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

import robots
from sim import pipelines
from sim.variants import bundle_name
from skillblend.cli.output import progress_line
from skillblend.errors import InputError
from skillblend.skills.skill import load_skill, make_controller

if TYPE_CHECKING:
    from skillblend.cli.main import Starts, TrainPlanner, TrainSkill, TrainTask


def train_skill(args: TrainSkill) -> int:
    """Train, then bundle to OUT/ROBOT/SKILL."""
    robot = robots.load(args.robot)
    controller = make_controller(args.skill, robot)
    target = args.out / robot.name / args.skill
    job = _job(args, target)
    console = Console()
    result = pipelines.train_skill(args.skill, robot, job, progress_line(console, args.minutes))
    pipelines.publish(args.skill, controller, job, target)
    console.print(f"{result.steps:,} steps in {result.minutes:.1f} min -> {target}")
    return 0


def train_task(args: TrainTask) -> int:
    """Train a blender, then bundle to OUT/ROBOT/TASK."""
    robot = robots.load(args.robot)
    controller = pipelines.fast_blend_controller(args.task, robot, args.models, args.variant)
    name = bundle_name(args.task, args.variant)
    target = args.out / robot.name / name
    job = _job(args, target)
    console = Console()
    report = progress_line(console, args.minutes)
    result = pipelines.train_blender(args.task, robot, args.models, job, report, args.variant)
    pipelines.publish(name, controller, job, target)
    console.print(f"{result.steps:,} decisions in {result.minutes:.1f} min -> {target}")
    return 0


def train_planner(args: TrainPlanner) -> int:
    """Train the planner's adapter."""
    from planners import training

    settings: dict[str, Any] = {"out": args.out, "seed": args.seed, "resume": args.resume}
    settings["initial"] = args.initial
    settings |= {"checkpoints": args.out.with_name(f"{args.out.name}.training"), "commit": pipelines.commit()}
    if args.steps is not None:
        settings["steps"] = args.steps
    training.train(training.TrainConfig(**settings))
    return 0


def collect_starts(args: Starts) -> int:
    """Roll out a skill under pushes and keep what it leaves behind."""
    from sim.handover import collect_skill_starts
    from sim.tasks.starts import save_starts

    robot = robots.load(args.robot)
    skill = load_skill(args.skill, robot, args.models / robot.name / args.skill)
    starts = collect_skill_starts(skill, seed=args.seed)
    save_starts(starts, args.out)
    Console().print(f"{starts.num} states -> {args.out}")
    return 0


def _job(args: TrainSkill | TrainTask, target: Path) -> pipelines.TrainingJob:
    pipelines.check_seed(args.seed)
    if not 1 <= args.num_envs <= 8192:
        raise InputError(f"num_envs = {args.num_envs} must be between 1 and 8192")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to {args.out}: {error.strerror}; choose another --out") from error
    return pipelines.TrainingJob(
        minutes=args.minutes,
        seed=args.seed,
        folder=target.with_name(f"{target.name}.training"),
        resume=args.resume,
        initial=args.initial,
        starts=getattr(args, "starts", None),
        num_envs=args.num_envs,
        threads=args.threads,
    )
