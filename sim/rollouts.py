"""Rollouts that an affordance is fitted on: features when a goal is given, outcome when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sim.env import BatchEnv
from sim.randomisation import Randomisation
from sim.skills.mdp import SkillTask
from sim.skills.spec import Progress, Rows
from skillblend.contracts import Array, BoolArray, IntArray
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import SKILLS

DISTURBED = Randomisation(push_every=10.0, push_speed=0.8, push_spin=0.5)
"""A push now and then, harder than in training: an affordance has to see failures to tell them from successes."""


class Book:
    """Features when a goal is given, outcome when it ends."""

    def __init__(self) -> None:
        """Empty."""
        self._open: dict[int, Array] = {}
        self._features: list[Array] = []
        self._success: list[float] = []

    @property
    def count(self) -> int:
        """Closed entries."""
        return len(self._success)

    def open(self, ids: IntArray, features: Array) -> None:
        """Goals are given to robots `ids`, which see `features` (len(ids), F)."""
        for i, row in zip(ids.tolist(), features, strict=True):
            self._open[i] = row

    def close(self, ids: IntArray, success: np.ndarray) -> None:
        """The goals of robots `ids` have ended like this, (len(ids),)."""
        for i, good in zip(ids.tolist(), success, strict=True):
            self._features.append(self._open[i])
            self._success.append(float(good))

    def rows(self, limit: int) -> Rows:
        """The first `limit` entries."""
        return np.stack(self._features[:limit]), np.array(self._success[:limit])


Known = Mapping[str, Array]
"""Numbers of N robots by name, as they were at some moment."""


def _described(skill: PolicySkill[Any], env: BatchEnv, task: SkillTask) -> Array:
    """What the skill says of itself, of goals as they were given."""
    value = skill.value(env.obs, task.goal, task.memory)
    return SKILLS[skill.name].describe(skill.controller, value, env.obs, task.asked, task.memory)


def roll(
    skill: PolicySkill[Any],
    task: SkillTask,
    seed: int,
    rollouts: int,
    progress: Progress | None,
    *,
    reached: Callable[[BatchEnv, Known, Known], BoolArray],
    known: Callable[[], Known] = dict,
    features: Callable[[PolicySkill[Any], BatchEnv, Any], Array] = _described,
) -> Rows:
    """Let the skill pursue the goals of its task, until so many of them have ended; episodes cut off do not count.

    Args:
        skill: Whose.
        task: Its MDP.
        seed: Of everything.
        rollouts: How many.
        progress: Told how many there are.
        reached: Whether goals that end now were reached (N,), unless the robot fell: from the environment, what was
            known before this step, and what was known when the goals were given.
        known: What that is.
        features: Of goals that are given now, (N, F): from the skill, the environment and its task.
    """
    env = BatchEnv(task, 100, seed=seed, randomisation=DISTURBED)
    observation, book = env.reset(), Book()
    book.open(task.all_ids, features(skill, env, task))
    given = last = _copied(known())
    timer = task.timer.copy()
    while book.count < rollouts:
        result = env.step(skill.bundle.actor(observation[:, : task.actor_size]))
        observation = result.observation
        ids = np.flatnonzero(task.timer > timer)
        if len(ids):
            good = reached(env, last, given) & ~result.terminated
            ended = ids[~result.truncated[ids]]
            book.close(ended, good[ended])
            book.open(ids, features(skill, env, task)[ids])
            given = {name: _put(given[name], ids, now) for name, now in known().items()}
            if progress is not None:
                progress(min(book.count, rollouts), rollouts)
        timer, last = task.timer.copy(), _copied(known())
    return book.rows(rollouts)


def _copied(known: Known) -> Known:
    return {name: values.copy() for name, values in known.items()}


def _put(values: Array, ids: IntArray, rows: Array) -> Array:
    """`values` with rows `ids` of `rows`."""
    out = values.copy()
    out[ids] = rows[ids]
    return out
