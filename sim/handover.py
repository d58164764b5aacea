"""Hand-overs between walking and reaching: trials at random moments, and states to train from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.batch import BatchSim
from sim.randomisation import Randomisation, Randomiser
from sim.streams import Streams
from sim.tasks.base import fallen
from sim.tasks.reaching import reachable_points
from sim.world import build_world
from skillblend.contracts import Array, BoolArray, Observation
from skillblend.intervals import wilson_interval
from skillblend.scales import Scales
from skillblend.skillset import SkillSet

_COMMAND, _MOMENT, _GOAL, _LEFT, _RIGHT = 50, 51, 52, 53, 54


OTHER = "reaching"
"""The skill with planted feet that takes turns with walking."""


class HandoverTrials:
    """E robots walk under random commands; at a random moment each must reach, later walk again."""

    def __init__(self, skills: SkillSet, trials: int, seed: int, randomisation: Randomisation) -> None:
        """Stand `trials` robots up."""
        self.skills = skills
        robot = skills.robot
        self.world = build_world(robot)
        self.n = trials
        self.sim = BatchSim(self.world, trials)
        self.streams = Streams(seed, trials)
        self.randomiser = Randomiser(self.sim, randomisation, self.streams)
        ids = np.arange(trials)
        self.streams.next_episode(ids)
        self.randomiser.reset(ids)
        home = np.tile(self.world.home, (trials, 1))
        self.sim.reset(ids, home, np.zeros((trials, self.world.model.nv)))
        self._sent = home[:, 7 : 7 + robot.num_joints].copy()
        self._fallen_height = Scales.of(robot).fallen_height
        walking: Any = skills.skill(skills.recovering).controller
        self._period = walking.config.period
        self.fell: BoolArray = np.zeros(trials, dtype=np.bool_)
        skills.reset(self._obs())

    def run(self, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
        """Walk 2 s and a random part of a gait cycle, reach 4 s, walk 3 s; falls per switch and at all."""
        ids = np.arange(self.n)
        space = self.skills.skill(self.skills.recovering).goal_space
        draw = self.streams.uniform
        first, second = (draw(ids, _COMMAND + 10 * k, space.lower, space.upper, 3) for k in (0, 1))
        cycle = draw(ids, _MOMENT, 0.0, self._period)[:, 0]
        start = 2.0 + cycle
        table = reachable_points(self.skills.robot, self.skills.skill(OTHER).controller)  # type: ignore[arg-type]
        rows = [self.streams.integers(ids, tag, 0, len(table)) for tag in (_LEFT, _RIGHT)]
        goal = np.concatenate([table[rows[0]], table[rows[1]] * [1.0, -1.0, 1.0]], axis=1)
        dt = self.skills.robot.control_dt
        total = round((3.0 + 4.0 + 3.0) / dt)
        to_reach = np.zeros(self.n, dtype=np.bool_)
        to_walk = np.zeros(self.n, dtype=np.bool_)
        reached = np.zeros(self.n)
        for tick in range(total):
            time = tick * dt
            reaching = (time >= start) & (time < start + 4.0)
            command = np.where((time < start)[:, None], first, second)
            self._step(self._act(command, goal, reaching))
            to_reach |= self.fell & reaching
            to_walk |= self.fell & (time >= start + 4.0) & ~to_reach
            error = np.linalg.norm(self.skills.wrists() - goal.reshape(-1, 2, 3), axis=2).max(axis=1)
            reached = np.where(reaching & (time > start + 3.5), error, reached)
            if progress is not None and tick % 25 == 0:
                progress(tick, total)
        survived = self.n - int(self.fell.sum())
        unknown = {} if survived else {"undefined": {"wrist_error_after_switch": "no robot survived"}}
        return {
            "trials": self.n,
            "survived": survived / self.n,
            "survived_interval": wilson_interval(survived, self.n),
            "falls_walking_to_reaching": int(to_reach.sum()),
            "falls_reaching_to_walking": int(to_walk.sum()),
            "falls_before": int((self.fell & ~to_reach & ~to_walk).sum()),
            "wrist_error_after_switch": float(np.mean(reached[~self.fell])) if survived else float("nan"),
            **unknown,
        }

    def _act(self, command: Array, goal: Array, reaching: BoolArray) -> Array:
        """Joint targets (N, J) where some robots walk and others (`reaching`, (N,)) reach."""
        skills = self.skills
        walk = skills.one_hot(skills.recovering, np.where(reaching[:, None], 0.0, command))
        return skills.act(self._obs(), walk.put(reaching, skills.one_hot(OTHER, goal)))

    def _obs(self) -> Observation:
        time = self.streams.step.astype(np.float64) * self.skills.robot.control_dt
        return self.randomiser.measure(self.sim.state(time))

    def _step(self, targets: Array) -> None:
        self.randomiser.push()
        self.sim.step(self.randomiser.delay(targets, self._sent))
        self._sent = targets
        self.streams.step += 1
        state = self.sim.state(np.zeros(self.n))
        self.fell |= fallen(state, self._fallen_height) | self.sim.broken()
