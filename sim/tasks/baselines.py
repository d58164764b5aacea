"""Policies to compare a blender with, for any task: no motion, averaging, one skill alone, a hand-over, the oracle.

The task's oracle decides goals in all but the first; what differs is who has which joints. The oracle also teaches: a
blender starts as its clone (`sim.clone`) and improves on it by PPO.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.tasks.spec import Act, TaskSpec
from skillblend.blending import BlendController
from skillblend.contracts import Array, IntArray
from skillblend.errors import InputError, UnknownNameError
from skillblend.flat import FlatController
from skillblend.skills.spec import LIMBS, SKILLS

ONLY = "only_"
"""Begins the names of the policies that leave every joint to one skill."""


def baseline_names(spec: TaskSpec) -> tuple[str, ...]:
    """Of the scripted policies for a task."""
    return ("noop", "uniform", *(f"{ONLY}{skill}" for skill in spec.skills), "handover", "oracle")


def baseline(name: str, spec: TaskSpec, controller: BlendController | FlatController) -> Act:
    """A scripted policy over the blender's own observation and action.

    Raises:
        UnknownNameError: No such baseline.
        InputError: The controller has no skills to give joints to.
    """
    if isinstance(controller, FlatController):
        raise InputError(f"{name} gives joints to skills; a flat policy has none, choose another variant")
    if name not in baseline_names(spec):
        raise UnknownNameError("policy", name, baseline_names(spec))
    oracle = spec.oracle(controller)
    if name == "noop":
        return _noop(controller)
    if name == "uniform":
        return _with_gates(oracle, controller, lambda action: controller.as_decision(np.full(len(action), -1)))
    if name == "handover":
        return _with_gates(oracle, controller, lambda action: controller.as_decision(_who_walks(controller, action)))
    if name == "oracle":
        return oracle
    number = spec.skills.index(name.removeprefix(ONLY))
    return _with_gates(oracle, controller, lambda action: controller.as_decision(np.full(len(action), number)))


def _noop(controller: BlendController) -> Act:
    """The skill that recovers has every joint, and is asked for nothing: stand where you are."""
    names = controller.ensemble.names
    able = next((k for k, name in enumerate(names) if SKILLS[name].recovers), 0)

    def act(observation: Array) -> Array:
        n = len(observation)
        shifts = {
            each.skill: controller.ensemble.rest(k, n)
            for k, each in enumerate(controller.config.skills)
            if not each.follows
        }
        return controller.encode(shifts, dict.fromkeys(LIMBS, np.full(n, able)))

    return act


def _with_gates(oracle: Act, controller: BlendController, gates: Callable[[Array], Array]) -> Act:
    """The oracle's goals with other gates."""

    def act(observation: Array) -> Array:
        action = oracle(observation)
        action[:, controller.gates] = gates(action)[:, controller.gates]
        return action

    return act


def _who_walks(controller: BlendController, action: Array) -> IntArray:
    """Number of the skill that has most of the legs, (N,)."""
    legs = controller.robot.joints(*LIMBS["legs"])
    return controller.weights(action)[:, :, legs].sum(axis=2).argmax(axis=1)
