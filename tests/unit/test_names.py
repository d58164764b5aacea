"""Nothing but its own files knows a skill, a task or a behaviour by name, so that another one needs no edits."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sim.tasks.spec import TASKS
from skillblend.behaviours import BEHAVIOURS
from skillblend.skills.spec import SKILLS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("skillblend", "sim", "robots", "planners", "ros_ws/src")
CHOICES = {
    "sim/bench_rows.py": "what is measured",
    "skillblend/cli/drive.py": "a default that the command line shows",
    "skillblend/cli/drive_bench.py": "a default that the command line shows",
    "skillblend/cli/evaluate.py": "a default that the command line shows",
    "sim/tasks/handling.py": "the skills that tasks which move a thing with the hands have in common",
    "sim/tasks/gripping.py": "the skills of the tasks that it is the script of",
}
"""Files that choose a skill or a task to work with, and why: none of them treats an unknown one as another."""

HAND_WRITTEN = "sentences about the first verbs, written by hand; `Speaker.by_verb` makes those of every other"
ENGLISH = "an English word among others, which stands for no behaviour"
REWARD, METHOD = "a term of a reward", "a method of others that is looked up by its name"
MODE = "the guard's mode in which a robot stands"
OTHERS = {
    "planners/agreement.py": ENGLISH,
    "planners/corpus/indirect.py": HAND_WRITTEN,
    "planners/corpus/numbered_lists.py": HAND_WRITTEN,
    "planners/corpus/object_lists.py": HAND_WRITTEN,
    "planners/corpus/phrases.py": "the file of the verb that distances are written in",
    "planners/corpus/references.py": HAND_WRITTEN,
    "planners/corpus/requests.py": HAND_WRITTEN,
    "planners/grounding/asides.py": ENGLISH,
    "planners/grounding/briefly.py": ENGLISH,
    "planners/grounding/corrections.py": ENGLISH,
    "planners/grounding/frames.py": ENGLISH,
    "planners/grounding/gestures.py": ENGLISH,
    "planners/grounding/mentions.py": ENGLISH,
    "planners/grounding/smalltalk.py": ENGLISH,
    "planners/grounding/spelling.py": ENGLISH,
    "planners/grounding/together.py": ENGLISH,
    "planners/grounding/wording.py": ENGLISH,
    "ros_ws/src/skillblend_ros/skillblend_ros/client.py": MODE,
    "ros_ws/src/skillblend_ros/skillblend_ros/guard.py": MODE,
    "ros_ws/src/skillblend_ros/skillblend_ros/topics.py": MODE,
    "ros_ws/src/skillblend_ros/skillblend_ros/nodes.py": METHOD,
    "sim/conformance/judge.py": MODE,
    "sim/conformance/suite.py": MODE,
    "sim/skills/footstep.py": REWARD,
    "sim/skills/reaching.py": REWARD,
    "sim/skills/squatting.py": REWARD,
    "skillblend/behaviours/pick_up.py": "a stretch of its motion, in which hands close",
    "planners/writing/endpoint.py": "how a connection ends, in HTTP",
    "skillblend/cli/conformance.py": MODE,
    "skillblend/contracts/pairs.py": "how a step is written that is two steps at once",
    "skillblend/safety/meaning.py": ENGLISH,
    "skillblend/safety/prohibitions.py": ENGLISH,
    "skillblend/safety/vocabulary.py": ENGLISH,
    "skillblend/skills/gait.py": "a number of a gait",
}
"""Files that have the same word as a behaviour, and why."""


def named(file: Path) -> set[str]:
    """String constants of `file`."""
    tree = ast.parse(file.read_text())
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def own(file: Path) -> set[str]:
    """What `file` may name: itself; of a task, its skills; of a behaviour, what it moves by."""
    if file.parent.name == "behaviours":
        return {*SKILLS, *TASKS, file.stem}
    return {file.stem, *(TASKS[file.stem].skills if file.stem in TASKS else ())}


def strangers(names: set[str]) -> dict[str, list[str]]:
    """Which of `names` stand in which files, but their own."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 100
    found = {str(f.relative_to(ROOT)): sorted((named(f) & names) - own(f)) for f in files}
    return {file: words for file, words in found.items() if words}


def test_no_other_file_knows_a_skill_or_a_task_by_name() -> None:
    assert set(found := strangers({*SKILLS, *TASKS})) == set(CHOICES), found


def test_no_other_file_knows_a_behaviour_by_name() -> None:
    assert set(found := strangers({*BEHAVIOURS})) == set(OTHERS), found


@pytest.mark.parametrize("name", sorted({*SKILLS, *TASKS, *BEHAVIOURS}))
def test_names_that_two_words_make_stand_in_no_other_file_at_all(name: str) -> None:
    """Where chance cannot have put it, there is no excuse but a choice."""
    excused = {*CHOICES, *(file for file, why in OTHERS.items() if why == HAND_WRITTEN)}
    assert "_" not in name or set(found := strangers({name})) <= excused, found


TWICE = {"DdsLink", "Injection", "Link", "Phase", "Recorder", "Variant", "View"}
"""Classes of one name in two packages that never meet: neither is imported where the other is."""


def test_one_name_means_one_class() -> None:
    places: dict[str, list[str]] = {}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places.setdefault(node.name, []).append(str(file.relative_to(ROOT)))
    found = {name: files for name, files in places.items() if len(files) > 1}
    assert set(found) <= TWICE, found
