"""Model cards: what a bundle is, how it was trained, what it scores; written from results, never by hand."""

from __future__ import annotations

import os
from typing import Any

from skillblend.skills.skill import PolicySkill

_TEXT = {
    "walking": (
        "Follows a velocity command (forward, left, yaw rate) or stands still. Legs are a learned residual on "
        "a gait reference; arms and torso follow the reference at a limited speed."
    ),
    "reaching": (
        "Brings both wrists to targets given in the stance frame (origin on the ground between the feet, x along "
        "the heading) while standing. All joints are learned."
    ),
}


def _stages(config: dict[str, Any]) -> list[str]:
    stages = [*config.get("stages", []), config]
    return [
        f"| {i + 1} | {s['minutes']:.1f} | {s['steps']:,} | {s['seed']} | {s['commit']} |"
        for i, s in enumerate(stages)
    ]


def write_skill_card(skill: PolicySkill[Any], result: dict[str, Any]) -> None:
    """Write ``card.md`` beside the bundle, replacing it at once."""
    config = skill.bundle.config
    low, high = skill.goal_space.lower, skill.goal_space.upper
    goal = [
        f"| {n} | {u} | {a:.2f} | {b:.2f} |"
        for n, u, a, b in zip(skill.goal_space.names, skill.goal_space.units, low, high, strict=True)
    ]
    rows = [f"| fall rate | {result['fall_rate']:.3f} | {_interval(result['fall_interval'])} |"]
    rows += [
        f"| {name} error | {value:.4f} | {_interval(result['error_interval'][name])} |"
        for name, value in result["error"].items()
    ]
    rows.append(f"| success rate | {result['success_rate']:.3f} | |")
    lines = [
        f"# {skill.robot.name} {skill.name}",
        "",
        _TEXT[skill.name],
        "",
        "The actor sees joint positions and velocities, the IMU's angular velocity and direction of gravity, its",
        "goal, the last targets and, for walking, a gait clock. Base velocity comes from leg odometry on these.",
        "",
        "Trained with PPO on two CPU cores; wall minutes, with whatever else ran beside:",
        "",
        "| stage | minutes | steps | seed | commit |",
        "|---|---|---|---|---|",
        *_stages(config),
        "",
        "| goal | unit | lower | upper |",
        "|---|---|---|---|",
        *goal,
        "",
        f"{result['episodes']} unseen 20-s episodes, seed {result['seed']}, randomised dynamics, sensor noise and "
        "latency as in training, no pushes:",
        "",
        "| | mean | 95% interval |",
        "|---|---|---|",
        *rows,
        "",
        f"`skillblend eval skill {skill.name} --robot {skill.robot.name} --episodes {result['episodes']} "
        f"--seed {result['seed']}` at commit {result['commit']}; weights SHA-256 {skill.bundle.digest[:16]}.",
        "",
    ]
    temporary = skill.bundle.folder / "card.md.tmp"
    temporary.write_text("\n".join(lines))
    os.replace(temporary, skill.bundle.folder / "card.md")


def _interval(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.4f} to {pair[1]:.4f}"
