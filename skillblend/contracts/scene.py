"""The things around a robot."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from skillblend.contracts.arrays import Array, BoolArray
from skillblend.errors import InputError, UnknownNameError

Motion = Literal["fixed", "slide", "hinge", "free"]
"""How a thing can move: not at all, along a line, about an axis, or anyhow."""

WIDE = 1.9
"""How far doors open, rad: 109 degrees, an openness of 1."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A named thing that instructions can refer to, with what is known of its state in N simulations.

    Attributes:
        name: As people say it, without article: ``"red marker"``.
        kind: ``"marker"``, ``"button"``, ``"table"``, ``"shelf"``, ``"box"``, ...
        motion: How it can move.
        size: Extents along its own axes, m; zeros where unknown.
        mass: kg; 0 where unknown.
        pose: World position (m) and quaternion wxyz of its middle. Shape (N, 7); None where unknown.
        openness: Share of its way that a sliding or hinged part is open. Shape (N,); None without such a part.
        doors: The same of each of its doors, the left one first. Shape (N, D); None where nobody tells them apart.
        travel: How far a button is pushed in. Shape (N,), m; None without one.
        held: Whether the robot holds it. Shape (N,); None where unknown.
    """

    name: str
    kind: str
    motion: Motion = "fixed"
    size: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mass: float = 0.0
    pose: Array | None = field(default=None, compare=False)
    openness: Array | None = field(default=None, compare=False)
    doors: Array | None = field(default=None, compare=False)
    travel: Array | None = field(default=None, compare=False)
    held: BoolArray | None = field(default=None, compare=False)

    def row(self, i: int) -> Thing:
        """What is known of it in simulation `i` alone, with N = 1."""

        def only(values: Any) -> Any:
            return None if values is None else values[i : i + 1]

        names = ("pose", "openness", "doors", "travel", "held")
        return replace(self, **{name: only(getattr(self, name)) for name in names})


@dataclass(frozen=True, kw_only=True)
class SceneState:
    """The things around the robot with their live state, from simulator truth or from perception.

    What planners, behaviours, rules and verdicts are handed. Predicates of it are in `skillblend.predicates`.

    Attributes:
        things: All that has a name.
        base: The robot's base on the floor: x, y (m) and heading (rad), world frame. Shape (N, 3); None where
            unknown, as in an abstract scene.
        facts: What holds besides what the poses say, as predicates such as ``"on(box, metal table)"``: an
            abstract scene has nothing else. For N = 1.
        length: Legs of the robot, of the reference body's, see `skillblend.scales`: how near is near.
    """

    things: tuple[Thing, ...] = ()
    base: Array | None = field(default=None, compare=False)
    facts: frozenset[str] = frozenset()
    length: float = 1.0

    def __post_init__(self) -> None:
        """Refuse two things of one name.

        Raises:
            InputError: A name comes twice.
        """
        names = [thing.name for thing in self.things]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"two things are called {twice[0]!r}; give each thing a name of its own")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all things."""
        return tuple(thing.name for thing in self.things)

    def thing(self, name: str) -> Thing:
        """The thing called `name`.

        Raises:
            UnknownNameError: No such thing here.
        """
        for thing in self.things:
            if thing.name == name:
                return thing
        raise UnknownNameError("object", name, self.names)

    def row(self, i: int) -> SceneState:
        """The scene around robot `i` alone, with N = 1."""
        base = None if self.base is None else self.base[i : i + 1]
        return replace(self, things=tuple(thing.row(i) for thing in self.things), base=base)
