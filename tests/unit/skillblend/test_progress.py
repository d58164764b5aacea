# pyright: basic, reportArgumentType=false
"""Progress of a run on disk, what a run leaves, and the view of it."""

from __future__ import annotations

import csv
import json
import logging
import math
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import robots
from sim.skills.spec import TRAININGS
from sim.train import skill_task, training_env
from skillblend.bundle import write_bundle
from skillblend.cli.train_end import Finished, draw_curve, set_aside, summary
from skillblend.cli.train_view import FASTEST, Sparing, TrainingView
from skillblend.training import loop
from skillblend.training.loop import LoopConfig, train
from skillblend.training.ppo import PPOConfig
from skillblend.training.progress import EVENTS, ProgressLog, read_rows, tagged
from skillblend.training.toy import ToyEnv

PPO = PPOConfig(rollout_steps=16, batch_size=128, epochs=2, actor=(16,), critic=(16,))


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    """Steps and values of a tag, as TensorBoard shows them."""
    events = EventAccumulator(str(folder / EVENTS))
    events.Reload()
    return [(event.step, round(event.value, 4)) for event in events.Scalars(tag)]


def test_rows_are_lines_a_table_and_events(tmp_path: Path) -> None:
    log = ProgressLog(tmp_path, 0)
    log.add({"steps": 100.0, "minutes": 0.5, "r.alive": 1.0, "kl": 0.01, "fell": math.nan})
    log.add({"steps": 200.0, "minutes": 1.0, "r.alive": 0.5, "kl": 0.02, "fell": 0.25, "late": 3.0})
    log.tabulate()
    log.close()
    assert scalars(tmp_path, "reward/alive") == [(100, 1.0), (200, 0.5)]
    assert scalars(tmp_path, "ppo/kl")[1] == (200, 0.02) and scalars(tmp_path, "time/minutes")[0] == (100, 0.5)
    with (tmp_path / "progress.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["late"] for row in table] == ["", "3.0"] and "undefined" not in table[0]
    again = read_rows(tmp_path)
    assert math.isnan(again[0]["fell"]) and again[1]["fell"] == 0.25 and "undefined" not in again[0]


def test_what_is_trained_once_more_is_shown_once(tmp_path: Path) -> None:
    """A run that was killed had gone on beyond its checkpoint."""
    log = ProgressLog(tmp_path, 0)
    for steps in (100.0, 200.0, 300.0):
        log.add({"steps": steps, "kl": steps / 1000})  # and it is killed: nothing is closed
    again = ProgressLog(tmp_path, 200)
    again.add({"steps": 300.0, "kl": 7.0})
    again.close()
    assert scalars(tmp_path, "ppo/kl") == [(100, 0.1), (200, 0.2), (300, 7.0)]
    assert [row["kl"] for row in read_rows(tmp_path)] == [0.1, 0.2, 7.0]


def test_training_without_tensorboard_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard.writer", None)
    with caplog.at_level(logging.WARNING):
        log = ProgressLog(tmp_path, 0)
    log.add({"steps": 1.0, "kl": 0.5})
    log.close()
    assert "pip install 'skillblend[train]'" in caplog.text and "progress.csv has the same figures" in caplog.text
    assert read_rows(tmp_path) == [{"steps": 1.0, "kl": 0.5}] and not (tmp_path / EVENTS).exists()


def test_every_value_of_a_row_has_a_tag() -> None:
    row = {"steps": 5.0, "minutes": 1.0, "r.alive": 2.0, "std": 3.0, "fell": 4.0}
    assert tagged(row) == {"time/minutes": 1.0, "reward/alive": 2.0, "ppo/std": 3.0, "episode/fell": 4.0}


def test_the_first_row_does_not_wait_for_the_first_iteration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_FIRST", -1.0)
    rows: list[dict[str, float]] = []
    config = LoopConfig(minutes=1.0, max_steps=2 * 16 * 32, log_iterations=1)
    train(ToyEnv(32), PPO, config, seed=0, folder=tmp_path, progress=rows.append)
    assert rows[0]["steps"] == 0.0 and rows[0]["steps_per_second"] > 0 and rows[0]["checkpoint_age"] >= 0
    assert [row["steps"] for row in rows] == [0.0, 512.0, 1024.0]
    assert [row["steps"] for row in read_rows(tmp_path)] == [512.0, 1024.0]
    assert np.isfinite(rows[-1]["reward"])


def test_who_looks_on_changes_nothing(tmp_path: Path) -> None:
    calls: list[int] = []
    budget = LoopConfig(minutes=1.0, max_steps=2 * 16 * 32)
    watched = train(ToyEnv(32), PPO, budget, seed=0, folder=tmp_path / "a", watch=lambda: calls.append(1))
    alone = train(ToyEnv(32), PPO, budget, seed=0, folder=tmp_path / "b")
    assert len(calls) == 32
    one, two = watched.model.policy.state_dict(), alone.model.policy.state_dict()
    assert all(bool((one[name] == two[name]).all()) for name in one)


class Clock:
    """Time that passes only where the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("cost", [0.0001, 0.003, 0.02])
def test_looking_takes_its_share_of_the_time(cost: float) -> None:
    clock, times = Clock(), []

    def look() -> None:
        times.append(clock.now)
        clock.now += cost

    sparing = Sparing(look, share=0.01, clock=clock)
    while clock.now < 60.0:
        sparing()
        clock.now += 0.01  # a step
    assert len(times) * cost <= 0.0101 * clock.now
    assert np.diff(times).min() >= FASTEST and len(times) > 20


def test_a_training_is_served_and_drawn_only_where_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("viser")
    h1 = robots.load("h1")
    env = training_env(skill_task("walking", h1), 2, seed=3, threads=1, randomisation=TRAININGS["walking"].disturbed)
    env.reset()
    console = Console(record=True, width=200)
    view = TrainingView(0, console)
    look = view.watch(env)
    viewer = view.viewer
    assert viewer is not None
    shown: list[np.ndarray] = []
    monkeypatch.setattr(viewer, "update", lambda qpos: shown.append(qpos.copy()))
    try:
        look()
        assert shown == []
        monkeypatch.setattr(type(viewer), "watched", property(lambda self: True))
        env.step(np.zeros((2, env.task.action_size)))
        time.sleep(FASTEST)
        look()
        assert np.array_equal(shown[0], env.sim.qpos[0])
        with urllib.request.urlopen(viewer.url, timeout=10) as page:
            assert page.status == 200
    finally:
        view.close()
    assert f"viewer at {viewer.url}: the first robot, 2 are trained" in console.export_text()


def test_an_earlier_bundle_is_put_aside_and_numbered(tmp_path: Path) -> None:
    target, training = tmp_path / "walking", tmp_path / "walking.training"
    training.mkdir()
    assert set_aside(target, training) is None
    for number in (1, 2):
        write_bundle(target, {"actor.0.weight": np.full((1, 1), number, np.float32)}, {"skill": "walking"})
        (target / "affordance.json").write_text(f"{number}")
        assert set_aside(target, training) == training / f"earlier-{number}"
        assert not target.exists()
    assert [(training / f"earlier-{n}" / "affordance.json").read_text() for n in (1, 2)] == ["1", "2"]


def test_the_curve_shows_errors_that_people_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def errors(metrics: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"wrist": metrics["wrist_sum"] / metrics["wrist_count"]}

    rows = [{"steps": 1e5 * k, "fell": 0.5, "wrist_sum": 1.0, "wrist_count": float(k)} for k in (1, 2, 3)]
    (tmp_path / "progress.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = Finished(
        folder=tmp_path, training=tmp_path, evaluate=lambda *_: {}, write_card=lambda _: None,
        film=lambda *_: None, errors=errors,
    )  # fmt: skip
    asked: list[tuple[str, ...]] = []
    from sim import plots

    inner = plots.learning_curve

    def learning_curve(title: str, rows: list[Mapping[str, float]], columns: list[str], path: Path) -> None:
        asked.append(tuple(columns))
        assert [row["wrist"] for row in rows] == pytest.approx([1.0, 0.5, 1 / 3])
        inner(title, rows, columns, path)

    monkeypatch.setattr(plots, "learning_curve", learning_curve)
    draw_curve(made, Console(quiet=True))
    assert asked == [("wrist", "fell")]
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_machine_without_matplotlib_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "progress.jsonl").write_text('{"steps": 1, "fell": 0.5}\n')
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    made = Finished(
        folder=tmp_path, training=tmp_path, evaluate=lambda *_: {}, write_card=lambda _: None, film=lambda *_: None
    )
    console = Console(record=True, width=200)
    draw_curve(made, console)
    assert "no curve.png" in console.export_text() and not (tmp_path / "curve.png").exists()


def test_an_evaluation_is_told_in_one_line() -> None:
    task = {
        "episodes": 10, "fall_rate": 0.1, "fall_interval": (0.0, 0.4), "strict_success_rate": 0.7,
        "strict_success_interval": (0.4, 0.9), "paper_error": 0.02,
    }  # fmt: skip
    assert summary(task) == (
        "10 unseen episodes: falls 0.10 [0.00, 0.40], strict success 0.70 [0.40, 0.90], paper's error 0.0200"
    )
    skill = {k: task[k] for k in ("episodes", "fall_rate", "fall_interval")} | {
        "success_rate": 0.5,
        "error": {"wrist": 0.03},
    }
    assert summary(skill) == "10 unseen episodes: falls 0.10 [0.00, 0.40], success 0.50, wrist error 0.0300"
