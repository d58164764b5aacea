"""What a scene file may say of a thing of each kind, and how its builder is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.things.model import Model, Pose, Stand, Touch
from sim.things.shapes import Vec
from skillblend.contracts import Motion, Robot
from skillblend.scales import Scales

FRONT = 0.42
"""Between the base and an upright surface in front of it, m: H1's wrists reach 0.4 m ahead of its feet."""

EDGE = 0.30
"""Between the base and the edge of a table, m: the thighs stay clear of it."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What heights and distances of a place that suits a standing H1 are for another robot.

    Attributes:
        scales: Of the robot; None for the H1 itself.
    """

    scales: Scales | None = None

    @staticmethod
    def of(robot: Robot) -> Fit:
        """For `robot`; nothing changes for one with arms as long as the H1's, at shoulders as high as the H1's."""
        scales = Scales.of(robot)
        shoulder = _HAND[2] - (scales.place(_HAND)[2] - scales.shoulder[2]) / scales.reach
        alike = scales.reach >= 1.0 and abs(scales.shoulder[2] - shoulder) < _ALIKE
        return Fit() if alike else Fit(scales=scales)

    def height(self, z: float) -> float:
        """Where a hand of the robot is when one of the H1 is `z` m high, arms alike."""
        return z if self.scales is None else max(0.1, self.scales.place((_HAND[0], _HAND[1], z))[2])

    def ahead(self, x: float) -> float:
        """The same for `x` m ahead of the feet."""
        return x if self.scales is None else self.scales.place((x, _HAND[1], _HAND[2]))[0]


H1 = Fit()
"""What scenes are written for."""

_HAND = (0.4, 0.2, 1.0)
"""A place before the left hand of the H1, in its stance frame, m."""

_ALIKE = 0.05
"""Between heights of shoulders that need no other heights of things, m."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a thing is put.

    Attributes:
        x, y: Of its middle, world, m.
        z: Height of its underside, m; of a button, of the middle of its cap.
        heading: Which way one looks who stands before it, rad.
        rests_on: Name of the thing that it stands on; empty for the floor.
        fit: Whose arms are to reach it from before it.
    """

    x: float
    y: float
    z: float = 0.0
    heading: float = 0.0
    rests_on: str = ""
    fit: Fit = H1


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of thing.

    Attributes:
        about: One line, for lists.
        build: ``build(name, place, **given)``, where `given` are those of `takes` that a file names.
        motion: How things of this kind move.
        takes: What a file may give: ``size``, ``material``, ``mass``, and what only this kind has.
        least, most: Smallest and largest extents, m.
        height: Of the place where nothing else is said, m.
        carries: Whether things can be put ``"on"`` it or ``"in"`` it.
    """

    about: str
    build: Callable[..., Model]
    motion: Motion = "fixed"
    takes: frozenset[str] = frozenset({"size", "material"})
    least: Vec = (0.02, 0.02, 0.02)
    most: Vec = (4.0, 4.0, 3.0)
    carries: frozenset[str] = frozenset()
    height: float = 0.0

    def __call__(self, name: str, place: Place, **given: Any) -> Model:
        """The thing called `name`."""
        return self.build(name, place, **given)


def before(place: Place, depth: float, gap: float = FRONT, beside: float = 0.0) -> Stand:
    """Straight before a thing `depth` m deep, `gap` m from it (for an H1), `beside` m left of its middle."""
    return Stand(x=-depth / 2 - place.fit.ahead(gap), y=beside, heading=0.0)


def both(point: Vec, side: float, normal: Vec) -> tuple[Touch, ...]:
    """A place for each hand, `side` m left and right of `point`."""
    x, y, z = point
    return (
        Touch(hand="left", point=(x, y + side, z), normal=normal),
        Touch(hand="right", point=(x, y - side, z), normal=normal),
    )


UP: Vec = (0.0, 0.0, 1.0)
TOWARDS: Vec = (-1.0, 0.0, 0.0)
"""Out of the front of a thing."""


def middle(place: Place, height: float) -> Pose:
    """Pose of the middle of a thing `height` m high that stands at `place`."""
    return Pose.upright(place.x, place.y, place.z + height / 2, place.heading)
