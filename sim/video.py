"""An mp4 that is encoded while it is drawn, and appears under its name only when it is whole."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skillblend.errors import InputError, SkillblendError
from skillblend.files import atomic_path, complaint, settle

Image = npt.NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""


class RenderingUnavailable(SkillblendError):  # noqa: N818 - a condition callers may live with
    """This machine cannot draw; the message says what to install or set."""


class RecordingError(SkillblendError):
    """A video could not be completed, and is gone."""


class Video:
    """Frames that go to an encoder of its own process; nothing runs before the first one."""

    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        """Prepare the video `path` of frames (height, width, 3).

        Raises:
            InputError: `path` cannot be written.
            RenderingUnavailable: No ffmpeg here.
        """
        program = _program()
        self._path, self._part = path, path.with_name(f".{path.stem}.part{path.suffix}")
        try:
            self._part.touch()
        except OSError as error:
            raise InputError(f"cannot write {path}: {complaint(error)}; choose another folder") from error
        self._command = [
            program, "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
            "-r", str(fps), "-i", "-", "-an", "-vcodec", "libx264", "-pix_fmt", "yuv420p", "-crf", "23",
            "-preset", "veryfast", "-threads", "1", "-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2",
            "-movflags", "+faststart", str(self._part.absolute()),
        ]  # fmt: skip
        self._shape = (height, width, 3)
        self._encoder: subprocess.Popen[bytes] | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the encoder

    def write(self, image: Image) -> None:
        """Append a frame.

        Raises:
            RecordingError: The encoder has ended; the video is gone.
        """
        assert image.shape == self._shape and image.dtype == np.uint8
        try:
            if self._encoder is None:
                # A process group of its own: Ctrl-C is ours to act on.
                self._encoder = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=self._said,
                    process_group=0,
                )
            assert self._encoder.stdin is not None
            self._encoder.stdin.write(np.ascontiguousarray(image).data)
        except OSError as error:
            raise self._failure(complaint(error)) from error

    def finish(self) -> None:
        """Complete the video under its name; without a frame there is none.

        Raises:
            RecordingError: The encoder or the disk failed; there is no video.
        """
        if self._encoder is None:
            self.abort()
            return
        try:
            self._close()
            if self._encoder.wait() != 0:
                raise OSError
            settle(self._part, self._path)
        except OSError as error:
            raise self._failure(complaint(error)) from error
        except BaseException:  # interrupted while the encoder completes it
            self.abort()
            raise
        self._said.close()

    def abort(self) -> None:
        """Drop the video."""
        try:
            if self._encoder is not None:
                self._encoder.kill()
                with suppress(OSError):
                    self._close()
                self._encoder.wait()
        finally:
            self._said.close()
            self._part.unlink(missing_ok=True)

    def _close(self) -> None:
        assert self._encoder is not None and self._encoder.stdin is not None
        self._encoder.stdin.close()

    def _failure(self, reason: str) -> RecordingError:
        """Drop the video; why, in the encoder's words where it has any."""
        code = None
        if self._encoder is not None:
            with suppress(OSError):
                self._close()
            code = self._encoder.wait()
        self._said.seek(0)
        words = self._said.read(2000).decode(errors="replace").strip().splitlines()
        self.abort()
        ended = "" if code is None else f"the encoder ended with code {code}"
        return RecordingError(f"no {self._path.name}: " + ": ".join(t for t in (ended, *words[:1], reason) if t))


def save_gif(video: Path, path: Path, *, width: int = 480, fps: int = 8) -> None:
    """Write the mp4 `video` as a GIF that repeats, with a palette of its own.

    Raises:
        InputError: `video` is none, or `path` cannot be written.
        RenderingUnavailable: No ffmpeg here.
    """
    tones = f"fps={fps},scale={width}:-2:flags=lanczos,split[a][b];[a]palettegen=max_colors=64[p];"
    tones += "[b][p]paletteuse=dither=none"
    with atomic_path(path) as part:
        done = subprocess.run(
            [_program(), "-y", "-v", "error", "-i", str(video), "-filter_complex", tones, "-f", "gif", str(part)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise InputError(f"cannot make {path} of {video}: {done.stderr.strip()[:300]}; give a video")


def _program() -> str:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise RenderingUnavailable("videos need imageio-ffmpeg: pip install 'skillblend[render]'") from error
