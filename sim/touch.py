"""Who presses on whom: contact sensors between bodies, hands and surfaces, read from N simulations at once.

>>> world = build_world(robot, config, furnish=[scene.furnish, scene.feel])
>>> BatchSim(world, n).hand_force()["shelf"]  # of the left and the right hand, N
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import mujoco
import numpy as np

from skillblend.contracts import Array, BoolArray, IntArray

if TYPE_CHECKING:
    from sim.batch import BatchSim

SIDES = ("left", "right")
FEET = "feet on "
"""Begins the names under which feet, not hands, feel a thing."""
_FELT = "felt/"
_FOUND, _FORCE = mujoco.mjtConDataField.mjCONDATA_FOUND, mujoco.mjtConDataField.mjCONDATA_FORCE
_NET = 3
"""All contacts of a pair are added up, in the world's frame."""
_COLUMNS = 4
"""Of a sensor: number of contacts, and the force."""


def add_touch(spec: mujoco.MjSpec, body: str, other: str) -> None:
    """Let `TouchSensors` tell how `body` and `other` press on each other.

    Args:
        spec: Holds both, or this does nothing: palms, for example, are not there where nothing asks for them.
        body: Name of a body.
        other: Name of a geom or, where no geom is called so, of a body.
    """
    surface = spec.geom(other)
    if surface is None and spec.body(other) is None:
        return
    kind = mujoco.mjtObj.mjOBJ_BODY if surface is None else mujoco.mjtObj.mjOBJ_GEOM
    _add(spec, _name(body, other), (mujoco.mjtObj.mjOBJ_BODY, body), (kind, other))


def add_feeling(spec: mujoco.MjSpec, bodies: Mapping[str, str], kicked: Mapping[str, str] | None = None) -> None:
    """Let the hands in `spec` feel things, whose bodies are given by their names; parts of a thing belong to it.

    A hand is its palm or its ball, whichever collides: an arm that leans on a thing touches it with no hand. Things
    that are `kicked` are felt by the feet, under a name that begins with `FEET`.
    """
    hands = [(mujoco.mjtObj.mjOBJ_GEOM, _hand(spec, side)) for side in SIDES]
    feet = [(mujoco.mjtObj.mjOBJ_BODY, _foot(spec, side)) for side in SIDES]
    felt = [(thing, body, hands) for thing, body in bodies.items()]
    felt += [(f"{FEET}{thing}", body, feet) for thing, body in (kicked or {}).items()]
    for thing, body, limbs in felt:
        for side, (kind, limb) in zip(SIDES, limbs, strict=True):
            if limb is not None:
                _add(spec, f"{_FELT}{side}/{thing}", (kind, limb), (mujoco.mjtObj.mjOBJ_XBODY, body))


def find_feeling(model: mujoco.MjModel) -> dict[str, IntArray]:
    """Columns of `sensordata` that hold the forces of both hands on each thing, by its name. Each (2, 3)."""
    found: dict[str, IntArray] = {}
    for number in range(model.nsensor):
        name = model.sensor(number).name
        if name.startswith(_FELT):
            side, thing = name.removeprefix(_FELT).split("/", 1)
            columns = found.setdefault(thing, np.zeros((2, 3), dtype=np.int64))
            columns[SIDES.index(side)] = int(model.sensor_adr[number]) + np.arange(1, _COLUMNS)
    return found


class TouchSensors:
    """Reads what `add_touch` has added to the world of a batch; there is one a batch, `BatchSim.touch`.

    What it says is of the last physics step.
    """

    def __init__(self, sim: BatchSim) -> None:
        """Read from the simulations of `sim`."""
        model = sim.world.model
        self._data = sim.batch.bind("sensordata")
        self._at = {model.sensor(k).name: int(model.sensor_adr[k]) for k in range(model.nsensor)}
        self._of: dict[str, list[int]] = {}

    def count(self, body: str, other: str) -> Array:
        """Number of contacts between the two. Shape (N,)."""
        return self._data[:, self._at[_name(body, other)]].copy()

    def force(self, body: str, other: str) -> Array:
        """What the two press on each other with, all contacts added up, world. Shape (N, 3), N."""
        at = self._at[_name(body, other)]
        return self._data[:, at + 1 : at + _COLUMNS].copy()

    def touching(self, body: str, other: str) -> BoolArray:
        """Whether there is any contact. Shape (N,)."""
        return self.count(body, other) > 0

    def touched(self, body: str) -> BoolArray:
        """Whether there is any contact with one of those that `body` has sensors for. Shape (N,)."""
        if body not in self._of:
            self._of[body] = [at for name, at in self._at.items() if name.startswith(_name(body, ""))]
        found: BoolArray = np.asarray((self._data[:, self._of[body]] > 0).any(axis=1))
        return found


def _add(spec: mujoco.MjSpec, name: str, first: tuple[mujoco.mjtObj, str], second: tuple[mujoco.mjtObj, str]) -> None:
    """A sensor of how `first` and `second`, each a kind and a name, press on each other."""
    spec.add_sensor(
        name=name, type=mujoco.mjtSensor.mjSENS_CONTACT, objtype=first[0], objname=first[1], reftype=second[0],
        refname=second[1], intprm=[1 << int(_FOUND) | 1 << int(_FORCE), _NET, 1],
    )  # fmt: skip


def _hand(spec: mujoco.MjSpec, side: str) -> str | None:
    """What collides of a hand; None where nothing does."""
    names = (f"{side}_palm_collision", f"{side}_hand_collision")
    return next((geom.name for geom in spec.geoms if geom.name in names and geom.conaffinity), None)


def _foot(spec: mujoco.MjSpec, side: str) -> str | None:
    """The body that bears a sole; None where there is none."""
    return next((geom.parent.name for geom in spec.geoms if geom.name.startswith(f"{side}_foot")), None)


def _name(body: str, other: str) -> str:
    return f"touch/{body}/{other}"
