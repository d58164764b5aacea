"""A live view of a run in a web browser.

>>> with Viewer(visual_world(robot, scene).model, port=8080) as viewer:
...     print(viewer.url)
...     viewer.update(sim.qpos[0])  # as often as a picture is wanted; 25 times a second looks smooth
"""

from __future__ import annotations

import contextlib
import copy
import io
import socket
from collections.abc import Callable

import mujoco

from sim.page import Page
from skillblend.board import Orders, Sheet
from skillblend.contracts import Array, Thing
from skillblend.errors import InputError, ShapeError, SkillblendError


class ViewingUnavailable(SkillblendError):  # noqa: N818 - a condition callers may live with
    """The packages that the browser view needs are not installed."""


class Viewer:
    """Serves one model to browsers on this machine, over viser and mjviser; the camera follows the robot.

    Attributes:
        port: Where it listens.
        url: What to open.
        page: The controls; None without any.
    """

    def __init__(
        self, model: mujoco.MjModel, *, port: int = 8080, host: str = "127.0.0.1",
        orders: Callable[[], Orders] | None = None,
    ) -> None:  # fmt: skip
        """Start serving.

        Args:
            model: What is drawn, normally ``visual_world(robot, scene).model``; left unchanged.
            port: 0 chooses a free one.
            host: Address to listen on; ``"0.0.0.0"`` lets other machines look on.
            orders: Asked at each click what the controls of the page do; without, there are none.

        Raises:
            InputError: `port` is taken or not allowed.
            ViewingUnavailable: A package is missing.
        """
        try:
            import viser
            from mjviser import ViserMujocoScene
        except ImportError as error:
            raise ViewingUnavailable(
                f"the browser view needs {error.name}: pip install 'skillblend[render]'"
            ) from error
        self.port = _reserve(host, port)
        self.url = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{self.port}"
        self._model = copy.copy(model)  # the scene changes display settings of its model
        self._data = mujoco.MjData(self._model)
        with contextlib.redirect_stdout(io.StringIO()):  # its banner; standard output belongs to the caller
            self._server = viser.ViserServer(host=host, port=self.port, label="skillblend", verbose=False)
        self._scene = ViserMujocoScene(self._server, self._model, num_envs=1)
        self.page = None if orders is None else Page(self._server, orders)
        with contextlib.ExitStack() as below:
            if orders is not None:
                below.enter_context(self._server.gui.add_folder("picture", expand_by_default=False))
            self._scene.create_visualization_gui(camera_distance=4.2, camera_azimuth=56.0, camera_elevation=23.0)
        self.update(self._model.qpos0)

    @property
    def watched(self) -> bool:
        """Whether a browser is connected."""
        return bool(self._server.get_clients())

    def update(self, qpos: Array) -> None:
        """Show the state `qpos` (nq,).

        Raises:
            ShapeError: It is of another model.
        """
        if qpos.shape != (self._model.nq,):
            raise ShapeError(f"qpos {qpos.shape} must be ({self._model.nq},): the model that is shown")
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        self._scene.update_from_mjdata(self._data)

    def highlight(self, thing: Thing | None) -> None:
        """Mark `thing` where it is now, and nothing else."""
        if self.page is not None:
            self.page.highlight(thing)

    def show(self, sheet: Sheet) -> None:
        """Put `sheet` beside the controls."""
        if self.page is not None:
            self.page.show(sheet)

    def close(self) -> None:
        """Stop serving."""
        with contextlib.redirect_stdout(io.StringIO()):
            self._server.stop()

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _reserve(host: str, port: int) -> int:
    """`port`, or a free one for 0; viser itself would silently take another where it is in use."""
    if not 0 <= port < 65536:
        raise InputError(f"port {port} is outside 0-65535; choose one inside, or 0 for any free one")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(
                f"cannot listen on {host}:{port}: {error.strerror}; choose another port, or 0 for any free one"
            ) from error
        return int(probe.getsockname()[1])
