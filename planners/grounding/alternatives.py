"""Names as alternatives of a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable


def any_of(names: Iterable[str]) -> str:
    r"""A pattern for one of `names` as a whole, in lower case, the longest first.

    >>> any_of(["box", "tool box"])
    '(?:tool\\ box|box)(?![\\w-])'
    """
    found = sorted(dict.fromkeys(name.lower() for name in names), key=len, reverse=True)
    return "(?:" + "|".join(re.escape(name) for name in found) + r")(?![\w-])"
