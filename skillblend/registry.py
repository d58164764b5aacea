"""Things by name: one registry class for skills, behaviours, tasks, robots, scenes and planners."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from skillblend import spokes
from skillblend.errors import InputError, UnknownNameError

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Registry(Generic[T]):
    """Entries of one kind: those of a package, one module each, then what was added, in that order.

    A module of `package` whose source defines `attribute` is an entry by its name; it is imported when somebody asks
    for it, and they get the attribute. So a new entry is a new file and no edit elsewhere, and names cost no import.

    >>> SKILLS: Registry[SkillSpec] = Registry("skill")
    >>> SKILLS.add("walking", WALKING)
    >>> SKILLS["wolking"]  # UnknownNameError: unknown skill 'wolking'; known: ['walking']; did you mean 'walking'?

    Attributes:
        kind: What an entry is, for messages.
    """

    def __init__(
        self,
        kind: str,
        *,
        package: str = "",
        attribute: str = "",
        of: type[T] | None = None,
        every: bool = False,
    ) -> None:
        """Empty where no `package` is named.

        Args:
            kind: What an entry is, for messages.
            package: Whose modules are entries.
            attribute: What a module must define to be one.
            of: What that must be, where it is an object of one class; None for functions and classes.
            every: Whether all modules of the package must be entries.
        """
        self.kind = kind
        self._of, self._every = of, every
        self._package, self._attribute = package, attribute
        self._sets = re.compile(rf"^(?:def +)?{attribute} *[:=(]", re.MULTILINE)
        self._entries: dict[str, T] = {}
        self._loaded: dict[str, T] = {}
        self._seen: tuple[tuple[tuple[str, int], ...], tuple[str, ...]] = ((), ())

    def add(self, name: str, entry: T) -> T:
        """Make `entry` known as `name`, and return it.

        Raises:
            InputError: The name is taken, or is not a lower-case identifier.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"{self.kind} name {name!r} must be a lower-case identifier such as 'far_reach'")
        if name in self:
            raise InputError(f"{self.kind} {name!r} is registered already; choose another name")
        self._entries[name] = entry
        return entry

    def remove(self, name: str) -> T:
        """Forget the entry called `name`, and return it: for what was added for a while.

        Raises:
            UnknownNameError: No such entry was added.
        """
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self._entries)
        return self._entries.pop(name)

    def names(self) -> tuple[str, ...]:
        """Names: of the package's modules in alphabetical order, then of what was added."""
        return (*self._modules, *(name for name in self._entries if name not in self._modules))

    def __getitem__(self, name: str) -> T:
        """The entry called `name`.

        Raises:
            UnknownNameError: No such entry; near misses are suggested.
        """
        if name in self._entries:
            return self._entries[name]
        modules = self._modules
        if name not in self._loaded:
            if name not in modules:
                raise UnknownNameError(self.kind, name, self.names())
            entry = getattr(spokes.module(f"{self._package}.{name}"), self._attribute, None)
            self._loaded[name] = self._checked(name, entry)
        return self._loaded[name]

    def _checked(self, name: str, entry: Any) -> T:
        """What a module defines, if it is what it must be and is called as its file."""
        called = getattr(entry, "name", name)
        if entry is None or called != name or (self._of is not None and not isinstance(entry, self._of)):
            what = f" = {self._of.__name__}(name={name!r}, ...)" if self._of is not None else f", called {name!r}"
            found = f"one called {called!r}" if called != name else repr(entry)
            file = f"{self._package.replace('.', '/')}/{name}.py"
            raise InputError(f"{file} must define {self._attribute}{what}, found {found}; see its neighbours")
        return entry

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    @property
    def _modules(self) -> tuple[str, ...]:
        """Modules of the package that are entries; read anew where a file has come or gone."""
        if not self._package:
            return ()
        path = list(spokes.module(self._package).__path__)
        stamp = tuple((folder, Path(folder).stat().st_mtime_ns) for folder in path)
        if stamp != self._seen[0]:
            found = sorted(m.name for m in pkgutil.iter_modules(path) if self._every or self._sets.search(_source(m)))
            self._seen = (stamp, tuple(found))
            self._loaded.clear()  # what was imported comes from Python's own table again
        return self._seen[1]


def _source(module: pkgutil.ModuleInfo) -> str:
    """Text of a module that has not been imported; empty of one that is no file."""
    finder: Any = module.module_finder
    spec = finder.find_spec(module.name)
    return Path(spec.origin).read_text() if spec is not None and spec.origin else ""
