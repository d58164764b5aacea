"""The pre-arm check: what the machine approves, and what the loaded policies are, as contracts by skill."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skillblend.contracts import Robot
from skillblend.errors import BundleError, InputError, SafetyError
from skillblend.hardware import Contract, check_contract
from skillblend.skills.skill import SKILLS, PolicySkill

NO_CONTRACT = "no contract from the guard yet"
"""Why a skill server that has only just started does not drive yet."""


def machine_contracts(robot: Robot, models: Path) -> dict[str, Contract]:
    """What may drive `robot`: the skills that have bundles under `models`, as they are loaded, by name.

    Raises:
        BundleError: There is none, or a manifest or configuration is missing or makes no sense.
    """
    found: dict[str, Contract] = {}
    folders = {skill: models / robot.name / skill for skill in SKILLS}
    if not any(folder.is_dir() for folder in folders.values()):
        raise BundleError(f"{models / robot.name} approves no policy: it holds none; name another folder as `models`")
    for skill, folder in folders.items():
        if not folder.is_dir():
            continue
        try:
            digest = json.loads((folder / "manifest.json").read_text())["policy.safetensors"]
            layout = json.loads((folder / "config.json").read_text())["observation"]
            found[skill] = Contract.of(robot, [(str(name), int(size)) for name, size in layout], str(digest))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{folder} approves no policy: {error}; name another folder as `models`") from error
    return found


def policy_contract(skill: PolicySkill[Any]) -> Contract:
    """What a loaded skill was made for."""
    return Contract.of(skill.robot, skill.controller.layout, skill.bundle.digest)


def check_approval(text: str, policies: Mapping[str, Contract]) -> None:
    """Refuse to activate where the machine approves something else; `text` is what it published.

    Raises:
        InputError: `text` holds no contracts.
        SafetyError: They disagree; every difference is named.
    """
    try:
        data = json.loads(text)
        machine = {str(name): Contract.from_dict(contract) for name, contract in data.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(f"the machine's contract cannot be read: {error}; is the guard of this version?") from error
    for name, policy in policies.items():
        if name not in machine:
            raise SafetyError(f"the machine approves no {name!r}, only {sorted(machine)}; not activated")
        try:
            check_contract(policy, machine[name])
        except SafetyError as error:
            raise SafetyError(f"{name}: {error}") from error
