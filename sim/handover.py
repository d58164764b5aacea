"""Hand-overs from one skill to another and back: trials at random moments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.batch import BatchSim
from sim.mdp import fallen
from sim.randomisation import Randomisation, Randomiser
from sim.skills.spec import drawn_goals
from sim.streams import Streams
from sim.world import build_world
from skillblend.contracts import Array, BoolArray, Observation
from skillblend.errors import InputError
from skillblend.intervals import wilson_interval
from skillblend.scales import Scales
from skillblend.skills.spec import SKILLS
from skillblend.skillset import SkillSet

_FIRST, _MOMENT, _SECOND = 50, 51, 53


class HandoverTrials:
    """E robots follow random goals of one skill; at a random moment another takes over, later the first again."""

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
        self.fell: BoolArray = np.zeros(trials, dtype=np.bool_)
        skills.reset(self._obs())

    def run(self, first: str, second: str, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
        """`first` until a random moment, `second` for 4 s, `first` again for 3 s; falls per switch and at all.

        Raises:
            UnknownNameError: The robot has no such skill.
            InputError: Both are the same.
        """
        if first == second:
            raise InputError(f"{first} cannot take over from itself; name two different skills")
        asked = self.goals(first, _FIRST), self.goals(first, _FIRST + 10)
        goal, start = self.goals(second, _SECOND), self._moment(first)
        dt, error = self.skills.robot.control_dt, SKILLS[second].error
        total = round((3.0 + 4.0 + 3.0) / dt)
        over, back = np.zeros(self.n, dtype=np.bool_), np.zeros(self.n, dtype=np.bool_)
        reached = np.full(self.n, np.nan)
        for tick in range(total):
            time = tick * dt
            other = (time >= start) & (time < start + 4.0)
            before = np.where((time < start)[:, None], *asked)
            blend = self.skills.one_hot(first, before).put(other, self.skills.one_hot(second, goal))
            self._step(self.skills.act(self._obs(), blend))
            over |= self.fell & other
            back |= self.fell & (time >= start + 4.0) & ~over
            if error is not None:
                found = error(goal, self.skills.memory_of(second))
                reached = np.where(other & (time > start + 3.5), found, reached)
            if progress is not None and tick % 25 == 0:
                progress(tick, total)
        return self._result(first, second, over, back, None if error is None else reached)

    def goals(self, skill: str, tag: int) -> Array:
        """What each robot's skill may be asked for, (N, G), drawn with `tag` and the next.

        Raises:
            UnknownNameError: The robot has no such skill.
        """
        controller, ids = self.skills.skill(skill).controller, np.arange(self.n)
        return drawn_goals(controller, skill, self.streams, ids, tag)

    def _moment(self, skill: str) -> Array:
        """When the first skill is interrupted, (N,), s: at any phase of its gait, or of its way to the goal."""
        period = getattr(self.skills.skill(skill).controller.config, "period", None)
        earliest, span = (1.0, 2.0) if period is None else (2.0, period)
        return earliest + self.streams.uniform(np.arange(self.n), _MOMENT, 0.0, span)[:, 0]

    def _result(
        self, first: str, second: str, over: BoolArray, back: BoolArray, reached: Array | None
    ) -> dict[str, Any]:
        survived = self.n - int(self.fell.sum())
        out: dict[str, Any] = {
            "first": first,
            "second": second,
            "trials": self.n,
            "survived": survived / self.n,
            "survived_interval": wilson_interval(survived, self.n),
            f"falls_{first}_to_{second}": int(over.sum()),
            f"falls_{second}_to_{first}": int(back.sum()),
            "falls_before": int((self.fell & ~over & ~back).sum()),
        }
        if reached is None:
            return out
        out["error_after_switch"] = float(np.mean(reached[~self.fell])) if survived else float("nan")
        return out | ({} if survived else {"undefined": {"error_after_switch": "no robot survived"}})

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
