"""The state of objects as arrays and JSON: taken without pickle, put back into objects that were made alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt

from skillblend.errors import BundleError

AnyArray = npt.NDArray[Any]
Node = dict[str, Any]
"""A value as JSON: one key says what it is (array, value, list, ...), and holds or names its content."""


class Stateful:
    """What changes while it is used can be taken with `capture` and put back with `restore`.

    Arrays, numbers, texts, random generators, dataclasses and other `Stateful` objects among its attributes, and
    tuples, lists and dictionaries of them, are its state. Anything else, and what `settings` names, is not: that
    is what a new object made in the same way has anyhow. So a task's new attribute is kept without further ado.
    """

    settings: ClassVar[tuple[str, ...]] = ()
    """Attributes that are no state; those of base classes count too."""

    def state_parts(self) -> dict[str, Any]:
        """Values by attribute; what is made of memory that NumPy does not own is written in place."""
        fixed = {name for kind in type(self).__mro__ for name in getattr(kind, "settings", ())}
        return {name: value for name, value in vars(self).items() if name not in fixed}

    def restored(self) -> None:
        """Called when all of its state has been put back."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A state at one moment; nothing in it changes any more.

    Attributes:
        arrays: By number, as text.
        tree: JSON-ready; names the arrays.
    """

    arrays: dict[str, AnyArray]
    tree: Node


def capture(thing: object) -> Snapshot:
    """The state of `thing`, copied: a `Stateful` object, or one whose attributes are taken as if it were."""
    reader = _Reader()
    node = reader.whole(thing)
    return Snapshot(arrays=reader.arrays, tree=node)


def restore(thing: object, snapshot: Snapshot) -> None:
    """Put a state back into `thing`, made as the one was that it was taken from, and reset.

    Raises:
        BundleError: It was taken from something else.
    """
    try:
        _Writer(snapshot.arrays).whole(thing, snapshot.tree)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BundleError(f"the state does not fit {type(thing).__name__}: {error!r}") from error


def _parts(thing: object) -> dict[str, Any]:
    if isinstance(thing, Stateful):
        return thing.state_parts()
    if dataclasses.is_dataclass(thing):
        return {f.name: getattr(thing, f.name) for f in dataclasses.fields(thing) if f.init}
    return dict(vars(thing))


def _foreign(array: AnyArray) -> bool:
    """Whether it is a writable view of memory that belongs to a simulator."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = cast("Any", owner).base
    return owner is not None and array.flags.writeable


@dataclass
class _Reader:
    arrays: dict[str, AnyArray] = field(default_factory=dict[str, AnyArray])
    _names: dict[int, str] = field(default_factory=dict[int, str])
    _objects: dict[int, int] = field(default_factory=dict[int, int])
    _kept: list[object] = field(default_factory=list[object])

    def whole(self, thing: object) -> Node:
        """Numbered, so that another attribute that holds the same object holds it again afterwards."""
        if id(thing) in self._objects:
            return {"same": self._objects[id(thing)]}
        number = self._objects[id(thing)] = len(self._objects)
        self._kept.append(thing)
        found = {name: self.node(value) for name, value in _parts(thing).items()}
        return {"object": [number, {name: node for name, node in found.items() if node is not None}]}

    def node(self, value: Any) -> Node | None:
        """None for what is no state."""
        if value is None or isinstance(value, bool | int | float | str):
            return {"value": value}
        if isinstance(value, np.ndarray):
            array = cast("AnyArray", value)
            return {"array": self._name(array)} if array.dtype.kind in "biuf" else None
        if isinstance(value, np.generic):
            return {"scalar": self._name(np.asarray(cast("Any", value)))}
        if isinstance(value, np.random.Generator):
            return {"generator": value.bit_generator.state}
        if isinstance(value, list | tuple):
            items = [self.node(item) for item in cast("list[Any]", value)]
            return None if None in items else {"list" if isinstance(value, list) else "tuple": items}
        if isinstance(value, Mapping):
            return self._mapping(cast("Mapping[Any, Any]", value))
        if isinstance(value, Stateful) or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
            return self.whole(value)
        return None

    def _mapping(self, value: Mapping[Any, Any]) -> Node | None:
        items = {key: self.node(item) for key, item in value.items()}
        known = all(isinstance(key, str) and item is not None for key, item in items.items())
        return {"map": items} if known else None

    def _name(self, array: AnyArray) -> str:
        """Two attributes that hold the same array name one: they do so again afterwards."""
        if id(array) not in self._names:
            name = str(len(self.arrays))
            self.arrays[name] = np.array(array, order="C")
            self._names[id(array)] = name
            self._kept.append(array)
        return self._names[id(array)]


class _Writer:
    def __init__(self, arrays: Mapping[str, AnyArray]) -> None:
        self._arrays = arrays
        self._made: dict[str, AnyArray] = {}
        self._objects: dict[int, Any] = {}

    def whole(self, thing: Any, node: Node) -> Any:
        """`thing` with its state put back; another object where it is a frozen dataclass."""
        if thing is None:
            raise TypeError("there is nothing to put an object's state into")
        number, children = node["object"]
        self._objects[number] = thing
        parts = _parts(thing)
        values = {name: self.value(parts.get(name), child) for name, child in children.items()}
        changed = {name: value for name, value in values.items() if name not in parts or value is not parts[name]}
        if dataclasses.is_dataclass(thing) and cast("Any", thing).__dataclass_params__.frozen:
            self._objects[number] = dataclasses.replace(cast("Any", thing), **changed) if changed else thing
            return self._objects[number]
        for name, value in changed.items():
            setattr(thing, name, value)
        if isinstance(thing, Stateful):
            thing.restored()
        return thing

    def value(self, now: Any, node: Node) -> Any:
        """What `node` describes, where `now` is what is there."""
        ((kind, content),) = node.items()
        if kind == "value":
            return content
        if kind == "array":
            return self._array(now, content)
        if kind == "same":
            return self._objects[content]
        if kind == "scalar":
            return self._arrays[content][()]
        if kind == "generator":
            now.bit_generator.state = content
            return now
        if kind == "map":
            before = cast("dict[str, Any]", now if isinstance(now, Mapping) else {})
            return {key: self.value(before.get(key), item) for key, item in content.items()}
        if kind in ("list", "tuple"):
            there = cast("list[Any]", now if isinstance(now, list | tuple) else [])
            old = there if len(there) == len(content) else [None] * len(content)
            items = [self.value(before, item) for before, item in zip(old, content, strict=True)]
            return items if kind == "list" else tuple(items)
        return self.whole(now, node)

    def _array(self, now: Any, name: str) -> AnyArray:
        saved = self._arrays[name]
        there = cast("AnyArray", now) if isinstance(now, np.ndarray) else None
        if there is not None and _foreign(there):
            if there.shape != saved.shape:
                raise ValueError(f"an array {saved.shape} was kept, {there.shape} is needed")
            there[...] = saved
            return there
        if name not in self._made:
            self._made[name] = np.array(saved)
        return self._made[name]
