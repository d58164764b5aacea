"""Train, evaluate and bundle: what the command line calls, as functions."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

import numpy as np

from sim.blenders import DEFAULT, VARIANTS, make_blender
from sim.clone import clone_teacher
from sim.env import BatchEnv
from sim.evaluate import Act, Episodes, finite_mean, run_episodes
from sim.randomisation import Randomisation
from sim.settings import EPISODES, EVALUATION, TRAINING_DISTURBANCE
from sim.tasks.base import Task
from sim.tasks.baselines import baseline
from sim.tasks.blend import BlendTask, BlendTaskConfig, task_world
from sim.tasks.reaching import ReachingTask, ReachingTaskConfig
from sim.tasks.spec import TASKS
from sim.tasks.starts import StartStates, load_starts
from sim.tasks.walking import WalkingTask, WalkingTaskConfig
from sim.world import build_world
from skillblend.blend_config import LAYOUT
from skillblend.blenders import TASK
from skillblend.blending import BlendController
from skillblend.bundle import CONFIG, read_config, write_bundle
from skillblend.contracts import Array, Robot
from skillblend.errors import InputError
from skillblend.flat import FlatController
from skillblend.intervals import bootstrap_interval, wilson_interval
from skillblend.policy import Mlp
from skillblend.skills.skill import PolicySkill, controller_config, make_controller
from skillblend.skills.spec import SKILLS
from skillblend.training.checkpoint import read_meta
from skillblend.training.export import bundle_tensors
from skillblend.training.loop import LoopConfig, Overdue, TrainingResult, check_fresh, train
from skillblend.training.ppo import PPOConfig

Report = Callable[[dict[str, float]], None]

SKILL_PPO: dict[str, PPOConfig] = {
    "walking": PPOConfig(
        batch_size=1536,
        epochs=4,
        desired_kl=0.012,
        learning_rate_range=(1e-5, 3e-3),
        actor=(128, 128),
        critic=(128, 128),
    ),  # fmt: skip
    "reaching": PPOConfig(gamma=0.98, min_log_std=-2.6),
}
BLEND_PPO = PPOConfig(
    rollout_steps=20, gamma=0.97, desired_kl=0.012, actor=(128, 64), critic=(128, 64), initial_log_std=-0.5,
    critic_warmup=8,
)  # fmt: skip
NEVER_MEASURED: dict[str, str] = {
    "walking": "no episode held a whole gait cycle at least 1 s after a command",
    "reaching": "no episode lasted to the last 0.5 s of a hold",
}
"""Why an error may have no value."""


_CRITIC_WARMUP = 5
"""Iterations in which networks that were carried over from another robot only learn what states are worth."""


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """What to train, and for how long.

    Attributes:
        minutes: Wall-clock budget, min.
        steps: Environment-step budget, earlier parts of the run included; 0 for none.
        seed: Of everything.
        folder: Checkpoints and progress.
        resume: Continue from `folder`.
        initial: Checkpoint or bundle folder to start from.
        starts: File of start states left behind by other skills.
        num_envs: Parallel environments.
        threads: Of the simulation and of the networks.
        exploration: Standard deviation of actions at the beginning of fine-tuning; None for the network's own.
        reversals: Share of walking's commands that reverse the one before, fast.
    """

    minutes: float
    seed: int
    folder: Path
    resume: bool = False
    initial: Path | None = None
    starts: Path | None = None
    num_envs: int = 256
    threads: int = 1
    exploration: float | None = None
    steps: int = 0
    reversals: float = 0.0


def skill_task(skill: str, robot: Robot, *, starts: StartStates | None = None, reversals: float = 0.0) -> Task:
    """The training task of a skill.

    Raises:
        UnknownNameError: No such skill.
        InputError: Reversed commands for a skill without commands.
    """
    world = build_world(robot)
    controller: Any = make_controller(skill, robot)
    if skill == "walking":
        return WalkingTask(world, controller, WalkingTaskConfig(starts=starts, reversal_share=reversals))
    if reversals:
        raise InputError(f"reversals = {reversals} is a share of commands, which {skill} has none of; leave it out")
    return ReachingTask(world, controller, ReachingTaskConfig(starts=starts))


Blending = BlendController | FlatController


def blend_task(task: str, controller: Blending, episodes: BlendTaskConfig | None = None) -> BlendTask:
    """A blender's task.

    Raises:
        UnknownNameError: No such task.
    """
    spec = TASKS[task]
    return BlendTask(spec, task_world(spec, controller.robot), controller, episodes)


def train_skill(
    skill: str, robot: Robot, job: TrainingJob, report: Report | None = None, overdue: Overdue | None = None
) -> TrainingResult:
    """Train a skill and leave its checkpoint in the job's folder."""
    starts = load_starts(job.starts) if job.starts else None
    task = skill_task(skill, robot, starts=starts, reversals=job.reversals)
    disturbance = TRAINING_DISTURBANCE[skill]
    env = training_env(task, job.num_envs, seed=job.seed, threads=job.threads, randomisation=disturbance)
    return _train(env, skill_ppo(skill, job), job, report, overdue)


def skill_ppo(skill: str, job: TrainingJob) -> PPOConfig:
    """Hyper-parameters of a skill's training.

    Networks carried over from another robot first let the critic learn what its values are here, and take four steps
    an iteration, however few environments there are.
    """
    ppo = SKILL_PPO[skill]
    if job.initial is None or not (job.initial / CONFIG).exists() or "carried_from" not in read_config(job.initial):
        return ppo
    batch = min(ppo.batch_size, job.num_envs * ppo.rollout_steps // 4)
    return replace(ppo, critic_warmup=_CRITIC_WARMUP, batch_size=batch)


def training_env(task: Task, num_envs: int, *, seed: int, threads: int, randomisation: Randomisation) -> BatchEnv:
    """Environments for training: episodes begin spread out, so that resets do not coincide."""
    return BatchEnv(task, num_envs, seed=seed, nthread=threads, randomisation=randomisation, stagger=True)


def train_blender(
    task: str, robot: Robot, models: Path, job: TrainingJob, report: Report | None = None, variant: str = DEFAULT,
    overdue: Overdue | None = None,
) -> TrainingResult:  # fmt: skip
    """Train a blender over the frozen skills in `models`: first as a script's clone, unless told otherwise."""
    controller = make_blender(TASKS[task], robot, models, variant, fast=True)
    ppo = blend_ppo(variant)
    teacher = VARIANTS[variant].teacher
    if not job.resume:
        check_fresh(job.folder)
    if teacher and isinstance(controller, BlendController) and not job.resume and job.initial is None:
        job = replace(job, initial=_clone_script(task, teacher, controller, ppo, job))
    blend = blend_task(task, controller)
    env = training_env(blend, job.num_envs, seed=job.seed, threads=job.threads, randomisation=EVALUATION)
    return _train(env, ppo, job, report, overdue)


def blend_ppo(variant: str) -> PPOConfig:
    """Hyper-parameters of a variant: the same horizon in seconds at 10 and at 50 Hz."""
    if variant == "flat":
        return replace(SKILL_PPO["walking"], gamma=BLEND_PPO.gamma ** (1 / 5))
    if variant == "every_tick":
        return replace(BLEND_PPO, gamma=BLEND_PPO.gamma ** (1 / 5))
    return BLEND_PPO


def _clone_script(task: str, teacher: str, controller: BlendController, ppo: PPOConfig, job: TrainingJob) -> Path:
    """A checkpoint that imitates a scripted policy; its folder."""
    env = BatchEnv(
        blend_task(task, controller), job.num_envs, seed=job.seed + 100, nthread=job.threads,
        randomisation=EVALUATION,
    )  # fmt: skip
    folder = job.folder.with_name(f"{job.folder.name}.clone")
    clone_teacher(env, baseline(teacher, TASKS[task], controller), ppo, folder, seed=job.seed)
    return folder


def publish(name: str, controller: Any, job: TrainingJob, target: Path) -> None:
    """Turn the checkpoint of a finished job into a bundle at `target`."""
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


def evaluate_skill(
    skill: PolicySkill[Any],
    episodes: int,
    seed: int,
    *,
    randomisation: Randomisation = EVALUATION,
    fixed_goal: tuple[float, float, float] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Unseen 20-s episodes over the whole goal space; the `eval skill --json` object.

    Walking: commands uniform over the goal space (one in ten is to stand still), a new one every 5 s;
    errors are of velocities averaged over each gait cycle that lies wholly at least 1 s after a command.
    Reaching: pairs of reachable wrist targets held 2-4 s; errors are means over the last 0.5 s of holds.
    """
    check_episodes(episodes)
    check_seed(seed)
    robot = skill.robot
    controller: Any = skill.controller
    if skill.name == "walking":
        config = WalkingTaskConfig(**EPISODES["walking"], fixed_goal=fixed_goal)
        task: Task = WalkingTask(build_world(robot), controller, config)
    else:
        task = ReachingTask(build_world(robot), controller, ReachingTaskConfig(**EPISODES["reaching"]))
    env = BatchEnv(task, min(episodes, 50), seed=seed, randomisation=randomisation)
    result = run_episodes(env, skill.bundle.actor, episodes, progress)
    out: dict[str, Any] = {"skill": skill.name, "robot": robot.name, "episodes": episodes, "seed": seed}
    fallen = result.failed
    out["fall_rate"] = float(fallen.mean())
    out["fall_interval"] = wilson_interval(int(fallen.sum()), episodes)
    per_episode, good = _skill_errors(skill.name, result)
    out["success_rate"] = float((good & (fallen == 0)).mean())
    out["error"] = {k: finite_mean(v) for k, v in per_episode.items()}
    out["error_interval"] = {k: bootstrap_interval(v[np.isfinite(v)]) for k, v in per_episode.items()}
    if fixed_goal == (0.0, 0.0, 0.0):
        drift = result.metrics["drift"]
        out["drift"] = {
            "mean": float(drift.mean()),
            "max": float(drift.max()),
            "share_within_0.2_m": float((drift <= 0.2).mean()),
        }
    places = [
        p for k, v in out["error"].items() if np.isnan(v) for p in (f"error.{k}", *_ends(f"error_interval.{k}"))
    ]
    out |= {"undefined": dict.fromkeys(places, NEVER_MEASURED[skill.name])} if places else {}
    return out | {"commit": commit(), "bundle": skill.bundle.digest[:16]}


def _ends(interval: str) -> tuple[str, str]:
    return f"{interval}[0]", f"{interval}[1]"


def _skill_errors(skill: str, result: Episodes) -> tuple[dict[str, Array], np.ndarray]:
    m = result.metrics
    if skill == "walking":
        cycles = np.where(m["cycles"] > 0, m["cycles"], np.nan)
        errors = {"lin_vel": m["lin_vel_sum"] / cycles, "yaw_rate": m["yaw_rate_sum"] / cycles}
        return errors, (errors["lin_vel"] <= 0.15) & (errors["yaw_rate"] <= 0.2)
    count = np.where(m["wrist_count"] > 0, m["wrist_count"], np.nan)
    errors = {"wrist": m["wrist_sum"] / count}
    return errors, errors["wrist"] <= 0.03


def evaluate_task(
    task: str,
    controller: Blending,
    act: Act,
    policy: str,
    episodes: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Unseen episodes of a blender's task; the `eval task --json` object.

    Success is the task's own, at the last moment or at any time as its `counts` says; never with a fall.
    """
    check_episodes(episodes)
    check_seed(seed)
    mdp = blend_task(task, controller)
    env = BatchEnv(mdp, min(episodes, 50), seed=seed, randomisation=EVALUATION)
    result = run_episodes(env, act, episodes, progress)
    m = result.metrics
    good = (m["ever" if mdp.spec.counts == "ever" else "success"] > 0) & (result.failed == 0)
    out: dict[str, Any] = {
        "task": task,
        "robot": controller.robot.name,
        "policy": policy,
        "episodes": episodes,
        "seed": seed,
        "success_rate": float(good.mean()),
        "success_interval": wilson_interval(int(good.sum()), episodes),
        "success_at_end": float(((m["success"] > 0) & (result.failed == 0)).mean()),
        "fall_rate": float(result.failed.mean()),
        "fall_interval": wilson_interval(int(result.failed.sum()), episodes),
        "paper_error": float(m["paper_error"].mean()),
        "paper_error_interval": bootstrap_interval(m["paper_error"]),
        "paper_threshold": mdp.spec.paper_threshold,
        "error": float(m["error"].mean()),
        "error_median": float(np.median(m["error"])),
    }
    return out | {"commit": commit()}


def check_seed(seed: int) -> None:
    """Refuse seeds that are none.

    Raises:
        InputError: Not in 0 ... 2147483647.
    """
    if not 0 <= seed < 2**31:
        raise InputError(f"seed = {seed} must be between 0 and 2147483647")


def check_episodes(episodes: int) -> None:
    """Refuse numbers of episodes that mean nothing.

    Raises:
        InputError: Not in 1 ... 100000.
    """
    if not 1 <= episodes <= 100_000:
        raise InputError(f"episodes = {episodes} must be between 1 and 100000")


def _train(
    env: BatchEnv, ppo: PPOConfig, job: TrainingJob, report: Report | None, overdue: Overdue | None
) -> TrainingResult:
    loop = LoopConfig(
        minutes=job.minutes, max_steps=job.steps, threads=job.threads, exploration=job.exploration
    )  # fmt: skip
    return train(
        env, ppo, loop, seed=job.seed, folder=job.folder, resume=job.resume, initial=job.initial, progress=report,
        about=training_record(env, job) | {"stages": earlier_stages(job.initial)}, overdue=overdue,
    )  # fmt: skip


def training_record(env: BatchEnv, job: TrainingJob) -> dict[str, Any]:
    """How a policy is trained, as JSON-ready values: the job, the task's configuration, what is randomised.

    Files are named without their folders: a bundle says nothing of the machine that it was trained on.
    """
    fields = {k: v.name if isinstance(v, Path) else v for k, v in asdict(job).items() if k != "folder"}
    config: Any = getattr(env.task, "config")  # noqa: B009
    task = {f.name: getattr(config, f.name) for f in dataclass_fields(config) if f.name != "starts"}
    return {"job": fields, "task": task, "randomisation": asdict(env.randomiser.config)}


def skill_actor(folder: Path) -> Mlp:
    """The actor in a checkpoint folder."""
    return Mlp.from_tensors(bundle_tensors(folder), "actor")
