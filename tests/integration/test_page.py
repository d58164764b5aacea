"""The page beside the console in a real browser: type an instruction, see the robot move, press stop."""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed; `make browser` installs it")

QUIET = (
    "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""As root in a container, drawing on the processor, speaking to nobody but this machine."""

PLACES = ("shelf", "red marker", "blue marker")


@pytest.fixture
def url() -> Iterator[str]:
    """Of a console that runs beside this test."""
    pytest.importorskip("viser")
    command = [
        sys.executable,
        "-m",
        "skillblend.cli",
        "console",
        "--view",
        "--port",
        "0",
        "--planner",
        "bag_of_words",
    ]
    console = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
    )  # fmt: skip
    said: queue.Queue[str] = queue.Queue()
    stream: Any = console.stdout
    threading.Thread(target=lambda: [said.put(line) for line in stream], daemon=True).start()
    try:
        text = ""
        while not (found := re.search(r"http://localhost:\d+", text)):
            text += said.get(timeout=120.0)
        yield found[0]
    finally:
        assert console.stdin is not None
        console.stdin.close()  # nobody types any more: it leaves
        try:
            console.wait(30.0)
        except subprocess.TimeoutExpired:
            console.kill()
            raise


@pytest.fixture
def page(url: str) -> Iterator[Any]:
    """The page in a browser, once it shows what goes on."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(QUIET))
        try:
            page = browser.new_page(viewport={"width": 760, "height": 560})
            page.set_default_timeout(60_000.0)
            page.goto(url)
            page.wait_for_selector("#status")
            yield page
        finally:
            browser.close()


def until(page: Any, about: str, holds: Callable[[str], bool]) -> str:
    """The text of a part of the page, once it is as it should be."""
    end = time.monotonic() + 90.0
    while not holds(text := page.inner_text(f"#{about}")):
        assert time.monotonic() < end, f"{about} still says: {text}"
        time.sleep(0.1)
    return text


def picture(page: Any) -> Any:
    """What is left of the controls: the robot and its surroundings."""
    from PIL import Image

    taken = page.screenshot(clip={"x": 0, "y": 200, "width": 340, "height": 360})
    return np.asarray(Image.open(BytesIO(taken)).convert("RGB")).astype(int)


def moved(one: Any, other: Any) -> float:
    """Share of the pixels that differ."""
    return float((np.abs(one - other).max(axis=2) > 24).mean())


def seconds(text: str) -> float:
    """Robot time in the status."""
    found = re.search(r"([\d.]+) s of robot time$", text.strip())
    assert found, text
    return float(found[1])


def test_type_an_instruction_see_the_robot_move_press_stop(page: Any) -> None:
    assert seconds(until(page, "status", lambda text: "stands" in text)) == 0.0
    assert "nothing has been decided" in page.inner_text("#decision")
    time.sleep(2.0)  # the picture settles
    before = picture(page)

    say = page.locator("form input")
    for place in (*PLACES, *PLACES):  # more than it does while a browser is slow
        say.fill(f"walk to the {place}")
        say.press("Enter")
        page.wait_for_function("document.querySelector('form input').value === ''")
    moving = until(page, "status", lambda text: "walk to the" in text and "m from it" in text)
    until(page, "status", lambda text: seconds(text) > seconds(moving) + 1.0)
    until(page, "steps", lambda text: any(f"walk to the {place}" in text for place in PLACES))
    until(page, "decision", lambda text: any(place in text for place in PLACES) and "succeeds" in text)
    assert moved(before, picture(page)) > 0.02

    page.get_by_role("button", name="stop", exact=True).click(force=True)
    notes = until(page, "notes", lambda text: "stopped; " in text)
    assert "stopping" in notes  # something was going on
    still = seconds(until(page, "status", lambda text: "stands" in text))
    time.sleep(2.0)
    one = picture(page)
    time.sleep(2.0)
    assert seconds(page.inner_text("#status")) == still and moved(one, picture(page)) < 0.005
    assert "walk to the" in page.inner_text("#steps")  # with the judge's sentence

    page.get_by_role("button", name="reset", exact=True).click(force=True)
    until(page, "notes", lambda text: "the robot stands at the start" in text)
