"""Key frames of one future of a plan as one picture: how each step begins, goes and ends, with what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sim.render import Image, Studio, View, save_png, visual_world
from sim.scene import Scene
from skillblend.contracts import Robot
from skillblend.errors import InputError
from skillblend.forecast import Forecast, Future, KeyFrame, StepForecast

_WIDTH, _HEIGHT, _CAPTION, _GAP = 400, 300, 46, 6
"""Of a picture, of the text below it and between pictures, pixels."""

_COLUMNS = 3
"""A row is a step: how it begins, half its time later, how it ends."""


def key_frames(future: Future, steps: int) -> list[list[KeyFrame]]:
    """For each of `steps` that was begun: the frames of its beginning, its middle and its end.

    Raises:
        InputError: None were kept.
    """
    if not future.frames:
        raise InputError("this forecast keeps no frames; ask for them with frames=True")
    rows: list[list[KeyFrame]] = []
    last = future.frames[0]
    for number in range(steps):
        mine = [frame for frame in future.frames if frame.step == number and frame is not future.frames[0]]
        if not mine:
            continue
        middle = (last.seconds + mine[-1].seconds) / 2
        between = min(mine, key=lambda frame: abs(frame.seconds - middle))
        rows.append([last, between, mine[-1]])
        last = mine[-1]
    return rows


def save_storyboard(
    robot: Robot, scene: Scene, forecast: Forecast, path: Path, view: View | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Draw the typical future of `forecast` to the PNG at `path`; `progress` hears of each picture of how many.

    Raises:
        InputError: No frames were kept, or the file cannot be written.
        RenderingUnavailable: No OpenGL here.
    """
    future, view = forecast.typical, view or View()
    rows = key_frames(future, len(forecast.steps))
    with Studio(visual_world(robot, scene).model, width=_WIDTH, height=_HEIGHT, fine=True) as studio:
        drawn: list[list[Image]] = []
        for number, row in enumerate(rows, start=1):
            places = [np.array([f.qpos[0], f.qpos[1], view.height]) for f in row]
            drawn.append([studio.draw(f.qpos, view, place) for f, place in zip(row, places, strict=True)])
            if progress is not None:
                progress(number * _COLUMNS, len(rows) * _COLUMNS)
    save_png(path, _sheet(forecast, future, rows, drawn))


def _sheet(forecast: Forecast, future: Future, rows: list[list[KeyFrame]], drawn: list[list[Image]]) -> Image:
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFont

    width = _COLUMNS * (_WIDTH + _GAP) - _GAP
    height = _CAPTION + len(rows) * (_HEIGHT + _CAPTION)
    sheet = Pillow.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(sheet)
    large, small = ImageFont.load_default(size=20), ImageFont.load_default(size=16)
    draw.text((10, 12), _title(forecast, future), fill="#20262c", font=large)
    for k, (row, images) in enumerate(zip(rows, drawn, strict=True)):
        top = _CAPTION + k * (_HEIGHT + _CAPTION)
        said = _said(row[-1].step, forecast.steps[row[-1].step])
        draw.text((10, top + _HEIGHT + 12), said, fill="#20262c", font=small)
        for column, (frame, image) in enumerate(zip(row, images, strict=True)):
            left = column * (_WIDTH + _GAP)
            sheet.paste(Pillow.fromarray(image), (left, top))
            text = f"{frame.seconds:.1f} s"
            box = draw.textbbox((left + 8, top + 6), text, font=small)
            draw.rounded_rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), radius=4, fill="#ffffff")
            draw.text((left + 8, top + 6), text, fill="#303840", font=small)
    return np.asarray(sheet)


def _title(forecast: Forecast, future: Future) -> str:
    low, high = forecast.success.interval
    found = f"{forecast.success.count} of {forecast.success.total} futures succeed ({low:.0%} to {high:.0%})"
    return f"{found}; drawn is number {future.episode}"


def _said(number: int, step: StepForecast) -> str:
    took = "" if step.seconds is None else f" in {step.seconds:.1f} s"
    wrong = "; ".join(f"{count} {how}" for how, count in step.trouble.items())
    return f"{number + 1}. {step.step.text}: done {step.done.count} of {step.done.total}{took}" + (
        f"; {wrong}" if wrong else ""
    )
