"""Floors of every evaluation: what acts in a policy's place without having learned anything.

>>> floor = with_agent(skill, "random", seed=7)  # the same controller; its network answers with noise
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any, Final

import numpy as np

from skillblend.contracts import Array
from skillblend.errors import ShapeError, UnknownNameError
from skillblend.policy import Mlp
from skillblend.skills.skill import PolicySkill

POLICY: Final = "policy"
ZERO: Final = "zero"
RANDOM: Final = "random"
FLOORS = (ZERO, RANDOM)
"""Actions that are all zero; actions that are uniform in [-1, 1]."""
AGENTS = (POLICY, *FLOORS)
"""The trained policy, and those."""


class RandomActor(Mlp):
    """Uniform actions in [-1, 1], which are a function of seed and observation alone.

    So they do not depend on how many robots are evaluated at once, and a run can be repeated.
    """

    def __init__(self, inputs: int, outputs: int, seed: int) -> None:
        """`inputs` columns of observation, `outputs` of action."""
        super().__init__([(np.zeros((outputs, inputs), np.float32), np.zeros(outputs, np.float32))])
        self.seed = seed

    def __call__(self, x: Array) -> Array:
        """Rows (N, inputs) -> (N, outputs).

        Raises:
            ShapeError: Wrong number of columns.
        """
        if x.ndim != 2 or x.shape[1] != self.input_size:
            raise ShapeError(f"network input {x.shape} must be (N, {self.input_size})")
        rows = np.ascontiguousarray(x, dtype=np.float32)
        keys = [(self.seed, zlib.crc32(row.tobytes())) for row in rows]
        out = np.empty((len(x), self.output_size))
        for i, key in enumerate(keys):
            out[i] = np.random.default_rng(key).uniform(-1.0, 1.0, self.output_size)
        return out

    def fast(self) -> Mlp:
        """Itself: there is nothing to round."""
        return self


def check_agent(agent: str) -> None:
    """Refuse a name.

    Raises:
        UnknownNameError: Neither the policy nor a floor.
    """
    if agent not in AGENTS:
        raise UnknownNameError("agent", agent, AGENTS)


def actor_of(agent: str, trained: Mlp, seed: int) -> Mlp:
    """`trained`, or what acts in its place.

    Raises:
        UnknownNameError: No such agent.
    """
    if agent == POLICY:
        return trained
    return floor_actor(agent, trained.input_size, trained.output_size, seed)


def floor_actor(agent: str, inputs: int, outputs: int, seed: int) -> Mlp:
    """What answers `inputs` columns of observation with `outputs` of action, unlearned.

    Raises:
        UnknownNameError: No such agent.
    """
    check_agent(agent)
    if agent == RANDOM:
        return RandomActor(inputs, outputs, seed)
    return Mlp([(np.zeros((outputs, inputs), np.float32), np.zeros(outputs, np.float32))])


def floor_of(agent: str) -> dict[str, str]:
    """What a result says of it: nothing where the policy acts."""
    return {} if agent == POLICY else {"agent": agent}


def with_agent(skill: PolicySkill[Any], agent: str, seed: int) -> PolicySkill[Any]:
    """`skill` under another agent; its critic stays.

    Raises:
        UnknownNameError: No such agent.
    """
    actor = actor_of(agent, skill.bundle.actor, seed)
    return PolicySkill(skill.controller, replace(skill.bundle, actor=actor))
