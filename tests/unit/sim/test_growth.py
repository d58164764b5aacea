"""What is added by its files alone: a skill by two, a task over three skills by one; nothing else is edited."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import robots
import sim.skills
import sim.tasks
import skillblend.skills
from sim.blenders import make_blender
from sim.calibrate import calibrate
from sim.cards import write_skill_card
from sim.evaluate import evaluate_skill, evaluate_task
from sim.publish import publish
from sim.registry import builtin_tasks
from sim.skills.spec import TRAININGS
from sim.tasks.baselines import baseline, baseline_names
from sim.tasks.spec import TASKS
from sim.train import TrainingJob, train_blender, train_skill
from skillblend.blenders import read_blender
from skillblend.contracts import Observation
from skillblend.loading import load_skillset
from skillblend.shipped import MODELS
from skillblend.skills.skill import load_skill, make_controller
from skillblend.skills.spec import SKILLS

H1 = robots.load("h1")
GROWTH = Path(__file__).with_name("growth")
FILES = {
    "skill_hub": (skillblend.skills, "saluting"),
    "skill_sim": (sim.skills, "saluting"),
    "task": (sim.tasks, "greeting"),
}


@pytest.fixture
def grown(tmp_path: Path) -> Iterator[Path]:
    """The three files beside those of the project; models of walking and reaching."""
    for source, (package, name) in FILES.items():
        folder = tmp_path / source
        folder.mkdir()
        shutil.copy(GROWTH / f"{source}.py.txt", folder / f"{name}.py")
        package.__path__.append(str(folder))
    importlib.invalidate_caches()
    for skill in ("walking", "reaching"):
        shutil.copytree(MODELS / "h1" / skill, tmp_path / "models" / "h1" / skill)
    try:
        yield tmp_path / "models"
    finally:
        for source, (package, name) in FILES.items():
            package.__path__.remove(str(tmp_path / source))
            sys.modules.pop(f"{package.__name__}.{name}", None)


def still(n: int) -> Observation:
    return Observation(
        time=np.zeros(n),
        joint_position=np.tile(H1.default_pose, (n, 1)),
        joint_velocity=np.zeros((n, H1.num_joints)),
        base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
        base_angular_velocity=np.zeros((n, 3)),
    )


def test_a_skill_and_a_task_over_three_skills_are_their_files(grown: Path) -> None:
    assert "saluting" in SKILLS and "saluting" in TRAININGS and "greeting" in TASKS
    assert builtin_tasks().make("saluting", H1).episode_steps == TRAININGS["saluting"].episode_steps

    job = TrainingJob(minutes=5.0, steps=2048, seed=0, folder=grown / "saluting.training", num_envs=32)
    assert train_skill("saluting", H1, job).steps >= 2000
    publish("saluting", make_controller("saluting", H1), job, grown / "h1" / "saluting")
    skill = load_skill("saluting", H1, grown / "h1" / "saluting")
    assert set(evaluate_skill(skill, 4, 7)["error"]) == {"angle"}
    assert calibrate(skill, seed=0, rollouts=200).affordance.names == ("value",)
    assert TRAININGS["saluting"].leaves(skill, 0, 3).num > 0
    write_skill_card(skill, evaluate_skill(skill, 2, 7))
    assert "Puts the left shoulder at an angle." in (grown / "h1" / "saluting" / "card.md").read_text()

    job = TrainingJob(minutes=5.0, steps=2560, seed=0, folder=grown / "greeting.training", num_envs=64)
    assert train_blender("greeting", H1, grown, job).steps >= 2000
    controller = make_blender(TASKS["greeting"], H1, grown)
    publish("greeting", controller, job, grown / "h1" / "greeting")
    act = read_blender(grown / "h1" / "greeting", "greeting", controller).actor
    result = evaluate_task("greeting", controller, act, "blender", 4, 7)
    assert result["fall_rate"] == 0.0 and result["error"] < 1.0

    skills = load_skillset(H1, grown)
    assert set(skills.names) == {"walking", "reaching", "saluting"} and set(skills.blenders) == {
        "greeting",
        "cabinet_close",
    }
    skills.reset(still(2))
    goal = np.tile([0.3, 0.0, 0.0, -0.8], (2, 1))
    blend = skills.rest(2).put(np.array([False, True]), skills.task("greeting", goal))
    for _ in range(12):
        targets = skills.act(still(2), blend)
    assert np.isfinite(targets).all() and not np.array_equal(targets[0], targets[1])


def test_every_baseline_plays_a_task_that_is_new(grown: Path) -> None:
    job = TrainingJob(minutes=5.0, steps=256, seed=0, folder=grown / "saluting.training", num_envs=32)
    train_skill("saluting", H1, job)
    publish("saluting", make_controller("saluting", H1), job, grown / "h1" / "saluting")
    spec = TASKS["greeting"]
    controller = make_blender(spec, H1, grown)
    errors = {}
    for name in baseline_names(spec):
        errors[name] = evaluate_task("greeting", controller, baseline(name, spec, controller), name, 4, 7)["error"]
    assert set(errors) == {
        "noop", "uniform", "only_walking", "only_reaching", "only_saluting", "handover", "oracle",
    }  # fmt: skip
    assert errors["oracle"] < errors["noop"]
