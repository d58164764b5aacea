"""Nothing but a floor."""

from __future__ import annotations

from sim.scene import Scene
from sim.things.kinds import H1, Fit
from sim.things.model import Stand


def scene(fit: Fit = H1) -> Scene:
    """Nothing stands here."""
    del fit
    return Scene(name="empty", things=(), start=Stand(x=0.0, y=0.0, heading=0.0), about="a floor and nothing else")
