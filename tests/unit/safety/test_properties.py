"""No sequence of inputs yields an output outside the limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robots
from skillblend.contracts import Observation
from skillblend.errors import SkillblendError
from skillblend.safety import Guard, Mode, RobotStatus

ROBOT = robots.load("h1")
J = ROBOT.num_joints
LIMIT, KP = ROBOT.torque_limit, ROBOT.stiffness
RATE = ROBOT.velocity_limit * ROBOT.control_dt + LIMIT / KP
STEP = RATE + LIMIT / KP

anything = st.floats(allow_nan=True, allow_infinity=True, width=64)
modest = st.floats(-4.0, 4.0)
number = st.one_of(modest, modest, modest, anything)
column = st.integers(0, J - 1)


def columns(values, most: int):
    return st.lists(st.tuples(column, values), max_size=most)


acts = st.sampled_from(["arm", "stand", "run", "damp", "relax", "launch", "rearm", "trip", "hand_over", "reset"])
calls = st.one_of(
    st.tuples(st.just("period"), columns(modest, 4), columns(number, 4)),
    st.tuples(st.just("spoil"), st.sampled_from(["time", "base_quaternion", "base_angular_velocity"]), number),
    st.tuples(st.just("filter"), columns(number, 8), st.sampled_from(["a", "b"])),
    st.tuples(st.just("unheard"), columns(number, 8), st.none()),
    st.tuples(st.just("tick"), st.floats(-0.05, 0.2), st.none()),
    st.tuples(st.just("act"), acts, st.none()),
)  # fmt: skip


class Player:
    """Plays calls to a guard of one robot and checks every answer."""

    def __init__(self) -> None:
        self.guard = Guard(ROBOT)
        self.now = 0.0
        self.sent = self.change = None
        self.q = ROBOT.default_pose.copy()
        self.qd = np.zeros(J)

    def observation(self, position=(), velocity=()) -> Observation:
        q, qd = ROBOT.default_pose + 1e-3 * np.sin(1e3 * self.now), np.zeros(J)
        for j, value in position:
            q[j] = value
        for j, value in velocity:
            qd[j] = value
        self.q, self.qd = q, qd
        return Observation(
            time=np.array([self.now]), joint_position=q[None].copy(), joint_velocity=qd[None].copy(),
            base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]), base_angular_velocity=np.zeros((1, 3)),
        )  # fmt: skip

    def play(self, call) -> None:
        kind, first, second = call
        self.now += ROBOT.control_dt
        if kind == "act":
            self.act(first)
        elif kind == "period":
            self.guard.observe(self.observation(first, second), self.now, RobotStatus())
            self.check(self.guard.filter(ROBOT.default_pose[None], self.now, "a"), fresh=True)
        elif kind == "spoil":
            obs = self.observation()
            getattr(obs, first).ravel()[0] = second
            self.guard.observe(obs, self.now)
            self.check(self.guard.tick(self.now), fresh=False)
        elif kind == "filter":
            targets = ROBOT.default_pose.copy()
            for j, value in first:
                targets[j] = value
            self.guard.observe(self.observation(), self.now)
            self.check(self.guard.filter(targets[None], self.now, second), fresh=True)
        elif kind == "unheard":
            targets = ROBOT.default_pose.copy()
            for j, value in first:
                targets[j] = value
            self.check(self.guard.filter(targets[None], self.now, "a", np.array([False])), fresh=False)
        else:
            self.now += first
            self.check(self.guard.tick(self.now), fresh=False)

    def act(self, name: str) -> None:
        try:
            if name == "trip":
                self.guard.trip("test")
            else:
                getattr(self.guard, name)()
        except SkillblendError:
            return
        if name not in ("hand_over", "run"):
            self.sent = self.change = None

    def check(self, targets: np.ndarray, fresh: bool) -> None:
        guard, command = self.guard, self.guard.command
        assert np.isfinite(targets).all() and np.array_equal(targets, command.targets)
        assert (targets >= ROBOT.position_lower).all() and (targets <= ROBOT.position_upper).all()
        for gain, most in ((command.stiffness, KP), (command.damping, np.maximum(ROBOT.damping, 8.0))):
            assert np.isfinite(gain).all() and (gain >= 0).all() and (gain <= most + 1e-12).all()
        driven = guard.state[0] in (Mode.STAND, Mode.RUNNING) or bool(guard.holding[0])
        if fresh and (driven or guard.state[0] == Mode.DAMPING):
            torque = command.stiffness[0] * (targets[0] - self.q) - command.damping[0] * self.qd
            assert (np.abs(torque) <= LIMIT * (1 + 1e-9)).all()
        if not driven:
            assert not command.stiffness.any()
            self.sent = self.change = None
            return
        if self.sent is not None:
            change = targets - self.sent
            assert (np.abs(change) <= RATE + 1e-9).all()
            if self.change is not None:
                assert (np.abs(change - self.change) <= STEP + 1e-9).all()
            self.change = change
        self.sent = targets


@given(st.lists(calls, min_size=1, max_size=40))
def test_from_passive(sequence):
    player = Player()
    for call in sequence:
        player.play(call)


@given(st.lists(calls, min_size=1, max_size=40))
def test_from_running(sequence):
    player = Player()
    player.guard.observe(player.observation(), 0.0)
    player.guard.launch()
    for call in sequence:
        player.play(call)


@given(st.lists(calls, min_size=1, max_size=25))
def test_a_fault_is_left_by_re_arming_or_reset_only(sequence):
    player = Player()
    player.guard.observe(player.observation(), 0.0)
    player.guard.launch()
    player.guard.trip("test")
    for call in sequence:
        player.play(call)
        if call[0] == "act" and call[1] in ("rearm", "reset"):
            return
        assert player.guard.state[0] == Mode.FAULT


@pytest.mark.parametrize("name", ["launch", "arm"])
@given(value=number, joint=column)
def test_whatever_is_asked_first(name, value, joint):
    player = Player()
    player.guard.observe(player.observation(), 0.0)
    getattr(player.guard, name)()
    player.play(("filter", [(joint, value)], "a"))
