"""Bundles: what is written comes back, and whatever is not exactly that is refused with a reason."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

import robots
from skillblend.bundle import (
    CONFIG,
    FORMAT,
    MANIFEST,
    WEIGHTS,
    Bundle,
    add_to_bundle,
    read_bundle,
    read_config,
    read_from_bundle,
    read_networks,
    write_bundle,
)
from skillblend.contracts import Robot
from skillblend.errors import BundleError
from skillblend.policy import Float32
from skillblend.shipped import MODELS

ROBOT = robots.load("h1")
LAYOUT = [("goal", 2), ("gravity", 3)]


def tensors() -> dict[str, Float32]:
    rng = np.random.default_rng(3)
    shapes = {"actor.0": (4, 5), "actor.1": (2, 4), "critic.0": (1, 7)}
    out: dict[str, Float32] = {}
    for name, shape in shapes.items():
        out[f"{name}.weight"] = rng.normal(size=shape).astype(np.float32)
        out[f"{name}.bias"] = rng.normal(size=shape[:1]).astype(np.float32)
    return out


def config(**changes: Any) -> dict[str, Any]:
    return {
        "skill": "walking",
        "robot": ROBOT.name,
        "joint_names": list(ROBOT.joint_names),
        "observation": [list(column) for column in LAYOUT],
        "action_size": 2,
        "seed": 5,
        **changes,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "models" / "h1" / "walking"
    write_bundle(out, tensors(), config())
    return out


def read(
    folder: Path,
    *,
    skill: str = "walking",
    robot: Robot = ROBOT,
    layout: list[tuple[str, int]] = LAYOUT,
    **sizes: int,
) -> Bundle:
    return read_bundle(folder, skill=skill, robot=robot, observation=layout, **sizes)


def seal(folder: Path) -> None:
    """Make the manifest agree with whatever the folder holds."""
    digests = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in (WEIGHTS, CONFIG)}
    (folder / MANIFEST).write_text(json.dumps(digests))


def test_round_trip(folder: Path) -> None:
    bundle = read(folder)
    assert bundle.config == {"format": FORMAT, "activation": "elu", **config()}
    assert bundle.folder == folder
    assert bundle.digest == hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    written = tensors()
    x = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32).astype(np.float64)
    hidden = x @ written["actor.0.weight"].T.astype(np.float64) + written["actor.0.bias"]
    hidden = np.where(hidden > 0, hidden, np.expm1(hidden))
    expected = hidden @ written["actor.1.weight"].T.astype(np.float64) + written["actor.1.bias"]
    np.testing.assert_allclose(bundle.actor(x), expected, rtol=1e-6)
    assert (bundle.critic.input_size, bundle.critic.output_size) == (7, 1)


def test_only_three_plain_files_and_no_leftovers(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == sorted([WEIGHTS, CONFIG, MANIFEST])
    assert [p.name for p in folder.parent.iterdir()] == ["walking"]


def test_weights_that_are_not_contiguous_come_back_as_they_were(tmp_path: Path) -> None:
    turned = tensors()
    turned["actor.0.weight"] = np.asfortranarray(turned["actor.0.weight"])
    write_bundle(tmp_path / "a", turned, config())
    write_bundle(tmp_path / "b", tensors(), config())
    assert (tmp_path / "a" / WEIGHTS).read_bytes() == (tmp_path / "b" / WEIGHTS).read_bytes()


def test_rewriting_keeps_what_else_lies_there(folder: Path) -> None:
    (folder / "card.md").write_text("walks")
    write_bundle(folder, tensors(), config(seed=6))
    assert read(folder).config["seed"] == 6
    assert (folder / "card.md").read_text() == "walks"


def test_a_write_that_fails_leaves_the_old_bundle(folder: Path) -> None:
    with pytest.raises(TypeError):
        write_bundle(folder, tensors(), config(seed=object()))
    assert read(folder).config["seed"] == 5
    assert [p.name for p in folder.parent.iterdir()] == ["walking"]


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.data())
def test_any_changed_byte_is_noticed(folder: Path, name: str, data: st.DataObject) -> None:
    whole = (folder / name).read_bytes()
    position = data.draw(st.integers(0, len(whole) - 1))
    other = whole[position] ^ data.draw(st.integers(1, 255))
    (folder / name).write_bytes(whole[:position] + bytes([other]) + whole[position + 1 :])
    try:
        with pytest.raises(BundleError, match="SHA-256"):
            read(folder)
    finally:
        (folder / name).write_bytes(whole)


def test_the_message_about_a_changed_file_says_which_and_what_to_do(folder: Path) -> None:
    blob = bytearray((folder / WEIGHTS).read_bytes())
    wanted = hashlib.sha256(blob).hexdigest()[:12]
    blob[-1] ^= 1
    (folder / WEIGHTS).write_bytes(blob)
    found = hashlib.sha256(blob).hexdigest()[:12]
    with pytest.raises(BundleError) as caught:
        read(folder)
    message = str(caught.value)
    assert str(folder / WEIGHTS) in message
    assert f"SHA-256 {found}..." in message
    assert f"manifest says {wanted}..." in message
    assert "restore it or train the bundle again" in message


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG])
@pytest.mark.parametrize("keep", [0, 1, -1])
def test_truncated_files(folder: Path, name: str, keep: int) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:keep])
    with pytest.raises(BundleError, match="damaged or was changed"):
        read(folder)


def test_truncated_weights_under_a_fresh_manifest(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-4])
    seal(folder)
    with pytest.raises(BundleError, match="not a safetensors file"):
        read(folder)


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG, MANIFEST])
def test_missing_files(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match="not a complete bundle") as caught:
        read(folder)
    assert name in str(caught.value)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle at .*nowhere; train one with `skillblend train`"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "{", "not json"])
def test_a_manifest_that_is_not_json(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)
    with pytest.raises(BundleError, match="not a complete bundle"):
        read(folder)


@pytest.mark.parametrize("text", ["[]", "{}", "3", json.dumps({WEIGHTS: "abc", CONFIG: None})])
def test_a_manifest_without_the_digest(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)
    with pytest.raises(BundleError, match="its manifest says None"):
        read(folder)


def test_a_config_that_is_not_json(folder: Path) -> None:
    (folder / CONFIG).write_text("skill = walking")
    seal(folder)
    with pytest.raises(BundleError, match=r"config\.json is not JSON"):
        read(folder)


@pytest.mark.parametrize("value", [[], "walking", {}, config(), {**config(), "format": FORMAT + 1}])
def test_a_config_of_another_format(folder: Path, value: Any) -> None:
    (folder / CONFIG).write_text(json.dumps(value))
    seal(folder)
    with pytest.raises(BundleError, match=f"must be an object with format {FORMAT}"):
        read(folder)


@pytest.mark.parametrize("activation", ["tanh", "ELU", "", None, 3, ["elu"]])
def test_networks_of_another_activation_are_not_run(folder: Path, activation: Any) -> None:
    whole = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(whole | {"activation": activation}))
    seal(folder)
    about = r"trained with the activation .*, this code runs 'elu' alone; train the bundle again"
    for use in (read, read_networks, read_config):
        with pytest.raises(BundleError, match=about):
            use(folder)


def test_bundles_of_before_activations_were_written_down_are_elu(folder: Path) -> None:
    whole = json.loads((folder / CONFIG).read_text())
    del whole["activation"]
    (folder / CONFIG).write_text(json.dumps(whole))
    seal(folder)
    x = np.full((1, 5), -1.0)
    written = tensors()
    hidden = x @ written["actor.0.weight"].T.astype(np.float64) + written["actor.0.bias"]
    hidden = np.where(hidden > 0, hidden, np.expm1(hidden))
    expected = hidden @ written["actor.1.weight"].T.astype(np.float64) + written["actor.1.bias"]
    np.testing.assert_allclose(read(folder).actor(x), expected, rtol=1e-6)


def test_every_shipped_bundle_names_its_activation() -> None:
    folders = sorted(path.parent for path in MODELS.glob("*/*/config.json"))
    assert folders
    assert {read_config(path)["activation"] for path in folders if (path / WEIGHTS).exists()} == {"elu"}


def test_another_skill(folder: Path) -> None:
    with pytest.raises(BundleError, match="skill is 'walking', this code needs 'reaching'"):
        read(folder, skill="reaching")


def test_another_robot(folder: Path) -> None:
    with pytest.raises(BundleError, match="robot is 'h1', this code needs 'g1'"):
        read(folder, robot=robots.load("g1"))


def test_another_joint_order(folder: Path) -> None:
    names = list(ROBOT.joint_names)
    names[4], names[5] = names[5], names[4]
    with pytest.raises(BundleError) as caught:
        read(folder, robot=replace(ROBOT, joint_names=tuple(names)))
    assert f"joint_names[4] is {names[5]!r}, this code needs {names[4]!r}" in str(caught.value)


def test_another_number_of_joints(folder: Path) -> None:
    fewer = replace(ROBOT, joint_names=ROBOT.joint_names[:-1])
    with pytest.raises(BundleError, match="joint_names has 19 entries, this code needs 18"):
        read(folder, robot=fewer)


def test_another_layout(folder: Path) -> None:
    with pytest.raises(BundleError, match=r"observation\[1\] is \['gravity', 3\], this code needs \['tilt', 3\]"):
        read(folder, layout=[("goal", 2), ("tilt", 3)])
    with pytest.raises(BundleError, match=r"observation\[0\] is \['goal', 2\], this code needs \['goal', 1\]"):
        read(folder, layout=[("goal", 1), ("gravity", 4)])


def test_a_config_that_leaves_something_out(folder: Path) -> None:
    short = {k: v for k, v in config().items() if k != "observation"}
    write_bundle(folder, tensors(), short)
    with pytest.raises(BundleError, match="observation is None, this code needs"):
        read(folder)


def test_networks_of_another_size(tmp_path: Path) -> None:
    write_bundle(tmp_path / "wide", tensors(), config(action_size=3))
    with pytest.raises(BundleError, match=r"actor maps 5 -> 2, the skill needs 5 -> 3; train it again"):
        read(tmp_path / "wide")
    write_bundle(tmp_path / "long", tensors(), config(observation=[["goal", 6]]))
    with pytest.raises(BundleError, match=r"actor maps 5 -> 2, the skill needs 6 -> 2"):
        read(tmp_path / "long", layout=[("goal", 6)])


class _Touch:
    """Unpickling it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG])
def test_nothing_is_unpickled(folder: Path, tmp_path: Path, name: str) -> None:
    mark = tmp_path / "mark"
    blob = pickle.dumps(_Touch(mark), protocol=0)
    (folder / name).write_bytes(blob)
    seal(folder)
    with pytest.raises(BundleError, match="is not (JSON|a safetensors file)"):
        read(folder)
    assert not mark.exists()
    pickle.loads(blob)
    assert mark.exists()  # the trap would have sprung


def test_tensors_of_another_name(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(save({"weight": np.zeros((2, 5), np.float32)}))
    seal(folder)
    with pytest.raises(BundleError, match=r"no layers called actor\.\*"):
        read(folder)


def test_the_critic_sees_what_the_actor_sees_and_the_privileged_columns(folder: Path) -> None:
    assert read(folder, privileged=2).critic.input_size == 7
    with pytest.raises(BundleError, match=r"the critic maps 7 -> 1, the skill needs 8 -> 1; train it again"):
        read(folder, privileged=3)


def test_actions_of_another_size(folder: Path) -> None:
    assert read(folder, action_size=2)
    with pytest.raises(BundleError, match="action_size is 2, this code needs 3"):
        read(folder, action_size=3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["actor.1.bias", "critic.0.weight"])
def test_weights_that_are_not_finite(folder: Path, name: str, value: float) -> None:
    bad = tensors()
    bad[name].flat[0] = value
    write_bundle(folder, bad, config())
    with pytest.raises(BundleError, match=f"{WEIGHTS}: {name} must hold finite float32 numbers"):
        read(folder)


def test_what_is_added_is_kept_by_hash_and_goes_with_the_weights(folder: Path) -> None:
    add_to_bundle(folder, "affordance.json", b"{}")
    assert read_from_bundle(folder, "affordance.json") == b"{}"
    assert read(folder).config["seed"] == 5
    add_to_bundle(folder, "affordance.json", b"[]")
    assert read_from_bundle(folder, "affordance.json") == b"[]"
    (folder / "affordance.json").write_bytes(b"{}")
    with pytest.raises(BundleError, match=r"affordance\.json has SHA-256 .* damaged or was changed"):
        read_from_bundle(folder, "affordance.json")
    write_bundle(folder, tensors(), config())
    assert not (folder / "affordance.json").exists()
    assert sorted(json.loads((folder / MANIFEST).read_text())) == sorted([WEIGHTS, CONFIG])
    assert [p.name for p in folder.parent.iterdir()] == ["walking"]


def test_an_interruption_between_the_two_renames_brings_the_old_bundle_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file = os.replace

    def interrupted(source: Any, target: Any) -> None:
        if Path(target) == folder and Path(source).name == "bundle":
            raise KeyboardInterrupt
        replace_file(source, target)

    monkeypatch.setattr("skillblend.bundle.os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_bundle(folder, tensors(), config(seed=6))
    assert read(folder).config["seed"] == 5
    assert [p.name for p in folder.parent.iterdir()] == ["walking"]
