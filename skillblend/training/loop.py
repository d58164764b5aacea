"""The training loop: PPO until a time or step budget is spent, with checkpoints, resume and a progress line."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch as th
from stable_baselines3.common.callbacks import BaseCallback

from skillblend.bundle import CONFIG, read_networks
from skillblend.errors import BundleError, InputError
from skillblend.files import locked
from skillblend.interrupts import StopRequest
from skillblend.training.checkpoint import (
    TENSORS,
    Keeper,
    load_checkpoint,
    read_meta,
    read_ppo,
    resume_checkpoint,
    save_checkpoint,
)
from skillblend.training.export import install
from skillblend.training.joint_ppo import make_learner
from skillblend.training.ppo import LeanPPO, PPOConfig
from skillblend.training.progress import ProgressLog
from skillblend.training.vec_env import BatchedEnv, SB3VecEnv

__all__ = ["LoopConfig", "TrainingResult", "calm", "check_fresh", "load_checkpoint", "save_checkpoint", "train"]

log = logging.getLogger(__name__)
Report = Callable[[dict[str, float]], None]
Overdue = Callable[[int, int], None]
"""Called with a signal's number and the steps that are safe, where a run could not end in time."""
Watch = Callable[[], None]
_QUIET = 10.0
"""Longest time between two progress rows where iterations allow it, s."""
_FIRST = 0.5
"""So long after the beginning comes the first row, s, even where the first iteration takes longer."""
_CALMING, _CALMEST = 0.4, 0.05
"""Share of a run at its end in which steps shrink, and what they shrink to."""


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """Budget and bookkeeping of one run.

    Attributes:
        minutes: Wall-clock budget, min.
        max_steps: Environment-step budget, earlier parts of the run included; 0 for none. Where there is one, what is
            learned depends on it and the seed alone, and not on how fast the machine is.
        checkpoint_minutes: Between checkpoints.
        log_iterations: Between progress lines.
        threads: Of the networks' arithmetic.
        exploration: Standard deviation of actions at the beginning; None for what suits where the weights come from.
    """

    minutes: float
    max_steps: int = 0
    checkpoint_minutes: float = 1.0
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
        steps: Environment steps that were learned from, earlier parts of the run included.
        minutes: Wall minutes, earlier parts included.
        interrupted: Ended by a signal; the checkpoint holds what was learned until then.
        signal: Its number, 0 for none.
    """

    model: LeanPPO
    steps: int
    minutes: float
    interrupted: bool = False
    signal: int = 0


def train(
    env: BatchedEnv,
    ppo: PPOConfig,
    loop: LoopConfig,
    *,
    seed: int,
    folder: Path,
    resume: bool = False,
    initial: Path | None = None,
    progress: Report | None = None,
    about: Mapping[str, Any] | None = None,
    overdue: Overdue | None = None,
    watch: Watch | None = None,
) -> TrainingResult:
    """Train on `env` and leave checkpoints, `progress.jsonl`, `progress.csv` and TensorBoard's events in `folder`.

    A signal ends it after the current step; what is kept is the run as it was before the current rollout.

    Args:
        env: Batched environment; its state is kept as `skillblend.snapshots` says.
        ppo: Hyper-parameters of a new run; one that goes on keeps its own.
        loop: Budget.
        seed: Of network initialisation and exploration.
        folder: Created if need be.
        resume: Continue the run in `folder`: bit for bit as if it had never ended.
        initial: Checkpoint or bundle to take the weights from (fine-tuning); steps and minutes start at 0.
        progress: Called with each progress row.
        about: JSON-ready values to keep in the checkpoint: what is trained, and how.
        overdue: Called, in another thread, where a signal has not ended the run in time.
        watch: Called after each step of the environments, for whoever looks on.

    Raises:
        BundleError: A checkpoint is asked for and cannot be read.
        InputError: `folder` holds another run, or one that somebody else trains.
    """
    th.set_num_threads(1)
    if not resume:
        check_fresh(folder)
    else:
        ppo = read_ppo(folder)
    vec = SB3VecEnv(env)
    model = make_learner(vec, ppo, actor_size=env.task.actor_size, seed=seed, threads=loop.threads)
    minutes, about = 0.0, dict(about or {})
    if resume:
        _prepare(model, env)
        meta = resume_checkpoint(model, folder, about)
        minutes, about = meta["minutes"], _continued(meta["about"], about)
    elif initial is not None:
        _begin_from(model, initial)
    if not resume and (initial is not None or loop.exploration is not None):
        _explore(model, loop.exploration)
    with _claimed(folder), StopRequest(lambda number: _save_late(keeper, overdue, number)) as stop:
        keeper = Keeper(folder, about)
        rows = ProgressLog(folder, model.steps_done)
        callback = _Progress(vec, loop, keeper, rows, minutes, progress, stop, watch)
        total = loop.max_steps - model.steps_done if loop.max_steps else 10**12
        if total > 0:
            model.learn(total, callback=callback, reset_num_timesteps=not resume)  # pyright: ignore[reportUnknownMemberType]
            keeper.write()
        rows.close()
    steps, minutes = (keeper.steps, keeper.minutes) if total > 0 else (model.steps_done, minutes)
    return TrainingResult(model=model, steps=steps, minutes=minutes, interrupted=stop.made, signal=stop.number)


def check_fresh(folder: Path) -> None:
    """Refuse to train where an earlier run is kept.

    Raises:
        InputError: A checkpoint is there.
    """
    if not (folder / TENSORS).exists():
        return
    try:
        steps = f"{read_meta(folder)['steps']:,} steps"
    except BundleError:
        steps = "a checkpoint that cannot be read"
    if steps != "0 steps":
        raise InputError(
            f"{folder} holds an earlier run: {steps}; go on with it: --resume; or name another --out, or remove it"
        )


@contextmanager
def _claimed(folder: Path) -> Generator[None]:
    """`folder` exists, nobody else trains in it, and what a killed run has left half-written is gone.

    Raises:
        InputError: Somebody does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        for part in folder.glob(".*.part*"):
            part.unlink(missing_ok=True)
        yield


def _save_late(keeper: Keeper, overdue: Overdue | None, number: int) -> None:
    if overdue is not None:
        overdue(number, keeper.write())


def _prepare(model: LeanPPO, env: BatchedEnv) -> None:
    """Everything has the shape that it has between iterations."""
    inner: Any = model
    inner._last_obs = env.reset().astype(np.float32)
    inner._last_episode_starts = np.ones(env.n, dtype=bool)


def _continued(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What is known of a run, with what its next part changes."""
    out = {**before, **now}
    if isinstance(before.get("job"), dict):
        out["job"] = {**before["job"], **{k: v for k, v in now.get("job", {}).items() if v is not None}}
    if "stages" in before:
        out["stages"] = before["stages"]
    return out


def _begin_from(model: LeanPPO, folder: Path) -> None:
    """Weights of a checkpoint, with its optimiser's state, or of a bundle."""
    if (folder / CONFIG).exists():
        install(model, *read_networks(folder))
    else:
        load_checkpoint(model, folder)
    model.rate = 3e-4


def _explore(model: LeanPPO, exploration: float | None) -> None:
    """Begin with actions that are spread by `exploration`, or by what suits weights that are known to be good."""
    with th.no_grad():
        if exploration is None:
            model.policy.log_std.clamp_(-1.6, -1.2)
        else:
            model.policy.log_std.fill_(float(np.log(exploration)))


def calm(spent: float) -> float:
    """Factor on the desired divergence when the share `spent` of a run's budget has passed.

    Steps of full size leave a policy that walks better one minute and worse the next.
    """
    return float(min(1.0, max(_CALMEST, (1.0 - spent) / _CALMING)))


@contextmanager
def _not_needed(what: str) -> Generator[None]:
    """What a run can do without for the time being: it says so, and goes on."""
    try:
        yield
    except (OSError, InputError) as error:
        log.warning("no %s: %s; training goes on", what, error)


class _Progress(BaseCallback):
    """Stops at the budget; writes rows and checkpoints."""

    def __init__(
        self,
        vec: SB3VecEnv,
        loop: LoopConfig,
        keeper: Keeper,
        log: ProgressLog,
        minutes: float,
        progress: Report | None,
        stop: StopRequest,
        watch: Watch | None,
    ) -> None:
        super().__init__()
        self.watch, self.announced = watch, False
        self.stop, self.vec, self.loop, self.keeper, self.log = stop, vec, loop, keeper, log
        self.before_minutes, self.report = minutes, progress
        self.rolling, self.spent = False, False
        self.began = self.last_time = self.last_save = time.monotonic()
        self.first_steps: int = 0
        self.last_steps: int = 0
        self.term_sums: dict[str, float] = {}
        self.term_count = 0

    def _minutes(self) -> float:
        return self.before_minutes + (time.monotonic() - self.began) / 60

    def _iterations(self) -> int:
        return self.lean.steps_done // (self.vec.env.n * self.lean.ppo.rollout_steps)

    @property
    def lean(self) -> LeanPPO:
        """The model, as what it is."""
        assert isinstance(self.model, LeanPPO)
        return self.model

    def _on_training_start(self) -> None:
        self.began = self.last_time = self.last_save = time.monotonic()
        self.first_steps = self.last_steps = self.lean.steps_done

    def _on_rollout_start(self) -> None:
        """Between two iterations: the moment that checkpoints hold."""
        self.keeper.take(self.lean, self._minutes())
        self.rolling = True
        now = time.monotonic()
        self.spent = now - self.began >= 60 * self.loop.minutes
        if self.lean.steps_done == 0:
            self.keeper.write()
        elif now - self.last_save > 60 * self.loop.checkpoint_minutes:
            self._save()
            self.last_save = now

    def _on_training_end(self) -> None:
        if not self.rolling:
            self.keeper.take(self.lean, self._minutes())
        with _not_needed("table of progress"):
            self.log.tabulate()

    def _save(self) -> None:
        """A disk that is full now may have room again by the end."""
        with _not_needed("checkpoint"):
            self.keeper.write()
        with _not_needed("table of progress"):
            self.log.tabulate()

    def _on_step(self) -> bool:
        if self.n_calls % 8 == 0:
            for name, value in self.vec.env.terms.items():
                self.term_sums[name] = self.term_sums.get(name, 0.0) + float(value.mean())
            self.term_count += 1
        if self.watch is not None:
            self.watch()
        if not self.announced and time.monotonic() - self.began > _FIRST:
            self._announce(time.monotonic())
        return not self.stop.made and not self.spent

    def _on_rollout_end(self) -> None:
        self.rolling = False
        now = time.monotonic()
        steps, most = self.lean.steps_done, self.loop.max_steps
        self.lean.calm = calm(steps / most if most else (now - self.began) / 60 / self.loop.minutes)
        count = self._iterations()
        if count == 1 or count % self.loop.log_iterations == 0 or now - self.last_time > _QUIET:
            self._row(now)

    def _announce(self, now: float) -> None:
        """A first row, for whoever waits: the first rollout alone may take a while. It is kept nowhere."""
        done, passed = self.n_calls * self.vec.env.n, now - self.began
        self._tell(
            {
                "steps": float(self.first_steps),
                "minutes_left": round(self._left(now, self.first_steps + done), 3),
                "steps_per_second": round(done / passed, 1),
                "checkpoint_age": round(now - self.last_save, 1),
            }
        )

    def _row(self, now: float) -> None:
        steps, minutes = self.lean.steps_done, self._minutes()
        row = {
            "steps": float(steps),
            "minutes": round(minutes, 3),
            "minutes_left": round(self._left(now, steps), 3),
            "steps_per_second": round((steps - self.last_steps) / (now - self.last_time), 1),
            "checkpoint_age": round(now - self.last_save, 1),
        }
        row["reward"] = round(self.vec.pop_reward(), 5)
        row |= {k: round(v, 5) for k, v in self.vec.pop_finished().items()}
        row |= {f"r.{k}": round(v / max(self.term_count, 1), 4) for k, v in self.term_sums.items()}
        row |= {k: float(f"{v:.4g}") for k, v in self.lean.diagnostics.items()}
        self.term_sums, self.term_count = {}, 0
        self.last_steps, self.last_time = steps, now
        with _not_needed("progress row"):
            self.log.add(row)
        self._tell(row)

    def _tell(self, row: dict[str, float]) -> None:
        self.announced = True
        try:
            if self.report is not None:
                self.report(row)
        except OSError:  # nobody reads any more
            self.report = None

    def _left(self, now: float, steps: int) -> float:
        """Minutes until the first of the budgets is spent."""
        spent = (now - self.began) / 60
        left = self.loop.minutes - spent
        done = steps - self.first_steps
        if self.loop.max_steps and done > 0:
            left = min(left, spent * (self.loop.max_steps - steps) / done)
        return max(0.0, left)
