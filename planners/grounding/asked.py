"""How often what was meant is among what stays, and how often that takes a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from planners.grounding.calibration import Listener, Weighed, takes
from planners.grounding.conformal import Asking, load_asking
from planners.grounding.grounder import Grounder
from planners.grounding.persons import People, Unclear
from planners.grounding.planner import GroundedPlanner
from planners.planner import ScoredPlanner
from planners.variants.uniform import ChanceScorer
from skillblend.contracts import SceneState
from skillblend.errors import InputError
from skillblend.intervals import wilson_interval


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What became of one instruction.

    Attributes:
        context: What points to a thing; "" where nothing does.
        covered: What was meant is what was taken, or among the choices.
        asks: It was asked about.
        guessed: What was meant is the likeliest.
    """

    context: str
    covered: bool
    asks: bool
    guessed: bool


class Reader:
    """The reader of every planner, without a language model."""

    def __init__(self) -> None:
        self.grounder = Grounder.load()
        self.asking: Asking = load_asking()
        self._planner = GroundedPlanner(ScoredPlanner("reader", ChanceScorer()), self.grounder)
        self._listener = Listener(self.grounder)

    def asks(self, instruction: str, scene: SceneState) -> bool:
        """Whether it is asked what a word means."""
        return bool(self._planner.read(instruction, scene).choices)

    def hear(self, said: Unclear) -> Heard:
        """What becomes of an instruction of which a word fits several things."""
        read = self._planner.read(said.instruction, said.scene)
        covered = said.means in read.choices if read.choices else takes(read, said)
        best = self._best(self._listener.hear(said))
        return Heard(context=said.context, covered=covered, asks=bool(read.choices), guessed=best)

    def _best(self, heard: Weighed) -> bool:
        if heard.cues is None or heard.meant < 0:
            return heard.meant >= 0
        return int(np.argmax(self.asking.probabilities(heard.cues))) == heard.meant


def generated(reader: Reader, count: int, seed: int) -> list[Heard]:
    """What becomes of `count` instructions that nothing was calibrated on.

    Raises:
        InputError: The seed is the one that was calibrated with.
    """
    if seed == 0:
        raise InputError("seed 0 draws the instructions that were calibrated on; choose another")
    people = People(np.random.default_rng([seed, 2]))
    return [reader.hear(people.draw()) for _ in range(count)]


def figures(heard: Sequence[Heard]) -> dict[str, Any]:
    """Coverage with its 95% interval, questions, and how often the likeliest was right: the floor never asks."""
    contexts = sorted({h.context for h in heard})
    told = [h for h in heard if h.context]
    by = {name or "none": _counts([h for h in heard if h.context == name]) for name in contexts}
    covered, n = sum(h.covered for h in heard), len(heard)
    return _counts(heard) | {
        "coverage": covered / n, "interval": wilson_interval(covered, n), "with_context": _counts(told),
        "contexts": by,
    }  # fmt: skip


def _counts(heard: Sequence[Heard]) -> dict[str, int]:
    """How many there are, where what was meant stayed, which were asked about, and where it was the likeliest."""
    return {
        "count": len(heard), "covered": sum(h.covered for h in heard), "asked": sum(h.asks for h in heard),
        "likeliest": sum(h.guessed for h in heard),
    }  # fmt: skip
