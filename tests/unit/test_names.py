"""Nothing but its own files knows a skill or a task by name, so that another one needs no edits."""

from __future__ import annotations

import ast
from pathlib import Path

from sim.tasks.spec import TASKS
from skillblend.skills.spec import SKILLS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("skillblend", "sim", "robots", "planners", "ros_ws/src")
CHOICES = {
    "sim/bench_rows.py": "what is measured",
    "sim/conformance/switches.py": "which policies take turns under the guard",
    "sim/handover.py": "which skill takes turns with walking",
    "skillblend/cli/drive.py": "a default that the command line shows",
    "skillblend/cli/drive_bench.py": "a default that the command line shows",
}
"""Files that choose one to work with, and why: none of them treats an unknown one as another."""


def named(file: Path) -> set[str]:
    """Skills and tasks that `file` names in string constants."""
    tree = ast.parse(file.read_text())
    found = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return found & {*SKILLS, *TASKS}


def own(file: Path) -> set[str]:
    """What `file` may name: itself; of a task, its skills; of a behaviour, what it moves by."""
    if file.parent.name == "behaviours":
        return {*SKILLS, *TASKS}
    return {file.stem, *(TASKS[file.stem].skills if file.stem in TASKS else ())}


def test_no_other_file_knows_a_skill_or_a_task_by_name() -> None:
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 100
    strangers = {str(f.relative_to(ROOT)): sorted(named(f) - own(f)) for f in files if named(f) - own(f)}
    assert set(strangers) == set(CHOICES), strangers
