"""Verdict on stepping onto a marker: the sole of the named foot rests on it, and that of the other one does not."""

from __future__ import annotations

import numpy as np

from sim.touch import SIDES
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Step
from skillblend.errors import InputError


class StepOnVerdict(VerdictRule):
    """Where the soles are at the end counts, and that they are on the floor."""

    name = "step_on"

    def check(self, step: Step) -> None:
        """It is a marker, and a foot."""
        thing = self.scene.thing(argument(step))
        if thing.object.kind != "marker":
            raise InputError(f"{step.text!r}: the {thing.name} is no marker to step onto; choose a marker")
        if argument(step, 1) not in SIDES:
            raise InputError(f"{step.text!r}: one steps with one of {list(SIDES)}")

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """How far each sole's middle is from the middle of the marker."""
        thing, foot = self.around(i, track).thing(argument(step)), argument(step, 1)
        soles, down = track.now.soles, track.now.soles_down
        if soles is None or down is None:
            return StepVerdict(success=False, reason="nobody knows where the soles are")
        named = SIDES.index(foot)
        radius = min(thing.object.size[:2]) / 2
        away = np.linalg.norm(soles[i, :, :2] - np.array(thing.stand.xy), axis=1)
        on, other = float(away[named]), float(away[1 - named])
        ok = on <= radius < other and bool(down[i, named])
        lifted = "" if down[i, named] else ", lifted"
        return StepVerdict(
            success=ok,
            reason=f"the {foot} sole is {on:.2f} m from the middle of the {thing.name}{lifted}, the "
            f"{SIDES[1 - named]} one {other:.2f} m; its radius is {radius:.2f} m",
        )


VERDICT = StepOnVerdict
