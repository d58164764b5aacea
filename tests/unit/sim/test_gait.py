"""The gait card, on motions whose figures can be worked out by hand, and on the shipped walking."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import robots
from sim.gait import GAIT, GaitRecord, commands, figures_of, measure_gait
from skillblend.cli import main
from skillblend.scales import GRAVITY
from skillblend.shipped import MODELS
from skillblend.skills.skill import PolicySkill, load_skill

STEPS, DT = 1300, 0.02
TIME = np.arange(STEPS) * DT


@pytest.fixture(scope="module")
def walking() -> PolicySkill:
    return load_skill("walking", robots.load("h1"), MODELS / "h1" / "walking")


@pytest.fixture
def glide(walking: PolicySkill) -> GaitRecord:
    """One robot that glides ahead at 0.5 m/s until 8.4 s, stands, and turns at 0.5 rad/s from 20 s on."""
    joints = np.tile(walking.robot.default_pose, (STEPS, 1, 1))
    base = np.zeros((STEPS, 1, 3))
    base[:, 0, 0] = 0.5 * np.clip(TIME, 0.0, 8.4)
    base[:, 0, 2] = 1.0
    gravity = np.tile([0.0, 0.0, -1.0], (STEPS, 1, 1))
    still, none = np.zeros((STEPS, 1, 2)), np.zeros((STEPS, 1), dtype=np.bool_)
    heading = np.zeros((STEPS, 1))
    heading[:, 0] = 0.5 * np.clip(TIME - 20.0 + DT, 0.0, None)
    return GaitRecord(
        base=base, heading=heading, gravity=gravity, joints=joints,
        rates=np.zeros_like(joints), torques=np.zeros_like(joints), feet=np.zeros((STEPS, 1, 2, 3)), pitch=still,
        contact=still == 0.0, stepping=none,
    )  # fmt: skip


def figures(skill: PolicySkill, record: GaitRecord) -> dict[str, float]:
    found = figures_of(skill, record, np.array([8.4]), np.array([50.0]))
    assert list(found) and set(found) == set(GAIT)
    return {name: float(values[0]) for name, values in found.items()}


def test_a_robot_that_glides_moves_nothing_but_itself(walking: PolicySkill, glide: GaitRecord) -> None:
    found = figures(walking, glide)
    assert found["speed"] == pytest.approx(0.5)
    assert found["turn_seconds"] == pytest.approx(np.pi / 2 / 0.5, abs=DT)
    assert found["turn_rate"] == pytest.approx(90.0 / found["turn_seconds"])
    assert found["knee"] == pytest.approx(np.degrees(0.52))
    nothing = set(GAIT) - {"speed", "turn_seconds", "turn_rate", "knee", "rest_seconds", "rest_within_3_s"}
    assert {name: round(found[name], 6) for name in nothing} == dict.fromkeys(nothing, 0.0)
    assert found["rest_seconds"] == 0.0 and found["rest_within_3_s"] == 1.0


def test_ranges_over_a_cycle_are_twice_the_amplitude(walking: PolicySkill, glide: GaitRecord) -> None:
    wave = np.sin(2 * np.pi * TIME / 0.8)
    base, joints, gravity = glide.base.copy(), glide.joints.copy(), glide.gravity.copy()
    base[:, 0, 2] += 0.02 * wave
    joints[:, 0, walking.robot.role("shoulder_pitch", "left")] += 0.2 * wave
    gravity[:, 0, 0] = np.sin(0.1 * wave)
    found = figures(walking, replace(glide, base=base, joints=joints, gravity=gravity))
    assert found["pelvis_range"] == pytest.approx(0.04, rel=0.01)
    assert found["arm_swing"] == pytest.approx(np.degrees(0.2), rel=0.01)  # one arm of two swings, by 0.4 in all
    assert found["tilt_range"] == pytest.approx(np.degrees(0.2), rel=0.01)
    assert found["jerk"] == pytest.approx(0.02 * (2 * np.pi / 0.8) ** 3 / np.sqrt(2), rel=0.02)


def test_feet_count_in_the_air_for_pitch_and_on_the_ground_for_slip(walking: PolicySkill, glide: GaitRecord) -> None:
    contact, pitch, feet = glide.contact.copy(), glide.pitch.copy(), glide.feet.copy()
    pitch[:, 0, :] = 0.3
    assert figures(walking, replace(glide, pitch=pitch))["foot_pitch"] == 0.0
    contact[:, 0, 0] = False
    feet[:, 0, 0, 0] = 2.0 * TIME  # the one in the air
    feet[:, 0, 1, 0] = 0.25 * TIME
    found = figures(walking, replace(glide, pitch=pitch, contact=contact, feet=feet))
    assert found["foot_pitch"] == pytest.approx(np.degrees(0.3) / 2)  # mean of both feet
    assert found["slip_speed_p95"] == pytest.approx(0.25)


def test_cost_of_transport_is_power_over_weight_times_speed(walking: PolicySkill, glide: GaitRecord) -> None:
    torques, rates = np.full_like(glide.torques, -2.0), np.full_like(glide.rates, 0.5)
    found = figures(walking, replace(glide, torques=torques, rates=rates))
    assert found["cost_of_transport"] == pytest.approx(walking.robot.num_joints * 1.0 / (50.0 * GRAVITY * 0.5))


def test_a_robot_that_steps_back_rests_only_afterwards(walking: PolicySkill, glide: GaitRecord) -> None:
    """Half a metre per second back from 10.4 to 10.8 s, leaning by 0.2 rad: two seconds after it was to stop."""
    base, gravity = glide.base.copy(), glide.gravity.copy()
    base[:, 0, 0] -= 0.5 * np.clip(TIME - 10.4, 0.0, 0.4)
    gravity[(TIME > 10.0) & (TIME < 10.4), 0, 0] = -np.sin(0.2)
    found = figures(walking, replace(glide, base=base, gravity=gravity))
    assert found["step_back"] == pytest.approx(0.2)
    assert found["lean_back"] == pytest.approx(np.degrees(0.2))
    assert 2.1 < found["rest_seconds"] < 2.4  # the window of half a second still holds enough of it
    assert found["standing_drift"] == 0.0


def test_commands_follow_the_card() -> None:
    stop = np.array([8.1, 8.7])
    assert not commands(0.5, stop, 0.7, 0.6).any()
    np.testing.assert_allclose(commands(8.4, stop, 0.7, 0.6), [[0, 0, 0], [0.7, 0, 0]])
    np.testing.assert_allclose(commands(20.0, stop, 0.7, 0.6), [[0, 0, 0.6], [0, 0, 0.6]])


def test_the_shipped_walking_has_a_card(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["eval", "gait", "--episodes", "3", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["fall_rate"] == 0.0 and set(found["mean"]) == set(GAIT)
    assert 0.5 < found["mean"]["speed"] < 0.8
    assert 0.01 < found["mean"]["pelvis_range"] < 0.06


def test_robots_that_fall_are_left_out(walking: PolicySkill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.walks.fallen", lambda state, lowest: np.ones(state.num, dtype=np.bool_))
    monkeypatch.setattr("sim.gait._END", 20.1)
    found = measure_gait(walking, 1, 7)
    assert found["fall_rate"] == 1.0
    assert found["undefined"]["mean.speed"] == "no robot came so far"
