"""The shipped models do what the README says: short versions of its evaluations, and one run from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import robots
from planners.oracle import OraclePlanner
from planners.variants import DEFAULT, PLANNERS
from sim import settings
from sim.blenders import make_blender
from sim.evaluate import evaluate_skill, evaluate_task
from sim.handover import HandoverTrials
from sim.tasks.spec import TASKS
from skillblend.blenders import read_blender
from skillblend.cli.main import main
from skillblend.cli.paths import MODELS
from skillblend.contracts import Blend, Decision, Observation, Planner
from skillblend.loading import load_skillset
from skillblend.plan_run import PlanRun
from skillblend.session import Session
from skillblend.simulated import open_session
from skillblend.skills.skill import load_skill
from skillblend.skillset import CALM_TIME


def workshop(planner: Planner, seed: int = 0) -> Session:
    """H1 in the workshop."""
    return open_session("h1", "workshop", seed, MODELS, lambda: planner)


def decided(session: Session, instruction: str) -> Decision:
    """The first decision, as the record holds it."""
    run = PlanRun(instruction)
    run.take(session.decide(run))
    return run.decisions[0]


@pytest.fixture(scope="module")
def planner() -> Planner:
    return PLANNERS[DEFAULT].load({})


def test_walking_keeps_its_word() -> None:
    robot = robots.load("h1")
    result = evaluate_skill(load_skill("walking", robot, MODELS / "h1" / "walking"), 10, 70)
    assert result["fall_rate"] == 0.0
    assert result["error"]["lin_vel"] < 0.10
    assert result["error"]["yaw_rate"] < 0.15


@pytest.mark.parametrize("name", ["g1", "h1_2"])
def test_walking_of_other_robots_keeps_its_word(name: str) -> None:
    robot = robots.load(name)
    result = evaluate_skill(load_skill("walking", robot, MODELS / name / "walking"), 10, 70)
    assert result["fall_rate"] <= 0.1
    assert result["error"]["lin_vel"] < 0.12
    assert result["error"]["yaw_rate"] < 0.15


@pytest.mark.parametrize("name", ["h1", "h1_2"])
def test_reaching_keeps_its_word(name: str) -> None:
    robot = robots.load(name)
    result = evaluate_skill(load_skill("reaching", robot, MODELS / name / "reaching"), 10, 70)
    assert result["fall_rate"] <= 0.1
    assert result["error"]["wrist"] < 0.02


def test_squatting_keeps_its_word() -> None:
    robot = robots.load("h1")
    result = evaluate_skill(load_skill("squatting", robot, MODELS / "h1" / "squatting"), 10, 70)
    assert result["fall_rate"] <= 0.1
    assert result["error"]["height"] < 0.01
    assert result["error"]["low_height"] < 0.01


@pytest.mark.parametrize(
    "first, second", [("walking", "reaching"), ("squatting", "walking"), ("reaching", "squatting")]
)
def test_skills_hand_over(first: str, second: str) -> None:
    body = load_skillset(robots.load("h1"), MODELS)
    result = HandoverTrials(body, 20, 70, settings.EVALUATION).run(first, second)
    assert result["survived"] >= 0.9


def test_legs_squat_while_arms_reach() -> None:
    """Three skills side by side: the base comes down, the hands go where reaching is asked to bring them."""
    body = load_skillset(robots.load("h1"), MODELS)
    trials = HandoverTrials(body, 4, 70, settings.EVALUATION)
    wrists = np.tile([0.3, 0.25, 0.9, 0.3, -0.25, 0.9], (4, 1))
    arms = body.one_hot("reaching", wrists, limbs=("arms",))
    legs = body.one_hot("squatting", np.full((4, 1), 0.85), limbs=("legs", "torso"))
    hands = body.robot.joints("shoulder", "elbow", "wrist")
    weights = legs.weights.copy()
    weights[:, :, hands] = arms.weights[:, :, hands]
    goals = tuple(
        a if name == "reaching" else b for name, a, b in zip(body.names, arms.goals, legs.goals, strict=True)
    )
    for _ in range(250):
        trials._step(body.act(trials._obs(), Blend(goals=goals, weights=weights)))
    assert not trials.fell.any()
    height = trials.sim.state(np.zeros(4)).base_position[:, 2]
    np.testing.assert_allclose(height, 0.85, atol=0.015)
    assert (np.linalg.norm(body.wrists() - wrists.reshape(4, 2, 3), axis=2).mean(axis=1) < 0.15).all()


def test_the_robot_carries_out_a_plan() -> None:
    plan = ["walk to the red marker", "walk to the button", "press the button", "done"]
    session = workshop(OraclePlanner(plan), 3)
    report = session.run("walk to the red marker, then press the button")
    assert report.success and report.falls == 0
    assert [s["text"] for s in report.steps if s["success"]] == plan[:-1]
    assert report.decisions[0].chosen.step.text == plan[0]


def test_an_instruction_becomes_motion(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as end:
        main(["run", "walk to the blue marker", "--no-video", "--out", str(tmp_path / "run"), "--seed", "5"])
    assert end.value.code == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["success"] and not report["refused"] and report["falls"] == 0
    assert set(report["steps"][0]) >= {"behaviour", "arguments", "success", "reason", "seconds"}
    records = [json.loads(line) for line in (tmp_path / "run" / "trace.jsonl").read_text().splitlines()]
    assert records[0]["chosen"] == "walk to the blue marker"
    for option in records[0]["options"]:
        assert option["score"] == pytest.approx(option["lm_score"] * option["affordance"] * option["allowed"])


def test_pressing_is_no_prospect_from_afar_and_is_one_up_close(planner: Planner) -> None:
    session = workshop(OraclePlanner(["walk to the button", "done"]))
    decisions = [decided(session, "press the button")]
    session.run("walk to the button")
    decisions.append(decided(session, "press the button"))
    far, near = ({o.step.text: o.affordance for o in d.options}["press the button"] for d in decisions)
    assert far < 0.2 < 0.4 < near


def test_a_hand_comes_out_from_under_a_table() -> None:
    """After a press the robot stands closer to the table, its hanging hands below the edge."""
    plan = ["walk to the button", "press the button", "walk to the wooden table", "touch the wooden table", "done"]
    session = workshop(OraclePlanner(plan))
    report = session.run("press the button, then touch the wooden table")
    assert report.success and report.falls == 0 and not report.fault


@pytest.mark.parametrize("speed", [0.0, 0.5])
def test_legs_are_handed_over_to_reaching_once_they_are_calm(speed: float) -> None:
    """A robot at rest is handed over after `CALM_TIME`; one whose knees still move at `speed`, rad/s, is not."""
    robot = robots.load("h1")
    body = load_skillset(robot, MODELS)
    velocity = np.zeros((1, robot.num_joints))
    obs = Observation(
        time=np.zeros(1), joint_position=robot.default_pose[None].copy(), joint_velocity=velocity,
        base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]), base_angular_velocity=np.zeros((1, 3)),
    )  # fmt: skip
    body.reset(obs)
    velocity[:, robot.joints("knee")] = speed
    goal = np.array([[0.22, 0.24, 0.98, 0.22, -0.24, 0.98]])
    shares = []
    for _ in range(round(1.0 / robot.control_dt)):
        body.act(obs, body.one_hot("reaching", goal))
        shares.append(float(body.planted[0]))
    calm = round(CALM_TIME / robot.control_dt)
    assert not any(shares[:calm])
    assert shares[-1] == (1.0 if speed == 0.0 else 0.0)


@pytest.mark.parametrize("task", ["far_reach", "button_press"])
def test_blenders_keep_their_word(task: str) -> None:
    robot = robots.load("h1")
    controller = make_blender(TASKS[task], robot, MODELS)
    bundle = read_blender(MODELS / "h1" / task, task, controller)
    result = evaluate_task(task, controller, bundle.actor, "blender", 20, 70)
    assert result["fall_rate"] <= 0.05
    assert result["success_rate"] >= 0.9


def test_harm_is_refused_before_anything_moves() -> None:
    session = workshop(OraclePlanner(["walk to the button", "done"]))
    report = session.run("push the man into the button")
    assert report.refused and "hurt someone" in report.reason
    assert not report.decisions and not report.steps and session.time == 0.0


def test_what_is_out_of_reach_is_no_prospect(planner: Planner) -> None:
    session = workshop(planner)
    options = {o.step.text: o for o in decided(session, "touch the shelf").options}
    assert options["touch the shelf"].affordance == 0.0
    assert options["walk to the shelf"].affordance > 0.5
