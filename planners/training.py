"""Fine-tune a low-rank adapter on generated pairs: ``python -m planners.training``.

Several instructions share one scene: its tokens are computed once and attended to by all of them, which
halves the work. Only the plan's lines carry loss, and a line's failure mark does not.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from planners.corpus.generator import sample_example, sample_scene
from planners.corpus.lookup import known_behaviours
from planners.lora import add_adapters, load_adapter, save_adapter
from planners.prompt import scene_text
from planners.rows import TrainingRow, batch_loss, encode, encode_row
from planners.weights import BASE_MODEL, WHEEL, load_base
from skillblend.errors import BundleError, InputError
from skillblend.files import atomic_path, json_text
from skillblend.interrupts import StopRequest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

log = logging.getLogger(__name__)
STATE = "state.safetensors"
"""Of a run that is under way, in its folder."""
_SAVE_SECONDS = 60.0
"""Most time between checkpoints, as far as steps allow, s."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How an adapter is trained.

    Attributes:
        out: Folder of the finished adapter.
        checkpoints: Folder for resuming.
        seed: Of data and initial weights.
        steps: Optimiser steps.
        scenes: Scenes per step.
        instructions: Instructions per scene.
        rank: Of the adapter.
        scale: Factor on the low-rank term.
        first_block: Transformer blocks before this one stay as they are, which saves their backward pass.
        learning_rate: Peak; linear warm-up, then cosine down to a twentieth.
        warmup: Steps of warm-up.
        save_every: Most steps between checkpoints; they come each minute anyhow.
        minutes: Wall-clock limit; the schedule adapts to it. 0 for none.
        bfloat16: Frozen weights and products in bfloat16; None for: where the processor has instructions for
            it, elsewhere it is slower.
        resume: Continue from the checkpoint, if there is one.
        initial: Folder of an adapter to begin with; ``None`` for a fresh one.
        commit: Of the code, for the card.
    """

    out: Path = Path("models/planner")
    checkpoints: Path = Path("runs/planner")
    seed: int = 0
    steps: int = 200
    scenes: int = 3
    instructions: int = 6
    rank: int = 16
    scale: float = 2.0
    first_block: int = 8
    learning_rate: float = 8e-4
    warmup: int = 10
    save_every: int = 20
    minutes: float = 0.0
    bfloat16: bool | None = None
    resume: bool = False
    initial: Path | None = None
    commit: str = "unknown"

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: A count or rate is not positive.
        """
        for name in ("steps", "scenes", "instructions", "rank", "scale", "learning_rate", "save_every"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} = {getattr(self, name)} must be positive")
        for name in ("minutes", "warmup", "seed", "first_block"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} = {getattr(self, name)} must not be negative")


def make_batch(
    tokenizer: PreTrainedTokenizerBase, config: TrainConfig, step: int
) -> tuple[list[list[int]], list[TrainingRow]]:
    """Scenes and rows of one step; a function of the seed and `step` alone."""
    scenes: list[list[int]] = []
    rows: list[TrainingRow] = []
    for index in range(config.scenes):
        rng = np.random.default_rng([config.seed, step, index])
        objects = sample_scene(rng)
        scenes.append(encode(tokenizer, scene_text(objects)))
        rows += [encode_row(tokenizer, index, sample_example(rng, objects)) for _ in range(config.instructions)]
    return scenes, rows


def learning_rate(config: TrainConfig, step: int, elapsed: float) -> float:
    """Warm-up and cosine over steps or wall time, whichever is further on."""
    progress = step / config.steps
    if config.minutes:
        progress = max(progress, elapsed / (60 * config.minutes))
    warm = min(1.0, (step + 1) / max(config.warmup, 1))
    return config.learning_rate * warm * (0.05 + 0.95 * 0.5 * (1 + float(np.cos(np.pi * min(progress, 1.0)))))


class AdapterKeeper:
    """State of a run between two steps, in memory, and on disk where it is asked for; used from two threads."""

    def __init__(self, config: TrainConfig) -> None:
        """Checkpoints go where `config` says."""
        self._path, self._seed = config.checkpoints / STATE, config.seed
        self._lock = threading.Lock()
        self._latest: tuple[dict[str, torch.Tensor], int, float] | None = None
        self._written = -1
        self.saved = time.monotonic()

    def take(self, parameters: dict[str, Any], optimiser: Any, step: int, spent: float) -> None:
        """After `step` steps and `spent` s."""
        tensors: dict[str, torch.Tensor] = {}
        for name, value in parameters.items():
            state = optimiser.state[value]
            kept = {"weight": value.detach(), "mean": state["exp_avg"], "square": state["exp_avg_sq"]}
            tensors |= {f"{part}/{name}": tensor.clone() for part, tensor in kept.items()}
        self._latest = tensors, step, spent

    def write(self) -> int:
        """The latest state, whole or not at all, unless it is on disk; its steps."""
        with self._lock:
            latest = self._latest
            if latest is None:
                return max(self._written, 0)
            tensors, step, spent = latest
            if step != self._written:
                about = {"step": str(step), "seconds": f"{spent:.3f}", "seed": str(self._seed)}
                with atomic_path(self._path) as part:
                    save_file(tensors, part, about)
                self._written, self.saved = step, time.monotonic()
            return step


def check_fresh(checkpoints: Path) -> None:
    """Refuse to train where an earlier run is kept.

    Raises:
        InputError: A checkpoint is there.
    """
    if (checkpoints / STATE).exists():
        raise InputError(
            f"{checkpoints} holds an earlier run; go on with it: --resume; or name another --out, or remove it"
        )


def _load_state(config: TrainConfig, parameters: dict[str, Any], optimiser: Any) -> tuple[int, float]:
    """Restore a run; steps done and seconds spent.

    Raises:
        BundleError: There is no checkpoint, or it belongs to another seed.
    """
    from safetensors import safe_open

    path = config.checkpoints / STATE
    if not path.is_file():
        raise BundleError(f"no checkpoint {path} to resume from; train without resume first")
    with safe_open(path, framework="pt") as stream:
        about = stream.metadata()
    if about.get("seed") != str(config.seed):
        raise BundleError(f"checkpoint {path} has seed {about.get('seed')}, not {config.seed}; use its seed")
    tensors = load_file(path)
    step = int(about["step"])
    for name, value in parameters.items():
        value.data.copy_(tensors[f"weight/{name}"])
        optimiser.state[value] = {
            "step": torch.tensor(float(step)),
            "exp_avg": tensors[f"mean/{name}"].clone(),
            "exp_avg_sq": tensors[f"square/{name}"].clone(),
        }
    return step, float(about["seconds"])


def _begin_with(folder: Path, parameters: dict[str, Any]) -> None:
    """Copy the adapter in `folder` into `parameters`.

    Raises:
        BundleError: It is missing, damaged, or of other layers or another rank.
    """
    weights, _ = load_adapter(folder)
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    expected = {name: tuple(value.shape) for name, value in parameters.items()}
    if shapes != expected:
        odd = sorted(set(shapes.items()) ^ set(expected.items()))[0]
        raise BundleError(
            f"the adapter in {folder} does not fit this training, for example {odd[0]} {odd[1]}; "
            "use its rank and first block, or begin with none"
        )
    for name, value in parameters.items():
        value.data.copy_(weights[name])


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 matrices in hardware."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def is_narrow(config: TrainConfig) -> bool:
    """Whether to compute in bfloat16."""
    return has_bfloat16() if config.bfloat16 is None else config.bfloat16


@dataclass(frozen=True, kw_only=True)
class Curriculum:
    """What an adapter learns from.

    Attributes:
        batch: Tokens of scenes, and rows, of one step: a function of the configuration and the step alone.
        card: The model card of what was trained, by configuration and figures.
    """

    batch: Callable[[Any, TrainConfig, int], tuple[list[list[int]], list[TrainingRow]]]
    card: Callable[[TrainConfig, dict[str, float]], str]


def optimise(
    config: TrainConfig,
    model: Any,
    tokenizer: Any,
    parameters: dict[str, Any],
    stop: StopRequest | None = None,
    keeper: AdapterKeeper | None = None,
    curriculum: Curriculum | None = None,
) -> Iterator[dict[str, float]]:
    """Train `parameters`, yielding step, loss, rows and seconds after each step; `stop` ends it with a checkpoint."""
    batch = make_batch if curriculum is None else curriculum.batch
    keeper = keeper or AdapterKeeper(config)
    optimiser = torch.optim.AdamW(parameters.values(), lr=config.learning_rate, weight_decay=0.0, betas=(0.9, 0.98))
    done, before = _load_state(config, parameters, optimiser) if config.resume else (0, 0.0)
    if config.initial is not None and not config.resume:
        _begin_with(config.initial, parameters)
    began = time.monotonic() - before
    narrow = is_narrow(config)
    for step in range(done, config.steps):
        elapsed = time.monotonic() - began
        if config.minutes and elapsed > 60 * config.minutes:
            break
        for part in optimiser.param_groups:
            part["lr"] = learning_rate(config, step, elapsed)
        scenes, rows = batch(tokenizer, config, step)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=narrow):
            loss = batch_loss(model, scenes, rows)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # pyright: ignore[reportUnknownMemberType]
        torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
        optimiser.step()  # pyright: ignore[reportUnknownMemberType]
        spent = time.monotonic() - began
        stopped = stop is not None and stop.made
        keeper.take(parameters, optimiser, step + 1, spent)
        age = time.monotonic() - keeper.saved
        if stopped or (step + 1) % config.save_every == 0 or step + 1 == config.steps or age > _SAVE_SECONDS:
            keeper.write()
        figures = {"step": step + 1, "loss": float(loss.detach()), "rows": len(rows), "seconds": spent}
        yield figures | {"checkpoint_age": round(time.monotonic() - keeper.saved, 1)}
        if stopped:
            break


def train(
    config: TrainConfig,
    report: Callable[[dict[str, float]], None] | None = None,
    overdue: Callable[[int, int], None] | None = None,
    curriculum: Curriculum | None = None,
) -> dict[str, float]:
    """Train, write the adapter to ``config.out`` and return the last figures.

    A signal ends it after the current step: with a checkpoint, without an adapter, and with the signal's number as
    ``interrupted`` among the figures. Where a step takes longer than somebody waits, `overdue` is called in
    another thread with that number and the steps that are safe. `report` is called with each step's figures.

    Raises:
        BundleError: No base model, or nothing to resume.
    """
    keeper = AdapterKeeper(config)

    def late(number: int) -> None:
        if overdue is not None:
            overdue(number, keeper.write())

    torch.manual_seed(config.seed)  # pyright: ignore[reportUnknownMemberType]
    model, tokenizer = load_base()
    if is_narrow(config):
        model.to(torch.bfloat16)  # pyright: ignore
    parameters = add_adapters(
        model, rank=config.rank, scale=config.scale, seed=config.seed, first_block=config.first_block
    )
    figures: dict[str, float] = {"step": 0.0, "loss": float("nan"), "seconds": 0.0}
    average = float("nan")
    with StopRequest(late) as stop:
        for figures in optimise(config, model, tokenizer, parameters, stop, keeper, curriculum):
            loss = figures["loss"]
            average = loss if average != average else 0.95 * average + 0.05 * loss
            if report is not None:
                report(figures | {"average_loss": average, "steps": float(config.steps)})
    if stop.made and figures["step"] < config.steps:
        return {**figures, "interrupted": float(stop.number)}
    figures = {**figures, "average_loss": average}
    figures["examples"] = figures["step"] * config.scenes * config.instructions
    record = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(config).items()}
    about = {
        "base": BASE_MODEL,
        "rank": config.rank,
        "scale": config.scale,
        "first_block": config.first_block,
        "behaviours": sorted(known_behaviours()),
    }
    about |= {"training": record, "figures": figures}
    save_adapter(config.out, parameters, about, (card if curriculum is None else curriculum.card)(config, figures))
    return figures


def card(config: TrainConfig, figures: dict[str, float]) -> str:
    """The model card of a freshly trained adapter."""
    begin = f" --initial {config.initial}" if config.initial else ""
    minutes, loss = figures.get("seconds", 0.0) / 60, figures.get("average_loss", 0.0)
    return f"""# Planner adapter

Low-rank adapter (rank {config.rank}, linear layers of all blocks from {config.first_block} on) for
{BASE_MODEL} (wheel `{WHEEL}`, Apache-2.0). It makes the model write the next step of a plan from
a scene, an instruction and the steps executed so far.

- Command: `skillblend train planner{begin} --steps {config.steps} --seed {config.seed}`,
  commit {config.commit}.
- Data: generated by `planners.corpus.generator`, seed {config.seed}; no text from anywhere else.
- Training: {figures.get("step", 0):.0f} steps, {figures.get("examples", 0):.0f} instructions,
  {minutes:.1f} min of wall time on one CPU thread; running loss {loss:.3f}.
- Files: `adapter.safetensors` (float16), `config.json`, `manifest.json` (SHA-256 of the others).
- Limits: English; walking, turning, standing, pressing, touching and raising both hands. Sentences far
  from the generator's may be misread, so affordances and safety rules stay in charge.
"""


def main() -> None:
    """Command line of the training."""
    import tyro

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    print(json_text(train(tyro.cli(TrainConfig), lambda figures: log.info("%s", figures))))


if __name__ == "__main__":
    main()
