"""How nodes begin: bad parameters end with one line, and a policy that the machine does not approve never drives."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import ROOT, SPEED, guard_settings

from skillblend.errors import PlanError, SafetyError
from skillblend_ros.client import Client, NoAnswerError
from skillblend_ros.parameters import NODES
from skillblend_ros.stack import Stack, wait_for


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Processes of a domain of their own."""
    with Stack(tmp_path / "logs") as nodes:
        monkeypatch.setenv("ROS_DOMAIN_ID", str(nodes.domain))
        yield nodes


def ended(nodes: Stack, node: str) -> str:
    """What `node` wrote before it ended with an error."""
    end = time.monotonic() + 60.0
    while nodes.running(node) and time.monotonic() < end:
        time.sleep(0.05)
    assert nodes.stop(node) == 1
    return nodes.output(node)


@pytest.mark.parametrize(
    ("node", "settings", "why"),
    [
        ("guard", {"robot": "r2d2"}, "choose one of"),
        ("guard", {"models": "/nowhere"}, "approves no policy"),
        ("sim_robot", {"speed": 7.0}, "speed"),
        ("sim_robot", {"seed": "many"}, "seed"),
        ("sim_robot", {"log": "/proc/nowhere/log"}, "cannot write"),
        ("skill_server", {"scene": "moon"}, "choose one of"),
        ("record", {"out": "/proc/nowhere/bag"}, "cannot write"),
    ],
)
def test_bad_parameters_end_with_one_line(other: Stack, node: str, settings: dict[str, object], why: str) -> None:
    other.start(node, settings)
    text = ended(other, node)
    assert why in text
    assert "Traceback" not in text
    assert len([line for line in text.splitlines() if line.startswith("error: ")]) == 1


WRONG = {
    "guard": ({"speed": 7.0}, "speed"),
    "sim_robot": ({"speed": 7.0}, "speed"),
    "skill_server": ({"speed": 7.0}, "speed"),
    "planner": ({"max_steps": 0}, "max_steps"),
    "dds_link": ({"speed": 7.0}, "speed"),
    "record": ({"out": "/proc/nowhere/bag"}, "cannot write"),
    "frames": ({"robot": "r2d2"}, "choose one of"),
    "teleop": ({"turning": 7.0}, "turning"),
    "gamepad": ({"turning": 7.0}, "turning"),
}
"""A parameter that each node refuses, once all that it imports has been found."""


@pytest.mark.parametrize("how", ["working folder", "PYTHONPATH"])
def test_no_file_of_a_users_hides_what_nodes_import(
    other: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    for name in ("sim", "robots", "planners"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('somebody imported the wrong file')\n")
    if how == "PYTHONPATH":
        other.environment["PYTHONPATH"] = str(tmp_path)
    else:
        monkeypatch.chdir(tmp_path)
    assert set(WRONG) == set(NODES)
    for node, (settings, _) in WRONG.items():
        other.start(node, settings)
    for node, (_, why) in WRONG.items():
        text = ended(other, node)
        assert "Traceback" not in text, text
        assert why in text


def until_it_imports(nodes: Stack, node: str) -> None:
    """Until Python itself has begun, and this node's program with it."""
    wait_for(f"{node}'s imports", lambda: "numpy" in Path(f"/proc/{nodes.process_id(node)}/maps").read_text(), 120.0)


@pytest.mark.parametrize("delay", [0.0, 1.0, 3.0, 8.0])
def test_ctrl_c_while_nodes_begin_ends_them_without_a_traceback(other: Stack, delay: float) -> None:
    """In an import, in the loading of networks, in the making of a node."""
    begun = ("sim_robot", "guard", "skill_server", "frames", "planner")
    for node in begun:
        other.start(node, {"simulated": True} if node == "guard" else None)
    for node in begun:
        until_it_imports(other, node)
    time.sleep(delay)
    for node in begun:
        assert other.stop(node) == 0, other.output(node)
        assert "Traceback" not in other.output(node), other.output(node)


def test_a_policy_that_is_not_approved_never_drives(other: Stack, tmp_path: Path) -> None:
    approved = tmp_path / "models"
    shutil.copytree(ROOT / "models" / "h1", approved / "h1")
    manifest = approved / "h1" / "walking" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"policy.safetensors": "0" * 64}))
    other.start("sim_robot", {"speed": SPEED})
    other.start("guard", guard_settings() | {"models": approved, "realtime_priority": 0})
    other.start("skill_server", {"speed": SPEED, "models": ROOT / "models"})
    client = Client("tester")
    try:
        with pytest.raises(PlanError, match="walking: .*model hash"):
            client.bring_up()
        assert client.lifecycle() == "inactive"
        client.order("arm")
        with pytest.raises(SafetyError, match="refuses"):
            client.order("run")
    finally:
        client.close()


def test_a_server_without_bundles_is_not_configured(other: Stack, tmp_path: Path) -> None:
    other.start("skill_server", {"models": tmp_path})
    client = Client("tester")
    try:
        with pytest.raises(PlanError, match="cannot be configured"):
            client.bring_up()
    finally:
        client.close()
    assert "not configured: no bundle" in other.output("skill_server")


def test_who_is_not_there_does_not_answer(other: Stack) -> None:
    del other
    client = Client("tester")
    try:
        with pytest.raises(NoAnswerError, match="do all nodes run"):
            client.until("a miracle", lambda: False, 0.1)
    finally:
        client.close()


def test_a_busy_operator_leaves_without_an_error(other: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    del other
    troubles: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", troubles.append)
    before = set(threading.enumerate())
    for _ in range(40):
        client = Client("tester")
        client.node.create_timer(1e-4, lambda: None)
        time.sleep(0.02)
        client.close()
        assert not set(threading.enumerate()) - before, "its thread goes on"
    assert not troubles, troubles


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whoever_waits_hears_that_a_listener_has_failed(other: Stack) -> None:
    del other
    client = Client("tester")

    def fail() -> None:
        raise ValueError("a listener's own fault")

    try:
        client.node.create_timer(0.01, fail)
        with pytest.raises(NoAnswerError, match="hears nothing since .*own fault"):
            client.until("a miracle", lambda: False, 10.0)
    finally:
        client.close()
