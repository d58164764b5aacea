"""Files of the command line import one another in one direction, and bring nothing heavy before a command runs."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import skillblend.cli

FOLDER = Path(skillblend.cli.__file__).parent
PREFIX = "skillblend.cli."


def imports(file: Path) -> set[str]:
    """Files of the command line that `file` imports anywhere, in functions and for type checkers too."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    found = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    found += [f"{PREFIX}{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom)
              and node.module == PREFIX[:-1] for alias in node.names]  # fmt: skip
    found += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return {name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX)}


def test_there_is_no_circle() -> None:
    graph = {file.stem: imports(file) for file in FOLDER.glob("*.py")}
    assert len(graph) > 20 and "run" in graph["commands"] and "commands" in graph["main"]
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError


def test_commands_are_known_before_anything_heavy_is() -> None:
    code = (
        "import sys, skillblend.cli.commands\n"
        "heavy = {'torch', 'mujoco', 'transformers', 'stable_baselines3', 'gymnasium', 'sim', 'planners', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
