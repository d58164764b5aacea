"""What is compared before a robot is armed."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import robots
from skillblend.errors import InputError, SafetyError
from skillblend.hardware.contract import Contract, check_contract, differences

LAYOUT = (("gravity", 3), ("joint_position", 19))


@pytest.fixture
def contract() -> Contract:
    return Contract.of(robots.load("h1"), LAYOUT, "ab" * 32)


def test_agreement(contract):
    check_contract(contract, Contract.of(robots.load("h1"), LAYOUT, "ab" * 32, mode_machine=5))


def test_it_survives_json(contract):
    again = Contract.from_dict(json.loads(json.dumps(contract.to_dict())))
    assert again == contract
    with_variant = replace(contract, mode_machine=5)
    assert Contract.from_dict(json.loads(json.dumps(with_variant.to_dict()))) == with_variant


def swapped(names: tuple[str, ...]) -> tuple[str, ...]:
    return (names[1], names[0], *names[2:])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: {"robot": "g1"}, "robot model: policy 'h1', machine 'g1'"),
        (lambda c: {"joint_names": swapped(c.joint_names)}, "joint order: place 0 is 'left_hip_yaw_joint'"),
        (lambda c: {"joint_names": c.joint_names[:-1]}, "joint order: 19 entries for the policy, 18"),
        (lambda c: {"position_upper": (9.0, *c.position_upper[1:])}, "position_upper of left_hip_yaw_joint"),
        (lambda c: {"torque_limit": (*c.torque_limit[:-1], np.nan)}, "torque_limit of right_elbow_joint"),
        (lambda c: {"velocity_limit": c.velocity_limit[1:]}, "velocity_limit: 19 and 18 values for 19 joints"),
        (lambda c: {"stiffness": tuple(2 * k for k in c.stiffness)}, "stiffness of"),
        (lambda c: {"observation": (("gravity", 3), ("joint_position", 18))}, "observation layout: place 1"),
        (lambda c: {"observation": LAYOUT[:1]}, "observation layout: 2 entries for the policy, 1"),
        (lambda c: {"control_dt": 0.01}, "control rate: policy 50 Hz, machine 100 Hz"),
        (lambda c: {"model_hash": "cd" * 32}, "model hash: policy 'abababababab', machine 'cdcdcdcdcdcd'"),
        (lambda c: {"model_hash": ""}, "model hash"),
    ],
)
def test_every_difference_refuses_with_its_reason(contract, change, reason):
    other = replace(contract, **change(contract))
    with pytest.raises(SafetyError, match="not armed") as caught:
        check_contract(contract, other)
    assert reason in str(caught.value)
    assert len(differences(contract, other)) == 1


def test_two_missing_hashes_do_not_agree(contract):
    empty = replace(contract, model_hash="")
    assert differences(empty, empty) == ["model hash: policy '', machine ''"]


def test_variants_are_compared_where_both_are_known(contract):
    four, five = replace(contract, mode_machine=4), replace(contract, mode_machine=5)
    with pytest.raises(SafetyError, match="robot variant: policy 4, machine 5"):
        check_contract(four, five)
    check_contract(contract, five)


def test_all_differences_are_named(contract):
    other = replace(contract, robot="g1", control_dt=0.01, model_hash="cd")
    assert len(differences(contract, other)) == 3


def test_unknown_and_missing_fields(contract):
    data = contract.to_dict()
    del data["stiffness"]
    with pytest.raises(InputError, match=r"missing fields \['stiffness'\], unknown fields \['stifness'\]"):
        Contract.from_dict(data | {"stifness": []})


@pytest.mark.parametrize(
    "change", [{"control_dt": "fast"}, {"stiffness": None}, {"stiffness": ["a"]}, {"observation": [1, 2]}]
)
def test_fields_of_the_wrong_type(contract, change):
    with pytest.raises(InputError, match="Contract.to_dict"):
        Contract.from_dict(contract.to_dict() | change)
