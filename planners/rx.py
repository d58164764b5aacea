"""Regular expressions as `re` has them, but more of them are remembered.

Readers build hundreds of patterns from a scene's names. `re` keeps 512 and forgets the others, so that each
instruction would have them compiled anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

Replacement = str | Callable[[re.Match[str]], str]

REMEMBERED = 8192
"""Patterns, of the scenes that were spoken about last."""


@lru_cache(maxsize=REMEMBERED)
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """`pattern`, compiled once."""
    return re.compile(pattern, flags)


def sub(pattern: str | re.Pattern[str], replacement: Replacement, text: str, count: int = 0, flags: int = 0) -> str:
    """As `re.sub`."""
    return _of(pattern, flags).sub(replacement, text, count)


def search(pattern: str | re.Pattern[str], text: str, flags: int = 0) -> re.Match[str] | None:
    """As `re.search`."""
    return _of(pattern, flags).search(text)


def match(pattern: str | re.Pattern[str], text: str, flags: int = 0) -> re.Match[str] | None:
    """As `re.match`."""
    return _of(pattern, flags).match(text)


def fullmatch(pattern: str | re.Pattern[str], text: str, flags: int = 0) -> re.Match[str] | None:
    """As `re.fullmatch`."""
    return _of(pattern, flags).fullmatch(text)


def finditer(pattern: str | re.Pattern[str], text: str, flags: int = 0) -> Iterator[re.Match[str]]:
    """As `re.finditer`."""
    return _of(pattern, flags).finditer(text)


def findall(pattern: str | re.Pattern[str], text: str, flags: int = 0) -> list[str]:
    """As `re.findall`, of a pattern with one group at most."""
    return _of(pattern, flags).findall(text)


def split(pattern: str | re.Pattern[str], text: str, maxsplit: int = 0, flags: int = 0) -> list[str]:
    """As `re.split`."""
    return _of(pattern, flags).split(text, maxsplit)


def _of(pattern: str | re.Pattern[str], flags: int) -> re.Pattern[str]:
    return compiled(pattern, flags) if isinstance(pattern, str) else pattern
