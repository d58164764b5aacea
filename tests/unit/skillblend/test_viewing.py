"""The view of a run: at the speed of life, with an address, for as long as somebody looks."""

from __future__ import annotations

import io
import json
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from skillblend.cli import main
from skillblend.cli.viewing import Pace, View


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_simulated_time_passes_no_faster_than_time(clock: Clock) -> None:
    pace = Pace(clock, clock.sleep)
    for simulated in np.arange(1.0, 3.0, 0.02):
        pace.keep(float(simulated))
        clock.now += 0.005  # the simulation's own work
    assert clock.now == pytest.approx(100.0 + 1.98 + 0.005)


def test_after_thinking_it_does_not_run_faster(clock: Clock) -> None:
    pace = Pace(clock, clock.sleep)
    pace.keep(0.0)
    clock.now += 5.0
    pace.keep(0.02)
    before = clock.now
    pace.keep(1.02)
    assert clock.now - before == pytest.approx(1.0)


def test_a_new_start_of_simulated_time_is_not_waited_for(clock: Clock) -> None:
    pace = Pace(clock, clock.sleep)
    pace.keep(50.0)
    pace.keep(0.0)
    pace.keep(0.5)
    assert clock.slept == pytest.approx(0.5)


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def view(out: io.StringIO) -> Iterator[View]:
    pytest.importorskip("viser")
    one = View("h1", "workshop", 0, Console(file=out, width=40))
    yield one
    one.close()


def test_it_says_where_it_is_and_waits_no_longer_than_it_says(
    capsys: pytest.CaptureFixture[str], view: View, out: io.StringIO
) -> None:
    assert capsys.readouterr().out == ""  # where results of --json go
    url = out.getvalue().split()[-1]
    assert url.startswith("http://localhost:")
    with urllib.request.urlopen(url, timeout=10) as page:
        assert page.status == 200
    began = time.monotonic()
    view.wait(0.2)
    assert 0.2 <= time.monotonic() - began < 30.0
    assert "waiting for a browser, at most 0 s" in out.getvalue()


def test_it_does_not_wait_where_somebody_looks(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(view._viewer), "watched", property(lambda self: True))
    done = threading.Event()
    threading.Thread(target=lambda: (view.wait(3600.0), done.set()), daemon=True).start()
    assert done.wait(30.0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stays_until_ctrl_c(view: View, out: io.StringIO, number: signal.Signals) -> None:
    timer = threading.Timer(0.2, signal.raise_signal, (number,))
    timer.start()
    view.linger()
    timer.join()
    assert "until Ctrl-C" in out.getvalue()


def press(view: View, button: str) -> None:
    """As the server does it when a browser reports a click."""
    click: Any = None
    for call in view._viewer.buttons[button]._impl.update_cb:
        call(click)


def test_the_page_passes_on_what_is_typed_and_its_stop(view: View) -> None:
    heard: list[str] = []
    view.listen(heard.append, lambda: heard.append("(stop)"))
    view._viewer.field.value = "walk to the shelf"
    press(view, "send")
    assert view._viewer.field.value == ""
    press(view, "stop")
    assert heard == ["walk to the shelf", "(stop)"]


@pytest.mark.parametrize(("line", "stops"), [("halt!", True), ("no no no", True), ("walk to the shelf", False)])
def test_the_page_of_a_run_knows_the_words_that_stop(view: View, out: io.StringIO, line: str, stops: bool) -> None:
    heard: list[str] = []
    view.listen_for_stop(lambda: heard.append("(stop)"))
    view._viewer.field.value = line
    press(view, "send")
    assert bool(heard) == stops
    assert ("takes no other instruction" in out.getvalue()) != stops


def test_a_stop_on_the_page_ends_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real run, with a line typed into its page once the robot moves."""
    pytest.importorskip("viser")
    seen: list[View] = []
    update = View.update

    def watch(self: View, bridge: Any) -> None:
        update(self, bridge)
        if not seen and float(bridge.state.time[0]) > 1.0:
            seen.append(self)
            self._viewer.field.value = "stop!"
            press(self, "send")

    monkeypatch.setattr(View, "update", watch)
    monkeypatch.setattr(View, "wait", lambda self: None)
    monkeypatch.setattr(View, "linger", lambda self: None)
    words = ["run", "walk to the red marker", "--view", "--port", "0", "--no-video", "--out", str(tmp_path)]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert seen and not report["success"]
    assert report["reason"] == "stopped"
    assert report["seconds"] < 4.0
