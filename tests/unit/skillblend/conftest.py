"""Fixtures of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import robots
from skillblend.bundle import write_bundle
from skillblend.cli import main
from skillblend.contracts import Robot
from skillblend.skills.skill import controller_config, make_controller


@pytest.fixture(scope="session", params=robots.names())
def robot(request: pytest.FixtureRequest) -> Robot:
    """Every robot in turn."""
    return robots.load(request.param)


Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command that must be refused; its one message."""

    def call(*arguments: str) -> str:
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        out, err = capsys.readouterr()
        assert caught.value.code == 2, err
        assert out == ""
        assert err.startswith("skillblend: ")
        assert err.count("\n") == 1
        assert len(err) < 600
        return err.removeprefix("skillblend: ").rstrip()

    return call


@pytest.fixture
def models(tmp_path: Path) -> str:
    """A models folder with skills whose networks say zero."""
    robot = robots.load("h1")
    for skill in ("walking", "reaching"):
        controller = make_controller(skill, robot)
        inputs = sum(size for _, size in controller.layout)
        seen = inputs + controller.privileged_size
        tensors = {
            "actor.0.weight": np.zeros((controller.action_size, inputs), np.float32),
            "actor.0.bias": np.zeros(controller.action_size, np.float32),
            "critic.0.weight": np.zeros((1, seen), np.float32),
            "critic.0.bias": np.zeros(1, np.float32),
        }
        config = {
            "skill": skill,
            "robot": "h1",
            "joint_names": list(robot.joint_names),
            "observation": [list(c) for c in controller.layout],
            "action_size": controller.action_size,
            "controller": controller_config(controller),
        }
        write_bundle(tmp_path / "models" / "h1" / skill, tensors, config)
    return str(tmp_path / "models")
