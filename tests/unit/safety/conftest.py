"""A guarded robot that stands still, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import robots
from skillblend.contracts import Array, Observation, Robot
from skillblend.safety import Guard, Mode, RobotStatus


@dataclass
class Bench:
    """A guard, a clock, and robots at their standing pose that tremble a little."""

    robot: Robot
    guard: Guard
    now: float = 0.0
    steps: int = 0
    pose: Array = field(init=False)

    def __post_init__(self) -> None:
        self.pose = np.tile(self.robot.default_pose, (self.guard.num, 1))

    def obs(self, **changes: Array) -> Observation:
        n, tremble = self.guard.num, 1e-4 * np.sin(self.steps)
        values = {
            "time": np.full(n, 100.0 + self.now),
            "joint_position": self.pose + tremble,
            "joint_velocity": np.full_like(self.pose, tremble),
            "base_quaternion": np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
            "base_angular_velocity": np.full((n, 3), tremble),
        }
        return Observation(**(values | changes))

    def spoiled(self, name: str, joint: str, value: float) -> dict[str, Array]:
        """Measurement `name` with another value at one joint of the first robot."""
        values = getattr(self.obs(), name).copy()
        values[0, self.robot.joint(joint)] = value
        return {name: values}

    def tilted(self, angle: float) -> Array:
        """A base that leans to its side by `angle`, rad."""
        return np.tile([np.cos(angle / 2), np.sin(angle / 2), 0.0, 0.0], (self.guard.num, 1))

    def advance(self, periods: float = 1.0) -> None:
        self.now += periods * self.robot.control_dt
        self.steps += 1

    def see(self, status: RobotStatus | None = None, **changes: Any) -> None:
        self.advance()
        self.guard.observe(self.obs(**changes), self.now, status)

    def period(self, targets: Array | None = None, source: str = "", **changes: Array) -> Array:
        """One healthy control period, unless `changes` spoil the measurement."""
        self.see(None, **changes)  # pyright: ignore[reportArgumentType]
        return self.guard.filter(self.pose if targets is None else targets, self.now, source)

    def run(self) -> None:
        self.see()
        self.guard.arm()
        self.guard.stand()
        self.guard.run()
        assert (self.guard.state == Mode.RUNNING).all()


@pytest.fixture(scope="session")
def h1() -> Robot:
    return robots.load("h1")


@pytest.fixture
def make_bench(h1: Robot) -> Callable[..., Bench]:
    """``make_bench(num=1, rules=None)``: passive robots."""

    def make(num: int = 1, rules=None) -> Bench:
        return Bench(h1, Guard(h1, rules, num=num))

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """One robot under a running policy."""
    bench = make_bench()
    bench.run()
    return bench
