"""Lines that are typed, piped or from a script: keys, history, completion, colours."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from skillblend.draft import Tell
from skillblend.errors import InputError
from skillblend.sayings import WORDS
from skillblend.terminal import (
    converse,
    follow_script,
    history,
    listen,
    phrase_completer,
    read_script,
    state_folder,
    telling,
    toolbar,
)


def typed(shell: Any, past: Any, act: Callable[[Any], None]) -> None:
    """Run the console while `act` types into it."""
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        hand = threading.Thread(target=act, args=(keys,))
        hand.start()
        converse(shell, WORDS, past)
        hand.join()


class Narrow(DummyOutput):
    """A small window."""

    def get_size(self) -> Size:
        return Size(rows=24, columns=40)


def test_a_script_declines_what_is_risky_unless_told_yes(careful: Any, player: Any, out: io.StringIO) -> None:
    follow_script(careful, ["plan press the button", "nod"])
    assert player.done == ["nod"] and careful.failed == 1
    assert "not begun, for nobody said yes to it: all of it succeeds with 80%; --yes begins it" in out.getvalue()


def test_scripts_are_read_whole_or_refused(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("# remark\n\nturn left\n  # more\nquit\n")
    assert read_script(tmp_path / "script") == ["turn left", "quit"]
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name in ("missing", "bytes", "."):
        with pytest.raises(InputError, match="cannot read the script"):
            read_script(tmp_path / name)


def test_a_script_ends_with_one_where_a_line_was_not_achieved(
    make: Callable[[Tell], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    tell = telling(Console(stderr=True), as_json=True)
    assert listen(make(tell), WORDS, "history", ["nod", "status"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["ended", "status"] and events[0]["success"]
    assert listen(make(tell), WORDS, "history", ["fail"]) == 1


def test_completion_anywhere_in_the_line() -> None:
    completer = phrase_completer(["walk to the red marker", "raise both hands", "resume"])

    def completed(text: str) -> list[str]:
        found = completer.get_completions(Document(text), CompleteEvent())
        return [text[: len(text) + c.start_position] + c.text for c in found]

    assert completed("walk to") == ["walk to the red marker"]
    assert completed("raise both hands, then WALK to the r") == ["raise both hands, then walk to the red marker"]
    assert completed("r") == ["raise both hands", "resume"]
    assert completed("nothing like it") == []


@pytest.mark.parametrize("width", [40, 200])
def test_no_colour_and_forty_columns(
    make: Callable[[Tell], Any], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = io.StringIO()
    shell = make(telling(Console(file=text, width=width, force_terminal=True)))
    shell.follow("objects", "help", "fail", "plan turn left, press the button")
    assert "\x1b[3" not in text.getvalue()
    assert max(len(line) for line in text.getvalue().splitlines()) <= max(width, 100)


def test_the_line_of_status_is_whole_at_forty_columns(shell: Any, player: Any) -> None:
    shell.line("walk")
    assert player.moving.wait(10.0)
    shell.doing = ("walk to the wooden table, 2.3 m from it, 12.1 s of robot time", 0.0)
    with create_app_session(output=Narrow()):
        lines = toolbar(shell).splitlines()
    shell.leave()
    assert max(map(len, lines)) <= 40 and " ".join(lines).endswith(
        "2.3 m from it, 12.1 s of robot time | stop or Ctrl-C stops"
    )


def test_at_a_prompt_stop_and_ctrl_c_act_at_once(
    shell: Any, player: Any, out: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))

    def act(keys: Any) -> None:
        for stop in ("stop\r", "\x03"):
            player.moving.clear()
            keys.send_text("walk\r")
            assert player.moving.wait(10.0)
            keys.send_text(stop)
            while shell.busy:
                time.sleep(0.001)
        keys.send_text("half a line\x03\x03")  # nothing moves: the line is cleared, then it leaves

    typed(shell, history(tmp_path / "deep" / "history"), act)
    assert out.getvalue() == (
        "stopping\nstopped; the robot stands\n" * 2 + "the line is cleared; Ctrl-C once more leaves\n"
    )
    again = history(tmp_path / "deep" / "history")
    assert list(again.load_history_strings()) == ["walk", "stop", "walk"]


def test_lines_from_a_pipe_wait_for_one_another(shell: Any, out: io.StringIO, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("nod\nnod\nquit\nnod\n"))
    converse(shell, WORDS, InMemoryHistory())
    assert out.getvalue() == "done\ndone\n"


@pytest.mark.parametrize("content", [b"nod\nnod\n", b"nod\nnod", b"nod\n\n \nnod\nquit\nnod\n"])
def test_lines_from_a_file_are_all_followed(
    shell: Any, out: io.StringIO, monkeypatch: Any, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "lines").write_bytes(content)
    with (tmp_path / "lines").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        converse(shell, WORDS, InMemoryHistory())
    assert out.getvalue() == "done\ndone\n"


def test_a_file_of_bytes_that_are_no_text(shell: Any, out: io.StringIO, monkeypatch: Any, tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"\xff\xfe?\nfail\n")
    heard: list[str] = []
    monkeypatch.setattr(shell, "line", heard.append)
    with (tmp_path / "lines").open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        converse(shell, WORDS, InMemoryHistory())
    assert heard == ["\ufffd\ufffd?", "fail"]


def test_history_in_memory_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert isinstance(history(tmp_path / "file" / "history"), InMemoryHistory)
    assert isinstance(history(tmp_path / "a" / "history"), FileHistory)


def test_the_state_folder_is_xdgs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "skillblend"
    for senseless in ("", "relative/path"):
        monkeypatch.setenv("XDG_STATE_HOME", senseless)
        assert state_folder() == Path.home() / ".local" / "state" / "skillblend"
