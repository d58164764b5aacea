"""Trials of hand-overs between any two skills of a robot."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from sim.handover import HandoverTrials
from sim.settings import EVALUATION
from skillblend.errors import InputError, UnknownNameError
from skillblend.loading import load_skillset
from skillblend.shipped import MODELS
from skillblend.skillset import SkillSet


@pytest.fixture(scope="module")
def skills() -> SkillSet:
    return load_skillset(robots.load("h1"), MODELS)


def test_goals_are_those_that_a_skill_may_be_asked_for(skills: SkillSet) -> None:
    trials = HandoverTrials(skills, 50, 3, EVALUATION)
    for name in skills.names:
        space = skills.skill(name).goal_space
        goals = trials.goals(name, 50)
        assert goals.shape == (50, len(space.names))
        np.testing.assert_allclose(space.clip(goals), goals)
        assert len(np.unique(goals, axis=0)) > 40
        np.testing.assert_array_equal(goals, trials.goals(name, 50))


def test_two_different_skills_of_the_robot_take_turns(skills: SkillSet) -> None:
    trials = HandoverTrials(skills, 1, 3, EVALUATION)
    with pytest.raises(InputError, match="walking cannot take over from itself"):
        trials.run("walking", "walking")
    with pytest.raises(UnknownNameError, match="did you mean 'reaching'"):
        trials.run("walking", "reachin")
