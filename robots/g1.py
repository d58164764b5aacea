"""Unitree G1: 29 joints, 33.3 kg; 21 joints where wrists and waist roll and pitch are locked.

Source: rotor armature is the reflected inertia that MuJoCo Menagerie's ``g1_mjx`` lists per motor; contact
points are the sole spheres of the table; gains start from SkillBlender's (20 N m/rad at the ankle) and are
stiffer there: to stand without feedback, two ankles, in series with hips and knees, must exceed
``m g h = 33.3 * 9.81 * 0.63 = 206 N m/rad``. Motors are numbered as in the public low-level examples of
unitree_sdk2_python (BSD-3-Clause).
"""

from __future__ import annotations

from robots.loft import loft
from robots.shapes import both_sides, box, capsule, cylinder, ellipsoid, palm, sphere
from robots.spec import ARM, Sole, Spec, motors_in_order
from skillblend.contracts import Frame, Wiring

# fmt: off
_COLLISIONS = (
    capsule("torso_link", (0.005, -0.04, 0.22), (0.005, 0.04, 0.22), 0.075),
    capsule("torso_link", (0.005, -0.02, 0.07), (0.005, 0.02, 0.07), 0.065),
    sphere("torso_link", (0.01, 0.0, 0.42), 0.06),
    capsule("pelvis", (0.0, -0.03, -0.09), (0.0, 0.03, -0.09), 0.06),
) + both_sides(
    (
        capsule("left_hip_roll_link", (0.03, 0.0, 0.0), (0.025, 0.0, -0.1), 0.05),
        capsule("left_hip_yaw_link", (0.0, 0.0, -0.03), (-0.06, 0.0, -0.16), 0.045),
        capsule("left_knee_link", (0.012, 0.0, -0.02), (0.01, 0.0, -0.27), 0.035),
        capsule("left_shoulder_yaw_link", (0.0, 0.0, 0.05), (0.005, 0.0, -0.06), 0.032),
        capsule("left_elbow_link", (0.0, 0.0, -0.005), (0.12, 0.0, -0.01), 0.03),
        sphere("left_rubber_hand", (0.055, 0.0, 0.0), 0.03, name="left_hand_collision"),
        palm("left_rubber_hand", (0.058, 0.002, 0.0), (0.058, 0.016, 0.036)),
    )
)

_VISUALS = (
    # pelvis
    loft("pelvis", "z", [(-0.15, -0.04, 0.042, -0.026, 0.026), (-0.128, -0.054, 0.058, -0.04, 0.04),
                         (-0.085, -0.058, 0.061, -0.058, 0.058), (-0.05, -0.057, 0.06, -0.067, 0.067),
                         (-0.026, -0.052, 0.054, -0.064, 0.064)], "silver", power=3.2, segments=28),
    *(cylinder("pelvis", (0.0, 0.03 * s, -0.1027), (0.0, 0.066 * s, -0.1027), 0.048, "black")
      for s in (1, -1)),
    cylinder("pelvis", (0.0, 0.0, -0.03), (0.0, 0.0, 0.0), 0.046, "black"),
    cylinder("waist_yaw_link", (0.0, 0.0, 0.0), (0.0, 0.0, 0.034), 0.041, "dark"),
    box("waist_yaw_link", (-0.004, 0.0, 0.036), (0.016, 0.024, 0.014), "silver"),
    capsule("waist_roll_link", (-0.016, 0.0, 0.0), (0.016, 0.0, 0.0), 0.011, "dark"),
    # torso
    loft("torso_link", "z", [
        (-0.009, -0.05, 0.06, -0.066, 0.066), (0.025, -0.056, 0.067, -0.085, 0.085),
        (0.06, -0.059, 0.071, -0.095, 0.095), (0.13, -0.063, 0.078, -0.099, 0.099),
        (0.19, -0.066, 0.084, -0.104, 0.104), (0.235, -0.067, 0.08, -0.104, 0.104),
        (0.275, -0.062, 0.066, -0.1, 0.1), (0.312, -0.045, 0.042, -0.08, 0.08)],
        "silver", power=4.0, bevel=0.01, segments=36),
    box("torso_link", (0.0815, 0.0, 0.205), (0.002, 0.05, 0.004), "black"),
    *(cylinder("torso_link", (0.004, 0.08 * s, 0.24), (0.004, 0.104 * s, 0.249), 0.036, "silver")
      for s in (1, -1)),
    # neck and head
    loft("torso_link", "z", [(0.3, -0.05, 0.044, -0.072, 0.072), (0.318, -0.036, 0.028, -0.04, 0.04),
                             (0.345, -0.026, 0.022, -0.03, 0.03), (0.372, -0.02, 0.03, -0.028, 0.028)],
         "black", power=2.4, bevel=0.003),
    loft("torso_link", "x", [(0.0, -0.024, 0.024, 0.345, 0.372), (0.035, -0.03, 0.03, 0.338, 0.364),
                             (0.064, -0.024, 0.024, 0.342, 0.364)], "black"),
    *(capsule("torso_link", (0.056, 0.024 * s, 0.352), (0.06, 0.042 * s, 0.382), 0.008, "black")
      for s in (1, -1)),
    *(capsule("torso_link", (0.06, 0.042 * s, 0.382), (0.05, 0.05 * s, 0.43), 0.0085, "black")
      for s in (1, -1)),
    sphere("torso_link", (0.01, 0.0, 0.415), 0.028, "black"),
    loft("torso_link", "z", [
        (0.41, -0.052, 0.05, -0.052, 0.052), (0.428, -0.063, 0.068, -0.057, 0.057),
        (0.448, -0.065, 0.079, -0.058, 0.058), (0.466, -0.059, 0.074, -0.054, 0.054),
        (0.479, -0.046, 0.06, -0.043, 0.043), (0.488, -0.026, 0.038, -0.026, 0.026)],
        "black", power=2.3, bevel=0.004, segments=32),
    ellipsoid("torso_link", (0.06, 0.0, 0.435), (0.016, 0.04, 0.009), "dark"),
    box("torso_link", (0.0755, 0.0, 0.44), (0.002, 0.022, 0.003), "glow"),
) + both_sides(
    (
        # hip
        loft("left_hip_pitch_link", "y", [
            (0.0, -0.03, 0.03, -0.048, 0.03), (0.03, -0.04, 0.033, -0.06, 0.034),
            (0.06, -0.042, 0.038, -0.076, 0.03), (0.098, -0.034, 0.036, -0.072, 0.0)], "black", power=2.6),
        cylinder("left_hip_pitch_link", (-0.042, 0.052, -0.03), (0.034, 0.052, -0.036), 0.046, "black"),
        # leg
        loft("left_hip_roll_link", "z", [
            (-0.126, -0.026, 0.079, -0.046, 0.046), (-0.08, -0.02, 0.081, -0.049, 0.048),
            (-0.05, 0.0, 0.08, -0.05, 0.049), (-0.01, 0.024, 0.077, -0.049, 0.048),
            (0.046, 0.034, 0.066, -0.034, 0.034)], "silver", power=2.8, bevel=0.012),
        loft("left_hip_yaw_link", "z", [
            (-0.215, -0.112, -0.04, -0.03, 0.026), (-0.19, -0.122, -0.022, -0.036, 0.032),
            (-0.155, -0.112, 0.002, -0.04, 0.036), (-0.115, -0.09, 0.018, -0.042, 0.037),
            (-0.08, -0.06, 0.031, -0.041, 0.039), (-0.03, -0.056, 0.047, -0.043, 0.042),
            (0.0, -0.054, 0.052, -0.045, 0.044)], "silver", power=2.8, bevel=0.004),
        cylinder("left_hip_yaw_link", (-0.078, -0.046, -0.178), (-0.078, 0.02, -0.178), 0.046, "silver"),
        cylinder("left_hip_yaw_link", (-0.078, -0.049, -0.178), (-0.078, -0.046, -0.178), 0.036, "dark"),
        cylinder("left_knee_link", (0.0, -0.02, 0.0), (0.0, 0.036, 0.0), 0.04, "silver"),
        loft("left_knee_link", "z", [
            (-0.312, -0.012, 0.018, -0.018, 0.018), (-0.285, -0.014, 0.026, -0.02, 0.02),
            (-0.25, -0.014, 0.034, -0.02, 0.02), (-0.21, -0.022, 0.046, -0.028, 0.028),
            (-0.16, -0.032, 0.054, -0.035, 0.035), (-0.1, -0.036, 0.059, -0.037, 0.037),
            (-0.05, -0.037, 0.062, -0.036, 0.036), (0.0, -0.036, 0.063, -0.03, 0.034),
            (0.04, 0.01, 0.058, -0.02, 0.026)], "silver", power=2.7),
        box("left_knee_link", (-0.01, 0.0, -0.235), (0.008, 0.017, 0.05), "dark"),
        # foot
        sphere("left_ankle_pitch_link", (0.0, 0.0, 0.0), 0.016, "dark"),
        capsule("left_ankle_pitch_link", (0.0, 0.0, 0.0), (0.0, 0.0, -0.0176), 0.014, "dark"),
        loft("left_ankle_roll_link", "x", [
            (-0.066, -0.022, 0.022, -0.035, -0.024), (-0.04, -0.032, 0.032, -0.035, -0.024),
            (0.03, -0.035, 0.035, -0.035, -0.025), (0.09, -0.038, 0.038, -0.035, -0.025),
            (0.142, -0.02, 0.02, -0.034, -0.025)], "dark", power=3.5, bevel=0.004, segments=28),
        loft("left_ankle_roll_link", "x", [
            (-0.065, -0.02, 0.02, -0.028, 0.004), (-0.045, -0.029, 0.029, -0.028, 0.018),
            (-0.02, -0.03, 0.03, -0.028, 0.022), (0.03, -0.034, 0.034, -0.028, 0.022),
            (0.06, -0.036, 0.036, -0.028, 0.008), (0.1, -0.036, 0.036, -0.028, -0.006),
            (0.14, -0.02, 0.02, -0.028, -0.016)], "black", power=2.6),
        # arm
        loft("left_shoulder_pitch_link", "y", [
            (0.0, -0.03, 0.03, -0.034, 0.036), (0.03, -0.034, 0.034, -0.046, 0.034),
            (0.074, -0.028, 0.028, -0.044, 0.012)], "silver", power=2.6),
        loft("left_shoulder_roll_link", "z", [
            (-0.104, -0.031, 0.031, -0.03, 0.034), (-0.06, -0.034, 0.034, -0.029, 0.04),
            (-0.02, -0.039, 0.039, -0.03, 0.041), (0.01, -0.039, 0.039, -0.032, 0.038),
            (0.033, -0.024, 0.024, -0.022, 0.022)], "silver", power=2.5, bevel=0.003),
        cylinder("left_shoulder_roll_link", (-0.042, 0.002, -0.002), (0.042, 0.002, -0.002), 0.027, "silver"),
        loft("left_shoulder_yaw_link", "z", [
            (-0.108, -0.014, 0.036, -0.032, 0.022), (-0.08, -0.028, 0.046, -0.034, 0.024),
            (-0.05, -0.032, 0.04, -0.033, 0.026), (-0.02, -0.032, 0.03, -0.031, 0.031),
            (0.001, -0.033, 0.032, -0.032, 0.032)], "silver", power=2.5, bevel=0.003),
        cylinder("left_shoulder_yaw_link", (0.016, -0.042, -0.0805), (0.016, 0.02, -0.0805), 0.032, "silver"),
        loft("left_elbow_link", "x", [
            (-0.028, -0.01, 0.033, -0.02, 0.02), (0.0, -0.02, 0.035, -0.034, 0.03),
            (0.035, -0.031, 0.035, -0.043, 0.026), (0.075, -0.031, 0.035, -0.043, 0.024),
            (0.101, -0.028, 0.031, -0.039, 0.02)], "silver", power=2.6),
        loft("left_wrist_roll_link", "x", [(0.001, -0.029, 0.029, -0.029, 0.029),
                                           (0.054, -0.027, 0.027, -0.022, 0.022)], "dark", power=2.5),
        loft("left_wrist_pitch_link", "x", [(-0.026, -0.022, 0.021, -0.022, 0.022),
                                            (0.02, -0.025, 0.025, -0.026, 0.025),
                                            (0.062, -0.026, 0.026, -0.022, 0.021)], "silver", power=2.6),
        loft("left_wrist_yaw_link", "x", [(-0.016, -0.02, 0.02, -0.029, 0.029),
                                          (0.042, -0.023, 0.026, -0.029, 0.029)], "dark", power=2.6),
        # hand: palm, four fingers, thumb
        loft("left_rubber_hand", "x", [
            (0.0, -0.013, 0.019, -0.024, 0.026), (0.03, -0.011, 0.019, -0.034, 0.036),
            (0.068, -0.012, 0.016, -0.036, 0.036)], "silver", power=2.8),
        *(capsule("left_rubber_hand", (0.066, 0.002, z), (0.1, -0.01, 1.1 * z), 0.0085, "silver")
          for z in (-0.029, -0.01, 0.01, 0.029)),
        *(capsule("left_rubber_hand", (0.1, -0.01, 1.1 * z), (0.118, -0.034, 1.1 * z), 0.0078, "silver")
          for z in (-0.029, -0.01, 0.01, 0.029)),
        capsule("left_rubber_hand", (0.035, 0.0, 0.03), (0.068, -0.012, 0.055), 0.01, "silver"),
    )
)
# fmt: on

SPEC = Spec(
    name="g1",
    gains={
        "hip_pitch": (200.0, 5.0),
        "hip_roll": (150.0, 5.0),
        "hip_yaw": (150.0, 5.0),
        "knee": (200.0, 5.0),
        "ankle_pitch": (200.0, 5.0),
        "ankle_roll": (80.0, 3.0),
        "waist": (200.0, 5.0),
        "shoulder": (40.0, 2.0),
        "elbow": (40.0, 2.0),
        "wrist": (20.0, 1.0),
    },
    armature={
        "hip_roll": 0.0251,
        "hip": 0.0102,
        "knee": 0.0251,
        "ankle": 0.0072,
        "waist_yaw": 0.0102,
        "waist": 0.0072,
        "wrist_pitch": 0.00425,
        "wrist_yaw": 0.00425,
        "": 0.0036,
    },
    pose={
        "hip_pitch": -0.183,
        "knee": 0.42,
        "ankle_pitch": -0.237,
        "shoulder_pitch": 0.2,
        "left_shoulder_roll": 0.2,
        "right_shoulder_roll": -0.2,
        "elbow": 0.9,
    },
    sole=Sole(body="left_ankle_roll_link", x=(-0.05, 0.12), y=(0.025, 0.03), z=-0.03, radius=0.005),
    foot=Frame(body="left_ankle_roll_link", offset=(0.035, 0.0, -0.035)),
    hand=Frame(body="left_rubber_hand", offset=(0.055, 0.0, 0.0)),
    shapes=_COLLISIONS + _VISUALS,
    roles={"torso": "waist_yaw"},
    lockable=("wrist", "waist_roll", "waist_pitch"),
    wiring=Wiring(
        family="hg",
        motors=motors_in_order((0, 6), ("hip_pitch", "hip_roll", "hip_yaw", "knee", "ankle_pitch", "ankle_roll"))
        | {"waist_yaw_joint": 12, "waist_roll_joint": 13, "waist_pitch_joint": 14}
        | motors_in_order((15, 22), (*ARM, "elbow", "wrist_roll", "wrist_pitch", "wrist_yaw")),
    ),
    meshes="unitree_g1/g1.xml",
)
