"""Who may wait for whom: real time for robot, guard and policy; what is left over for the language model.

A process of Python and DDS is many threads that hold locks for one another. Real time is therefore asked for
all of them: one ordinary thread that holds a lock, and is kept off its core by somebody else, would hold up the
others without bound. Linux; elsewhere everything stays as it is, and the answer says so.
"""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Iterator
from pathlib import Path

_LOCK_NOW, _LOCK_LATER, _LOCK_TOUCHED = 1, 2, 4
"""mlockall's flags. Source: Linux, include/uapi/asm-generic/mman.h."""


def settle_memory() -> None:
    """What has been loaded stays: the garbage collector need not walk through it again, which takes many ms."""
    gc.collect()
    gc.freeze()


def take_priority(level: int) -> str:
    """Ask for SCHED_FIFO at `level` for every thread there is; what came of it. Later threads inherit it.

    With it, what is in memory is kept there. At level 0 nothing is asked for.
    """
    settle_memory()
    if level == 0:
        return "ordinary scheduling"
    try:
        for thread in _settled_threads():
            os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(level))
    except (OSError, AttributeError) as error:
        return f"ordinary scheduling: real time was refused ({error})"
    return f"SCHED_FIFO {level}, {lock_memory()}"


def prefer(level: int) -> str:
    """Ask for SCHED_FIFO at `level` for every thread there is, and for none that they start; what came of it.

    Of a process that is to be heard at once and may do work besides, in threads of its own. At level 0 nothing is
    asked for.
    """
    if level == 0:
        return "ordinary scheduling"
    try:
        for thread in threads():
            os.sched_setscheduler(thread, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(level))
    except (OSError, AttributeError) as error:
        return f"ordinary scheduling: real time was refused ({error})"
    return f"SCHED_FIFO {level}"


def lock_memory() -> str:
    """Keep touched pages of this process in memory, now and later; what came of it."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        refused = libc.mlockall(_LOCK_NOW | _LOCK_LATER | _LOCK_TOUCHED)
    except (OSError, AttributeError) as error:
        return f"memory not locked ({error})"
    return f"memory not locked ({os.strerror(ctypes.get_errno())})" if refused else "memory locked"


def give_way(nice: int) -> str:
    """Let every thread of this process run after all that is more urgent; what came of it.

    Args:
        nice: Added to each thread's own, as by nice(1); 0 leaves everything as it is.
    """
    if nice == 0:
        return "ordinary scheduling"
    try:
        for thread in _settled_threads():
            os.sched_setscheduler(thread, os.SCHED_BATCH, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, thread, min(os.getpriority(os.PRIO_PROCESS, thread) + nice, 19))
    except (OSError, AttributeError) as error:
        return f"ordinary scheduling: a lower priority was refused ({error})"
    return f"SCHED_BATCH, nice {os.getpriority(os.PRIO_PROCESS, 0)}"


def _settled_threads() -> Iterator[int]:
    """Every thread once, those too that others start meanwhile: what comes later inherits."""
    seen: set[int] = set()
    while new := set(threads()) - seen:
        yield from sorted(new)
        seen |= new


def threads() -> list[int]:
    """Ids of this process's threads; of the calling one alone where the system does not list them."""
    tasks = Path("/proc/self/task")
    return sorted(int(entry.name) for entry in tasks.iterdir()) if tasks.is_dir() else [0]
