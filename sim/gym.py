"""Tasks as Gymnasium environments: one robot as an `Env`, N robots stepped together as a `VectorEnv`."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from sim.env import BatchEnv, StepResult
from sim.randomisation import Randomisation
from sim.registry import builtin_tasks, load_robot
from skillblend.contracts import Array, BoolArray, Robot
from skillblend.errors import InputError

ACTION_BOUND = 10.0
"""As in `skillblend.training.vec_env`: policies act in units of their action scale."""


class TaskEnv(gymnasium.Env[np.ndarray, np.ndarray]):
    """One robot at one task.

    ``info`` is empty but at the end of an episode, when it holds the task's metrics.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (Gymnasium's own declaration)

    def __init__(
        self,
        robot: str | Robot,
        task: str,
        *,
        randomisation: Randomisation | None = None,
        privileged: bool = False,
        render_mode: str | None = None,
        **config: Any,
    ) -> None:
        """Build the task.

        Args:
            robot: A robot, or the name of an installed one.
            task: Registered name.
            randomisation: Defaults to `Randomisation()`.
            privileged: Append the critic's columns, which no real robot can measure.
            render_mode: None: nothing is drawn here.
            config: Fields of the task's configuration.
        """
        _refuse_rendering(render_mode)
        self._env = _batch_env(robot, task, 1, 1, randomisation, config, autoreset=False)
        self.observation_space, self.action_space = _spaces(self._env, privileged)
        self._seeded = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start the next episode; with a seed, the first one of that seed."""
        super().reset(seed=seed)
        del options
        if seed is not None or not self._seeded:
            self._env.restart(_stream_seed(seed, self.np_random))
            self._seeded = True
        return _visible(self._env.reset(), self.observation_space)[0], {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One step under `action` (A,)."""
        result = self._env.step(np.asarray(action, dtype=np.float64)[None])
        return (
            _visible(result.final_observation, self.observation_space)[0],
            float(result.reward[0]),
            bool(result.terminated[0]),
            bool(result.truncated[0]),
            {name: float(values[0]) for name, values in result.metrics.items()},
        )


class TaskVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """N robots at one task, each in its own world; an episode that ends is followed by a reset in that step.

    As Gymnasium's own vector environments in `AutoresetMode.SAME_STEP`: ``infos["final_obs"]`` holds the
    last observation of the episodes that ended, ``infos["final_info"]`` the task's metrics, each with a
    mask under the same name with an underscore in front.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 (Gymnasium's own declaration)
        "render_modes": [],
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        robot: str | Robot,
        task: str,
        *,
        num_envs: int = 1,
        nthread: int = 0,
        randomisation: Randomisation | None = None,
        privileged: bool = False,
        render_mode: str | None = None,
        **config: Any,
    ) -> None:
        """Build the task.

        Args:
            robot: A robot, or the name of an installed one.
            task: Registered name.
            num_envs: N.
            nthread: Simulation threads, 0 for one per CPU; results do not depend on it.
            randomisation: Defaults to `Randomisation()`.
            privileged: Append the critic's columns, which no real robot can measure.
            render_mode: None: nothing is drawn here.
            config: Fields of the task's configuration.
        """
        _refuse_rendering(render_mode)
        self._env = _batch_env(robot, task, num_envs, nthread, randomisation, config)
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = _spaces(self._env, privileged)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._seeded = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start new episodes everywhere, or where ``options["reset_mask"]`` (N,) is true.

        Raises:
            InputError: `seed` together with a mask: a seed is for all episodes.
        """
        super().reset(seed=seed)
        mask = (options or {}).get("reset_mask")
        if mask is not None and self._seeded:
            if seed is not None:
                raise InputError("a seed is for all environments; leave out seed or options['reset_mask']")
            observation = self._env.reset(_masked_ids(mask, self.num_envs))
        else:
            if seed is not None or not self._seeded:
                self._env.restart(_stream_seed(seed, self.np_random))
                self._seeded = True
            observation = self._env.reset()
        return _visible(observation, self.single_observation_space), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, Array, BoolArray, BoolArray, dict[str, Any]]:
        """One step under `actions` (N, A)."""
        result = self._env.step(np.asarray(actions, dtype=np.float64))
        return (
            _visible(result.observation, self.single_observation_space),
            result.reward,
            result.terminated,
            result.truncated,
            _final_infos(result, self.single_observation_space),
        )


def _final_infos(result: StepResult, space: Any) -> dict[str, Any]:
    done = result.terminated | result.truncated
    if not done.any():
        return {}
    last = _visible(result.final_observation, space)
    final_obs = np.full(len(done), None, dtype=object)
    for i in np.flatnonzero(done):
        final_obs[i] = last[i]
    final_info: dict[str, Any] = {}
    for name, values in result.metrics.items():
        final_info[name] = np.where(done, values, 0.0)
        final_info[f"_{name}"] = done.copy()
    return {
        "final_obs": final_obs,
        "_final_obs": done.copy(),
        "final_info": final_info,
        "_final_info": done.copy(),
    }


def _batch_env(
    robot: str | Robot,
    task: str,
    num_envs: int,
    nthread: int,
    randomisation: Randomisation | None,
    config: dict[str, Any],
    *,
    autoreset: bool = True,
) -> BatchEnv:
    if isinstance(robot, str):
        robot = load_robot(robot)
    made = builtin_tasks().make(task, robot, **config)
    return BatchEnv(made, num_envs, nthread=nthread, randomisation=randomisation, autoreset=autoreset)


def _spaces(env: BatchEnv, privileged: bool) -> tuple[Box, Box]:
    task = env.task
    size = task.actor_size + (task.critic_size if privileged else 0)
    return (
        Box(-np.inf, np.inf, (size,), np.float32),
        Box(-ACTION_BOUND, ACTION_BOUND, (task.action_size,), np.float32),
    )


def _visible(observation: Array, space: Any) -> np.ndarray:
    """The columns (N, ...) of an observation that belong to `space`; always a copy."""
    return observation[:, : space.shape[0]].astype(np.float32)


def _stream_seed(seed: int | None, rng: np.random.Generator) -> int:
    return int(rng.integers(2**63)) if seed is None else seed % 2**64


def _masked_ids(mask: Any, n: int) -> np.ndarray:
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (n,) or not mask.any():
        raise InputError(f"options['reset_mask'] must be a boolean array of shape ({n},) with a True in it")
    return np.flatnonzero(mask)


def _refuse_rendering(render_mode: str | None) -> None:
    if render_mode is not None:
        raise InputError(f"render_mode {render_mode!r} is not offered; allowed: None")
