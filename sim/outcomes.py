"""Executed rollouts of one behaviour in randomised states, which its value function is fitted on.

Robots stand anywhere, near or far from the thing, some of them beside or against furniture and some of them just
pushed; free boxes lie about; dynamics differ from robot to robot. What lets go of a thing begins once the robot has
picked it up, and has or has not walked to where it is to go. What cannot even be begun is left out: the planner is
told so by other means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim import scenes
from sim.bridge import MujocoBridge
from sim.scene import Scene
from skillblend.affordance import Affordance, cross_fit
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import Array, Step
from skillblend.errors import InputError, PlanError
from skillblend.options import ground_options
from skillblend.session import Session
from skillblend.values import FEATURES, describe, names, squared

SCENES = ("workshop", "storeroom")
AT_ONCE = 64
"""Robots beside each other; results do not depend on it but for rounding."""

AROUND, HARDEST, SPIN = 2.6, 1.3, 1.0
"""Half side of the square that robots stand in, m; the hardest push, m/s, and its yaw rate, rad/s, each way."""

ASIDE, TURNED = 0.55, 0.8
"""How far from the stand of a thing that hands are for, m, and how far turned away from it, rad, at most."""

WALKED, LOADED = 0.85, 0.5
"""Share of the robots with full hands that walk to where the thing is to go; share of a push that those get."""

VAIN = 5
"""Batches without a single step that could begin, after which no other is tried."""

PUSHED, TICKS = 0.5, (3, 12)
"""Share of the robots that are pushed; control steps between the push and the step's begin."""


@dataclass(frozen=True, kw_only=True)
class Rollouts:
    """What was known before each step, and whether it succeeded.

    Attributes:
        features: `skillblend.values.FEATURES`. Shape (M, F).
        critic: What the skill's own affordance said. Shape (M,).
        success: By the verdict on the behaviour, and without a fall. Shape (M,), 0 or 1.
    """

    features: Array
    critic: Array
    success: Array


def collect(
    behaviour: str,
    open_session: Callable[[str, int, Sequence[int]], Session],
    *,
    seed: int,
    rollouts: int,
    progress: Callable[[int, int], None] | None = None,
) -> Rollouts:
    """At least `rollouts` executed steps of `behaviour`.

    Args:
        behaviour: Which.
        open_session: Makes robots in a scene: its name, a seed, and an episode number for each robot.
        seed: Of states, steps and dynamics.
        rollouts: How many.
        progress: Told how many there are, and will be.

    Raises:
        InputError: The behaviour has no step in any of `SCENES`, or none that could begin.
    """
    where = [name for name in SCENES if _steps(behaviour, scenes.load(name))]
    if not where:
        raise InputError(f"behaviour {behaviour!r} has no step in {list(SCENES)}; choose one of {list(BEHAVIOURS)}")
    rows: list[Array] = []
    critics: list[float] = []
    good: list[bool] = []
    batch = 0
    while len(good) < rollouts:
        episodes = np.arange(AT_ONCE) + batch * AT_ONCE
        session = open_session(where[batch % len(where)], seed, episodes.tolist())
        found = _batch(session, behaviour, np.random.default_rng([seed, batch]))
        rows += [row for row, _, _ in found]
        critics += [p for _, p, _ in found]
        good += [ok for _, _, ok in found]
        batch += 1
        if not good and batch >= VAIN:
            raise InputError(
                f"behaviour {behaviour!r} could not begin once in {batch * AT_ONCE} states of {where}; "
                "its value function needs a scene where it has something to do"
            )
        if progress is not None:
            progress(min(len(good), rollouts), rollouts)
    return Rollouts(
        features=np.array(rows)[:rollouts], critic=np.array(critics)[:rollouts],
        success=np.array(good, dtype=np.float64)[:rollouts],
    )  # fmt: skip


def _steps(behaviour: str, scene: Scene) -> list[Step]:
    return [step for step in ground_options(scene.state) if step.behaviour == behaviour]


def _batch(session: Session, behaviour: str, rng: np.random.Generator) -> list[tuple[Array, float, bool]]:
    """One step of each robot: features, critic and success of those that could begin."""
    bridge = session.cast.bridge
    assert isinstance(bridge, MujocoBridge)
    n, steps = session.n, _steps(behaviour, bridge.scene)
    chosen = [steps[int(k)] for k in rng.integers(len(steps), size=n)]
    leads = [_lead(step, bridge.scene, rng) for step in chosen]
    poses = np.stack([_pose(step, bridge.scene, rng) for step in chosen])
    course, speed = rng.uniform(-np.pi, np.pi, n), rng.uniform(0.2, HARDEST, n) * (rng.random(n) < PUSHED)
    spin = rng.uniform(-SPIN, SPIN, n) * (speed > 0)
    kicks = np.stack([speed * np.cos(course), speed * np.sin(course), spin], axis=1)
    if any(leads):
        session.follow(leads)
        bridge.push(LOADED * kicks)
    else:
        bridge.place(np.arange(n), poses, kicks)
        session.cast.skills.reset(bridge.read())
    for _ in range(int(rng.integers(*TICKS))):
        session._tick()
    obs = bridge.read()
    begun: dict[int, tuple[Array, float]] = {}
    for i, step in enumerate(chosen):
        try:
            critic = session.prospects.critic_of([step], obs, i)[step.text]
            features = describe(step, i, session.stage, obs, critic)
            session.cast.witness.begin(i, step)
            session.steps.begin(i, step)
        except PlanError:
            continue
        begun[i] = (features, critic)
    fell = np.zeros(n, dtype=np.bool_)
    while not (session.steps.over | fell)[list(begun)].all():
        session._tick()
        fell |= session.cast.witness.fell()
        for i in np.flatnonzero(fell):
            session.steps.interrupt(int(i))
    return [
        (features, critic, bool(session.cast.witness.verdict(i).success and not fell[i]))
        for i, (features, critic) in begun.items()
    ]


def _lead(step: Step, scene: Scene, rng: np.random.Generator) -> list[Step]:
    """What comes before `step` where it lets go of a thing: that is picked up, and mostly taken to its place."""
    held = {f"held({name})": name for name in step.arguments}
    after = BEHAVIOURS[step.behaviour].effect(step, frozenset(held))
    known = {each.text: each for each in ground_options(scene.state)}
    lead = [known[text] for fact, name in held.items() if fact not in after for text in _taking(name)]
    place = known.get(f"walk to the {step.arguments[-1]}") if lead else None
    return [*lead, place] if place is not None and rng.random() < WALKED else lead


def _taking(name: str) -> tuple[str, str]:
    return f"walk to the {name}", f"pick up the {name}"


def _pose(step: Step, scene: Scene, rng: np.random.Generator) -> Array:
    """Where a robot stands before `step`: near where one uses the thing that hands are for, else anywhere."""
    behaviour = BEHAVIOURS[step.behaviour]
    thing = next((name for name in step.arguments if name in [t.name for t in scene.things]), "")
    for _ in range(200):
        if thing and not behaviour.approaches:
            stand = scene.thing(thing).stand
            xy = stand.xy + rng.uniform(-ASIDE, ASIDE, 2) * rng.random()
            heading = stand.heading + rng.uniform(-TURNED, TURNED) * rng.random()
        else:
            xy, heading = rng.uniform(-AROUND, AROUND, 2), rng.uniform(-np.pi, np.pi)
        if float(scene.clearance(xy)) > 0.24:
            return np.array([*xy, heading])
    return np.array([scene.start.x, scene.start.y, scene.start.heading])


def calibrate(behaviour: str, found: Rollouts) -> tuple[Affordance, Array]:
    """The value function of `behaviour`, and for each rollout what one fitted without it said. Shape (M,)."""
    return cross_fit(behaviour, squared(found.features), found.success, names=names())


def save_rollouts(path: Path, found: Rollouts) -> None:
    """Write rollouts to an .npz file."""
    np.savez(path, features=found.features, critic=found.critic, success=found.success, names=np.array(FEATURES))
