"""What stands behind a decision: the generated instructions that are nearest to the one that was given."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from skillblend.errors import BundleError

if TYPE_CHECKING:
    from rich.console import Console

    from planners.retrieval import ExampleIndex, Support

log = logging.getLogger(__name__)


class Examples:
    """Generated instructions by meaning, loaded when first asked for: no decision waits for them."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self._index: ExampleIndex | None = None

    def support(self, instruction: str) -> Support | None:
        """The nearest examples, and how near; None, with a warning, where the encoder is not installed."""
        from planners.retrieval import ExampleIndex

        try:
            self._index = self._index or ExampleIndex.load()
        except BundleError as error:
            log.warning("no examples: %s", error)
            return None
        return self._index.support(instruction)

    def show(self, instruction: str, console: Console) -> None:
        """Print the examples behind the decision on `instruction`."""
        show_support(self.support(instruction), console)


def show_support(support: Support | None, console: Console) -> None:
    """Print the examples behind a decision."""
    if support is None:
        return
    odd = ": nothing that the planner was trained on is near, look twice" if support.unfamiliar else ""
    console.print(f"familiarity {support.familiarity:.2f}{odd}; nearest examples:", highlight=False)
    for near in support.nearest:
        text = f"  {near.similarity:.2f}  {near.instruction} -> {', '.join(near.plan)}"
        console.print(text, markup=False, highlight=False)
