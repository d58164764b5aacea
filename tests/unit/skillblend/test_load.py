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
from skillblend.blending import BlendConfig
from skillblend.body import BLEND_TASKS, load_body, make_blend_controller, read_blender
from skillblend.bundle import CONFIG, read_config, write_bundle
from skillblend.checks import check_integer, check_limits, check_number, check_vector
from skillblend.cli.paths import MODELS
from skillblend.errors import BundleError, InputError
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


@pytest.mark.parametrize(("field", "value"), [("decision_ticks", 1), ("hands", "left"), ("gate_scale", 1.0)])
def test_a_blender_must_be_configured_as_it_was_trained(tmp_path: Path, field: str, value: object) -> None:
    body = load_body(H1, MODELS)
    folder = changed(tmp_path, "far_reach", **{field: value})
    controller = make_blend_controller(body.walking, body.reaching, BLEND_TASKS["far_reach"])
    with pytest.raises(BundleError, match=f"config.json: controller.{field} is {value!r}, this code needs"):
        read_blender(folder, "far_reach", controller)


def test_the_shipped_bundles_agree_with_their_controllers() -> None:
    body = load_body(H1, MODELS)
    assert set(body.blenders) == set(BLEND_TASKS)
    for skill in (body.walking, body.reaching):
        assert json.loads(json.dumps(skill.bundle.config["controller"])) == skill.bundle.config["controller"]


@pytest.mark.parametrize("field", ["dead_zone", "offset_scale", "gate_scale"])
def test_senseless_blends(field: str) -> None:
    with pytest.raises(InputError, match=f"{field} = -1.0 must be a number between"):
        BlendConfig(**{field: -1.0})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="decision_ticks = 2.5 must be a whole number"):
        BlendConfig(decision_ticks=2.5)  # type: ignore[arg-type]


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
