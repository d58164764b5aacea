"""Videos of recorded motions, a frame for each row of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sim.render import Studio, View
from sim.video import Image, Video
from sim.world import World
from skillblend.contracts import Array
from skillblend.recording import MotionRecord

_SHOWN = 100
"""At most so many frames, evenly spread, stand for a video where colours are counted."""


def draw_motion(
    motion: MotionRecord, world: World, path: Path, *, fps: int, size: tuple[int, int],
    progress: Callable[[int, int], None] | None = None,
) -> Array:  # fmt: skip
    """Write the video of `motion`, `size` (height, width) pixels, with `fps` frames a second of its own time.

    `progress` hears how many frames are drawn, of how many.

    Returns:
        Some of its frames, (F, height, width, 3), 0 to 255.

    Raises:
        InputError: `path` cannot be written.
        RenderingUnavailable: No OpenGL, or no ffmpeg, here.
        ShapeError: The motion is of another world.
    """
    stride = round(1 / (fps * float(motion.about["control_dt"])))
    rows = motion.qpos[::stride]
    height, width = size
    view, follow = View(), _follower(fps)
    chosen = set(np.linspace(0, len(rows) - 1, min(_SHOWN, len(rows))).round().astype(int).tolist())
    kept: list[Image] = []
    video = Video(path, width, height, fps)
    try:
        with Studio(world.model, width=width, height=height) as studio:
            for number, qpos in enumerate(rows):
                image = studio.draw(qpos, view, follow(qpos, view))
                video.write(image)
                if number in chosen:
                    kept.append(image)
                if progress is not None:
                    progress(number + 1, len(rows))
    except BaseException:
        video.abort()
        raise
    video.finish()
    return np.stack(kept).astype(np.float64)


def _follower(fps: int) -> Callable[[Array, View], Array]:
    """What a camera looks at that comes after the robot gently."""
    latest: list[Array] = []

    def follow(qpos: Array, view: View) -> Array:
        target = np.array([qpos[0], qpos[1], view.height])
        share = 1.0 - np.exp(-1.0 / (fps * view.settle))
        latest[:] = [latest[0] + share * (target - latest[0]) if latest else target]
        return latest[0]

    return follow
