"""Video and view of a run, as far as this machine can draw, and the folder that its results go to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID

import robots
from skillblend import sayings
from skillblend.cli.output import moving
from skillblend.cli.viewing import View
from skillblend.contracts import Decision
from skillblend.errors import SkillblendError
from skillblend.files import writing
from skillblend.options import ENDS
from skillblend.recording import FILE as MOTION

if TYPE_CHECKING:
    from sim.bridge import MujocoBridge
    from sim.camera import Scenery
    from sim.render import Recorder
    from skillblend.session import Outcome

PICTURES = ("run.mp4", "filmstrip.png", MOTION)
"""What a run in which a robot moved leaves in its folder besides report and trace."""

NOTHING_TO_SEE = "the robot did not move: no video, no filmstrip"


def clear_pictures(out: Path) -> None:
    """Drop an earlier run's pictures, so that nobody takes them for the next one's.

    Raises:
        InputError: The folder cannot be written.
    """
    for name in PICTURES:
        with writing(out / name):
            (out / name).unlink(missing_ok=True)


class Drawing:
    """Video and view of one run; closed before `finish`, it leaves no video. Trouble with pictures ends no run."""

    def __init__(
        self,
        robot: str,
        scene: str,
        out: Path,
        console: Console,
        *,
        port: int | None = None,
        video: bool = True,
        meshes: bool = False,
        quiet: bool = False,
    ) -> None:
        """Begin to serve and to record, or neither.

        Args:
            robot: Name.
            scene: Name or path.
            out: Folder of the results.
            console: What is said goes there.
            port: Of the view; None for no view.
            video: Whether to record.
            meshes: Whether to draw the robot with MuJoCo Menagerie's meshes.
            quiet: No line that lives while it is drawn.

        Raises:
            InputError: The port is taken, or the folder cannot be written.
        """
        self.out, self._console, self._quiet = out, console, quiet
        self._line: Progress | None = None
        self._task, self._frames = TaskID(0), 0
        self._view: View | None = None
        self._recorder: Recorder | None = None
        self._begun = False
        self._decision: Decision | None = None
        with ExitStack() as undo:
            if port is not None:
                self._view = View(robot, scene, port, console)
                undo.callback(self._view.close)
            if video:
                self._recorder = self._record(robot, scene, meshes)
            undo.pop_all()

    def _record(self, robot: str, scene: str, meshes: bool) -> Recorder | None:
        from sim import scenes
        from sim.render import Recorder, RenderingUnavailable, visual_world

        try:
            model = visual_world(robots.load(robot), scenes.load(scene), meshes=meshes).model
            return Recorder(model, video=self.out / "run.mp4", fps=30, width=1280, height=720)
        except RenderingUnavailable as error:
            self._say(f"no pictures: {error}")
            return None

    @property
    def view(self) -> View | None:
        """The page; None where none is served."""
        return self._view

    def begin(self) -> None:
        """The robot is about to move: wait a while for somebody to look."""
        self._begun = True
        if self._view is not None:
            self._view.wait()
        if self._recorder is not None and self._line is None and not self._quiet:
            self._line = moving()
            self._task = self._line.add_task("moving", total=None, robot=0.0, frames=self._frames)
            self._line.start()

    def around(self, carry_out: Callable[[str], Outcome]) -> Callable[[str], Outcome]:
        """`carry_out`, after which no line lives: somebody may be asked something."""

        def instructed(text: str) -> Outcome:
            try:
                return carry_out(text)
            finally:
                self.rest()

        return instructed

    def rest(self) -> None:
        """The robot moves no more, for now: the line ends."""
        line, self._line = self._line, None
        if line is not None:
            line.stop()

    def update(self, bridge: MujocoBridge) -> None:
        """After each control step."""
        if self._recorder is not None:
            now = float(bridge.state.time[0])
            self._frames += self._recorder.update(now, bridge.qpos, self._about(bridge))
            if self._line is not None:
                self._line.update(self._task, robot=now, frames=self._frames, description=self._doing(bridge))
        if self._view is not None:
            self._view.update(bridge)

    def _doing(self, bridge: MujocoBridge) -> str:
        if self._decision is None:
            return "moving"
        x, y = bridge.state.base_position[0, :2].tolist()
        return sayings.under_way(self._decision.chosen.step, bridge.things, (x, y))

    def decided(self, decision: Decision) -> None:
        """What the pictures are about from now on."""
        self._decision = decision

    def _about(self, bridge: MujocoBridge) -> Scenery:
        from sim.camera import Scenery

        if self._decision is None:
            return Scenery()
        chosen, things = self._decision.chosen, bridge.things
        named = [things.thing(name).pose for name in chosen.step.arguments if name in things.names]
        target = None if not named or named[0] is None else named[0][0, :3]
        if chosen.step.behaviour in ENDS:
            return Scenery(lines=(self._decision.instruction,))
        score = f"{chosen.step.text}  (asked for {chosen.lm_score:.2f} x succeeds {chosen.affordance:.2f})"
        return Scenery(target=target, lines=(self._decision.instruction, score))

    def finish(self) -> None:
        """Complete video and filmstrip, as far as they can be; say what there is not, and why."""
        recorder = self._recorder
        if recorder is None:
            return
        self._complete(recorder)
        self._recorder = None  # until then, whoever is interrupted drops it in `close`

    def _complete(self, recorder: Recorder) -> None:
        if not recorder.kept:
            recorder.abort()
            self._say(NOTHING_TO_SEE)
            return
        try:
            recorder.finish()
        except SkillblendError as error:
            self._say(str(error))
        try:
            recorder.save_filmstrip(self.out / "filmstrip.png")
        except SkillblendError as error:
            self._say(f"no filmstrip: {error}")

    @property
    def moved(self) -> bool:
        """Whether there was something to see."""
        return self._begun

    def close(self) -> None:
        """Stop serving; drop a video that is not complete."""
        self.rest()
        if self._recorder is not None:
            self._recorder.abort()
        if self._view is not None:
            self._view.close()

    def _say(self, text: str) -> None:
        self._console.print(f"[yellow]{escape(text)}[/yellow]", highlight=False, soft_wrap=True)
