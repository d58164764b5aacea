"""Unitree H1: 19 joints, 51.6 kg, fixed wrists.

Source: gains and default pose are ours, chosen for walking. Two ankles of 120 N m/rad hold less than
``m g h = 51.6 * 9.81 * 0.9 = 456 N m/rad``: this robot stands with feedback, and tips over within about two
seconds without. Rotor armature 0.1 kg m^2 at every joint as in MuJoCo Menagerie's ``unitree_h1``, a round
figure there too, not a datasheet value; Menagerie adds 1 N m s/rad of joint damping, ours is in the PD gain.
Contact points follow the sole of the ankle link, 0.24 m long, 0.07 m below the ankle axis. The H1 comes without
hands: its palms, 10 cm long, 5 cm high and 5.6 cm apart at the end of the forearm, are those of a hand that one fits.
They end 2.5 cm before and below the wrist, inside of the ball of 3 cm that takes their place elsewhere, so that
touching a surface from the front or from above is the same with both. Motors are numbered as in the public low-level
examples of unitree_sdk2_python (BSD-3-Clause). That the IMU's axes are parallel to the torso's is assumed by the
deployment settings of unitree_rl_gym (BSD-3-Clause), and unverified.
"""

from __future__ import annotations

from robots.loft import loft
from robots.shapes import both_sides, box, capsule, cylinder, ellipsoid, palm, sphere
from robots.spec import ARM, Sole, Spec, motors_in_order
from skillblend.contracts import Frame, Wiring

# fmt: off
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
        palm("left_elbow_link", (0.255, 0.0, -0.015), (0.05, 0.028, 0.025)),
    )
)

TORSO = (
    cylinder("torso_link", (0.0, 0.0, 0.004), (0.0, 0.0, 0.035), 0.052, "dark"),
    loft("torso_link", "z", [(0.03, -0.07, 0.07, -0.098, 0.098), (0.06, -0.073, 0.073, -0.104, 0.104),
                             (0.42, -0.073, 0.073, -0.105, 0.105), (0.478, -0.066, 0.066, -0.1, 0.1)],
         "grey", power=9.0, bevel=0.012, segments=32),
    box("torso_link", (0.0, 0.0, 0.075), (0.0735, 0.105, 0.003), "black"),
    # "H1"
    *(box("torso_link", (0.073, y, 0.36), (0.0015, 0.005, 0.022), "white") for y in (-0.036, -0.006, 0.03)),
    box("torso_link", (0.073, -0.021, 0.36), (0.0015, 0.015, 0.005), "white"),
    # neck, chin bow and helmet
    *(capsule("torso_link", (0.0, y, 0.47), (0.035, 0.5 * y, 0.6), 0.011, "dark") for y in (0.04, -0.04)),
    *(capsule("torso_link", (0.045, y, 0.47), (0.05, 0.4 * y, 0.6), 0.008, "dark") for y in (0.04, -0.04)),
    loft("torso_link", "x", [(0.015, -0.026, 0.026, 0.58, 0.61), (0.06, -0.032, 0.032, 0.572, 0.602),
                             (0.106, -0.03, 0.03, 0.574, 0.602)], "dark"),
    *(capsule("torso_link", (0.096, 0.45 * y, 0.588), (0.104, 0.9 * y, 0.62), 0.01, "dark")
      for y in (0.058, -0.058)),
    *(capsule("torso_link", (0.104, 0.9 * y, 0.62), (0.09, 1.1 * y, 0.69), 0.0105, "dark")
      for y in (0.058, -0.058)),
    sphere("torso_link", (0.045, 0.0, 0.675), 0.034, "black"),
    loft("torso_link", "z", [(0.674, -0.03, 0.105, -0.068, 0.068), (0.69, -0.036, 0.12, -0.072, 0.072),
                             (0.715, -0.034, 0.124, -0.073, 0.073), (0.735, -0.02, 0.11, -0.064, 0.064),
                             (0.748, 0.0, 0.088, -0.047, 0.047), (0.755, 0.018, 0.066, -0.025, 0.025)],
         "dark", power=2.4, bevel=0.004, segments=32),
    ellipsoid("torso_link", (0.094, 0.0, 0.697), (0.032, 0.05, 0.012), "black"),
    box("torso_link", (0.123, 0.0, 0.7), (0.0025, 0.028, 0.0035), "glow"),
)
"""Torso shell, neck and helmet, which the H1-2 shares."""

_VISUALS = (
    loft("pelvis", "y", [(-0.153, -0.05, 0.05, -0.075, -0.02), (-0.1, -0.069, 0.066, -0.079, -0.012),
                         (0.1, -0.069, 0.066, -0.079, -0.012), (0.153, -0.05, 0.05, -0.075, -0.02)],
         "dark", power=5.0, bevel=0.015),
    cylinder("pelvis", (0.0, 0.0, -0.02), (0.0, 0.0, 0.006), 0.06, "black"),
    *TORSO,
) + both_sides(
    (
        # hip
        cylinder("torso_link", (0.0055, 0.09, 0.41), (0.0055, 0.158, 0.432), 0.04, "dark"),
        loft("left_hip_yaw_link", "x", [(-0.06, -0.055, 0.055, 0.05, 0.092),
                                        (0.0, -0.052, 0.052, 0.064, 0.097),
                                        (0.058, -0.036, 0.036, 0.086, 0.097)], "dark"),
        cylinder("left_hip_yaw_link", (-0.084, 0.0, 0.0), (-0.02, 0.0, 0.0), 0.063, "black"),
        cylinder("left_hip_yaw_link", (-0.103, 0.0, 0.0), (-0.084, 0.0, 0.0), 0.052, "grey"),
        cylinder("left_hip_roll_link", (-0.068, 0.0, 0.0), (-0.05, 0.0, 0.0), 0.058, "grey"),
        cylinder("left_hip_roll_link", (0.0, -0.053, 0.0), (0.0, 0.021, 0.0), 0.062, "black"),
        # leg
        cylinder("left_hip_pitch_link", (0.0, -0.094, 0.0), (0.0, -0.03, 0.0), 0.058, "black"),
        cylinder("left_hip_pitch_link", (0.0, -0.03, 0.0), (0.0, 0.031, 0.0), 0.061, "dark"),
        loft("left_hip_pitch_link", "z", [
            (-0.442, 0.0, 0.046, -0.03, 0.03), (-0.415, -0.022, 0.058, -0.031, 0.031),
            (-0.37, -0.018, 0.06, -0.031, 0.031), (-0.31, -0.01, 0.058, -0.028, 0.028),
            (-0.25, -0.006, 0.052, -0.025, 0.025), (-0.2, -0.006, 0.051, -0.027, 0.025),
            (-0.15, -0.01, 0.058, -0.036, 0.025), (-0.09, -0.025, 0.063, -0.038, 0.027),
            (-0.03, -0.055, 0.064, -0.036, 0.03), (0.05, -0.04, 0.048, -0.03, 0.03)], "light", power=3.2),
        cylinder("left_hip_pitch_link", (0.017, -0.034, -0.4), (0.017, 0.034, -0.4), 0.03, "black"),
        cylinder("left_knee_link", (-0.004, -0.048, -0.126), (-0.004, 0.035, -0.126), 0.052, "black"),
        cylinder("left_knee_link", (-0.004, 0.03, -0.126), (-0.004, 0.039, -0.126), 0.042, "grey"),
        loft("left_knee_link", "z", [
            (-0.418, -0.006, 0.03, -0.02, 0.02), (-0.395, -0.016, 0.036, -0.025, 0.025),
            (-0.34, -0.01, 0.048, -0.025, 0.025), (-0.28, -0.004, 0.05, -0.021, 0.021),
            (-0.2, -0.004, 0.05, -0.022, 0.022), (-0.13, -0.015, 0.051, -0.029, 0.029),
            (-0.06, -0.022, 0.051, -0.028, 0.026), (0.0, -0.018, 0.05, -0.022, 0.022),
            (0.04, -0.006, 0.042, -0.018, 0.018)], "dark", power=3.0),
        # foot
        loft("left_ankle_link", "x", [
            (-0.066, -0.026, 0.026, -0.07, -0.054), (-0.03, -0.034, 0.034, -0.07, -0.054),
            (0.05, -0.034, 0.034, -0.07, -0.056), (0.12, -0.041, 0.041, -0.07, -0.056),
            (0.176, -0.028, 0.028, -0.069, -0.056)], "black", power=4.0, bevel=0.004, segments=28),
        loft("left_ankle_link", "x", [
            (-0.064, -0.02, 0.02, -0.056, -0.035), (-0.035, -0.026, 0.026, -0.057, -0.008),
            (0.0, -0.026, 0.026, -0.058, 0.012), (0.035, -0.026, 0.026, -0.058, -0.004),
            (0.08, -0.03, 0.03, -0.058, -0.032), (0.13, -0.036, 0.036, -0.058, -0.042),
            (0.172, -0.024, 0.024, -0.058, -0.05)], "grey", power=2.6),
        # arm
        sphere("left_shoulder_pitch_link", (-0.004, 0.055, -0.016), 0.05, "black"),
        cylinder("left_shoulder_pitch_link", (0.0, 0.0, 0.0), (0.0, 0.05, 0.0), 0.036, "dark"),
        loft("left_shoulder_roll_link", "z", [
            (-0.143, -0.045, 0.045, -0.045, 0.045), (-0.1, -0.049, 0.049, -0.048, 0.048),
            (-0.06, -0.046, 0.05, -0.045, 0.045), (0.0, -0.042, 0.05, -0.04, 0.043),
            (0.036, -0.02, 0.035, -0.025, 0.025)], "light", power=2.6),
        loft("left_shoulder_yaw_link", "z", [
            (-0.232, -0.008, 0.05, -0.028, 0.028), (-0.2, -0.026, 0.062, -0.031, 0.031),
            (-0.15, -0.029, 0.052, -0.03, 0.03), (-0.1, -0.027, 0.033, -0.028, 0.028),
            (-0.04, -0.029, 0.029, -0.029, 0.029), (0.0, -0.038, 0.038, -0.038, 0.038)], "dark", power=2.6),
        cylinder("left_shoulder_yaw_link", (0.0185, -0.034, -0.198), (0.0185, 0.034, -0.198), 0.033, "black"),
        loft("left_elbow_link", "x", [
            (-0.038, -0.024, 0.024, -0.026, 0.026), (0.0, -0.031, 0.031, -0.041, 0.04),
            (0.045, -0.031, 0.031, -0.042, 0.034), (0.09, -0.029, 0.029, -0.043, 0.016),
            (0.15, -0.026, 0.026, -0.044, 0.008), (0.24, -0.026, 0.026, -0.045, 0.008),
            (0.262, -0.022, 0.022, -0.04, 0.004)], "light", power=2.6),
        ellipsoid("left_elbow_link", (0.282, 0.0, -0.018), (0.036, 0.036, 0.035), "black"),
    )
)

# fmt: on

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
    roles={"ankle_pitch": "ankle"},
    wiring=Wiring(
        family="go",
        motors={
            "left_hip_yaw_joint": 7, "left_hip_roll_joint": 3, "left_hip_pitch_joint": 4, "left_knee_joint": 5,
            "left_ankle_joint": 10, "right_hip_yaw_joint": 8, "right_hip_roll_joint": 0, "right_hip_pitch_joint": 1,
            "right_knee_joint": 2, "right_ankle_joint": 11, "torso_joint": 6,
        } | motors_in_order((16, 12), (*ARM, "elbow")),
        imu="torso",
    ),
    meshes="unitree_h1/h1.xml",
)  # fmt: skip
