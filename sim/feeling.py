"""What hands meet: MuJoCo's contact forces between each hand and each thing that has a place for one.

>>> world = build_world(robot, config, furnish=[scene.furnish, scene.feel])
>>> BatchSim(world, n).hand_force()["shelf"]  # of the left and the right hand, N
"""

from __future__ import annotations

from collections.abc import Mapping

import mujoco
import numpy as np

from skillblend.contracts import IntArray

SIDES = ("left", "right")
_PREFIX = "felt/"
_FORCE = 1 << int(mujoco.mjtConDataField.mjCONDATA_FORCE)
_NET = 3
"""All contacts of the two are added up, in the world's frame."""


def add_sensors(spec: mujoco.MjSpec, bodies: Mapping[str, str]) -> None:
    """Let the hands in `spec` feel things, whose bodies are given by their names; parts of a thing belong to it.

    A hand is its palm or its ball, whichever collides: an arm that leans on a thing touches it with no hand.
    """
    hands = [_hand(spec, side) for side in SIDES]
    for thing, body in bodies.items():
        for side, hand in zip(SIDES, hands, strict=True):
            if hand is None:
                continue
            spec.add_sensor(
                name=f"{_PREFIX}{side}/{thing}", type=mujoco.mjtSensor.mjSENS_CONTACT,
                objtype=mujoco.mjtObj.mjOBJ_GEOM, objname=hand, reftype=mujoco.mjtObj.mjOBJ_XBODY, refname=body,
                intprm=[_FORCE, _NET, 1],
            )  # fmt: skip


def find_sensors(model: mujoco.MjModel) -> dict[str, IntArray]:
    """Columns of `sensordata` that hold the forces of both hands on each thing, by its name. Each (2, 3)."""
    found: dict[str, IntArray] = {}
    for number in range(model.nsensor):
        name = model.sensor(number).name
        if name.startswith(_PREFIX):
            side, thing = name.removeprefix(_PREFIX).split("/", 1)
            columns = found.setdefault(thing, np.zeros((2, 3), dtype=np.int64))
            columns[SIDES.index(side)] = int(model.sensor_adr[number]) + np.arange(3)
    return found


def _hand(spec: mujoco.MjSpec, side: str) -> str | None:
    """What collides of a hand; None where nothing does."""
    names = (f"{side}_palm_collision", f"{side}_hand_collision")
    return next((geom.name for geom in spec.geoms if geom.name in names and geom.conaffinity), None)
