"""Train skills and blenders: what the command line calls, as functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from sim.blenders import DEFAULT, VARIANTS, make_blender
from sim.env import BatchEnv
from sim.imitation import clone_teacher
from sim.load import LOAD
from sim.mdp import Task
from sim.publish import earlier_stages
from sim.randomisation import Randomisation
from sim.settings import EVALUATION
from sim.skills.spec import TRAININGS
from sim.starts import load_starts
from sim.tasks.baselines import baseline
from sim.tasks.blend import blend_task
from sim.tasks.spec import TASKS
from skillblend.blending import BlendController
from skillblend.bundle import CONFIG, read_config
from skillblend.contracts import Robot
from skillblend.errors import InputError, UnknownNameError
from skillblend.flat import FlatController
from skillblend.joint_blending import JointBlendController
from skillblend.skills.skill import make_controller
from skillblend.training.loop import LoopConfig, Overdue, TrainingResult, check_fresh, train
from skillblend.training.ppo import PPOConfig

Report = Callable[[dict[str, float]], None]


@dataclass(frozen=True, kw_only=True)
class Onlooker:
    """Whoever follows a training; nothing here changes what is learned.

    Attributes:
        report: Called with each progress row.
        say: Called with a line about what comes before the first row.
        overdue: Called where a signal has not ended the run in time.
        watch: From the environments, what is called after each step of theirs; None for nobody.
    """

    report: Report | None = None
    say: Callable[[str], None] | None = None
    overdue: Overdue | None = None
    watch: Callable[[BatchEnv], Callable[[], None]] | None = None

    def of(self, env: BatchEnv) -> Callable[[], None] | None:
        """What is called after each step of `env`; whatever keeps it from being shown is known now."""
        return None if self.watch is None else self.watch(env)


NOBODY = Onlooker()

BLEND_PPO = PPOConfig(
    rollout_steps=20, gamma=0.97, desired_kl=0.012, actor=(128, 64), critic=(128, 64), initial_log_std=-0.5,
    critic_warmup=8,
)  # fmt: skip
"""Of blenders that decide every `_TICKS` control steps."""
FLAT_PPO = PPOConfig(
    batch_size=1536, epochs=4, desired_kl=0.012, learning_rate_range=(1e-5, 3e-3), actor=(128, 128), critic=(128, 128)
)  # fmt: skip
"""Of policies without skills."""
_JOINT_STD = 0.04
"""Of noise in joint space, rad: about what the skills themselves were trained with."""
_TICKS = 5
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
        exploration: Standard deviation of actions at the beginning; None for what suits where the weights come from.
        reversals: Share of walking's commands that reverse the one before, fast.
        load: Share of episodes in which the palms carry up to `sim.load.LOAD`.
        settle: Rewards of a walking that keeps level and comes to rest at once.
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
    load: float = 0.0
    settle: bool = False


def skill_task(skill: str, robot: Robot, **config: Any) -> Task:
    """The training task of a skill; `config` are fields of its configuration.

    Raises:
        UnknownNameError: No such skill.
        InputError: Reversed commands for a skill without commands; a settled gait for another skill than walking.
    """
    training = TRAININGS[skill]
    reversals, settle = config.pop("reversals", 0.0), config.pop("settle", False)
    fields = config | ({"reversal_share": reversals} if reversals else {})
    if settle:
        if training.settled is None:
            raise InputError(f"settle asks for another gait, and {skill} has none; leave it out")
        fields |= training.settled
    try:
        return training.task(robot, make_controller(skill, robot), fields)
    except UnknownNameError as error:
        if not reversals:
            raise
        raise InputError(
            f"reversals = {reversals} is a share of commands, which {skill} has none of; leave it out"
        ) from error


def train_skill(skill: str, robot: Robot, job: TrainingJob, onlooker: Onlooker = NOBODY) -> TrainingResult:
    """Train a skill and leave its checkpoint in the job's folder."""
    starts = {"starts": load_starts(job.starts)} if job.starts else {}
    task = skill_task(skill, robot, reversals=job.reversals, settle=job.settle, **starts)
    disturbance = TRAININGS[skill].disturbed
    if job.load:
        disturbance = disturbance.loaded(LOAD, job.load)
    env = training_env(task, job.num_envs, seed=job.seed, threads=job.threads, randomisation=disturbance)
    return _train(env, skill_ppo(skill, job), job, onlooker, onlooker.of(env))


def skill_ppo(skill: str, job: TrainingJob) -> PPOConfig:
    """Hyper-parameters of a skill's training.

    Networks carried over from another robot first let the critic learn what its values are here, and take four steps
    an iteration, however few environments there are.
    """
    ppo = TRAININGS[skill].ppo()
    if job.initial is None or not (job.initial / CONFIG).exists() or "carried_from" not in read_config(job.initial):
        return ppo
    batch = min(ppo.batch_size, job.num_envs * ppo.rollout_steps // 4)
    return replace(ppo, critic_warmup=_CRITIC_WARMUP, batch_size=batch)


def training_env(task: Task, num_envs: int, *, seed: int, threads: int, randomisation: Randomisation) -> BatchEnv:
    """Environments for training: episodes begin spread out, so that resets do not coincide."""
    return BatchEnv(task, num_envs, seed=seed, nthread=threads, randomisation=randomisation, stagger=True)


def train_blender(
    task: str, robot: Robot, models: Path, job: TrainingJob, onlooker: Onlooker = NOBODY, variant: str = DEFAULT
) -> TrainingResult:
    """Train a blender over the frozen skills in `models`: first as a script's clone, unless told otherwise."""
    controller = make_blender(TASKS[task], robot, models, variant, fast=True)
    ppo = blend_ppo(controller)
    if not job.resume:
        check_fresh(job.folder)
    blend = blend_task(TASKS[task], controller)
    env = training_env(blend, job.num_envs, seed=job.seed, threads=job.threads, randomisation=EVALUATION)
    watch = onlooker.of(env)
    teacher = VARIANTS[variant].teacher
    if teacher and isinstance(controller, BlendController) and not job.resume and job.initial is None:
        job = replace(job, initial=_clone_script(task, teacher, controller, ppo, job, onlooker.say))
    return _train(env, ppo, job, onlooker, watch)


def blend_ppo(controller: BlendController | FlatController) -> PPOConfig:
    """Hyper-parameters of a high-level policy: the same horizon in seconds however often it decides."""
    gamma = BLEND_PPO.gamma ** (controller.config.decision_ticks / _TICKS)
    if isinstance(controller, JointBlendController):
        return replace(BLEND_PPO, gamma=gamma, joint_std=_JOINT_STD)
    return replace(FLAT_PPO if isinstance(controller, FlatController) else BLEND_PPO, gamma=gamma)


def _clone_script(
    task: str, teacher: str, controller: BlendController, ppo: PPOConfig, job: TrainingJob,
    say: Callable[[str], None] | None,
) -> Path:  # fmt: skip
    """A checkpoint that imitates a scripted policy; its folder."""
    env = BatchEnv(
        blend_task(TASKS[task], controller), job.num_envs, seed=job.seed + 100, nthread=job.threads,
        randomisation=EVALUATION,
    )  # fmt: skip
    folder = job.folder.with_name(f"{job.folder.name}.clone")
    clone_teacher(env, baseline(teacher, TASKS[task], controller), ppo, folder, seed=job.seed, say=say)
    return folder


def _train(
    env: BatchEnv, ppo: PPOConfig, job: TrainingJob, onlooker: Onlooker, watch: Callable[[], None] | None
) -> TrainingResult:
    loop = LoopConfig(
        minutes=job.minutes, max_steps=job.steps, threads=job.threads, exploration=job.exploration
    )  # fmt: skip
    return train(
        env, ppo, loop, seed=job.seed, folder=job.folder, resume=job.resume, initial=job.initial,
        progress=onlooker.report, about=training_record(env, job) | {"stages": earlier_stages(job.initial)},
        overdue=onlooker.overdue, watch=watch,
    )  # fmt: skip


def training_record(env: BatchEnv, job: TrainingJob) -> dict[str, Any]:
    """How a policy is trained, as JSON-ready values: the job, the task's configuration, what is randomised.

    Files are named without their folders: a bundle says nothing of the machine that it was trained on.
    """
    fields = {k: v.name if isinstance(v, Path) else v for k, v in asdict(job).items() if k != "folder"}
    config: Any = getattr(env.task, "config")  # noqa: B009
    task = {f.name: getattr(config, f.name) for f in dataclass_fields(config) if f.name != "starts"}
    return {"job": fields, "task": task, "randomisation": asdict(env.randomiser.config)}
