"""Checkpoints: everything that a run depends on from here on, in one file that is replaced whole."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch as th
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from skillblend.errors import BundleError, InputError
from skillblend.files import atomic_write, json_text, write_json
from skillblend.snapshots import AnyArray, Snapshot, capture, restore
from skillblend.training.ppo import LeanPPO, PPOConfig

TENSORS, META = "checkpoint.safetensors", "checkpoint.json"
"""The checkpoint, and a copy for people of what its header says."""
_FREE = frozenset({"minutes", "steps", "threads", "resume", "initial", "exploration"})
"""What of a job may change from one part of a run to the next."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A run at the moment between two iterations; copied, so that it can be written at any later time.

    Attributes:
        tensors: Weights, optimiser, random numbers, simulations.
        meta: Counters, the learning rate, what is trained and how; JSON-ready.
    """

    tensors: dict[str, AnyArray]
    meta: dict[str, Any]

    def write(self, folder: Path) -> None:
        """Into `folder`, in place of the one before, whole or not at all."""
        meta = json_text(self.meta)
        atomic_write(folder / TENSORS, save(self.tensors, metadata={"meta": meta}))
        shown = {key: value for key, value in self.meta.items() if key != "state"}
        write_json(folder / META, shown)


def take_checkpoint(
    model: LeanPPO, steps: int, minutes: float, about: Mapping[str, Any] | None = None, *, whole: bool = False
) -> Checkpoint:
    """Of `model`: weights and optimiser, or, where `whole`, also what the next rollout depends on."""
    tensors: dict[str, AnyArray] = {f"policy.{k}": _numpy(v) for k, v in model.policy.state_dict().items()}
    state: dict[int, dict[str, Any]] = model.policy.optimizer.state_dict()["state"]
    for index, slots in state.items():
        for name, value in slots.items():
            tensors[f"adam.{index}.{name}"] = _numpy(th.as_tensor(value))
    meta: dict[str, Any] = {"steps": steps, "minutes": minutes, "rate": model.rate, "ppo": asdict(model.ppo)}
    meta["about"] = dict(about or {})
    if whole:
        meta["state"] = {}
        for name, thing in (("rollout", _Rollout.of(model)), ("env", _environment(model))):
            snapshot = capture(thing)
            tensors |= {f"{name}.{k}": v for k, v in snapshot.arrays.items()}
            meta["state"][name] = snapshot.tree
    return Checkpoint(tensors=tensors, meta=meta)


def _environment(model: LeanPPO) -> object:
    vec: Any = model.get_env()
    return vec.env


def _numpy(tensor: th.Tensor) -> AnyArray:
    return np.array(tensor.detach().numpy())


@dataclass
class _Rollout:
    """What the next rollout depends on besides the networks: see `skillblend.snapshots`."""

    observations: AnyArray
    starts: AnyArray
    random: AnyArray
    steps: int
    updates: int
    calm: float

    @classmethod
    def of(cls, model: LeanPPO) -> _Rollout:
        inner = cast("Any", model)
        return cls(
            observations=np.asarray(inner._last_obs),
            starts=np.asarray(inner._last_episode_starts),
            random=th.get_rng_state().numpy(),
            steps=model.steps_done,
            updates=inner._n_updates,
            calm=model.calm,
        )

    def put(self, model: LeanPPO) -> None:
        inner = cast("Any", model)
        inner._last_obs, inner._last_episode_starts = self.observations, self.starts
        inner.num_timesteps, inner._n_updates, model.calm = self.steps, self.updates, self.calm
        th.set_rng_state(th.as_tensor(self.random))


def save_checkpoint(
    model: LeanPPO, folder: Path, steps: int, minutes: float, about: Mapping[str, Any] | None = None
) -> None:
    """Weights and optimiser of `model` and the counters, into `folder`, whole or not at all."""
    take_checkpoint(model, steps, minutes, about).write(folder)


def read_meta(folder: Path) -> dict[str, Any]:
    """What the header of the checkpoint in `folder` says.

    Raises:
        BundleError: There is none, or it cannot be read.
    """
    path = folder / TENSORS
    if not path.exists():
        raise BundleError(f"checkpoint in {folder} cannot be used: there is none; train without --resume")
    try:
        with safe_open(path, framework="numpy") as file:
            header: dict[str, str] | None = file.metadata()
        text = (header or {}).get("meta") or (folder / META).read_text()
        meta: Any = json.loads(text)
        read = {"steps": int(meta["steps"]), "minutes": float(meta["minutes"]), "rate": float(meta["rate"])}
        about: Any = meta.get("about", {})
        if not isinstance(about, dict):
            raise TypeError(f"about = {about!r} must be an object")
        return {**meta, **read}
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(folder, error) from error


def load_checkpoint(model: LeanPPO, folder: Path) -> tuple[int, float]:
    """Put a checkpoint's weights and optimiser state into `model`; its steps and minutes.

    Raises:
        BundleError: Missing, unreadable or of other shapes.
    """
    meta = read_meta(folder)
    _load_networks(model, folder)
    model.rate = meta["rate"]
    return meta["steps"], meta["minutes"]


def resume_checkpoint(model: LeanPPO, folder: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """Put the whole run in `folder` into `model` and its environment, which was reset; what its header says.

    Raises:
        BundleError: Missing, unreadable, or without the state of the simulation.
        InputError: It is another run than `about` describes.
    """
    meta = read_meta(folder)
    _check_same(meta, about, folder)
    if "state" not in meta:
        raise BundleError(
            f"checkpoint in {folder} holds the networks alone, not the simulation, so that the run cannot go on; "
            f"begin another with its weights: --initial {folder} and a new --out"
        )
    tensors = _load_networks(model, folder)
    model.rate = meta["rate"]
    rollout = _Rollout.of(model)
    for name, thing in (("rollout", rollout), ("env", _environment(model))):
        kept = {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}
        restore(thing, Snapshot(arrays=kept, tree=meta["state"].get(name, {})))
    rollout.put(model)
    return meta


def read_ppo(folder: Path) -> PPOConfig:
    """Hyper-parameters of the run in `folder`.

    Raises:
        BundleError: There is none, or they are not those of this version.
    """
    meta = read_meta(folder)
    try:
        ppo: dict[str, Any] = meta["ppo"]
        values: dict[str, Any] = {
            k: tuple(cast("list[Any]", v)) if isinstance(v, list) else v for k, v in ppo.items()
        }
        return PPOConfig(**values)
    except (TypeError, KeyError, AttributeError) as error:
        raise _unusable(folder, error) from error


def _check_same(meta: Mapping[str, Any], about: Mapping[str, Any], folder: Path) -> None:
    """Refuse to go on with a run under another name."""
    found, asked = _flat(meta["about"]), _flat(json.loads(json_text(about)))
    for key in sorted(found.keys() & asked.keys()):
        if found[key] != asked[key] and key.removeprefix("job.") not in _FREE and key != "stages":
            raise InputError(
                f"the run in {folder} has {key} = {found[key]}, not {asked[key]}; go on with its own values, or "
                f"begin another with its weights: --initial {folder} and a new --out"
            )


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            out |= _flat(cast("dict[str, Any]", value), f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = value
    return out


def _load_networks(model: LeanPPO, folder: Path) -> dict[str, AnyArray]:
    try:
        tensors: dict[str, AnyArray] = load_file(folder / TENSORS)
        policy = {k.removeprefix("policy."): th.as_tensor(v) for k, v in tensors.items() if k.startswith("policy.")}
        model.policy.load_state_dict(policy)
        _load_adam(model, tensors)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise _unusable(folder, error) from error
    return tensors


def _load_adam(model: LeanPPO, tensors: dict[str, AnyArray]) -> None:
    state: dict[int, dict[str, th.Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("adam."):
            _, index, name = key.split(".", 2)
            state.setdefault(int(index), {})[name] = th.as_tensor(value)
    groups = model.policy.optimizer.state_dict()["param_groups"]
    if state:
        model.policy.optimizer.load_state_dict({"state": state, "param_groups": groups})


def _unusable(folder: Path, error: Exception) -> BundleError:
    return BundleError(
        f"checkpoint in {folder} cannot be used: {error!r}; remove the folder, or train to another --out"
    )


class Keeper:
    """The latest checkpoint of a run, and which one is on disk; used from two threads."""

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        """Checkpoints go to `folder`."""
        self.folder, self.about = folder, about
        self._lock = threading.Lock()
        self._latest: Checkpoint | None = None
        self._written: Checkpoint | None = None

    @property
    def steps(self) -> int:
        """Of the latest checkpoint."""
        return 0 if self._latest is None else int(self._latest.meta["steps"])

    @property
    def minutes(self) -> float:
        """Of the latest checkpoint."""
        return 0.0 if self._latest is None else float(self._latest.meta["minutes"])

    def take(self, model: LeanPPO, minutes: float) -> None:
        """Between two iterations."""
        self._latest = take_checkpoint(model, model.steps_done, minutes, self.about, whole=True)

    def write(self) -> int:
        """The latest checkpoint, unless it is on disk; its steps."""
        with self._lock:
            latest = self._latest
            if latest is not None and latest is not self._written:
                latest.write(self.folder)
                self._written = latest
            return 0 if latest is None else int(latest.meta["steps"])
