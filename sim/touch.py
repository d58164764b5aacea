"""Who presses on whom: contact sensors between bodies and surfaces, read from N simulations at once."""

from __future__ import annotations

import mujoco
import numpy as np

from sim.batch import BatchSim
from skillblend.contracts import Array, BoolArray

_FOUND, _FORCE = mujoco.mjtConDataField.mjCONDATA_FOUND, mujoco.mjtConDataField.mjCONDATA_FORCE
_NET = 3
"""All contacts of a pair are added up."""


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
    sensor = spec.add_sensor(
        name=_name(body, other), type=mujoco.mjtSensor.mjSENS_CONTACT, objtype=mujoco.mjtObj.mjOBJ_BODY, objname=body,
        reftype=kind, refname=other,
    )  # fmt: skip
    sensor.intprm[:3] = [1 << int(_FOUND) | 1 << int(_FORCE), _NET, 1]


class TouchSensors:
    """Reads what `add_touch` has added to the world of a batch.

    What it says is of the last physics step.
    """

    def __init__(self, sim: BatchSim) -> None:
        """Read from the simulations of `sim`."""
        self._model = sim.world.model
        self._data = sim.batch.bind("sensordata")

    def count(self, body: str, other: str) -> Array:
        """Number of contacts between the two. Shape (N,)."""
        return self._data[:, self._address(body, other)].copy()

    def force(self, body: str, other: str) -> Array:
        """What the two press on each other with, all contacts added up, world. Shape (N, 3), N."""
        at = self._address(body, other)
        return self._data[:, at + 1 : at + 4].copy()

    def touching(self, body: str, other: str) -> BoolArray:
        """Whether there is any contact. Shape (N,)."""
        return self.count(body, other) > 0

    def touched(self, body: str) -> BoolArray:
        """Whether there is any contact with one of those that `body` has sensors for. Shape (N,)."""
        model, start = self._model, _name(body, "")
        at = [int(model.sensor_adr[k]) for k in range(model.nsensor) if model.sensor(k).name.startswith(start)]
        found: BoolArray = np.asarray((self._data[:, at] > 0).any(axis=1))
        return found

    def _address(self, body: str, other: str) -> int:
        return int(self._model.sensor(_name(body, other)).adr[0])


def _name(body: str, other: str) -> str:
    return f"touch/{body}/{other}"
