"""Reward terms: plain functions of an MDP and of the state that a step led to, each with a weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from skillblend.contracts import Array, WorldState

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Reward(Generic[T]):
    """A reward term.

    Attributes:
        weight: Per second.
        values: Before weighting, (N,): from the MDP and the state.
    """

    weight: float
    values: Callable[[T, WorldState], Array]


def weights(rewards: Mapping[str, Reward[T]]) -> dict[str, float]:
    """The terms' own weights, for a configuration that may change them."""
    return {name: reward.weight for name, reward in rewards.items()}


def terms(rewards: Mapping[str, Reward[T]], mdp: T, state: WorldState) -> dict[str, Array]:
    """Every term before weighting, (N,)."""
    return {name: reward.values(mdp, state) for name, reward in rewards.items()}


def weighted(values: Mapping[str, Array], by: Mapping[str, float], n: int) -> Array:
    """Their weighted sum (N,), term by term: the same whatever the number `n` of environments."""
    return sum((by[name] * value for name, value in values.items()), np.zeros(n))
