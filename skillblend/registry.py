"""Things by name: one registry class for skills, behaviours, tasks, robots, scenes and planners."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

from skillblend.errors import InputError, UnknownNameError

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Registry(Generic[T]):
    """Entries of one kind, in the order in which they were added.

    >>> SKILLS: Registry[SkillSpec] = Registry("skill")
    >>> SKILLS.add("walking", WALKING)
    >>> SKILLS["wolking"]  # UnknownNameError: unknown skill 'wolking'; known: ['walking']; did you mean 'walking'?

    Attributes:
        kind: What an entry is, for messages.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> T:
        """Make `entry` known as `name`, and return it.

        Raises:
            InputError: The name is taken, or is not a lower-case identifier.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"{self.kind} name {name!r} must be a lower-case identifier such as 'far_reach'")
        if name in self._entries:
            raise InputError(f"{self.kind} {name!r} is registered already; choose another name")
        self._entries[name] = entry
        return entry

    def remove(self, name: str) -> T:
        """Forget the entry called `name`, and return it: for what was added for a while.

        Raises:
            UnknownNameError: No such entry.
        """
        entry = self[name]
        del self._entries[name]
        return entry

    def names(self) -> tuple[str, ...]:
        """Names, in the order in which they were added."""
        return tuple(self._entries)

    def __getitem__(self, name: str) -> T:
        """The entry called `name`.

        Raises:
            UnknownNameError: No such entry; near misses are suggested.
        """
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self._entries)
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
