"""``skillblend train planner`` and ``skillblend train interpreter``: the language model's adapters."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from skillblend.checks import check_integer
from skillblend.cli.output import check_folder, check_new, updater
from skillblend.cli.train import kept, overdue


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
        """What carries it out."""
        return partial(train_planner, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainInterpreter:
    """Train the interpreter's LoRA adapter on the sentences of people in planners/data/talk.

    Attributes:
        out: Folder of the adapter.
        steps: Optimiser steps.
        seed: Of the drawing of sentences and names, and of the initialisation.
        resume: Go on with the run that is kept there, as if it had never ended.
        initial: Folder of an adapter to begin with; the planner's if left out.
        learning_rate: At its peak; less where one goes on from an interpreter.
        files: Sentences to train on; all that are shipped if left out. Leave one author out to measure.
    """

    out: Path = Path("runs/models/interpreter")
    steps: int | None = None
    seed: int = 0
    resume: bool = False
    initial: Path | None = None
    learning_rate: float | None = None
    files: tuple[Path, ...] = ()

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(train_interpreter, self)


def train_planner(args: TrainPlanner) -> int:
    """Train the planner's adapter."""
    return _train(args, "planner", {}, lambda _: None)


def train_interpreter(args: TrainInterpreter) -> int:
    """Train the interpreter's adapter."""
    from planners.interpreting import training

    def curriculum(checkpoints: Path) -> Any:
        rows = checkpoints / training.ROWS
        if not rows.is_file():
            rows.parent.mkdir(parents=True, exist_ok=True)
            with Progress(console=Console(stderr=True)) as bar:
                training.prepare(rows, args.files, updater(bar, bar.add_task("reading the sentences", total=None)))
        return training.curriculum(rows)

    settings = dict(training.DEFAULTS)
    if args.learning_rate is not None:
        settings["learning_rate"] = args.learning_rate
    return _train(args, "interpreter", settings, curriculum)


def _train(
    args: TrainPlanner | TrainInterpreter, what: str, settings: dict[str, Any], curriculum_of: Callable[[Path], Any]
) -> int:
    """Train one of the language model's adapters."""
    from planners import training
    from sim.evaluate import check_seed
    from sim.publish import commit

    check_seed(args.seed)
    if args.steps is not None:
        check_integer("steps", args.steps, 1, 10**7)
    check_folder(args.out)
    checkpoints = args.out.with_name(f"{args.out.name}.training")
    if not args.resume:
        training.check_fresh(checkpoints)
        check_new(args.out, what)
    check_folder(checkpoints)
    settings |= {"out": args.out, "seed": args.seed, "resume": args.resume, "checkpoints": checkpoints}
    settings["commit"] = commit()
    if args.initial is not None:
        settings["initial"] = args.initial
    if args.steps is not None:
        settings["steps"] = args.steps
    config = training.TrainConfig(**settings)
    curriculum = curriculum_of(checkpoints)
    console = Console()
    verb = "goes on" if args.resume else "begins"
    console.print(
        f"training the {what} {verb}: {config.steps} steps, seed {args.seed}; "
        f"a checkpoint each minute in {checkpoints}",
        markup=False, highlight=False,
    )  # fmt: skip

    def report(row: dict[str, float]) -> None:
        rate = 60 * row["step"] / row["seconds"]
        line = f"{row['step']:.0f} of {row['steps']:.0f}  loss {row['average_loss']:.3f}  {rate:.1f} steps/min"
        left = f"{(row['steps'] - row['step']) / rate:5.1f} min left"
        console.print(f"{line}  {left}  checkpoint {row['checkpoint_age']:.0f} s old", highlight=False)

    figures = training.train(config, report, overdue("steps", checkpoints), curriculum)
    number = int(figures.get("interrupted", 0))
    if number:
        print(kept(number, figures["step"], "steps", checkpoints), file=sys.stderr)
        return 128 + number
    return 0
