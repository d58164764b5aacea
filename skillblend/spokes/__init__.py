"""The other packages by names that nothing else has: ``skillblend.spokes.sim`` is `sim`, whatever hides it.

`sim`, `robots` and `planners` are plain names: a file ``sim.py`` beside a user's script comes first on Python's
path. Under the names here each package is always ours. Where nothing hides it, it is the very same module; where
something does, it is loaded from beside `skillblend`, what it imports of itself and of its neighbours is taken
from here too, and nothing of the user's is touched.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from skillblend.errors import InputError

NAMES = ("planners", "robots", "sim")
ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds all of them."""

_PREFIX = f"{__name__}."
_log = logging.getLogger(__name__)


def shadow(name: str) -> str | None:
    """What Python means by `name`, one of `NAMES`, instead of our package; None where it means ours."""
    loaded = sys.modules.get(name)
    if loaded is not None:
        file = getattr(loaded, "__file__", None)
    else:
        spec = importlib.util.find_spec(name)
        file = None if spec is None else spec.origin
    if file is None:
        return "a module without a file" if loaded is not None else "not on Python's path"
    return None if Path(file).resolve() == ROOT / name / "__init__.py" else str(file)


def module(name: str) -> Any:
    """The module called `name`; one of our packages whatever hides it, as its own modules import it."""
    ours = name.partition(".")[0] in NAMES
    return importlib.import_module(_PREFIX + name if ours else name)


def load(point: EntryPoint) -> Any:
    """What an entry point names, see `module`."""
    found = module(point.module)
    for attribute in point.attr.split("."):
        found = getattr(found, attribute)
    return found


def claim() -> None:
    """Let the plain names mean our packages in this process: for programs of our own.

    Raises:
        InputError: Something else has been imported by such a name already.
    """
    for name in NAMES:
        found = shadow(name)
        if found is None:
            continue
        if name in sys.modules:
            raise InputError(
                f"{name!r} is {found} in this process, which hides skillblend's own package of that name; "
                "rename that file, or start skillblend as a process of its own"
            )
        sys.path.insert(0, str(ROOT))
        importlib.invalidate_caches()


class _Finder(MetaPathFinder):
    """Finds what is asked for by a name that begins with this package's."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del target
        name = fullname.removeprefix(_PREFIX)
        top = name.partition(".")[0]
        if name == fullname or top not in NAMES:
            return None
        if _is_plain(top):
            return ModuleSpec(fullname, _Same(name))
        if name == top:
            _log.warning("%r is %s; skillblend uses its own package, as %s", name, shadow(name), fullname)
        spec = PathFinder.find_spec(fullname, [str(ROOT)] if name == top else path)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Apart(fullname, spec.loader.path)
        return spec


def _is_plain(top: str) -> bool:
    """Whether the package is the one that its plain name means; decided once for all of its modules."""
    loaded = sys.modules.get(_PREFIX + top)
    return shadow(top) is None if loaded is None else loaded.__name__ == top


class _Same(Loader):
    """Another name for a module that has a plain one."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # Nothing stands for it meanwhile: what it imports may ask for it, or for a module in it, by this name.
        del sys.modules[module.__name__]
        sys.modules[module.__name__] = importlib.import_module(self._name)


class _Apart(SourceFileLoader):
    """Runs a module whose imports of `NAMES` are taken from this package."""

    def exec_module(self, module: ModuleType) -> None:
        import builtins

        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import}
        super().exec_module(module)


def _import(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """As `__import__`."""
    top = name.partition(".")[0]
    if level or top not in NAMES:
        return __import__(name, globals, locals, fromlist or (), level)
    if fromlist:
        return __import__(_PREFIX + name, globals, locals, fromlist, 0)
    importlib.import_module(_PREFIX + name)
    return sys.modules[_PREFIX + top]


sys.meta_path.insert(0, _Finder())
