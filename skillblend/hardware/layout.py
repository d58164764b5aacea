"""The packed structs of the two message families, as NumPy dtypes: little-endian, padded as in C.

Source: IDL and packing of unitree_sdk2 and unitree_sdk2_python (BSD-3-Clause), restated here. Sizes in
bytes: `unitree_hg` LowCmd 1004, LowState 2092; `unitree_go` LowCmd 812, LowState 1180. Field meanings that
the public examples do not show (reserve words, bit_flag, adc_reel, the unit of tick) are unverified.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Fields = list[Any]
"""(name, type) or (name, type, count), as `numpy.dtype` takes them."""

HG_MOTORS = 35
GO_MOTORS = 20


def _struct(fields: Fields) -> np.dtype[np.void]:
    return np.dtype(fields, align=False)


HG_MOTOR_COMMAND = _struct(
    [("mode", "u1"), ("pad", "u1", 3), ("q", "<f4"), ("dq", "<f4"), ("tau", "<f4"), ("kp", "<f4"),
     ("kd", "<f4"), ("reserve", "<u4")]
)  # fmt: skip
HG_COMMAND = _struct(
    [("mode_pr", "u1"), ("mode_machine", "u1"), ("pad", "u1", 2), ("motor", HG_MOTOR_COMMAND, HG_MOTORS),
     ("reserve", "<u4", 4), ("crc", "<u4")]
)  # fmt: skip

HG_MOTOR_STATE = _struct(
    [("mode", "u1"), ("pad", "u1", 3), ("q", "<f4"), ("dq", "<f4"), ("ddq", "<f4"), ("tau_est", "<f4"),
     ("temperature", "<i2", 2), ("vol", "<f4"), ("sensor", "<u4", 2), ("motorstate", "<u4"),
     ("reserve", "<u4", 4)]
)  # fmt: skip
HG_IMU = _struct(
    [("quaternion", "<f4", 4), ("gyroscope", "<f4", 3), ("accelerometer", "<f4", 3), ("rpy", "<f4", 3),
     ("temperature", "<i2"), ("pad", "u1", 2)]
)  # fmt: skip
HG_STATE = _struct(
    [("version", "<u4", 2), ("mode_pr", "u1"), ("mode_machine", "u1"), ("pad", "u1", 2), ("tick", "<u4"),
     ("imu", HG_IMU), ("motor", HG_MOTOR_STATE, HG_MOTORS), ("wireless_remote", "u1", 40),
     ("reserve", "<u4", 4), ("crc", "<u4")]
)  # fmt: skip

_GO_HEAD: Fields = [
    ("head", "u1", 2), ("level_flag", "u1"), ("frame_reserve", "u1"), ("sn", "<u4", 2), ("version", "<u4", 2),
    ("bandwidth", "<u2"), ("pad", "u1", 2),
]  # fmt: skip
GO_MOTOR_COMMAND = _struct(
    [("mode", "u1"), ("pad", "u1", 3), ("q", "<f4"), ("dq", "<f4"), ("tau", "<f4"), ("kp", "<f4"),
     ("kd", "<f4"), ("reserve", "<u4", 3)]
)  # fmt: skip
GO_BMS_COMMAND = _struct([("off", "u1"), ("reserve", "u1", 3)])
GO_COMMAND = _struct(
    [*_GO_HEAD, ("motor", GO_MOTOR_COMMAND, GO_MOTORS), ("bms", GO_BMS_COMMAND),
     ("wireless_remote", "u1", 40), ("led", "u1", 12), ("fan", "u1", 2), ("gpio", "u1"), ("pad2", "u1"),
     ("reserve", "<u4"), ("crc", "<u4")]
)  # fmt: skip

GO_MOTOR_STATE = _struct(
    [("mode", "u1"), ("pad", "u1", 3), ("q", "<f4"), ("dq", "<f4"), ("ddq", "<f4"), ("tau_est", "<f4"),
     ("q_raw", "<f4"), ("dq_raw", "<f4"), ("ddq_raw", "<f4"), ("temperature", "i1"), ("pad2", "u1", 3),
     ("lost", "<u4"), ("reserve", "<u4", 2)]
)  # fmt: skip
GO_IMU = _struct(
    [("quaternion", "<f4", 4), ("gyroscope", "<f4", 3), ("accelerometer", "<f4", 3), ("rpy", "<f4", 3),
     ("temperature", "i1"), ("pad", "u1", 3)]
)  # fmt: skip
GO_BMS_STATE = _struct(
    [("version_high", "u1"), ("version_low", "u1"), ("status", "u1"), ("soc", "u1"), ("current", "<i4"),
     ("cycle", "<u2"), ("bq_ntc", "i1", 2), ("mcu_ntc", "i1", 2), ("cell_vol", "<u2", 15)]
)  # fmt: skip
GO_STATE = _struct(
    [*_GO_HEAD, ("imu", GO_IMU), ("motor", GO_MOTOR_STATE, GO_MOTORS), ("bms", GO_BMS_STATE),
     ("foot_force", "<i2", 4), ("foot_force_est", "<i2", 4), ("tick", "<u4"), ("wireless_remote", "u1", 40),
     ("bit_flag", "u1"), ("pad2", "u1", 3), ("adc_reel", "<f4"), ("temperature_ntc1", "i1"),
     ("temperature_ntc2", "i1"), ("pad3", "u1", 2), ("power_v", "<f4"), ("power_a", "<f4"),
     ("fan_frequency", "<u2", 4), ("reserve", "<u4"), ("crc", "<u4")]
)  # fmt: skip
