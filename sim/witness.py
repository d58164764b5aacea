"""A judge at the simulator's side: what a session asks whether a step was done."""

from __future__ import annotations

from sim.bridge import MujocoBridge
from sim.judge import Judge, look
from sim.verdicts import Look, StepVerdict
from skillblend.contracts import BoolArray, Step


class SimWitness:
    """Watches the robots of a bridge.

    Attributes:
        bridge: Whose truth it sees.
        judge: Who decides.
    """

    def __init__(self, bridge: MujocoBridge) -> None:
        """Watch all robots of `bridge`."""
        self.bridge = bridge
        self.judge = Judge(bridge.scene, bridge.robot, bridge.sim.n)
        self._watching = False

    def begin(self, i: int, step: Step) -> None:
        """Watch robot `i` in `step` from now on.

        Raises:
            InputError: The step cannot be judged.
            UnknownNameError: It is about a thing that is not in the scene.
        """
        self.judge.begin(i, step, self._look())
        self._watching = True

    def update(self) -> None:
        """Take note of the present state."""
        if self._watching:
            self.judge.update(self._look())

    def verdict(self, i: int) -> StepVerdict:
        """Whether robot `i` has done its step."""
        return self.judge.verdict(i)

    def fell(self) -> BoolArray:
        """Who lies on the floor. Shape (N,)."""
        return self.bridge.fell

    def _look(self) -> Look:
        return look(self.bridge.sim, self.bridge.scene, self.bridge.state.time, self.bridge.things)
