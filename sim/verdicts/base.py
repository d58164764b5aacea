"""What a verdict is: whether a step was really done, decided from simulator truth; it shares nothing with behaviours.

A verdict is one file of this package and one line in its registry.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.scene import Scene
from sim.things.model import Model
from skillblend.contracts import Array, BoolArray, IntArray, Robot, SceneState, Step
from skillblend.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a judge sees of N simulations at one moment.

    Attributes:
        time: Shape (N,), s.
        base: Positions of the bases, world. Shape (N, 3), m.
        heading: Of the base x axes. Shape (N,), rad.
        wrists: Left and right, world. Shape (N, 2, 3), m.
        travel: How far each button is pushed in, by name. Each (N,), m.
        fallen: Tilted by more than 45 degrees, or too low. Shape (N,).
        hand_force: How hard the left and the right hand press on each thing that they can feel, by name; under
            `sim.touch.FEET` and its name, the feet. Each (N, 2), N.
        things: The things as they are now; None where nothing can have moved.
        soles: Middles of the left and the right sole, world. Shape (N, 2, 3), m; None where nobody measures them.
        soles_down: Which of them are on the floor. Shape (N, 2); None as above.
    """

    time: Array
    base: Array
    heading: Array
    wrists: Array
    travel: Mapping[str, Array]
    fallen: BoolArray
    hand_force: Mapping[str, Array] = field(default_factory=dict[str, Array])
    things: SceneState | None = None
    soles: Array | None = None
    soles_down: BoolArray | None = None


@dataclass(frozen=True, kw_only=True)
class StepVerdict:
    """Whether a step was done, and the measurement that decided it."""

    success: bool
    reason: str


def in_hands(now: Look, i: int) -> frozenset[str]:
    """Names of what robot `i` holds."""
    things = () if now.things is None else now.things.things
    return frozenset(thing.name for thing in things if thing.held is not None and bool(thing.held[i]))


class Track:
    """What happened to N robots since each began its step.

    Attributes:
        first: The look at the beginning of each robot's step.
        now: The latest look.
        turned: Change of heading, followed continuously. Shape (N,), rad.
        drift: Largest distance of the base from where it was. Shape (N,), m.
        fell: Whether it lay on the floor at some time. Shape (N,).
        held: Names of what was in each robot's hands when it began.
    """

    def __init__(self, now: Look) -> None:
        self.first = Look(
            time=now.time.copy(), base=now.base.copy(), heading=now.heading.copy(), wrists=now.wrists.copy(),
            travel={name: values.copy() for name, values in now.travel.items()}, fallen=now.fallen.copy(),
        )  # fmt: skip
        self.now = now
        n = len(now.time)
        self.turned: Array = np.zeros(n)
        self.drift: Array = np.zeros(n)
        self.fell: BoolArray = now.fallen.copy()
        self.held: list[frozenset[str]] = [in_hands(now, i) for i in range(n)]

    def begin(self, i: int, now: Look) -> None:
        """Forget what robot `i` did before."""
        self.held[i] = in_hands(now, i)
        first = self.first
        for mine, theirs in ((first.time, now.time), (first.base, now.base), (first.heading, now.heading)):
            mine[i] = theirs[i]
        first.wrists[i] = now.wrists[i]
        for name, values in first.travel.items():
            values[i] = now.travel[name][i]
        self.now = now
        self.turned[i] = self.drift[i] = 0.0
        self.fell[i] = now.fallen[i]

    def update(self, now: Look) -> None:
        """Take note of the state after a control step."""
        change = now.heading - self.now.heading
        self.turned += np.arctan2(np.sin(change), np.cos(change))
        self.drift = np.maximum(self.drift, np.linalg.norm((now.base - self.first.base)[:, :2], axis=1))
        self.fell |= now.fallen
        self.now = now


class VerdictRule(ABC):
    """Judges steps of one behaviour, for N robots.

    Attributes:
        name: Of the behaviour.
        releases: Hands may let go in it of what they hold: in all others that is a failure.
    """

    name: str
    releases: bool = False

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        """Judge `n` robots of one kind in copies of `scene`."""
        self.scene = scene
        self.robot = robot
        self.n = n

    def around(self, i: int, track: Track) -> Scene:
        """The scene as it is now around robot `i`."""
        return self.scene if track.now.things is None else self.scene.now(track.now.things, i)

    def by_thing(self, ids: IntArray, steps: list[Step], track: Track) -> list[tuple[IntArray, Model]]:
        """Robots whose steps are first of all about the same thing in the same place, and that thing."""
        groups: dict[tuple[int, str], tuple[list[int], Model]] = {}
        for i, step in zip(ids.tolist(), steps, strict=True):
            scene, name = self.around(i, track), argument(step)
            groups.setdefault((id(scene), name), ([], scene.thing(name)))[0].append(i)
        return [(np.array(rows, dtype=np.int64), thing) for rows, thing in groups.values()]

    @abstractmethod
    def check(self, step: Step) -> None:
        """Refuse a step that cannot be judged here.

        Raises:
            InputError: Its arguments mean nothing.
            UnknownNameError: It is about a thing that is not in the scene.
        """

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Start watching robot `i`; most rules need nothing beside the track."""

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Take note of the latest look at robots `ids`, which are in `steps`."""

    @abstractmethod
    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Whether `step` is done at this moment by robot `i`, which did not fall."""


def argument(step: Step, index: int = 0) -> str:
    """Argument `index` of a step.

    Raises:
        InputError: It has fewer.
    """
    if index >= len(step.arguments):
        raise InputError(f"{step.text!r}: needs {index + 1} argument(s), has {list(step.arguments)}")
    return step.arguments[index]


def amount(step: Step, index: int = 0) -> float:
    """Argument `index` of a step as a number.

    Raises:
        InputError: It is none.
    """
    text = argument(step, index)
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{step.text!r}: {text!r} is not a number") from None
