"""What a video shows besides bodies: where the camera goes when hands work, a shadow under the robot, a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import mujoco
import numpy as np
import numpy.typing as npt

from skillblend.contracts import Array

if TYPE_CHECKING:
    from sim.render import View

Image = npt.NDArray[np.uint8]

NEAR = 1.3
"""A thing this near to the base has hands at work on it, m."""

CLOSE, LOW = 3.4, -14.0
"""From there the camera looks at hands: distance, m, and elevation, degrees."""

TURN = 1.2
"""Time in which the camera makes up two thirds of its way to where hands are seen, s."""

_DARK, _DISCS = 0.09, (0.16, 0.23, 0.31)


@dataclass(frozen=True, kw_only=True)
class Scenery:
    """What a frame is about.

    Attributes:
        target: World position of the thing that the step under way is about, (3,), m; None where it is about none.
        lines: Of the caption.
    """

    target: Array | None = None
    lines: Sequence[str] = ()


def toward_hands(view: View, wide: View, base: Array, target: Array | None, seconds: float) -> View:
    """The camera `seconds` later: beside the line from `base` (3,) to a near `target`, else back to `wide`."""
    aim = wide
    if target is not None and float(np.hypot(*(target[:2] - base[:2]))) < NEAR:
        ahead = float(np.degrees(np.arctan2(target[1] - base[1], target[0] - base[0])))
        sides = [ahead + 75.0, ahead - 75.0]
        best = min(sides, key=lambda side: abs(_wrap(side - view.azimuth)))
        aim = replace(wide, azimuth=best, distance=CLOSE, elevation=LOW, height=wide.height + 0.15)
    share = 1.0 - float(np.exp(-seconds / TURN))
    return replace(
        view,
        azimuth=view.azimuth + share * _wrap(aim.azimuth - view.azimuth),
        distance=view.distance + share * (aim.distance - view.distance),
        elevation=view.elevation + share * (aim.elevation - view.elevation),
        height=view.height + share * (aim.height - view.height),
    )


def _wrap(degrees: float) -> float:
    return (degrees + 180.0) % 360.0 - 180.0


def shade(scene: mujoco.MjvScene, x: float, y: float) -> None:
    """Add a soft dark spot on the floor at `x`, `y` (m): what a shadow map costs three times the picture for."""
    for radius in _DISCS:
        if scene.ngeom >= scene.maxgeom:
            return
        mujoco.mjv_initGeom(
            scene.geoms[scene.ngeom], mujoco.mjtGeom.mjGEOM_CYLINDER, np.array([radius, 0.001, 0.0]),
            np.array([x, y, 0.004]), np.eye(3).ravel(), np.array([0.0, 0.0, 0.0, _DARK], dtype=np.float32),
        )  # fmt: skip
        scene.ngeom += 1


def caption(image: Image, lines: Sequence[str]) -> Image:
    """`image` with `lines` on a dark strip at its foot; a copy, where there are any."""
    if not lines:
        return image
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFont

    size = max(14, image.shape[0] // 32)
    font, picture = ImageFont.load_default(size=size), Pillow.fromarray(image)
    top = image.shape[0] - round(1.4 * size * len(lines)) - size // 2
    strip = Pillow.new("RGB", (image.shape[1], image.shape[0] - top), "#161a1e")
    below = picture.crop((0, top, image.shape[1], image.shape[0]))
    picture.paste(Pillow.blend(below, strip, 0.7), (0, top))
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((size, top + size // 4 + round(1.4 * size * number)), line, fill="#f2f4f6", font=font)
    return np.asarray(picture)
