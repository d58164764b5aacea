"""Tables, files and processes of the ROS workspace, as far as they need no ROS."""

from __future__ import annotations

import ast
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import robots
from planners.variants import PLANNERS
from sim.conformance.faults import Fault
from skillblend.errors import BundleError, InputError, SafetyError
from skillblend.safety import Mode, Trip
from skillblend.skills.skill import load_skill
from skillblend_ros import programs
from skillblend_ros import stack as stack_module
from skillblend_ros.approval import check_approval, machine_contracts, policy_contract
from skillblend_ros.faults import OF_THE_ROBOT
from skillblend_ros.parameters import NODES, Parameter, refusal
from skillblend_ros.stack import Claim, Stack, wait_for
from skillblend_ros.topics import TOPICS

ROOT = Path(__file__).resolve().parents[3]
MESSAGES = ROOT / "ros_ws" / "src" / "skillblend_msgs"
PACKAGE = ROOT / "ros_ws" / "src" / "skillblend_ros"
H1 = robots.load("h1")


def test_the_message_names_the_guards_own_modes_and_trips() -> None:
    text = (MESSAGES / "msg" / "GuardState.msg").read_text()
    found = {name: int(value) for name, value in re.findall(r"^uint\d+ ([A-Z_]+)=(\d+)", text, re.MULTILINE)}
    assert found == {mode.name: int(mode) for mode in Mode} | {str(trip.name): int(trip) for trip in Trip}


def test_every_interface_is_built() -> None:
    listed = set(re.findall(r'"((?:msg|srv|action)/\w+\.\w+)"', (MESSAGES / "CMakeLists.txt").read_text()))
    there = {
        f"{file.parent.name}/{file.name}" for kind in ("msg", "srv", "action") for file in (MESSAGES / kind).iterdir()
    }
    assert listed == there


def test_the_layout_shows_only_topics_that_exist() -> None:
    text = (PACKAGE / "foxglove" / "layout.json").read_text()
    json.loads(text)
    shown = {match.group(1) for match in re.finditer(r'"(/[\w/]+)', text)}
    known = {topic.name if topic.name.startswith("/") else f"/{topic.name}" for topic in TOPICS}
    assert shown
    assert shown <= known, shown - known


def test_the_layout_follows_no_frame_that_nothing_publishes() -> None:
    """Poses come in the frame ``map``; every other one would need a transform."""
    layout = json.loads((PACKAGE / "foxglove" / "layout.json").read_text())
    frames = {panel["followTf"] for panel in layout["configById"].values() if "followTf" in panel}
    assert "/tf" in {topic.name for topic in TOPICS} or frames <= {"map"}


@pytest.mark.parametrize("file", sorted((PACKAGE / "launch").glob("*.py")), ids=lambda file: file.name)
def test_launch_files_compile_and_name_nodes_and_parameters_that_exist(file: Path) -> None:
    text = file.read_text()
    compile(text, str(file), "exec")
    executables = re.findall(r'executable="(\w+)"', text)
    assert executables
    assert set(executables) <= set(NODES)
    known = {parameter.name for parameters in NODES.values() for parameter in parameters}
    assert set(re.findall(r'"(\w+)": ', text)) <= known


def test_the_workspace_imports_the_hub_and_never_the_command_line() -> None:
    """The import linter sees no package that is not installed; so it is read here."""
    files = [file for file in (ROOT / "ros_ws").rglob("*.py") if not {"test", ".venv"} & {*file.parts}]
    named = {
        name
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert len(files) > 30 and "skillblend.shell.Shell" in named
    assert not {name for name in named if f"{name}.".startswith(("skillblend.cli.", "skillblend.training."))}


def test_every_program_can_be_started_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.chdir(PACKAGE)
    monkeypatch.setattr("setuptools.setup", lambda **values: told.append(values))
    runpy.run_path(str(PACKAGE / "setup.py"))
    scripts = told[0]["entry_points"]["console_scripts"]
    assert scripts == [f"{name} = skillblend_ros.programs:{name}" for name in programs.PROGRAMS]
    installed = [Path(file).name for _, files in told[0]["data_files"] for file in files]
    assert {"layout.json", "robot.rviz", "nav2.yaml", "sim.launch.py"} <= set(installed)
    assert {node for node in NODES} <= set(programs.PROGRAMS)
    for name in programs.PROGRAMS:
        assert "\ndef main(" in (PACKAGE / "skillblend_ros" / f"{name}.py").read_text()
        assert getattr(programs, name).args == (name,)


@pytest.mark.parametrize(("name", "why"), [("", "unknown program ''"), ("gard", "did you mean 'guard'")])
def test_an_unknown_program_is_refused(name: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert programs.run(name) == 1
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("hidden_by", ["working folder", "PYTHONPATH"])
def test_no_file_of_a_users_hides_what_a_program_imports(tmp_path: Path, hidden_by: str) -> None:
    """The demo's help: that brings in what the command line brings in, and nothing of ROS."""
    for name in ("sim", "robots", "planners"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('somebody imported the wrong file')\n")
    folders = [str(PACKAGE), str(ROOT)]
    done = subprocess.run(
        [sys.executable, "-m", "skillblend_ros", "demo", "--help"],
        cwd=tmp_path if hidden_by == "working folder" else ROOT,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(folders if hidden_by != "PYTHONPATH" else [str(tmp_path), *folders])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "usage: ros-demo" in done.stdout


def test_topics_are_named_once() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*/msg/[A-Z]\w+", topic.kind) for topic in TOPICS)


@pytest.mark.parametrize("node", NODES)
def test_defaults_are_allowed(node: str) -> None:
    for parameter in NODES[node]:
        assert parameter.text.endswith(".")
        assert refusal(parameter, parameter.default) == ""


@pytest.mark.parametrize(
    ("value", "why"), [(2.0, "outside"), (float("nan"), "outside"), (1, "must be float"), ("x", "must be float")]
)
def test_values_outside_the_range_are_refused(value: object, why: str) -> None:
    assert why in refusal(Parameter(name="p", default=0.5, text="P.", lower=0.0, upper=1.0), value)


def test_the_planner_is_one_of_those_that_need_no_known_plans() -> None:
    planner = next(parameter for parameter in NODES["planner"] if parameter.name == "planner")
    assert planner.default == "saycan" and planner.default in planner.choices
    assert set(PLANNERS) - set(planner.choices) == {"oracle"}
    assert "choose one of" in refusal(planner, "oracle")


def test_unknown_choices_are_refused() -> None:
    assert "choose one of" in refusal(Parameter(name="p", default="a", text="P.", choices=("a", "b")), "c")


def test_faults_of_the_robot_are_those_of_the_suite_that_are_not_the_policys() -> None:
    others = {
        Fault.LIMIT_REQUEST, Fault.VELOCITY_STEP, Fault.POLICY_HANG, Fault.POLICY_KILL, Fault.RIVAL_PUBLISHER
    }  # fmt: skip
    assert set(OF_THE_ROBOT) == set(Fault) - others


def test_the_shipped_policies_are_approved_and_others_are_not() -> None:
    machine = machine_contracts(H1, ROOT / "models")
    text = json.dumps({name: contract.to_dict() for name, contract in machine.items()})
    walking = policy_contract(load_skill("walking", H1, ROOT / "models" / "h1" / "walking"))
    check_approval(text, {"walking": walking})
    changed = json.loads(text)
    changed["walking"]["model_hash"] = "0" * 64
    with pytest.raises(SafetyError, match="walking: .*model hash"):
        check_approval(json.dumps(changed), {"walking": walking})
    changed["walking"]["control_dt"] = 0.01
    with pytest.raises(SafetyError, match="control rate"):
        check_approval(json.dumps(changed), {"walking": walking})
    with pytest.raises(SafetyError, match="approves no 'dancing'"):
        check_approval(text, {"dancing": walking})


@pytest.mark.parametrize("text", ["", "[]", "{", '{"walking": {}}', '{"walking": 3}'])
def test_contracts_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        check_approval(text, {})


def test_a_robot_with_some_of_the_skills_is_approved_with_those() -> None:
    assert set(machine_contracts(robots.load("g1"), ROOT / "models")) == {"walking"}


def test_a_bundle_that_is_half_there_is_not_approved(tmp_path: Path) -> None:
    (tmp_path / "h1" / "walking").mkdir(parents=True)
    with pytest.raises(BundleError, match="walking approves no policy"):
        machine_contracts(H1, tmp_path)


def test_a_folder_without_bundles_approves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="approves no policy"):
        machine_contracts(H1, tmp_path)


def test_processes_end_with_their_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "PATIENCE", 1.0)
    (tmp_path / "skillblend_ros").mkdir()
    (tmp_path / "skillblend_ros" / "__init__.py").touch()
    (tmp_path / "skillblend_ros" / "__main__.py").write_text(
        "import sys, runpy; runpy.run_module('skillblend_ros.' + sys.argv.pop(1), run_name='__main__')"
    )
    node = "import signal, sys, time; signal.signal(2, signal.{}); print(sys.argv[1:], flush=True); time.sleep(60)"
    (tmp_path / "skillblend_ros" / "polite.py").write_text(node.format("default_int_handler"))
    (tmp_path / "skillblend_ros" / "stubborn.py").write_text(node.format("SIG_IGN"))
    (tmp_path / "skillblend_ros" / "broken.py").write_text("raise SystemExit(3)")
    with Stack(tmp_path / "logs", 7) as nodes:
        nodes.environment["PYTHONPATH"] = str(tmp_path)
        assert nodes.environment["ROS_DOMAIN_ID"] == "7"
        nodes.start("polite", {"seed": 3, "log": tmp_path, "on": True})
        nodes.start("stubborn")
        nodes.start("broken")
        with pytest.raises(InputError, match="runs already"):
            nodes.start("polite")
        wait_for("output", lambda: nodes.output("polite") and nodes.output("stubborn") and nodes.dead())
        assert f"'-p', 'seed:=3', '-p', 'log:=\"{tmp_path}\"', '-p', 'on:=true'" in nodes.output("polite")
        assert nodes.dead() == ["broken (3)"]
        assert nodes.stop("stubborn") == -9
        assert nodes.running("polite")
    assert not nodes.running("polite")
    assert nodes.output("nobody") == ""


def test_waiting_ends() -> None:
    with pytest.raises(InputError, match="a miracle did not come within 0 s"):
        wait_for("a miracle", lambda: False, 0.1)


def test_these_modules_need_no_ros() -> None:
    assert not [name for name in sys.modules if name.split(".")[0] in ("rclpy", "std_msgs", "skillblend_msgs")]


def test_a_domain_is_claimed_once_and_given_back() -> None:
    first = Claim([170007, 170008])
    second = Claim([170007, 170008])
    assert {first.domain, second.domain} == {170007, 170008}
    with pytest.raises(InputError, match="in use"):
        Claim([170007, 170008])
    first.close()
    third = Claim([170007, 170008])
    assert third.domain == first.domain
    second.close()
    third.close()
