"""MUJOCO_GL that names nothing here switches pictures off, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from skillblend.cli import drawing_backend
from skillblend.cli.drawing_backend import REASON, switch_off_what_is_missing


@pytest.mark.parametrize("chosen", ["vulkan", "egl2", "EGL,osmesa"])
def test_what_mujoco_refuses_is_switched_off(chosen: str) -> None:
    environment = {"MUJOCO_GL": chosen}
    switch_off_what_is_missing(environment)
    assert environment["MUJOCO_GL"] == "disable"
    assert environment[REASON].startswith(f"MUJOCO_GL={chosen.lower()} is none of ")


@pytest.mark.parametrize("chosen", ["egl", "osmesa", " EGL "])
def test_a_library_that_is_missing_switches_off(chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"MUJOCO_GL": chosen}
    monkeypatch.setattr(drawing_backend, "_loads", lambda name: True)
    switch_off_what_is_missing(environment)
    assert environment == {"MUJOCO_GL": chosen}
    monkeypatch.setattr(drawing_backend, "_loads", lambda name: False)
    switch_off_what_is_missing(environment)
    assert environment["MUJOCO_GL"] == "disable" and "not installed" in environment[REASON]


@pytest.mark.parametrize("environment", [{}, {"MUJOCO_GL": ""}, {"MUJOCO_GL": "disable"}, {"MUJOCO_GL": "glfw"}])
def test_what_can_be_is_left_alone(environment: dict[str, str]) -> None:
    before = dict(environment)
    switch_off_what_is_missing(environment)
    assert environment == before


@pytest.mark.parametrize("chosen", ["vulkan", "osmesa"])
def test_an_evaluation_needs_no_pictures_no_git_and_no_home(chosen: str) -> None:
    bare = {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")}
    done = subprocess.run(
        [sys.executable, "-m", "skillblend.cli", "eval", "skill", "walking", "--episodes", "1", "--json"],
        capture_output=True, text=True, check=False, env=bare | {"MUJOCO_GL": chosen, "PATH": "/nowhere"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"commit": "unknown"' in done.stdout
