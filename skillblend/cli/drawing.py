"""Video and view of a run, as far as this machine can draw, and the folder that its results go to."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

import robots
from sim import scenes
from skillblend.cli.viewing import View

if TYPE_CHECKING:
    from sim.bridge import MujocoBridge
    from sim.render import Recorder
    from skillblend.cli.commands import Run

RESULTS = ("report.json", "trace.jsonl", "run.mp4", "filmstrip.png")
"""What a run leaves in its folder."""


class Drawing:
    """Video and view of one run; closed before `finish`, it leaves no video."""

    def __init__(self, args: Run, console: Console) -> None:
        """Begin to serve and to record, or neither.

        Raises:
            InputError: The port is taken, or the folder cannot be written.
        """
        self.out = args.out
        self._view: View | None = None
        self._recorder: Recorder | None = None
        with ExitStack() as undo:
            if args.view:
                self._view = View(args.robot, args.scene, args.port, console)
                undo.callback(self._view.close)
            if args.video:
                self._recorder = self._record(args, console)
            undo.pop_all()

    def _record(self, args: Run, console: Console) -> Recorder | None:
        from sim.render import Recorder, RenderingUnavailable, visual_world

        try:
            model = visual_world(robots.load(args.robot), scenes.load(args.scene), meshes=args.meshes).model
            return Recorder(model, video=args.out / "run.mp4", fps=20)
        except RenderingUnavailable as error:
            console.print(f"[yellow]no pictures:[/yellow] {escape(str(error))}")
            return None

    def begin(self) -> None:
        """Everything has been checked: drop an earlier run's results; wait a while for somebody to look."""
        for name in RESULTS:
            (self.out / name).unlink(missing_ok=True)
        if self._view is not None:
            self._view.wait()

    def update(self, bridge: MujocoBridge) -> None:
        """After each control step."""
        if self._recorder is not None:
            self._recorder.update(float(bridge.state.time[0]), bridge.qpos)
        if self._view is not None:
            self._view.update(bridge)

    def finish(self) -> None:
        """Complete video and filmstrip."""
        if self._recorder is not None:
            recorder, self._recorder = self._recorder, None
            recorder.finish()
            recorder.save_filmstrip(self.out / "filmstrip.png")

    def linger(self) -> None:
        """Let people look until they have enough."""
        if self._view is not None:
            self._view.linger()

    def close(self) -> None:
        """Stop serving; drop a video that is not complete."""
        if self._recorder is not None:
            self._recorder.abort()
        if self._view is not None:
            self._view.close()
