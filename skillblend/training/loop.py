"""The training loop: PPO until a time or step budget is spent, with checkpoints, resume and a progress line."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch as th
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from stable_baselines3.common.callbacks import BaseCallback

from skillblend.bundle import CONFIG, read_networks
from skillblend.errors import BundleError, InputError
from skillblend.files import atomic_path, json_text, write_json
from skillblend.interrupts import StopRequest
from skillblend.training.export import install
from skillblend.training.ppo import LeanPPO, PPOConfig
from skillblend.training.vec_env import BatchedEnv, SB3VecEnv

log = logging.getLogger(__name__)

_CALMING, _CALMEST = 0.4, 0.05
"""Share of a run at its end in which steps shrink, and what they shrink to."""


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """Budget and bookkeeping of one run.

    Attributes:
        minutes: Wall-clock budget, min.
        max_steps: Environment-step budget; 0 for none.
        checkpoint_minutes: Between checkpoints.
        log_iterations: Between progress lines.
        threads: Of the networks' arithmetic.
        exploration: Standard deviation of actions at the beginning, where weights are taken from elsewhere.
    """

    minutes: float
    max_steps: int = 0
    checkpoint_minutes: float = 2.0
    log_iterations: int = 10
    threads: int = 1
    exploration: float | None = None

    def __post_init__(self) -> None:
        """Refuse budgets that cannot be spent."""
        if self.exploration is not None and not 0.01 <= self.exploration <= 1.0:
            raise InputError(f"exploration = {self.exploration} must be in [0.01, 1]")
        if not 0 < self.minutes <= 10_000:
            raise InputError(f"minutes = {self.minutes} must be in (0, 10000]")
        if self.max_steps < 0:
            raise InputError(f"max_steps = {self.max_steps} must be 0 (no limit) or positive")


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """A finished run.

    Attributes:
        model: The trained algorithm.
        steps: Environment steps, earlier runs included.
        minutes: Wall minutes, earlier runs included.
        interrupted: Ended by Ctrl-C or SIGTERM; the checkpoint holds what was learned until then.
    """

    model: LeanPPO
    steps: int
    minutes: float
    interrupted: bool = False


def train(
    env: BatchedEnv,
    ppo: PPOConfig,
    loop: LoopConfig,
    *,
    seed: int,
    folder: Path,
    resume: bool = False,
    initial: Path | None = None,
    progress: Callable[[dict[str, float]], None] | None = None,
    about: Mapping[str, Any] | None = None,
) -> TrainingResult:
    """Train on `env` and leave checkpoints and `progress.jsonl` in `folder`.

    Ctrl-C or SIGTERM ends it after the current step, with a checkpoint.

    Args:
        env: Batched environment.
        ppo: Hyper-parameters.
        loop: Budget.
        seed: Of network initialisation and exploration.
        folder: Created if need be.
        resume: Continue from the checkpoint in `folder`.
        initial: Checkpoint or bundle to take the weights from (fine-tuning); steps and minutes start at 0.
        progress: Called with each progress row.
        about: JSON-ready values to keep in the checkpoint: what is trained, and how.

    Raises:
        BundleError: A checkpoint is asked for and cannot be read.
    """
    th.set_num_threads(1)
    vec = SB3VecEnv(env)
    model = LeanPPO(vec, ppo, actor_size=env.task.actor_size, seed=seed, threads=loop.threads)
    steps, minutes = 0, 0.0
    if resume:
        steps, minutes = load_checkpoint(model, folder)
    elif initial is not None:
        _begin_from(model, initial)
        with th.no_grad():
            if loop.exploration is None:
                model.policy.log_std.clamp_(-1.6, -1.2)
            else:
                model.policy.log_std.fill_(float(np.log(loop.exploration)))
        model.rate = 3e-4
    folder.mkdir(parents=True, exist_ok=True)
    with StopRequest() as stop:
        callback = _Progress(vec, loop, folder, steps, minutes, progress, stop, about)
        total = loop.max_steps - steps if loop.max_steps else 10**12
        if total > 0:
            model.learn(total, callback=callback)  # pyright: ignore[reportUnknownMemberType]
        steps, minutes = callback.totals()
        save_checkpoint(model, folder, steps, minutes, about)
    return TrainingResult(model=model, steps=steps, minutes=minutes, interrupted=stop.made)


def _begin_from(model: LeanPPO, folder: Path) -> None:
    """Weights of a checkpoint, with its optimiser's state, or of a bundle."""
    if (folder / CONFIG).exists():
        install(model, *read_networks(folder))
    else:
        load_checkpoint(model, folder)


def save_checkpoint(
    model: LeanPPO, folder: Path, steps: int, minutes: float, about: Mapping[str, Any] | None = None
) -> None:
    """Weights and optimiser state as safetensors, counters as JSON; each file replaced atomically."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"policy.{k}": v.detach().clone().contiguous() for k, v in model.policy.state_dict().items()}
    state: dict[str, Any] = model.policy.optimizer.state_dict()["state"]
    for index, slots in state.items():
        for name, value in slots.items():
            tensors[f"adam.{index}.{name}"] = th.as_tensor(value).detach().clone().contiguous()
    with atomic_path(folder / "checkpoint.safetensors") as part:
        save_file(tensors, part)
    meta: dict[str, Any] = {"steps": steps, "minutes": minutes, "rate": model.rate, "ppo": asdict(model.ppo)}
    meta["about"] = dict(about or {})
    write_json(folder / "checkpoint.json", meta)


def load_checkpoint(model: LeanPPO, folder: Path) -> tuple[int, float]:
    """Put a checkpoint's weights and optimiser state into `model`; its steps and minutes.

    Raises:
        BundleError: Missing, unreadable or of other shapes.
    """
    try:
        tensors = load_file(folder / "checkpoint.safetensors")
        meta = json.loads((folder / "checkpoint.json").read_text())
        prefix = "policy."
        policy = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
        rate, steps, minutes = float(meta["rate"]), int(meta["steps"]), float(meta["minutes"])
        model.policy.load_state_dict(policy)
        _load_adam(model, tensors)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BundleError(
            f"checkpoint in {folder} cannot be used: {error!r}; train without --resume to start afresh"
        ) from error
    model.rate = rate
    return steps, minutes


def _load_adam(model: LeanPPO, tensors: dict[str, th.Tensor]) -> None:
    state: dict[int, dict[str, th.Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("adam."):
            _, index, name = key.split(".", 2)
            state.setdefault(int(index), {})[name] = value
    groups = model.policy.optimizer.state_dict()["param_groups"]
    if state:
        model.policy.optimizer.load_state_dict({"state": state, "param_groups": groups})


def calm(spent: float) -> float:
    """Factor on the desired divergence when the share `spent` of a run's minutes has passed.

    Steps of full size leave a policy that walks better one minute and worse the next.
    """
    return float(min(1.0, max(_CALMEST, (1.0 - spent) / _CALMING)))


class _Progress(BaseCallback):
    """Stops at the budget; writes rows and checkpoints."""

    def __init__(
        self,
        vec: SB3VecEnv,
        loop: LoopConfig,
        folder: Path,
        steps: int,
        minutes: float,
        progress: Callable[[dict[str, float]], None] | None,
        stop: StopRequest,
        about: Mapping[str, Any] | None,
    ) -> None:
        super().__init__()
        self.stop, self.about = stop, about
        self.vec, self.loop, self.folder = vec, loop, folder
        self.before_steps, self.before_minutes = steps, minutes
        self.report = progress
        self.iterations = 0
        self.began = self.last_time = self.last_save = time.monotonic()
        self.last_steps = 0
        self.term_sums: dict[str, float] = {}
        self.term_count = 0

    def totals(self) -> tuple[int, float]:
        minutes = (time.monotonic() - self.began) / 60
        return self.before_steps + self.num_timesteps, self.before_minutes + minutes

    def _on_training_start(self) -> None:
        self.began = self.last_time = self.last_save = time.monotonic()

    def _on_step(self) -> bool:
        if self.n_calls % 8 == 0:
            for name, value in self.vec.env.terms.items():
                self.term_sums[name] = self.term_sums.get(name, 0.0) + float(value.mean())
            self.term_count += 1
        return not self.stop.made and self.totals()[1] < self.before_minutes + self.loop.minutes

    def _on_rollout_end(self) -> None:
        self.iterations += 1
        now = time.monotonic()
        assert isinstance(self.model, LeanPPO)
        self.model.calm = calm((now - self.began) / 60 / self.loop.minutes)
        if self.iterations % self.loop.log_iterations == 0:
            self._row(now)
        if now - self.last_save > 60 * self.loop.checkpoint_minutes:
            steps, minutes = self.totals()
            model = self.model
            assert isinstance(model, LeanPPO)
            save_checkpoint(model, self.folder, steps, minutes, self.about)
            self.last_save = now

    def _row(self, now: float) -> None:
        steps, minutes = self.totals()
        row = {
            "steps": float(steps),
            "minutes": round(minutes, 3),
            "minutes_left": round(max(0.0, self.before_minutes + self.loop.minutes - minutes), 3),
            "steps_per_second": round((self.num_timesteps - self.last_steps) / (now - self.last_time), 1),
        }
        row |= {k: round(v, 5) for k, v in self.vec.pop_finished().items()}
        row |= {f"r.{k}": round(v / max(self.term_count, 1), 4) for k, v in self.term_sums.items()}
        model = self.model
        assert isinstance(model, LeanPPO)
        row |= {k: float(f"{v:.4g}") for k, v in model.diagnostics.items()}
        self.term_sums, self.term_count = {}, 0
        self.last_steps, self.last_time = self.num_timesteps, now
        with (self.folder / "progress.jsonl").open("a") as file:
            file.write(json_text(row) + "\n")
        if self.report is not None:
            self.report(row)
