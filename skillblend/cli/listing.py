"""``skillblend list``: what is known by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from tyro.conf import Positional

from skillblend.errors import UnknownNameError
from skillblend.files import json_text
from skillblend.registry import Registry

T = TypeVar("T")
Row = tuple[str, str]
"""Name, and one line about it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class List:
    """What is known by name: skills, tasks, behaviours, robots, scenes, things or planners.

    Attributes:
        what: Which of them.
        json: Print one JSON list and nothing else.
    """

    what: Positional[str]
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        if self.what not in LISTED:
            raise UnknownNameError("list", self.what, LISTED)
        return partial(show, self)


def registered(registry: Registry[T], about: Callable[[T], str]) -> Iterable[Row]:
    """The rows of a registry."""
    return ((name, about(registry[name])) for name in registry.names())


def _skills() -> Iterable[Row]:
    from skillblend.skills.spec import SKILLS

    return registered(SKILLS, lambda skill: skill.about)


def _tasks() -> Iterable[Row]:
    from sim.tasks.spec import TASKS

    return registered(TASKS, lambda task: task.about)


def _behaviours() -> Iterable[Row]:
    from skillblend.behaviours import BEHAVIOURS

    return registered(BEHAVIOURS, lambda behaviour: behaviour.about)


def _robots() -> Iterable[Row]:
    import robots

    for name in robots.names():
        robot = robots.load(name)
        mass = sum(body.mass for body in robot.bodies)
        yield name, f"{robot.num_joints} joints, {mass:.1f} kg, its base {robot.base_height:.2f} m high"


def _scenes() -> Iterable[Row]:
    from sim import scenes
    from sim.things.kinds import H1

    return registered(scenes.SCENES, lambda scene: scene(H1).about)


def _things() -> Iterable[Row]:
    from sim.things import KINDS

    return registered(KINDS, lambda kind: f"{kind.about}; {kind.motion}")


def _planners() -> Iterable[Row]:
    from planners.variants import PLANNERS

    return registered(PLANNERS, lambda planner: planner.about)


LISTED: Mapping[str, Callable[[], Iterable[Row]]] = MappingProxyType(
    {
        "skills": _skills,
        "tasks": _tasks,
        "behaviours": _behaviours,
        "robots": _robots,
        "scenes": _scenes,
        "things": _things,
        "planners": _planners,
    }
)
"""What can be listed. The rest of the command line names nothing itself."""


def show(args: List) -> int:
    """Print the list."""
    rows = list(LISTED[args.what]())
    if args.json:
        found: list[dict[str, Any]] = [{"name": name, "about": about} for name, about in rows]
        print(json_text(found))
        return 0
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, about in rows:
        table.add_row(escape(name), escape(about))
    Console().print(table)
    return 0
