"""``skillblend``: the list of its commands; each is one file."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import tyro
from tyro.conf import OmitSubcommandPrefixes, subcommand

from skillblend import __version__
from skillblend.cli.asking import EvalAsking
from skillblend.cli.bench_planner import BenchPlanner
from skillblend.cli.bench_skillbench import BenchReport, BenchSkillbench
from skillblend.cli.bench_speed import BenchSpeed
from skillblend.cli.calibration import Calibrate
from skillblend.cli.conformance import Conformance, Fuzz
from skillblend.cli.console import Talk
from skillblend.cli.drive import Drive
from skillblend.cli.drive_bench import DriveBench
from skillblend.cli.endurance import EvalEndurance
from skillblend.cli.evaluate import EvalHandover, EvalSkill, EvalTask
from skillblend.cli.exchange import Pull, Push
from skillblend.cli.export import ExportLerobot, ExportOnnx
from skillblend.cli.export_pddl import ExportPddl
from skillblend.cli.filmstrip import Filmstrip
from skillblend.cli.gait import EvalGait
from skillblend.cli.instructions import EvalInstructions
from skillblend.cli.listing import List
from skillblend.cli.preview import Preview
from skillblend.cli.preview_eval import EvalPreview
from skillblend.cli.replay import Replay
from skillblend.cli.run import Plan, Run
from skillblend.cli.starts import Starts
from skillblend.cli.train import TrainSkill, TrainTask
from skillblend.cli.train_planner import TrainInterpreter, TrainPlanner


@dataclasses.dataclass(frozen=True)
class Train:
    """Train a skill, a blender, the planner or the interpreter of everyday talk."""

    what: (
        Annotated[TrainSkill, subcommand("skill")]
        | Annotated[TrainTask, subcommand("task")]
        | Annotated[TrainPlanner, subcommand("planner")]
        | Annotated[TrainInterpreter, subcommand("interpreter")]
    )

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return self.what.load()


@dataclasses.dataclass(frozen=True)
class Evaluate:
    """Evaluate a skill, a gait, a task, hand-overs, a file of instructions, previews or questions."""

    what: (
        Annotated[EvalSkill, subcommand("skill")]
        | Annotated[EvalGait, subcommand("gait")]
        | Annotated[EvalEndurance, subcommand("endurance")]
        | Annotated[EvalTask, subcommand("task")]
        | Annotated[EvalHandover, subcommand("handover")]
        | Annotated[EvalInstructions, subcommand("instructions")]
        | Annotated[EvalPreview, subcommand("preview")]
        | Annotated[EvalAsking, subcommand("asking")]
    )

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return self.what.load()


@dataclasses.dataclass(frozen=True)
class Bench:
    """Run the benchmark of tasks, report on it, or measure how fast this machine is."""

    what: (
        Annotated[BenchSkillbench, subcommand("skillbench")]
        | Annotated[BenchReport, subcommand("report")]
        | Annotated[BenchSpeed, subcommand("speed")]
        | Annotated[BenchPlanner, subcommand("planner")]
    )

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return self.what.load()


@dataclasses.dataclass(frozen=True)
class Export:
    """Write a policy or an episode in a format of other people's programs."""

    what: (
        Annotated[ExportOnnx, subcommand("onnx")]
        | Annotated[ExportLerobot, subcommand("lerobot")]
        | Annotated[ExportPddl, subcommand("pddl")]
    )

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return self.what.load()


Command = (
    Annotated[Run, subcommand("run")]
    | Annotated[Talk, subcommand("console")]
    | Annotated[Plan, subcommand("plan")]
    | Annotated[Preview, subcommand("preview")]
    | Annotated[Replay, subcommand("replay")]
    | Annotated[Train, subcommand("train")]
    | Annotated[Evaluate, subcommand("eval")]
    | Annotated[Calibrate, subcommand("calibrate")]
    | Annotated[Export, subcommand("export")]
    | Annotated[Push, subcommand("push")]
    | Annotated[Pull, subcommand("pull")]
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
