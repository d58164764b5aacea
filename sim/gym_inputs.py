"""What comes from outside into a Gymnasium environment, checked where it enters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from gymnasium.vector import AutoresetMode

from sim.env import BatchEnv
from sim.mdp import Task
from sim.randomisation import Randomisation
from sim.registry import builtin_tasks, load_robot
from sim.settings import setting, whole
from skillblend.contracts import Array, IntArray, Robot
from skillblend.errors import InputError, ShapeError, UnknownNameError

ACTION_BOUND = 10.0
"""As in `skillblend.training.vec_env`: policies act in units of their action scale."""
MOST_ENVS = 65_536
MOST_THREADS = 1024
ENDLESS = 2**62
ARGUMENTS = ("setting", "randomisation", "privileged", "max_episode_steps", "render_mode")
"""Of every environment, besides the fields of its task's configuration; those of a batch follow."""
BATCH_ARGUMENTS = ("num_envs", "nthread", "autoreset_mode")

Options = tuple[str, Randomisation | None, int | None]
"""Setting, randomisation, limit of steps."""


def batch_env(
    robot: str | Robot,
    task: str,
    num_envs: int,
    nthread: int,
    options: Options,
    config: Mapping[str, Any],
    *,
    resets: bool,
) -> BatchEnv:
    """N simulations of a task; `resets`: an episode that ends is followed by the next within the same step."""
    name, randomisation, limit = options
    chosen = setting(name, task)
    if not isinstance(randomisation, Randomisation | None):
        raise InputError(f"randomisation = {randomisation!r} must be a sim.randomisation.Randomisation, or None")
    made = _task(robot, task, {**chosen.episodes, **config})
    if made.episode_steps < 1:
        raise InputError(f"episode_seconds = {config.get('episode_seconds')!r} is less than one step; choose more")
    return BatchEnv(
        made,
        num_envs,
        nthread=nthread,
        randomisation=randomisation or chosen.randomisation,
        autoreset=resets,
        episode_steps=_limit(limit, made, "episode_seconds" in config),
    )


def _task(robot: str | Robot, task: str, config: dict[str, Any]) -> Task:
    if isinstance(robot, str):
        robot = load_robot(robot)
    if not isinstance(robot, Robot):
        raise InputError(f"robot = {robot!r} must be a Robot or the name of one")
    try:
        return builtin_tasks().make(task, robot, **config)
    except UnknownNameError as error:
        if error.kind != "argument":
            raise
        raise UnknownNameError("argument", error.name, [*error.known, *ARGUMENTS, *BATCH_ARGUMENTS]) from None


def _limit(limit: int | None, task: Task, shortened: bool) -> int | None:
    """Steps of an episode: `limit`, or the task's own where it was given as a time too."""
    if limit is None:
        return None
    if limit == -1:
        return ENDLESS
    limit = whole("max_episode_steps", limit, 1, ENDLESS)
    if not shortened:
        return limit
    if task.episode_steps > limit:
        raise InputError(
            f"episode_seconds asks for {task.episode_steps} steps, more than max_episode_steps = {limit}; "
            "leave out episode_seconds and set max_episode_steps"
        )
    return None


def spaces(env: BatchEnv, privileged: bool) -> tuple[Box, Box]:
    """Of observation and action of one robot."""
    task = env.task
    size = task.actor_size + (task.critic_size if privileged else 0)
    return (
        Box(-np.inf, np.inf, (size,), np.float32),
        Box(-ACTION_BOUND, ACTION_BOUND, (task.action_size,), np.float32),
    )


def visible(observation: Array, space: Any) -> np.ndarray:
    """The columns (N, ...) of an observation that belong to `space`; always a copy."""
    return observation[:, : space.shape[0]].astype(np.float32)


def actions(values: Any, space: Any) -> Array:
    """Actions of the shape that `space` has, as float64.

    Raises:
        ShapeError: Of another shape.
        InputError: No numbers, or some that are not finite.
    """
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"actions must be numbers, shape {space.shape}: {error}") from error
    if found.shape != space.shape:
        raise ShapeError(f"actions {found.shape} must be {space.shape}")
    if not np.isfinite(found).all():
        where = [int(i) for i in np.argwhere(~np.isfinite(found))[0]]
        raise InputError(f"actions must be finite numbers; {found[tuple(where)]} at {where}")
    return found


def stream_seed(seed: int | None, rng: np.random.Generator) -> int:
    """A seed of episodes: any that Gymnasium takes, different ones for different seeds; drawn where there is none."""
    if seed is None:
        return int(rng.integers(2**63))
    if seed < 2**64:
        return seed
    return int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])


def masked_ids(mask: Any, n: int) -> IntArray:
    """Where a mask (N,) is true.

    Raises:
        InputError: It is no mask, or true nowhere.
    """
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (n,) or not mask.any():
        raise InputError(f"options['reset_mask'] must be a boolean array of shape ({n},) with a True in it")
    return np.flatnonzero(mask)


def autoreset(mode: AutoresetMode | str) -> AutoresetMode:
    """One of Gymnasium's modes, by its value as well.

    Raises:
        InputError: None of them.
    """
    try:
        return AutoresetMode(mode)
    except ValueError:
        raise InputError(f"autoreset_mode = {mode!r}; allowed: {[m.value for m in AutoresetMode]}") from None


def rendering(mode: str | None, modes: Sequence[str]) -> str | None:
    """`mode` if it is one of `modes` or None.

    Raises:
        InputError: It is neither.
    """
    if mode is not None and mode not in modes:
        raise InputError(
            f"render_mode {mode!r} is not offered; allowed: None, {', '.join(map(repr, modes))}; "
            "gymnasium.make adds 'rgb_array_list' and 'human'"
        )
    return mode


def threads(number: Any) -> int:
    """Simulation threads, 0 for one per CPU.

    Raises:
        InputError: No such number.
    """
    return whole("nthread", number, 0, MOST_THREADS)
