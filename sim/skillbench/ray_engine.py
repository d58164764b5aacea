"""Carries out jobs on a Ray cluster; a worker that is lost costs its jobs' time and nothing else.

Ray moves jobs and episodes between processes as pickles, so that a cluster must be trusted as one machine is.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from sim.publish import commit
from sim.skillbench.engine import Engine
from sim.skillbench.play import Job, play
from sim.skillbench.results import Episode
from skillblend.errors import InputError, SimulationError, SkillblendError

RETRIES = 5
"""How often a job is begun again after its worker was lost."""
WAIT = 5.0
"""For the head of a cluster to answer, s."""


def ray_engine(address: str, processes: int) -> Engine:
    """Jobs on the cluster at `address`, or on one that is started here for the run.

    Args:
        address: Of the cluster's head, "HOST:PORT", or "auto" for the one this machine belongs to; "" starts
            one here.
        processes: Of the cluster that is started here; a cluster that runs already knows its own.

    Raises:
        InputError: Ray is not installed, or `processes` is below 1.
    """
    if processes < 1:
        raise InputError(f"processes = {processes} must be 1 or more")
    try:
        import ray  # noqa: F401 # pyright: ignore[reportMissingImports, reportUnusedImport]
    except ImportError as error:
        raise InputError(
            f"--engine ray needs Ray, which cannot be imported ({error}); "
            "install it with: pip install --no-deps -r requirements-ray.lock, or leave --engine out"
        ) from error

    def engine(work: Sequence[Job]) -> Iterator[list[Episode]]:
        if not work:
            return
        _connect(ray, address, processes)
        try:
            yield from _results(ray, work)
        finally:
            ray.shutdown()

    return engine


def _connect(ray: Any, address: str, processes: int) -> None:
    host, _, port = address.rpartition(":")
    if address and address != "auto":
        try:  # Ray itself tries for minutes, and ends the whole process then
            socket.create_connection((host, int(port)), timeout=WAIT).close()
        except (OSError, ValueError, OverflowError) as error:
            raise _unreachable(address, error) from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers over the network
    where: dict[str, Any] = {"address": address} if address else {"address": "local", "num_cpus": processes}
    try:
        ray.init(
            **where, include_dashboard=None if address else False, log_to_driver=False, logging_level=logging.ERROR
        )
    except (ConnectionError, RuntimeError, TimeoutError, ValueError, OSError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> InputError:
    return InputError(
        f"no Ray cluster answers at {address or 'this machine'} ({_line(error)}); start one with: ray start --head, "
        "name its address with --ray-address HOST:PORT, or leave --engine out"
    )


def _results(ray: Any, work: Sequence[Job]) -> Iterator[list[Episode]]:
    played = ray.remote(num_cpus=1, max_retries=RETRIES, scheduling_strategy="SPREAD")(_play)
    here = commit()
    pending: list[Any] = [played.remote(job, here) for job in work]
    try:
        while pending:
            done, pending = ray.wait(pending)
            for each in done:
                yield ray.get(each)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        raise cause if isinstance(cause, SkillblendError) else SimulationError(_line(cause)) from error
    except ray.exceptions.RayError as error:
        raise SimulationError(
            f"the Ray cluster lost a job {RETRIES + 1} times, or is gone ({_line(error)}); what it had finished is "
            "kept: run the same command again, with fewer --num-envs where memory was short"
        ) from error
    finally:
        for each in pending:
            ray.cancel(each, force=True)


def _play(job: Job, wanted: str) -> list[Episode]:
    found = commit()
    if found != wanted:
        raise InputError(
            f"a worker of the Ray cluster has the code of commit {found}, this run that of {wanted}; "
            "check out the same commit on every machine"
        )
    return play(job)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
