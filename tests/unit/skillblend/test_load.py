"""Loading skills and blenders: what a configuration may say, and what the controller must agree with."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

import robots
from sim.blenders import make_blender
from sim.tasks.spec import TASKS
from skillblend.blenders import read_blender
from skillblend.bundle import CONFIG, read_config, write_bundle
from skillblend.checks import check_integer, check_limits, check_number, check_vector
from skillblend.cli.paths import MODELS
from skillblend.errors import BundleError, InputError
from skillblend.loading import load_skillset
from skillblend.scripts import SCRIPTS
from skillblend.skills.gait import WalkingConfig
from skillblend.skills.reaching import ReachingConfig
from skillblend.skills.skill import load_skill

H1 = robots.load("h1")


def changed(tmp_path: Path, name: str, **controller: Any) -> Path:
    """The shipped bundle with another controller block, under hashes that fit."""
    folder = tmp_path / "h1" / name
    shutil.copytree(MODELS / "h1" / name, folder)
    config = read_config(folder)
    block = {k: v for k, v in (config["controller"] | controller).items() if v is not None}
    write_bundle(folder, load_file(folder / "policy.safetensors"), config | {"controller": block})
    return folder


@pytest.mark.parametrize(
    ("skill", "field", "value"),
    [
        ("walking", "period", -1),
        ("walking", "period", "x"),
        ("walking", "period", float("nan")),
        ("walking", "period", True),
        ("walking", "upper", [1.0, 0.3]),
        ("walking", "lower", [1.0, -0.3, -0.6]),
        ("walking", "command_rate", "fast"),
        ("walking", "hold_distance", -0.1),
        ("walking", "gallop", 1.0),
        ("reaching", "rate", 0.0),
        ("reaching", "goal_rate", -1.2),
        ("reaching", "arm_scale", 1e9),
        ("reaching", "upper", [0.6, 0.65, "high"]),
    ],
)
def test_a_configuration_outside_its_range_is_refused_by_file_and_field(
    tmp_path: Path, skill: str, field: str, value: object
) -> None:
    folder = changed(tmp_path, skill, **{field: value})
    with pytest.raises(BundleError) as caught:
        load_skill(skill, H1, folder)
    assert str(folder / CONFIG) in str(caught.value) and field in str(caught.value)


@pytest.mark.parametrize("block", [None, [], "walk", 3])
def test_a_controller_block_that_is_none(tmp_path: Path, block: object) -> None:
    folder = changed(tmp_path, "walking")
    config = read_config(folder)
    del config["controller"]
    write_bundle(
        folder,
        load_file(folder / "policy.safetensors"),
        config | ({"controller": block} if block is not None else {}),
    )
    with pytest.raises(BundleError, match=f"{folder / CONFIG}: .*restore the bundle or train it again"):
        load_skill("walking", H1, folder)


def test_a_skills_critic_is_checked_when_it_is_loaded(tmp_path: Path) -> None:
    folder = changed(tmp_path, "walking")
    tensors = load_file(folder / "policy.safetensors")
    tensors["critic.0.weight"] = tensors["critic.0.weight"][:, :-1].copy()
    write_bundle(folder, tensors, read_config(folder))
    with pytest.raises(BundleError, match="the critic maps"):
        load_skill("walking", H1, folder)


@pytest.mark.parametrize(("field", "value"), [("decision_ticks", 1), ("terms", ["goal"]), ("gate_scale", 1.0)])
def test_a_blender_must_be_configured_as_it_was_trained(tmp_path: Path, field: str, value: object) -> None:
    controller, _ = load_skillset(H1, MODELS).blenders["far_reach"]
    folder = changed(tmp_path, "far_reach", **{field: value})
    with pytest.raises(BundleError, match=rf"config.json: controller\.{field} is .*, this code needs"):
        read_blender(folder, "far_reach", controller)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gates": "finger"}, "gates = 'finger' must be 'limb', 'joint' or 'scalar'"),
        ({"skills": "all"}, "config.json: controller"),
        ({"goal": None}, "config.json: has no 'goal'"),
        ({"hands": "both"}, "unexpected keyword argument 'hands'"),
        ({"terms": ["gaol"]}, "did you mean 'goal'"),
    ],
)
def test_a_blenders_configuration_that_means_nothing(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    for skill in ("walking", "reaching"):
        shutil.copytree(MODELS / "h1" / skill, tmp_path / "h1" / skill)
    changed(tmp_path, "far_reach", **changes)
    with pytest.raises((BundleError, InputError), match=message):
        load_skillset(H1, tmp_path)


def test_a_blender_of_an_earlier_layout_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = changed(tmp_path, "far_reach")
    config = read_config(folder)
    del config["layout"]
    write_bundle(folder, load_file(folder / "policy.safetensors"), config)
    controller, _ = load_skillset(H1, MODELS).blenders["far_reach"]
    with pytest.raises(BundleError, match=r"layout 1, this version reads layout 2: train it again with `skillblend"):
        read_blender(folder, "far_reach", controller)


def test_a_blender_without_one_of_its_skills(tmp_path: Path) -> None:
    for name in ("walking", "far_reach"):
        shutil.copytree(MODELS / "h1" / name, tmp_path / "h1" / name)
    with pytest.raises(BundleError, match="far_reach drives a skill that is not in .*: unknown skill 'reaching'"):
        load_skillset(H1, tmp_path)


def test_the_shipped_bundles_agree_with_their_tasks() -> None:
    skills = load_skillset(H1, MODELS)
    trained = {name for name in TASKS if (MODELS / "h1" / name / "config.json").is_file()}
    assert set(skills.blenders) == trained | set(SCRIPTS)
    assert {"far_reach", "button_press"} <= set(skills.blenders)
    for task, (controller, _) in skills.blenders.items():
        assert controller.config == make_blender(TASKS[task], H1, MODELS).config
    for name in skills.names:
        config = skills.skill(name).bundle.config["controller"]
        assert json.loads(json.dumps(config)) == config


def test_configurations_may_be_changed_within_their_ranges() -> None:
    assert replace(WalkingConfig(), period=1.0).period == 1.0
    assert replace(ReachingConfig(), rate=3).rate == 3


def test_checks() -> None:
    check_number("a", 1, 0.0, 1.0)
    check_integer("a", 3, 1, 3)
    check_vector("a", (1.0, 2.0), 2, 0.0, 2.0)
    check_limits((0.0,), (1.0,))
    with pytest.raises(InputError, match=r"a = 1\.5 must be a number between 0 and 1"):
        check_number("a", 1.5, 0.0, 1.0)
    with pytest.raises(InputError, match="a = True must be a whole number between 1 and 3"):
        check_integer("a", True, 1, 3)
    with pytest.raises(InputError, match="a = 3 must be 2 numbers"):
        check_vector("a", 3, 2, 0.0, 2.0)
    with pytest.raises(InputError, match=r"a\[1\] = 3.0 must be a number between 0 and 2"):
        check_vector("a", (1.0, 3.0), 2, 0.0, 2.0)
    with pytest.raises(InputError, match=r"lower\[0\] = 1.0 must be below upper\[0\] = 1.0"):
        check_limits((1.0,), (1.0,))
