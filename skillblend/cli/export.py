"""``skillblend export onnx`` and ``lerobot``: policies and episodes for other people's programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from tyro.conf import Positional

from skillblend.checks import check_integer
from skillblend.cli.output import bar, check_file, check_folder, check_new, updater
from skillblend.files import json_text

if TYPE_CHECKING:
    from skillblend.contracts import Array
    from skillblend.lerobot_export import Pictures
    from skillblend.recording import MotionRecord


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportOnnx:
    """Write the policy of a bundle as an ONNX file, with its observation contract in the metadata.

    Attributes:
        bundle: Folder of a skill's or a blender's bundle.
        out: File to write; runs/onnx/ROBOT_NAME.onnx by default.
        json: Print the metadata as one JSON object and nothing else.
    """

    bundle: Positional[Path]
    out: Path | None = None
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(export_policy, self)


def export_policy(args: ExportOnnx) -> int:
    """Write the file, run it once beside the bundle, say how far they are apart."""
    from skillblend.onnx_export import TOLERANCE, ExportUnavailable, contract, difference, export_onnx

    about = contract(args.bundle)
    out = args.out or Path("runs/onnx") / f"{about['robot']}_{args.bundle.resolve().name}.onnx"
    check_file(out)
    check_new(out, "file")
    export_onnx(args.bundle, out)
    try:
        off: float | None = difference(args.bundle, out)
    except ExportUnavailable:
        off = None
    if args.json:
        print(json_text(about | {"file": str(out), "difference": off}))
        return 0 if off is None or off <= TOLERANCE else 1
    columns = sum(part["size"] for part in about["observation"])
    told = "not run: onnxruntime is not installed" if off is None else f"within {off:.1e} of the bundle (onnxruntime)"
    Console().print(
        f"{out}: {about['robot']} {about['skill']}, {columns} columns in, {about['action_size']} out; {told}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    return 0 if off is None or off <= TOLERANCE else 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportLerobot:
    """Write executed runs as a LeRobot dataset (v3.0): parquet, JSON and video, an episode a run.

    Attributes:
        runs: Folders that `skillblend run` left.
        out: Folder of the dataset; must not exist.
        fps: Rows a second: the control rate, or a whole fraction of it.
        video: Draw a video with a frame for each row.
        width: Of the video, pixels; three quarters as high.
        json: Print the dataset's info.json and nothing else.
    """

    runs: Positional[tuple[Path, ...]]
    out: Path = Path("runs/lerobot")
    fps: int = 50
    video: bool = True
    width: int = 320
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out.

        Raises:
            InputError: The width is none.
        """
        check_integer("width", self.width, 64, 1280)
        return partial(export_runs, self)


def export_runs(args: ExportLerobot) -> int:
    """Read the motions, draw and write them."""
    from sim.render import RenderingUnavailable
    from skillblend.lerobot_export import export_lerobot
    from skillblend.recording import read_motion

    console = Console(stderr=args.json)
    motions = [read_motion(run) for run in args.runs]
    check_folder(args.out.parent)
    try:
        with bar("drawing", quiet=args.json or not args.video) as progress:
            runs, frames = progress.add_task("runs", total=len(motions)), progress.add_task("frames", total=None)
            advance = partial(progress.advance, runs)
            pictures = _pictures(args, motions, advance, updater(progress, frames)) if args.video else None
            info = export_lerobot(motions, args.out, fps=args.fps, pictures=pictures)
    except RenderingUnavailable as error:
        console.print(f"[yellow]no video: {escape(str(error))}[/yellow]", highlight=False, soft_wrap=True)
        info = export_lerobot(motions, args.out, fps=args.fps)
    if args.json:
        print(json_text(info))
        return 0
    console.print(
        f"{args.out}: LeRobot {info['codebase_version']}, {info['total_episodes']} episodes, "
        f"{info['total_frames']} frames at {args.fps} a second, {info['total_tasks']} tasks",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    return 0


def _pictures(
    args: ExportLerobot,
    motions: Sequence[MotionRecord],
    done: Callable[[], None],
    progress: Callable[[int, int], None],
) -> Pictures:
    """How the runs are drawn, each in its own scene; `done` is called after each, `progress` after each frame."""
    import robots
    from sim import scenes
    from sim.episodes import draw_motion
    from sim.render import visual_world
    from skillblend.lerobot_export import Pictures

    size = (args.width * 3 // 8 * 2, args.width // 2 * 2)
    worlds = {(m.about["robot"], m.about["scene"]): None for m in motions}
    made = {key: visual_world(robots.load(key[0]), scenes.load(key[1])) for key in worlds}

    def draw(motion: MotionRecord, fps: int, path: Path) -> Array:
        world = made[motion.about["robot"], motion.about["scene"]]
        frames = draw_motion(motion, world, path, fps=fps, size=size, progress=progress)
        done()
        return frames

    return Pictures(draw=draw, size=size)
