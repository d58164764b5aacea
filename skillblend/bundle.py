"""Policy bundles on disk: safetensors + JSON + SHA-256 manifest. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from skillblend.contracts import Robot
from skillblend.errors import BundleError
from skillblend.policy import Float32, Mlp

FORMAT = 1
WEIGHTS, CONFIG, MANIFEST = "policy.safetensors", "config.json", "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A frozen policy with everything needed to run it.

    Attributes:
        folder: Where it was read from.
        config: Resolved configuration, provenance and layout; see `write_bundle`.
        actor, critic: Networks.
        digest: SHA-256 of the weights.
    """

    folder: Path
    config: dict[str, Any]
    actor: Mlp
    critic: Mlp
    digest: str


def write_bundle(folder: Path, tensors: Mapping[str, Float32], config: Mapping[str, Any]) -> None:
    """Write a bundle whole or not at all; extra files already in `folder` (card, pictures) are kept.

    Args:
        folder: Target, created or replaced.
        tensors: ``actor.{i}.weight|bias`` and ``critic.{i}.weight|bias``.
        config: Must hold ``skill``, ``robot``, ``joint_names``, ``observation`` (list of [name, size]),
            ``action_size``; provenance (``commit``, ``seed``, ``steps``, ``minutes``) belongs here too.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    weights = save_tensors({k: np.ascontiguousarray(v) for k, v in tensors.items()})
    text = json.dumps({"format": FORMAT, **config}, indent=1, sort_keys=True) + "\n"
    manifest = {WEIGHTS: _digest(weights), CONFIG: _digest(text.encode())}
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as name:
        new = Path(name) / "bundle"
        if folder.exists():
            shutil.copytree(folder, new)
        new.mkdir(exist_ok=True)
        (new / WEIGHTS).write_bytes(weights)
        (new / CONFIG).write_text(text)
        (new / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        old = Path(name) / "old"
        if folder.exists():
            os.replace(folder, old)
        os.replace(new, folder)


def read_bundle(folder: Path, *, skill: str, robot: Robot, observation: list[tuple[str, int]]) -> Bundle:
    """Read a bundle and check that it fits.

    Args:
        folder: Written by `write_bundle`.
        skill: What it must implement.
        robot: For whom; name and joint order must agree.
        observation: Layout that the code produces, as (name, size).

    Raises:
        BundleError: Missing, truncated, tampered with, or made for something else; says what.
    """
    config = read_config(folder)
    blob = _checked(folder, WEIGHTS)
    expected = {
        "skill": skill,
        "robot": robot.name,
        "joint_names": list(robot.joint_names),
        "observation": [[n, s] for n, s in observation],
    }
    for key, value in expected.items():
        if config.get(key) != value:
            raise BundleError(_difference(folder, key, config.get(key), value))
    tensors = _tensors(folder, blob)
    actor, critic = Mlp.from_tensors(tensors, "actor"), Mlp.from_tensors(tensors, "critic")
    size = sum(s for _, s in observation)
    if actor.input_size != size or actor.output_size != config.get("action_size"):
        raise BundleError(
            f"{folder}: the actor maps {actor.input_size} -> {actor.output_size}, the skill needs "
            f"{size} -> {config.get('action_size')}; train it again with this version"
        )
    return Bundle(folder=folder, config=config, actor=actor, critic=critic, digest=_digest(blob))


def read_networks(folder: Path) -> tuple[Mlp, Mlp]:
    """Actor and critic of a bundle, whatever it is for: to continue its training.

    Raises:
        BundleError: Missing, truncated or tampered with.
    """
    read_config(folder)
    tensors = _tensors(folder, _checked(folder, WEIGHTS))
    return Mlp.from_tensors(tensors, "actor"), Mlp.from_tensors(tensors, "critic")


def _tensors(folder: Path, blob: bytes) -> dict[str, Float32]:
    try:
        return load_tensors(blob)
    except SafetensorError as error:
        raise BundleError(f"{folder / WEIGHTS} is not a safetensors file: {error}") from error


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a bundle, checked against its manifest.

    Raises:
        BundleError: Missing, tampered with, or of another format.
    """
    if not folder.is_dir():
        raise BundleError(f"no bundle at {folder}; train one with `skillblend train` or name another folder")
    text = _checked(folder, CONFIG)
    try:
        config: Any = json.loads(text)
    except ValueError as error:
        raise BundleError(f"{folder / CONFIG} is not JSON: {error}") from error
    if not isinstance(config, dict) or cast("dict[str, Any]", config).get("format") != FORMAT:
        raise BundleError(f"{folder / CONFIG} must be an object with format {FORMAT}")
    return cast("dict[str, Any]", config)


def _checked(folder: Path, name: str) -> bytes:
    """Content of a file of the bundle whose hash agrees with the manifest."""
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_text())
        blob = (folder / name).read_bytes()
    except (OSError, ValueError) as error:
        raise BundleError(f"{folder} is not a complete bundle: {error}") from error
    wanted: object = cast("dict[str, Any]", manifest).get(name) if isinstance(manifest, dict) else None
    found = _digest(blob)
    if wanted != found:
        raise BundleError(
            f"{folder / name} has SHA-256 {found[:12]}..., its manifest says {str(wanted)[:12]}...; the "
            f"file is damaged or was changed: restore it or train the bundle again"
        )
    return blob


def _difference(folder: Path, key: str, found: object, wanted: object) -> str:
    if isinstance(found, list) and isinstance(wanted, list):
        old, new = cast("list[object]", found), cast("list[object]", wanted)
        for i, (a, b) in enumerate(zip(old, new, strict=False)):
            if a != b:
                return f"{folder}: {key}[{i}] is {a!r}, this code needs {b!r}"
        return f"{folder}: {key} has {len(old)} entries, this code needs {len(new)}"
    return f"{folder}: {key} is {found!r}, this code needs {wanted!r}"


def _digest(blob: bytes) -> str:
    return hashlib.sha256(blob).hexdigest()
