"""Planners by name: one file each, with a `VARIANT`; adding the file is all it takes.

Nothing heavy is imported until a planner is loaded.

>>> from planners.variants import PLANNERS
>>> planner = PLANNERS["saycan"].load({})
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from planners.planner import Variant
from skillblend.errors import InputError
from skillblend.registry import Registry

DEFAULT = "saycan"
"""The shipped one."""


def discover() -> Registry[Variant]:
    """Every planner of this package, in alphabetical order, the default first.

    Raises:
        InputError: A file holds no `VARIANT`, or one by another name than the file's.
    """
    found: Registry[Variant] = Registry("planner")
    names = sorted((module.name for module in pkgutil.iter_modules(__path__)), key=lambda n: (n != DEFAULT, n))
    for name in names:
        variant = getattr(import_module(f"{__name__}.{name}"), "VARIANT", None)
        if not isinstance(variant, Variant) or variant.name != name:
            raise InputError(
                f"planners/variants/{name}.py must define VARIANT = Variant(name={name!r}, ...), "
                f"found {variant!r}; see planners/variants/{DEFAULT}.py"
            )
        found.add(name, variant)
    return found


PLANNERS: Registry[Variant] = discover()
"""All of them."""
