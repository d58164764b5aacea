"""What a benchmark run consists of: robot, tasks, policies, seeds, and what is missing, with the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from sim.blenders import DEFAULT, VARIANTS, bundle_name, make_blender
from sim.publish import commit
from sim.tasks.baselines import baseline, baseline_names
from sim.tasks.spec import TASKS, Act
from skillblend.blenders import read_blender
from skillblend.blending import BlendController
from skillblend.checks import check_integer
from skillblend.contracts import Robot
from skillblend.errors import BundleError, InputError, UnknownNameError
from skillblend.flat import FlatController
from skillblend.skills.skill import load_skill

ALL = "all"
FLAT = "flat"
LAYOUT = 1
"""Of a results folder."""
_FEW = 4
_PACKAGES = ("robots", "sim", "skillblend")
_SOURCE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One policy on one task."""

    task: str
    policy: str


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A benchmark run, as its results folder keeps it.

    Attributes:
        robot: Its name.
        tasks, policies: As asked for, with `ALL` spelled out.
        cells: What can be run.
        absent: What cannot, "TASK/POLICY" by name, and why.
        episodes: Of each seed.
        seeds: Of the episodes.
        digests: Of the networks that drive, by the name of their bundle.
        commit: Of the checkout.
        code: Digest of the source that decides the figures.
        layout: Of the folder.
    """

    robot: str
    tasks: tuple[str, ...]
    policies: tuple[str, ...]
    cells: tuple[Cell, ...]
    absent: dict[str, str]
    episodes: int
    seeds: tuple[int, ...]
    digests: dict[str, str]
    commit: str
    code: str
    layout: int = LAYOUT

    @property
    def total(self) -> int:
        """Episodes of the whole run."""
        return len(self.cells) * len(self.seeds) * self.episodes

    def check(self) -> None:
        """Refuse what is no run.

        Raises:
            InputError: A number is out of range.
            TypeError: A field is of another kind.
        """
        check_integer("episodes", self.episodes, 1, 100_000)
        for seed in self.seeds:
            check_integer("seed", seed, 0, 2**31 - 1)
        texts = [*self.tasks, *self.policies, self.robot, self.commit, self.code, *self.absent, *self.digests]
        texts += [text for cell in self.cells for text in (cell.task, cell.policy)]
        if not (self.cells and self.seeds and all(isinstance(text, str) for text in texts)):
            raise TypeError("a name that is no text, or nothing to run")

    def as_json(self) -> dict[str, Any]:
        """As `parse` reads it."""
        return asdict(self)

    @staticmethod
    def parse(data: Any) -> Matrix:
        """As JSON holds it.

        Raises:
            InputError: It is of another layout, or none at all.
        """
        found = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
        if found.get("layout") != LAYOUT:
            raise InputError(f"layout {found.get('layout')!r} of a results folder, this version reads {LAYOUT}")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
        try:
            values["cells"] = tuple(Cell(**cell) for cell in values["cells"])
            read = Matrix(**values)
            read.check()
            return read
        except (KeyError, TypeError) as error:
            raise InputError(f"a results folder whose description is not ours: {error}") from error

    def differences(self, other: Matrix) -> list[str]:
        """What `other` has instead, a few words each; what follows from the rest is left out."""
        found = [
            f"{name} {_brief(theirs)}, not {_brief(mine)}"
            for name in ("robot", "commit", "tasks", "policies", "episodes", "seeds")
            if (mine := getattr(self, name)) != (theirs := getattr(other, name))
        ]
        if self.code != other.code and self.commit == other.commit:
            found.append("sources that were changed since")
        names = {*self.digests, *other.digests}
        changed = sorted(name for name in names if self.digests.get(name) != other.digests.get(name))
        if changed and self.cells == other.cells:
            found.append(f"other networks of {_brief(tuple(changed))}")
        if not found and self != other:
            found.append("other policies, or other reasons why some are missing")
        return found


def _brief(value: Any) -> str:
    if not isinstance(value, tuple):
        return str(value)
    items = [str(item) for item in cast("Sequence[Any]", value)]
    return ", ".join(items) if len(items) <= _FEW else f"{', '.join(items[:_FEW])} ... ({len(items)})"


def plan_matrix(
    robot: Robot, models: Path, *, tasks: Sequence[str], policies: Sequence[str], episodes: int, seeds: Sequence[int]
) -> Matrix:
    """Find out what can be run with the bundles in `models`.

    Args:
        robot: Whom.
        models: Where the bundles are.
        tasks: Names, or `ALL`.
        policies: Names, or `ALL`: all scripted ones, the shipped blender, flat PPO, and the variants that there are.
        episodes: Of each seed.
        seeds: Of the episodes.

    Raises:
        UnknownNameError: No such task or policy.
        InputError: Nothing can be run, or a number is out of range.
    """
    check_integer("episodes", episodes, 1, 100_000)
    for seed in seeds:
        check_integer("seed", seed, 0, 2**31 - 1)
    names = TASKS.names() if ALL in tasks else tuple(dict.fromkeys(tasks))
    known = policy_names(names)
    unknown = [policy for policy in policies if policy not in (ALL, *known)]
    if unknown:
        raise UnknownNameError("policy", unknown[0], (ALL, *known))
    found = _Findings(robot, models)
    for task in names:
        found.look(task, _wanted(task, policies, robot, models))
    if not found.cells:
        raise InputError(
            f"nothing to run: {_reasons(found.absent)}; train it first, or choose other tasks or policies"
        )
    used = {cell.policy for cell in found.cells} | {key.split("/")[1] for key in found.absent}
    return Matrix(
        robot=robot.name, tasks=names, policies=tuple(p for p in known if p in used), cells=tuple(found.cells),
        absent=found.absent, episodes=episodes, seeds=tuple(seeds), digests=found.digests, commit=commit(),
        code=code_digest(),
    )  # fmt: skip


def policy_names(tasks: Sequence[str]) -> tuple[str, ...]:
    """Of the policies that a task of `tasks` may have: scripted ones, then trained ones."""
    scripted = [name for task in tasks for name in baseline_names(TASKS[task])]
    order = {"noop": 0, "uniform": 1, "handover": 3, "oracle": 4}
    return (*sorted(dict.fromkeys(scripted), key=lambda name: order.get(name, 2)), *VARIANTS)


def _wanted(task: str, policies: Sequence[str], robot: Robot, models: Path) -> tuple[str, ...]:
    mine = (*baseline_names(TASKS[task]), *VARIANTS)
    if ALL not in policies:
        return tuple(p for p in mine if p in policies)
    there = [v for v in VARIANTS if (models / robot.name / bundle_name(task, v)).is_dir()]
    return (*baseline_names(TASKS[task]), *(v for v in VARIANTS if v in (DEFAULT, FLAT, *there)))


def _reasons(absent: dict[str, str]) -> str:
    return "; ".join(f"{key}: {why}" for key, why in list(absent.items())[:4]) or "no task has any of these policies"


class _Findings:
    """What there is, task by task."""

    def __init__(self, robot: Robot, models: Path) -> None:
        self._robot, self._models = robot, models
        self.cells: list[Cell] = []
        self.absent: dict[str, str] = {}
        self.digests: dict[str, str] = {}

    def look(self, task: str, policies: Sequence[str]) -> None:
        """Sort the policies of a task into those that can be run and those that cannot."""
        folder = self._models / self._robot.name
        missing = [skill for skill in TASKS[task].skills if not (folder / skill).is_dir()]
        for policy in policies:
            label = bundle_name(task, policy) if policy in VARIANTS else ""
            if missing:
                self.absent[f"{task}/{policy}"] = f"{self._robot.name} has no skill {missing[0]}"
            elif label and not (folder / label).is_dir():
                self.absent[f"{task}/{policy}"] = "not trained: no bundle"
            else:
                self._check(task, policy, label)

    def _check(self, task: str, policy: str, label: str) -> None:
        try:
            if label:
                controller = make_blender(TASKS[task], self._robot, self._models, policy)
                bundle = read_blender(self._models / self._robot.name / label, label, controller)
                self.digests[label] = bundle.digest[:16]
        except BundleError as error:
            self.absent[f"{task}/{policy}"] = str(error)
            return
        for skill in TASKS[task].skills:
            if skill not in self.digests:
                folder = self._models / self._robot.name / skill
                self.digests[skill] = load_skill(skill, self._robot, folder).bundle.digest[:16]
        self.cells.append(Cell(task=task, policy=policy))


def code_digest() -> str:
    """Of everything in the packages that decides a figure: changed sources are another configuration."""
    found = hashlib.sha256()
    for package in _PACKAGES:
        for file in sorted((_SOURCE / package).rglob("*")):
            if file.suffix in (".py", ".json", ".xml") and "__pycache__" not in file.parts:
                found.update(str(file.relative_to(_SOURCE)).encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def acting(cell: Cell, robot: Robot, models: Path) -> tuple[BlendController | FlatController, Act]:
    """What drives a cell: its controller, and the policy over that.

    Raises:
        BundleError: A bundle is missing or does not fit.
    """
    trained = cell.policy in VARIANTS
    controller = make_blender(TASKS[cell.task], robot, models, cell.policy if trained else DEFAULT)
    if not trained:
        return controller, baseline(cell.policy, TASKS[cell.task], controller)
    label = bundle_name(cell.task, cell.policy)
    actor: Callable[..., Any] = read_blender(models / robot.name / label, label, controller).actor
    return controller, actor
