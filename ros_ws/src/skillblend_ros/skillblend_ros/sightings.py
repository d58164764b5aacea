"""Things where they were last seen: what perception says of them is checked where it comes in.

A map says what there is. A detector, or the simulator, says where it is by now; what nobody has seen stays where the
map has it, or where it was seen last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.scene import Scene
from sim.scene_file import FARTHEST
from skillblend.contracts import Array, Thing
from skillblend.errors import InputError, UnknownNameError

FIXED = 0.15
"""A thing that cannot move is seen this near to where the map has it, m, or the map is another place's."""

EARLY = 0.1
"""A sighting may be so far ahead of our clock, s."""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What a detector says of one thing.

    Attributes:
        name: As the map has it.
        pose: World position (m) and quaternion wxyz of its middle. Shape (7,).
        openness: Share of its way that a door is open; negative without one.
        travel: How far a button is pushed in, m; negative without one.
        held: Whether the robot holds it.
    """

    name: str
    pose: Array
    openness: float = -1.0
    travel: float = -1.0
    held: bool = False


class ThingMap:
    """The things of a map, N = 1, where they were last seen.

    Attributes:
        scene: Geometry, routes and zones around them.
        state: The same as planners and behaviours see it.
        seen: When each was seen last, robot time, s; those that never were are not in it.
    """

    def __init__(self, scene: Scene) -> None:
        """Everything is where the map has it."""
        self._map, self.scene, self.state = scene, scene, scene.state
        self.seen: dict[str, float] = {}

    def take(
        self, sightings: Sequence[Sighting], now: float, *, age: float = 0.0, limit: float = np.inf
    ) -> list[str]:
        """Take in what was seen; the reasons why some of it, or all, is not believed.

        Args:
            sightings: Each thing once.
            now: Robot time, s.
            age: Of the sightings, s.
            limit: How old they may be, s.
        """
        if not -EARLY <= age <= limit:
            return [f"sightings are {age:.2f} s old, allowed are {-EARLY:g} to {limit:g} s: check the clocks"]
        twice = {s.name for s in sightings if [other.name for other in sightings].count(s.name) > 1}
        trouble, believed = [f"{name!r} is seen twice; name each thing once" for name in sorted(twice)], []
        for sighting in sightings:
            if sighting.name in twice:
                continue
            try:
                believed.append(self._checked(sighting))
            except InputError as error:
                trouble.append(str(error))
        self._put(believed)
        self.seen |= dict.fromkeys((thing.name for thing in believed), now)
        return trouble

    def stale(self, names: Sequence[str], now: float, limit: float) -> str:
        """Which of the things `names` can move and has not been seen for more than `limit` s; empty where none.

        What nobody has ever seen is where the map has it: there is no detector.
        """
        for name in names:
            free = name in self.state.names and self.state.thing(name).motion == "free"
            age = now - self.seen.get(name, now)
            if free and age > limit:
                return f"the {name} has not been seen for {age:.1f} s, allowed are {limit:g} s; check perception"
        return ""

    def _checked(self, sighting: Sighting) -> Thing:
        """The thing as it is now.

        Raises:
            UnknownNameError: It is not on the map.
            InputError: A number is none, or cannot be.
        """
        name, pose = sighting.name, np.asarray(sighting.pose, dtype=np.float64)
        if name not in self.state.names:
            raise UnknownNameError("thing", name, self.state.names)
        if pose.shape != (7,) or not np.isfinite(pose).all():
            raise InputError(f"{name!r}: the pose {pose.tolist()} is none; give seven finite numbers")
        norm = float(np.linalg.norm(pose[3:]))
        if abs(norm - 1.0) > 0.1:
            raise InputError(f"{name!r}: a quaternion of length {norm:.2f} is no orientation; give a unit quaternion")
        if float(np.abs(pose[:3]).max()) > FARTHEST:
            raise InputError(f"{name!r} is seen at {pose[:3].tolist()}, allowed are {FARTHEST:g} m from the origin")
        thing, fixed = self.state.thing(name), self._map.state.thing(name)
        if fixed.motion != "free" and fixed.pose is not None:
            away = float(np.linalg.norm(pose[:3] - fixed.pose[0, :3]))
            if away > FIXED:
                raise InputError(
                    f"{name!r} cannot move, and is seen {away:.2f} m from its place on the map, allowed are "
                    f"{FIXED:g}; is this the map of this place?"
                )
            pose = fixed.pose[0]
        else:
            pose = np.concatenate([pose[:3], pose[3:] / norm])
        return replace(
            thing,
            pose=pose[None],
            openness=_share(name, "openness", sighting.openness, thing.openness, 1.0),
            travel=_share(name, "travel", sighting.travel, thing.travel, 0.1),
            held=np.array([sighting.held]),
        )

    def _put(self, believed: Sequence[Thing]) -> None:
        fresh = {thing.name: thing for thing in believed}
        self.state = replace(self.state, things=tuple(fresh.get(thing.name, thing) for thing in self.state.things))
        self.scene = self._map.now(self.state)


def _share(name: str, what: str, value: float, before: Array | None, most: float) -> Array | None:
    """A number that only some things have; slightly out of range it is the nearest that can be.

    Raises:
        InputError: It is none, or the thing has no such part.
    """
    if before is None:
        if not value < 0.0:
            raise InputError(f"{name!r} has no part with {what}, found {value:g}; give -1")
        return None
    if value < 0.0:
        return before
    if not np.isfinite(value) or value > most * 1.05:
        raise InputError(f"{name!r}: {what} {value:g} is outside [0, {most:g}]")
    return np.array([min(value, most)])
