"""Verdict on putting into a bin: at the end the thing lies still in it, out of the hands."""

from __future__ import annotations

import numpy as np

from sim.verdicts.base import StepVerdict, Track, argument
from sim.verdicts.put_on import STILL, PutOnVerdict
from skillblend.contracts import Step
from skillblend.errors import InputError
from skillblend.predicates import inside


class PutInVerdict(PutOnVerdict):
    """By where it lies and whether it is at rest there, whichever side is up."""

    name = "put_in"

    def check(self, step: Step) -> None:
        """It can be moved, and the other can hold something."""
        item, around = self.scene.thing(argument(step)), self.scene.thing(argument(step, 1))
        if not item.free:
            raise InputError(f"{step.text!r}: the {item.name} cannot be moved; it stands fast")
        if around.inside is None:
            raise InputError(f"{step.text!r}: nothing can be put in the {around.name}; choose a bin")

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """In it, at rest, no hand pressing."""
        name, around = argument(step), argument(step, 1)
        things = track.now.things
        if things is None or not bool(inside(things, name, around)[i]):
            return StepVerdict(success=False, reason=f"the {name} is not in the {around}")
        moved = float(np.linalg.norm(self._place(i, step, track) - self._slow[i]))
        force = float(track.now.hand_force[name][i].max()) if name in track.now.hand_force else 0.0
        return StepVerdict(
            success=moved <= STILL and force <= 0.0,
            reason=f"the {name} lies in the {around}, moved by {moved:.3f} m lately, {STILL} allowed; hands press on "
            f"it with {force:.1f} N",
        )


VERDICT = PutInVerdict
