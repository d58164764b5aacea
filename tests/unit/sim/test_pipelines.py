"""What a bundle says about its own training."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from sim import pipelines
from sim.env import BatchEnv
from sim.pipelines import TRAINING_DISTURBANCE, TrainingJob, publish, skill_task, train_skill, training_record
from sim.tasks.starts import StartStates, save_starts
from sim.tasks.walking import WalkingTaskConfig
from skillblend.bundle import read_config
from skillblend.contracts import Robot
from skillblend.skills.skill import make_controller


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
        "starts": "left.safetensors", "exploration": None,
    }  # fmt: skip
    assert config["task"]["weights"] == WalkingTaskConfig().weights
    assert "starts" not in config["task"]
    assert config["randomisation"] == json.loads(json.dumps(asdict(TRAINING_DISTURBANCE["walking"])))


def test_the_record_is_of_what_is_trained_not_of_defaults(h1: Robot, tmp_path: Path) -> None:
    calm = replace(pipelines.EVALUATION, friction=(1.0, 1.0))
    task = skill_task("reaching", h1)
    task.config = replace(task.config, start_share=0.25)  # type: ignore[attr-defined]
    job = TrainingJob(minutes=1.0, seed=0, folder=tmp_path, initial=tmp_path / "somewhere" / "walking")
    record = training_record(BatchEnv(task, 2, randomisation=calm), job)
    assert record["task"]["start_share"] == 0.25
    assert record["randomisation"]["friction"] == (1.0, 1.0)
    assert record["job"]["initial"] == "walking"
