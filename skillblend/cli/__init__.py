"""The command line, the only place where simulation, robots and planners meet."""

from __future__ import annotations

from skillblend.cli.main import main

__all__ = ["main"]
