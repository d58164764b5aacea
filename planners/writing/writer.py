"""What writes: a language model that is given a text and goes on, by folder or by address."""

from __future__ import annotations

from typing import Protocol

from skillblend.errors import PlanError

SECONDS = 60.0
"""An answer that takes longer is none, s."""


class NothingWrittenError(PlanError):
    """Nothing came that a plan can be read from: the planner refuses with this reason."""


class TextModel(Protocol):
    """Whatever answers a question in words, the same one the same way."""

    def write(self, prompt: str, *, tokens: int) -> str:
        """The answer, of `tokens` at most.

        Raises:
            NothingWrittenError: None came.
        """
        ...
