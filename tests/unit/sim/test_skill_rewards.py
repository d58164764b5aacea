"""Rewards of skills are functions in a table, and what a skill trains by is that table."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import robots
import sim.tasks
from sim.env import BatchEnv
from sim.mdp import Task
from sim.randomisation import NOMINAL
from sim.registry import builtin_tasks
from sim.skills.spec import TRAININGS
from sim.tasks.spec import TASKS


@pytest.mark.parametrize("skill", TRAININGS.names())
def test_terms_of_a_skill_are_those_of_its_table(skill: str) -> None:
    rewards = TRAININGS[skill].rewards
    env = BatchEnv(builtin_tasks().make(skill, robots.load("h1")), 3, randomisation=NOMINAL)
    env.reset()
    result = env.step(np.zeros((3, env.task.action_size)))
    assert list(env.terms) == list(rewards)
    config = env.task.config  # type: ignore[attr-defined]
    assert config.weights == {name: reward.weight for name, reward in rewards.items()}
    for name, reward in rewards.items():
        again = reward.values(env.task, env.state)
        assert again.shape == (3,) and np.isfinite(again).all(), name
    total = sum(rewards[name].weight * values for name, values in env.terms.items())
    assert result.reward == pytest.approx(0.02 * np.maximum(total, -0.5))


@pytest.mark.parametrize("skill", TRAININGS.names())
def test_a_term_of_weight_zero_costs_nothing_and_one_alone_is_the_reward(skill: str) -> None:
    rewards = TRAININGS[skill].rewards
    only = {name: float(name == "alive") for name in rewards}
    env = BatchEnv(builtin_tasks().make(skill, robots.load("h1"), weights=only), 2, randomisation=NOMINAL)
    env.reset()
    assert env.step(np.zeros((2, env.task.action_size))).reward == pytest.approx(0.02)


def test_tasks_are_blenders_tasks_alone() -> None:
    """Every file of `sim/tasks` is a blender's task or serves these; the MDP of a skill is where the skill is."""
    folder = Path(next(iter(sim.tasks.__path__)))
    assert not {file.stem for file in folder.glob("*.py")} & {*TRAININGS}
    kinds = [
        f"{file.stem}.{node.name}"
        for file in sorted(folder.glob("*.py"))
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef) and any(getattr(b, "id", "") == "Task" for b in node.bases)
    ]
    assert kinds == ["blend.BlendTask"] and len(TASKS) >= 2


@pytest.mark.parametrize("skill", TRAININGS.names())
def test_the_mdp_of_a_skill_is_where_the_skill_is(skill: str) -> None:
    task = builtin_tasks().make(skill, robots.load("h1"))
    assert isinstance(task, Task) and type(task).__module__ == f"sim.skills.{skill}"
