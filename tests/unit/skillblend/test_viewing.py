"""The view of a run: at the speed of life, with an address, for as long as somebody looks."""

from __future__ import annotations

import io
import json
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from rich.console import Console

from planners.oracle import OraclePlanner
from sim.scenes import load
from skillblend.cli import main
from skillblend.cli.viewing import Pace, View
from skillblend.contracts import SceneState


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
    url = out.getvalue().split("open ")[1].split()[0]
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
    view.linger(cast("Any", Heard()))
    timer.join()
    assert "until Ctrl-C" in out.getvalue()


def press(view: View, button: str, value: str = "") -> None:
    """As the server does it when a browser reports a click."""
    page: Any = view._viewer.page
    click: Any = SimpleNamespace(target=SimpleNamespace(value=value))
    for call in page.buttons[button]._impl.update_cb:
        call(click)


def typed(view: View, text: str) -> None:
    page: Any = view._viewer.page
    page.field.value = text
    press(view, "go")
    assert page.field.value == ""


def shown(view: View, part: str, text: str) -> bool:
    """Whether a part of the page has `text`, in a while."""
    page: Any = view._viewer.page
    end = time.monotonic() + 30.0
    while text not in page._parts[part].content and time.monotonic() < end:
        time.sleep(0.01)
    return text in page._parts[part].content


class Heard:
    """A console that writes down what it is told."""

    busy, draft = False, None

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def stop(self) -> None:
        self.lines.append("(stop)")

    def status(self) -> str:
        return "stands | <b>"

    def leave(self) -> None:
        self.lines.append("(left)")


def test_the_page_is_one_of_the_terminals_of_a_console(view: View) -> None:
    heard: Any = Heard()
    typed(view, "nobody listens yet")
    view.serve(heard)
    typed(view, "walk to the shelf")
    press(view, "stop")
    for order in ("pause", "resume", "reset"):
        press(view, "row", order)
    assert heard.lines == ["walk to the shelf", "(stop)", "pause", "resume", "reset"]
    assert shown(view, "status", "stands | &lt;b&gt;")


def test_the_page_shows_plan_judge_decision_and_what_the_step_is_about(view: View) -> None:
    scene = load("workshop").state
    decision = OraclePlanner(["walk to the shelf"]).decide("<go>", scene, (), {})
    tell = view.telling(lambda *event: None)
    tell("plan", "", {"steps": [{"text": "walk to the shelf"}, {"text": "turn <left>", "probability": 0.5}]})
    view._things = scene_with_poses(scene)
    view.board.begun(decision.chosen.step, decision)
    assert shown(view, "steps", "&#9654; <b>walk to the shelf</b>") and shown(
        view, "steps", "turn &lt;left&gt; (50%)"
    )
    assert shown(view, "decision", "&lt;go&gt;") and shown(view, "decision", "walk to the shelf")
    page: Any = view._viewer.page
    end = time.monotonic() + 30.0
    while page._target is None and time.monotonic() < end:
        time.sleep(0.01)
    assert page._target is not None
    assert page._target[1].text == "shelf" and tuple(page._target[0].position) == (1.0, 2.0, 0.5)
    entry = {"text": "walk to the shelf", "success": True, "seconds": 2.0, "reason": "0.1 m from the shelf"}
    tell("step", "", {"step": entry})
    assert shown(view, "steps", "&#10003; walk to the shelf in 2.0 s: 0.1 m from the shelf")
    while page._target is not None and time.monotonic() < end:
        time.sleep(0.01)
    assert page._target is None


def scene_with_poses(scene: SceneState) -> SceneState:
    pose = np.array([[1.0, 2.0, 0.5, 1.0, 0.0, 0.0, 0.0]])
    return replace(scene, things=tuple(replace(thing, pose=pose) for thing in scene.things))


@pytest.mark.parametrize(("line", "stops"), [("halt!", True), ("no no no", True), ("walk to the shelf", False)])
def test_the_page_of_a_run_stops_it_and_keeps_the_rest_for_later(view: View, line: str, stops: bool) -> None:
    heard: Any = Heard()
    stopped: list[str] = []
    view.attend(lambda: stopped.append("(stop)"))
    typed(view, line)
    assert bool(stopped) == stops
    assert stops or shown(view, "notes", "waits until this run has ended: walk to the shelf")
    press(view, "row", "reset")
    timer = threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    view.linger(heard)
    assert heard.lines == ["reset"] + ([] if stops else [line])


@pytest.mark.parametrize("end", ["resume", "stop"])
def test_a_pause_of_a_run_lets_simulated_time_stand_still(view: View, end: str) -> None:
    view.attend(lambda: None)
    press(view, "row", "pause")
    passed = threading.Event()
    threading.Thread(target=lambda: (view.orders.hold(), passed.set()), daemon=True).start()
    assert shown(view, "status", "paused: simulated time stands still") and not passed.wait(0.2)
    press(view, "stop" if end == "stop" else "row", end)
    assert passed.wait(30.0)


def test_a_stop_on_the_page_ends_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real run, with a line typed into its page once the robot moves."""
    pytest.importorskip("viser")
    seen: list[View] = []
    update = View.update

    def watch(self: View, bridge: Any) -> None:
        update(self, bridge)
        if not seen and float(bridge.state.time[0]) > 1.0:
            seen.append(self)
            typed(self, "stop!")

    monkeypatch.setattr(View, "update", watch)
    monkeypatch.setattr(View, "wait", lambda self: None)
    monkeypatch.setattr(View, "linger", lambda self, shell: None)
    words = ["run", "walk to the red marker", "--view", "--port", "0", "--no-video", "--out", str(tmp_path)]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert seen and not report["success"]
    assert report["reason"] == "stopped"
    assert report["seconds"] < 4.0


def test_after_a_run_the_page_takes_instructions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The robot goes on from where the run left it, and stands at its start after a reset."""
    pytest.importorskip("viser")
    monkeypatch.setattr(View, "wait", lambda self: None)
    told: list[str] = []

    def linger(self: View, shell: Any) -> None:
        began = shell.player.session.time
        self.serve(shell)
        typed(self, "turn left")
        shell.wait()
        told.append(self.board.sheet("", 0.0).steps)
        assert began > 1.0 and shell.player.session.time > began
        press(self, "row", "reset")
        shell.wait()
        assert shell.player.session.time < 0.1

    monkeypatch.setattr(View, "linger", linger)
    words = ["run", "turn right", "--view", "--port", "0", "--no-video", "--out", str(tmp_path)]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--planner", "bag_of_words"])
    assert ended.value.code in (0, 1) and "turn left" in told[0]
