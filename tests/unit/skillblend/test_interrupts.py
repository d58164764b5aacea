"""Training under Ctrl-C and SIGTERM: it ends with a checkpoint from which it can go on."""

# pyright: basic, reportArgumentType=false
from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest

from skillblend.errors import BundleError
from skillblend.interrupts import SIGNALS, StopRequest
from skillblend.training.loop import LoopConfig, train
from skillblend.training.ppo import PPOConfig
from skillblend.training.toy import ToyEnv

CONFIG = PPOConfig(rollout_steps=16, batch_size=128, epochs=2, actor=(8,), critic=(8,))


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_a_request_and_the_second_an_end(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert not stop.made
        signal.raise_signal(number)
        assert stop.made
        if number is signal.SIGINT:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
    assert signal.getsignal(number) == before


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with StopRequest() as stop:
            signal.raise_signal(signal.SIGINT)
        assert not stop.made
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_takes_no_signals() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with StopRequest() as stop:
            seen.append((stop.made, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]


@pytest.mark.parametrize("number", SIGNALS)
def test_interrupted_training_leaves_a_checkpoint_that_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    result = train(
        ToyEnv(32), CONFIG, LoopConfig(minutes=5.0, log_iterations=1), seed=0, folder=tmp_path,
        progress=lambda row: signal.raise_signal(number), about={"job": {"seed": 0}},
    )  # fmt: skip
    assert result.interrupted
    meta = json.loads((tmp_path / "checkpoint.json").read_text())
    assert meta["steps"] == result.steps > 0
    assert meta["about"] == {"job": {"seed": 0}}
    again = train(
        ToyEnv(32),
        CONFIG,
        LoopConfig(minutes=5.0, max_steps=result.steps + 512),
        seed=0,
        folder=tmp_path,
        resume=True,
    )
    assert again.steps > result.steps and not again.interrupted


def test_a_start_that_cannot_be_read_leaves_no_folder(tmp_path: Path) -> None:
    loop = LoopConfig(minutes=1.0)
    with pytest.raises(BundleError):
        train(ToyEnv(32), CONFIG, loop, seed=0, folder=tmp_path / "new", resume=True)
    with pytest.raises(BundleError):
        train(ToyEnv(32), CONFIG, loop, seed=0, folder=tmp_path / "new", initial=tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
