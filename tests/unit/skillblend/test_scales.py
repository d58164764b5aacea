"""Scales: the reference body's are one, others follow from their own kinematics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

import robots
from skillblend.behaviours import BEHAVIOURS
from skillblend.behaviours.base import Stage
from skillblend.behaviours.hands import better_hand
from skillblend.behaviours.raise_hands import raised_goal
from skillblend.bundle import Bundle
from skillblend.contracts import Array, Robot, Step
from skillblend.errors import PlanError
from skillblend.kinematics import Limbs
from skillblend.policy import Mlp
from skillblend.safety.rules import PlanRules
from skillblend.scales import GRAVITY, Scales
from skillblend.skills.gait import WalkingConfig
from skillblend.skills.reaching import ReachingConfig, ReachingController
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import SKILLS
from skillblend.skills.walking import WalkingController
from skillblend.skillset import SkillSet


@pytest.fixture
def scales(robot: Robot) -> Scales:
    return Scales.of(robot)


def test_the_reference_body_keeps_its_values_to_the_last_bit() -> None:
    h1 = robots.load("h1")
    own = Scales.of(h1)
    ratios = (own.length, own.time, own.speed, own.roll_length, own.weight, own.torque, own.stance, own.reach)
    assert ratios == (1.0,) * 8
    assert own.fallen_height == 0.6
    assert own.place((0.22, 0.24, 0.98)) == (0.22, 0.24, 0.98)
    assert WalkingConfig.for_robot(h1) == WalkingConfig()
    assert ReachingConfig.for_robot(h1) == ReachingConfig()
    assert WalkingController(h1).upright.identity


def test_sizes_are_those_of_the_compiled_model(robot: Robot, scales: Scales) -> None:
    model = mujoco.MjModel.from_xml_string(robot.mjcf)
    data = mujoco.MjData(model)
    data.qpos[:7] = [0, 0, robot.base_height, 1, 0, 0, 0]
    data.qpos[7:] = robot.default_pose
    mujoco.mj_forward(model, data)
    feet = np.array([data.site(f"{side}_foot").xpos for side in ("left", "right")])
    assert scales.mass == pytest.approx(float(model.body_subtreemass[1]))
    assert scales.stance_width == pytest.approx(feet[0, 1] - feet[1, 1])

    def anchor(role: str) -> Array:
        return data.joint(robot.joint_names[robot.role(role, "left")]).xanchor

    assert scales.leg == pytest.approx(anchor("hip_pitch")[2] - feet[0, 2], abs=1e-9)
    hand = data.site("left_hand").xpos
    upper, fore = anchor("elbow") - anchor("shoulder_pitch"), hand - anchor("elbow")
    assert scales.arm == pytest.approx(np.linalg.norm(upper) + np.linalg.norm(fore))
    assert scales.shoulder == pytest.approx(anchor("shoulder_pitch") - feet.mean(axis=0))


def test_speeds_have_the_froude_number_of_the_reference(robot: Robot, scales: Scales) -> None:
    froude = (1.0 * scales.speed) ** 2 / (GRAVITY * scales.leg)
    own = Scales.of(robots.load("h1"))
    assert froude == pytest.approx(1.0 / (GRAVITY * own.leg), rel=1e-5)


def test_a_standing_robot_has_not_fallen_and_a_lying_one_has(robot: Robot, scales: Scales) -> None:
    assert 0.5 * robot.base_height < scales.fallen_height < 0.7 * robot.base_height


def test_a_stride_covers_what_the_command_asks_for(robot: Robot, scales: Scales) -> None:
    """In half a cycle a foot on the ground goes from stride forward to stride back: 2 stride leg = v period / 2."""
    config = WalkingConfig.for_robot(robot)
    assert 4 * config.stride * scales.leg / config.period == pytest.approx(1.0, abs=0.015)
    assert 4 * config.sway * scales.roll_lever / config.period == pytest.approx(1.0, abs=0.015)
    assert 4 * config.turn / config.period == pytest.approx(1.0, abs=0.015)
    assert config.period / (2 * robot.control_dt) == pytest.approx(round(config.period / (2 * robot.control_dt)))


def test_the_swing_lifts_the_same_share_of_the_leg(robot: Robot, scales: Scales) -> None:
    config, legs = WalkingConfig.for_robot(robot), Limbs(robot, robot.feet)
    pose, still = robot.default_pose[None].copy(), np.zeros((1, robot.num_joints))
    ground = legs(pose, still).position[0, 0, 2]
    for role, share in (("hip_pitch", -1.0), ("knee", 2.0), ("ankle_pitch", -1.0)):
        pose[0, robot.role(role, "left")] += share * config.swing
    lift = legs(pose, still).position[0, 0, 2] - ground
    assert lift / scales.leg == pytest.approx(0.0753, abs=2e-4)


def test_a_unit_action_asks_for_no_more_than_its_share_of_torque(robot: Robot, scales: Scales) -> None:
    controller = WalkingController(robot)
    torque = controller.action_scale * robot.stiffness[controller.legs] / scales.moment
    ankles = np.array(["ankle" in robot.joint_names[j] for j in controller.legs])
    assert torque[ankles].max() <= 0.0901
    assert torque[~ankles].max() <= 0.2121
    assert controller.action_scale.max() <= 0.3
    reaching = ReachingController(robot)
    torque = reaching.scale[controller.legs] * robot.stiffness[controller.legs] / scales.moment
    assert torque[ankles].max() <= 0.0901
    assert reaching.scale.min() > 0.0
    assert reaching.scale[controller.legs].max() <= 0.25


def test_reaching_goals_lie_around_the_robots_own_arms(robot: Robot, scales: Scales) -> None:
    space = ReachingController(robot).goal_space
    shoulder = np.array(scales.shoulder)
    farthest = np.maximum(np.abs(space.lower[:3] - shoulder), np.abs(space.upper[:3] - shoulder))
    assert (farthest < 1.3 * scales.arm).all()
    rest = Limbs(robot, robot.hands)(robot.default_pose[None], np.zeros((1, robot.num_joints))).position[0, 0]
    feet = Limbs(robot, robot.feet)(robot.default_pose[None], np.zeros((1, robot.num_joints))).position[0]
    hanging = rest - feet.mean(axis=0)
    assert (hanging > space.lower[:3]).all()
    assert (hanging < space.upper[:3]).all()


def test_roles_name_the_same_part_of_every_robot(robot: Robot) -> None:
    own = set(robot.joint_roles)
    assert set(robots.load("h1").joint_roles) <= own
    assert len(own) == robot.num_joints
    for j, role in enumerate(robot.joint_roles):
        side = role.partition("_")[0]
        paired = side in ("left", "right")
        assert robot.role(role.partition("_")[2] if paired else role, side if paired else "") == j


def test_places_are_as_far_from_the_shoulder_for_the_arm(scales: Scales) -> None:
    own = Scales.of(robots.load("h1"))
    for point in ((0.36, 0.17, 1.1), (0.2, 0.28, 1.5)):
        mine = (np.array(scales.place(point)) - scales.shoulder) / scales.arm
        assert mine == pytest.approx((np.array(point) - own.shoulder) / own.arm, abs=2e-3)


def test_raised_hands_are_above_the_shoulders_and_in_reach(robot: Robot, scales: Scales) -> None:
    goal = raised_goal(robot).reshape(2, 3)
    space = ReachingController(robot).goal_space
    assert (goal[:, 2] > scales.shoulder[2]).all()
    assert (goal.ravel() >= space.lower).all()
    assert (goal.ravel() <= space.upper).all()
    assert raised_goal(robots.load("h1")).tolist() == [0.20, 0.28, 1.50, 0.20, -0.28, 1.50]


class AtTheOrigin:
    """What a robot that stands at the origin knows of itself."""

    def stances(self) -> tuple[Array, Array]:
        return np.zeros((1, 3)), np.zeros(1)


def stage(robot: Robot) -> Stage:
    """A robot whose networks say zero whatever they see, at the origin."""
    skills: dict[str, PolicySkill[Any]] = {}
    for name in ("walking", "reaching"):
        made: Any = SKILLS[name].make(robot, None)
        layer = (
            np.zeros((made.action_size, made.observation_size), np.float32),
            np.zeros(made.action_size, np.float32),
        )
        actor = Mlp([layer])
        skills[name] = PolicySkill(made, Bundle(folder=Path(), config={}, actor=actor, critic=actor, digest=""))
    perception: Any = AtTheOrigin()
    return Stage(skills=SkillSet(skills), perception=perception, rules=PlanRules.for_robot(robot))


def test_walking_is_asked_for_the_same_share_of_the_bodys_speed(robot: Robot, scales: Scales) -> None:
    step = Step(text="walk forward one metre", behaviour="walk", arguments=("forward", "1"))
    question = BEHAVIOURS["walk"].affordance(step, 0, stage(robot))
    assert question is not None
    assert question.goal == pytest.approx([0.5 * scales.speed, 0.0, 0.0])


def test_a_hand_stretches_by_the_same_share_of_the_arm(robot: Robot, scales: Scales) -> None:
    on, farthest = stage(robot), ReachingController(robot).goal_space.upper[:3]
    assert better_hand(on, 0, (farthest + [0.14 * scales.reach, 0.0, 0.0], None)) == 0
    with pytest.raises(PlanError, match="beyond the arms' reach"):
        better_hand(on, 0, (farthest + [0.16 * scales.reach, 0.0, 0.0], None))
