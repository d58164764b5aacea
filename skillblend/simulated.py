"""From a sentence to a robot that moves, in Python: everything that an instruction takes, put together by name.

>>> from skillblend.simulated import open_session
>>> outcome = open_session(scene="workshop").run("walk to the red marker")

Simulator, robots and planners are imported when a session is opened, by names that nothing hides
(`skillblend.spokes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from skillblend import spokes
from skillblend.contracts import Planner
from skillblend.prospects import load_affordances
from skillblend.safety import Rules
from skillblend.safety.heeding import heed
from skillblend.session import Cast, Hooks, Session
from skillblend.shipped import DEFAULT_PLANNER, MODELS
from skillblend.skillset import load_skillset


def open_session(
    robot: str = "h1",
    scene: Any = "workshop",
    seed: int = 0,
    models: Path = MODELS,
    planner: str | Callable[[], Planner] = DEFAULT_PLANNER,
    *,
    episodes: Sequence[int] = (0,),
    begin_at: Sequence[str] | None = None,
    rules: Rules | None = None,
    hooks: Callable[[Any], Hooks] | None = None,
) -> Session:
    """Robots in copies of a scene with a planner and a guard.

    Args:
        robot: Name.
        scene: Name, path of a JSON file, or the scene itself (`sim.scene.Scene`).
        seed: Of the simulation.
        models: Where the bundles are.
        planner: Name, or what makes one; asked once everything else has been checked.
        episodes: One number a robot: what is random about it depends on `seed` and its number alone.
        begin_at: The thing that each robot begins at, "" for the scene's own start; None for that of all.
        rules: Of instructions, plans and the guard; `Rules.for_robot` by default.
        hooks: Given the simulated robots (`sim.bridge.MujocoBridge`), what is called along the way.

    Raises:
        UnknownNameError: No such robot, scene or planner; near misses are suggested.
        BundleError: The robot lacks a skill that recovers, or a bundle is damaged.
        InputError: The seed or the scene's file cannot be used.
    """
    bridges, truth = spokes.module("sim.bridge"), spokes.module("sim.witness")
    spokes.module("sim.evaluate").check_seed(seed)
    if isinstance(planner, str):
        check_planner(planner)
    whom = spokes.module("robots").load(robot)
    where = spokes.module("sim.scenes").load(scene) if isinstance(scene, str) else scene
    skills, affordances = load_skillset(whom, models), load_affordances(models, whom.name)
    bridge = bridges.MujocoBridge(whom, where, seed=seed, episodes=episodes, begin_at=begin_at)
    cast = Cast(
        skills=skills,
        bridge=bridge,
        perception=bridges.ScenePerception(bridge),
        witness=truth.SimWitness(bridge),
        planner=load_planner(planner) if isinstance(planner, str) else heed(planner()),
        affordances=affordances,
    )
    return Session(cast, rules=rules, hooks=None if hooks is None else hooks(bridge))


def load_planner(name: str = DEFAULT_PLANNER, gold: Mapping[str, Sequence[str]] | None = None) -> Planner:
    """The planner called `name`, which heeds what instructions forbid.

    Args:
        name: Of a file in `planners.variants`.
        gold: Known plans by instruction, for a planner that replays them.

    Raises:
        UnknownNameError: No such planner.
        InputError: It replays known plans, and there are none.
        BundleError: Its model is missing or damaged.
    """
    return heed(_planners()[name].load(gold or {}))


def check_planner(name: str) -> None:
    """Refuse a name before anything is loaded.

    Raises:
        UnknownNameError: No planner is called so; near misses are suggested.
    """
    _planners()[name]


def _planners() -> Any:
    return spokes.module("planners.variants").PLANNERS
