"""Small worlds for the tests of `sim`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import robots
from sim.env import BatchEnv
from sim.registry import builtin_tasks
from sim.world import World, build_world
from skillblend.contracts import Array, Robot

Policy = Callable[[Array], Array]


@pytest.fixture(scope="session")
def h1() -> Robot:
    return robots.load("h1")


@pytest.fixture(scope="session")
def world(h1: Robot) -> World:
    return build_world(h1)


@pytest.fixture
def make_env(h1: Robot) -> Callable[..., BatchEnv]:
    """``make_env(task, n, seed=..., nthread=..., randomisation=..., autoreset=..., **task_config)``."""

    def make(task: str, n: int, **options: Any) -> BatchEnv:
        names = ("seed", "nthread", "randomisation", "stagger", "autoreset")
        chosen = {name: options.pop(name) for name in names if name in options}
        return BatchEnv(builtin_tasks().make(task, h1, **options), n, **chosen)

    return make


@pytest.fixture(scope="session")
def linear_policy() -> Callable[..., Policy]:
    """``linear_policy(env, scale)``: fixed, linear, and evaluated for each row alone."""

    def make(env: BatchEnv, scale: float = 0.3) -> Policy:
        task = env.task
        weights = np.random.default_rng(11).standard_normal((task.actor_size, task.action_size))
        weights *= scale / np.sqrt(task.actor_size)

        def act(observation: Array) -> Array:
            rows = [np.einsum("o,oa->a", row, weights) for row in observation[:, : task.actor_size]]
            return np.array(rows)

        return act

    return make
