"""Unitree H1-2: 27 joints, 67.4 kg, hands with welded fingers; 21 joints with forearms and wrists locked.

Source: gains start from SkillBlender's (200, 300 and 40 N m/rad at hip, knee and ankle) and are stiffer along
the leg: to stand without feedback, two ankles, in series with hips and knees, must exceed
``m g h = 67.4 * 9.81 * 0.84 = 556 N m/rad``. Rotor armature and sole (its depth too) are ours: neither a
datasheet nor the table gives them. Motors are numbered as in the public low-level examples of unitree_sdk2_python
(BSD-3-Clause), where the elbow roll is called wrist roll; the axes of the IMU are assumed to be parallel to the
torso's, as in the H1.
"""

from __future__ import annotations

from robots.h1 import TORSO
from robots.loft import loft
from robots.shapes import both_sides, capsule, cylinder, ellipsoid, palm, sphere
from robots.spec import ARM, Sole, Spec, motors_in_order
from skillblend.contracts import Frame, Wiring

# fmt: off
_COLLISIONS = (
    capsule("torso_link", (0.0, -0.06, 0.38), (0.0, 0.06, 0.38), 0.1),
    capsule("torso_link", (0.0, 0.0, 0.1), (0.0, 0.0, 0.3), 0.1),
    sphere("torso_link", (0.05, 0.0, 0.65), 0.08),
    capsule("pelvis", (0.0, -0.08, -0.07), (0.0, 0.08, -0.07), 0.075),
) + both_sides(
    (
        capsule("left_hip_roll_link", (0.0, 0.0, -0.05), (0.0, 0.0, -0.35), 0.06),
        capsule("left_knee_link", (0.0, 0.0, -0.04), (0.0, 0.0, -0.34), 0.05),
        capsule("left_shoulder_yaw_link", (0.0, 0.0, 0.08), (0.0, 0.0, -0.16), 0.042),
        capsule("left_elbow_pitch_link", (0.0, -0.033, -0.01), (0.1, -0.033, -0.01), 0.038),
        capsule("left_elbow_roll_link", (-0.01, 0.0, 0.0), (0.08, 0.0, 0.0), 0.032),
        sphere("left_wrist_yaw_link", (0.12, 0.0, 0.0), 0.03, name="left_hand_collision"),
        palm("left_wrist_yaw_link", (0.13, 0.0, 0.0), (0.08, 0.017, 0.04)),
    )
)

_VISUALS = (
    loft("pelvis", "y", [(-0.15, -0.05, 0.05, -0.08, -0.02), (-0.1, -0.07, 0.067, -0.09, -0.01),
                         (0.1, -0.07, 0.067, -0.09, -0.01), (0.15, -0.05, 0.05, -0.08, -0.02)],
         "dark", power=4.0, bevel=0.015),
    cylinder("pelvis", (0.0, 0.0, -0.02), (0.0, 0.0, 0.006), 0.06, "black"),
    *TORSO,
) + both_sides(
    (
        # hip
        cylinder("left_hip_yaw_link", (0.0, 0.0, 0.03), (0.0, 0.0, 0.085), 0.055, "black"),
        loft("left_hip_yaw_link", "y", [(-0.06, -0.045, 0.045, -0.045, 0.05),
                                        (0.0, -0.058, 0.058, -0.058, 0.058),
                                        (0.012, -0.058, 0.058, -0.058, 0.058)], "dark", power=2.4),
        cylinder("left_hip_pitch_link", (0.0, -0.062, 0.0), (0.0, 0.03, 0.0), 0.064, "black"),
        cylinder("left_hip_pitch_link", (-0.072, 0.0, 0.0), (0.06, 0.0, 0.0), 0.05, "dark"),
        # leg
        loft("left_hip_roll_link", "z", [
            (-0.445, -0.022, 0.03, -0.04, 0.04), (-0.405, -0.045, 0.05, -0.05, 0.048),
            (-0.36, -0.05, 0.056, -0.053, 0.05), (-0.3, -0.052, 0.062, -0.056, 0.053),
            (-0.22, -0.058, 0.07, -0.064, 0.058), (-0.13, -0.064, 0.074, -0.07, 0.062),
            (-0.06, -0.064, 0.072, -0.066, 0.062), (0.0, -0.056, 0.062, -0.03, 0.06),
            (0.05, -0.034, 0.04, 0.03, 0.056)], "light", power=2.8, segments=24),
        cylinder("left_hip_roll_link", (0.0, -0.058, -0.4), (0.0, 0.056, -0.4), 0.044, "black"),
        loft("left_knee_link", "z", [
            (-0.4, -0.018, 0.02, -0.02, 0.02), (-0.36, -0.024, 0.026, -0.026, 0.026),
            (-0.3, -0.034, 0.034, -0.033, 0.033), (-0.22, -0.052, 0.044, -0.046, 0.046),
            (-0.15, -0.06, 0.05, -0.05, 0.05), (-0.08, -0.054, 0.054, -0.046, 0.046),
            (-0.02, -0.044, 0.054, -0.036, 0.036), (0.04, -0.02, 0.044, -0.03, 0.03)], "dark", power=2.7),
        loft("left_knee_link", "z", [
            (-0.28, 0.0, 0.039, -0.022, 0.022), (-0.15, 0.0, 0.054, -0.03, 0.03),
            (-0.04, 0.0, 0.058, -0.026, 0.026)], "grey", power=2.6),
        cylinder("left_ankle_pitch_link", (0.0, -0.024, 0.0), (0.0, 0.024, 0.0), 0.02, "black"),
        capsule("left_ankle_pitch_link", (-0.02, 0.0, -0.02), (0.02, 0.0, -0.02), 0.015, "black"),
        # foot
        loft("left_ankle_roll_link", "x", [
            (-0.08, -0.026, 0.026, -0.045, -0.03), (-0.05, -0.036, 0.036, -0.045, -0.03),
            (0.05, -0.038, 0.038, -0.045, -0.032), (0.12, -0.042, 0.042, -0.045, -0.032),
            (0.172, -0.026, 0.026, -0.044, -0.032)], "black", power=4.0, bevel=0.004, segments=28),
        loft("left_ankle_roll_link", "x", [
            (-0.078, -0.022, 0.022, -0.034, -0.012), (-0.04, -0.032, 0.032, -0.034, 0.006),
            (0.0, -0.032, 0.032, -0.034, 0.014), (0.04, -0.034, 0.034, -0.034, 0.002),
            (0.09, -0.038, 0.038, -0.034, -0.014), (0.14, -0.036, 0.036, -0.034, -0.021),
            (0.168, -0.022, 0.022, -0.034, -0.025)], "grey", power=2.6),
        # arm
        cylinder("torso_link", (0.0, 0.09, 0.408), (0.0, 0.152, 0.424), 0.042, "dark"),
        sphere("left_shoulder_pitch_link", (0.0, 0.06, -0.006), 0.054, "black"),
        cylinder("left_shoulder_pitch_link", (0.0, 0.0, 0.0), (0.0, 0.05, -0.004), 0.042, "dark"),
        loft("left_shoulder_roll_link", "z", [
            (-0.15, -0.074, 0.006, -0.04, 0.04), (-0.1, -0.082, 0.014, -0.047, 0.047),
            (-0.05, -0.082, 0.018, -0.048, 0.048), (0.0, -0.078, 0.016, -0.046, 0.046),
            (0.044, -0.05, -0.012, -0.024, 0.024)], "light", power=2.6),
        loft("left_shoulder_yaw_link", "z", [
            (-0.22, -0.02, 0.03, -0.032, 0.03), (-0.18, -0.034, 0.042, -0.037, 0.033),
            (-0.12, -0.034, 0.036, -0.035, 0.034), (-0.05, -0.034, 0.034, -0.034, 0.034),
            (0.0, -0.04, 0.04, -0.04, 0.04)], "dark", power=2.5),
        cylinder("left_elbow_pitch_link", (0.0, -0.07, 0.0), (0.0, 0.004, 0.0), 0.038, "black"),
        loft("left_elbow_pitch_link", "x", [
            (-0.036, -0.058, -0.008, -0.028, 0.024), (0.0, -0.066, 0.0, -0.044, 0.038),
            (0.05, -0.066, 0.0, -0.046, 0.026), (0.12, -0.062, -0.004, -0.042, 0.018)], "light", power=2.6),
        loft("left_elbow_roll_link", "x", [
            (0.001, -0.029, 0.029, -0.03, 0.03), (0.05, -0.028, 0.028, -0.028, 0.028),
            (0.09, -0.022, 0.022, -0.024, 0.024)], "dark", power=2.5),
        cylinder("left_wrist_pitch_link", (0.0, -0.027, 0.0), (0.0, 0.027, 0.0), 0.022, "black"),
        loft("left_wrist_yaw_link", "x", [(-0.02, -0.024, 0.024, -0.02, 0.02),
                                          (0.05, -0.025, 0.025, -0.024, 0.024)], "grey", power=2.6),
        # hand: palm, four fingers, thumb
        loft("left_wrist_yaw_link", "x", [
            (0.05, -0.016, 0.016, -0.024, 0.024), (0.09, -0.017, 0.017, -0.036, 0.036),
            (0.19, -0.015, 0.015, -0.04, 0.04)], "dark", power=3.0),
        *(capsule("left_wrist_yaw_link", (0.19, 0.0, z), (0.225, -0.01, z), 0.0085, "black")
          for z in (-0.03, -0.01, 0.01, 0.03)),
        *(capsule("left_wrist_yaw_link", (0.225, -0.01, z), (0.25, -0.034, z), 0.008, "black")
          for z in (-0.03, -0.01, 0.01, 0.03)),
        capsule("left_wrist_yaw_link", (0.115, -0.01, 0.032), (0.145, -0.035, 0.052), 0.01, "black"),
        capsule("left_wrist_yaw_link", (0.145, -0.035, 0.052), (0.185, -0.045, 0.042), 0.009, "black"),
        ellipsoid("left_wrist_yaw_link", (0.14, 0.013, 0.0), (0.04, 0.006, 0.03), "grey"),
    )
)
# fmt: on

SPEC = Spec(
    name="h1_2",
    gains={
        "hip_pitch": (300.0, 8.0),
        "hip": (200.0, 5.0),
        "knee": (400.0, 8.0),
        "ankle_pitch": (600.0, 12.0),
        "ankle_roll": (200.0, 5.0),
        "torso": (300.0, 6.0),
        "shoulder": (100.0, 3.0),
        "elbow_pitch": (60.0, 2.0),
        "elbow_roll": (40.0, 1.0),
        "wrist": (40.0, 1.0),
    },
    armature={"knee": 0.04, "hip": 0.025, "torso": 0.025, "ankle": 0.02, "shoulder": 0.01, "": 0.005},
    pose={"hip_pitch": -0.195, "knee": 0.5, "ankle_pitch": -0.305, "shoulder_pitch": 0.1, "elbow_pitch": 0.6},
    sole=Sole(body="left_ankle_roll_link", x=(-0.05, 0.14), y=(0.03, 0.035), z=-0.03, radius=0.015),
    foot=Frame(body="left_ankle_roll_link", offset=(0.045, 0.0, -0.045)),
    hand=Frame(body="left_wrist_yaw_link", offset=(0.12, 0.0, 0.0)),
    shapes=_COLLISIONS + _VISUALS,
    roles={"elbow": "elbow_pitch"},
    welded=("L_", "R_"),
    lockable=("elbow_roll", "wrist"),
    wiring=Wiring(
        family="hg",
        motors=motors_in_order((0, 6), ("hip_yaw", "hip_pitch", "hip_roll", "knee", "ankle_pitch", "ankle_roll"))
        | {"torso_joint": 12}
        | motors_in_order((13, 20), (*ARM, "elbow_pitch", "elbow_roll", "wrist_pitch", "wrist_yaw")),
        imu="torso",
    ),
)
