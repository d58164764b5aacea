"""What `train --view` costs while a browser looks on: iterations with and without it by turns, in one training."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import robots
from sim.env import BatchEnv
from sim.train import Onlooker, TrainingJob, skill_ppo, train_skill
from skillblend.cli.train_view import TrainingView

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed; `make browser` installs it"),
]
FLAGS = ("--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run")
PAIRS = int(os.environ.get("SKILLBLEND_PAIRS", "30"))


@dataclass
class ByTurns:
    """Looks on in every other iteration; what each took of this process's CPU time, and of wall time, s."""

    view: TrainingView
    rollout: int
    opened: Callable[[str], None]
    steps: int = 0
    looked: int = 0
    marks: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def watch(self, env: BatchEnv) -> Callable[[], None]:
        look = self.view.watch(env)
        viewer = self.view.viewer
        assert viewer is not None
        self.opened(viewer.url)
        inner = viewer.update

        def counted(qpos: np.ndarray) -> None:
            self.looked += 1
            inner(qpos)

        viewer.update = counted  # type: ignore[method-assign]

        def step() -> None:
            if self.steps % self.rollout == 0:
                self.marks.append((time.process_time(), time.perf_counter()))
            self.steps += 1
            if len(self.marks) % 2:
                look()

        return step


def test_looking_on_costs_at_most_three_per_cent(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    job = TrainingJob(
        folder=tmp_path / "run", minutes=20.0, seed=0, num_envs=256, steps=256 * 24 * (2 * PAIRS + 3), threads=1
    )
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))

        def opened(url: str) -> None:
            page = browser.new_page(viewport={"width": 760, "height": 560})
            page.goto(url)
            page.wait_for_timeout(5000.0)

        view = TrainingView(0, Console(quiet=True))
        turns = ByTurns(view, skill_ppo("walking", job).rollout_steps, opened)
        try:
            train_skill("walking", robots.load("h1"), job, Onlooker(watch=turns.watch))
        finally:
            view.close()
            browser.close()
    took = np.diff(np.array(turns.marks), axis=0)[2:]  # the first two iterations warm up
    took = took[: len(took) // 2 * 2]
    ratios = took[0::2] / took[1::2]  # shape (pairs, 2): with, over without the iteration after it
    rng = np.random.default_rng(0)
    draws = np.median(ratios[rng.integers(0, len(ratios), (2000, len(ratios)))], axis=1)
    (cpu, wall), low, high = np.median(ratios, axis=0) - 1, *(np.percentile(draws, [2.5, 97.5], axis=0) - 1)
    print(
        f"{len(ratios)} pairs, {turns.looked} pictures, load {os.getloadavg()[0]:.1f}: CPU {cpu:+.2%} "
        f"[{low[0]:+.2%}, {high[0]:+.2%}], wall {wall:+.2%} [{low[1]:+.2%}, {high[1]:+.2%}]"
    )
    assert turns.looked > len(ratios)
    assert low[0] <= 0.03
