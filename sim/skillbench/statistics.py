"""From episodes to figures with intervals, policy by policy and over all tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.skillbench.matrix import Cell, Matrix
from sim.skillbench.results import Episode
from sim.tasks.baselines import ONLY
from sim.tasks.measures import MOTION
from skillblend.contracts import Array
from skillblend.intervals import wilson_interval

SINGLE = "best single skill"
"""Label of the policy that does best among those that leave every joint to one skill; chosen by its own figures."""
FLOOR = "noop"
_DRAWS = 2000

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Proportion:
    """A share of episodes.

    Attributes:
        value: In [0, 1].
        interval: 95% Wilson score interval.
    """

    value: float
    interval: Interval

    @staticmethod
    def of(counted: Sequence[bool]) -> Proportion:
        """Of those of `counted` that are true."""
        return Proportion(value=float(np.mean(counted)), interval=wilson_interval(sum(counted), len(counted)))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A statistic over episodes.

    Attributes:
        value: Of all of them.
        interval: 95% percentile bootstrap interval, resampled within each stratum.
    """

    value: float
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class PolicyResult:
    """The figures of one policy on one task.

    Attributes:
        cell: Which.
        label: As tables call it.
        episodes: How many there are.
        strict, paper, falls: What the judges say, and falls.
        iqm: Interquartile mean of the paper's error, m; strata are seeds.
        mean: Mean of the paper's error, m, which is what the paper gives; strata are seeds.
        motion: Means of how the robot moved, by the names of `sim.tasks.measures.MOTION`.
        seconds: Mean length of an episode, s.
    """

    cell: Cell
    label: str
    episodes: int
    strict: Proportion
    paper: Proportion
    falls: Proportion
    iqm: Figure
    mean: Figure
    motion: dict[str, float]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Overall:
    """The figures of one policy over all tasks that it has.

    Attributes:
        label: As tables call it.
        tasks: How many.
        strict: Mean over tasks of the share of strict successes; strata are tasks and seeds.
        relative: Interquartile mean of the paper's error as a share of doing nothing's mean on that task; strata are
            tasks and seeds; None where nobody did nothing.
    """

    label: str
    tasks: int
    strict: Figure
    relative: Figure | None


def iqm(values: Array, axis: int = -1) -> Array:
    """Interquartile mean: of the middle half. Along `axis`.

    Source: Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical Precipice", NeurIPS 2021.
    """
    from scipy.stats import trim_mean

    return np.asarray(trim_mean(values, 0.25, axis=axis))


def stratified(strata: Sequence[Array], statistic: Callable[..., Array], draws: int = _DRAWS) -> Figure:
    """`statistic` of all values, with an interval from resampling every stratum on its own.

    Args:
        strata: Values, each (E_k,).
        statistic: From samples (..., E_k), one a stratum, and `axis`, to a number each (...).
        draws: Resamples.
    """
    from scipy.stats import bootstrap

    value = float(statistic(*strata, axis=-1))
    if all(np.ptp(values) == 0.0 for values in strata):
        return Figure(value=value, interval=(value, value))
    found = bootstrap(
        tuple(strata), statistic, n_resamples=draws, method="percentile", rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return Figure(value=value, interval=(float(found.low), float(found.high)))


def _pooled(reduce: Callable[..., Array]) -> Callable[..., Array]:
    def statistic(*samples: Array, axis: int = -1) -> Array:
        return reduce(np.concatenate(samples, axis=axis), axis=axis)

    return statistic


def _over_tasks(tasks: Sequence[int]) -> Callable[..., Array]:
    """Mean over tasks of the mean over a task's samples; `tasks` says which each stratum belongs to."""

    def statistic(*samples: Array, axis: int = -1) -> Array:
        means = [
            np.concatenate([s for s, of in zip(samples, tasks, strict=True) if of == task], axis=axis).mean(axis=axis)
            for task in sorted(set(tasks))
        ]
        return np.mean(means, axis=0)

    return statistic


def by_cell(episodes: Sequence[Episode]) -> dict[Cell, list[Episode]]:
    """Episodes of each cell."""
    found: dict[Cell, list[Episode]] = {}
    for episode in episodes:
        found.setdefault(episode.cell, []).append(episode)
    return found


def _strata(episodes: Sequence[Episode], value: Callable[[Episode], float]) -> list[Array]:
    """Values by seed."""
    seeds = sorted({episode.seed for episode in episodes})
    return [np.array([value(e) for e in episodes if e.seed == seed], dtype=np.float64) for seed in seeds]


def row(cell: Cell, episodes: Sequence[Episode], label: str = "") -> PolicyResult:
    """The figures of a cell that has episodes."""
    errors = _strata(episodes, lambda e: e.paper_error)
    return PolicyResult(
        cell=cell,
        label=label or cell.policy,
        episodes=len(episodes),
        strict=Proportion.of([e.strict for e in episodes]),
        paper=Proportion.of([e.paper for e in episodes]),
        falls=Proportion.of([e.fell or e.broken for e in episodes]),
        iqm=stratified(errors, _pooled(iqm)),
        mean=stratified(errors, _pooled(np.mean)),
        motion={name: float(np.mean([e.motion[name] for e in episodes])) for name in MOTION},
        seconds=float(np.mean([e.seconds for e in episodes])),
    )


def rows(matrix: Matrix, episodes: Sequence[Episode]) -> list[PolicyResult]:
    """Of every cell with episodes, in the order of the run; the best single skill of a task stands for its kind."""
    cells = by_cell(episodes)
    found: list[PolicyResult] = []
    for task in matrix.tasks:
        mine = [row(cell, cells[cell]) for cell in matrix.cells if cell.task == task and cell in cells]
        single = [r for r in mine if r.cell.policy.startswith(ONLY)]
        if single:
            best = max(single, key=lambda r: (r.strict.value, -r.mean.value))
            named = f"{SINGLE}: {best.cell.policy.removeprefix(ONLY)}"
            mine[mine.index(single[0])] = row(best.cell, cells[best.cell], named)
            mine = [r for r in mine if r not in single]
        found += mine
    return found


def kind(label: str) -> str:
    """What a row's policy is called over several tasks."""
    return label.partition(":")[0]


def overall(table: Sequence[PolicyResult], episodes: Sequence[Episode]) -> list[Overall]:
    """Every kind of policy over its tasks."""
    cells = by_cell(episodes)
    floor = {r.cell.task: r.mean.value for r in table if r.cell.policy == FLOOR}
    found: list[Overall] = []
    for label in dict.fromkeys(kind(r.label) for r in table):
        mine = [r.cell for r in table if kind(r.label) == label]
        found.append(_overall(label, mine, cells, floor))
    return found


def _overall(
    label: str, mine: Sequence[Cell], cells: Mapping[Cell, Sequence[Episode]], floor: Mapping[str, float]
) -> Overall:
    strict = [_strata(cells[cell], lambda e: float(e.strict)) for cell in mine]
    tasks = [k for k, strata in enumerate(strict) for _ in strata]
    relative: Figure | None = None
    if all(floor.get(cell.task, 0.0) > 0.0 for cell in mine):
        errors = [
            values / floor[cell.task] for cell in mine for values in _strata(cells[cell], lambda e: e.paper_error)
        ]
        relative = stratified(errors, _pooled(iqm))
    return Overall(
        label=label,
        tasks=len(mine),
        strict=stratified([values for strata in strict for values in strata], _over_tasks(tasks)),
        relative=relative,
    )
