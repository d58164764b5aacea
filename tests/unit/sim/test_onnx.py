"""Exported policies answer as the bundles do, on what robots really see; what is said of the columns is so."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import robots
from sim.blenders import make_blender
from sim.env import BatchEnv
from sim.settings import EVALUATION
from sim.skills.spec import TRAININGS
from sim.tasks.blend import blend_task
from sim.tasks.spec import TASKS
from skillblend.bundle import read_config, read_networks
from skillblend.cli import main
from skillblend.columns import BLEND_LIMIT, BLENDING, SKILL_LIMIT, factors, limits, parts_of
from skillblend.contracts import Array
from skillblend.errors import BundleError
from skillblend.kinematics import gravity_base
from skillblend.onnx_export import TOLERANCE, ExportUnavailable, contract, difference, export_onnx, runtime_answers
from skillblend.shipped import MODELS
from skillblend.skills.skill import load_skill
from skillblend.skills.spec import SKILLS

POLICIES = sorted(path.parent for path in MODELS.glob("*/*/policy.safetensors"))


def environment(folder: Path) -> BatchEnv:
    """Four robots that a policy was trained for."""
    config = read_config(folder)
    robot = robots.load(config["robot"])
    name, _, variant = folder.name.partition(".")
    if name in SKILLS:
        skill = load_skill(name, robot, folder)
        return BatchEnv(TRAININGS[name].task(robot, skill.controller, {}), 4, seed=5, randomisation=EVALUATION)
    controller = make_blender(TASKS[name], robot, MODELS, variant or "blender")
    return BatchEnv(blend_task(TASKS[name], controller), 4, seed=5, randomisation=EVALUATION)


def seen(folder: Path, steps: int = 80) -> Array:
    """What the policy sees while it acts. Shape (4 * steps, O)."""
    env, (actor, _) = environment(folder), read_networks(folder)
    observation = env.reset()[:, : env.task.actor_size]
    rows = [observation]
    for _ in range(steps - 1):
        observation = env.step(actor(observation)).observation[:, : env.task.actor_size]
        rows.append(observation)
    return np.concatenate(rows)


def scaling(folder: Path) -> tuple[Array, Array]:
    """Factors and limits of the columns."""
    name = folder.name.partition(".")[0]
    known = SKILLS[name].parts if name in SKILLS else BLENDING
    parts = parts_of(read_config(folder)["observation"], known)
    return factors(parts), limits(parts, SKILL_LIMIT if name in SKILLS else BLEND_LIMIT)


@pytest.mark.parametrize("folder", POLICIES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_shipped_policy_answers_as_its_bundle(folder: Path, tmp_path: Path) -> None:
    about = export_onnx(folder, tmp_path / "policy.onnx")
    columns, (factor, limit) = seen(folder), scaling(folder)
    assert (np.abs(columns) <= limit + 1e-9).all(), "a controller gives more than its parts say"
    actor, _ = read_networks(folder)
    answers = runtime_answers(tmp_path / "policy.onnx", columns / factor)
    worst = float(np.abs(answers - actor(columns)).max())
    print(f"{folder.parent.name}/{folder.name}: {worst:.1e}")
    assert worst <= 1e-5
    assert difference(folder, tmp_path / "policy.onnx") <= TOLERANCE
    assert sum(part["size"] for part in about["observation"]) == columns.shape[1]


def test_numbers_beyond_the_limits_are_cut_off_inside(tmp_path: Path) -> None:
    folder = MODELS / "h1" / "reaching"
    export_onnx(folder, tmp_path / "policy.onnx")
    factor, limit = scaling(folder)
    actor, _ = read_networks(folder)
    wild = np.random.default_rng(0).normal(0.0, 100.0, (50, len(factor)))
    expected = actor(np.clip(wild * factor, -limit, limit))
    off = np.abs(runtime_answers(tmp_path / "policy.onnx", wild) - expected)
    assert (off <= 1e-5 * np.maximum(1.0, np.abs(expected))).all()


def test_metadata_say_what_goes_in(tmp_path: Path) -> None:
    folder = MODELS / "h1" / "walking"
    export_onnx(folder, tmp_path / "policy.onnx")
    model = onnx.load(tmp_path / "policy.onnx")
    found = {entry.key: entry.value for entry in model.metadata_props}
    about = contract(folder)
    assert json.loads(found["observation"]) == about["observation"]
    assert json.loads(found["joint_names"]) == list(robots.load("h1").joint_names)
    assert found["skill"] == "walking" and found["sha256"] == about["sha256"]
    velocity = about["observation"][0]
    assert velocity["name"] == "velocity" and velocity["unit"] == "m/s" and velocity["size"] == 3
    assert all(part["about"] for part in about["observation"])


def test_metadata_of_blenders_have_units() -> None:
    for name in ("far_reach", "box_push.residual"):
        parts = {part["name"]: part for part in contract(MODELS / "h1" / name)["observation"]}
        assert all(said["about"] != "as the controller gives it" for said in parts.values())
        assert parts["walking.clock"]["factor"] == 1.0 and parts["height"]["unit"] == "m"
    assert parts["wrists"]["unit"] == "m" and parts["from_hands"]["factor"] == 3.0
    assert parts["goal"]["unit"] == ", ".join(["m"] * 6 + ["1"] * 6), "places, then directions"
    reach = {part["name"]: part for part in contract(MODELS / "h1" / "far_reach")["observation"]}
    assert reach["goal"]["unit"] == "m" and reach["near_error"]["factor"] == 3.0


def physical(skill: str, obs: Any, memory: Any, robot: Any) -> dict[str, Array]:
    """Some quantities by the names of the parts, in SI units, from the measurement itself."""
    still = {"walking", "reaching"}
    return {
        "angular_velocity": obs.base_angular_velocity,
        "joint_velocity": obs.joint_velocity,
        **({"gravity": gravity_base(obs.base_quaternion)} if skill in still else {}),
        **({"joint_position": obs.joint_position - robot.default_pose} if skill in still else {}),
        **({"last_targets": memory.last_targets - robot.default_pose} if skill in still else {}),
        **({"height": (memory.stance.height - robot.base_height)[:, None]} if skill in still else {}),
        "velocity": memory.velocity,
    }


@pytest.mark.parametrize("skill", ["walking", "reaching", "squatting"])
def test_what_is_said_of_the_columns_is_so(skill: str) -> None:
    robot = robots.load("h1")
    loaded = load_skill(skill, robot, MODELS / "h1" / skill)
    env = BatchEnv(TRAININGS[skill].task(robot, loaded.controller, {}), 4, seed=5, randomisation=EVALUATION)
    env.reset()
    for _ in range(7):
        env.step(np.zeros((4, env.task.action_size)))
    obs = env.randomiser.measure(env.state)
    goal = np.tile(loaded.controller.goal_at_rest, (4, 1))
    memory = loaded.new_memory(obs)
    loaded.controller.update(obs, goal, memory)
    columns = loaded.controller.features(obs, goal, memory)
    assert not getattr(memory, "mirrored", np.zeros(4, bool)).any()
    start, checked = 0, 0
    quantities = physical(skill, obs, memory, robot)
    for name, size, part in parts_of(loaded.controller.layout, SKILLS[skill].parts):
        if name in quantities:
            assert np.allclose(columns[:, start : start + size], quantities[name] * part.factor), name
            checked += 1
        assert name in SKILLS[skill].parts, f"nobody says what {name} is"
        start += size
    assert checked == len(quantities)


def test_every_skill_says_what_its_network_sees() -> None:
    for name in SKILLS:
        layout = SKILLS[name].make(robots.load("h1"), None).layout
        assert [part for part, _ in layout] == list(SKILLS[name].parts), name


def test_the_command_says_how_far_apart_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "walking.onnx"
    for code in (0, 2):
        with pytest.raises(SystemExit) as done:
            main(["export", "onnx", str(MODELS / "h1" / "walking"), "--out", str(out)])
        assert done.value.code == code
    found = capsys.readouterr()
    assert "h1 walking, 77 columns in, 10 out; within" in found.out.replace("\n", " ")
    assert "holds a file already" in found.err


def test_what_is_no_policy_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BundleError, match="no bundle at"):
        export_onnx(tmp_path / "nothing", tmp_path / "policy.onnx")
    with pytest.raises(BundleError):
        export_onnx(MODELS / "planner", tmp_path / "policy.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ExportUnavailable, match=r"pip install 'skillblend\[export\]'"):
        export_onnx(MODELS / "h1" / "walking", tmp_path / "policy.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ExportUnavailable, match="onnxruntime"):
        runtime_answers(tmp_path / "policy.onnx", np.zeros((1, 78)))
    assert not (tmp_path / "policy.onnx").exists()
