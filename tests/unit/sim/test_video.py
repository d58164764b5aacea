"""An encoder or a disk that fails costs the video, never the run; nothing broken stays under the final name."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from sim.video import Image, RecordingError, Video

SIZE = (64, 48)


def noise(count: int) -> list[Image]:
    """Frames that no encoder can shrink."""
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8) for _ in range(count)]


@pytest.fixture
def video(tmp_path: Path) -> Iterator[Video]:
    pytest.importorskip("imageio_ffmpeg")
    found = Video(tmp_path / "run.mp4", *SIZE, fps=20)
    yield found
    found.abort()


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file of this process or of the ones it starts grows beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_video_is_whole(video: Video, tmp_path: Path) -> None:
    import imageio_ffmpeg

    for image in noise(10):
        video.write(image)
    video.finish()
    assert [p.name for p in tmp_path.iterdir()] == ["run.mp4"]
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "run.mp4"))[0] == 10


def test_an_encoder_that_is_killed_is_noticed_at_the_next_frame(video: Video, tmp_path: Path) -> None:
    (tmp_path / "run.mp4").write_text("old")
    video.write(noise(1)[0])
    assert video._encoder is not None
    os.kill(video._encoder.pid, signal.SIGKILL)
    video._encoder.wait()
    with pytest.raises(RecordingError, match="no run.mp4: the encoder ended with code -9: Broken pipe"):
        for image in noise(100):
            video.write(image)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("run.mp4", "old")]


def test_an_encoder_that_is_killed_at_the_end_leaves_no_video(video: Video, tmp_path: Path) -> None:
    video.write(noise(1)[0])
    assert video._encoder is not None
    os.kill(video._encoder.pid, signal.SIGKILL)
    with pytest.raises(RecordingError, match="no run.mp4: the encoder ended with code -9"):
        video.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_is_interrupted_while_it_is_completed_is_gone(video: Video, tmp_path: Path) -> None:
    video.write(noise(1)[0])
    encoder = video._encoder
    assert encoder is not None
    os.kill(encoder.pid, signal.SIGSTOP)  # it takes its time
    main = threading.get_ident()
    hand = threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT))
    hand.start()
    with pytest.raises(KeyboardInterrupt):
        video.finish()
    hand.join()
    assert list(tmp_path.iterdir()) == [] and encoder.poll() is not None


def test_a_full_disk_leaves_no_video(tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg")
    with small_disk(20_000), pytest.raises(RecordingError, match="no run.mp4: .*(File too large|code)"):
        video = Video(tmp_path / "run.mp4", *SIZE, fps=20)
        for image in noise(200):
            video.write(image)
        video.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_vanishes_leaves_no_video(tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg")
    folder = tmp_path / "out"
    folder.mkdir()
    video = Video(folder / "run.mp4", *SIZE, fps=20)
    video.write(noise(1)[0])
    end = time.monotonic() + 60.0
    while not (folder / ".run.part.mp4").stat().st_size and time.monotonic() < end:
        video.write(noise(1)[0])
    (folder / ".run.part.mp4").unlink()
    with pytest.raises(RecordingError, match="no run.mp4"):
        video.finish()
    assert list(folder.iterdir()) == []
