"""Scales of a robot: what its own kinematics and weight say about lengths, times, speeds and torques.

Numbers of skills, tasks and rules that are shares of a body are written once, for a reference body, and scaled by
the ratios given here. A length goes with the leg, a time and a speed with its square root (equal Froude numbers, so
that gaits are dynamically similar), a torque with weight times leg.

Source: Alexander, "Optimization and Gaits in the Locomotion of Vertebrates", Physiological Reviews 69 (1989), for
dynamic similarity at equal Froude numbers. The reference body is the H1, for which the numbers were found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, Robot
from skillblend.kinematics import Limbs, home_chain

GRAVITY = 9.81
"""m/s^2."""

_LEG = 0.8406393433
_ROLL_LEVER = 0.8406393433
_MASS = 51.649896
_BASE_HEIGHT = 1.0148393433
_STANCE_WIDTH = 0.40572
_ARM = 0.6092268109
_SHOULDER = (-0.0221849925, 0.15535, 1.4448293433)
"""The reference body. Source: `Scales.of` the H1 of this project, from Unitree's published model."""

_FALLEN = 0.6
"""Base height at which the reference body counts as fallen, m."""


LEG_PARTS = ("hip", "knee", "ankle")
"""What the names of leg joints contain."""

_WIDEST, _ANKLE_SHARE, _JOINT_SHARE = 0.3, 0.09, 0.212
"""Where a unit action is at most the first, rad: its largest torque as a share of weight times leg, at ankles and at
hips and knees."""


@dataclass(frozen=True, kw_only=True)
class Scales:
    """Sizes of a robot in its default pose, and what follows from them.

    Attributes:
        leg: From the hip pitch axis to the sole: how far the sole moves forward per hip pitch, m/rad.
        roll_lever: How far the sole moves sideways per hip roll, m/rad.
        mass: kg.
        base_height: Of the base above the ground, m.
        stance_width: Between the sole centres, m.
        arm: Upper arm and forearm, from the shoulder pitch axis to the wrist, m.
        shoulder: Left shoulder in the stance frame (on the ground between the soles, x forward, y left), m.
    """

    leg: float
    roll_lever: float
    mass: float
    base_height: float
    stance_width: float
    arm: float
    shoulder: tuple[float, float, float]

    @staticmethod
    def of(robot: Robot) -> Scales:
        """Measure `robot`: Jacobians of its soles, its default pose, its masses."""
        home, still = robot.default_pose[None], np.zeros((1, robot.num_joints))
        legs = Limbs(robot, robot.feet)
        feet = legs(home, still).position[0]

        def lever(role: str) -> Array:
            rate = still.copy()
            rate[0, robot.role(role, "left")] = 1.0
            return legs(home, rate).velocity[0, 0]

        arm = home_chain(robot, robot.hands[0])
        at = {int(joint): place for joint, place in zip(arm.joints, arm.origins, strict=True)}
        shoulder, elbow = (at[robot.role(role, "left")] for role in ("shoulder_pitch", "elbow"))
        place = shoulder - feet.mean(axis=0)
        return Scales(
            leg=abs(float(lever("hip_pitch")[0])),
            roll_lever=abs(float(lever("hip_roll")[1])),
            mass=float(sum(body.mass for body in robot.bodies)),
            base_height=robot.base_height,
            stance_width=float(feet[0, 1] - feet[1, 1]),
            arm=float(np.linalg.norm(elbow - shoulder) + np.linalg.norm(arm.tip - elbow)),
            shoulder=(float(place[0]), float(place[1]), float(place[2])),
        )

    @property
    def length(self) -> float:
        """Ratio of legs, s: of lengths in a gait."""
        return _ratio(self.leg, _LEG)

    @property
    def time(self) -> float:
        """Ratio of times at equal Froude numbers: sqrt(s)."""
        return self.length**0.5

    @property
    def speed(self) -> float:
        """Ratio of speeds at equal Froude numbers: sqrt(s)."""
        return self.length**0.5

    @property
    def roll_length(self) -> float:
        """Ratio of hip roll levers."""
        return _ratio(self.roll_lever, _ROLL_LEVER)

    @property
    def weight(self) -> float:
        """Ratio of masses."""
        return _ratio(self.mass, _MASS)

    @property
    def torque(self) -> float:
        """Ratio of weight times leg."""
        return self.weight * self.length

    @property
    def stance(self) -> float:
        """Ratio of stance widths."""
        return _ratio(self.stance_width, _STANCE_WIDTH)

    @property
    def reach(self) -> float:
        """Ratio of arms."""
        return _ratio(self.arm, _ARM)

    @property
    def moment(self) -> float:
        """Weight times leg, N m: what tips a robot that leans by a radian."""
        return self.mass * GRAVITY * self.leg

    @property
    def fallen_height(self) -> float:
        """Base height below which the robot counts as fallen: the same share of its standing height, m."""
        return _FALLEN * _ratio(self.base_height, _BASE_HEIGHT)

    def place(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """Where this robot's left hand is at `point` of the reference body's stance frame, to the millimetre, m.

        Distances from the shoulder go with the arm.
        """
        x, y, z = (
            round(mine + (p - other) * self.reach, 3)
            for p, mine, other in zip(point, self.shoulder, _SHOULDER, strict=True)
        )
        return x, y, z


def leg_action_scale(robot: Robot, scales: Scales, most: float) -> tuple[float, ...]:
    """Angle per unit action of each leg joint, rad: `most`, or what takes its share of weight times leg as torque.

    Shares go with `most`: a skill whose actions are narrower on the reference body has less torque on all.

    A stiff ankle (G1: 200 N m/rad for 33 kg) would else lift its robot onto the toes at the first exploration.
    """
    legs = robot.joints(*LEG_PARTS)
    ankle = np.array(["ankle" in robot.joint_names[j] for j in legs])
    share = np.where(ankle, _ANKLE_SHARE, _JOINT_SHARE) * (most / _WIDEST)
    each = np.minimum(most, share * scales.moment / robot.stiffness[legs])
    return tuple(round(float(angle), 4) for angle in each)


def _ratio(value: float, reference: float) -> float:
    """Of two sizes, to six digits: of the reference body to itself exactly one, however libraries round."""
    return round(value / reference, 6)
