"""``skillblend train planner``."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from skillblend.checks import check_integer
from skillblend.cli.output import check_folder, check_new
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


def train_planner(args: TrainPlanner) -> int:
    """Train the planner's adapter."""
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
        check_new(args.out, "planner")
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

    figures = training.train(config, report, overdue("steps", checkpoints))
    number = int(figures.get("interrupted", 0))
    if number:
        print(kept(number, figures["step"], "steps", checkpoints), file=sys.stderr)
        return 128 + number
    return 0
