"""``skillblend train skill`` and ``task``."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Never

from rich.console import Console
from tyro.conf import Positional, arg

import robots
from skillblend.blenders import HighLevel, read_blender
from skillblend.bundle import CONFIG, read_config
from skillblend.checks import check_integer, check_number
from skillblend.cli.arguments import Robots
from skillblend.cli.output import Errors, check_folder, check_new, progress_line
from skillblend.cli.paths import MODELS
from skillblend.cli.train_end import Finished, look, set_aside
from skillblend.cli.train_view import TrainingView
from skillblend.contracts import Robot
from skillblend.errors import BundleError, InputError
from skillblend.interrupts import WORDS
from skillblend.skills.skill import load_skill, make_controller
from skillblend.skills.spec import Controller

if TYPE_CHECKING:
    from sim.train import Onlooker, TrainingJob
    from skillblend.training.loop import TrainingResult


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainSkill:
    """Train a skill with PPO and bundle it.

    Attributes:
        skill: Its name; `skillblend list skills` has them.
        robot: Whom.
        minutes: Wall-clock budget; 20 where neither it nor --steps is given.
        steps: Environment steps in all, 0 for no limit: with a number, the same seed gives the same policy.
        seed: Of everything.
        out: A models folder; the bundle goes to OUT/ROBOT/SKILL, checkpoints beside it.
        resume: Go on with the run that is kept there, as if it had never ended.
        initial: Checkpoint or bundle to fine-tune. A bundle of another robot is carried over first: joints by
            their roles, velocities, heights and rates at equal Froude numbers.
        exploration: Standard deviation of actions at the beginning.
        starts: File of start states (see `skillblend starts`).
        reversals: Share of walking's commands that reverse the one before, fast: what a robot falls of last.
        load_share: Share of episodes that carry 0 to 3 kg (of an H1; others by their weight) at the palms.
        settle: Walking: rewards of a gait that keeps pelvis and feet level, and comes to rest at once.
        num_envs: Parallel environments.
        threads: Simulation threads.
        evaluate: Unseen episodes at the end, for card, curve and video; 0 for none.
        view: Show the first robot in a browser while it learns.
        port: Of the viewer.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    minutes: float | None = None
    steps: int = 0
    seed: int = 0
    out: Path = Path("runs/models")
    resume: bool = False
    initial: Path | None = None
    exploration: float | None = None
    starts: Path | None = None
    reversals: float = 0.0
    load_share: Annotated[float, arg(name="load")] = 0.0
    settle: bool = False
    num_envs: int = 256
    threads: int = 2
    evaluate: int = 100
    view: bool = False
    port: int = 8080

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(train_skill, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainTask:
    """Train a blender over the frozen skills and bundle it.

    Attributes:
        task: See `skillblend list tasks`.
        variant: blender, joint_gates, scalar_gate, every_tick, joint_noise, residual (to a script) or flat.
        robot: Whom.
        minutes: Wall-clock budget; 25 where neither it nor --steps is given.
        steps: Environment steps in all, 0 for no limit: with a number, the same seed gives the same policy.
        seed: Of everything.
        models: Where the frozen skills are.
        out: A models folder for the result.
        resume: Go on with the run that is kept there, as if it had never ended.
        initial: Checkpoint or bundle to fine-tune; a blender otherwise starts as the clone of the oracle.
        exploration: Standard deviation of actions at the beginning.
        num_envs: Parallel environments.
        threads: Simulation threads.
        evaluate: Unseen episodes at the end, for card, curve and video; 0 for none.
        view: Show the first robot in a browser while it learns.
        port: Of the viewer.
    """

    task: Positional[str]
    variant: str = "blender"
    robot: Robots = "h1"
    minutes: float | None = None
    steps: int = 0
    seed: int = 0
    models: Path = MODELS
    out: Path = Path("runs/models")
    resume: bool = False
    initial: Path | None = None
    exploration: float | None = None
    num_envs: int = 192
    threads: int = 2
    evaluate: int = 100
    view: bool = False
    port: int = 8080

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(train_task, self)


def train_skill(args: TrainSkill) -> int:
    """Train, bundle to OUT/ROBOT/SKILL, then look at what was learned."""
    from sim import train
    from sim.skills.spec import TRAININGS

    robot = robots.load(args.robot)
    controller = make_controller(args.skill, robot)
    target = args.out / robot.name / args.skill
    console = Console()
    job = _for_robot(_job(args, target, 20.0), args.skill, robot, target, console)
    _announce(f"{args.skill} of {robot.name}", job, console)
    errors = TRAININGS[args.skill].errors
    with _looking_on(args, "steps", job.folder, console, errors) as onlooker:
        result = train.train_skill(args.skill, robot, job, onlooker)
    if result.interrupted:
        return _interrupted(result, "steps", job.folder)
    _publish(args.skill, controller, job, target, f"{result.steps:,} steps in {result.minutes:.1f} min", console)
    look(_finished_skill(args.skill, robot, target, job), episodes=args.evaluate, seed=args.seed, console=console)
    return 0


def train_task(args: TrainTask) -> int:
    """Train a blender, bundle to OUT/ROBOT/TASK, then look at what was learned."""
    from sim import train
    from sim.blenders import bundle_name, make_blender
    from sim.tasks.spec import TASKS

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
    with _looking_on(args, "decisions", job.folder, console) as onlooker:
        result = train.train_blender(args.task, robot, args.models, job, onlooker, args.variant)
    if result.interrupted:
        return _interrupted(result, "decisions", job.folder)
    _publish(name, controller, job, target, f"{result.steps:,} decisions in {result.minutes:.1f} min", console)
    look(_finished_task(args, robot, target, job), episodes=args.evaluate, seed=args.seed, console=console)
    return 0


@contextmanager
def _looking_on(
    args: TrainSkill | TrainTask, what: str, folder: Path, console: Console, errors: Errors | None = None
) -> Generator[Onlooker]:
    """The progress line, and the view where it is asked for."""
    from sim.train import Onlooker

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    view = TrainingView(args.port, console) if args.view else None
    try:
        yield Onlooker(
            report=progress_line(console, errors), say=say, overdue=overdue(what, folder),
            watch=None if view is None else view.watch,
        )  # fmt: skip
    finally:
        if view is not None:
            view.close()


def _publish(
    name: str, controller: Controller[Any] | HighLevel, job: TrainingJob, target: Path, made: str, console: Console
) -> None:
    """Bundle the run; what an earlier part of it has left there is kept beside its checkpoint."""
    from sim.publish import publish

    earlier = set_aside(target, job.folder)
    publish(name, controller, job, target)
    console.print(f"{made} -> {target}", markup=False, highlight=False, soft_wrap=True)
    if earlier is not None:
        console.print(f"the bundle that was there is in {earlier}", markup=False, highlight=False, soft_wrap=True)


def _finished_skill(name: str, robot: Robot, target: Path, job: TrainingJob) -> Finished:
    from sim.cards import write_skill_card
    from sim.evaluate import evaluate_skill
    from sim.film import film
    from sim.skills.spec import TRAININGS

    skill = load_skill(name, robot, target)
    return Finished(
        folder=target,
        training=job.folder,
        evaluate=lambda episodes, seed, progress: evaluate_skill(skill, episodes, seed, progress=progress),
        write_card=lambda result: write_skill_card(skill, result),
        film=lambda strip, video, seed, seconds, progress: film(
            skill, strip, seed=seed, seconds=seconds, video=video, progress=progress
        ),
        errors=TRAININGS[name].errors,
    )


def _finished_task(args: TrainTask, robot: Robot, target: Path, job: TrainingJob) -> Finished:
    from sim.blenders import make_blender
    from sim.cards import write_task_card
    from sim.evaluate import evaluate_task
    from sim.film import film_task
    from sim.tasks.spec import TASKS

    controller = make_blender(TASKS[args.task], robot, args.models, args.variant)
    act = read_blender(target, target.name, controller).actor
    return Finished(
        folder=target,
        training=job.folder,
        evaluate=lambda episodes, seed, progress: evaluate_task(
            args.task, controller, act, args.variant, episodes, seed, progress
        ),
        write_card=lambda result: write_task_card(target, [result]),
        film=lambda strip, video, seed, seconds, progress: film_task(
            args.task, controller, act, strip, seed=seed, seconds=seconds, video=video, progress=progress
        ),
    )


def _for_robot(job: TrainingJob, skill: str, robot: Robot, target: Path, console: Console) -> TrainingJob:
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
    return dataclasses.replace(job, initial=folder)


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


def _announce(what: str, job: TrainingJob, console: Console) -> None:
    """The first line of a run, before anything takes long."""
    from skillblend.training.checkpoint import read_meta

    budget = f"{job.steps:,} steps" if job.steps else f"{job.minutes:g} min"
    begin = f"goes on from {read_meta(job.folder)['steps']:,} steps" if job.resume else "begins"
    console.print(
        f"training {what} {begin}: {budget}, {job.num_envs} environments, seed {job.seed}; "
        f"a checkpoint each minute in {job.folder}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def _interrupted(result: TrainingResult, what: str, folder: Path) -> int:
    print(kept(result.signal, result.steps, what, folder), file=sys.stderr)
    return 128 + result.signal


def overdue(what: str, folder: Path) -> Callable[[int, int], Never]:
    """What ends the process, with what is kept, where a run does not end in time by itself."""

    def leave(number: int, steps: int) -> Never:
        print(kept(number, steps, what, folder), file=sys.stderr, flush=True)
        os._exit(128 + number)

    return leave


def kept(number: int, steps: float, what: str, folder: Path) -> str:
    """What is left of an interrupted run, and how it goes on."""
    return f"skillblend: {WORDS[number]}; {steps:,.0f} {what} are kept in {folder}; go on with --resume"


def _job(args: TrainSkill | TrainTask, target: Path, minutes: float) -> TrainingJob:
    from sim.evaluate import check_seed
    from sim.train import TrainingJob
    from skillblend.training.loop import LoopConfig, check_fresh

    check_seed(args.seed)
    if not 1 <= args.num_envs <= 8192:
        raise InputError(f"num_envs = {args.num_envs} must be between 1 and 8192")
    check_integer("threads", args.threads, 1, max(2, os.cpu_count() or 1))
    check_integer("evaluate", args.evaluate, 0, 10**5)
    budget = args.minutes if args.minutes is not None else (10_000.0 if args.steps else minutes)
    LoopConfig(minutes=budget, max_steps=args.steps, exploration=args.exploration)
    reversals = getattr(args, "reversals", 0.0)
    check_number("reversals", reversals, 0.0, 1.0)
    load = getattr(args, "load_share", 0.0)
    check_number("load", load, 0.0, 1.0)
    folder = target.with_name(f"{target.name}.training")
    for place in (args.out, target.parent, folder):
        check_folder(place)
    if not args.resume:
        check_fresh(folder)
        check_new(target, "bundle")
    _check_start(args.initial, getattr(args, "starts", None))
    return TrainingJob(
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
        load=load,
        settle=getattr(args, "settle", False),
    )


def _check_start(initial: Path | None, starts: Path | None) -> None:
    """Refuse what a run cannot begin from, before it says that it begins."""
    from sim.starts import load_starts
    from skillblend.training.checkpoint import read_meta

    if initial is not None:
        read_config(initial) if (initial / CONFIG).exists() else read_meta(initial)
    if starts is not None:
        load_starts(starts)
