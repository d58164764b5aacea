"""``--memory``: a planner that remembers what was carried out, for the commands that have one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skillblend.contracts import Planner, SceneState
from skillblend.episodes import FILE, EpisodeStore
from skillblend.errors import InputError
from skillblend.remembered import Remembers
from skillblend.session import Outcome, Session
from skillblend.terminal import state_folder

USER = "user"
"""What stands for the file in the folder of what this user typed."""

SIMULATED, PLANNED = "each step judged by the simulator's state", "the plan judged by its file, nothing moved"
"""What verifies an instruction that is kept."""


def memory_path(named: Path) -> Path:
    """The file that `--memory` means."""
    return state_folder() / FILE if str(named) == USER else named


def open_memory(named: Path | None, tell: Callable[[str], None]) -> EpisodeStore | None:
    """What `--memory` means; None without it, and, in one line to `tell`, where it cannot be used."""
    try:
        return None if named is None else EpisodeStore(memory_path(named))
    except InputError as error:
        tell(f"without memory: {error}")
        return None


def memory_tried(named: Path | None, *, remember: bool) -> EpisodeStore | None:
    """The memory that an evaluation tries, or that right plans get into; None without one.

    Raises:
        InputError: It cannot be used: a row "with memory" without one would mislead.
    """
    if named is None and remember:
        raise InputError("--remember puts plans into a memory; name its file with --memory")
    return None if named is None else EpisodeStore(memory_path(named), read_only=not remember)


def remembering(
    planner: Planner, store: EpisodeStore | None, robot: str, judge: str = SIMULATED
) -> tuple[Planner, Remembers | None]:
    """`planner` that remembers, twice: as who decides and as who keeps; itself and None without a store."""
    if store is None:
        return planner, None
    from planners.remembering import RememberingPlanner
    from sim.publish import commit

    found = RememberingPlanner(planner, store, robot=robot, judge=judge, code=commit())
    return found, found


def keep(
    memory: Remembers | None, session: Session, scene: SceneState, outcome: Outcome, tell: Callable[[str], None]
) -> None:
    """Keep how an instruction went that began in `scene`; `tell` why, where that could not be."""
    if memory is None or session.stop_requested or outcome.refused:
        return
    told = memory.learn(outcome.instruction, scene, outcome.steps, outcome.decisions, success=outcome.success)
    if told:
        tell(told)
