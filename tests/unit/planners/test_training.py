"""The adapter: trained on plans alone, resumable, saved with digests, merged exactly."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from planners import training
from planners.corpus.generator import Example
from planners.lora import add_adapters, load_adapter, merge_adapter, save_adapter
from planners.rows import IGNORED, TrainingRow, batch_loss, encode_row
from planners.training import TrainConfig, learning_rate, make_batch
from skillblend.errors import BundleError, InputError


def adapted(tiny: Any, folder: Path, first_block: int = 1) -> tuple[Any, dict[str, Any]]:
    parameters = add_adapters(tiny, rank=2, scale=2.0, seed=0, first_block=first_block)
    generator = torch.Generator().manual_seed(1)
    for value in parameters.values():
        value.data.copy_(torch.randn(value.shape, generator=generator).half().float() * 0.25)
    save_adapter(folder, parameters, {"scale": 2.0, "first_block": first_block}, "card")
    return tiny, parameters


def test_a_new_adapter_changes_nothing(tiny: Any) -> None:
    ids = torch.arange(8)[None]
    before = tiny(ids).logits
    parameters = add_adapters(tiny, rank=2, scale=2.0, seed=0)
    assert len(parameters) == 2 * 2 * 7
    torch.testing.assert_close(tiny(ids).logits, before)


def test_merging_equals_wrapping(tiny: Any, tmp_path: Path) -> None:
    import copy

    plain = copy.deepcopy(tiny)
    wrapped, parameters = adapted(tiny, tmp_path)
    assert all("layers.1." in name for name in parameters)
    weights, about = load_adapter(tmp_path)
    merge_adapter(plain, weights, scale=about["scale"], first_block=about["first_block"])
    ids = torch.arange(8)[None]
    torch.testing.assert_close(plain(ids).logits, wrapped(ids).logits, atol=2e-3, rtol=1e-3)


def test_saving_replaces_an_adapter_whole_or_not_at_all(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "adapter"
    _, parameters = adapted(tiny, folder)
    weights, about = load_adapter(folder)
    assert (folder / "adapter.safetensors").stat().st_mode == (folder / "config.json").stat().st_mode

    def fail(self: Path, blob: bytes) -> int:
        raise OSError(f"disk full at {self} after {len(blob)} bytes")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        save_adapter(folder, parameters, {"scale": 3.0, "first_block": 1}, "another card")
    monkeypatch.undo()
    again, unchanged = load_adapter(folder)
    assert unchanged == about and all(torch.equal(again[name], values) for name, values in weights.items())
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]


def test_an_adapter_that_does_not_fit_is_named(tiny: Any, tmp_path: Path) -> None:
    import copy

    plain = copy.deepcopy(tiny)
    adapted(tiny, tmp_path)
    weights, _ = load_adapter(tmp_path)
    with pytest.raises(BundleError, match="has nothing for layer"):
        merge_adapter(copy.deepcopy(plain), weights, scale=2.0, first_block=0)
    name = next(iter(weights))
    with pytest.raises(BundleError, match="do not fit"):
        wrong = {**weights, name: weights[name][:, :3]}
        merge_adapter(copy.deepcopy(plain), wrong, scale=2.0, first_block=1)
    with pytest.raises(BundleError, match="that the model lacks"):
        more = {**weights, "model.layers.9.up": weights[name]}
        merge_adapter(copy.deepcopy(plain), more, scale=2.0, first_block=1)


def test_damaged_bundles_are_named(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="train an adapter first"):
        load_adapter(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(BundleError, match="train an adapter first"):
        load_adapter(tmp_path)
    adapted(tiny, tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BundleError, match="does not match its SHA-256"):
        load_adapter(tmp_path)
    (tmp_path / "card.md").unlink()
    (tmp_path / "config.json").unlink()
    with pytest.raises(BundleError, match="is missing"):
        load_adapter(tmp_path)


def test_a_well_signed_file_that_is_no_tensor_file_is_named(tmp_path: Path) -> None:
    import hashlib

    for name in ("adapter.safetensors", "config.json", "card.md"):
        (tmp_path / name).write_text("nonsense")
    digest = hashlib.sha256(b"nonsense").hexdigest()
    names = ("adapter.safetensors", "config.json", "card.md")
    (tmp_path / "manifest.json").write_text(json.dumps(dict.fromkeys(names, digest)))
    with pytest.raises(BundleError, match="cannot read the adapter"):
        load_adapter(tmp_path)


def test_only_the_plan_carries_loss(tokenizer: Any) -> None:
    example = Example(instruction="x", plan=("a", "done"), lines=("a (failed)", "a", "done"), topic="t")
    row = encode_row(tokenizer, 3, example)
    text = "".join(map(chr, row.tokens))
    assert text == "Task: x\na (failed)\na\ndone\n"
    learned = "".join(chr(label) if label != IGNORED else "." for label in row.labels)
    assert learned == "........a..........a\ndone\n"
    assert row.scene == 3


def test_sharing_the_scene_changes_nothing(tiny: Any) -> None:
    scenes = [[1, 2, 3], [4, 5, 6, 7, 8]]
    rows = [
        TrainingRow(scene=0, tokens=[9, 10, 11, 12], labels=[IGNORED, 10, 11, 12]),
        TrainingRow(scene=1, tokens=[13, 14, 15], labels=[IGNORED, IGNORED, 15]),
        TrainingRow(scene=0, tokens=[20, 21, 22, 23, 24, 25], labels=[IGNORED, IGNORED, 22, 23, IGNORED, 25]),
    ]
    total, count = 0.0, 0
    for row in rows:
        ids = torch.tensor([scenes[row.scene] + row.tokens])
        table = torch.log_softmax(tiny(ids).logits[0], -1).detach()
        for at, label in enumerate(row.labels):
            if label != IGNORED:
                total -= float(table[len(scenes[row.scene]) + at - 1, label])
                count += 1
    assert float(batch_loss(tiny, scenes, rows, group=2).detach()) == pytest.approx(total / count, abs=1e-5)


def test_a_batch_depends_on_seed_and_step_alone(tokenizer: Any) -> None:
    config = TrainConfig(scenes=2, instructions=3)
    assert make_batch(tokenizer, config, 5) == make_batch(tokenizer, config, 5)
    assert make_batch(tokenizer, config, 5) != make_batch(tokenizer, config, 6)
    scenes, rows = make_batch(tokenizer, config, 0)
    assert (len(scenes), len(rows)) == (2, 6)


def test_the_learning_rate_warms_up_and_falls() -> None:
    config = TrainConfig(steps=100, warmup=10, minutes=10.0)
    rates = [learning_rate(config, step, 0.0) for step in range(100)]
    assert rates[0] < rates[9] > rates[50] > rates[99] > 0
    assert learning_rate(config, 20, 600.0) == pytest.approx(0.05 * config.learning_rate)


@pytest.mark.parametrize("change", [{"steps": 0}, {"scale": -1.0}, {"minutes": -1.0}, {"first_block": -1}])
def test_bad_numbers_are_named(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must"):
        TrainConfig(**change)


@pytest.fixture
def small(tiny: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import copy

    monkeypatch.setattr(training, "load_base", lambda: (copy.deepcopy(tiny), tokenizer))


def config(folder: Path, **changes: Any) -> TrainConfig:
    fields = {"out": folder / "adapter", "checkpoints": folder, "steps": 4, "scenes": 1, "instructions": 2}
    fields |= {"save_every": 2, "rank": 2, "first_block": 1}
    return TrainConfig(**fields | changes)


@pytest.mark.usefixtures("small")
def test_resuming_equals_running_through(tmp_path: Path) -> None:
    whole = training.train(config(tmp_path / "whole"))
    assert whole["step"] == 4
    states = training.optimise
    model, tokens = training.load_base()
    parameters = add_adapters(model, rank=2, scale=2.0, seed=0, first_block=1)
    for figures in states(config(tmp_path / "half"), model, tokens, parameters):
        if figures["step"] == 2:
            break
    training.train(config(tmp_path / "half", resume=True))
    one, _ = load_adapter(tmp_path / "whole" / "adapter")
    other, _ = load_adapter(tmp_path / "half" / "adapter")
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, atol=1e-3, rtol=1e-2)
    again = config(tmp_path / "more", initial=tmp_path / "whole" / "adapter", steps=1, learning_rate=1e-9)
    training.train(again)
    kept, _ = load_adapter(tmp_path / "more" / "adapter")
    for name, value in one.items():
        torch.testing.assert_close(kept[name], value, atol=1e-4, rtol=1e-3)
    with pytest.raises(BundleError, match="does not fit this training"):
        training.train(config(tmp_path / "other", initial=tmp_path / "whole" / "adapter", rank=3))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_what_was_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    make = training.make_batch

    def interrupted(tokens: Any, about: TrainConfig, step: int) -> Any:
        if step == 2:
            signal.raise_signal(number)
        return make(tokens, about, step)

    monkeypatch.setattr(training, "make_batch", interrupted)
    figures = training.train(config(tmp_path, steps=6, save_every=50))
    assert (figures["step"], figures["interrupted"]) == (3, number)
    assert not (tmp_path / "adapter").exists()
    monkeypatch.setattr(training, "make_batch", make)
    assert training.train(config(tmp_path, steps=6, save_every=50, resume=True))["step"] == 6


@pytest.mark.usefixtures("small")
def test_nothing_to_resume_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no checkpoint"):
        training.train(config(tmp_path, resume=True))
    training.train(config(tmp_path))
    with pytest.raises(BundleError, match="has seed 0, not 1"):
        training.train(config(tmp_path, resume=True, seed=1))
    assert "no text from anywhere else" in (tmp_path / "adapter" / "card.md").read_text()


@pytest.mark.usefixtures("small")
def test_the_wall_clock_limit_ends_a_run(tmp_path: Path) -> None:
    assert training.train(config(tmp_path, minutes=1e-9, steps=50))["step"] <= 1
