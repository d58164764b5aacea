"""Carries out jobs, in this process or in others; what they find does not depend on where."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from sim.skillbench.play import Job, play
from sim.skillbench.results import Episode, Results
from skillblend.errors import InputError, SimulationError

Engine = Callable[[Sequence[Job]], Iterator[list[Episode]]]
"""Jobs -> the episodes of each, in whatever order they end."""


def jobs(results: Results, models: Path, num_envs: int) -> list[Job]:
    """What is missing, at most `num_envs` episodes in each; all cells of a seed before the next seed."""
    found: list[Job] = []
    for seed in results.matrix.seeds:
        for cell in results.matrix.cells:
            left = results.missing(cell, seed)
            found += [
                Job(
                    cell=cell, robot=results.matrix.robot, models=models, seed=seed,
                    episodes=tuple(left[k : k + num_envs]),
                )
                for k in range(0, len(left), num_envs)
            ]  # fmt: skip
    return found


def engine(processes: int) -> Engine:
    """One job after the other in this process, or as many at once as there are `processes`.

    Raises:
        InputError: Fewer than one process.
    """
    if processes < 1:
        raise InputError(f"processes = {processes} must be 1 or more")
    return (lambda work: map(play, work)) if processes == 1 else _Pool(processes)


class _Pool:
    def __init__(self, processes: int) -> None:
        self._processes = processes

    def __call__(self, work: Sequence[Job]) -> Iterator[list[Episode]]:
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(min(self._processes, max(1, len(work))), mp_context=context, initializer=_serve)
        try:
            yield from _results(pool, work)
        except BrokenProcessPool as error:
            raise SimulationError(
                "a process of the benchmark run has ended, perhaps for want of memory; what it had finished is kept: "
                "run the same command again, with fewer --processes or --num-envs"
            ) from error
        finally:
            for process in list(pool._processes.values()):  # noqa: SLF001 - shutdown would wait for their jobs
                process.terminate()
            pool.shutdown(wait=True, cancel_futures=True)


def _results(pool: ProcessPoolExecutor, work: Sequence[Job]) -> Iterator[list[Episode]]:
    pending: set[Future[list[Episode]]] = {pool.submit(play, job) for job in work}
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for each in done:
            yield each.result()


def _serve() -> None:
    """In a worker: Ctrl-C is for the parent to act on, and without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
