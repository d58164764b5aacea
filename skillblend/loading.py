"""All that a robot has learned, read from its bundles: its skills and their blenders."""

from __future__ import annotations

from pathlib import Path

from skillblend.blenders import find_blenders
from skillblend.contracts import Robot
from skillblend.errors import BundleError, UnknownNameError
from skillblend.skills.skill import load_skill, variants_of
from skillblend.skills.spec import SKILLS
from skillblend.skillset import SkillSet


def load_skillset(robot: Robot, models: Path, variant: str = "") -> SkillSet:
    """Read all bundles of `robot` under `models`: of every skill that has one, and of their blenders.

    With `variant`, those bundles of skills that are called so are read instead, and no blender: each is over the
    skills that it was trained with.

    Raises:
        UnknownNameError: No skill has such a variant.
        BundleError: A bundle does not fit, or no skill is there that recovers.
    """
    folder = models / robot.name
    found = [name for name in SKILLS if (folder / name).is_dir()]
    if not any(SKILLS[name].recovers for name in found):
        needed = [name for name in SKILLS if SKILLS[name].recovers]
        raise BundleError(
            f"no bundle at {' or '.join(str(folder / name) for name in needed)}, found there: {found}; "
            f"train one with `skillblend train` or name another folder"
        )
    if not variant:
        skills = {name: load_skill(name, robot, folder / name) for name in found}
        return SkillSet(skills, find_blenders(folder, robot, skills))
    varied = [name for name in found if variant in variants_of(folder / name)]
    if not varied:
        known = sorted({v for name in found for v in variants_of(folder / name)})
        raise UnknownNameError("variant of a skill", variant, known)
    places = {name: folder / (f"{name}.{variant}" if name in varied else name) for name in found}
    return SkillSet({name: load_skill(name, robot, place) for name, place in places.items()})
