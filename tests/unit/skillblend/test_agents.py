"""Floors of evaluations: actions that nobody has learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import robots
from skillblend.agents import AGENTS, FLOORS, RandomActor, actor_of, floor_actor, floor_of, with_agent
from skillblend.cli import main
from skillblend.cli.arguments import Agents
from skillblend.errors import ShapeError, UnknownNameError
from skillblend.loading import load_skillset
from skillblend.shipped import MODELS
from skillblend.skills.skill import load_skill


def test_random_actions_do_not_depend_on_how_many_robots_there_are() -> None:
    actor = RandomActor(5, 3, seed=7)
    x = np.random.default_rng(0).normal(size=(400, 5))
    together = actor(x)
    assert np.array_equal(together, np.concatenate([actor(x[:1]), actor(x[1:])]))
    assert not np.array_equal(together, RandomActor(5, 3, seed=8)(x))
    assert np.abs(together).max() <= 1.0 and abs(together.mean()) < 0.05
    assert together.var() == pytest.approx(1 / 3, rel=0.1)
    assert actor.fast() is actor
    with pytest.raises(ShapeError, match=r"\(2, 4\) must be \(N, 5\)"):
        actor(np.zeros((2, 4)))


def test_an_agent_takes_the_place_of_the_actor_alone() -> None:
    skill = load_skill("walking", robots.load("h1"), MODELS / "h1" / "walking")
    x = np.random.default_rng(1).normal(size=(3, skill.bundle.actor.input_size))
    assert with_agent(skill, "policy", 0).bundle.actor is skill.bundle.actor
    zero = with_agent(skill, "zero", 0)
    assert not zero.bundle.actor(x).any() and zero.bundle.actor(x).shape == skill.bundle.actor(x).shape
    assert zero.bundle.critic is skill.bundle.critic
    with pytest.raises(UnknownNameError, match="unknown agent 'zeros'.*did you mean 'zero'"):
        actor_of("zeros", skill.bundle.actor, 0)
    with pytest.raises(UnknownNameError, match="agent"):
        floor_actor("", 1, 1, 0)
    assert get_args(Agents) == AGENTS and floor_of("policy") == {} and floor_of("zero") == {"agent": "zero"}


def test_all_policies_of_a_robot_give_way() -> None:
    skills = load_skillset(robots.load("h1"), MODELS, agent="zero")
    for name in skills.names:
        actor = skills.skill(name).bundle.actor
        assert not actor(np.ones((2, actor.input_size))).any()


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    with pytest.raises(SystemExit) as done:
        main(["eval", *arguments, "--json"])
    found = capsys.readouterr()
    assert done.value.code == 0, found.err
    return json.loads(found.out)


@pytest.mark.parametrize("agent", FLOORS)
@pytest.mark.parametrize(
    "command",
    [
        ("skill", "reaching", "--episodes", "2"),
        ("task", "far_reach", "--episodes", "2"),
        ("handover", "--episodes", "2"),
        ("gait", "--episodes", "2"),
    ],
    ids=lambda command: command[0],
)
def test_every_evaluation_has_floors(
    command: tuple[str, ...], agent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    row = told(capsys, *command, "--agent", agent)
    assert (row.get("agent") or row["policy"]) == agent
    assert row.get("survived", 0.0) == 0.0
    if command[0] == "gait":
        assert row["fall_rate"] == 1.0


def test_instructions_have_a_floor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.json"
    case = {"id": "walk-1", "category": "walk", "instruction": "walk to the red marker"}
    file.write_text(
        json.dumps({"scene": "workshop", "instructions": [case | {"plans": [["walk to the red marker"]]}]})
    )
    row = told(
        capsys, "instructions", str(file), "--agent", "zero", "--planner", "oracle", "--out", str(tmp_path / "o.json")
    )
    assert row["agent"] == "zero" and row["satisfied"] == 0.0 and row["falls"] == 1


def test_a_floor_gets_no_card(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["eval", "skill", "walking", "--agent", "zero", "--card"])
    assert done.value.code == 2
    assert "a card is about the policy, not about zero actions" in capsys.readouterr().err
