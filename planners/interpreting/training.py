"""Trains the interpreter's adapter on sentences of people: ``skillblend train interpreter``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from planners.grounding.grounder import Grounder
from planners.grounding.reading import InstructionReader
from planners.interpreting.batches import TalkRow, load_rows, make_batch, row_of, save_rows, unclear_row
from planners.interpreting.talk import FOLDER, read_lines, talk_scenes
from planners.language import ADAPTER as PLANNER
from planners.training import Curriculum, TrainConfig
from planners.weights import BASE_MODEL, WHEEL

if TYPE_CHECKING:
    from planners.rows import TrainingRow

ROWS = "rows.json"
"""What the sentences were read as, in the folder of checkpoints: reading them takes minutes."""

UNCLEAR, UNCLEAR_SHARE = 11, 0.35
"""Seed, and share of the sentences that are said unclearly as well, where they can be."""

DEFAULTS: Mapping[str, Any] = {
    "out": Path("runs/models/interpreter"),
    "steps": 550,
    "scenes": 3,
    "instructions": 8,
    "learning_rate": 6e-4,
    "initial": PLANNER,
}
"""Of `TrainConfig`, where it is the interpreter that is trained."""


def prepare(path: Path, files: Sequence[Path] = (), report: Callable[[int, int], None] | None = None) -> None:
    """Read the sentences of `files` (all that are shipped, if none are named) and keep them at `path`.

    `report` is called with how many were read, of how many.

    Raises:
        InputError: A line is not of the form, or names what its scene does not have.
        BundleError: The grounder is missing.
    """
    said = [line for file in files or sorted(FOLDER.glob("*.txt")) for line in read_lines(file)]
    reader = InstructionReader(Grounder.load())
    rows: list[TalkRow] = []
    for number, one in enumerate(said, start=1):
        read = reader.read(one.raw, one.start(talk_scenes()[one.scene]))
        row = row_of(one, (read.linked, read.text))
        if row.texts or row.own:
            rows.append(row)
        if report is not None:
            report(number, len(said))
    rng = np.random.default_rng(UNCLEAR)
    unclear = [row for one in said if rng.random() < UNCLEAR_SHARE and (row := unclear_row(one, rng)) is not None]
    save_rows([*rows, *unclear], path)


def curriculum(rows: Path) -> Curriculum:
    """What is learnt from the sentences kept at `rows`."""
    data = load_rows(rows)

    def batch(tokenizer: Any, config: TrainConfig, step: int) -> tuple[list[list[int]], list[TrainingRow]]:
        return make_batch(tokenizer, data, config.scenes, config.instructions, config.seed, step)

    return Curriculum(batch=batch, card=lambda config, figures: card(config, figures, sum(map(len, data.values()))))


def card(config: TrainConfig, figures: Mapping[str, float], sentences: int) -> str:
    """The model card of a freshly trained interpreter."""
    minutes, loss = figures.get("seconds", 0.0) / 60, figures.get("average_loss", 0.0)
    return f"""# Interpreter adapter

Low-rank adapter (rank {config.rank}, linear layers of all blocks from {config.first_block} on) for
{BASE_MODEL} (wheel `{WHEEL}`, Apache-2.0). It makes the model write down the steps that a
sentence asks for, from the things that are there, what lies on what, where the robot is and what it holds.

- Command: `skillblend train interpreter --steps {config.steps} --seed {config.seed}`, commit {config.commit};
  it begins with the planner's adapter.
- Data: {sentences} sentences written for it (`planners/data/talk`), in scenes whose things get other names each time.
- Training: {figures.get("step", 0):.0f} steps, {figures.get("examples", 0):.0f} sentences,
  {minutes:.1f} min of wall time on one CPU thread; running loss {loss:.3f}.
- Files: `adapter.safetensors` (float16), `config.json`, `manifest.json` (SHA-256 of the others).
- Limits: English; what no option does is to be refused, but a sentence of another kind than those it was trained
  on may be misread, so that its plans are shown, and rules and affordances stay in charge.
"""
