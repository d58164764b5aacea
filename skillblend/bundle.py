"""Policy bundles on disk: safetensors + JSON + SHA-256 manifest. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from skillblend.contracts import Robot
from skillblend.errors import BundleError
from skillblend.files import json_text
from skillblend.policy import ACTIVATION, Float32, Mlp

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
    """Write a bundle whole or not at all; card and pictures already in `folder` are kept.

    What the manifest of an earlier bundle there names besides, its affordance, goes: it is of other weights.

    Args:
        folder: Target, created or replaced.
        tensors: ``actor.{i}.weight|bias`` and ``critic.{i}.weight|bias``.
        config: Must hold ``skill``, ``robot``, ``joint_names``, ``observation`` (list of [name, size]),
            ``action_size``; provenance (``commit``, ``seed``, ``steps``, ``minutes``) belongs here too.
            The networks' ``activation`` is added.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    weights = save_tensors({k: np.ascontiguousarray(v) for k, v in tensors.items()})
    text = json_text({"format": FORMAT, "activation": ACTIVATION, **config}, indent=1, sort_keys=True) + "\n"
    stale = [n for n in _manifest(folder) if n not in (WEIGHTS, CONFIG)] if (folder / MANIFEST).exists() else []
    replace_files(folder, {WEIGHTS: weights, CONFIG: text.encode()}, {}, stale)


def add_to_bundle(folder: Path, name: str, blob: bytes) -> None:
    """Put a file into a bundle and into its manifest, both or neither.

    Raises:
        BundleError: There is no bundle.
    """
    replace_files(folder, {name: blob}, _manifest(folder), ())


def read_from_bundle(folder: Path, name: str) -> bytes:
    """A file that `add_to_bundle` has put there.

    Raises:
        BundleError: Missing, not in the manifest, or changed since.
    """
    return _checked(folder, name)


def replace_files(
    folder: Path, files: Mapping[str, bytes], manifest: Mapping[str, str], stale: Iterable[str] = ()
) -> None:
    """Let a folder with other `files`, and without `stale` ones, take the place of `folder`, whole or not at all.

    Its manifest holds the digests of `files` and those of `manifest`.
    """
    digests = {**manifest, **{name: _digest(blob) for name, blob in files.items()}}
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as name:
        new, old = Path(name) / "bundle", Path(name) / "old"
        if folder.exists():
            shutil.copytree(folder, new)
        new.mkdir(exist_ok=True)
        for file in stale:
            (new / Path(file).name).unlink(missing_ok=True)
        for file, blob in files.items():
            (new / file).write_bytes(blob)
        (new / MANIFEST).write_text(json_text(digests, indent=1) + "\n")
        try:
            if folder.exists():
                os.replace(folder, old)
            os.replace(new, folder)
        except BaseException:
            if old.exists() and not folder.exists():
                os.replace(old, folder)
            raise


def copy_bundle(source: Path, target: Path) -> None:
    """Let `target`, which is not there yet, be a copy of the folder `source`, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".writing-") as name:
        new = Path(name) / "bundle"
        shutil.copytree(source, new)
        os.replace(new, target)


def read_bundle(
    folder: Path,
    *,
    skill: str,
    robot: Robot,
    observation: list[tuple[str, int]],
    privileged: int | None = None,
    action_size: int | None = None,
) -> Bundle:
    """Read a bundle and check that it fits.

    Args:
        folder: Written by `write_bundle`.
        skill: What it must implement.
        robot: For whom; name and joint order must agree.
        observation: Layout that the code produces, as (name, size).
        privileged: Number of columns that the critic sees besides; None where nobody asks the critic.
        action_size: What the code makes of the actor's output; None for what the bundle says.

    Raises:
        BundleError: Missing, truncated, tampered with, or made for something else; says what.
    """
    config = read_config(folder)
    blob = _checked(folder, WEIGHTS)
    expected: dict[str, Any] = {
        "skill": skill,
        "robot": robot.name,
        "joint_names": list(robot.joint_names),
        "observation": [[n, s] for n, s in observation],
    }
    if action_size is not None:
        expected["action_size"] = action_size
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
    if privileged is not None and (critic.input_size, critic.output_size) != (size + privileged, 1):
        raise BundleError(
            f"{folder}: the critic maps {critic.input_size} -> {critic.output_size}, the skill needs "
            f"{size + privileged} -> 1; train it again with this version"
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


def weights_digest(folder: Path) -> str:
    """SHA-256 of a bundle's weights.

    Raises:
        BundleError: Missing, truncated or tampered with.
    """
    return _digest(_checked(folder, WEIGHTS))


def _tensors(folder: Path, blob: bytes) -> dict[str, Float32]:
    try:
        tensors: dict[str, Float32] = load_tensors(blob)
    except SafetensorError as error:
        raise BundleError(f"{folder / WEIGHTS} is not a safetensors file: {error}") from error
    for name, values in tensors.items():
        if values.dtype != np.float32 or not np.isfinite(values).all():
            raise BundleError(
                f"{folder / WEIGHTS}: {name} must hold finite float32 numbers; train or download the bundle again"
            )
    return tensors


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a bundle, checked against its manifest.

    Raises:
        BundleError: Missing, tampered with, of another format, or of networks with another activation.
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
    _check_activation(folder, cast("dict[str, Any]", config))
    return cast("dict[str, Any]", config)


def _check_activation(folder: Path, config: Mapping[str, Any]) -> None:
    """Refuse networks that would be run with another activation than they were trained with.

    Bundles of before it was written down name none: they were all trained with ELU.

    Raises:
        BundleError: It is not the one that `skillblend.policy.Mlp` computes.
    """
    found = config.get("activation", ACTIVATION)
    if found != ACTIVATION:
        raise BundleError(
            f"{folder / CONFIG}: the networks were trained with the activation {found!r}, this code runs "
            f"{ACTIVATION!r} alone; train the bundle again with this version"
        )


def _checked(folder: Path, name: str) -> bytes:
    """Content of a file of the bundle whose hash agrees with the manifest."""
    wanted = _manifest(folder).get(name)
    try:
        blob = (folder / name).read_bytes()
    except OSError as error:
        raise BundleError(f"{folder} is not a complete bundle: {error}") from error
    found = _digest(blob)
    if wanted != found:
        raise BundleError(
            f"{folder / name} has SHA-256 {found[:12]}..., its manifest says {str(wanted)[:12]}...; the "
            f"file is damaged or was changed: restore it or train the bundle again"
        )
    return blob


def _manifest(folder: Path) -> dict[str, Any]:
    """File names and digests; empty where the manifest holds none."""
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise BundleError(f"{folder} is not a complete bundle: {error}") from error
    return cast("dict[str, Any]", manifest) if isinstance(manifest, dict) else {}


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
