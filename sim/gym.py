"""Tasks as Gymnasium environments: one robot as an `Env`, N robots stepped together as a `VectorEnv`."""

from __future__ import annotations

import copy
from typing import Any, Never

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from sim.env import BatchEnv, StepResult
from sim.gym_inputs import (
    ACTION_BOUND,
    MOST_ENVS,
    actions,
    autoreset,
    batch_env,
    masked_ids,
    rendering,
    spaces,
    stream_seed,
    threads,
    visible,
)
from sim.portrait import Portrait
from sim.randomisation import Randomisation
from sim.registry import builtin_tasks
from sim.render import Image
from sim.settings import whole
from skillblend.contracts import Array, BoolArray, Robot
from skillblend.errors import InputError

__all__ = ["ACTION_BOUND", "RegisteredEnv", "TaskEnv", "TaskVectorEnv"]

RENDER_MODES = ("rgb_array",)


class _Simulated:
    """What both kinds share: a running simulation, which can be drawn and cannot be copied."""

    metadata: dict[str, Any]
    render_mode: str | None
    _env: BatchEnv
    _begun: bool

    def _prepare(self, env: BatchEnv, render_mode: str | None) -> None:
        self._env = env
        self._begun = False
        self.render_mode = rendering(render_mode, RENDER_MODES)
        self._portrait = None if render_mode is None else Portrait(env)
        period = env.task.world.robot.control_dt * env.task.decimation
        self.metadata = {**type(self).metadata, "render_fps": round(1.0 / period)}

    def _need_reset(self, what: str) -> None:
        if not self._begun:
            raise ResetNeeded(f"call reset() before {what}()")

    def _frames(self) -> tuple[Image, ...] | None:
        portrait = self._portrait
        if portrait is None:
            gymnasium.logger.warn("render() draws nothing without render_mode='rgb_array', given to gymnasium.make")
            return None
        self._need_reset("render")
        return tuple(portrait.draw(i) for i in range(self._env.n))

    def _stop_drawing(self) -> None:
        if self._portrait is not None:
            self._portrait.close()

    def __reduce_ex__(self, protocol: Any) -> Never:
        raise InputError(
            f"{type(self).__name__} runs a simulation and cannot be copied or pickled; "
            "make another one, with gymnasium.make(env.spec) for example, and reset it with the same seed"
        )


class TaskEnv(_Simulated, gymnasium.Env[np.ndarray, np.ndarray]):
    """One robot at one task.

    ``info`` of a step holds the task's measurements of the episode so far, as numbers, and ``broken``, which is 1
    where the simulation blew up: the episode ends, counts as a fall, and its last observation is the one before.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 50}  # noqa: RUF012

    def __init__(
        self,
        robot: str | Robot,
        task: str,
        *,
        setting: str = "evaluation",
        randomisation: Randomisation | None = None,
        privileged: bool = False,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        **config: Any,
    ) -> None:
        """Build the task.

        Args:
            robot: A robot, or the name of an installed one.
            task: Registered name.
            setting: ``evaluation`` as published figures are, or ``training``.
            randomisation: Instead of the setting's.
            privileged: Append the critic's columns, which no real robot can measure.
            max_episode_steps: Steps until an episode is cut off, -1 for never; None for the task's own number.
            render_mode: ``rgb_array`` for `render`; None: nothing is drawn here.
            config: Fields of the task's configuration.

        Raises:
            UnknownNameError: No such robot, task, setting or field.
            InputError: A value that is not allowed.
        """
        options = (setting, randomisation, max_episode_steps)
        self._prepare(batch_env(robot, task, 1, 1, options, config, resets=False), render_mode)
        self.observation_space, self.action_space = spaces(self._env, privileged)
        self._over = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start the next episode; with a seed, the first one of that seed."""
        super().reset(seed=seed)
        del options
        if seed is not None or not self._begun:
            self._env.restart(stream_seed(seed, self.np_random))
            self._begun = True
        self._over = False
        return visible(self._env.reset(), self.observation_space)[0], {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One step under `action` (A,).

        Raises:
            ResetNeeded: Before the first `reset`.
            InputError: A number that is not finite.
            ShapeError: `action` is not (A,).
        """
        self._need_reset("step")
        if self._over:
            gymnasium.logger.warn("step() after the end of an episode means nothing; call reset() first")
        result = self._env.step(actions(action, self.action_space)[None])
        self._over = bool(result.terminated[0] | result.truncated[0])
        return (
            visible(result.final_observation, self.observation_space)[0],
            float(result.reward[0]),
            bool(result.terminated[0]),
            bool(result.truncated[0]),
            {name: float(v[0]) for name, v in _metrics(self._env, result).items() if np.isfinite(v[0])},
        )

    def render(self) -> Image | None:  # type: ignore[override]
        """The robot now, (height, width, 3)."""
        frames = self._frames()
        return None if frames is None else frames[0]

    def close(self) -> None:
        """Free what draws; may be called twice."""
        self._stop_drawing()
        super().close()


class RegisteredEnv(TaskEnv):
    """As `gymnasium.make` has it: Gymnasium's own wrapper cuts episodes off, after ``spec.max_episode_steps``."""

    def __init__(self, robot: str | Robot, task: str, **options: Any) -> None:
        """As `TaskEnv`; ``episode_seconds`` can only shorten episodes, ``max_episode_steps`` sets their length."""
        limit = builtin_tasks().entry(task).episode_steps if "episode_seconds" in options else -1
        super().__init__(robot, task, max_episode_steps=limit, **options)


class TaskVectorEnv(_Simulated, VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """N robots at one task, each in its own world.

    What follows the end of an episode is the choice of `autoreset_mode`, as with Gymnasium's own vector
    environments. ``infos`` holds the task's measurements of the episodes so far, with a mask under the same name
    with an underscore in front; with ``SameStep``, those of the episodes that ended are in ``infos["final_info"]``
    and their last observations in ``infos["final_obs"]``.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 (Gymnasium's own declaration)
        "render_modes": list(RENDER_MODES),
        "render_fps": 50,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        robot: str | Robot,
        task: str,
        *,
        num_envs: int = 1,
        nthread: int = 0,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        setting: str = "evaluation",
        randomisation: Randomisation | None = None,
        privileged: bool = False,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        **config: Any,
    ) -> None:
        """Build the task.

        Args:
            robot: A robot, or the name of an installed one.
            task: Registered name.
            num_envs: N.
            nthread: Simulation threads, 0 for one per CPU; results do not depend on it.
            autoreset_mode: ``NextStep``: the step after an episode's end resets and ignores its action;
                ``SameStep``: the reset is part of the last step; ``Disabled``: call `reset` with a mask.
            setting: ``evaluation`` as published figures are, or ``training``.
            randomisation: Instead of the setting's.
            privileged: Append the critic's columns, which no real robot can measure.
            max_episode_steps: Steps until an episode is cut off, -1 for never; None for the task's own number.
            render_mode: ``rgb_array`` for `render`; None: nothing is drawn here.
            config: Fields of the task's configuration.

        Raises:
            UnknownNameError: No such robot, task, setting or field.
            InputError: A value that is not allowed.
        """
        num_envs = whole("num_envs", num_envs, 1, MOST_ENVS)
        self._mode = autoreset(autoreset_mode)
        options = (setting, randomisation, max_episode_steps)
        resets = self._mode is AutoresetMode.SAME_STEP
        env = batch_env(robot, task, num_envs, threads(nthread), options, config, resets=resets)
        self._prepare(env, render_mode)
        self.metadata["autoreset_mode"] = self._mode
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = spaces(self._env, privileged)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._over = np.zeros(num_envs, dtype=np.bool_)
        self._spec: EnvSpec | None = None

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]
        """As made by `gymnasium.make_vec`, with the limit that is kept."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:  # type: ignore[override]
        self._spec = copy.copy(spec)
        if self._spec is not None:
            self._spec.max_episode_steps = self._env.episode_steps

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start new episodes everywhere, or where ``options["reset_mask"]`` (N,) is true.

        Raises:
            InputError: `seed` together with a mask: a seed is for all episodes.
        """
        super().reset(seed=seed)
        if options is not None and not isinstance(options, dict):
            raise InputError(f"options = {options!r} must be a dict, such as {{'reset_mask': mask}}, or None")
        mask = (options or {}).get("reset_mask")
        if mask is not None and self._begun:
            if seed is not None:
                raise InputError("a seed is for all environments; leave out seed or options['reset_mask']")
            ids = masked_ids(mask, self.num_envs)
            self._over[ids] = False
            observation = self._env.reset(ids)
        else:
            if seed is not None or not self._begun:
                self._env.restart(stream_seed(seed, self.np_random))
                self._begun = True
            self._over[:] = False
            observation = self._env.reset()
        return visible(observation, self.single_observation_space), {}

    def step(self, actions_: np.ndarray) -> tuple[np.ndarray, Array, BoolArray, BoolArray, dict[str, Any]]:
        """One step under actions (N, A).

        Raises:
            ResetNeeded: Before the first `reset`, or, with autoreset disabled, where an episode has ended.
            InputError: A number that is not finite.
            ShapeError: The actions are not (N, A).
        """
        self._need_reset("step")
        over = self._over
        if self._mode is AutoresetMode.DISABLED and over.any():
            ended = np.flatnonzero(over).tolist()
            raise ResetNeeded(f"episodes of environments {ended} are over; reset(options={{'reset_mask': mask}})")
        result = self._env.step(actions(actions_, self.action_space))
        infos = self._infos(result, over)
        if over.any():
            self._begin_next(result, over)
        self._over = (result.terminated | result.truncated) & (self._mode is not AutoresetMode.SAME_STEP)
        observation = visible(result.observation, self.single_observation_space)
        return observation, result.reward, result.terminated, result.truncated, infos

    def render(self) -> tuple[Image, ...] | None:
        """The robots now, each (height, width, 3)."""
        return self._frames()

    def close_extras(self, **kwargs: Any) -> None:
        """Free what draws."""
        del kwargs
        self._stop_drawing()

    def _begin_next(self, result: StepResult, over: BoolArray) -> None:
        """Make of `result`, where episodes were over before, the step that begins the next ones."""
        ids = np.flatnonzero(over)
        result.observation = result.observation.copy()
        result.observation[ids] = self._env.reset(ids)[ids]
        result.reward[ids] = 0.0
        result.terminated[ids] = False
        result.truncated[ids] = False

    def _infos(self, result: StepResult, over: BoolArray) -> dict[str, Any]:
        done = result.terminated | result.truncated
        metrics = _metrics(self._env, result)
        if self._mode is not AutoresetMode.SAME_STEP:
            return _masked(metrics, ~over)
        infos = _masked(metrics, ~done)
        if done.any():
            last = visible(result.final_observation, self.single_observation_space)
            final_obs = np.full(len(done), None, dtype=object)
            for i in np.flatnonzero(done):
                final_obs[i] = last[i]
            infos |= {"final_obs": final_obs, "_final_obs": done.copy()}
            infos |= {"final_info": _masked(metrics, done), "_final_info": done.copy()}
        return infos


def _metrics(env: BatchEnv, result: StepResult) -> dict[str, Array]:
    """The task's measurements of the episodes that `result` belongs to, each (N,)."""
    return result.metrics or {**env.task.metrics, "broken": np.zeros(env.n)}


def _masked(values: dict[str, Array], mask: BoolArray) -> dict[str, Any]:
    """Values (N,) and masks as Gymnasium's vector environments have them; NaN: no such value yet."""
    found: dict[str, Any] = {}
    for name, row in values.items():
        there = mask & np.isfinite(row)
        if there.any():
            found[name] = np.where(there, row, 0.0)
            found[f"_{name}"] = there
    return found
