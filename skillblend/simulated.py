"""From a sentence to a robot that moves, in Python: everything that an instruction takes, put together by name.

>>> from skillblend.simulated import open_session
>>> session = open_session(scene="workshop")
>>> plan, rehearsal = plan_ahead(session, "walk to the red marker")
>>> preview(session, plan).success.interval  # of 16 simulated futures; nothing has moved yet
>>> outcome = session.run("walk to the red marker")

Simulator, robots and planners are imported when a session is opened, by names that nothing hides
(`skillblend.spokes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from skillblend import spokes
from skillblend.agents import POLICY
from skillblend.contracts import Planner, Step
from skillblend.contracts.pairs import named
from skillblend.errors import UnknownNameError
from skillblend.forecast import Forecast, Pending, plan_of
from skillblend.loading import load_skillset
from skillblend.options import ground_options
from skillblend.prospects import load_affordances
from skillblend.safety import Rules
from skillblend.safety.heeding import heed
from skillblend.session import Cast, Hooks, Outcome, Session
from skillblend.shipped import DEFAULT_PLANNER, MODELS
from skillblend.values import load_values


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
    randomisation: Any = None,
    hooks: Callable[[Any], Hooks] | None = None,
    agent: str = POLICY,
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
        randomisation: Ranges of dynamics, noise and pushes (`sim.randomisation.Randomisation`); no pushes by default.
        hooks: Given the simulated robots (`sim.bridge.MujocoBridge`), what is called along the way.
        agent: What acts in the place of the policies, as a floor of evaluations (`skillblend.agents`).

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
    skills = load_skillset(whom, models, agent=agent, seed=seed)
    affordances = load_affordances(models, whom.name)
    bridge = bridges.MujocoBridge(
        whom, where, seed=seed, episodes=episodes, begin_at=begin_at, randomisation=randomisation
    )
    cast = Cast(
        skills=skills,
        bridge=bridge,
        perception=bridges.ScenePerception(bridge),
        witness=truth.SimWitness(bridge),
        planner=load_planner(planner) if isinstance(planner, str) else heed(planner()),
        affordances=affordances,
        values=load_values(models, whom.name),
    )
    return Session(cast, rules=rules, hooks=None if hooks is None else hooks(bridge))


def plan_ahead(session: Session, instruction: str, *, robot: int = 0) -> tuple[list[Step], Outcome]:
    """The steps by which a simulated copy of a robot carries out `instruction`, and how that went.

    The planner decides as it would in earnest, from what each step leaves behind. Nothing of `session` is changed; it
    can be in the middle of something. Steps are empty where the instruction is refused.

    Raises:
        InputError: The robot is no simulated one.
        PlanError: The planner can choose nothing.
    """
    outcome = spokes.module("sim.futures").rehearse(session, instruction, robot=robot)
    return plan_of(outcome), outcome


def preview(
    session: Session,
    plan: Sequence[Step | str],
    *,
    robot: int = 0,
    futures: int = 16,
    seed: int | None = None,
    frames: bool = False,
) -> Forecast:
    """What `plan` would come to, if a robot of `session` began it now; see `prepare_preview`."""
    return prepare_preview(session, [plan], robot=robot, futures=futures, seed=seed, frames=frames).run()[0]


def prepare_preview(
    session: Session,
    plans: Sequence[Sequence[Step | str]],
    *,
    robot: int = 0,
    futures: int = 16,
    seed: int | None = None,
    frames: bool = False,
) -> Pending:
    """Copies of a robot of `session`, about to begin each of `plans` instead of what it is doing.

    Its state and that of the things are copied into simulations, each with friction, masses, gains, latency and
    sensor noise of its own, and all are stepped at once; `session` is not changed. Futures with one number have the
    same dynamics in every plan, and do not depend on how many others there are. Call it between two control steps of
    the session; what it returns can run in another thread while the session goes on.

    Args:
        session: With simulated robots.
        plans: Steps, or their texts as `skillblend.options.ground_options` has them.
        robot: Which robot of the session.
        futures: Of each plan.
        seed: Of what is random about them; one that no run starts from by default.
        frames: Keep how each future looks, for `sim.storyboard`.

    Raises:
        InputError: A number is out of range, the robot is no simulated one, or a plan is none.
        UnknownNameError: A step does not exist here.
    """
    module = spokes.module("sim.futures")
    known = {step.text: step for step in ground_options(session.cast.perception.scene_state().row(robot))}
    return module.Futures(
        session, [[_step(step, known) for step in plan] for plan in plans], robot=robot, count=futures,
        seed=module.SEED if seed is None else seed, frames=frames,
    )  # fmt: skip


def _step(step: Step | str, known: Mapping[str, Step]) -> Step:
    if isinstance(step, Step):
        return step
    found = named(step, known)
    if found is None:
        raise UnknownNameError("step", step, known)
    return found


def load_planner(name: str = DEFAULT_PLANNER, gold: Mapping[str, Sequence[str]] | None = None) -> Planner:
    """The planner called `name`, which heeds what instructions forbid.

    Args:
        name: Of a file in `planners.variants`, or `METHOD:MODEL` for another language model (`planners.writing`).
        gold: Known plans by instruction, for a planner that replays them.

    Raises:
        UnknownNameError: No such planner.
        InputError: It replays known plans, and there are none.
        BundleError: Its model is missing or damaged.
    """
    return heed(_variant(name).load(gold or {}))


def check_planner(name: str) -> None:
    """Refuse a name before anything is loaded.

    Raises:
        UnknownNameError: No planner is called so; near misses are suggested.
        InputError: There can be no such language model.
    """
    _variant(name)


def _variant(name: str) -> Any:
    return spokes.module("planners.variants").planner_called(name)
