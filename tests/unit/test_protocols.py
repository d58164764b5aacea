"""Protocols stand where skills, robots and planners are handed around, and nobody asks what kind of skill one is."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("skillblend", "sim", "robots", "planners", "ros_ws/src")
OWN = {"skillblend/skills", "sim/skills"}
"""Where each file is about one kind of skill, and is handed that kind."""
HANDED = {
    "behaviour", "blender", "bridge", "controller", "guard", "perception", "planner", "robot", "skill", "skills",
    "stage", "witness",
}  # fmt: skip
"""Names of parameters for which there is a protocol or a class."""


@cache
def trees() -> dict[str, ast.Module]:
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 300
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text()) for file in files}


def test_nothing_is_handed_around_as_anything() -> None:
    found = {
        f"{file}:{node.lineno} {node.name}({argument.arg})"
        for file, tree in trees().items()
        if str(Path(file).parent) not in OWN
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for argument in (*node.args.args, *node.args.kwonlyargs)
        if argument.arg in HANDED and isinstance(argument.annotation, ast.Name) and argument.annotation.id == "Any"
    }
    assert not found, found


def test_nobody_asks_what_kind_of_skill_one_is() -> None:
    """What differs between skills is in `SkillSpec` and `SkillTraining`, under a name of its own."""
    kinds = {"PolicySkill", "Controller", "SkillTask"} | {
        node.name
        for file, tree in trees().items()
        if str(Path(file).parent) in OWN
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    assert {"WalkingController", "ReachingTask"} <= kinds
    found = {
        f"{file}:{node.lineno} {ast.unparse(node)}"
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "issubclass")
        if kinds & {n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)}
    }
    assert not found, found
