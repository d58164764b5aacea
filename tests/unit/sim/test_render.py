"""Pictures and videos are written whole or not at all; drawing needs OpenGL, the rest does not."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import robots
from sim import scenes
from sim.render import (
    Recorder,
    RenderingUnavailable,
    Studio,
    View,
    filmstrip,
    save_png,
    visual_world,
)
from sim.view import Viewer
from sim.world import World, build_world
from skillblend.errors import InputError, ShapeError

ROBOT = robots.load("h1")
LOOK_AT = np.array([0.0, 0.0, 0.85])


@pytest.fixture(scope="module")
def world() -> World:
    return visual_world(ROBOT, scenes.load("workshop"))


@pytest.fixture(scope="module")
def drawable(world: World) -> World:
    try:
        Studio(world.model, width=16, height=16).close()
    except RenderingUnavailable as error:
        pytest.skip(str(error))
    return world


@pytest.fixture
def recorder(drawable: World) -> Iterator[Recorder]:
    with Recorder(drawable.model, width=160, height=120) as recorder:
        yield recorder


def test_the_drawn_world_has_the_joints_of_the_plain_one(world: World) -> None:
    plain = build_world(ROBOT, furnish=[scenes.load("workshop").furnish])
    assert plain.home == pytest.approx(world.home)
    names = [[m.joint(i).name for i in range(m.njnt)] for m in (plain.model, world.model)]
    assert names[0] == names[1]


def test_png_has_the_asked_size_and_shows_something(drawable: World, tmp_path: Path) -> None:
    with Studio(drawable.model, width=320, height=240) as studio:
        image = studio.draw(drawable.home, View(), LOOK_AT)
        turned = studio.draw(drawable.home, View(azimuth=-120.0), LOOK_AT)
    save_png(tmp_path / "picture.png", image)
    with Image.open(tmp_path / "picture.png") as picture:
        assert picture.size == (320, 240)
        assert np.array_equal(np.asarray(picture), image)
    assert image.std() > 20
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 100
    assert np.abs(image.astype(float) - turned).mean() > 5
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_red_button_is_in_the_picture(drawable: World) -> None:
    button = np.array(scenes.load("workshop").thing("button").position)
    with Studio(drawable.model, width=160, height=120) as studio:
        image = studio.draw(drawable.home, View(azimuth=0.0, elevation=0.0, distance=1.5), button)
    red, green, blue = image[60, 80].astype(int)
    assert red > 100
    assert red > 2 * max(green, blue)


@pytest.mark.slow
def test_fine_drawing_differs_by_edges_and_shadows_only(drawable: World) -> None:
    images = []
    for fine in (False, True):
        with Studio(drawable.model, width=160, height=120, fine=fine) as studio:
            images.append(studio.draw(drawable.home, View(), LOOK_AT).astype(float))
    difference = np.abs(images[0] - images[1]).mean()
    assert 0.1 < difference < 20


def test_drawing_leaves_the_model_alone(drawable: World) -> None:
    before = drawable.model.vis.quality.offsamples
    Studio(drawable.model, width=16, height=16).close()
    assert drawable.model.vis.quality.offsamples == before


@pytest.mark.parametrize("size", [(0, 10), (10, -1), (5000, 10)])
def test_images_must_fit_the_buffer(world: World, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="choose fewer"):
        Studio(world.model, width=size[0], height=size[1])


def test_state_of_another_model(recorder: Recorder) -> None:
    with pytest.raises(ShapeError, match="must be"):
        recorder.update(0.0, np.zeros(3))


def test_frames_come_at_the_asked_rate(recorder: Recorder, drawable: World) -> None:
    drawn = [recorder.update(0.02 * tick, drawable.home) for tick in range(100)]  # 2 s at 25 frames/s
    assert sum(drawn) == 50
    assert drawn[:4] == [True, False, True, False]


def test_camera_follows_smoothly(recorder: Recorder, drawable: World) -> None:
    moved = drawable.home.copy()
    recorder.update(0.0, moved)
    moved[0] = 1.0
    places = []
    for tick in range(1, 26):
        recorder.update(tick / recorder.fps, moved)
        assert recorder._look_at is not None
        places.append(recorder._look_at[0])
    assert 0.0 < places[0] < 0.1
    assert np.all(np.diff(places) > 0)
    assert places[14] == pytest.approx(1 - np.exp(-1), abs=1e-6)  # 0.6 s
    assert recorder._look_at is not None
    assert recorder._look_at[2] == recorder.view.height


def test_long_runs_keep_few_evenly_spread_frames(drawable: World) -> None:
    with Recorder(drawable.model, width=16, height=16) as recorder:
        for tick in range(120):
            recorder.update(tick / 25, drawable.home)
    times = np.array([time for time, _ in recorder.kept])
    assert times == pytest.approx(np.arange(60) / 12.5)


def test_video_and_filmstrip(drawable: World, tmp_path: Path) -> None:
    import imageio_ffmpeg

    path = tmp_path / "run.mp4"
    with Recorder(drawable.model, video=path, width=160, height=120) as recorder:
        qpos = drawable.home.copy()
        for tick in range(50):
            qpos[0] = 0.01 * tick
            recorder.update(0.02 * tick, qpos)
        assert not path.exists()
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert frames == 25
    assert seconds == pytest.approx(1.0, abs=0.05)
    recorder.save_filmstrip(tmp_path / "strip.png", columns=4, rows=2)
    recorder.save_png(tmp_path / "last.png")
    with Image.open(tmp_path / "strip.png") as strip:
        assert strip.size == (4 * 324 - 4, 2 * 244 - 4)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["last.png", "run.mp4", "strip.png"]


def test_an_interrupted_run_leaves_no_video(drawable: World, tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        Recorder(drawable.model, video=tmp_path / "run.mp4", width=160, height=120) as recorder,
    ):
        recorder.update(0.0, drawable.home)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_nothing_recorded(drawable: World, tmp_path: Path) -> None:
    with Recorder(drawable.model, video=tmp_path / "run.mp4", width=160, height=120) as recorder:
        with pytest.raises(InputError, match="nothing was recorded"):
            recorder.save_filmstrip(tmp_path / "strip.png")
        with pytest.raises(InputError, match="nothing was recorded"):
            recorder.save_png(tmp_path / "last.png")
    assert list(tmp_path.iterdir()) == []


def test_unwritable_places(drawable: World, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose another folder"):
        save_png(tmp_path / "missing" / "a.png", np.zeros((2, 2, 3), dtype=np.uint8))
    with pytest.raises(InputError, match="choose another folder"):
        Recorder(drawable.model, video=tmp_path / "missing" / "a.mp4", width=16, height=16)


def test_filmstrip_of_fewer_frames_than_columns() -> None:
    frames = [(float(i), np.full((60, 80, 3), 40 * i, dtype=np.uint8)) for i in range(3)]
    assert filmstrip(frames, columns=4, width=80).shape == (60, 3 * 84 - 4, 3)


def test_without_opengl_the_error_says_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUJOCO_GL", "disable")
    with pytest.raises(RenderingUnavailable, match=r"MUJOCO_GL=disable.*apt-get install libegl1"):
        Recorder(world.model)


def test_a_driver_that_fails_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUJOCO_GL", "egl")
    monkeypatch.setenv("MUJOCO_EGL_DEVICE_ID", "999")
    code = (
        "import robots; from sim import render, scenes\n"
        "world = render.visual_world(robots.load('h1'), scenes.load('empty'))\n"
        "try: render.Studio(world.model)\n"
        "except render.RenderingUnavailable as error: print('told', error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    if "import mujoco" in done.stderr or "EGL" in done.stderr:
        pytest.skip("no EGL library here: MuJoCo itself refuses MUJOCO_GL=egl")
    assert "told cannot open OpenGL" in done.stdout, done.stderr
    assert "apt-get install" in done.stdout


def test_importing_the_viewer_is_cheap() -> None:
    code = "import sys, sim.view; print(sorted({'viser', 'mjviser', 'trimesh'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_viewer_answers_on_a_free_port(world: World) -> None:
    before = world.model.vis.scale.framewidth
    with Viewer(world.model, port=0) as viewer:
        assert viewer.url == f"http://localhost:{viewer.port}"
        with urllib.request.urlopen(f"http://127.0.0.1:{viewer.port}", timeout=20) as answer:
            assert answer.status == 200
            assert b"<html" in answer.read()
        viewer.update(world.home)
        with pytest.raises(ShapeError, match="must be"):
            viewer.update(np.zeros(3))
        with pytest.raises(InputError, match="choose another port"):
            Viewer(world.model, port=viewer.port)
    assert world.model.vis.scale.framewidth == before


def test_port_out_of_range(world: World) -> None:
    with pytest.raises(InputError, match="port 70000"):
        Viewer(world.model, port=70000)
