"""Unitree H1: 19 joints, 51.6 kg, fixed wrists.

Source: gains and default pose are ours, tuned for standing and walking with a 40 N m ankle; rotor armature
0.1 kg m^2 as in MuJoCo Menagerie's ``unitree_h1`` (a round figure there too, not a datasheet value).
"""

from __future__ import annotations

from robots.shapes import box, both_sides, capsule, cylinder, ellipsoid, sphere
from robots.spec import Sole, Spec
from skillblend.contracts import Frame

_DARK, _GREY, _LIGHT = "dark", "grey", "light"

_COLLISIONS = (
    capsule("torso_link", (0.0, -0.06, 0.38), (0.0, 0.06, 0.38), 0.1),
    capsule("torso_link", (0.0, 0.0, 0.1), (0.0, 0.0, 0.3), 0.1),
    sphere("torso_link", (0.05, 0.0, 0.65), 0.08),
    capsule("pelvis", (0.0, -0.08, -0.1), (0.0, 0.08, -0.1), 0.08),
) + both_sides(
    (
        capsule("left_hip_pitch_link", (0.02, 0.0, 0.0), (0.02, 0.0, -0.36), 0.05),
        capsule("left_knee_link", (0.02, 0.0, -0.02), (0.02, 0.0, -0.36), 0.04),
        capsule("left_shoulder_yaw_link", (0.0, 0.0, 0.1), (0.0, 0.0, -0.18), 0.04),
        capsule("left_elbow_link", (0.02, 0.0, -0.012), (0.22, 0.0, -0.015), 0.035),
        sphere("left_elbow_link", (0.28, 0.0, -0.015), 0.03, name="left_hand_collision"),
    )
)

_VISUALS = (
    box("pelvis", (0.0, 0.0, -0.1), (0.07, 0.08, 0.07), _DARK),
    box("torso_link", (0.0, 0.0, 0.3), (0.08, 0.11, 0.17), _LIGHT),
    ellipsoid("torso_link", (0.05, 0.0, 0.65), (0.08, 0.07, 0.11), _DARK),
) + both_sides(
    (
        cylinder("left_hip_yaw_link", (-0.1, 0.0, 0.0), (-0.03, 0.0, 0.0), 0.06, _DARK),
        cylinder("left_hip_roll_link", (0.0, -0.05, 0.0), (0.0, 0.02, 0.0), 0.06, _DARK),
        capsule("left_hip_pitch_link", (0.01, 0.0, 0.0), (0.01, 0.0, -0.36), 0.06, _LIGHT),
        capsule("left_knee_link", (0.01, 0.0, -0.02), (0.01, 0.0, -0.36), 0.045, _GREY),
        box("left_ankle_link", (0.05, 0.0, -0.055), (0.11, 0.04, 0.012), _DARK),
        sphere("left_shoulder_pitch_link", (0.0, 0.05, -0.015), 0.055, _DARK),
        capsule("left_shoulder_roll_link", (0.0, 0.0, 0.0), (0.0, 0.0, -0.12), 0.05, _LIGHT),
        capsule("left_shoulder_yaw_link", (0.0, 0.0, -0.02), (0.0, 0.0, -0.19), 0.042, _GREY),
        capsule("left_elbow_link", (0.0, 0.0, -0.01), (0.22, 0.0, -0.015), 0.036, _LIGHT),
        sphere("left_elbow_link", (0.28, 0.0, -0.015), 0.04, _DARK),
    )
)

SPEC = Spec(
    name="h1",
    gains={
        "hip_yaw": (200.0, 5.0),
        "hip_roll": (200.0, 5.0),
        "hip_pitch": (250.0, 6.0),
        "knee": (300.0, 6.0),
        "ankle": (120.0, 4.0),
        "torso": (300.0, 6.0),
        "shoulder": (100.0, 3.0),
        "elbow": (60.0, 2.0),
    },
    armature={"": 0.1},
    pose={"hip_pitch": -0.18, "knee": 0.52, "ankle": -0.34, "elbow": 0.6, "shoulder_pitch": 0.1},
    sole=Sole(body="left_ankle_link", x=(-0.045, 0.14), y=(0.03, 0.03), z=-0.055, radius=0.015),
    foot=Frame(body="left_ankle_link", offset=(0.05, 0.0, -0.07)),
    hand=Frame(body="left_elbow_link", offset=(0.28, 0.0, -0.015)),
    shapes=_COLLISIONS + _VISUALS,
)
