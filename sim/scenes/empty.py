"""Nothing but a floor."""

from __future__ import annotations

from sim.scene import Scene
from sim.things.model import Stand


def scene() -> Scene:
    """Nothing stands here."""
    return Scene(name="empty", things=(), start=Stand(x=0.0, y=0.0, heading=0.0), about="a floor and nothing else")
