"""From a finished training to a bundle, with where it came from."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.tasks.spec import TASKS
from skillblend.blend_config import LAYOUT
from skillblend.blenders import TASK, HighLevel
from skillblend.bundle import CONFIG, read_config, write_bundle
from skillblend.contracts import Robot
from skillblend.skills.skill import controller_config
from skillblend.skills.spec import SKILLS, Controller

if TYPE_CHECKING:
    from sim.train import TrainingJob


def publish(name: str, controller: Controller[Any] | HighLevel, job: TrainingJob, target: Path) -> None:
    """Turn the checkpoint of a finished job into a bundle at `target`."""
    from skillblend.training.checkpoint import read_meta
    from skillblend.training.export import bundle_tensors

    meta = read_meta(job.folder)
    robot: Robot = controller.robot
    write_bundle(
        target,
        bundle_tensors(job.folder),
        {
            "kind": "skill" if name in SKILLS else TASK if name in TASKS else "variant",
            **({} if name in SKILLS else {"layout": LAYOUT}),
            "skill": name,
            "robot": robot.name,
            "joint_names": list(robot.joint_names),
            "observation": [[n, s] for n, s in controller.layout],
            "action_size": controller.action_size,
            "controller": controller_config(controller),
            "ppo": meta["ppo"],
            "seed": job.seed,
            "steps": meta["steps"],
            "minutes": round(meta["minutes"], 2),
            "commit": commit(),
            **meta.get("about", {}),
        },
    )


def earlier_stages(initial: Path | None) -> list[dict[str, Any]]:
    """What was trained before, where training began from a bundle; oldest first."""
    if initial is None or not (initial / CONFIG).exists():
        return []
    before = read_config(initial)
    stage = {k: before.get(k) for k in ("steps", "minutes", "seed", "commit")}
    if "carried_from" in before:
        stage["robot"] = before["carried_from"]
    if "carried_from_skill" in before:
        stage["skill"] = before["carried_from_skill"]
    return [*before.get("stages", []), stage]


def commit() -> str:
    """The checkout's commit, or "unknown" outside a checkout and without git."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],
            capture_output=True, text=True, check=False, cwd=Path(__file__).parent, timeout=10.0, process_group=0,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return found.stdout.strip() or "unknown"
