"""Every target of a run passes the guard, which says so when it stops one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from planners.examples import Examples
from planners.oracle import OraclePlanner
from planners.retrieval import Neighbour, Support
from skillblend.cli.main import main
from skillblend.cli.paths import MODELS
from skillblend.cli.player import SimulatedPlayer
from skillblend.safety import ActuatorRules, Mode, PlanRules, Rules
from skillblend.session import Session
from skillblend.shell import Shell
from skillblend.simulated import open_session
from skillblend.terminal import telling

PLAN = ["walk forward half a metre", "turn left", "done"]
STRICT = Rules(actuator=ActuatorRules(joint_velocity=2.0, joint_velocity_fraction=0.01))
"""Under these, nobody may walk."""


def session(rules: Rules | None = None, plan: list[str] = PLAN) -> Session:
    return open_session("h1", "workshop", 0, MODELS, lambda: OraclePlanner(plan), rules=rules)


def test_an_ordinary_run_passes_its_guard_unhindered() -> None:
    one = session()
    passed = []
    bridge: Any = one.cast.bridge
    send = bridge.send
    bridge.send = lambda targets: (passed.append(one.guarded.guard.verdict.passed.all()), send(targets))[1]
    report = one.run("walk forward half a metre, then turn left")
    assert report.success and (report.falls, report.fault) == (0, "")
    assert passed and all(passed)
    assert not one.guarded.guard.records


def test_a_fault_ends_the_run_and_is_reported() -> None:
    one = session(STRICT)
    report = one.run("walk forward half a metre, then turn left")
    assert not report.success
    assert "joint_velocity" in report.fault
    assert len(report.decisions) == 1 and report.seconds < 2.0
    assert one.guarded.guard.state[0] == Mode.FAULT
    again = one.run("turn left")
    assert again.decisions == [] and not again.success and again.fault == report.fault


def test_a_policy_that_goes_mad_is_stopped() -> None:
    one = session()
    act = one.cast.skills.act
    mad: Any = one.cast.skills
    mad.act = lambda obs, blend: act(obs, blend) + (np.nan if obs.time[0] > 0.5 else 0.0)
    report = one.run("walk forward half a metre, then turn left")
    assert "bad_request" in report.fault and not report.success and report.falls == 0


def test_the_command_line_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("skillblend.cli.run.load_planner", lambda *args: OraclePlanner(PLAN))
    monkeypatch.setattr("skillblend.session.Guard", lambda robot, rules, num: _guard(robot))
    with pytest.raises(SystemExit) as end:
        main(["run", "walk forward", "--no-video", "--out", str(tmp_path)])
    assert end.value.code == 1
    assert "the guard stopped the robot: joint_velocity" in capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text())
    assert "joint_velocity" in report["fault"] and report["success"] is False


def _guard(robot: Any) -> Any:
    from skillblend.safety import Guard

    return Guard(robot, STRICT)


def test_in_the_console_a_stopped_robot_waits_for_a_reset() -> None:
    rules = [STRICT, None]
    out = io.StringIO()
    shell = Shell(
        lambda shell: SimulatedPlayer(lambda _: session(rules.pop(0)), shell), telling(Console(file=out, width=200))
    )
    for line in ("walk", "walk", "stop"):
        shell.line(line)
        shell.wait()
        text = out.getvalue()
        out.truncate(0)
        assert "the guard stopped the robot: joint_velocity" in text and "type reset" in text
    for line in ("reset", "walk"):
        shell.line(line)
        shell.wait()
    assert out.getvalue().rstrip().endswith("done")


def test_a_walk_into_furniture_is_refused_by_the_rules_name_and_one_beside_it_is_not() -> None:
    plan = [
        "walk to the wooden table",
        "touch the wooden table",
        "step to the left",
        "walk forward half a metre",
        "done",
    ]
    one = session(plan=plan)
    report = one.run("touch the wooden table, step to the left, walk half a metre on")
    assert [step["success"] for step in report.steps] == [True, True, True]
    assert report.refused and not report.success and report.falls == 0
    assert report.reason.startswith("'walk forward half a metre' is not allowed: keep-out zone: ")
    assert "wooden table" in report.reason
    (option,) = [o for o in report.decisions[-1].options if o.step.text == "walk forward half a metre"]
    assert not option.allowed and option.score == 0.0
    assert report.decisions[-1].chosen.step.text == "refuse"


def test_walking_is_commanded_no_faster_than_the_rules_allow() -> None:
    one = session(Rules(plan=PlanRules(max_speed=0.25)))
    skills: Any = one.cast.skills
    commands, act, walking = [], skills.act, skills.names.index("walking")
    skills.act = lambda obs, blend: (commands.append(blend.goals[walking].copy()), act(obs, blend))[1]
    report = one.run("walk forward half a metre, then turn left")
    assert report.success
    assert 0.2 < np.linalg.norm(np.concatenate(commands)[:, :2], axis=1).max() <= 0.25 + 1e-9


class FewExamples(Examples):
    """Stands in for the sentence encoder's index."""

    def support(self, instruction: str) -> Support:
        near = Neighbour(similarity=0.3, instruction="walk on [red]", plan=("walk forward one metre", "done"))
        return Support(nearest=(near,))


def test_explain_and_plan_show_the_nearest_examples(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("skillblend.cli.run.load_planner", lambda *args: OraclePlanner(PLAN))
    monkeypatch.setattr("planners.examples.Examples", FewExamples)
    with pytest.raises(SystemExit, match="0"):
        main(["plan", "walk half a metre", "--json"])
    record = json.loads(capsys.readouterr().out)
    assert record["chosen"] == "walk forward half a metre"
    assert record["support"]["familiarity"] == 0.3 and record["support"]["unfamiliar"]
    with pytest.raises(SystemExit, match="0"):
        main(["plan", "walk half a metre"])
    assert "familiarity 0.30: nothing that the planner was trained on is near" in capsys.readouterr().out

    out = io.StringIO()
    here = session()
    tell = telling(Console(file=out, width=200), FewExamples().show)
    shell = Shell(lambda shell: SimulatedPlayer(lambda _: here, shell), tell)
    for line in ("explain", "preview walk half a metre", "explain"):
        shell.line(line)
        shell.wait()
    assert "nothing has been decided yet" in out.getvalue()
    assert "0.30  walk on [red] -> walk forward one metre, done" in out.getvalue()
