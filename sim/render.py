"""Pictures and videos of a run, drawn offscreen.

>>> world = visual_world(robot, scenes.load("workshop"))
>>> with Recorder(world.model, video=out / "run.mp4") as recorder:
...     recorder.update(time, sim.qpos[0])  # every control step; draws only when a frame is due
>>> recorder.save_filmstrip(out / "run.png")

The model that is drawn differs from the one that is simulated (it keeps its visual geoms), but has the
same qpos. Without OpenGL, `RenderingUnavailable` says what to install; all else works without pictures.
"""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import mujoco
import numpy as np

from sim.camera import Scenery, caption, shade, toward_hands
from sim.meshes import dress
from sim.scene import Scene
from sim.video import Image, RecordingError, RenderingUnavailable, Video
from sim.world import World, WorldConfig, build_world
from skillblend.contracts import Array, Robot
from skillblend.errors import InputError, ShapeError
from skillblend.files import atomic_path

__all__ = [
    "Image", "RecordingError", "Recorder", "RenderingUnavailable", "Studio", "View", "filmstrip", "save_png",
    "visual_world",
]  # fmt: skip

_MAX_GEOMS = 2000
_MAX_KEPT = 96
"""The filmstrip chooses among at most this many frames, evenly spread over the run."""


@dataclass(frozen=True, kw_only=True)
class View:
    """Where the camera looks from; it follows the robot.

    Attributes:
        azimuth: Direction of view around z: 0 looks along +x, 90 along +y; degrees.
        elevation: Negative looks down, degrees.
        distance: From the point looked at, m.
        height: Of the point looked at, above the floor, m.
        settle: Time in which the camera makes up two thirds of its lag behind the robot, s.
    """

    azimuth: float = 56.0
    elevation: float = -23.0
    distance: float = 4.8
    height: float = 0.85
    settle: float = 0.6


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A body drawn besides the model's.

    Attributes:
        shape: An ``mjtGeom``.
        size: As the geom's.
        position: Of its middle, world (3,), m.
        rotation: Matrix, row by row (9,).
        colour: Red, green, blue, opacity.
    """

    shape: int
    size: tuple[float, ...]
    position: Array
    rotation: Array
    colour: tuple[float, ...]


def visual_world(robot: Robot, scene: Scene, *, meshes: bool = False) -> World:
    """Robot and scene with everything that only serves pictures; its qpos is that of the plain world.

    Args:
        robot: Whom.
        scene: Where.
        meshes: Draw the robot with MuJoCo Menagerie's meshes (`sim.meshes`) instead of our own surfaces.
    """
    clothes = [partial(dress, robot=robot)] if meshes else []
    return build_world(
        robot, WorldConfig(visual=True), furnish=[*clothes, partial(scene.fitted(robot).furnish, visual=True)]
    )


class Studio:
    """Draws states of one model offscreen. Free its OpenGL memory with `close`, or use it in a ``with``."""

    def __init__(self, model: mujoco.MjModel, *, width: int = 640, height: int = 480, fine: bool = False) -> None:
        """Prepare to draw `model`.

        Args:
            model: Its offscreen buffer bounds the size.
            width: Of the image, pixels.
            height: Of the image, pixels.
            fine: With smooth edges and shadows; ten times slower without a GPU.

        Raises:
            InputError: The image does not fit the model's offscreen buffer.
            RenderingUnavailable: No OpenGL here.
        """
        limit = (int(model.vis.global_.offwidth), int(model.vis.global_.offheight))
        if not (0 < width <= limit[0] and 0 < height <= limit[1]):
            raise InputError(f"images of {width} x {height} pixels are not within {limit}; choose fewer")
        self._size = (width, height)
        self.model = copy.copy(model)
        self.model.vis.quality.offsamples = 4 if fine else 0
        self._data = mujoco.MjData(self.model)
        self._scene = mujoco.MjvScene(self.model, maxgeom=_MAX_GEOMS)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = int(fine)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        self._option = mujoco.MjvOption()
        self._gl, self._context = _open_context(self.model, self._size)

    def draw(
        self, qpos: Array, view: View, look_at: Array, marks: Iterable[Mark] = (), *, shaded: bool = False
    ) -> Image:
        """The state `qpos` (nq,) seen by `view`, with `look_at` (3,) in the middle, and `marks`.

        With `shaded`, the floor under the robot is darker.

        Raises:
            ShapeError: `qpos` is of another model.
        """
        if qpos.shape != (self.model.nq,):
            raise ShapeError(f"qpos {qpos.shape} must be ({self.model.nq},): the model that is drawn")
        camera = mujoco.MjvCamera()
        camera.type = mujoco.mjtCamera.mjCAMERA_FREE
        camera.lookat[:] = look_at
        camera.azimuth, camera.elevation, camera.distance = view.azimuth, view.elevation, view.distance
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self.model, self._data)
        mujoco.mj_camlight(self.model, self._data)
        mujoco.mjv_updateScene(
            self.model, self._data, self._option, None, camera, mujoco.mjtCatBit.mjCAT_ALL, self._scene
        )
        if shaded:
            shade(self._scene, float(qpos[0]), float(qpos[1]))
        for mark in marks:
            self._add(mark)
        return self._read()

    def _add(self, mark: Mark) -> None:
        count = self._scene.ngeom
        if count >= self._scene.maxgeom:
            return
        colour = np.array(mark.colour, dtype=np.float32)
        mujoco.mjv_initGeom(
            self._scene.geoms[count], mark.shape, np.array(mark.size), mark.position, mark.rotation, colour
        )
        self._scene.ngeom = count + 1

    def _read(self) -> Image:
        width, height = self._size
        rectangle = mujoco.MjrRect(0, 0, width, height)
        pixels = np.empty((height, width, 3), dtype=np.uint8)
        assert self._gl is not None
        self._gl.make_current()
        mujoco.mjr_render(rectangle, self._scene, self._context)
        mujoco.mjr_readPixels(pixels, None, rectangle, self._context)
        return np.ascontiguousarray(pixels[::-1])

    def close(self) -> None:
        """Free the OpenGL context."""
        if self._gl is not None:
            self._gl.make_current()
            self._context.free()
            self._gl.free()
            self._gl = None

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Recorder:
    """Video and filmstrip of one run, drawn while it happens.

    As a context manager it finishes the video at the end, and leaves no file behind after an exception.
    """

    def __init__(
        self, model: mujoco.MjModel, *, video: Path | None = None, fps: int = 25, view: View | None = None,
        width: int = 640, height: int = 480,
    ) -> None:  # fmt: skip
        """Prepare to draw `model`, normally ``visual_world(robot, scene).model``.

        Args:
            model: What is drawn.
            video: Where the mp4 will be; without it, only frames for the filmstrip are kept.
            fps: Frames per second of the run's own time; the video plays in real time.
            view: Camera.
            width: Of each frame, pixels.
            height: Of each frame, pixels.

        Raises:
            InputError: `video` cannot be written.
            RenderingUnavailable: No OpenGL, or no ffmpeg, here.
        """
        self.fps = fps
        self.view = self._eye = view or View()
        self.kept: list[tuple[float, Image]] = []
        self._stride, self._count = 1, 0
        self._look_at: Array | None = None
        self._due: float | None = None
        self._studio = Studio(model, width=width, height=height)
        self._video = None if video is None else Video(video, width, height, fps)
        self._trouble: RecordingError | None = None

    def update(self, time: float, qpos: Array, about: Scenery | None = None) -> bool:
        """Draw the state `qpos` (nq,) at `time` (s) if a frame is due; whether it was.

        With what the frame is `about` it has a caption and a shadow, and the camera goes where hands are seen.

        An encoder that fails does not end the run: frames are still kept, and `finish` tells.
        """
        due = time if self._due is None else self._due
        if time < due - 1e-9:
            return False
        self._due = max(due + 1 / self.fps, time)
        self._follow(qpos)
        assert self._look_at is not None
        if about is not None:
            self._eye = toward_hands(self._eye, self.view, qpos[:3], about.target, 1 / self.fps)
        image = self._studio.draw(qpos, self._eye, self._look_at, shaded=about is not None)
        image = image if about is None else caption(image, about.lines)
        self._encode(image)
        if self._count % self._stride == 0:
            self.kept.append((time, image))
        self._count += 1
        if len(self.kept) > _MAX_KEPT:
            self.kept = self.kept[::2]
            self._stride *= 2
        return True

    def save_filmstrip(self, path: Path, *, columns: int = 4, rows: int = 3) -> None:
        """Write evenly spaced frames with their times as one PNG.

        Raises:
            InputError: Nothing was recorded, or `path` cannot be written.
        """
        if not self.kept:
            raise InputError("nothing was recorded; call update during the run")
        count = min(columns * rows, len(self.kept))
        chosen = np.linspace(0, len(self.kept) - 1, count).round().astype(int)
        save_png(path, filmstrip([self.kept[i] for i in chosen], columns=columns))

    def save_png(self, path: Path) -> None:
        """Write the last kept frame.

        Raises:
            InputError: Nothing was recorded, or `path` cannot be written.
        """
        if not self.kept:
            raise InputError("nothing was recorded; call update during the run")
        save_png(path, self.kept[-1][1])

    def finish(self) -> None:
        """Complete the video under its final name, and free OpenGL; the filmstrip can still be saved.

        Raises:
            RecordingError: The encoder or the disk failed, now or before; there is no video.
        """
        self._studio.close()
        video, self._video = self._video, None
        if video is not None:
            video.finish()
        if self._trouble is not None:
            raise self._trouble

    def abort(self) -> None:
        """Drop the video and free OpenGL."""
        self._studio.close()
        if self._video is not None:
            self._video.abort()
            self._video = None

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.abort()

    def _encode(self, image: Image) -> None:
        if self._video is None:
            return
        try:
            self._video.write(image)
        except RecordingError as error:
            self._video, self._trouble = None, error

    def _follow(self, qpos: Array) -> None:
        target = np.array([qpos[0], qpos[1], self._eye.height])
        if self._look_at is None:
            self._look_at = target
        share = 1.0 - np.exp(-1.0 / (self.fps * self.view.settle))
        self._look_at = self._look_at + share * (target - self._look_at)


def filmstrip(frames: list[tuple[float, Image]], *, columns: int, width: int = 320) -> Image:
    """One image of all `frames` (time in s, image) in rows of `columns`, each `width` pixels wide."""
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFont

    first = frames[0][1]
    height = round(first.shape[0] * width / first.shape[1])
    columns = min(columns, len(frames))
    rows = -(-len(frames) // columns)
    gap = 4
    sheet = Pillow.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), "white")
    font = ImageFont.load_default(size=16)
    for i, (time, image) in enumerate(frames):
        x, y = (i % columns) * (width + gap), (i // columns) * (height + gap)
        sheet.paste(Pillow.fromarray(image).resize((width, height), Pillow.Resampling.LANCZOS), (x, y))
        text = f"{time:.1f} s"
        draw = ImageDraw.Draw(sheet)
        box = draw.textbbox((x + 8, y + 6), text, font=font)
        draw.rounded_rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), radius=4, fill="#ffffff")
        draw.text((x + 8, y + 6), text, fill="#303840", font=font)
    return np.asarray(sheet)


def save_png(path: Path, image: Image) -> None:
    """Write `image` so that `path` is either complete or untouched.

    Raises:
        InputError: `path` cannot be written.
    """
    from PIL import Image as Pillow

    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}; choose another folder")
    with atomic_path(path) as part:
        Pillow.fromarray(image).save(part, format="PNG", optimize=True)


def _open_context(model: mujoco.MjModel, size: tuple[int, int]) -> tuple[Any, Any]:
    """An OpenGL context, and MuJoCo's resources for `model` in it."""
    make = _context_class()
    try:
        context = make(*size)
        context.make_current()
        resources = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, resources)
    except Exception as error:  # each backend and driver raises its own kind
        raise RenderingUnavailable(f"cannot open OpenGL for drawing: {error}. {_ADVICE}") from error
    return context, resources


_ADVICE = (
    "Install it with: apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri, and set MUJOCO_GL=egl. "
    "Everything but pictures works without."
)


def _context_class() -> Callable[[int, int], Any]:
    """What opens an OpenGL context: MUJOCO_GL decides; where it is unset on Linux, EGL, which needs no screen."""
    chosen = os.environ.get("MUJOCO_GL", "").strip().lower()
    if chosen in ("disable", "disabled", "off", "false", "0"):
        why = os.environ.get("SKILLBLEND_NO_DRAWING") or f"MUJOCO_GL={chosen}"
        raise RenderingUnavailable(f"drawing is switched off ({why}). {_ADVICE}")
    if chosen or not sys.platform.startswith("linux"):
        return mujoco.GLContext
    try:
        from mujoco.egl import GLContext
    except (ImportError, AttributeError, OSError) as error:
        raise RenderingUnavailable(f"cannot load EGL: {error}. {_ADVICE}") from error
    return GLContext
