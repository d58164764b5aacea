"""All that a robot has learned, read from its bundles: its skills and their blenders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from skillblend.agents import POLICY, actor_of, floor_actor, with_agent
from skillblend.blenders import find_blenders
from skillblend.blending import BlendController
from skillblend.contracts import Robot
from skillblend.deciding import Decider
from skillblend.errors import BundleError, UnknownNameError
from skillblend.scripts import SCRIPTS, scripted
from skillblend.skills.skill import load_skill, variants_of
from skillblend.skills.spec import SKILLS
from skillblend.skillset import SkillSet


def load_skillset(robot: Robot, models: Path, variant: str = "", *, agent: str = POLICY, seed: int = 0) -> SkillSet:
    """Read all bundles of `robot` under `models`: of every skill that has one, and of their blenders.

    Where a task has no blender but a script, and the robot has its skills, the script decides.

    With `variant`, those bundles of skills that are called so are read instead, and no blender: each is over the
    skills that it was trained with. With `agent`, it acts in the place of all policies (`skillblend.agents`).

    Raises:
        UnknownNameError: No skill has such a variant, or no such agent.
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
        skills = {name: with_agent(load_skill(name, robot, folder / name), agent, seed) for name in found}
        blenders: dict[str, tuple[BlendController, Decider]] = {}
        for script in (SCRIPTS[name] for name in SCRIPTS if set(SCRIPTS[name].skills) <= set(skills)):
            controller, decider = scripted(script, robot, skills)
            if agent != POLICY:
                inputs, outputs = controller.observation_size, controller.action_size
                decider = replace(decider, actor=floor_actor(agent, inputs, outputs, seed))
            blenders[script.name] = controller, decider
        for task, (controller, bundle) in find_blenders(folder, robot, skills).items():
            blenders[task] = controller, replace(bundle, actor=actor_of(agent, bundle.actor, seed))
        return SkillSet(skills, blenders)
    varied = [name for name in found if variant in variants_of(folder / name)]
    if not varied:
        known = sorted({v for name in found for v in variants_of(folder / name)})
        raise UnknownNameError("variant of a skill", variant, known)
    places = {name: folder / (f"{name}.{variant}" if name in varied else name) for name in found}
    return SkillSet({n: with_agent(load_skill(n, robot, place), agent, seed) for n, place in places.items()})
