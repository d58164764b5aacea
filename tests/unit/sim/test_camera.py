"""Captions, shadows and the camera that goes where hands are seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import robots
from sim import scenes
from sim.camera import CLOSE, caption, toward_hands
from sim.render import RenderingUnavailable, Studio, View, visual_world
from sim.video import Video, save_gif
from skillblend.errors import InputError

WIDE = View()


@pytest.mark.parametrize(("ahead", "best"), [(0.0, 75.0), (-30.0, 45.0), (90.0, 15.0), (180.0, 105.0)])
def test_the_camera_looks_from_the_side_at_hands_at_work(ahead: float, best: float) -> None:
    target = np.array([np.cos(np.radians(ahead)), np.sin(np.radians(ahead)), 1.1])
    seen = WIDE
    for _ in range(300):
        seen = toward_hands(seen, WIDE, np.zeros(3), target, 1 / 30)
    assert seen.azimuth == pytest.approx(best, abs=0.5) and seen.distance == pytest.approx(CLOSE, abs=0.01)
    for _ in range(300):
        seen = toward_hands(seen, WIDE, np.zeros(3), target * 3.0, 1 / 30)
    assert seen.azimuth % 360.0 == pytest.approx(WIDE.azimuth, abs=0.5)
    assert seen.distance == pytest.approx(WIDE.distance, abs=0.01)


def test_a_caption_changes_the_foot_of_the_picture_alone() -> None:
    image = np.full((720, 1280, 3), 200, dtype=np.uint8)
    drawn = caption(image, ("an instruction", "a step"))
    assert (drawn[:620] == 200).all() and (drawn[660:] < 120).any() and (drawn[660:] > 220).any()
    assert caption(image, ()) is image


def test_the_floor_under_the_robot_is_darker_and_nothing_else_is() -> None:
    world = visual_world(robots.load("h1"), scenes.load("empty"))
    try:
        studio = Studio(world.model, width=320, height=240)
    except RenderingUnavailable as error:
        pytest.skip(str(error))
    above = View(elevation=-30.0, distance=5.0)
    with studio:
        plain, shaded = (
            studio.draw(world.home, above, np.array([0.0, 0.0, 0.8]), shaded=how).astype(int) for how in (False, True)
        )
    darker = (plain - shaded).max(axis=2)
    assert darker.max() > 20 and (plain >= shaded).all()
    rows = np.flatnonzero((darker > 5).any(axis=1))
    assert rows.min() > 120 and (darker > 5).mean() < 0.05  # flat, and at the feet


def test_a_video_becomes_a_gif(tmp_path: Path) -> None:
    from PIL import Image

    pytest.importorskip("imageio_ffmpeg")
    video = Video(tmp_path / "a.mp4", 320, 240, 30)
    for shade in range(0, 240, 8):
        video.write(np.full((240, 320, 3), shade, dtype=np.uint8))
    video.finish()
    save_gif(tmp_path / "a.mp4", tmp_path / "a.gif", width=160)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == (160, 120) and 5 <= getattr(gif, "n_frames", 1) <= 12
    with pytest.raises(InputError, match="cannot make"):
        save_gif(tmp_path / "missing.mp4", tmp_path / "b.gif")
    assert not (tmp_path / "b.gif").exists()
