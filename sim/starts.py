"""States that skills leave behind: what the next skill may have to start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from skillblend.contracts import Array, BoolArray, IntArray
from skillblend.errors import BundleError
from skillblend.files import atomic_write
from skillblend.kinematics import to_heading, turned, yaw

if TYPE_CHECKING:
    from sim.env import BatchEnv


@dataclass(frozen=True, kw_only=True)
class StartStates:
    """M states of the robot, with heading and position removed.

    Attributes:
        pose: Height, base quaternion (zero heading), joint positions. Shape (M, 1 + 4 + J).
        velocity: Base linear velocity (heading frame), base angular velocity, joint velocities.
            Shape (M, 6 + J).
    """

    pose: Array
    velocity: Array

    @property
    def num(self) -> int:
        """M."""
        return len(self.pose)

    def put(self, qpos: Array, qvel: Array, use: BoolArray, row: IntArray, joints: int) -> None:
        """Overwrite rows `use` of full states with stored states number `row`."""
        qpos[use, 2 : 7 + joints] = self.pose[row[use]]
        qvel[use, : 6 + joints] = self.velocity[row[use]]

    @staticmethod
    def join(parts: list[StartStates]) -> StartStates:
        """All states of `parts`."""
        return StartStates(
            pose=np.concatenate([p.pose for p in parts]), velocity=np.concatenate([p.velocity for p in parts])
        )


def snapshot(qpos: Array, qvel: Array, joints: int) -> StartStates:
    """The states of rows of qpos (N, nq) and qvel (N, nv), with heading and position removed."""
    heading = yaw(qpos[:, 3:7])
    pose = qpos[:, 2 : 7 + joints].copy()
    pose[:, 1:5] = turned(qpos[:, 3:7], -heading)
    velocity = qvel[:, : 6 + joints].copy()
    velocity[:, :3] = to_heading(qvel[:, :3], heading)
    return StartStates(pose=pose, velocity=velocity)


def collect(
    env: BatchEnv, act: Callable[[Array], Array], steps: int, choose: Callable[[BatchEnv], BoolArray]
) -> StartStates:
    """States that a policy leaves behind: those for which `choose` says so after each of `steps` steps."""
    joints = env.task.world.robot.num_joints
    observation = env.reset()
    parts: list[StartStates] = []
    for _ in range(steps):
        result = env.step(act(observation[:, : env.task.actor_size]))
        observation = result.observation
        keep = choose(env) & ~result.terminated & ~result.truncated
        if keep.any():
            parts.append(snapshot(env.sim.qpos[keep], env.sim.qvel[keep], joints))
    return StartStates.join(parts)


def save_starts(starts: StartStates, path: Path) -> None:
    """Write as safetensors, whole or not at all."""
    atomic_write(path, save({"pose": starts.pose, "velocity": starts.velocity}))


def load_starts(path: Path) -> StartStates:
    """Read what `save_starts` wrote.

    Raises:
        BundleError: Missing or unreadable.
    """
    try:
        tensors = load_file(path)
        return StartStates(pose=tensors["pose"], velocity=tensors["velocity"])
    except (OSError, KeyError, SafetensorError) as error:
        raise BundleError(f"no start states in {path}: {error}; collect them again") from error
