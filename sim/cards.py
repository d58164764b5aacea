"""Model cards: what a bundle is, how it was trained, what it scores; written from results, never by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.blenders import DEFAULT, VARIANTS
from sim.tasks.spec import TASKS
from skillblend.bundle import read_config
from skillblend.files import atomic_write
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import SKILLS


def _stages(config: dict[str, Any]) -> list[str]:
    stages = [*config.get("stages", []), config]
    return [
        f"| {i + 1}{_on(s, config)} | {s['minutes']:.1f} | {s['steps']:,} | {s['seed']} | {s['commit']} |"
        for i, s in enumerate(stages)
    ]


def _on(stage: dict[str, Any], config: dict[str, Any]) -> str:
    """Which robot or skill a stage was trained on, where it was another one."""
    names = [str(stage[key]) for key in ("robot", "skill") if key in stage and stage[key] != config.get(key)]
    return f" ({' '.join(names)})" if names else ""


def write_skill_card(skill: PolicySkill[Any], result: dict[str, Any]) -> None:
    """Write ``card.md`` beside the bundle, replacing it at once."""
    config = skill.bundle.config
    low, high = skill.goal_space.lower, skill.goal_space.upper
    variant = skill.bundle.folder.name.removeprefix(skill.name).removeprefix(".")
    option = (f"--variant {variant} " if variant else "") + ("--load " if result.get("load") else "")
    carried = ", up to 3 kg (of an H1) at the palms" if result.get("load") else ""
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
        SKILLS[skill.name].about,
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
        f"latency as in training, no pushes{carried}:",
        "",
        "| | mean | 95% interval |",
        "|---|---|---|",
        *rows,
        "",
        f"`skillblend eval skill {skill.name} --robot {skill.robot.name} {option}--episodes {result['episodes']} "
        f"--seed {result['seed']}` at commit {result['commit']}; weights SHA-256 {skill.bundle.digest[:16]}.",
        "",
    ]
    atomic_write(skill.bundle.folder / "card.md", "\n".join(lines))


def write_task_card(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write ``card.md`` beside a blender's bundle from the results of several policies, replacing it at once."""
    config = read_config(folder)
    first = rows[0]
    spec = TASKS[first["task"]]
    policy = "all" if len(rows) > 1 else first["policy"]
    table = [
        f"| {r['policy']} | {r['strict_success_rate']:.2f} | {_interval(r['strict_success_interval'])} | "
        f"{r['paper_success_rate']:.2f} | {_interval(r['paper_success_interval'])} | {r['fall_rate']:.2f} | "
        f"{r['paper_error']:.4f} | {_interval(r['paper_error_interval'])} |"
        for r in rows
    ]
    lines = [
        f"# {first['robot']} {first['task']}",
        "",
        spec.about,
        "",
        f"Trained with PPO over the frozen skills, {_begun(folder)}:",
        "",
        "| stage | minutes | decisions | seed | commit |",
        "|---|---|---|---|---|",
        *_stages(config),
        "",
        f"{first['episodes']} unseen episodes of {spec.episode_seconds:g} s, seed {first['seed']}, randomised "
        f"dynamics, noise and latency. Strict: held for {spec.hold_seconds:g} s, in an episode without a fall. "
        f"Paper: the paper's error is below {first['paper_threshold']:g} when the episode ends.",
        "",
        "| policy | strict | 95% interval | paper | 95% interval | falls | paper error, m | 95% interval |",
        "|---|---|---|---|---|---|---|---|",
        *table,
        "",
        f"`skillblend eval task {first['task']} --robot {first['robot']} --policy {policy} "
        f"--episodes {first['episodes']} "
        f"--seed {first['seed']} --card` at commit {first['commit']}.",
        "",
    ]
    atomic_write(folder / "card.md", "\n".join(lines))


def _begun(folder: Path) -> str:
    """What the networks of a task's bundle began as."""
    variant = VARIANTS[folder.name.partition(".")[2] or DEFAULT]
    if variant.residual:
        return "as a correction of what the script decides"
    return "from the clone of the scripted oracle (a minute, not counted)" if variant.teacher else "from nothing"


def _interval(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.4f} to {pair[1]:.4f}"
