"""``skillblend calibrate``: fit an affordance, compare it with what is there, save it only if it is no worse."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tyro.conf import Positional

import robots
from skillblend.affordance import (
    FEWEST_ROLLOUTS,
    FILE,
    Affordance,
    auroc,
    expected_calibration_error,
    objection,
    worse,
)
from skillblend.behaviours import BEHAVIOURS
from skillblend.bundle import copy_bundle, read_networks, weights_digest
from skillblend.checks import check_integer
from skillblend.cli.arguments import Robots
from skillblend.cli.output import bar, check_folder, show_result, updater
from skillblend.cli.paths import MODELS, is_shipped
from skillblend.errors import BundleError, InputError
from skillblend.simulated import open_session
from skillblend.skills.skill import bundle_folder, load_skill
from skillblend.skills.spec import SKILLS
from skillblend.values import FOLDER as VALUES
from skillblend.values import load_values, save_value, squared

if TYPE_CHECKING:
    from sim.calibrate import Calibration
    from skillblend.session import Session

OUT = Path("runs/models")
"""Where affordances of the shipped models go, unless told otherwise."""

FEWEST = 20
"""Rollouts that something can be fitted on at all."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calibrate:
    """Fit a skill's affordance, or a behaviour's value function, on rollouts and save it, with a reliability plot.

    What predicts worse than the affordance that is there, or rests on too few rollouts, is shown and not saved (1).

    Attributes:
        skill: Its name, or that of a behaviour; `skillblend list skills` and `skillblend list behaviours` have them.
        robot: Whom.
        rollouts: Goals tried.
        seed: Of the rollouts.
        variant: Bundle SKILL.VARIANT instead of SKILL.
        models: Where the bundles are.
        out: A models folder for the result; MODELS itself by default, but for the shipped one runs/models, which
            gets a copy of the bundle.
        force: Save it whatever it is like.
        json: Print one JSON object and nothing else.
    """

    skill: Positional[str]
    robot: Robots = "h1"
    rollouts: int = 3000
    seed: int = 11
    variant: str = ""
    models: Path = MODELS
    out: Path | None = None
    force: bool = False
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(calibrate_skill, self)


def calibrate_skill(args: Calibrate) -> int:
    """Fit, compare, save, plot, print."""
    from sim.calibrate import calibrate
    from sim.evaluate import check_seed
    from sim.publish import commit

    check_integer("rollouts", args.rollouts, FEWEST, 10**5)
    check_seed(args.seed)
    robot = robots.load(args.robot)
    if args.skill in BEHAVIOURS and args.skill not in SKILLS:
        return calibrate_behaviour(args)
    source = bundle_folder(args.models, robot.name, args.skill, args.variant)
    skill = load_skill(args.skill, robot, source)
    models = args.out or (OUT if is_shipped(args.models) else args.models)
    target = models / robot.name / source.name
    _check_target(source, target)
    with bar(f"calibrate {args.skill}", quiet=args.json) as progress:
        task = progress.add_task("rollouts", total=args.rollouts)
        made = calibrate(skill, seed=args.seed, rollouts=args.rollouts, progress=updater(progress, task))
    present = _present(args.skill, target, source)
    why = objection(made.affordance, present, made.features, made.success)
    saved = not why or args.force
    if saved:
        _save(made, source, target)
    about = {"skill": args.skill, "robot": robot.name, "seed": args.seed, "commit": commit()}
    told = {"saved": str(target / FILE) if saved else None}
    if why:
        told["objection"] = why if saved else f"not saved: {why}; --force saves it all the same"
    show_result({**about, **made.affordance.report, **_undefined(made), **told}, args.json)
    return 0 if saved else 1


def calibrate_behaviour(args: Calibrate) -> int:
    """The same for the value function of a behaviour, from its own executed rollouts.

    Raises:
        InputError: A variant of a behaviour is asked for.
    """
    from sim.outcomes import calibrate, collect
    from sim.plots import reliability_plot
    from sim.publish import commit

    if args.variant:
        raise InputError(f"behaviour {args.skill!r} has no variants, found --variant {args.variant!r}; leave it out")
    models = args.out or (OUT if is_shipped(args.models) else args.models)
    folder = models / args.robot / VALUES
    check_folder(folder.parent)

    def session(scene: str, seed: int, episodes: Sequence[int]) -> Session:
        return open_session(args.robot, scene, seed, args.models, "uniform", episodes=episodes)

    with bar(f"calibrate {args.skill}", quiet=args.json) as progress:
        tell = updater(progress, progress.add_task("rollouts", total=args.rollouts))
        found = collect(args.skill, session, seed=args.seed, rollouts=args.rollouts, progress=tell)
    made, p = calibrate(args.skill, found)
    old = load_values(models, args.robot).get(args.skill) or load_values(args.models, args.robot).get(args.skill)
    why = worse(p, None if old is None else old(squared(found.features)), found.success)
    if len(p) < FEWEST_ROLLOUTS:
        why = f"{len(p)} rollouts are too few to judge it by; make {FEWEST_ROLLOUTS} or more"
    saved = not why or args.force
    if saved:
        folder.mkdir(parents=True, exist_ok=True)
        save_value(folder, made)
        reliability_plot(args.skill, p, found.success, made.report, folder / f"{args.skill}.png")
    told: dict[str, Any] = {"saved": str(folder / f"{args.skill}.json") if saved else None}
    if why:
        told["objection"] = why if saved else f"not saved: {why}; --force saves it all the same"
    before = {
        "critic_ece": expected_calibration_error(found.critic, found.success),
        "critic_auroc": auroc(found.critic, found.success),
    }
    show_result(
        {"behaviour": args.skill, "robot": args.robot, "seed": args.seed, "commit": commit(), **made.report, **before,
         **told}, args.json,
    )  # fmt: skip
    return 0 if saved else 1


def _check_target(source: Path, target: Path) -> None:
    """Refuse a place for the result before anything is tried.

    Raises:
        InputError: It holds another bundle, or cannot be written.
    """
    if target.exists():
        read_networks(target)
        if weights_digest(target) != weights_digest(source):
            raise InputError(
                f"{target} holds other weights than {source}, which its affordance would not be of; "
                f"name it with --models, or choose another --out"
            )
    check_folder(target.parent)


def _present(skill: str, target: Path, source: Path) -> Affordance | None:
    """The affordance that the new one competes with."""
    for folder in (target, source):
        try:
            return Affordance.load(folder, skill)
        except BundleError:
            continue
    return None


def _save(made: Calibration, source: Path, target: Path) -> None:
    from sim.plots import reliability_plot

    if not target.exists():
        copy_bundle(source, target)
    affordance = made.affordance
    affordance.save(target)
    p = affordance(made.features)
    reliability_plot(affordance.skill, p, made.success, affordance.report, target / "reliability.png")


def _undefined(made: Calibration) -> dict[str, Any]:
    """Why there is no AUROC, where there is none."""
    if np.isfinite(made.affordance.report["auroc"]):
        return {}
    outcome = "succeeded" if made.success.all() else "failed"
    return {"undefined": {"auroc": f"every held-out rollout {outcome}"}}
