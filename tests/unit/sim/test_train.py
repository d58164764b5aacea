"""What a bundle says about its own training."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robots
from sim import settings
from sim.cards import write_skill_card
from sim.env import BatchEnv
from sim.evaluate import evaluate_skill
from sim.publish import publish
from sim.skills.spec import TRAININGS
from sim.skills.walking import WalkingTaskConfig
from sim.starts import StartStates, save_starts
from sim.train import TrainingJob, skill_ppo, skill_task, train_skill, training_record
from skillblend.bundle import read_config, write_bundle
from skillblend.cli import main
from skillblend.contracts import Robot
from skillblend.errors import InputError
from skillblend.files import json_text
from skillblend.shipped import MODELS
from skillblend.skills.skill import controller_config, load_skill, make_controller
from skillblend.training.carry import carry


def test_a_published_bundle_tells_how_it_was_trained(h1: Robot, tmp_path: Path) -> None:
    starts = StartStates(pose=np.tile([1.0, 1, 0, 0, 0, *h1.default_pose], (3, 1)), velocity=np.zeros((3, 25)))
    save_starts(starts, tmp_path / "left.safetensors")
    job = TrainingJob(
        minutes=1e-6, seed=4, folder=tmp_path / "walking.training", num_envs=64, threads=1,
        starts=tmp_path / "left.safetensors",
    )  # fmt: skip
    train_skill("walking", h1, job)
    publish("walking", make_controller("walking", h1), job, tmp_path / "walking")
    text = (tmp_path / "walking" / "config.json").read_text()
    assert str(tmp_path) not in text
    config = read_config(tmp_path / "walking")
    assert config["job"] == {
        "minutes": 1e-6, "seed": 4, "num_envs": 64, "threads": 1, "resume": False, "initial": None,
        "starts": "left.safetensors", "exploration": None, "reversals": 0.0, "steps": 0,
        "load": 0.0, "settle": False,
    }  # fmt: skip
    assert config["task"]["weights"] == WalkingTaskConfig().weights
    assert "starts" not in config["task"]
    assert config["randomisation"] == json.loads(json.dumps(asdict(TRAININGS["walking"].disturbed)))


def test_a_run_with_a_load_and_a_settled_gait_says_so(h1: Robot, tmp_path: Path) -> None:
    job = TrainingJob(minutes=1e-6, seed=4, folder=tmp_path / "run", num_envs=64, threads=1, load=0.5, settle=True)
    train_skill("walking", h1, job)
    publish("walking", make_controller("walking", h1), job, tmp_path / "walking")
    config = read_config(tmp_path / "walking")
    assert config["randomisation"]["load"] == [0.0, 3.0] and config["randomisation"]["load_share"] == 0.5
    settled = TRAININGS["walking"].settled
    assert settled is not None and config["task"]["weights"] == settled["weights"]
    assert set(settled["weights"]) == set(WalkingTaskConfig().weights)
    with pytest.raises(InputError, match="settle asks for another gait, and reaching has none"):
        skill_task("reaching", h1, settle=True)


def test_the_record_is_of_what_is_trained_not_of_defaults(h1: Robot, tmp_path: Path) -> None:
    calm = replace(settings.EVALUATION, friction=(1.0, 1.0))
    task = skill_task("reaching", h1)
    task.config = replace(task.config, start_share=0.25)  # type: ignore[attr-defined]
    job = TrainingJob(minutes=1.0, seed=0, folder=tmp_path, initial=tmp_path / "somewhere" / "walking")
    record = training_record(BatchEnv(task, 2, randomisation=calm), job)
    assert record["task"]["start_share"] == 0.25
    assert record["randomisation"]["friction"] == (1.0, 1.0)
    assert record["job"]["initial"] == "walking"


@pytest.mark.slow
def test_training_begins_from_another_robots_bundle_by_one_option(tmp_path: Path) -> None:
    initial = MODELS / "h1" / "walking"
    arguments = ["train", "skill", "walking", "--robot", "g1", "--initial", str(initial), "--minutes", "1e-6"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--num-envs", "64", "--threads", "1", "--out", str(tmp_path)])
    assert ended.value.code == 0
    skill = load_skill("walking", robots.load("g1"), tmp_path / "g1" / "walking")
    stages = skill.bundle.config["stages"]
    before = read_config(initial)
    assert [stage["robot"] for stage in stages] == ["h1"] * (len(before["stages"]) + 1)
    assert stages[-1]["steps"] == before["steps"]
    assert "carried_from" not in skill.bundle.config
    result = {"fall_rate": 0.0, "fall_interval": (0.0, 0.1), "error": {}, "error_interval": {}, "success_rate": 1.0}
    write_skill_card(skill, result | {"episodes": 1, "seed": 7, "commit": "abc"})
    card = (tmp_path / "g1" / "walking" / "card.md").read_text()
    assert f"| {len(stages)} (h1) |" in card
    assert f"| {len(stages) + 1} |" in card


def test_carried_networks_let_the_critic_learn_first(tmp_path: Path) -> None:
    carry(MODELS / "h1" / "walking", "walking", robots.load("h1"), robots.load("g1"), tmp_path / "carried")
    job = TrainingJob(minutes=1.0, seed=0, folder=tmp_path, num_envs=128, initial=tmp_path / "carried")
    assert skill_ppo("walking", job).critic_warmup > 0
    assert skill_ppo("walking", job).batch_size == 128 * TRAININGS["walking"].ppo().rollout_steps // 4
    for initial in (None, tmp_path, MODELS / "h1" / "walking"):
        assert skill_ppo("walking", replace(job, initial=initial)) == TRAININGS["walking"].ppo()


def test_what_was_never_measured_is_null_with_a_reason_and_without_a_warning(tmp_path: Path) -> None:
    """A policy that throws itself down at once: no gait cycle, no hold is ever complete."""
    robot = robots.load("h1")
    for name in ("walking", "reaching"):
        controller: Any = make_controller(name, robot)
        inputs = sum(size for _, size in controller.layout)
        tensors = {
            "actor.0.weight": np.zeros((controller.action_size, inputs), np.float32),
            "actor.0.bias": np.full(controller.action_size, 5.0, np.float32),
            "critic.0.weight": np.zeros((1, inputs + controller.privileged_size), np.float32),
            "critic.0.bias": np.zeros(1, np.float32),
        }
        config = {
            "skill": name, "robot": "h1", "joint_names": list(robot.joint_names),
            "observation": [list(column) for column in controller.layout],
            "action_size": controller.action_size, "controller": controller_config(controller),
        }  # fmt: skip
        write_bundle(tmp_path / name, tensors, config)
        skill: Any = load_skill(name, robot, tmp_path / name)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = json.loads(json_text(evaluate_skill(skill, 2, 0)), parse_constant=pytest.fail)
        assert found["fall_rate"] == 1.0
        assert set(found["error"].values()) == {None}
        assert set(found["undefined"].values()) == {TRAININGS[name].unmeasured}
        assert len(found["undefined"]) == 3 * len(found["error"])
