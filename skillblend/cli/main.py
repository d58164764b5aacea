"""``skillblend``: train, evaluate, calibrate, plan, run, console, bench, conformance, fuzz, drive."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import tyro
from tyro.conf import OmitSubcommandPrefixes, Positional, subcommand

from skillblend.cli.conformance import Conformance, Fuzz
from skillblend.cli.drive import Drive
from skillblend.cli.paths import MODELS
from skillblend.errors import SkillblendError

Robots = Annotated[str, tyro.conf.arg(help="h1, g1 or h1_2")]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainSkill:
    """Train a skill with PPO and bundle it.

    Attributes:
        skill: walking or reaching.
        robot: Whom.
        minutes: Wall-clock budget.
        seed: Of everything.
        out: A models folder; the bundle goes to OUT/ROBOT/SKILL, checkpoints beside it.
        resume: Continue from the checkpoint.
        initial: Checkpoint or bundle to fine-tune.
        starts: File of start states (see `skillblend starts`).
        num_envs: Parallel environments.
        threads: Simulation threads.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    minutes: float = 20.0
    seed: int = 0
    out: Path = Path("runs/models")
    resume: bool = False
    initial: Path | None = None
    starts: Path | None = None
    num_envs: int = 256
    threads: int = 2

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.train import train_skill

        return train_skill(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainTask:
    """Train a blender over the frozen skills and bundle it.

    Attributes:
        task: far_reach or button_press.
        variant: blender, joint_gates, scalar_gate, every_tick or flat (no skills at all).
        robot: Whom.
        minutes: Wall-clock budget.
        seed: Of everything.
        models: Where the frozen skills are.
        out: A models folder for the result.
        resume: Continue from the checkpoint.
        initial: Checkpoint or bundle to fine-tune; a blender otherwise starts as the clone of the oracle.
        num_envs: Parallel environments.
        threads: Simulation threads.
    """

    task: Positional[str]
    variant: str = "blender"
    robot: Robots = "h1"
    minutes: float = 25.0
    seed: int = 0
    models: Path = MODELS
    out: Path = Path("runs/models")
    resume: bool = False
    initial: Path | None = None
    num_envs: int = 192
    threads: int = 2

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.train import train_task

        return train_task(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainPlanner:
    """Train the planner's LoRA adapter on generated pairs.

    Attributes:
        out: Folder of the adapter.
        steps: Optimiser steps.
        seed: Of the data and the initialisation.
        resume: Continue from the checkpoint.
        initial: Folder of an adapter to begin with.
    """

    out: Path = Path("runs/models/planner")
    steps: int | None = None
    seed: int = 0
    resume: bool = False
    initial: Path | None = None

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.train import train_planner

        return train_planner(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalSkill:
    """Evaluate a skill on unseen 20-s episodes.

    Attributes:
        skill: walking or reaching.
        robot: Whom.
        episodes: How many.
        seed: Of the episodes.
        models: Where the bundles are.
        push: Also push the robot, on wider ranges of dynamics.
        stand: Walking only: command zero for the whole episode.
        json: Print one JSON object and nothing else.
        card: Rewrite the bundle's card with the results.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    push: bool = False
    stand: bool = False
    json: bool = False
    card: bool = False

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.evaluate import eval_skill

        return eval_skill(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalTask:
    """Evaluate a task under a policy.

    Attributes:
        task: far_reach or button_press.
        robot: Whom.
        policy: blender, noop, uniform, handover, oracle, or a variant of the blender (joint_gates, scalar_gate,
            every_tick, flat); all for a table of those that there are.
        episodes: How many.
        seed: Of the episodes.
        models: Where the bundles are.
        json: Print JSON (one object, or a list with --policy all) and nothing else.
        card: Rewrite the card of the blender's bundle with the results; with --policy all.
    """

    task: Positional[str]
    robot: Robots = "h1"
    policy: str = "blender"
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    json: bool = False
    card: bool = False

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.evaluate import eval_task

        return eval_task(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalHandover:
    """Switch between walking and reaching at random moments and count falls.

    Attributes:
        robot: Whom.
        episodes: Trials.
        seed: Of the trials.
        models: Where the bundles are.
        json: Print one JSON object and nothing else.
    """

    robot: Robots = "h1"
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    json: bool = False

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.evaluate import eval_handover

        return eval_handover(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalInstructions:
    """Carry out a file of instructions and judge each by simulator state.

    Attributes:
        file: JSON with "instructions"; see tests/integration/instructions.json.
        robot: Whom.
        seed: Of the runs.
        models: Where the bundles are.
        limit: Only the first so many; 0 for all.
        plan_only: Compare plans without moving.
        out: Where a JSON report goes.
        json: Print one JSON object and nothing else.
    """

    file: Positional[Path]
    robot: Robots = "h1"
    seed: int = 0
    models: Path = MODELS
    limit: int = 0
    plan_only: bool = False
    out: Path = Path("runs/instructions.json")
    json: bool = False

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.run import eval_instructions

        return eval_instructions(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calibrate:
    """Fit a skill's affordance on rollouts and save it in its bundle, with a reliability plot.

    Attributes:
        skill: walking or reaching.
        robot: Whom.
        rollouts: Goals tried.
        seed: Of the rollouts.
        models: Where the bundles are.
        json: Print one JSON object and nothing else.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    rollouts: int = 3000
    seed: int = 11
    models: Path = MODELS
    json: bool = False

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.evaluate import calibrate_skill

        return calibrate_skill(self)


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

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.train import collect_starts

        return collect_starts(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filmstrip:
    """Draw a skill or a blender at work as a filmstrip PNG beside its bundle.

    Attributes:
        skill: walking, reaching, far_reach or button_press.
        robot: Whom.
        seed: Of the episode.
        seconds: Length.
        models: Where the bundles are.
        out: PNG to write; beside the bundle by default.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    seed: int = 3
    seconds: float = 6.0
    models: Path = MODELS
    out: Path | None = None

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.evaluate import film_skill

        return film_skill(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Show the first decision for an instruction without moving.

    Attributes:
        instruction: What to do.
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        models: Where the bundles are.
        json: Print one JSON object and nothing else.
    """

    instruction: Positional[str]
    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    models: Path = MODELS
    json: bool = False

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.run import plan

        return plan(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """Carry out an instruction in MuJoCo.

    Attributes:
        instruction: What to do.
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        out: Folder for report.json, trace.jsonl, video and filmstrip.
        models: Where the bundles are.
        video: Draw a video and a filmstrip.
        view: Serve a live browser viewer while running.
        port: Of the viewer.
        json: Print the report and nothing else.
    """

    instruction: Positional[str]
    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    out: Path = Path("runs/run")
    models: Path = MODELS
    video: bool = True
    view: bool = False
    port: int = 8080
    json: bool = False

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.run import run

        return run(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Console:
    """An interactive prompt: instructions, `explain`, `stop`, `quit`.

    Attributes:
        robot: Whom.
        scene: Where.
        seed: Of the simulation.
        models: Where the bundles are.
        view: Serve a live browser viewer.
        port: Of the viewer.
    """

    robot: Robots = "h1"
    scene: str = "workshop"
    seed: int = 0
    models: Path = MODELS
    view: bool = False
    port: int = 8080

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.console import console

        return console(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bench:
    """Measure stepping, rollout and training speed in one run; writes bench.json.

    Attributes:
        out: File to write.
        seconds: Per measurement and repeat.
        num_envs: Environments of the batched rows.
        threads: Simulation threads of the batched rows, 0 for one per CPU.
        models: Where the walking policy is that drives the robots.
        json: Print one JSON object and nothing else.
    """

    out: Path = Path("bench.json")
    seconds: float = 2.0
    num_envs: int = 256
    threads: int = 0
    models: Path = MODELS
    json: bool = False

    def run(self) -> int:
        """Do it."""
        from skillblend.cli.evaluate import bench

        return bench(self)


@dataclasses.dataclass(frozen=True)
class Train:
    """Train a skill, a blender or the planner."""

    what: (
        Annotated[TrainSkill, subcommand("skill")]
        | Annotated[TrainTask, subcommand("task")]
        | Annotated[TrainPlanner, subcommand("planner")]
    )

    def run(self) -> int:
        """Do it."""
        return self.what.run()


@dataclasses.dataclass(frozen=True)
class Evaluate:
    """Evaluate a skill, a task, hand-overs or a file of instructions."""

    what: (
        Annotated[EvalSkill, subcommand("skill")]
        | Annotated[EvalTask, subcommand("task")]
        | Annotated[EvalHandover, subcommand("handover")]
        | Annotated[EvalInstructions, subcommand("instructions")]
    )

    def run(self) -> int:
        """Do it."""
        return self.what.run()


Command = (
    Annotated[Run, subcommand("run")]
    | Annotated[Console, subcommand("console")]
    | Annotated[Plan, subcommand("plan")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Evaluate, subcommand("eval")]
    | Annotated[Calibrate, subcommand("calibrate")]
    | Annotated[Starts, subcommand("starts")]
    | Annotated[Filmstrip, subcommand("filmstrip")]
    | Annotated[Bench, subcommand("bench")]
    | Annotated[Conformance, subcommand("conformance")]
    | Annotated[Fuzz, subcommand("fuzz")]
    | Annotated[Drive, subcommand("drive")]
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; exits 0 on success, 1 on failure, 2 on bad input, 130 when interrupted."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    command = tyro.cli(
        OmitSubcommandPrefixes[Command],  # type: ignore[valid-type]
        args=arguments,
        prog="skillblend",
        description="Humanoid skills that compose.",
    )
    try:
        code = command.run()
    except SkillblendError as error:
        print(f"skillblend: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("skillblend: stopped", file=sys.stderr)
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
