"""Deterministic evaluation: E numbered episodes of a task under a policy; independent of the number of envs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.env import BatchEnv
from sim.publish import commit
from sim.randomisation import Randomisation
from sim.settings import EVALUATION
from sim.skills.spec import TRAININGS
from sim.tasks.blend import blend_task
from sim.tasks.spec import TASKS
from skillblend.blending import BlendController
from skillblend.contracts import Array
from skillblend.errors import InputError
from skillblend.flat import FlatController
from skillblend.intervals import bootstrap_interval, wilson_interval
from skillblend.skills.skill import PolicySkill

JUDGES = ("paper", "strict")
"""Of every blender's task; see `sim.tasks.spec.TaskSpec`."""

Act = Callable[[Array], Array]
"""Observation (N, actor_size) -> action (N, A)."""


@dataclass(frozen=True, kw_only=True)
class Episodes:
    """Outcome of E episodes, in episode order.

    Attributes:
        metrics: The task's measurements, each (E,).
        failed: Shape (E,).
    """

    metrics: dict[str, Array]
    failed: Array


def run_episodes(
    env: BatchEnv, act: Act, episodes: int, progress: Callable[[int, int], None] | None = None
) -> Episodes:
    """Play episodes 0 .. `episodes` - 1 of `env` (freshly built) to their ends.

    Args:
        env: Not yet reset; its number of environments only changes the speed.
        act: Deterministic policy.
        episodes: E.
        progress: Called with (done, total).
    """
    observation = env.reset()
    found: dict[int, tuple[bool, dict[str, float]]] = {}
    while len(found) < episodes:
        result = env.step(act(observation[:, : env.task.actor_size]))
        observation = result.observation
        ended = np.flatnonzero(result.terminated | result.truncated)
        for i in ended:
            number = int(result.episode[i])
            if number < episodes:
                values = {k: float(v[i]) for k, v in result.metrics.items()}
                found[number] = (bool(result.terminated[i]), values)
        if progress is not None and len(ended):
            progress(len(found), episodes)
    rows = [found[e] for e in range(episodes)]
    metrics = {k: np.array([r[1][k] for r in rows]) for k in rows[0][1]}
    return Episodes(metrics=metrics, failed=np.array([float(r[0]) for r in rows]))


def finite_mean(values: Array) -> float:
    """Mean of those of `values` (E,) that are numbers; NaN where none is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def evaluate_skill(
    skill: PolicySkill[Any],
    episodes: int,
    seed: int,
    *,
    randomisation: Randomisation = EVALUATION,
    standing: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Unseen episodes over the whole goal space, or of standing still; the `eval skill --json` object.

    What goals and errors are is said in the skill's file in `sim.skills`.

    Raises:
        InputError: Standing still is no goal of the skill.
    """
    check_episodes(episodes)
    check_seed(seed)
    training, robot = TRAININGS[skill.name], skill.robot
    if standing and training.at_rest is None:
        raise InputError(f"{skill.name} has no goal that asks it to stand still; leave --stand out")
    config = training.at_rest if standing and training.at_rest is not None else training.evaluation
    task = training.task(robot, skill.controller, config)
    env = BatchEnv(task, min(episodes, 50), seed=seed, randomisation=randomisation)
    result = run_episodes(env, skill.bundle.actor, episodes, progress)
    out: dict[str, Any] = {"skill": skill.name, "robot": robot.name, "episodes": episodes, "seed": seed}
    fallen = result.failed
    out["fall_rate"] = float(fallen.mean())
    out["fall_interval"] = wilson_interval(int(fallen.sum()), episodes)
    per_episode = training.errors(result.metrics)
    good = np.all([per_episode[k] <= limit for k, limit in training.good_below.items()], axis=0)
    out["success_rate"] = float((good & (fallen == 0)).mean())
    out["error"] = {k: finite_mean(v) for k, v in per_episode.items()}
    out["error_interval"] = {k: bootstrap_interval(v[np.isfinite(v)]) for k, v in per_episode.items()}
    if standing:
        drift = result.metrics["drift"]
        out["drift"] = {
            "mean": float(drift.mean()),
            "max": float(drift.max()),
            "share_within_0.2_m": float((drift <= 0.2).mean()),
        }
    places = [
        p for k, v in out["error"].items() if np.isnan(v) for p in (f"error.{k}", *_ends(f"error_interval.{k}"))
    ]
    out |= {"undefined": dict.fromkeys(places, training.unmeasured)} if places else {}
    return out | {"commit": commit(), "bundle": skill.bundle.digest[:16]}


def _ends(interval: str) -> tuple[str, str]:
    return f"{interval}[0]", f"{interval}[1]"


def evaluate_task(
    task: str,
    controller: BlendController | FlatController,
    act: Act,
    policy: str,
    episodes: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Unseen episodes of a blender's task; the `eval task --json` object.

    Success is the task's own, at the last moment or at any time as its `counts` says; never with a fall. The two
    judges are described in `sim.tasks.spec.TaskSpec`; a simulation that blew up has failed before both.
    """
    check_episodes(episodes)
    check_seed(seed)
    mdp = blend_task(TASKS[task], controller)
    env = BatchEnv(mdp, min(episodes, 50), seed=seed, randomisation=EVALUATION)
    result = run_episodes(env, act, episodes, progress)
    m = result.metrics
    fell, whole = m["fell"] > 0, m["broken"] == 0
    judged = {name: (m[f"{name}_success"] > 0) & whole for name in JUDGES}
    good = (m["ever" if mdp.spec.counts == "ever" else "success"] > 0) & (result.failed == 0)
    out: dict[str, Any] = {
        "task": task,
        "robot": controller.robot.name,
        "policy": policy,
        "episodes": episodes,
        "seed": seed,
        "success_rate": float(good.mean()),
        "success_interval": wilson_interval(int(good.sum()), episodes),
        "success_at_end": float(((m["success"] > 0) & (result.failed == 0)).mean()),
        **{f"{name}_success_rate": float(each.mean()) for name, each in judged.items()},
        **{f"{name}_success_interval": wilson_interval(int(each.sum()), episodes) for name, each in judged.items()},
        "fall_rate": float(fell.mean()),
        "fall_interval": wilson_interval(int(fell.sum()), episodes),
        "lost_rate": float((m["lost"] > 0).mean()),
        "paper_error": float(m["paper_error"].mean()),
        "paper_error_interval": bootstrap_interval(m["paper_error"]),
        "paper_threshold": mdp.spec.paper_threshold,
        "error": float(m["error"].mean()),
        "error_median": float(np.median(m["error"])),
    }
    return out | {"commit": commit()}


def check_seed(seed: int) -> None:
    """Refuse seeds that are none.

    Raises:
        InputError: Not in 0 ... 2147483647.
    """
    if not 0 <= seed < 2**31:
        raise InputError(f"seed = {seed} must be between 0 and 2147483647")


def check_episodes(episodes: int) -> None:
    """Refuse numbers of episodes that mean nothing.

    Raises:
        InputError: Not in 1 ... 100000.
    """
    if not 1 <= episodes <= 100_000:
        raise InputError(f"episodes = {episodes} must be between 1 and 100000")
