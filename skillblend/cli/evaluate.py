"""``skillblend eval skill``, ``task`` and ``handover``: episodes that nobody trained on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from tyro.conf import Positional, arg

import robots
from skillblend.agents import FLOORS, POLICY, floor_actor, floor_of, with_agent
from skillblend.blenders import read_blender
from skillblend.cli.arguments import Agents, Robots
from skillblend.cli.output import bar, check_file, show_result, shown, updater
from skillblend.cli.paths import MODELS
from skillblend.errors import InputError, UnknownNameError
from skillblend.loading import load_skillset
from skillblend.skills.skill import bundle_folder, load_skill


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalSkill:
    """Evaluate a skill on unseen 20-s episodes.

    Attributes:
        skill: Its name; `skillblend list skills` has them.
        robot: Whom.
        episodes: How many.
        seed: Of the episodes.
        models: Where the bundles are.
        variant: Bundle SKILL.VARIANT instead of SKILL.
        loaded: Each robot carries 0 to 3 kg (of an H1; others by their weight) at the palms.
        push: Also push the robot, on wider ranges of dynamics.
        stand: Walking only: command zero for the whole episode.
        agent: policy, or a floor in its place: zero or random actions.
        json: Print one JSON object and nothing else.
        card: Rewrite the bundle's card with the results.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    variant: str = ""
    loaded: Annotated[bool, arg(name="load")] = False
    push: bool = False
    stand: bool = False
    agent: Agents = POLICY
    json: bool = False
    card: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(eval_skill, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalTask:
    """Evaluate a task under a policy.

    Attributes:
        task: See `skillblend list tasks`.
        robot: Whom.
        policy: blender, noop, uniform, only_SKILL, handover, oracle, or a variant (joint_gates, scalar_gate,
            every_tick, flat); all for a table of those that there are.
        episodes: How many.
        seed: Of the episodes.
        models: Where the bundles are.
        agent: zero or random actions instead of a policy, as a floor; --policy all has both.
        json: Print JSON (one object, or a list with --policy all) and nothing else.
        card: Rewrite the card of the blender's bundle with the results; with --policy all.
    """

    task: Positional[str]
    robot: Robots = "h1"
    policy: str = "blender"
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    agent: Agents = POLICY
    json: bool = False
    card: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(eval_task, self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalHandover:
    """Switch from one skill to another and back at random moments, and count falls.

    Attributes:
        first: Skill that begins, and takes over again at the end.
        second: Skill that takes over in between.
        every: All ordered pairs of the robot's skills instead.
        robot: Whom.
        episodes: Trials.
        seed: Of the trials.
        models: Where the bundles are.
        variant: Bundles SKILL.VARIANT of the skills that have one.
        loaded: Each robot carries 0 to 3 kg (of an H1; others by their weight) at the palms.
        agent: policy, or a floor in its place: zero or random actions.
        json: Print one JSON object and nothing else.
    """

    first: str = "walking"
    second: str = "reaching"
    every: bool = False
    robot: Robots = "h1"
    episodes: int = 100
    seed: int = 7
    models: Path = MODELS
    variant: str = ""
    loaded: Annotated[bool, arg(name="load")] = False
    agent: Agents = POLICY
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(eval_handover, self)


def eval_skill(args: EvalSkill) -> int:
    """Print the results of a skill."""
    from sim.evaluate import evaluate_skill
    from sim.load import LOAD
    from sim.settings import EVALUATION
    from sim.skills.spec import TRAININGS

    robot = robots.load(args.robot)
    skill = load_skill(args.skill, robot, bundle_folder(args.models, robot.name, args.skill, args.variant))
    skill = with_agent(skill, args.agent, args.seed)
    if args.card:
        check_no_floor(args.agent)
        check_file(skill.bundle.folder / "card.md")
    disturbance = EVALUATION
    if args.push:
        disturbance = TRAININGS[args.skill].pushed
    if args.loaded:
        disturbance = disturbance.loaded(LOAD)
    with bar(f"eval {args.skill}", quiet=args.json) as progress:
        task = progress.add_task("episodes", total=args.episodes)
        result = evaluate_skill(
            skill,
            args.episodes,
            args.seed,
            randomisation=disturbance,
            standing=args.stand,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    result |= {"load": True} if args.loaded else {}
    result |= floor_of(args.agent)
    if args.card:
        from sim.cards import write_skill_card

        write_skill_card(skill, result)
    show_result(result, args.json)
    return 0


def eval_task(args: EvalTask) -> int:
    """Print the results of a task under one or all policies."""
    from sim.blenders import DEFAULT, VARIANTS, bundle_name, make_blender
    from sim.evaluate import evaluate_task
    from sim.tasks.baselines import baseline, baseline_names
    from sim.tasks.spec import TASKS

    spec = TASKS[args.task]
    robot = robots.load(args.robot)
    if args.card:
        check_no_floor(args.agent)
        check_file(args.models / robot.name / args.task / "card.md")
    known = ("all", *VARIANTS, *baseline_names(spec))
    if args.policy not in known:
        raise UnknownNameError("policy", args.policy, known)
    names = [args.policy if args.agent == POLICY else args.agent]
    if args.agent == POLICY and args.policy == "all":
        trained = [v for v in VARIANTS if (args.models / robot.name / bundle_name(args.task, v)).is_dir()]
        names = [*FLOORS, *baseline_names(spec), *trained]
    rows: list[dict[str, Any]] = []
    for name in names:
        variant = name if name in VARIANTS else DEFAULT
        controller = make_blender(spec, robot, args.models, variant)
        if name in VARIANTS:
            label = bundle_name(args.task, name)
            act: Any = read_blender(args.models / robot.name / label, label, controller).actor
        elif name in FLOORS:
            inputs = sum(size for _, size in controller.layout)
            act = floor_actor(name, inputs, controller.action_size, args.seed)
        else:
            act = baseline(name, spec, controller)
        with bar(f"{args.task} {name}", quiet=args.json) as progress:
            task = progress.add_task("episodes", total=args.episodes)
            update = updater(progress, task)
            rows.append(evaluate_task(args.task, controller, act, name, args.episodes, args.seed, update))
    if args.card:
        from sim.cards import write_task_card

        write_task_card(args.models / robot.name / args.task, rows)
    if args.json or len(rows) == 1:
        show_result(rows[0] if len(rows) == 1 else rows, args.json)
    else:
        _table(args.task, rows)
    return 0


def eval_handover(args: EvalHandover) -> int:
    """Print how many of the switches the robot survives."""
    from sim.evaluate import check_episodes, check_seed
    from sim.handover import HandoverTrials
    from sim.load import LOAD
    from sim.publish import commit
    from sim.settings import EVALUATION

    check_episodes(args.episodes)
    check_seed(args.seed)
    robot = robots.load(args.robot)
    skills = load_skillset(robot, args.models, args.variant, agent=args.agent, seed=args.seed)
    setting = EVALUATION.loaded(LOAD) if args.loaded else EVALUATION
    pairs = list(permutations(skills.names, 2)) if args.every else [(args.first, args.second)]
    about = {"robot": robot.name, "seed": args.seed, "commit": commit()}
    about |= {"variant": args.variant} if args.variant else {}
    about |= {"load": True} if args.loaded else {}
    about |= floor_of(args.agent)
    rows: list[dict[str, Any]] = []
    for first, second in pairs:
        trials = HandoverTrials(skills, args.episodes, args.seed, setting)
        with bar(f"{first} to {second}", quiet=args.json) as progress:
            task = progress.add_task("steps", total=500)
            rows.append({**about, **trials.run(first, second, updater(progress, task))})
        if args.every and not args.json:
            show_result(rows[-1], as_json=False)
    if args.json or not args.every:
        show_result(rows if args.every else rows[0], args.json)
    return 0


def check_no_floor(agent: str) -> None:
    """Refuse to write the results of a floor into a policy's card.

    Raises:
        InputError: It is one.
    """
    if agent in FLOORS:
        raise InputError(f"a card is about the policy, not about {agent} actions; leave --card or --agent out")


def _table(task: str, rows: list[dict[str, Any]]) -> None:
    table = Table(title=f"{task}: {rows[0]['episodes']} episodes, seed {rows[0]['seed']}")
    columns = (
        "policy", "strict_success_rate", "paper_success_rate", "fall_rate", "paper_error", "error", "error_median",
    )  # fmt: skip
    for name in columns:
        table.add_column(name)
    for row in rows:
        table.add_row(*(escape(shown(row[c])) for c in columns))
    Console().print(table)
