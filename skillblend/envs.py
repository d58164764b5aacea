"""The tasks as Gymnasium environments, by a name that nothing hides.

Importing it makes the ids known, so that ``gymnasium.make("skillblend.envs:skillblend/H1-Walking-v0")`` works
anywhere: in worker processes, and beside files of one's own called ``sim.py`` or ``robots.py``. Nothing heavy is
imported before an environment is made. `load_policy` gives a trained policy for one.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skillblend import spokes
from skillblend.bundle import read_config, read_networks
from skillblend.errors import BundleError, InputError, ShapeError
from skillblend.policy import Float32, Mlp
from skillblend.shipped import MODELS

GROUP = "skillblend.envs"
"""Entry points whose objects, called, register Gymnasium ids."""


class TaskPolicy:
    """A trained policy for the environments of one task on one robot; deterministic.

    ``policy(observation)`` is an action; `predict` is the same by Stable-Baselines3's convention, so that
    `stable_baselines3.common.evaluation.evaluate_policy` takes it for a model.
    """

    def __init__(self, actor: Mlp) -> None:
        """Act by `actor`."""
        self._actor = actor

    def __call__(self, observation: npt.NDArray[Any]) -> Float32:
        """Action (A,) or (N, A) for observation (O,) or (N, O); columns of the critic are passed over.

        Raises:
            ShapeError: Too few columns, or too many axes.
        """
        rows = np.atleast_2d(np.asarray(observation, dtype=np.float64))
        size = self._actor.input_size
        if rows.ndim != 2 or rows.shape[1] < size:
            raise ShapeError(f"observation {np.shape(observation)} must be ({size},) or (N, {size})")
        action = self._actor(rows[:, :size]).astype(np.float32)
        return action[0] if np.ndim(observation) == 1 else action

    def predict(
        self,
        observation: npt.NDArray[Any],
        state: Any = None,
        episode_start: npt.NDArray[np.bool_] | None = None,
        deterministic: bool = True,
    ) -> tuple[Float32, Any]:
        """Action and `state`, which is handed back: the policy has none."""
        del episode_start, deterministic
        return self(observation), state


def load_policy(task: str, robot: str = "h1", *, models: Path = MODELS) -> TaskPolicy:
    """The trained policy of a skill (walking, reaching) or of a blender (far_reach, button_press).

    Args:
        task: Whose.
        robot: Name of the robot.
        models: Folder of bundles, ROBOT/TASK in it.

    Raises:
        BundleError: There is none, or it is damaged or was made for something else.
    """
    folder = Path(models) / robot / task
    config = read_config(folder)
    found = (config.get("robot"), config.get("skill"))
    if found != (robot, task):
        raise BundleError(f"{folder} is for {found[1]} on {found[0]}, not for {task} on {robot}; name another folder")
    return TaskPolicy(read_networks(folder)[0])


def _register() -> None:
    points = entry_points(group=GROUP)
    if not points:
        raise InputError(f"this installation has no entry points {GROUP!r}; install it again, by `make setup`")
    for point in points:
        spokes.load(point)()


_register()
