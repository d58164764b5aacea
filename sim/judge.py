"""Whether steps were really done, decided from simulator truth alone; the rules are in `sim.verdicts`.

>>> judge = Judge(scene, robot, n=1)
>>> judge.begin(0, step, look(sim, scene, time))
>>> judge.update(look(sim, scene, time))  # after every control step
>>> judge.verdict(0)  # at any time; cheap
StepVerdict(success=True, reason='0.12 m from the stand of the shelf, 0.35 allowed')
"""

from __future__ import annotations

import numpy as np

from sim.batch import BatchSim
from sim.mdp import fallen
from sim.scene import Scene
from sim.verdicts import VERDICTS, Look, StepVerdict, Track, VerdictRule
from sim.verdicts.base import in_hands
from skillblend.contracts import Array, IntArray, Robot, SceneState, Step
from skillblend.errors import InputError, SkillblendError
from skillblend.kinematics import yaw

FALLEN_SHARE = 0.6
"""Fallen below this share of the standing base height, or tilted by more than 45 degrees."""


def look(sim: BatchSim, scene: Scene, time: Array, things: SceneState | None = None) -> Look:
    """All simulations of `sim`, worlds furnished with `scene`, at `time` (N,), s, `things` as they are then."""
    state = sim.state(time)
    return Look(
        time=time.copy(),
        base=state.base_position,
        heading=yaw(state.base_quaternion),
        wrists=sim.hand_position(),
        travel=scene.travel(sim.world.model, sim.qpos),
        hand_force=sim.hand_force(),
        fallen=fallen(state, FALLEN_SHARE * sim.world.robot.base_height),
        things=things,
        soles=sim.foot_position(),
        soles_down=state.foot_contact,
    )


class Judge:
    """Watches N robots carry out one step after the other, each at its own time.

    Attributes:
        falls: How often each robot went from standing to fallen since the judge was made. Shape (N,).
    """

    def __init__(self, scene: Scene, robot: Robot, n: int = 1) -> None:
        """Judge `n` robots in copies of `scene`."""
        self.falls: IntArray = np.zeros(n, dtype=np.int64)
        self._rules: dict[str, VerdictRule] = {name: VERDICTS[name](scene, robot, n) for name in VERDICTS}
        self._steps: list[Step | None] = [None] * n
        self._down = np.zeros(n, dtype=np.bool_)
        self._track: Track | None = None

    def begin(self, i: int, step: Step, now: Look) -> None:
        """Start watching robot `i` for `step`, forgetting the one before.

        Raises:
            InputError: A step of this kind, or with these arguments, cannot be judged.
            UnknownNameError: It is about a thing that is not in the scene.
        """
        if step.behaviour not in self._rules:
            known = sorted(self._rules)
            raise InputError(f"cannot judge a step of kind {step.behaviour!r} ({step.text!r}); known: {known}")
        rule = self._rules[step.behaviour]
        rule.check(step)
        if self._track is None:
            self._track = Track(now)
        self._track.begin(i, now)
        self._steps[i] = step
        rule.begin(i, step, self._track)
        self._note(now)

    def update(self, now: Look) -> None:
        """Take note of the state after a control step. Steps may be shorter than 20 ms, or longer.

        Raises:
            SkillblendError: `begin` was not called.
        """
        if self._track is None:
            raise SkillblendError("no step to judge; call Judge.begin first")
        self._track.update(now)
        self._note(now)

    def verdict(self, i: int) -> StepVerdict:
        """Whether the step of robot `i` is done at this moment.

        Raises:
            SkillblendError: `begin` was not called.
        """
        step = self._steps[i]
        if step is None or self._track is None:
            raise SkillblendError("no step to judge; call Judge.begin first")
        if self._track.fell[i]:
            return StepVerdict(success=False, reason="fell")
        rule, dropped = self._rules[step.behaviour], self._track.held[i] - in_hands(self._track.now, i)
        if dropped and not rule.releases:
            return StepVerdict(success=False, reason=f"dropped the {', '.join(sorted(dropped))}")
        return rule.verdict(i, step, self._track)

    def _note(self, now: Look) -> None:
        assert self._track is not None  # whoever calls has begun
        for name in {step.behaviour for step in self._steps if step is not None}:
            found = [(i, step) for i, step in enumerate(self._steps) if step is not None and step.behaviour == name]
            ids = np.array([i for i, _ in found], dtype=np.int64)
            self._rules[name].update(ids, [step for _, step in found], self._track)
        self.falls += now.fallen & ~self._down
        self._down = now.fallen.copy()
