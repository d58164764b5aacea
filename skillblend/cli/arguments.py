"""Arguments that several commands share."""

from __future__ import annotations

from typing import Annotated, Literal

import tyro

Robots = Annotated[str, tyro.conf.arg(help="see `skillblend list robots`")]

Agents = Literal["policy", "zero", "random"]
"""What acts in an evaluation: `skillblend.agents.AGENTS`."""

Instruction = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="INSTRUCTION")]
"""Words of a sentence: who forgets the quotes is understood all the same."""
