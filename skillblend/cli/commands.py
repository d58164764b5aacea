"""``skillblend``: its commands, as they are typed."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import tyro
from tyro.conf import OmitSubcommandPrefixes, Positional, subcommand

from skillblend import __version__
from skillblend.cli.arguments import Instruction, Robots
from skillblend.cli.conformance import Conformance, Fuzz
from skillblend.cli.drive import Drive
from skillblend.cli.drive_bench import DriveBench
from skillblend.cli.eval_commands import Evaluate
from skillblend.cli.listing import List
from skillblend.cli.paths import MODELS
from skillblend.cli.replay import Replay
from skillblend.errors import InputError
from skillblend.safety.instruction import check_text
from skillblend.safety.rules import InstructionRules
from skillblend.shipped import DEFAULT_PLANNER


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainSkill:
    """Train a skill with PPO and bundle it.

    Attributes:
        skill: walking or reaching.
        robot: Whom.
        minutes: Wall-clock budget; 20 where neither it nor --steps is given.
        steps: Environment steps in all, 0 for no limit: with a number, the same seed gives the same policy.
        seed: Of everything.
        out: A models folder; the bundle goes to OUT/ROBOT/SKILL, checkpoints beside it.
        resume: Go on with the run that is kept there, as if it had never ended.
        initial: Checkpoint or bundle to fine-tune. A bundle of another robot is carried over first: joints by
            their roles, velocities, heights and rates at equal Froude numbers.
        exploration: Standard deviation of actions at the beginning of fine-tuning.
        starts: File of start states (see `skillblend starts`).
        reversals: Share of walking's commands that reverse the one before, fast: what a robot falls of last.
        num_envs: Parallel environments.
        threads: Simulation threads.
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
    num_envs: int = 256
    threads: int = 2

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.train import train_skill

        return partial(train_skill, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainTask:
    """Train a blender over the frozen skills and bundle it.

    Attributes:
        task: far_reach or button_press.
        variant: blender, joint_gates, scalar_gate, every_tick or flat (no skills at all).
        robot: Whom.
        minutes: Wall-clock budget; 25 where neither it nor --steps is given.
        steps: Environment steps in all, 0 for no limit: with a number, the same seed gives the same policy.
        seed: Of everything.
        models: Where the frozen skills are.
        out: A models folder for the result.
        resume: Go on with the run that is kept there, as if it had never ended.
        initial: Checkpoint or bundle to fine-tune; a blender otherwise starts as the clone of the oracle.
        exploration: Standard deviation of actions at the beginning of fine-tuning.
        num_envs: Parallel environments.
        threads: Simulation threads.
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

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.train import train_task

        return partial(train_task, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainPlanner:
    """Train the planner's LoRA adapter on generated pairs.

    Attributes:
        out: Folder of the adapter.
        steps: Optimiser steps.
        seed: Of the data and the initialisation.
        resume: Go on with the run that is kept there, as if it had never ended.
        initial: Folder of an adapter to begin with.
    """

    out: Path = Path("runs/models/planner")
    steps: int | None = None
    seed: int = 0
    resume: bool = False
    initial: Path | None = None

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.train import train_planner

        return partial(train_planner, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calibrate:
    """Fit a skill's affordance on rollouts and save it in its bundle, with a reliability plot.

    What predicts worse than the affordance that is there, or rests on too few rollouts, is shown and not saved (1).

    Attributes:
        skill: walking or reaching.
        robot: Whom.
        rollouts: Goals tried.
        seed: Of the rollouts.
        models: Where the bundles are.
        out: A models folder for the result; MODELS itself by default, but for the shipped one runs/models, which
            gets a copy of the bundle.
        force: Save it whatever it is like.
        json: Print one JSON object and nothing else.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    rollouts: int = 3000
    seed: int = 11
    models: Path = MODELS
    out: Path | None = None
    force: bool = False
    json: bool = False

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.calibration import calibrate_skill

        return partial(calibrate_skill, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Starts:
    """Collect states that a skill leaves behind, for another skill to start from.

    Attributes:
        skill: walking or reaching.
        out: File to write.
        robot: Whom.
        seed: Of the rollouts.
        models: Where the bundles are.
    """

    skill: Positional[str]
    out: Path
    robot: Robots = "h1"
    seed: int = 11
    models: Path = MODELS

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.train import collect_starts

        return partial(collect_starts, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filmstrip:
    """Draw a skill or a blender at work as a filmstrip PNG.

    Attributes:
        skill: walking, reaching, far_reach or button_press.
        robot: Whom.
        variant: Of a blender: blender, joint_gates, scalar_gate, every_tick or flat (no skills at all).
        seed: Of the episode.
        seconds: Length.
        models: Where the bundles are.
        out: PNG to write; beside the bundle by default, in runs/filmstrips for a shipped one.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    variant: str = "blender"
    seed: int = 3
    seconds: float = 6.0
    models: Path = MODELS
    out: Path | None = None

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.evaluate import film_skill

        return partial(film_skill, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Show the first decision for an instruction without moving.

    Attributes:
        words: What to do, with or without quotes around it.
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        models: Where the bundles are.
        planner: Who decides: saycan, lm_only, value_only, bag_of_words, embedding, uniform, oracle, or one of yours.
        json: Print one JSON object and nothing else.
    """

    words: Instruction
    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    json: bool = False

    @property
    def instruction(self) -> str:
        """The words as one sentence."""
        return " ".join(self.words)

    def load(self) -> Callable[[], int]:
        """Import what carries it out, once there is something to carry out.

        Raises:
            InputError: The instruction is none.
        """
        check_text(self.instruction, InstructionRules())
        from skillblend.cli.run import plan

        return partial(plan, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """Carry out an instruction in MuJoCo.

    Attributes:
        words: What to do, with or without quotes around it.
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        out: Folder for report.json, trace.jsonl, video and filmstrip.
        models: Where the bundles are.
        planner: Who decides: saycan, lm_only, value_only, bag_of_words, embedding, uniform, oracle, or one of yours.
        video: Draw a video and a filmstrip.
        meshes: Draw the robot with MuJoCo Menagerie's meshes in them (H1, G1; takes the dev extra).
        view: Serve a live browser viewer while running.
        port: Of the viewer.
        json: Print the report and nothing else.
    """

    words: Instruction
    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    out: Path = Path("runs/run")
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    video: bool = True
    meshes: bool = False
    view: bool = False
    port: int = 8080
    json: bool = False

    @property
    def instruction(self) -> str:
        """The words as one sentence."""
        return " ".join(self.words)

    def load(self) -> Callable[[], int]:
        """Import what carries it out, once there is something to carry out.

        Raises:
            InputError: The instruction is none.
        """
        check_text(self.instruction, InstructionRules())
        from skillblend.cli.run import run

        return partial(run, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Console:
    """An interactive prompt: instructions, `explain`, `stop`, `quit`.

    Attributes:
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        models: Where the bundles are.
        planner: Who decides: saycan, lm_only, value_only, bag_of_words, embedding, uniform, oracle, or one of yours.
        view: Serve a live browser viewer.
        port: Of the viewer.
    """

    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    models: Path = MODELS
    planner: str = DEFAULT_PLANNER
    view: bool = False
    port: int = 8080

    def load(self) -> Callable[[], int]:
        """Import what carries it out.

        Raises:
            InputError: There is no standard input.
        """
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - closed by whoever started us
            raise InputError("standard input is closed, nothing can be typed; open it, or use `skillblend run`")
        from skillblend.cli.console import console

        return partial(console, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bench:
    """Measure stepping, rollout and training speed in one run; writes bench.json.

    Attributes:
        out: File to write.
        seconds: Per measurement; each row has 20.
        num_envs: Environments of the batched rows.
        threads: Simulation threads of the batched rows, 0 for one per CPU.
        models: Where the walking policy is that drives the robots.
        json: Print one JSON object and nothing else.
    """

    out: Path = Path("bench.json")
    seconds: float = 0.5
    num_envs: int = 256
    threads: int = 0
    models: Path = MODELS
    json: bool = False

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        from skillblend.cli.evaluate import bench

        return partial(bench, self)


@dataclasses.dataclass(frozen=True)
class Train:
    """Train a skill, a blender or the planner."""

    what: (
        Annotated[TrainSkill, subcommand("skill")]
        | Annotated[TrainTask, subcommand("task")]
        | Annotated[TrainPlanner, subcommand("planner")]
    )

    def load(self) -> Callable[[], int]:
        """Import what carries it out."""
        return self.what.load()


Command = (
    Annotated[Run, subcommand("run")]
    | Annotated[Console, subcommand("console")]
    | Annotated[Plan, subcommand("plan")]
    | Annotated[Replay, subcommand("replay")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Evaluate, subcommand("eval")]
    | Annotated[Calibrate, subcommand("calibrate")]
    | Annotated[Starts, subcommand("starts")]
    | Annotated[Filmstrip, subcommand("filmstrip")]
    | Annotated[List, subcommand("list")]
    | Annotated[Bench, subcommand("bench")]
    | Annotated[Conformance, subcommand("conformance")]
    | Annotated[Fuzz, subcommand("fuzz")]
    | Annotated[Drive, subcommand("drive")]
    | Annotated[DriveBench, subcommand("drive-bench")]
)


def parse(arguments: Sequence[str] | None) -> Command:
    """The command of a command line; exits with 2 where there is none, with 0 after printing help or the version."""
    if list(sys.argv[1:] if arguments is None else arguments) == ["--version"]:
        print(f"skillblend {__version__}")
        sys.exit(0)
    return tyro.cli(
        OmitSubcommandPrefixes[Command],  # type: ignore[valid-type]
        args=arguments,
        prog="skillblend",
        description="Humanoid skills that compose. `skillblend --version` prints the version.",
    )
